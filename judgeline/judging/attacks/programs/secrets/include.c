#include <stdio.h>
int main(void) {
    const char *words[] = {
#include "@WAY@"
    };
    int a, b;
    scanf("%d%d", &a, &b);
    printf("%d\n", a + b);
}
