#include "perfcounters/derive.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "backend/counters.hpp"
#include "gcn/error.hpp"

namespace gcn::perfcounters {

struct Constant {
    std::string_view name;
    double (*of)(const Topology&);
};
// clang-format off
static constexpr Constant constants[] = {
    {"CU_NUM",         [](const Topology& t) { return double(t.cus()); }},
    {"SE_NUM",         [](const Topology& t) { return double(t.engines); }},
    {"SIMD_NUM",       [](const Topology& t) { return double(t.simds()); }},
    {"TCC_NUM",        [](const Topology& t) { return double(t.l2_channels); }},
    {"WAVES_PER_SIMD", [](const Topology& t) { return double(t.waves_per_simd); }},
    {"MAX_WAVE_SIZE",  [](const Topology&) { return 64.0; }},
};
// clang-format on

std::string text(const Count& c) {
    return c.level ? "accum(" + std::string(c.level->name) + ")" : std::string(c.event->name);
}

// ---- figures ---------------------------------------------------------------------------

Figure Figure::of(double number) {
    if (std::isfinite(number)) return {Kind::Number, number};
    return {Kind::NotAvailable, 0, "it is larger than a number can be"};
}

std::string text(const Figure& f, int decimals) {
    if (f.kind == Figure::Kind::NotModelled) return "not modelled";
    if (f.kind == Figure::Kind::NotAvailable) return "n/a";
    char digits[400];
    return std::string(digits, size_t(std::snprintf(digits, sizeof digits, "%.*f", decimals, f.number)));
}

// What is no number wins, and of two such what was not counted: nothing is known of it at all.
static const Figure* no_number(const Figure& a, const Figure& b) {
    if (a.kind == Figure::Kind::NotAvailable) return &a;
    if (b.kind == Figure::Kind::NotAvailable) return &b;
    return !a.is_number() ? &a : !b.is_number() ? &b : nullptr;
}

// ---- reading ---------------------------------------------------------------------------

// sum = product {(+|-) product};  product = factor {(*|/) factor};  factor = number | name | name(EVENT) | (sum)
class ExpressionReader {
public:
    explicit ExpressionReader(Expression& e) : e(e), rest(e.source) {}

    void all() {
        sum();
        if (!rest.empty()) refuse("'" + std::string(rest) + "' is left over");
    }

private:
    using Do = Expression::Do;

    Expression& e;
    std::string_view rest;

    [[noreturn]] void refuse(const std::string& why) const {
        fail({"read the expression " + e.source, why, "", Fault::WrongUse});
    }

    void skip() { rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size())); }
    bool take(char c) {
        skip();
        if (!rest.starts_with(c)) return false;
        rest.remove_prefix(1);
        skip();
        return true;
    }
    void want(char c) {
        if (!take(c)) refuse(std::string("there is no '") + c + "' before '" + std::string(rest) + "'");
    }

    std::string_view name() {
        const size_t end = rest.find_first_of(" +-*/()");
        const std::string_view word = rest.substr(0, end);
        rest.remove_prefix(word.size());
        return word;
    }

    void push(Do what, double number = 0, size_t index = 0, std::string divisor = {}) {
        e.steps.push_back({what, number, index, std::move(divisor)});
    }

    void sum() {
        product();
        for (;;)
            if (take('+')) {
                product();
                push(Do::Add);
            } else if (take('-')) {
                product();
                push(Do::Subtract);
            } else {
                return;
            }
    }

    void product() {
        factor();
        for (;;)
            if (take('*')) {
                factor();
                push(Do::Multiply);
            } else if (take('/')) {
                const std::string_view from = rest;
                factor();
                std::string_view divisor = from.substr(0, from.size() - rest.size());
                divisor = divisor.substr(0, divisor.find_last_not_of(' ') + 1);
                push(Do::Divide, 0, 0, std::string(divisor));
            } else {
                return;
            }
    }

    void factor() {
        if (depth > 100) refuse("it has more than 100 brackets in brackets");
        if (take('(')) {
            ++depth;
            sum();
            --depth;
            want(')');
            return;
        }
        double number = 0;
        const auto [end, error] =
            std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
        if (error == std::errc() && std::isfinite(number)) {
            rest.remove_prefix(size_t(end - rest.data()));
            skip();
            return push(Do::Number, number);
        }
        const std::string_view word = name();
        if (word.empty()) refuse(rest.empty() ? "it ends too early" : "'" + std::string(rest) + "' is no value");
        if (take('(')) return reduced(word);
        alone(word);
    }

    void alone(std::string_view word) {
        for (size_t i = 0; i < std::size(constants); ++i)
            if (constants[i].name == word) return push(Do::Constant, 0, i);
        const Event& event = event_of(word);
        if (event.per != Per::GPU || row(event.block).each != 1)
            refuse(std::string(word) + " has several instances: take their sum, max, min or mean");
        counted(Do::Sum, {&event});
    }

    void reduced(std::string_view function) {
        const Event& event = event_of(name());
        skip();
        want(')');
        if (function == "accum") {
            const Event* const accumulate = find_event("SQ_ACCUM_PREV_HIRES");
            if (event.block != accumulate->block) refuse("only levels of SQ can be accumulated");
            return counted(Do::Sum, {accumulate, &event});
        }
        constexpr std::pair<std::string_view, Do> functions[] = {
            {"sum", Do::Sum}, {"max", Do::Max}, {"min", Do::Min}, {"mean", Do::Mean}};
        for (const auto& [known, what] : functions)
            if (known == function) return counted(what, {&event});
        refuse("there is no function '" + std::string(function) + "', only sum, max, min, mean and accum");
    }

    const Event& event_of(std::string_view word) const {
        if (const Event* event = find_event(word)) return *event;
        refuse("'" + std::string(word) + "' is no event or constant of a device");
    }

    void counted(Do how, Count count) {
        skip();
        auto at = std::find(e.needed.begin(), e.needed.end(), count);
        if (at == e.needed.end()) at = e.needed.insert(at, count);
        push(how, 0, size_t(at - e.needed.begin()));
    }

    int depth = 0;
};

Expression::Expression(std::string_view text) : source(text) { ExpressionReader(*this).all(); }

// ---- values ----------------------------------------------------------------------------

Figure Expression::value(const Readings& readings, const Topology& topology) const {
    const auto reduce = [&](const Step& step) -> Figure {
        const Count& count = needed[step.index];
        const auto r =
            std::find_if(readings.begin(), readings.end(), [&](const Reading& r) { return r.count == count; });
        const std::string name = perfcounters::text(count);
        if (r == readings.end() || r->values.empty()) return {Figure::Kind::NotAvailable, 0, name + " was not counted"};
        double sum = 0, least = INFINITY, most = -INFINITY;
        for (const uint64_t v : r->values) {
            if (v == not_modelled) return {Figure::Kind::NotModelled, 0, name + " is not modelled"};
            sum += double(v);
            least = std::min(least, double(v));
            most = std::max(most, double(v));
        }
        if (step.what == Do::Mean) return Figure::of(sum / double(r->values.size()));
        return Figure::of(step.what == Do::Max ? most : step.what == Do::Min ? least : sum);
    };
    const auto combine = [](const Step& step, const Figure& a, const Figure& b) -> Figure {
        if (const Figure* none = no_number(a, b)) return *none;
        if (step.what == Do::Add) return Figure::of(a.number + b.number);
        if (step.what == Do::Subtract) return Figure::of(a.number - b.number);
        if (step.what == Do::Multiply) return Figure::of(a.number * b.number);
        if (b.number == 0) return {Figure::Kind::NotAvailable, 0, step.divisor + " is 0"};
        return Figure::of(a.number / b.number);
    };
    std::vector<Figure> stack;
    for (const Step& step : steps) {
        if (step.what == Do::Number) {
            stack.push_back(Figure::of(step.number));
        } else if (step.what == Do::Constant) {
            stack.push_back(Figure::of(constants[step.index].of(topology)));
        } else if (step.what < Do::Add) {
            stack.push_back(reduce(step));
        } else {
            const Figure b = std::move(stack.back());
            stack.pop_back();
            stack.back() = combine(step, stack.back(), b);
        }
    }
    GCN_ASSERT(stack.size() == 1);
    return stack.back();
}

}  // namespace gcn::perfcounters
