__asm__(".data\n.fill 0x7fffffff, 8, 0x61\n.fill 0x7fffffff, 8, 0x61\n.text\n");
int main(void) { return 0; }
