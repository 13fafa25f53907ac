// The first place of every surplus, in an array shifted by n.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    int count;
    std::string log;
    std::cin >> count >> log;
    std::vector<int> first(2 * count + 1, -1);
    int surplus = count, best = 0;
    first[surplus] = 0;
    for (int place = 1; place <= count; ++place) {
        surplus += log[place - 1] == 'B' ? 1 : -1;
        if (first[surplus] < 0)
            first[surplus] = place;
        else
            best = std::max(best, place - first[surplus]);
    }
    std::cout << best << '\n';
}
