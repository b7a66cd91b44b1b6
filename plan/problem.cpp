#include "plan/problem.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <variant>

namespace gcn {

static constexpr std::string_view operations[] = {"sgemm"};              // in the order of Scalar
static constexpr std::string_view layouts[] = {"nn", "nt", "tn", "tt"};  // 2 * A + B, each in the order of Trans

// What may follow the sizes, ":name=value". Left out of the text where it has its default.
struct Option {
    std::string_view name;
    std::variant<int64_t Gemm::*, float Gemm::*> member;
};
static constexpr Option options[] = {
    {"alpha", &Gemm::alpha},      {"beta", &Gemm::beta},        {"lda", &Gemm::lda},
    {"ldb", &Gemm::ldb},          {"ldc", &Gemm::ldc},          {"batch", &Gemm::batch},
    {"stridea", &Gemm::stride_a}, {"strideb", &Gemm::stride_b}, {"stridec", &Gemm::stride_c},
};

// The text up to `separator`, which is taken away with it; all of it when there is none.
static std::string_view take(std::string_view& rest, char separator) {
    const size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

// On one line, whatever was typed.
static std::string quoted(std::string_view s) {
    std::string shown(s);
    std::replace_if(
        shown.begin(), shown.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return "'" + shown + "'";
}

// Of digits whose number has no place in its type: whether it is too near to zero rather than too far from it.
static bool tiny(std::string_view digits) { return std::abs(std::strtod(std::string(digits).c_str(), nullptr)) < 1; }

// Each of these sets a part of the problem and returns what is wrong with its text, or nothing.

template <class T> static std::string number(T& value, std::string_view name, std::string_view digits) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool all = end == digits.data() + digits.size() && !digits.empty();
    const std::string is = std::string(name) + " is " + quoted(digits);
    if (all && error == std::errc::result_out_of_range)
        return is + (tiny(digits) ? ", too small for a number here" : ", more than a number can hold here");
    if (!all || error != std::errc()) return is + ", not a number";
    if constexpr (std::is_same_v<T, float>)
        if (!std::isfinite(value)) return is + ", not a finite number";
    return {};
}

std::string set_factor(float& value, std::string_view name, std::string_view digits) {
    return number(value, name, digits);
}

static std::string set_sizes(Gemm& g, std::string_view sizes) {
    if (std::count(sizes.begin(), sizes.end(), 'x') != 2) return "the sizes are " + quoted(sizes) + ", not MxNxK";
    if (auto why = number(g.m, "m", take(sizes, 'x')); !why.empty()) return why;
    if (auto why = number(g.n, "n", take(sizes, 'x')); !why.empty()) return why;
    return number(g.k, "k", sizes);
}

static std::string set_option(Gemm& g, std::string_view option) {
    if (option.find('=') == option.npos) return "the option " + quoted(option) + " is not NAME=VALUE";
    const std::string_view name = take(option, '=');
    for (const Option& o : options)
        if (o.name == name) return std::visit([&](auto member) { return number(g.*member, name, option); }, o.member);
    return "the option " + quoted(name) + " is not one of alpha, beta, lda, ldb, ldc, batch, stridea, strideb, stridec";
}

static std::string set(Gemm& g, std::string_view rest) {
    const bool more_parts = std::count(rest.begin(), rest.end(), ':') >= 2;
    if (!more_parts) return "it is not OPERATION:LAYOUT:MxNxK";

    const std::string_view operation = take(rest, ':'), letters = take(rest, ':');
    const auto* type = std::find(std::begin(operations), std::end(operations), operation);
    if (type == std::end(operations)) return "the operation is " + quoted(operation) + ", not sgemm";
    const auto* order = std::find(std::begin(layouts), std::end(layouts), letters);
    if (order == std::end(layouts)) return "the layout is " + quoted(letters) + ", not one of nn, nt, tn, tt";
    g.type = Scalar(type - operations);
    g.a = Trans((order - layouts) / 2);
    g.b = Trans((order - layouts) % 2);

    if (rest.ends_with(':')) return "it ends in ':'";
    if (auto why = set_sizes(g, take(rest, ':')); !why.empty()) return why;
    while (!rest.empty())
        if (auto why = set_option(g, take(rest, ':')); !why.empty()) return why;
    return {};
}

// What is wrong, if anything, and the remedy when there is a definite one.
struct Complaint {
    std::string why = {}, remedy = {};
};
static Complaint complain(const Gemm&);

// An option that stands twice would hide one of its values.
static Complaint twice(std::string_view text) {
    for (const Option& o : options) {
        const std::string name(o.name), setting = ":" + name + "=";
        if (text.find(setting) != text.rfind(setting)) return {name + " is given twice", name + " once"};
    }
    return {};
}

Gemm parse_gemm(std::string_view text) {
    Gemm g{};
    Complaint c{set(g, text)};
    if (c.why.empty()) c = twice(text);
    if (c.why.empty()) c = complain(g);
    if (c.why.empty()) return g;
    if (c.remedy.empty()) c.remedy = "sgemm:nt:1024x1024x512:beta=1";
    fail({"read the case " + quoted(text), c.why, c.remedy, Fault::WrongUse});
}

static bool is_one(Trans t) { return t == Trans::No || t == Trans::Yes; }

std::string layout(Trans a, Trans b) { return std::string(layouts[2 * int(a) + int(b)]); }

std::string text(const Gemm& g) {
    std::string s = std::string(operations[int(g.type)]) + ":" + layout(g.a, g.b) + ":" + std::to_string(g.m) + "x" +
                    std::to_string(g.n) + "x" + std::to_string(g.k);
    for (const Option& option : options)
        std::visit(
            [&](auto member) {
                if (g.*member == Gemm{}.*member) return;
                char digits[64];
                const auto [end, error] = std::to_chars(digits, digits + sizeof digits, g.*member);
                GCN_ASSERT(error == std::errc());
                s.append(":").append(option.name).append("=").append(digits, end);
            },
            option.member);
    return s;
}

static Stored stored(int64_t rows, int64_t columns, int64_t ld) { return {rows, columns, ld ? ld : rows}; }

Stored stored_a(const Gemm& g) { return g.a == Trans::No ? stored(g.m, g.k, g.lda) : stored(g.k, g.m, g.lda); }
Stored stored_b(const Gemm& g) { return g.b == Trans::No ? stored(g.k, g.n, g.ldb) : stored(g.n, g.k, g.ldb); }
Stored stored_c(const Gemm& g) { return stored(g.m, g.n, g.ldc); }

static int64_t stride(int64_t given, const Stored& s) {
    return given == Gemm::shared ? 0 : given ? given : s.rows ? s.columns * s.step() : 0;
}
int64_t stride_a(const Gemm& g) { return stride(g.stride_a, stored_a(g)); }
int64_t stride_b(const Gemm& g) { return stride(g.stride_b, stored_b(g)); }
int64_t stride_c(const Gemm& g) { return stride(g.stride_c, stored_c(g)); }

static int64_t elements(const Gemm& g, int64_t stride, const Stored& s) {
    return g.batch && s.span() ? (g.batch - 1) * stride + s.span() : 0;
}
int64_t elements_a(const Gemm& g) { return elements(g, stride_a(g), stored_a(g)); }
int64_t elements_b(const Gemm& g) { return elements(g, stride_b(g), stored_b(g)); }
int64_t elements_c(const Gemm& g) { return elements(g, stride_c(g), stored_c(g)); }

Gemm one_of(const Gemm& g) {
    Gemm one = g;
    one.batch = 1;
    one.stride_a = one.stride_b = one.stride_c = 0;
    return one;
}

static Complaint complain(const std::string& name, int64_t size) {
    if (size >= 0) return {};
    return {name + " is " + std::to_string(size) + ", negative", "0 or more for " + name};
}

static Complaint complain(char matrix, const Stored& s) {
    const std::string ld = std::string("ld") + char(matrix - 'A' + 'a'), rows = std::to_string(s.rows);
    if (s.ld < s.rows)
        return {ld + " is " + std::to_string(s.ld) + ", less than the " + rows + " rows of " + matrix +
                    " as it lies in memory",
                ld + "=" + rows + " or more"};
    // (columns - 1) * ld + rows elements of 4 bytes must be countable: then no sum or product below overflows.
    if (double(s.columns) * double(s.step()) >= 0x1p60)
        return {std::string(1, matrix) + " spans " + std::to_string(s.columns) + " columns of " +
                std::to_string(s.step()) + " elements, more than 2^60"};
    return {};
}

// Of a batch: all of it must be countable, and no product may write into another's C.
static Complaint complain_of_batch(const Gemm& g) {
    if (auto c = complain("batch", g.batch); !c.why.empty()) return c;
    const std::pair<const char*, int64_t> given[] = {
        {"stridea", g.stride_a}, {"strideb", g.stride_b}, {"stridec", g.stride_c}};
    for (const auto& [name, stride] : given)
        if (stride < Gemm::shared) return {std::string(name) + " is " + std::to_string(stride) + ", less than -1"};
    for (const int64_t stride : {stride_a(g), stride_b(g), stride_c(g)})
        if (double(g.batch) * double(stride) >= 0x1p60)
            return {std::to_string(g.batch) + " products " + std::to_string(stride) +
                    " elements apart span more than 2^60"};
    const Stored c = stored_c(g);
    const int64_t step = stride_c(g);
    const bool apart = step >= c.span(), between = step >= c.rows && (g.batch - 1) * step + c.rows <= c.step();
    if (g.batch > 1 && c.span() && !apart && !between)
        return {"stridec is " + std::to_string(step) + ", so that the products of the batch overlap",
                "stridec=" + std::to_string(c.span()) + " or more"};
    return {};
}

static Complaint complain(const Gemm& g) {
    if (auto c = complain("m", g.m); !c.why.empty()) return c;
    if (auto c = complain("n", g.n); !c.why.empty()) return c;
    if (auto c = complain("k", g.k); !c.why.empty()) return c;
    if (auto c = complain('A', stored_a(g)); !c.why.empty()) return c;
    if (auto c = complain('B', stored_b(g)); !c.why.empty()) return c;
    if (auto c = complain('C', stored_c(g)); !c.why.empty()) return c;
    return complain_of_batch(g);
}

std::string complaint(const Gemm& g) { return complain(g).why; }

void validate(const Gemm& g) {
    if (!is_one(g.a) || !is_one(g.b) || g.type != Scalar::F32)
        fail({"plan a product", "its Trans or Scalar has a value that is none of theirs", "", Fault::WrongUse});
    if (const Complaint c = complain(g); !c.why.empty()) fail({"plan " + text(g), c.why, c.remedy, Fault::WrongUse});
}

}  // namespace gcn
