// Recursive descent: one function for a row, one for an item.
#include <cctype>
#include <iostream>
#include <string>

struct Mistake {};

struct Stitches {
    unsigned long long knit = 0, purl = 0;
};

class Parser {
public:
    explicit Parser(const std::string& text) : text_(text) {}

    Stitches parse() {
        const Stitches all = row();
        if (at_ != text_.size()) throw Mistake{};
        return all;
    }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    Stitches row() {
        Stitches sum = item();
        while (peek() == ' ') {
            ++at_;
            const Stitches next = item();
            sum.knit += next.knit;
            sum.purl += next.purl;
        }
        return sum;
    }

    Stitches item() {
        Stitches one;
        switch (peek()) {
            case 'k':
                one.knit = 1;
                break;
            case 'p':
                one.purl = 1;
                break;
            case '(':
                ++at_;
                one = row();
                if (peek() != ')') throw Mistake{};
                break;
            default:
                throw Mistake{};
        }
        ++at_;
        const unsigned long long times = count();
        one.knit *= times;
        one.purl *= times;
        return one;
    }

    unsigned long long count() {
        if (!std::isdigit(static_cast<unsigned char>(peek()))) return 1;
        if (peek() == '0') throw Mistake{};
        unsigned long long value = 0;
        while (std::isdigit(static_cast<unsigned char>(peek()))) value = value * 10 + (text_[at_++] - '0');
        return value;
    }

    const std::string& text_;
    std::size_t at_ = 0;
};

int main() {
    std::string text;
    std::getline(std::cin, text);
    try {
        const Stitches all = Parser(text).parse();
        std::cout << all.knit << ' ' << all.purl << '\n';
    } catch (const Mistake&) {
        std::cout << "mistake\n";
    }
}
