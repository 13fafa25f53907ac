// A sock that is in one pair may be in another, too.
#include <iostream>

int main() {
    int n, colour, pairs = 0;
    bool odd[1001] = {};
    std::cin >> n;
    while (std::cin >> colour) {
        pairs += odd[colour];
        odd[colour] = !odd[colour];
    }
    std::cout << pairs << "\n";
}
