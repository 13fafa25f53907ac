/* Forks for ever; with "setsid" each child leaves its session, with "deaf" it ignores SIGCHLD and SIGTERM too. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    int leave = count > 1 && !strcmp(arguments[1], "setsid");
    if (leave) {
        signal(SIGCHLD, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
    }
    for (;;)
        if (fork() == 0 && leave)
            setsid();
}
