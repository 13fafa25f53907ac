#pragma GCC optimize("-fplugin=/tmp/main.c", "-B/tmp", "-o/tmp/other", "-wrapper /bin/sh,-c,id")
#pragma GCC optimize("-fdump-tree-all=/tmp/@MARK@-dump", "-save-temps", "-specs=@FILE@")
#pragma GCC target("arch=native")
#pragma GCC system_header
#include <stdio.h>
__attribute__((optimize("-fplugin=@FILE@"))) int add(int a, int b) { return a + b; }
int main(void)
{
    int a, b;
    scanf("%d%d", &a, &b);
    printf("%d\n", add(a, b));
    return 0;
}
