#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAY(name) (!strcmp("@WAY@", name))

static double seconds = 60;

static void *burn(void *unused)
{
    struct timespec now;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while (now.tv_sec + now.tv_nsec / 1e9 < seconds);
    return unused;
}

int main(void)
{
    pthread_t threads[3];

    if (WAY("threads")) {
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, burn, NULL);
        pthread_join(threads[0], NULL);
    }
    if (WAY("unreaped"))
        signal(SIGCHLD, SIG_IGN);
    if (WAY("children") || WAY("unreaped") || WAY("grandchildren")) {
        seconds = 0.02;
        for (int i = 0; i < 60; i++) {
            if (fork() == 0) {
                if (WAY("grandchildren") && fork())
                    _exit(0);
                setsid();
                burn(NULL);
                _exit(0);
            }
            while (wait(NULL) > 0)
                continue;
        }
        seconds = 0.01;
        if (WAY("grandchildren"))
            sleep(2);
    }
    burn(NULL);
    return 0;
}
