/* System calls by another door: "x32" numbers answer that they do not exist, "i386" gates end the program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments)
{
#if defined(__x86_64__)
    long result = 0;
    if (!strcmp(arguments[1], "x32"))
        result = syscall(0x40000000L | SYS_getpid);
    else if (!strcmp(arguments[1], "new"))
        result = syscall(100000);
    else
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(37L), "b"(1L), "c"(9L) : "memory"); /* kill(1, 9) */
    printf("%ld %d\n", result, errno);
#endif
    fflush(stdout);
    return 0;
}
