/* A static array that is larger than the limit. */
#include <string.h>
#include <unistd.h>

static char array[200 << 20];

int main(void)
{
    memset(array, 1, sizeof array);
    pause();
    return array[1000];
}
