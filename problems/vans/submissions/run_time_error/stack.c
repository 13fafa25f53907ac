/* @EXPECTED_RESULTS@: RUN-ERROR
   The table of one byte for every parcel and every sum as a local array: no stack has room for it. */
#include <stdio.h>
#include <string.h>

int main(void) {
    int count, weights[300], total = 0;
    if (scanf("%d", &count) != 1) return 1;
    for (int i = 0; i < count; i++) {
        if (scanf("%d", &weights[i]) != 1) return 1;
        total += weights[i];
    }
    int half = total / 2;
    char reached[count + 1][half + 1];
    memset(reached, 0, sizeof reached);
    reached[0][0] = 1;
    for (int i = 0; i < count; i++)
        for (int sum = 0; sum <= half; sum++)
            reached[i + 1][sum] = reached[i][sum] || (sum >= weights[i] && reached[i][sum - weights[i]]);
    int load = half;
    while (!reached[count][load]) load--;
    printf("%d\n", total - 2 * load);
    char vans[301] = "";
    for (int i = count; i > 0; i--) {
        vans[i - 1] = reached[i - 1][load] ? 'B' : 'A';
        if (vans[i - 1] == 'A') load -= weights[i - 1];
    }
    puts(vans);
    return 0;
}
