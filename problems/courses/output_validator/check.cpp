// The checker: `check input answer feedback_dir/ < output`; exits 42 for a right answer and 43 for a wrong one.
//
// It follows the order, or the circle, through the list of the input, so any right one is accepted. The answer file
// only says which of the two exists. A proof of the contrary shows that file to be wrong; that is no verdict on the
// submission, so the checker exits 1.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr int kAccepted = 42, kWrong = 43, kBroken = 1;
constexpr std::size_t kLongestWord = 16;

std::string feedback_folder;

[[noreturn]] void finish(int code, const std::string& message) {
    std::ofstream(feedback_folder + "/judgemessage.txt", std::ios::app) << message << '\n';
    std::exit(code);
}

bool is_space(int byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

// The next word of the output, "" at its end. Longer words than any right answer has end the judging at once, so
// that no output makes the checker hold more than a few bytes.
std::string next_word() {
    std::streambuf& output = *std::cin.rdbuf();
    constexpr int end = std::char_traits<char>::eof();
    int byte = output.sbumpc();
    while (byte != end && is_space(byte)) byte = output.sbumpc();
    std::string word;
    for (; byte != end && !is_space(byte); byte = output.sbumpc()) {
        if (word.size() == kLongestWord) finish(kWrong, "a word is longer than any in a right answer");
        word += static_cast<char>(byte);
    }
    return word;
}

int next_number(int low, int high, const std::string& what) {
    const std::string word = next_word();
    if (word.empty()) finish(kWrong, "the output ends where " + what + " is due");
    int value = 0;
    for (const char digit : word) {
        if (digit < '0' || digit > '9') finish(kWrong, "something else stands where " + what + " is due");
        value = value * 10 + (digit - '0');
        if (value > high) finish(kWrong, what + " is out of range");
    }
    if (value < low) finish(kWrong, what + " is out of range");
    return value;
}

void expect_end() {
    if (!next_word().empty()) finish(kWrong, "the output goes on after the answer");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return kBroken;
    feedback_folder = argv[3];

    std::ifstream input(argv[1]), answer(argv[2]);
    int courses = 0, count = 0;
    std::string expected;
    if (!(input >> courses >> count) || !(answer >> expected)) finish(kBroken, "cannot read the test");
    std::set<std::pair<int, int>> entries;
    for (int i = 0; i < count; ++i) {
        int before = 0, after = 0;
        if (!(input >> before >> after)) finish(kBroken, "cannot read the test");
        entries.emplace(before, after);
    }

    const std::string verdict = next_word();
    if (verdict == "possible") {
        std::vector<int> place(courses + 1, -1);
        for (int i = 0; i < courses; ++i) {
            const int course = next_number(1, courses, "a course of the order");
            if (place[course] >= 0) finish(kWrong, "course " + std::to_string(course) + " is taken twice");
            place[course] = i;
        }
        expect_end();
        for (const auto& [before, after] : entries)
            if (place[before] > place[after])
                finish(kWrong, "course " + std::to_string(after) + " is taken before " + std::to_string(before));
    } else if (verdict == "impossible") {
        const int length = next_number(2, courses, "the length of the circle");
        std::vector<int> circle;
        std::vector<bool> seen(courses + 1);
        for (int i = 0; i < length; ++i) {
            const int course = next_number(1, courses, "a course of the circle");
            if (seen[course]) finish(kWrong, "course " + std::to_string(course) + " is twice in the circle");
            seen[course] = true;
            circle.push_back(course);
        }
        expect_end();
        for (int i = 0; i < length; ++i) {
            const int before = circle[i], after = circle[(i + 1) % length];
            if (entries.count({before, after}) == 0)
                finish(kWrong, "no entry says that " + std::to_string(after) + " needs " + std::to_string(before));
        }
    } else {
        finish(kWrong, "the first word is neither \"possible\" nor \"impossible\"");
    }
    if (verdict != expected) finish(kBroken, "the answer file says " + expected + ", but the output proves it wrong");
    finish(kAccepted, verdict + ", and rightly shown");
}
