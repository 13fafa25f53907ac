// @EXPECTED_RESULTS@: WRONG-ANSWER
// A right parser that counts with 32 bits (unsigned, so that overflow is at least defined).
#include <cctype>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

struct Mistake {};
using Stitches = std::pair<std::uint32_t, std::uint32_t>;

std::string text;
std::size_t at = 0;

char peek() { return at < text.size() ? text[at] : '\0'; }

Stitches row();

Stitches item() {
    Stitches one{0, 0};
    if (peek() == 'k') {
        one.first = 1;
    } else if (peek() == 'p') {
        one.second = 1;
    } else if (peek() == '(') {
        ++at;
        one = row();
        if (peek() != ')') throw Mistake{};
    } else {
        throw Mistake{};
    }
    ++at;
    if (peek() == '0') throw Mistake{};
    std::uint32_t times = 0;
    if (!std::isdigit(static_cast<unsigned char>(peek()))) times = 1;
    while (std::isdigit(static_cast<unsigned char>(peek()))) times = times * 10 + (text[at++] - '0');
    return {one.first * times, one.second * times};
}

Stitches row() {
    Stitches sum = item();
    while (peek() == ' ') {
        ++at;
        const Stitches next = item();
        sum.first += next.first;
        sum.second += next.second;
    }
    return sum;
}

int main() {
    std::getline(std::cin, text);
    try {
        const Stitches all = row();
        if (at != text.size()) throw Mistake{};
        std::cout << all.first << ' ' << all.second << '\n';
    } catch (const Mistake&) {
        std::cout << "mistake\n";
    }
}
