// Kernels as compilers make them, at -O0 and -O2, through ROCr on the software Polaris, against host code: the cases
// are in tests/corpus, one pair of files per theme. Here they are counted.

#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <algorithm>
#include <cstdio>

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

TEST_CASE("the corpus has at least 150 kernels, and each is compiled at -O0 and at -O2") {
    std::set<std::string> kernels[2];
    for (const std::string& theme : themes())
        for (int level = 0; level < 2; ++level)
            for (const std::string& kernel : kernels_in(file_of(theme, level ? "O2" : "O0")))
                kernels[level].insert(theme + ": " + kernel);
    CHECK(kernels[0].size() >= 150);
    CHECK(std::includes(kernels[1].begin(), kernels[1].end(), kernels[0].begin(), kernels[0].end()));
}

// After the last test: what ran.
struct Summary : Catch::TestEventListenerBase {
    using TestEventListenerBase::TestEventListenerBase;
    void testRunEnded(const Catch::TestRunStats&) override {
        const Counts& c = counts();
        const auto at = [&](const char* level) { return c.kernels.count(level) ? c.kernels.at(level).size() : 0; };
        std::printf("corpus: %zu kernels at -O0, %zu at -O2, %zu runs, %zu bytes of buffers compared\n", at("O0"),
                    at("O2"), c.runs, c.bytes);
    }
};
CATCH_REGISTER_LISTENER(Summary)
