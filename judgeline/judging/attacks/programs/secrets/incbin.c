#include <stdio.h>
__asm__(".section .rodata\n.global stolen\nstolen: .incbin \"@ANSWER@\"\n.byte 0\n.text\n");
extern const char stolen[];
int main(void)
{
    int a, b;
    scanf("%d%d", &a, &b);
    printf("BREACH %s\n%d\n", stolen, a + b);
    return 0;
}
