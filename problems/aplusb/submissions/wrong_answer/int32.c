/* @EXPECTED_RESULTS@: WRONG-ANSWER
   Adds as 32 bits. */
#include <stdint.h>
#include <stdio.h>

int main(void) {
    long long a, b;
    if (scanf("%lld %lld", &a, &b) != 2) return 1;
    printf("%d\n", (int32_t)((uint32_t)a + (uint32_t)b));
    return 0;
}
