// gcn info: what this machine and this build have.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "backend/backend.hpp"
#include "cli/output.hpp"
#include "isa/chips.hpp"
#include "plan/select.hpp"

namespace gcn {

using nlohmann::json;

static const char* kind(const DeviceInfo& d) {
    if (d.card) return "card";
    return d.backend == "cpu" ? "host" : "software";
}

// What is unknown (zero) has no member.
static json device(const BackendRow& row) {
    std::string why;
    const auto backend = try_open(row, why);
    if (!backend) return {{"backend", row.choice}, {"open", false}, {"why", why}};
    const DeviceInfo d = backend->info();
    json j{{"backend", row.choice}, {"open", true}, {"name", d.name}, {"kind", kind(d)}};
    if (!d.isa.empty()) j["isa"] = d.isa;
    if (d.cus) j["cus"] = d.cus;
    if (d.mhz) j["mhz"] = d.mhz;
    if (d.lds_bytes) j["lds_bytes"] = d.lds_bytes;
    if (d.memory_bytes) j["memory_mib"] = d.memory_bytes >> 20;
    if (d.peak_gflops() > 0) j["peak_gflops"] = d.peak_gflops();
    return j;
}

static json chip(const isa::Chip& c) {
    return {{"name", c.row},          {"card", c.card},
            {"chip", c.chip},         {"cus", c.cus()},
            {"mhz", c.mhz},           {"memory_mib", c.memory_mib},
            {"dram_gbs", c.dram_gbs}, {"peak_gflops", c.peak_gflops()}};
}

static json kernel(const KernelRow& k) {
    const Resources r = resources(k);
    json j{{"name", k.name}, {"runs_on", k.runs == Runs::Gpu ? "gpu" : "cpu"}, {"layout", layout(k)}};
    if (k.runs == Runs::Gpu) {
        j["tile"] = std::to_string(k.tile_m) + "x" + std::to_string(k.tile_n);
        j["lanes"] = k.lanes;
        j["vgprs"] = r.vgprs;
        j["sgprs"] = r.sgprs;
        j["lds_bytes"] = r.lds_bytes;
        j["waves_per_simd"] = waves_per_simd(k);
        j["code_bytes"] = r.code_bytes;
    }
    return j;
}

static json everything() {
    json devices = json::array(), chips = json::array(), kernels = json::array();
    for (const BackendRow& row : backend_rows()) devices.push_back(device(row));
    for (const isa::Chip& c : isa::chips) chips.push_back(chip(c));
    for (const KernelRow& k : kernel_rows()) kernels.push_back(kernel(k));
    return {{"devices", devices}, {"chips", chips}, {"kernels", kernels}};
}

// A member as text; "-" where there is none.
static std::string cell(const json& object, const char* key) {
    const auto value = object.find(key);
    if (value == object.end()) return "-";
    if (value->is_string()) return value->get<std::string>();
    return value->is_number_float() ? fixed(value->get<double>(), 0) : value->dump();
}

static void print_table(const json& rows, const std::vector<std::pair<const char*, Column>>& layout) {
    std::vector<Column> columns;
    for (const auto& [key, column] : layout) columns.push_back(column);
    const Table table(columns);
    table.head();
    for (const json& row : rows) {
        std::vector<std::string> cells;
        for (const auto& [key, column] : layout) cells.push_back(cell(row, key));
        table.row(cells);
    }
}

static void print_text(const json& all) {
    const Table devices({{"device", -14},
                         {"kind", -10},
                         {"CUs", 4},
                         {"MHz", 5},
                         {"MiB", 7},
                         {"", 5},
                         {"GFLOPS peak", 11},
                         {"name", -1}});
    devices.head();
    for (const json& d : all["devices"])
        if (d["open"])
            devices.row({cell(d, "backend"), cell(d, "kind"), cell(d, "cus"), cell(d, "mhz"), cell(d, "memory_mib"), "",
                         cell(d, "peak_gflops"), cell(d, "name")});
        else
            print_line(cell(d, "backend") + "  not here: " + cell(d, "why"));
    print_line("");
    print_table(all["chips"], {{"name", {"chip", -14}},
                               {"chip", {"", -10}},
                               {"cus", {"CUs", 4}},
                               {"mhz", {"MHz", 5}},
                               {"memory_mib", {"MiB", 7}},
                               {"dram_gbs", {"GB/s", 5}},
                               {"peak_gflops", {"GFLOPS peak", 11}},
                               {"card", {"card", -1}}});
    print_line("");
    print_table(all["kernels"], {{"name", {"kernel", -18}},
                                 {"runs_on", {"on", -3}},
                                 {"layout", {"layout", -6}},
                                 {"tile", {"tile", 7}},
                                 {"lanes", {"lanes", 5}},
                                 {"vgprs", {"VGPR alloc", 10}},
                                 {"sgprs", {"SGPR alloc", 10}},
                                 {"lds_bytes", {"LDS B", 6}},
                                 {"waves_per_simd", {"waves/SIMD", 10}},
                                 {"code_bytes", {"code object B", 13}}});
}

void info(CLI::App& app) {
    static bool as_json = false;
    app.add_flag("--json", as_json, "one JSON object");
    app.callback([] { as_json ? print(everything()) : print_text(everything()); });
}

}  // namespace gcn
