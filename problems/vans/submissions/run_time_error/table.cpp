// @EXPECTED_RESULTS@: RUN-ERROR
// One byte for every parcel and every sum: up to 300 MB, more than the limit grants.
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

int main() {
    int count;
    std::cin >> count;
    std::vector<int> weights(count);
    for (int& weight : weights) std::cin >> weight;
    int total = std::accumulate(weights.begin(), weights.end(), 0), half = total / 2;

    std::vector<std::vector<char>> reached(count + 1, std::vector<char>(half + 1, 0));
    reached[0][0] = 1;
    for (int i = 0; i < count; ++i)
        for (int sum = 0; sum <= half; ++sum)
            reached[i + 1][sum] = reached[i][sum] || (sum >= weights[i] && reached[i][sum - weights[i]]);
    int load = half;
    while (!reached[count][load]) --load;
    std::cout << total - 2 * load << '\n';
    std::string vans(count, 'B');
    for (int i = count; i > 0; --i) {
        if (reached[i - 1][load]) continue;
        vans[i - 1] = 'A';
        load -= weights[i - 1];
    }
    std::cout << vans << '\n';
}
