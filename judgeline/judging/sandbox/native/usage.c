#define _GNU_SOURCE
#include "usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

uint64_t usage_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

uint64_t usage_cpu_us(const struct rusage *used)
{
    return microseconds(used->ru_utime) + microseconds(used->ru_stime);
}

static int read_file(const char *path, char *buffer, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t length = read(file, buffer, size - 1);
    close(file);
    if (length <= 0)
        return -1;
    buffer[length] = 0;
    return 0;
}

static int read_proc(long pid, const char *name, char *buffer, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
    return read_file(path, buffer, size);
}

/* The process's CPU clock is exact, /proc's counts are hundredths of a second. */
static uint64_t own_cpu_us(long pid)
{
    clockid_t clock = (clockid_t)((~(unsigned)pid << 3) | 2); /* clock_getcpuclockid(3) without its library call */
    struct timespec used;
    if (clock_gettime(clock, &used))
        return 0;
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

/* A clock leaves out the children that were waited for: fields 16 and 17 of stat, after a name that may hold
 * anything, spaces and brackets too. */
static uint64_t waited_cpu_us(long pid)
{
    char text[1024];
    unsigned long user = 0, system = 0;
    if (read_proc(pid, "stat", text, sizeof text))
        return 0;
    const char *after_name = strrchr(text, ')');
    if (!after_name ||
        sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return 0;
    return (user + system) * (1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* Without the pages shared with files: twenty Pythons hold their library once. */
static uint64_t own_memory_kb(long pid)
{
    char text[256];
    unsigned long resident = 0, shared = 0;
    if (read_proc(pid, "statm", text, sizeof text) || sscanf(text, "%*u %lu %lu", &resident, &shared) != 2)
        return 0;
    return resident > shared ? (resident - shared) * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024) : 0;
}

/* Pages that several processes have since a fork are counted once. Walks all of its memory: 1 ms for 100 MB. */
static uint64_t own_share_kb(long pid)
{
    char text[2048];
    unsigned long share;
    if (read_proc(pid, "smaps_rollup", text, sizeof text))
        return own_memory_kb(pid);
    const char *line = strstr(text, "\nPss_Anon:");
    return line && sscanf(line, "\nPss_Anon: %lu", &share) == 1 ? share : own_memory_kb(pid);
}

static uint64_t tmp_kb(void)
{
    struct statfs tmp;
    if (statfs("/tmp", &tmp))
        return 0;
    return (uint64_t)(tmp.f_blocks - tmp.f_bfree) * ((uint64_t)tmp.f_bsize / 1024);
}

/* What is sent and not yet received is in nobody's memory: each socket counts as full. */
static uint64_t sockets_kb(void)
{
    static int full; /* bytes; the same for every socket, for the filter denies to change it */
    char text[256];
    unsigned long sockets;
    if (read_file("/proc/net/sockstat", text, sizeof text) || sscanf(text, "sockets: used %lu", &sockets) != 1)
        return 0;
    if (!full) {
        socklen_t length = sizeof full;
        int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (socket_ < 0 || getsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &full, &length))
            full = 212992; /* the kernel's own default */
        if (socket_ >= 0)
            close(socket_);
    }
    return sockets * ((uint64_t)full / 1024);
}

/* Calls `see` with every process but pid 1; gives the sum of its answers. */
static uint64_t sum_of_living(uint64_t (*see)(long pid))
{
    uint64_t sum = 0;
    DIR *processes = opendir("/proc");
    struct dirent *entry;

    if (!processes)
        return 0;
    while ((entry = readdir(processes))) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 1)
            sum += see(pid);
    }
    closedir(processes);
    return sum;
}

static uint64_t cpu_us(long pid)
{
    return own_cpu_us(pid) + waited_cpu_us(pid);
}

struct usage usage_of_living(uint64_t most_kb)
{
    struct usage usage = {sum_of_living(cpu_us), 0};
    if (most_kb) {
        uint64_t elsewhere = tmp_kb() + sockets_kb();
        usage.memory_kb = elsewhere + sum_of_living(own_memory_kb);
        if (usage.memory_kb > most_kb)
            usage.memory_kb = elsewhere + sum_of_living(own_share_kb);
    }
    return usage;
}
