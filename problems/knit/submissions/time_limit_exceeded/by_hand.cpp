// @EXPECTED_RESULTS@: TIMELIMIT
// Knits stitch by stitch: goes through a row in brackets as often as its count says.
#include <cctype>
#include <iostream>
#include <string>

struct Mistake {};

std::string text;
unsigned long long stitches[2];

char peek(std::size_t at) { return at < text.size() ? text[at] : '\0'; }

std::size_t row(std::size_t at);

// Knits what stands before the count once, and gives the place after it.
std::size_t once(std::size_t at) {
    if (peek(at) == '(') {
        at = row(at + 1);
        if (peek(at) != ')') throw Mistake{};
    } else if (peek(at) == 'k' || peek(at) == 'p') {
        ++stitches[peek(at) == 'p'];
    } else {
        throw Mistake{};
    }
    return at + 1;
}

std::size_t row(std::size_t at) {
    for (;; ++at) {
        const std::size_t start = at;
        at = once(start);
        if (peek(at) == '0') throw Mistake{};
        unsigned long long times = 0;
        const std::size_t digits = at;
        while (std::isdigit(static_cast<unsigned char>(peek(at)))) times = times * 10 + (text[at++] - '0');
        if (at == digits) times = 1;
        for (; times > 1; --times) once(start);
        if (peek(at) != ' ') return at;
    }
}

int main() {
    std::getline(std::cin, text);
    try {
        if (row(0) != text.size()) throw Mistake{};
        std::cout << stitches[0] << ' ' << stitches[1] << '\n';
    } catch (const Mistake&) {
        std::cout << "mistake\n";
    }
}
