/* @EXPECTED_RESULTS@: WRONG-ANSWER
   Knows neither counts nor brackets, takes them for mistakes, and prints the word in capitals. */
#include <stdio.h>
#include <string.h>

int main(void) {
    char row[1002];
    if (!fgets(row, sizeof row, stdin)) return 1;
    row[strcspn(row, "\n")] = '\0';
    int knit = 0, purl = 0;
    for (size_t i = 0; row[i] != '\0'; i++) {
        if (i % 2 == 0 && row[i] == 'k') knit++;
        else if (i % 2 == 0 && row[i] == 'p') purl++;
        else if (i % 2 == 0 || row[i] != ' ') {
            puts("MISTAKE");
            return 0;
        }
    }
    printf("%d %d\n", knit, purl);
    return 0;
}
