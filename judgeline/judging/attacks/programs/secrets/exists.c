#include <stdio.h>
int main(void)
{
    int a, b;
    scanf("%d%d", &a, &b);
#if __has_include("@ANSWER@") || __has_include("@FILE@")
    puts("BREACH files of the host are seen");
#endif
#if __has_include("/etc/shadow") || __has_include("/etc/hostname")
    puts("BREACH /etc is seen");
#endif
    printf("%d\n", a + b);
    return 0;
}
