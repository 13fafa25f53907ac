/* @EXPECTED_RESULTS@: TIMELIMIT
   The same in C, and a little clever: stops at a start from which nothing longer can come. */
#include <stdio.h>

static char log_book[250001];

int main(void) {
    int count;
    if (scanf("%d %250000s", &count, log_book) != 2) return 1;
    int best = 0;
    for (int start = 0; start + best < count; start++) {
        int surplus = 0;
        for (int end = start; end < count; end++) {
            surplus += log_book[end] == 'B' ? 1 : -1;
            if (surplus == 0 && end - start + 1 > best) best = end - start + 1;
        }
    }
    printf("%d\n", best);
    return 0;
}
