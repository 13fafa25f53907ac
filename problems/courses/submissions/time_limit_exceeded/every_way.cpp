// @EXPECTED_RESULTS@: TIMELIMIT
// Walks every way through the list to measure how deep a course lies: exponentially many.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>
#include <vector>

std::vector<std::vector<int>> needs;
std::vector<bool> on_path;
std::vector<int> path;

int depth(int course) {
    if (on_path[course]) {
        const auto from = std::find(path.begin(), path.end(), course);
        std::cout << "impossible\n" << path.end() - from << '\n';
        for (auto it = path.end(); it != from;) std::cout << *--it << ' ';
        std::cout << '\n';
        std::exit(0);
    }
    on_path[course] = true;
    path.push_back(course);
    int deepest = 0;
    for (int before : needs[course]) deepest = std::max(deepest, depth(before) + 1);
    path.pop_back();
    on_path[course] = false;
    return deepest;
}

int main() {
    int courses, count;
    std::cin >> courses >> count;
    needs.resize(courses + 1);
    on_path.resize(courses + 1);
    while (count-- > 0) {
        int before, after;
        std::cin >> before >> after;
        needs[after].push_back(before);
    }
    std::vector<std::pair<int, int>> order;
    for (int course = 1; course <= courses; ++course) order.emplace_back(depth(course), course);
    std::sort(order.begin(), order.end());
    std::cout << "possible\n";
    for (const auto& [depth, course] : order) std::cout << course << ' ';
    std::cout << '\n';
}
