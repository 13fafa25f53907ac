// Exits 42 if standard input keeps every promise of the statement, 1 otherwise.
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

[[noreturn]] void fail(const std::string& reason) {
    std::fprintf(stderr, "%s\n", reason.c_str());
    std::exit(1);
}

// One number without sign or leading zeros, ended by exactly the byte that the format has there.
long number(long low, long high, char end) {
    std::string digits;
    int byte;
    while ((byte = std::getchar()) >= '0' && byte <= '9') {
        digits += static_cast<char>(byte);
        if (digits.size() > 6) fail("a number has too many digits");
    }
    if (byte != end) fail("an unexpected byte after \"" + digits + "\"");
    if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) fail("not a number: \"" + digits + "\"");
    const long value = std::stol(digits);
    if (value < low || value > high) fail(digits + " is out of range");
    return value;
}

}  // namespace

int main() {
    const long courses = number(1, 10'000, ' ');
    const long entries = number(0, 30'000, '\n');
    for (long i = 0; i < entries; ++i) {
        const long before = number(1, courses, ' ');
        const long after = number(1, courses, '\n');
        if (before == after) fail("a course needs itself");
    }
    if (std::getchar() != EOF) fail("there is more after the last entry");
    return 42;
}
