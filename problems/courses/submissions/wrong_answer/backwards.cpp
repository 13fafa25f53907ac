// @EXPECTED_RESULTS@: WRONG-ANSWER
// Finds the circle, but prints it against the direction of the list.
#include <iostream>
#include <map>
#include <vector>

int main() {
    int courses, count;
    std::cin >> courses >> count;
    std::vector<std::vector<int>> needed_by(courses + 1), needs(courses + 1);
    std::vector<int> open_needs(courses + 1, 0), order;
    while (count-- > 0) {
        int before, after;
        std::cin >> before >> after;
        needed_by[before].push_back(after);
        needs[after].push_back(before);
        ++open_needs[after];
    }
    for (int course = 1; course <= courses; ++course)
        if (open_needs[course] == 0) order.push_back(course);
    for (std::size_t i = 0; i < order.size(); ++i)
        for (int after : needed_by[order[i]])
            if (--open_needs[after] == 0) order.push_back(after);
    if (int(order.size()) == courses) {
        std::cout << "possible\n";
        for (int course : order) std::cout << course << ' ';
        std::cout << '\n';
        return 0;
    }
    int course = 1;
    while (open_needs[course] == 0) ++course;
    std::map<int, std::size_t> place;
    std::vector<int> walk;
    while (place.count(course) == 0) {
        place[course] = walk.size();
        walk.push_back(course);
        for (int before : needs[course])
            if (open_needs[before] > 0) {
                course = before;
                break;
            }
    }
    std::cout << "impossible\n" << walk.size() - place[course] << '\n';
    for (std::size_t i = place[course]; i < walk.size(); ++i) std::cout << walk[i] << ' ';
    std::cout << '\n';
}
