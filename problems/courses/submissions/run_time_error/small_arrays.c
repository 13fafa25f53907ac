/* @EXPECTED_RESULTS@: RUN-ERROR
   Room for a hundred courses only; assert ends the program when there are more. */
#include <assert.h>
#include <stdio.h>

enum { MOST = 100 };

static char needs[MOST + 1][MOST + 1], taken[MOST + 1];

int main(void) {
    int courses, count;
    if (scanf("%d %d", &courses, &count) != 2) return 1;
    assert(courses <= MOST);
    while (count-- > 0) {
        int before, after;
        if (scanf("%d %d", &before, &after) != 2) return 1;
        needs[after][before] = 1;
    }
    int order[MOST], length = 0;
    for (int round = 0; round < courses; round++)
        for (int course = 1; course <= courses; course++) {
            int ready = !taken[course];
            for (int before = 1; before <= courses; before++)
                if (needs[course][before] && !taken[before]) ready = 0;
            if (ready) {
                taken[course] = 1;
                order[length++] = course;
            }
        }
    if (length == courses) {
        printf("possible\n");
        for (int i = 0; i < length; i++) printf("%d ", order[i]);
        printf("\n");
        return 0;
    }
    int place[MOST + 1] = {0}, walk[MOST + 1], steps = 0, course = 1;
    while (taken[course]) course++;
    while (!place[course]) {
        walk[steps++] = course;
        place[course] = steps;
        int before = 1;
        while (taken[before] || !needs[course][before]) before++;
        course = before;
    }
    printf("impossible\n%d\n", steps - place[course] + 1);
    for (int i = steps - 1; i >= place[course] - 1; i--) printf("%d ", walk[i]);
    printf("\n");
    return 0;
}
