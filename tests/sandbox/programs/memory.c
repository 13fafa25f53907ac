/* Takes memory in the way its argument names, until it is stopped; "untouched" takes it and never looks at it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#define CHUNK (1 << 20)

static int recurse(int depth)
{
    volatile char frame[4096];
    memset((char *)frame, depth, sizeof frame);
    return depth < 1 << 20 ? recurse(depth + 1) + frame[depth % 4096] : 0;
}

static void hoard(size_t bytes)
{
    for (size_t taken = 0; taken < bytes; taken += CHUNK) {
        char *chunk = malloc(CHUNK);
        if (!chunk)
            exit(3);
        memset(chunk, 1, CHUNK);
    }
}

int main(int count, char **arguments)
{
    const char *way = arguments[1];
    static char chunk[CHUNK];

    if (!strcmp(way, "heap"))
        hoard(200 << 20);
    else if (!strcmp(way, "stack"))
        printf("%d\n", recurse(0));
    else if (!strcmp(way, "mmap")) {
        char *area = mmap(NULL, 200 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(area, 1, 200 << 20);
    } else if (!strcmp(way, "untouched")) {
        if (mmap(NULL, 200 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
            return 3;
    } else if (!strcmp(way, "shared")) {
        char *area = mmap(NULL, 200 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED)
            return 3;
        memset(area, 1, 200 << 20);
    } else if (!strcmp(way, "device")) {
        char *area = mmap(NULL, 50 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, open("/dev/zero", O_RDWR), 0);
        if (area == MAP_FAILED)
            return 3;
    } else if (!strcmp(way, "memfd") || !strcmp(way, "tmp")) {
        int file = !strcmp(way, "tmp") ? open("/tmp/big", O_CREAT | O_WRONLY, 0600) : memfd_create("big", 0);
        for (int i = 0; i < 200; i++)
            if (write(file, chunk, CHUNK) != CHUNK)
                return 3;
    } else if (!strcmp(way, "many")) {
        for (int i = 0; i < 8; i++)
            if (fork() == 0) {
                hoard(25 << 20);
                pause();
            }
        int status;
        while (wait(&status) > 0)
            if (WIFSIGNALED(status))
                return 1;
    }
    if (strcmp(way, "untouched"))
        pause();
    return 0;
}
