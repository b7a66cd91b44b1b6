#include "bench/record.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>

#include "plan/problem.hpp"

namespace gcn {

using json = nlohmann::json;

static const char* const format = "gcn bench 1";

// ---- where and when ----------------------------------------------------------------

static std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (const size_t colon = line.find(": "); line.starts_with("model name") && colon != line.npos)
            return line.substr(colon + 2);
    return "an unknown processor";
}

// Times of the host's clock depend on the host, and on how the software Polaris was told to use it.
static std::string host() {
    std::string text = processor() + ", " + std::to_string(std::thread::hardware_concurrency()) + " threads";
    for (const char* name : {"GCN_EMU_THREADS", "GCN_EMU_SIMD"})
        if (const char* value = std::getenv(name); value && *value) text += std::string(", ") + name + "=" + value;
    return text;
}

static std::string now() {
    const std::time_t seconds = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc));
}

Record record_of(const Device& device) {
    Record r;
    r.device = device.name();
    r.kind = device.time_kind();
    if (r.kind == TimeKind::Host) r.host = host();
    r.date = now();
    r.peak_gflops = device.peak_gflops();
    return r;
}

// ---- to JSON -----------------------------------------------------------------------

static json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json json_of(const BenchRow& row) {
    json j{{"case", row.name},
           {"backend", row.backend},
           {"device", row.device},
           {"kernel", text_or_null(row.kernel)},
           {"time_kind", nullptr},
           {"model", nullptr},
           {"median_us", nullptr},
           {"best_us", nullptr},
           {"quartiles_us", nullptr},
           {"iqr_us", nullptr},
           {"runs", nullptr},
           {"gflops", nullptr},
           {"percent_peak", nullptr},
           {"verified", nullptr},
           {"verdict", row.verdict},
           {"error", text_or_null(row.error)},
           {"skipped", text_or_null(row.skipped)}};
    if (row.skipped.empty()) j["verified"] = row.verified;
    if (const auto& m = row.measured) {
        j["time_kind"] = kind_text(m->best.kind);
        j["median_us"] = m->median_us;
        j["best_us"] = m->best.us;
        j["quartiles_us"] = {m->lower_us, m->upper_us};
        j["iqr_us"] = m->iqr_us();
        j["runs"] = m->runs;
        j["gflops"] = row.gflops;
    }
    if (row.modelled)
        j["model"] = {{"method", row.modelled->method},
                      {"interval", row.modelled->interval},
                      {"parameters", row.modelled->parameters}};
    if (row.percent_peak) j["percent_peak"] = *row.percent_peak;
    return j;
}

static std::string line(const json& object) {
    return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string lines(const Record& r) {
    std::string text = line({{"format", format},
                             {"device", r.device},
                             {"time_kind", kind_text(r.kind)},
                             {"host", text_or_null(r.host)},
                             {"date", r.date},
                             {"peak_gflops", r.peak_gflops},
                             {"rows", r.rows.size()}});
    for (const BenchRow& row : r.rows) text += line(json_of(row));
    return text;
}

// ---- from JSON ---------------------------------------------------------------------

static std::optional<TimeKind> kind_of(const std::string& word) {
    for (const TimeKind kind : {TimeKind::Measured, TimeKind::Modelled, TimeKind::Host})
        if (kind_text(kind) == word) return kind;
    return {};
}

static std::optional<Measurement> measurement(const json& j) {
    if (j.at("median_us").is_null()) return {};
    const auto kind = kind_of(j.at("time_kind"));
    Measurement m;
    m.best.us = j.at("best_us");
    m.best.kind = kind.value();
    m.median_us = j.at("median_us");
    m.lower_us = j.at("quartiles_us").at(0);
    m.upper_us = j.at("quartiles_us").at(1);
    m.runs = j.at("runs");
    const bool ordered = 0 <= m.best.us && m.best.us <= m.lower_us && m.lower_us <= m.median_us &&
                         m.median_us <= m.upper_us && m.runs > 0;
    if (!ordered) throw std::range_error("times");
    return m;
}

static std::string text_or_empty(const json& j) { return j.is_null() ? "" : j.get<std::string>(); }

static BenchRow row_of(const json& j) {
    BenchRow row;
    row.name = text(parse_gemm(j.at("case").get<std::string>()));
    row.backend = j.at("backend");
    row.device = j.at("device");
    row.kernel = text_or_empty(j.at("kernel"));
    row.measured = measurement(j);
    if (row.measured) row.gflops = j.at("gflops");
    if (const auto model = j.find("model"); model != j.end() && !model->is_null())
        row.modelled = Modelled{model->at("method"), model->at("interval"), model->at("parameters")};
    if (!j.at("percent_peak").is_null()) row.percent_peak = j.at("percent_peak").get<double>();
    row.verified = j.at("verified");
    row.verdict = j.at("verdict");
    row.error = text_or_empty(j.at("error"));
    return row;
}

static std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

// Reading breaks off at the first member that is missing or is not what it should be; any of these says so.
template <class Read> static auto read_line(std::string_view line, Read read) -> std::optional<decltype(read({}))> {
    try {
        return read(json::parse(line));
    } catch (const json::exception&) {
    } catch (const std::range_error&) {
    } catch (const std::bad_optional_access&) {
    } catch (const Error&) {
    }
    return {};
}

struct FirstLine {
    Record record;
    size_t rows;
};

static FirstLine first_line(const json& j) {
    FirstLine first;
    if (j.at("format") != format) throw std::range_error("format");
    first.record.device = j.at("device");
    first.record.kind = kind_of(j.at("time_kind")).value();
    first.record.host = text_or_empty(j.at("host"));
    first.record.date = j.at("date");
    first.record.peak_gflops = j.at("peak_gflops");
    first.rows = j.at("rows");
    return first;
}

// All rows of a record are of one device and one kind of time.
static bool belongs(const BenchRow& row, const Record& r) {
    return row.device == r.device && (!row.measured || row.measured->best.kind == r.kind);
}

Record parse_record(std::string_view text, const std::string& path) {
    const auto refuse = [&](const std::string& why) {
        fail({"use " + path, why, "a file that gcn bench --save wrote"});
    };
    if (text.empty()) refuse("it is empty");
    auto first = read_line(take_line(text), first_line);
    if (!first) refuse(std::string("its first line is not that of a \"") + format + "\" file");
    while (!text.empty()) {
        const bool whole = text.find('\n') != text.npos;
        const auto row = read_line(take_line(text), row_of);
        const size_t number = first->record.rows.size() + 2;
        if (!row || !whole || !belongs(*row, first->record))
            refuse("its line " + std::to_string(number) + " is cut off or damaged");
        first->record.rows.push_back(*row);
    }
    if (const size_t rows = first->record.rows.size(); rows != first->rows)
        refuse("the number of its rows is " + std::to_string(rows) + ", its first line says " +
               std::to_string(first->rows));
    return std::move(first->record);
}

}  // namespace gcn
