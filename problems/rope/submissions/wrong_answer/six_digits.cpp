// @EXPECTED_RESULTS@: WRONG-ANSWER
// The right number, but std::cout prints six significant digits unless told otherwise.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>
#include <vector>

using Pole = std::pair<long long, long long>;

double half(const std::vector<Pole>& poles) {
    std::vector<Pole> chain;
    for (const auto& [x, y] : poles) {
        while (chain.size() >= 2) {
            const auto& [ax, ay] = chain[chain.size() - 2];
            const auto& [bx, by] = chain.back();
            if ((bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0) break;
            chain.pop_back();
        }
        chain.push_back({x, y});
    }
    double length = 0;
    for (std::size_t i = 1; i < chain.size(); ++i)
        length += std::hypot(double(chain[i].first - chain[i - 1].first),
                             double(chain[i].second - chain[i - 1].second));
    return length;
}

int main() {
    int count, radius;
    std::cin >> count >> radius;
    std::vector<Pole> poles(count);
    for (auto& [x, y] : poles) std::cin >> x >> y;
    std::sort(poles.begin(), poles.end());
    double length = half(poles);
    std::reverse(poles.begin(), poles.end());
    std::cout << length + half(poles) + 2 * std::acos(-1.0) * radius << '\n';
}
