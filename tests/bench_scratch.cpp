#include <cstdio>
#include <memory>
#include "backend/embedded.hpp"
#include "backend/sgemm_args.hpp"
#include "emulator/timing/record.hpp"
#include "tests/alone.hpp"
using namespace gcn; using namespace gcn::test; using namespace gcn::emulator;
struct Drop final : GridRecorder {
    std::unique_ptr<GroupRecorder> group(uint64_t n, const GroupFacts& f) override { return timing::record(n, f, programs, [this](auto t) { for (auto& w : t->waves) words += w.words.size(); }); }
    bool full() const override { return false; } bool ready() const override { return false; } void advance() override {} bool over() const override { return true; }
    std::atomic<uint64_t> words{0};
    timing::Programs programs{[](const Program&) {}};
};
int main() {
    const uint32_t n = 1024;
    std::vector<float> a(n*n, 1), b(n*n, 1), c(n*n);
    const GcnEmbedded* bytes = find_embedded("sgemm_nt_128x128");
    Alone alone(1, {bytes->data, bytes->bytes}, "sgemm_nt_128x128");
    SgemmArgs args{}; args.a = alone.map(a.data(), a.size()*4, false); args.b = alone.map(b.data(), b.size()*4, false); args.c = alone.map(c.data(), c.size()*4, true);
    args.m = args.n = args.k = args.lda = args.ldb = args.ldc = n; args.alpha = 1;
    alone.set({n/128*256, n/128, 1}, {256,1,1}, alone.map(&args, sizeof args, false));
    for (int i = 0; i < 5; ++i) {
        alone.record(nullptr); Result r; const double off = timed([&] { r = alone.run(); });
        auto d = std::make_shared<Drop>(); alone.record(d); const double on = timed([&] { alone.run(); });
        std::printf("off %.1f M/s recorded %.1f M/s words %llu instr %llu\n", r.instructions / off / 1e6, r.instructions / on / 1e6, (unsigned long long)d->words.load(), (unsigned long long)r.instructions);
    }
}
