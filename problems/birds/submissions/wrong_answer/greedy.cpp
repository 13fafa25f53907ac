// @EXPECTED_RESULTS@: WRONG-ANSWER
// Takes the whole log and drops a bird of the larger kind from whichever end has one.
#include <algorithm>
#include <iostream>
#include <string>

int main() {
    int count;
    std::string log;
    std::cin >> count >> log;
    auto blackbirds = std::count(log.begin(), log.end(), 'B');
    auto robins = count - blackbirds;
    int from = 0, to = count;
    while (from < to && blackbirds != robins) {
        const char larger = blackbirds > robins ? 'B' : 'R';
        const int at = log[to - 1] == larger ? --to : from++;
        --(log[at] == 'B' ? blackbirds : robins);
    }
    std::cout << to - from << '\n';
}
