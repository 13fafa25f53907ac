#include <iostream>

int main() {
    int n, colour;
    long long seen[1001] = {}, ways = 0;
    std::cin >> n;
    while (std::cin >> colour) ways += seen[colour]++;
    std::cout << ways << "\n";
}
