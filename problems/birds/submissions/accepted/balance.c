/* The same in C. */
#include <stdio.h>
#include <string.h>

static char log_book[250001];
static int first[500001];

int main(void) {
    int count;
    if (scanf("%d %250000s", &count, log_book) != 2) return 1;
    memset(first, -1, sizeof first);
    int surplus = count, best = 0;
    first[surplus] = 0;
    for (int place = 1; place <= count; place++) {
        surplus += log_book[place - 1] == 'B' ? 1 : -1;
        if (first[surplus] < 0)
            first[surplus] = place;
        else if (place - first[surplus] > best)
            best = place - first[surplus];
    }
    printf("%d\n", best);
    return 0;
}
