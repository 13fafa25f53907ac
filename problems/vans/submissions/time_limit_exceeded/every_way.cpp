// @EXPECTED_RESULTS@: TIMELIMIT
// Tries every way to load the vans, apart from giving up a branch that cannot get better.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

std::vector<int> weights, rest;
std::string vans, best_vans;
int best = 1 << 30;

void load(std::size_t index, int difference) {
    if (std::abs(difference) - rest[index] >= best) return;
    if (index == weights.size()) {
        best = std::abs(difference);
        best_vans = vans;
        return;
    }
    for (char van : {'A', 'B'}) {
        vans[index] = van;
        load(index + 1, difference + (van == 'A' ? weights[index] : -weights[index]));
    }
}

int main() {
    int count;
    std::cin >> count;
    weights.resize(count);
    for (int& weight : weights) std::cin >> weight;
    rest.assign(count + 1, 0);
    for (int i = count; i > 0; --i) rest[i - 1] = rest[i] + weights[i - 1];
    vans.assign(count, '?');
    load(0, 0);
    std::cout << best << '\n' << best_vans << '\n';
}
