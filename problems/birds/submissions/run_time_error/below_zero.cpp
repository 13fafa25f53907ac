// @EXPECTED_RESULTS@: RUN-ERROR
// Forgets that the surplus of blackbirds may be below zero; at() throws.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

int main() {
    int count;
    std::string log;
    std::cin >> count >> log;
    std::vector<int> first(count + 1, -1);
    int surplus = 0, best = 0;
    first[0] = 0;
    for (int place = 1; place <= count; ++place) {
        surplus += log[place - 1] == 'B' ? 1 : -1;
        int& seen = first.at(surplus);
        if (seen < 0)
            seen = place;
        else
            best = std::max(best, place - seen);
    }
    std::cout << best << '\n';
}
