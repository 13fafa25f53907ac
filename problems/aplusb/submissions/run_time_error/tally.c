/* @EXPECTED_RESULTS@: RUN-ERROR
   Makes one mark for each unit: no memory is large enough for a negative number of marks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    long long a, b;
    if (scanf("%lld %lld", &a, &b) != 2) return 1;
    char *marks = malloc((size_t)a + (size_t)b + 1);
    memset(marks, '|', (size_t)a + (size_t)b);
    marks[a + b] = '\0';
    printf("%zu\n", strlen(marks));
    return 0;
}
