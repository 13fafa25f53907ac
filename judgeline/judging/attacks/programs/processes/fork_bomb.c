#include <signal.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    int leave = !strcmp("@WAY@", "setsid");
    if (leave) {
        signal(SIGCHLD, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
    }
    for (;;)
        if (fork() == 0 && leave)
            setsid();
}
