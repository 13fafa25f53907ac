/* Gift wrapping: from the lowest pole, always to the one furthest to the right, the farthest of them on a tie. */
#include <math.h>
#include <stdio.h>

static long long x[1000], y[1000];

static double distance(int a, int b) { return hypot((double)(x[a] - x[b]), (double)(y[a] - y[b])); }

int main(void) {
    int count, radius;
    if (scanf("%d %d", &count, &radius) != 2) return 1;
    int start = 0;
    for (int i = 0; i < count; i++) {
        if (scanf("%lld %lld", &x[i], &y[i]) != 2) return 1;
        if (y[i] < y[start] || (y[i] == y[start] && x[i] < x[start])) start = i;
    }
    double length = 0;
    int here = start;
    do {
        int next = here;
        for (int i = 0; i < count; i++) {
            if (i == here) continue;
            long long side = (x[next] - x[here]) * (y[i] - y[here]) - (y[next] - y[here]) * (x[i] - x[here]);
            if (next == here || side < 0 || (side == 0 && distance(here, i) > distance(here, next))) next = i;
        }
        length += distance(here, next);
        here = next;
    } while (here != start);
    printf("%.10f\n", length + 2 * acos(-1.0) * radius);
    return 0;
}
