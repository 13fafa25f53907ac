// One std::bitset for each parcel: 300 rows of a million bits are 38 MB.
#include <bitset>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

using Row = std::bitset<1000001>;

int main() {
    int count;
    std::cin >> count;
    std::vector<int> weights(count);
    for (int& weight : weights) std::cin >> weight;
    int total = std::accumulate(weights.begin(), weights.end(), 0);

    std::vector<Row> rows(count + 1);
    rows[0][0] = true;
    for (int i = 0; i < count; ++i) {
        rows[i + 1] = rows[i];
        if (weights[i] <= 1000000) rows[i + 1] |= rows[i] << weights[i];
    }
    int load = total / 2;
    while (!rows[count][load]) --load;
    std::cout << total - 2 * load << '\n';

    std::string vans(count, 'B');
    for (int i = count; i > 0; --i) {
        if (rows[i - 1][load]) continue;
        vans[i - 1] = 'A';
        load -= weights[i - 1];
    }
    std::cout << vans << '\n';
}
