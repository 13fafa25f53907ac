// @EXPECTED_RESULTS@: WRONG-ANSWER
// The right difference, but everything in van A: only a checker that weighs the loads can tell.
#include <bitset>
#include <iostream>
#include <string>

int main() {
    static std::bitset<1000001> sums;
    sums[0] = true;
    int count, total = 0;
    std::cin >> count;
    for (int i = 0; i < count; ++i) {
        int weight;
        std::cin >> weight;
        total += weight;
        if (weight <= 1000000) sums |= sums << weight;
    }
    int load = total / 2;
    while (!sums[load]) --load;
    std::cout << total - 2 * load << '\n' << std::string(count, 'A') << '\n';
}
