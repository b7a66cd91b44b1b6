// The scalar reference of tests/scalar against the host's arithmetic, and emulator/exec against it, shortly; make
// fuzz-exec and make check-long do it at length.

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "tests/scalar/fuzz.hpp"
#include "tests/scalar/values.hpp"

using namespace gcn::scalar;

// What the host computes, rounding to nearest with denormals kept, is what the reference must.
template <class T, Format f> static void compare_with_host(u64 seed, gcn::isa::Type type) {
    using Bits = std::conditional_t<sizeof(T) == 4, u32, u64>;
    Random r(seed);
    const auto same = [](u64 a, T b) {
        const u64 bits = std::bit_cast<Bits>(b);
        return a == bits || (is_nan(a, f) && is_nan(bits, f));
    };
    const auto packed = [](const Real& x) { return pack(x, f, Round::Nearest, false); };
    for (int i = 0; i < 100'000; ++i) {
        const Bits bits[] = {Bits(value(r, type)), Bits(value(r, type)), Bits(value(r, type))};
        const T a = std::bit_cast<T>(bits[0]), b = std::bit_cast<T>(bits[1]), c = std::bit_cast<T>(bits[2]);
        const Real x = unpack(bits[0], f), y = unpack(bits[1], f), z = unpack(bits[2], f);
        CAPTURE(bits[0], bits[1], bits[2]);
        const bool all = same(packed(sum(x, y, Round::Nearest)), a + b) && same(packed(product(x, y)), a * b) &&
                         same(packed(quotient(x, y)), a / b) &&
                         same(packed(sum(product(x, y), z, Round::Nearest)), std::fma(a, b, c)) &&
                         same(packed(integral(x, Round::Down)), std::floor(a)) &&
                         same(packed(integral(x, Round::Nearest)), std::nearbyint(a));
        if (!all) FAIL("the reference and the host compute different results");
    }
    SUCCEED();
}

TEST_CASE("The reference's arithmetic is the host's where the host rounds to nearest") {
    compare_with_host<float, f32>(1, gcn::isa::Type::F32);
    compare_with_host<double, f64>(2, gcn::isa::Type::F64);
}

TEST_CASE("Directed rounding goes to the side that it is named for") {
    const Real third = quotient(from_integer(1), from_integer(3)), minus = negated(third);
    const u64 below = 0x3eaaaaaa, above = 0x3eaaaaab, sign = 0x80000000;
    CHECK(pack(third, f32, Round::Nearest, false) == above);
    CHECK(pack(third, f32, Round::Up, false) == above);
    CHECK(pack(third, f32, Round::Down, false) == below);
    CHECK(pack(third, f32, Round::ToZero, false) == below);
    CHECK(pack(minus, f32, Round::Up, false) == (sign | below));
    CHECK(pack(minus, f32, Round::Down, false) == (sign | above));
    CHECK(pack(scaled(third, -140), f32, Round::Nearest, true) == 0);
    CHECK(pack(scaled(minus, -140), f32, Round::Nearest, true) == sign);
    CHECK(pack(scaled(third, -140), f32, Round::Nearest, false) != 0);
}

static Options shortly(u64 count) {
    Options options;
    options.count = count;
    if (const char* const seed = std::getenv("SEED")) options.seed = std::strtoull(seed, nullptr, 0);
    return options;
}
static void expect_none(const std::vector<std::string>& failures) {
    for (const std::string& failure : failures) UNSCOPED_INFO(failure);
    CHECK(failures.empty());
}

TEST_CASE("Each instruction leaves the state that the scalar reference leaves") {
    const Report report = run_lockstep(shortly(100'000), simd_builds());
    expect_none(report.failures);
    CHECK(report.instructions >= 100'000);
    for (const gcn::isa::Inst* inst : covered()) {
        CAPTURE(inst->name);
        CHECK(report.coverage[size_t(inst - gcn::isa::insts.data())].drawn >= 30);
    }
}

TEST_CASE("Whole programs end in the state in which the scalar reference ends") {
    const Report report = run_programs(shortly(50'000), simd_builds());
    expect_none(report.failures);
    CHECK(report.stretches > 100);
}

TEST_CASE("All SIMD builds leave the same bits, NaNs too") {
    const Report report = run_images(shortly(50'000), simd_builds(), [](const std::string&) {});
    expect_none(report.failures);
}
