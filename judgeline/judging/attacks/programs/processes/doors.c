#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    int a, b;
    const char *way = "@WAY@";

    scanf("%d%d", &a, &b);
#if defined(__x86_64__)
    if (!strcmp(way, "x32")) {
        if (syscall(0x40000000L | SYS_kill, 1, 9) == 0 || errno != ENOSYS)
            printf("BREACH an x32 call was taken: %d\n", errno);
        if (syscall(520L, 1, 9) == 0 || errno != ENOSYS)
            printf("BREACH an x32 number was taken: %d\n", errno);
    }
    if (!strcmp(way, "i386")) {
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(37L), "b"(1L), "c"(9L) : "memory");
        printf("BREACH the 32-bit door stands open: %ld\n", result);
    }
#endif
    if (!strcmp(way, "unknown"))
        for (long number = 600; number < 4096; number++)
            if (syscall(number, 0, 0, 0, 0, 0, 0) != -1 || errno != ENOSYS)
                printf("BREACH call %ld exists\n", number);
    printf("%d\n", a + b);
    return 0;
}
