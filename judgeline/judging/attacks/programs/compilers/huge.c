char array[3000000000u] = {1};
int main(void) { return array[5]; }
