#include <stdio.h>
__asm__(".section .interp,\"a\"\n.string \"@FILE@\"\n.text\n");
__asm__(".section .note.GNU-stack,\"x\"\n.section .gnu.warning.main,\"a\"\n.string \"hello\"\n.text\n");
__asm__(".pushsection .deplibs,\"MS\",@progbits,1\n.asciz \"@ANSWER@\"\n.popsection\n");
int main(void)
{
    int a, b;
    scanf("%d%d", &a, &b);
    printf("%d\n", a + b);
    return 0;
}
