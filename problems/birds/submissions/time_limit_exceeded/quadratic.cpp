// @EXPECTED_RESULTS@: TIMELIMIT
// Counts on from every start: some thirty thousand million steps on the largest log.
#include <algorithm>
#include <iostream>
#include <string>

int main() {
    int count;
    std::string log;
    std::cin >> count >> log;
    int best = 0;
    for (int start = 0; start < count; ++start) {
        int surplus = 0;
        for (int end = start; end < count; ++end) {
            surplus += log[end] == 'B' ? 1 : -1;
            if (surplus == 0) best = std::max(best, end - start + 1);
        }
    }
    std::cout << best << '\n';
}
