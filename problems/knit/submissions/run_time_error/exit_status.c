/* @EXPECTED_RESULTS@: RUN-ERROR
   Reports a mistake the way a Unix tool would, by its exit status; to the judge that is a crash. */
#include <stdio.h>
#include <stdlib.h>

static char row_text[1002];
static char *at = row_text;

typedef struct {
    unsigned long long knit, purl;
} Stitches;

static void mistake(void) {
    fprintf(stderr, "mistake at character %td\n", at - row_text);
    exit(1);
}

static Stitches row(void) {
    Stitches sum = {0, 0};
    for (;; at++) {
        Stitches one = {*at == 'k', *at == 'p'};
        if (*at == '(') {
            at++;
            one = row();
            if (*at != ')') mistake();
        } else if (*at != 'k' && *at != 'p') {
            mistake();
        }
        at++;
        unsigned long long times = 1;
        if (*at == '0') mistake();
        if (*at >= '1' && *at <= '9') times = strtoull(at, &at, 10);
        sum.knit += one.knit * times;
        sum.purl += one.purl * times;
        if (*at != ' ') return sum;
    }
}

int main(void) {
    if (!fgets(row_text, sizeof row_text, stdin)) return 1;
    Stitches all = row();
    if (*at != '\n') mistake();
    printf("%llu %llu\n", all.knit, all.purl);
    return 0;
}
