#include "bench/plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "plan/problem.hpp"

namespace gcn {

// ---- data --------------------------------------------------------------------------

struct Point {
    int64_t n;
    double gflops, low, high;  // of the median and of the quartiles
};

struct Curve {
    const char *layout, *colour, *mark;  // mark: a path around its point
    std::vector<Point> points = {};
};

// Colours that most colour-blind people tell apart (Okabe, Ito: "Color Universal Design", 2008), and marks for the
// rest.
static std::vector<Curve> curves() {
    return {{"nn", "#0072b2", "m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z"},
            {"nt", "#d55e00", "m-3.5,-3.5h7v7h-7z"},
            {"tn", "#009e73", "m0,-5l4.5,8h-9z"},
            {"tt", "#cc79a7", "m0,-5l5,5l-5,5l-5,-5z"}};
}

bool is_square(const Gemm& g) {
    const Gemm plain{.m = g.n, .n = g.n, .k = g.n, .a = g.a, .b = g.b};
    return g.n > 0 && text(g) == text(plain);
}

static std::vector<Curve> curves_of(const Record& r) {
    std::vector<Curve> all = curves();
    for (const BenchRow& row : r.rows) {
        if (!row.measured || !row.verified || !(row.measured->lower_us > 0)) continue;
        const Gemm g = parse_gemm(row.name);
        if (!is_square(g)) continue;
        const double flop = 2.0 * double(g.n) * double(g.n) * double(g.n) / 1e3;
        const Measurement& m = *row.measured;
        const Point point{g.n, flop / m.median_us, flop / m.upper_us, flop / m.lower_us};
        for (Curve& c : all)
            if (c.layout == layout(g.a, g.b)) c.points.push_back(point);
    }
    std::erase_if(all, [](const Curve& c) { return c.points.empty(); });
    for (Curve& c : all)
        std::stable_sort(c.points.begin(), c.points.end(), [](const Point& x, const Point& y) { return x.n < y.n; });
    return all;
}

// ---- picture -----------------------------------------------------------------------

static constexpr double width = 860, height = 520, left = 80, right = 770, top = 64, bottom = 450;

template <class... Values> static std::string print(const char* format, Values... values) {
    char text[400];
    return std::string(text, size_t(std::snprintf(text, sizeof text, format, values...)));
}

// For text and attributes of XML 1.0, which has no place for most control characters.
static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '&')
            out += "&amp;";
        else
            out += (c >= ' ' && c < 0x7f) ? c : '?';
    }
    return out;
}

static std::string label(double x, double y, const char* anchor, const std::string& text, const char* more = "") {
    return print("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>", x, y, anchor, more) + escaped(text) + "</text>\n";
}

static std::string stroke(double x1, double y1, double x2, double y2, const char* colour, double thick = 1) {
    return print("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%g\"/>\n", x1, y1,
                 x2, y2, colour, thick);
}

// 1, 2 or 5 times a power of ten, so that there are four to ten steps up to `largest`.
static double step_for(double largest) {
    const double power = std::pow(10, std::floor(std::log10(largest / 4)));
    for (const double factor : {5, 2})
        if (largest / (factor * power) >= 4) return factor * power;
    return power;
}

// Where values lie in the picture.
struct Axes {
    double n_low, n_high, gflops_high, step;
    double x(double n) const { return left + (right - left) * std::log(n / n_low) / std::log(n_high / n_low); }
    double y(double gflops) const { return bottom - (bottom - top) * gflops / gflops_high; }
};

static Axes axes_for(const Record& r, const std::vector<Curve>& curves) {
    double n_low = 1e300, n_high = 0, largest = 0;
    for (const Curve& c : curves)
        for (const Point& p : c.points) {
            n_low = std::min(n_low, double(p.n));
            n_high = std::max(n_high, double(p.n));
            largest = std::max(largest, p.high);
        }
    if (r.peak_gflops >= largest) return {n_low / 1.1, n_high * 1.1, r.peak_gflops, step_for(r.peak_gflops)};
    const double step = step_for(largest * 1.1);
    return {n_low / 1.1, n_high * 1.1, std::ceil(largest * 1.1 / step) * step, step};
}

static std::string gflops_axis(const Record& r, const Axes& a) {
    const bool peak = r.peak_gflops > 0;
    const double at_peak = a.y(r.peak_gflops);
    std::string out;
    const auto tick = [&](double value, const std::string& text) {
        out += stroke(left, a.y(value), right, a.y(value), "#dddddd") + label(left - 8, a.y(value) + 4, "end", text);
    };
    for (int i = 0; i * a.step <= a.gflops_high * 1.0001; ++i)
        if (const double value = i * a.step; !peak || std::abs(a.y(value) - at_peak) > 16)
            tick(value, print("%g", value));
    if (peak) {
        tick(r.peak_gflops, print("%.0f", r.peak_gflops));
        out += stroke(left, at_peak, right, at_peak, "#444444", 1.5);
        out += label(right, at_peak - 6, "end", "peak of the device");
    }
    return out + label(22, (top + bottom) / 2, "middle", "GFLOPS",
                       print(" transform=\"rotate(-90 22 %.1f)\"", (top + bottom) / 2).c_str());
}

// Every n has its tick; powers of two are labelled first, others where they leave room.
static std::string n_axis(const std::vector<Curve>& curves, const Axes& a) {
    std::set<int64_t> all;
    for (const Curve& c : curves)
        for (const Point& p : c.points) all.insert(p.n);
    std::string out;
    std::vector<double> taken;
    for (const bool powers : {true, false})
        for (const int64_t n : all) {
            if (((n & (n - 1)) == 0) != powers) continue;
            const double x = a.x(double(n));
            out += stroke(x, bottom, x, bottom + 5, "#444444");
            const auto near = [&](double other) { return std::abs(other - x) < 40; };
            if (std::any_of(taken.begin(), taken.end(), near)) continue;
            taken.push_back(x);
            out += label(x, bottom + 20, "middle", std::to_string(n));
        }
    return out + label((left + right) / 2, bottom + 46, "middle", "n of C = op(A) * op(B), all n x n (log scale)");
}

static std::string curve_of(const Curve& c, const Axes& a) {
    std::string line, marks;
    for (const Point& p : c.points) {
        const double x = a.x(double(p.n)), y = a.y(p.gflops);
        line += print("%s%.1f,%.1f", line.empty() ? "" : " ", x, y);
        marks += stroke(x, a.y(p.low), x, a.y(p.high), c.colour, 1);
        marks += print("<path d=\"M%.1f,%.1f%s\" fill=\"%s\"/>\n", x, y, c.mark, c.colour);
    }
    return print("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", c.colour) + line + "\"/>\n" +
           marks;
}

static std::string legend(const std::vector<Curve>& curves) {
    std::string out;
    double y = top + 12;
    for (const Curve& c : curves) {
        out += stroke(right + 16, y, right + 44, y, c.colour, 2);
        out += print("<path d=\"M%.1f,%.1f%s\" fill=\"%s\"/>\n", right + 30, y, c.mark, c.colour);
        out += label(right + 52, y + 4, "start", c.layout);
        y += 22;
    }
    return out;
}

std::string plot(const Record& r) {
    const std::vector<Curve> curves = curves_of(r);
    if (curves.empty()) return {};
    const Axes a = axes_for(r, curves);
    const std::string time = kind_text(r.kind) + " time";
    std::string svg = print(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
        "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"13\">\n",
        width, height, width, height);
    const std::string title = r.device + ", " + time + ", " + r.date;
    svg += "<title>" + escaped(title) + "</title>\n";
    svg += print("<rect width=\"%.0f\" height=\"%.0f\" fill=\"white\"/>\n", width, height);
    svg += label(left, 24, "start", title, " font-size=\"16\" font-weight=\"bold\"");
    svg +=
        label(left, 44, "start",
              "square products: median of the runs, bars between the quartiles" + (r.host.empty() ? "" : "; " + r.host),
              " font-size=\"11\"");
    svg += gflops_axis(r, a) + n_axis(curves, a);
    svg += stroke(left, top, left, bottom, "#444444") + stroke(left, bottom, right, bottom, "#444444");
    for (const Curve& c : curves) svg += curve_of(c, a);
    return svg + legend(curves) + "</svg>\n";
}

}  // namespace gcn
