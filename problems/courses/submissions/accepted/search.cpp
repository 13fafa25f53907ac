// Depth-first search with three colours, without recursion; finds other orders and circles than the queue does.
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    int courses, count;
    std::cin >> courses >> count;
    std::vector<std::vector<int>> needed_by(courses + 1);
    while (count-- > 0) {
        int before, after;
        std::cin >> before >> after;
        needed_by[before].push_back(after);
    }
    enum Colour { kNew, kOpen, kDone };
    std::vector<Colour> colour(courses + 1, kNew);
    std::vector<std::size_t> next(courses + 1, 0);
    std::vector<int> order;
    for (int start = courses; start >= 1; --start) {
        if (colour[start] != kNew) continue;
        std::vector<int> path{start};
        colour[start] = kOpen;
        while (!path.empty()) {
            const int course = path.back();
            if (next[course] == needed_by[course].size()) {
                colour[course] = kDone;
                order.push_back(course);
                path.pop_back();
                continue;
            }
            const int after = needed_by[course][next[course]++];
            if (colour[after] == kOpen) {
                const auto from = std::find(path.begin(), path.end(), after);
                std::cout << "impossible\n" << path.end() - from << '\n';
                for (auto it = from; it != path.end(); ++it) std::cout << *it << ' ';
                std::cout << '\n';
                return 0;
            }
            if (colour[after] == kNew) {
                colour[after] = kOpen;
                path.push_back(after);
            }
        }
    }
    std::cout << "possible\n";
    for (auto it = order.rbegin(); it != order.rend(); ++it) std::cout << *it << '\n';
}
