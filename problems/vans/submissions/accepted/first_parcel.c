/* For each sum, the first parcel with which it can be reached: one short a sum is enough to walk back. */
#include <stdio.h>
#include <string.h>

enum { NEVER = -1, START = -2 };

static short first[1000001];

int main(void) {
    int count, weights[300], total = 0;
    if (scanf("%d", &count) != 1) return 1;
    for (int i = 0; i < count; i++) {
        if (scanf("%d", &weights[i]) != 1) return 1;
        total += weights[i];
    }
    int half = total / 2, reached = 0;
    for (int sum = 0; sum <= half; sum++) first[sum] = NEVER;
    first[0] = START;
    for (int i = 0; i < count; i++) {
        reached = reached + weights[i] < half ? reached + weights[i] : half;
        for (int sum = reached; sum >= weights[i]; sum--)
            if (first[sum] == NEVER && first[sum - weights[i]] != NEVER) first[sum] = (short)i;
    }
    int load = half;
    while (first[load] == NEVER) load--;
    printf("%d\n", total - 2 * load);
    char vans[301];
    memset(vans, 'B', (size_t)count);
    vans[count] = '\0';
    for (; load > 0; load -= weights[first[load]]) vans[first[load]] = 'A';
    puts(vans);
    return 0;
}
