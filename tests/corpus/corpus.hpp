#pragma once
// A theme of the corpus: one file of kernels, compiled at one level, and for each kernel the host's words for it.
//
//     THEME("integer") {
//         t.each("mul_hi_int", [](int a, int b) -> int { return int64_t(a) * b >> 32; });
//         t.near("sin_float", 4, [](float x) { return sinl(x); }, in(-100.f, 100.f));
//         t.run("reduce", line(1024), [](Ints& in, Ints& out) { ... }, numbers<int>(1024), Ints(16));
//     }
// each: exactly equal. near: within so many units of the last place of the long double that the host computes.
// run: any kernel; the host's function gets the same arguments and changes its copies of the buffers.

#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/corpus/device.hpp"
#include "tests/corpus/values.hpp"

namespace gcn::corpus {

// A buffer whose contents only the device understands: not compared.
template <class T> struct Unseen : std::vector<T> { using std::vector<T>::vector; };
// So many bytes of LDS for an argument `local T*`.
struct Local {
    size_t bytes;
};

template <class T> constexpr bool is_compared = false;
template <class T> constexpr bool is_compared<std::vector<T>> = true;

template <class T> Argument argument(std::vector<T>& v) { return {Pass::Buffer, v.data(), v.size() * sizeof(T)}; }
template <class T> Argument argument(Unseen<T>& v) { return {Pass::Buffer, v.data(), v.size() * sizeof(T)}; }
inline Argument argument(Local& l) { return {Pass::Local, nullptr, l.bytes}; }
template <class T> Argument argument(T& v) { return {Pass::Value, &v, sizeof v}; }

struct Counts {
    std::map<std::string, std::set<std::string>> kernels;  // by level: "integer: mul_hi_int"
    size_t runs = 0, bytes = 0;                            // launches, and bytes of buffers compared
};
Counts& counts();

std::vector<std::string>& themes();                                       // all that are linked in
std::string file_of(const std::string& theme, const std::string& level);  // "build/tests/corpus/integer.O2.co"

// Random values for `run`; the same every time.
template <class T> std::vector<T> numbers(size_t count) {
    Random random(count);
    std::vector<T> all;
    for (size_t i = 0; i < count; ++i) {
        size_t stride = 1;
        all.push_back(value<T>(i, stride, random));
    }
    return all;
}
template <class T> std::vector<T> numbers(size_t count, T low, T high) {
    Random random(count);
    std::vector<T> all;
    for (size_t i = 0; i < count; ++i) all.push_back(value_in<T>(in(low, high), i, random));
    return all;
}

template <class F> struct Signature : Signature<decltype(&F::operator())> {};
template <class F, class R, class... A> struct Signature<R (F::*)(A...) const> {
    using Result = R;
    using Inputs = std::tuple<std::vector<A>...>;
    using First = std::tuple_element_t<0, std::tuple<A...>>;
};

class Theme {
public:
    Theme(std::string theme_name, std::string compiled_at);

    template <class F, class... Limits> void each(const char* kernel, F host, const Limits&... limits) {
        using R = typename Signature<F>::Result;
        items<R>(
            kernel, host, [](const R& got, const R& want) { return same(got, want); }, limits...);
    }
    template <class F, class... Limits> void near(const char* kernel, double ulps, F host, const Limits&... limits) {
        using R = typename Signature<F>::First;
        const auto close = [&](R got, long double want) {
            return ulps_between(got, want, std::is_same_v<R, float>) <= ulps;
        };
        items<R>(kernel, host, close, limits...);
    }
    template <class F, class... A> void run(const char* kernel, const Shape& shape, F host, A... arguments) {
        for (int turn = 0; turn < repetitions; ++turn) {
            std::tuple<A...> got(arguments...), want(arguments...);
            if (!launch(kernel, shape, got)) return;
            std::apply(host, want);
            std::string why;
            [&]<size_t... i>(std::index_sequence<i...>) {
                ((why += difference(i, std::get<i>(got), std::get<i>(want))), ...);
            }
            (std::index_sequence_for<A...>());
            report(kernel, why);
        }
    }
    // Whether this is the -O2 build: a few kernels are in no other, see each.h.
    bool optimized() const { return level == "O2"; }
    void require_that_all_ran() const;

private:
    static constexpr uint32_t count = 1000;  // items of `each`: the last workgroup is not full

    template <class R, class F, class Agree, class... Limits>
    void items(const char* kernel, F host, Agree agree, const Limits&... limits) {
        typename Signature<F>::Inputs in;
        [&]<size_t... n>(std::index_sequence<n...>) {
            for (int turn = 0; turn < repetitions; ++turn) {
                size_t stride = 1, wrong = 0, first = 0;
                (draw(std::get<n>(in), stride, turn * sizeof...(n) + n, limit<n>(limits...)), ...);
                std::vector<R> out(count);
                const Argument list[] = {argument(out), argument(std::get<n>(in))...};
                if (!launch(kernel, line(count), list)) return;
                for (size_t i = 0; i < count; ++i)
                    if (!agree(out[i], host(std::get<n>(in)[i]...)) && wrong++ == 0) first = i;
                std::string why;
                if (wrong)
                    why = difference(wrong, first, text(out[first]), text(host(std::get<n>(in)[first]...)),
                                     {text(std::get<n>(in)[first])...});
                report(kernel, why);
            }
        }
        (std::make_index_sequence<std::tuple_size_v<decltype(in)>>());
    }

    struct Everywhere {};
    template <size_t n> static Everywhere limit() { return {}; }
    template <size_t n, class L, class... More> static auto limit(const L& first, const More&... more) {
        if constexpr (n == 0)
            return first;
        else
            return limit<n - 1>(more...);
    }
    template <class T, class Limit>
    static void draw(std::vector<T>& to, size_t& stride, size_t seed, const Limit& limit) {
        Random random(seed);
        to.clear();
        for (size_t i = 0; i < count; ++i)
            if constexpr (std::is_same_v<Limit, Everywhere>)
                to.push_back(value<T>(i, stride, random));
            else
                to.push_back(value_in<T>(limit, i, random));
        stride *= 13;  // at least as many as a type has corners
    }

    template <class... A> bool launch(const char* kernel, const Shape& shape, std::tuple<A...>& arguments) {
        return std::apply(
            [&](auto&... a) {
                const std::array<Argument, sizeof...(A)> list = {argument(a)...};
                return launch(kernel, shape, std::span<const Argument>(list));
            },
            arguments);
    }
    bool launch(const std::string& kernel, const Shape&, std::span<const Argument>);
    void report(const std::string& kernel, const std::string& why) const;

    static std::string difference(size_t wrong, size_t first, const std::string& got, const std::string& want,
                                  const std::vector<std::string>& of);
    template <class T> static std::string difference(size_t argument, const T& got, const T& want) {
        if constexpr (is_compared<T>) {
            size_t wrong = 0, first = 0;
            for (size_t i = 0; i < got.size(); ++i)
                if (!same(got[i], want[i]) && wrong++ == 0) first = i;
            if (wrong)
                return "argument " + std::to_string(argument) + ": " + std::to_string(wrong) + " of " +
                       std::to_string(got.size()) + " differ: [" + std::to_string(first) + "] got " + text(got[first]) +
                       ", want " + text(want[first]) + ". ";
        }
        return {};
    }

    const std::string name, level;
    const int repetitions;
    std::optional<Program> program;
    std::set<std::string> ran;
};

#define THEME(name)                                                          \
    static void run_theme(Theme&);                                           \
    [[maybe_unused]] static const auto& known = themes().emplace_back(name); \
    TEST_CASE("kernels of " name " compute what the host does") {            \
        for (const char* level : {"O0", "O2"}) {                             \
            Theme theme(name, level);                                        \
            run_theme(theme);                                                \
            theme.require_that_all_ran();                                    \
        }                                                                    \
    }                                                                        \
    static void run_theme([[maybe_unused]] Theme& t)

}  // namespace gcn::corpus
