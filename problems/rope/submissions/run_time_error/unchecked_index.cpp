// @EXPECTED_RESULTS@: RUN-ERROR
// Looks at the pole before the last one, which a single pole does not have; at() throws.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>
#include <vector>

using Pole = std::pair<long long, long long>;

double half(const std::vector<Pole>& poles) {
    std::vector<Pole> chain{poles.at(0), poles.at(1)};
    for (std::size_t i = 2; i < poles.size(); ++i) {
        const auto& [x, y] = poles[i];
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
    std::cout.precision(12);
    std::cout << length + half(poles) + 2 * std::acos(-1.0) * radius << '\n';
}
