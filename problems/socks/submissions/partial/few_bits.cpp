// Drops all but 27 bits: wrong where nearly 200,000,000 ways are to be counted, right for half as many.
#include <iostream>

int main() {
    int n, colour;
    long long seen[1001] = {}, ways = 0;
    std::cin >> n;
    while (std::cin >> colour) ways += seen[colour]++;
    std::cout << ways % (1 << 27) << "\n";
}
