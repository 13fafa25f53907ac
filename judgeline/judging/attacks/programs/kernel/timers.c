#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

int main(void)
{
    int a, b, timers = 0, files = 0;
    timer_t timer;
    sigset_t none;
    struct sigevent event;

    scanf("%d%d", &a, &b);
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_NONE;
    while (timers < 100000 && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timers++;
    sigemptyset(&none);
    while (files < 100000 && timerfd_create(CLOCK_MONOTONIC, 0) >= 0 && eventfd(0, 0) >= 0 &&
           signalfd(-1, &none, 0) >= 0)
        files += 3;
    if (timers > 5000 || files > 5000)
        printf("BREACH %d timers, %d descriptors\n", timers, files);
    printf("%d\n", a + b);
    return 0;
}
