// The options of codegen/gen_gemm.py: each kernel of tests/kernels/variants.list against the oracle, bit for bit, and
// what the generator refuses.

#include <catch2/catch.hpp>
#include <cstdio>
#include <random>
#include <sstream>

#include "backend/backend.hpp"
#include "backend/sgemm_args.hpp"
#include "bench/check.hpp"
#include "cpu_ref/cpu_ref.hpp"
#include "plan/problem.hpp"
#include "tests/command.hpp"

using namespace gcn;

namespace {

struct Variant {
    std::string name;
    Gemm layout{};
    int tile_m = 0, tile_n = 0, lanes = 0;
    int64_t largest_k = 100;
};

// A line: NAME gen_gemm.py --layout XY --tile MxN --lane RxC ...
std::vector<Variant> variants() {
    std::vector<Variant> all;
    std::istringstream lines(test::contents("tests/kernels/variants.list"));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#') continue;
        Variant v;
        char name[64], layout[3];
        int rows = 0, columns = 0, depth = 8;
        REQUIRE(std::sscanf(line.c_str(), "%63s gen_gemm.py --layout %2s --tile %dx%d --lane %dx%d", name, layout,
                            &v.tile_m, &v.tile_n, &rows, &columns) == 6);
        v.name = name;
        v.layout.a = layout[0] == 't' ? Trans::Yes : Trans::No;
        v.layout.b = layout[1] == 't' ? Trans::Yes : Trans::No;
        v.lanes = v.tile_m / rows * (v.tile_n / columns);
        if (const size_t at = line.find("--depth "); at != line.npos) depth = std::stoi(line.substr(at + 8));
        if (line.find("--small-k") != line.npos) v.largest_k = depth;
        all.push_back(v);
    }
    return all;
}

std::vector<std::byte> code_of(const std::string& name) {
    const std::string bytes = test::contents(BUILD "/tests/variants/" + name + ".co");
    REQUIRE(!bytes.empty());
    const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
    return {data, data + bytes.size()};
}

class Runner {
public:
    explicit Runner(const Variant& v) : v(v), kernel(backend().load(code_of(v.name), v.name)) {}

    std::string wrong(const Gemm& g, uint64_t seed) {
        const Operands o = guarded_operands(g, Fill::Reals, seed);
        const auto a = copied(o.a), b = copied(o.b), c = copied(o.c);
        SgemmArgs args{};
        args.a = a->address, args.b = b->address, args.c = c->address;
        args.m = uint32_t(g.m), args.n = uint32_t(g.n), args.k = uint32_t(g.k);
        args.lda = uint32_t(stored_a(g).step()), args.ldb = uint32_t(stored_b(g).step());
        args.ldc = uint32_t(stored_c(g).step());
        args.alpha = g.alpha, args.beta = g.beta;
        const auto tiles = [](int64_t n, int tile) { return uint32_t((n + tile - 1) / tile); };
        const Grid grid{tiles(g.m, v.tile_m), tiles(g.n, v.tile_n), 1, uint32_t(v.lanes)};
        if (!backend().launch(*kernel, grid, std::as_bytes(std::span(&args, 1)))) return backend().lost();
        std::vector<float> got(o.c.size()), wanted = o.c;
        c->read(got.data(), got.size() * sizeof(float), 0);
        sgemm_gpu_order(g, o.a.data(), o.b.data(), wanted.data());
        return difference(g, got, wanted);
    }

private:
    static Backend& backend() {
        static Backend& one = *open_backend("").release();
        return one;
    }
    static std::shared_ptr<Memory> copied(const std::vector<float>& values) {
        auto memory = backend().alloc(values.size() * sizeof(float));
        memory->write(values.data(), values.size() * sizeof(float), 0);
        return memory;
    }

    const Variant& v;
    std::shared_ptr<Kernel> kernel;
};

std::string refused(const std::string& options) {
    const test::Ran r = test::run("python3 -B codegen/gen_gemm.py x " + options);
    CHECK(r.status == 1);
    CHECK(r.out == "");
    return r.err;
}

}  // namespace

TEST_CASE("every option of the generator gives a kernel that is right, at edges of all kinds") {
    std::mt19937_64 random(803);
    const auto up_to = [&](int64_t n) { return int64_t(random() % uint64_t(n)) + 1; };
    static constexpr float factors[] = {0, 1, -1, 0.5};
    for (const Variant& v : variants()) {
        Runner runner(v);
        for (int i = 0; i < 25; ++i) {
            Gemm g = v.layout;
            g.m = up_to(2 * v.tile_m + 3), g.n = up_to(2 * v.tile_n + 3), g.k = up_to(v.largest_k);
            if (i == 0) g.m = v.tile_m, g.n = v.tile_n, g.k = std::min<int64_t>(v.largest_k, 64);
            if (i == 1) g.k = 0;
            g.alpha = i < 10 ? 1 : factors[random() % 4];
            g.beta = i < 5 ? 0 : factors[random() % 4];
            if (i % 2) g.lda = stored_a(g).rows + up_to(9), g.ldb = stored_b(g).rows + up_to(9);
            if (i % 3) g.ldc = g.m + up_to(9);
            INFO(v.name << " " << text(g));
            REQUIRE(runner.wrong(g, uint64_t(i)) == "");
        }
    }
}

TEST_CASE("the generator refuses what cannot be a kernel, with values and a remedy") {
    CHECK(refused("--layout nn --tile 64x64 --lane 5x4") ==
          "gcn: cannot generate x: a tile of 64x64 is not whole lane tiles of 5x4. Try: --lane that divides --tile.\n");
    CHECK(refused("--layout nn --tile 128x128 --lane 2x2") ==
          "gcn: cannot generate x: the tile has 4096 lane tiles, a workgroup at most 1024 lanes. "
          "Try: a larger --lane.\n");
    CHECK(refused("--layout nn --tile 18x16 --lane 2x2") ==
          "gcn: cannot generate x: A has runs of 18 floats, not a multiple of --load 4. Try: a smaller --load.\n");
    CHECK(refused("--layout nn --tile 64x64 --lane 4x4 --unroll 3") ==
          "gcn: cannot generate x: --unroll 3 is not a multiple of --buffers 2. Try: --unroll 2.\n");
    CHECK_THAT(refused("--layout nn --tile 256x256 --lane 16x16"),
               Catch::Contains("'v' registers for vAcc do not fit"));
    CHECK(refused("--layout nn --tile 512x512 --lane 8x64 --depth 32 --load 1") ==
          "gcn: cannot generate x: 263168 B of LDS, a workgroup has at most 65536. "
          "Try: a smaller --depth, --tile or --buffers.\n");
}

TEST_CASE("a part of the loop can be left out, to see what bounds it") {
    for (const char* part : {"alu", "lds", "global"}) {
        const test::Ran r = test::run(
            "python3 -B codegen/gen_gemm.py x --layout nt --tile 64x64 --lane 4x4 --without " + std::string(part));
        REQUIRE(r.status == 0);
        CHECK(r.out.find("row:") == r.out.npos);  // its result is wrong: no planner may take it
        const size_t loop = r.out.find("x_loop:");
        const std::string body = r.out.substr(loop, r.out.find("s_cbranch_scc0 x_loop") - loop);
        CHECK((body.find("v_mac_f32") == body.npos) == (part == std::string("alu")));
        CHECK((body.find("ds_read") == body.npos) == (part == std::string("lds")));
        CHECK((body.find("buffer_load") == body.npos) == (part == std::string("global")));
    }
}
