// rocRAND as Debian packages it: each generator of the library and of its header for kernels. Philox and Sobol numbers
// are compared with an implementation of our own, the others with the distributions that they must have.

#include "tests/programs/verify.hpp"

#include <rocrand/rocrand.h>
#include <rocrand/rocrand_kernel.h>
#include <rocrand/rocrand_sobol32_precomputed.h>

#include <algorithm>
#include <array>
#include <cmath>

static void rand_status(rocrand_status got, rocrand_status want, int line, const char* call) {
    if (got != want) verify::stop(line, call, "status " + verify::text(got) + ", expected was " + verify::text(want));
    ++verify::facts;
}
#define RAND(call)              rand_status(call, ROCRAND_STATUS_SUCCESS, __LINE__, #call)
#define RAND_REFUSED(call, why) rand_status(call, why, __LINE__, #call)

static constexpr uint64_t seed = 0x123456789abcdef;

// ---- our own generators ---------------------------------------------------------------------------------------------

// Philox4x32-10: Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (2011), section 3.3 and
// table 2.
static std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
    for (int round = 0; round < 10; round++) {
        const uint64_t first = uint64_t(0xd2511f53) * counter[0], second = uint64_t(0xcd9e8d57) * counter[2];
        counter = {uint32_t(second >> 32) ^ counter[1] ^ key[0], uint32_t(second),
                   uint32_t(first >> 32) ^ counter[3] ^ key[1], uint32_t(first)};
        key[0] += 0x9e3779b9;
        key[1] += 0xbb67ae85;
    }
    return counter;
}

// Number `index` of a subsequence: the counter holds index / 4 below and the subsequence above, the key is the seed.
static uint32_t philox_number(uint64_t key, uint64_t subsequence, uint64_t index) {
    const uint64_t block = index / 4;
    return philox({uint32_t(block), uint32_t(block >> 32), uint32_t(subsequence), uint32_t(subsequence >> 32)},
                  {uint32_t(key), uint32_t(key >> 32)})[index % 4];
}

// The published answer for a counter and a key of zeros (Random123, kat_vectors).
static void philox_is_philox() {
    const std::array<uint32_t, 4> want = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    REQUIRE(philox({}, {}) == want);
}

// Number `index` of a dimension: the exclusive or of the direction vectors that the Gray code of the index selects.
static uint32_t sobol_number(const unsigned* vectors, uint32_t index) {
    uint32_t x = 0, gray = index ^ index >> 1;
    for (int bit = 0; gray; bit++, gray >>= 1)
        if (gray & 1) x ^= vectors[bit];
    return x;
}

// ---- distributions --------------------------------------------------------------------------------------------------

// Chi-square of counts against what was expected, as standard deviations from its mean. All seeds are fixed, so a limit
// of 5 to either side does not waver; a sequence that fills too evenly, as quasi-random ones do, has no lower limit.
static void plausible(const std::vector<double>& counts, const std::vector<double>& expected, bool quasi,
                      const char* what) {
    double chi = 0;
    for (size_t i = 0; i < counts.size(); i++)
        chi += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
    const double freedom = double(counts.size()) - 1, off = (chi - freedom) / std::sqrt(2 * freedom);
    if (off > 5 || (!quasi && off < -5))
        verify::stop(__LINE__, what, "chi-square is " + verify::text(off) + " standard deviations off");
    ++verify::facts;
}

// Values that `to_unit` maps to evenly spread ones in [0, 1].
template <class T, class F> static void spread(const std::vector<T>& values, F to_unit, bool quasi, const char* what) {
    const int bins = 64;
    std::vector<double> counts(bins), expected(bins, double(values.size()) / bins);
    double sum = 0, squares = 0;
    for (const T& v : values) {
        const double u = to_unit(double(v));
        if (!(u >= 0 && u <= 1)) verify::stop(__LINE__, what, "a value is " + verify::text(double(v)));
        counts[std::min(int(u * bins), bins - 1)]++;
        sum += u, squares += u * u;
    }
    plausible(counts, expected, quasi, what);
    const double n = double(values.size()), mean = sum / n, variance = squares / n - mean * mean;
    // The mean of n uniform numbers has the deviation sqrt(1 / 12 n), their variance about sqrt(1 / 180 n).
    if (std::fabs(mean - 0.5) > 5 * std::sqrt(1 / (12 * n)) ||
        std::fabs(variance - 1.0 / 12) > 5 * std::sqrt(1 / (180 * n)))
        verify::stop(__LINE__, what, "mean " + verify::text(mean) + ", variance " + verify::text(variance));
    ++verify::facts;
}

static double unit(double u) { return u; }
static double normal_unit(double x) { return 0.5 * std::erfc(-(x - 2) / 3 / std::sqrt(2.0)); }  // mean 2, deviation 3
static double log_normal_unit(double x) { return 0.5 * std::erfc(-(std::log(x) - 0.5) / 0.25 / std::sqrt(2.0)); }

template <class T> static void bytes(const std::vector<T>& values, const char* what) {
    std::vector<double> counts(256), expected(256, double(values.size()) * sizeof(T) / 256);
    const auto* byte = reinterpret_cast<const unsigned char*>(values.data());
    for (size_t i = 0; i < values.size() * sizeof(T); i++) counts[byte[i]]++;
    plausible(counts, expected, false, what);
}

static void poisson(const std::vector<unsigned>& values, double lambda, bool quasi, const char* what) {
    std::vector<double> counts(1), expected(1), histogram(size_t(lambda * 3 + 60));
    for (const unsigned v : values) histogram[std::min<size_t>(v, histogram.size() - 1)]++;
    for (size_t k = 0; k < histogram.size(); k++) {  // bins of at least 20 expected values each
        counts.back() += histogram[k];
        expected.back() += double(values.size()) * std::exp(k * std::log(lambda) - lambda - std::lgamma(k + 1.0));
        if (expected.back() >= 20) counts.push_back(0), expected.push_back(0);
    }
    counts[counts.size() - 2] += counts.back(), expected[counts.size() - 2] += expected.back();
    counts.pop_back(), expected.pop_back();
    plausible(counts, expected, quasi, what);
}

// ---- the library ----------------------------------------------------------------------------------------------------

struct Kind {
    const char* name;
    rocrand_rng_type type;
    bool quasi;
};

class Generator {
public:
    explicit Generator(const Kind& kind) {
        RAND(rocrand_create_generator(&handle, kind.type));
        if (!kind.quasi) RAND(rocrand_set_seed(handle, seed));
    }
    ~Generator() { (void)rocrand_destroy_generator(handle); }
    operator rocrand_generator() const { return handle; }

private:
    rocrand_generator handle;
};

template <class T, class F> static std::vector<T> made(size_t n, const F& make) {
    Array<T> d(n);
    d.fill(0xcc);
    RAND(make(d));
    CHECK(hipDeviceSynchronize());
    return d.host();
}

static float half_to_float(uint16_t bits) {
    _Float16 h;
    std::memcpy(&h, &bits, 2);
    return float(h);
}

static void generator(const Kind& kind) {
    const size_t n = 30'000;
    const bool quasi = kind.quasi;
    const Generator g(kind);
    const auto ints = made<unsigned>(n, [&](unsigned* d) { return rocrand_generate(g, d, n); });
    if (!quasi) bytes(ints, kind.name);
    spread(
        ints, [](double v) { return v / 4294967296.0; }, quasi, "integers");
    if (!quasi) {
        bytes(made<unsigned char>(n, [&](unsigned char* d) { return rocrand_generate_char(g, d, n); }), "chars");
        bytes(made<unsigned short>(n, [&](unsigned short* d) { return rocrand_generate_short(g, d, n); }), "shorts");
        std::vector<float> halves(n);
        const auto raw = made<uint16_t>(
            n, [&](uint16_t* d) { return rocrand_generate_uniform_half(g, reinterpret_cast<half*>(d), n); });
        std::transform(raw.begin(), raw.end(), halves.begin(), half_to_float);
        spread(halves, unit, quasi, "halves");
    }
    // rocRAND 5.3.3 makes these from the low 32 of Sobol's 64 bits, all of which are 0: docs/limits.md.
    if (kind.type != ROCRAND_RNG_QUASI_SOBOL64) {
        spread(made<float>(n, [&](float* d) { return rocrand_generate_uniform(g, d, n); }), unit, quasi, "uniform");
        spread(made<float>(n, [&](float* d) { return rocrand_generate_normal(g, d, n, 2, 3); }), normal_unit, quasi,
               "normal");
        spread(made<float>(n, [&](float* d) { return rocrand_generate_log_normal(g, d, n, 0.5, 0.25); }),
               log_normal_unit, quasi, "log-normal");
        spread(made<double>(n, [&](double* d) { return rocrand_generate_log_normal_double(g, d, n, 0.5, 0.25); }),
               log_normal_unit, quasi, "log-normal doubles");
    }
    spread(made<double>(n, [&](double* d) { return rocrand_generate_uniform_double(g, d, n); }), unit, quasi,
           "uniform doubles");
    spread(made<double>(n, [&](double* d) { return rocrand_generate_normal_double(g, d, n, 2, 3); }), normal_unit,
           quasi, "normal doubles");
    for (const double lambda : {0.7, 40.0, 1500.0})
        poisson(made<unsigned>(n, [&](unsigned* d) { return rocrand_generate_poisson(g, d, n, lambda); }), lambda,
                quasi, "poisson");

    const Generator again(kind);  // the same from the start
    EQUAL(made<unsigned>(n, [&](unsigned* d) { return rocrand_generate(again, d, n); }), ints);
    if (!quasi) {
        RAND(rocrand_set_seed(again, seed + 1));
        REQUIRE(made<unsigned>(n, [&](unsigned* d) { return rocrand_generate(again, d, n); }) != ints);
    }
    std::printf("%s right\n", kind.name);
}

static void exact_philox() {
    const size_t n = 20'003;
    for (const uint64_t key : {seed, uint64_t(0), ~uint64_t(0)})
        for (const uint64_t offset : {uint64_t(0), uint64_t(1), uint64_t(7), uint64_t(1) << 33}) {
            const Generator g({"philox", ROCRAND_RNG_PSEUDO_PHILOX4_32_10, false});
            RAND(rocrand_set_seed(g, key));
            RAND(rocrand_set_offset(g, offset));
            std::vector<unsigned> want(n);
            for (size_t i = 0; i < n; i++) want[i] = philox_number(key, 0, offset + i);
            EQUAL(made<unsigned>(n, [&](unsigned* d) { return rocrand_generate(g, d, n); }), want);
        }
    // Uniform floats are 2^-32 + number * 2^-32, computed in float.
    const Generator g({"philox", ROCRAND_RNG_PSEUDO_PHILOX4_32_10, false});
    const auto floats = made<float>(n, [&](float* d) { return rocrand_generate_uniform(g, d, n); });
    const float inverse = 2.3283064e-10f;
    for (size_t i = 0; i < n; i++) {
        const float x = float(philox_number(seed, 0, i));
        const float apart = inverse + x * inverse, fused = std::fma(x, inverse, inverse);
        if (floats[i] != apart && floats[i] != fused) EQUAL(floats[i], apart);
    }
    std::printf("the Philox stream is exact\n");
}

static void exact_sobol() {
    const unsigned dimensions = 7;
    const size_t each = 5000, n = each * dimensions;
    const Generator g({"sobol32", ROCRAND_RNG_QUASI_SOBOL32, true});
    RAND(rocrand_set_quasi_random_generator_dimensions(g, dimensions));
    unsigned van_der_corput[32];  // the direction vectors of the first dimension
    for (int i = 0; i < 32; i++) van_der_corput[i] = 0x80000000u >> i;
    std::vector<unsigned> want(n);
    for (unsigned d = 0; d < dimensions; d++)
        for (size_t i = 0; i < each; i++)
            want[d * each + i] = sobol_number(d ? &h_sobol32_direction_vectors[32 * d] : van_der_corput, uint32_t(i));
    EQUAL(made<unsigned>(n, [&](unsigned* d) { return rocrand_generate(g, d, n); }), want);
    RAND(rocrand_set_offset(g, 1000));
    for (unsigned d = 0; d < dimensions; d++)
        for (size_t i = 0; i < each; i++)
            want[d * each + i] =
                sobol_number(d ? &h_sobol32_direction_vectors[32 * d] : van_der_corput, uint32_t(i + 1000));
    EQUAL(made<unsigned>(n, [&](unsigned* d) { return rocrand_generate(g, d, n); }), want);
    RAND_REFUSED(rocrand_generate(g, nullptr, n - 1), ROCRAND_STATUS_LENGTH_NOT_MULTIPLE);
    std::printf("the Sobol sequence is exact in %u dimensions\n", dimensions);
}

static void refusals() {
    rocrand_generator g;
    RAND_REFUSED(rocrand_create_generator(&g, rocrand_rng_type(7)), ROCRAND_STATUS_TYPE_ERROR);
    RAND_REFUSED(rocrand_generate(nullptr, nullptr, 4), ROCRAND_STATUS_NOT_CREATED);
    RAND(rocrand_create_generator(&g, ROCRAND_RNG_QUASI_SOBOL32));
    RAND_REFUSED(rocrand_set_seed(g, 1), ROCRAND_STATUS_TYPE_ERROR);
    RAND_REFUSED(rocrand_set_quasi_random_generator_dimensions(g, 0), ROCRAND_STATUS_OUT_OF_RANGE);
    RAND_REFUSED(rocrand_set_quasi_random_generator_dimensions(g, 20001), ROCRAND_STATUS_OUT_OF_RANGE);
    RAND(rocrand_destroy_generator(g));
    RAND(rocrand_create_generator(&g, ROCRAND_RNG_PSEUDO_PHILOX4_32_10));
    RAND_REFUSED(rocrand_generate_poisson(g, nullptr, 4, -1), ROCRAND_STATUS_OUT_OF_RANGE);
    RAND_REFUSED(rocrand_set_quasi_random_generator_dimensions(g, 2), ROCRAND_STATUS_TYPE_ERROR);
    RAND(rocrand_destroy_generator(g));
    std::printf("refusals right\n");
}

// ---- the header for kernels -----------------------------------------------------------------------------------------

constexpr int lanes = 640, each = 48;

__global__ void philox_in_kernel(uint64_t key, unsigned* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    rocrand_state_philox4x32_10 state;
    rocrand_init(key, i, 5 + i, &state);
    unsigned* o = out + i * each;
    for (int k = 0; k < 8; k++) o[k] = rocrand(&state);
    for (int k = 8; k < each; k += 4) {
        const uint4 four = rocrand4(&state);
        o[k] = four.x, o[k + 1] = four.y, o[k + 2] = four.z, o[k + 3] = four.w;
    }
}

template <class State> __global__ void in_kernel(uint64_t key, unsigned* ints, float* floats, double* normals) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    State state;
    rocrand_init(key, i, 0, &state);
    for (int k = 0; k < each; k++) {
        ints[i * each + k] = rocrand(&state);
        floats[i * each + k] = rocrand_uniform(&state);
        normals[i * each + k] = 2 + 3 * rocrand_normal_double(&state);
    }
}

__global__ void sobol_in_kernel(const unsigned* vectors, unsigned* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    rocrand_state_sobol32 state;
    rocrand_init(vectors, i * each, &state);
    for (int k = 0; k < each; k++) out[i * each + k] = rocrand(&state);
}

template <class State> static void kernels(const char* name) {
    Array<unsigned> ints(lanes * each);
    Array<float> floats(lanes * each);
    Array<double> normals(lanes * each);
    in_kernel<State><<<lanes / 64, 64>>>(seed, ints, floats, normals);
    CHECK(hipGetLastError());
    spread(
        ints.host(), [](double v) { return v / 4294967296.0; }, false, name);
    bytes(ints.host(), name);
    spread(floats.host(), unit, false, name);
    spread(normals.host(), normal_unit, false, name);
}

static void exact_header() {
    std::vector<unsigned> want(lanes * each);
    for (int i = 0; i < lanes; i++)
        for (int k = 0; k < each; k++) want[i * each + k] = philox_number(seed, i, 5 + i + k);
    Array<unsigned> out(lanes * each);
    philox_in_kernel<<<lanes / 64, 64>>>(seed, out);
    CHECK(hipGetLastError());
    EQUAL(out.host(), want);

    const std::vector<unsigned> vectors(h_sobol32_direction_vectors + 96, h_sobol32_direction_vectors + 128);
    Array<unsigned> d(vectors);
    sobol_in_kernel<<<lanes / 64, 64>>>(d, out);
    CHECK(hipGetLastError());
    for (size_t i = 0; i < want.size(); i++) want[i] = sobol_number(vectors.data(), uint32_t(i));
    EQUAL(out.host(), want);
    std::printf("both are exact in kernels\n");
}

// With an argument: the exact sequences alone, which take a fraction of the time.
int main(int argc, char**) {
    philox_is_philox();
    exact_philox();
    exact_sobol();
    exact_header();
    refusals();
    if (argc > 1) return verify::all_right();
    for (const Kind& kind :
         {Kind{"xorwow", ROCRAND_RNG_PSEUDO_XORWOW, false}, Kind{"mrg32k3a", ROCRAND_RNG_PSEUDO_MRG32K3A, false},
          Kind{"mtgp32", ROCRAND_RNG_PSEUDO_MTGP32, false}, Kind{"philox", ROCRAND_RNG_PSEUDO_PHILOX4_32_10, false},
          Kind{"sobol32", ROCRAND_RNG_QUASI_SOBOL32, true}, Kind{"sobol64", ROCRAND_RNG_QUASI_SOBOL64, true}})
        generator(kind);
    kernels<rocrand_state_philox4x32_10>("philox in a kernel");
    kernels<rocrand_state_xorwow>("xorwow in a kernel");
    kernels<rocrand_state_mrg32k3a>("mrg32k3a in a kernel");
    std::printf("the header for kernels is right\n");
    return verify::all_right();
}
