#include <stdio.h>
#include <string.h>

static char array[200 << 20];

int main(int count, char **arguments)
{
    int a, b;
    scanf("%d%d", &a, &b);
    memset(array, count, sizeof array);
    printf("%d\n", a + b + array[1000] - count);
    return 0;
}
