// Convex hull (monotone chain) plus one full turn; printed in scientific notation, which is as good.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

struct Pole {
    long long x, y;
    bool operator<(const Pole& other) const { return x != other.x ? x < other.x : y < other.y; }
};

long long cross(const Pole& a, const Pole& b, const Pole& c) {
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

double half(const std::vector<Pole>& poles) {
    std::vector<Pole> chain;
    for (const Pole& pole : poles) {
        while (chain.size() >= 2 && cross(chain[chain.size() - 2], chain.back(), pole) <= 0) chain.pop_back();
        chain.push_back(pole);
    }
    double length = 0;
    for (std::size_t i = 1; i < chain.size(); ++i)
        length += std::hypot(double(chain[i].x - chain[i - 1].x), double(chain[i].y - chain[i - 1].y));
    return length;
}

int main() {
    int count, radius;
    if (std::scanf("%d %d", &count, &radius) != 2) return 1;
    std::vector<Pole> poles(count);
    for (Pole& pole : poles)
        if (std::scanf("%lld %lld", &pole.x, &pole.y) != 2) return 1;
    std::sort(poles.begin(), poles.end());
    double length = half(poles);
    std::reverse(poles.begin(), poles.end());
    length += half(poles);
    std::printf("%.15e\n", length + 2 * std::acos(-1.0) * radius);
}
