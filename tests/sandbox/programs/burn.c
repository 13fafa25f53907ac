/* Burns CPU time: argument 1 in what ("self", "threads", "children", "unreaped"), argument 2 for how many ms. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long milliseconds;

static void *burn(void *unused)
{
    struct timespec now;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < milliseconds);
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t threads[3];
    milliseconds = atol(arguments[2]);
    if (!strcmp(arguments[1], "self"))
        burn(NULL);
    if (!strcmp(arguments[1], "threads")) {
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, burn, NULL);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
    }
    if (!strcmp(arguments[1], "unreaped"))
        signal(SIGCHLD, SIG_IGN);
    if (!strcmp(arguments[1], "children") || !strcmp(arguments[1], "unreaped")) {
        for (int i = 0; i < 30; i++) {
            if (fork() == 0) {
                milliseconds /= 30;
                burn(NULL);
                _exit(0);
            }
            while (wait(NULL) > 0)
                continue;
        }
    }
    return 0;
}
