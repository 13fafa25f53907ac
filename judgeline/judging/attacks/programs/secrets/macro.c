#define QUOTED(path) #path
#define NAME(path) QUOTED(path)
#define PLACE @ANSWER@
#include NAME(PLACE)
int main(void) { return 0; }
