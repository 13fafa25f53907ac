// @EXPECTED_RESULTS@: TIMELIMIT
// Gift wrapping without a rule for ties: on a straight line it runs to and fro and never comes home.
#include <cmath>
#include <iostream>
#include <vector>

int main() {
    int count, radius;
    std::cin >> count >> radius;
    std::vector<long long> x(count), y(count);
    int start = 0;
    for (int i = 0; i < count; ++i) {
        std::cin >> x[i] >> y[i];
        if (y[i] < y[start] || (y[i] == y[start] && x[i] < x[start])) start = i;
    }
    double length = 0;
    int here = start;
    do {
        int next = here;
        for (int i = 0; i < count; ++i) {
            if (i == here) continue;
            long long side = (x[next] - x[here]) * (y[i] - y[here]) - (y[next] - y[here]) * (x[i] - x[here]);
            if (next == here || side <= 0) next = i;
        }
        length += std::hypot(double(x[here] - x[next]), double(y[here] - y[next]));
        here = next;
    } while (here != start);
    std::cout.precision(12);
    std::cout << length + 2 * std::acos(-1.0) * radius << '\n';
}
