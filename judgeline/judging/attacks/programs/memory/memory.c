#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAY(name) (!strcmp("@WAY@", name))
#define CHUNK (1 << 20)
#define WANTED ((size_t)200 << 20)

static char chunk[CHUNK];

static int recurse(int depth)
{
    volatile char frame[4096];
    memset((char *)frame, depth, sizeof frame);
    return depth < 1 << 20 ? recurse(depth + 1) + frame[depth % 4096] : 0;
}

static void hoard(size_t bytes)
{
    for (size_t taken = 0; taken < bytes; taken += CHUNK) {
        char *piece = malloc(CHUNK);
        if (!piece)
            abort();
        memset(piece, 1, CHUNK);
    }
}

static void map(int flags, int file)
{
    char *area = mmap(NULL, WANTED, PROT_READ | PROT_WRITE, flags, file, 0);
    if (area == MAP_FAILED)
        exit(3);
    memset(area, 1, WANTED);
}

int main(void)
{
    int a, b, status, failed = 0;

    scanf("%d%d", &a, &b);
    if (WAY("heap"))
        hoard(WANTED);
    if (WAY("stack"))
        printf("%d\n", recurse(0));
    if (WAY("map"))
        map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (WAY("shared"))
        map(MAP_SHARED | MAP_ANONYMOUS, -1);
    if (WAY("huge"))
        map(MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
    if (WAY("device"))
        map(MAP_SHARED, open("/dev/zero", O_RDWR));
    if (WAY("untouched") && mmap(NULL, WANTED, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        return 3;
    if (WAY("memfd")) {
        int file = memfd_create("big", 0);
        for (size_t written = 0; written < WANTED; written += CHUNK)
            if (write(file, chunk, CHUNK) != CHUNK)
                return 3;
    }
    if (WAY("many")) {
        for (int i = 0; i < 8; i++)
            if (fork() == 0) {
                hoard(20 << 20);
                usleep(300000);
                _exit(0);
            }
        while (wait(&status) > 0)
            failed |= WIFSIGNALED(status);
    }
    printf("%d\n", a + b);
    return failed;
}
