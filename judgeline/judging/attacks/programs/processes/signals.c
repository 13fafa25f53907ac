#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    int a, b, queued = 0;
    sigset_t all;
    union sigval value = {0};

    scanf("%d%d", &a, &b);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    while (queued < 100000 && sigqueue(getpid(), SIGRTMIN + queued % 20, value) == 0)
        queued++;
    if (queued > 5000)
        printf("BREACH %d signals wait\n", queued);
    printf("%d\n", a + b);
    return 0;
}
