// The pages about programs of one's own: what stands behind a "$" is typed, and must print what stands below it.

#include <catch2/catch.hpp>

#include <sstream>
#include <vector>

#include "tests/command.hpp"

using namespace gcn;

namespace {

struct Typed {
    std::string command;
    std::vector<std::string> prints;  // "..." is any number of lines
};

std::vector<Typed> session(const std::string& page) {
    std::vector<Typed> all;
    std::istringstream in(test::contents(page));
    bool open = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("    $ "))
            all.push_back({line.substr(6), {}}), open = true;
        else if (open &= line.starts_with("    "); open)
            all.back().prints.push_back(line.substr(4));
    }
    return all;
}

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
}

// From line `at` of what was printed, does `page` say all of it, from its line `from` on?
bool agree(const std::vector<std::string>& page, size_t from, const std::vector<std::string>& printed, size_t at) {
    if (from == page.size()) return at == printed.size();
    if (page[from] != "...")
        return at < printed.size() && page[from] == printed[at] && agree(page, from + 1, printed, at + 1);
    for (; at <= printed.size(); ++at)
        if (agree(page, from + 1, printed, at)) return true;
    return false;
}

// In this build's folder, and gcn under a sanitizer when this test is.
std::string as_built(std::string command) {
    for (size_t at = 0; (at = command.find("build/", at)) != command.npos; at += sizeof BUILD)
        command.replace(at, 5, BUILD);
    const bool ours = command.starts_with(BUILD "/gcn emu");
    return (ours ? "LD_PRELOAD='" + test::sanitizer() + "' ASAN_OPTIONS=detect_leaks=0 " : "") + command + " 2>&1";
}

size_t reproduce(const std::string& page) {
    size_t compared = 0;
    for (const Typed& typed : session(page)) {
        const test::Ran ran = test::run(as_built(typed.command));
        INFO(page << ": " << typed.command << "\n" << ran.out);
        CHECK(agree(typed.prints, 0, lines(ran.out), 0));
        compared += typed.prints.size();
    }
    return compared;
}

}  // namespace

TEST_CASE("what the page about programs of one's own shows is what is printed") {
    CHECK(reproduce("docs/programs.md") >= 5);
}

TEST_CASE("the worked example of the page about debugging is what is printed") {
    CHECK(reproduce("docs/debugging.md") >= 20);
}
