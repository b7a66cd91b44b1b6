// gcn perf record on the software Polaris: what is counted around launches through HSA and through libdrm is what the
// kernel's listing says.

#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/command.hpp"

using nlohmann::json;

namespace {

std::string output_of(const std::string& command) {
    const gcn::test::Ran ran = gcn::test::run(command);
    CAPTURE(command, ran.err);
    REQUIRE(ran.status == 0);
    return ran.out;
}

// ---- the listing, as LLVM prints it ---------------------------------------------------------------------------------

struct Line {
    std::string label;  // of the line, or empty
    std::string name, target;
};

std::vector<Line> listing(const std::string& code_object) {
    std::vector<Line> lines;
    std::istringstream text(output_of("llvm-objdump-16 -d --no-show-raw-insn " + code_object));
    std::string label;
    for (std::string line; std::getline(text, line);) {
        const size_t open = line.find('<');
        if (open != line.npos && line.ends_with(">:")) {
            label = line.substr(open + 1, line.size() - open - 3);
        } else if (line.starts_with("\t")) {
            std::istringstream words(line);
            Line l{label, "", ""};
            words >> l.name >> l.target;
            label.clear();
            lines.push_back(l);
        }
    }
    return lines;
}

using Counts = std::map<std::string, uint64_t>;

void count(Counts& counts, const std::string& name) {
    const auto begins = [&](const char* with) { return name.starts_with(with); };
    ++counts["SQ_INSTS"];
    if (begins("v_")) ++counts["SQ_INSTS_VALU"];
    if (begins("ds_")) ++counts["SQ_INSTS_LDS"];
    if (begins("s_load") || begins("s_buffer_load")) ++counts["SQ_INSTS_SMEM"];
    if (begins("s_branch") || begins("s_cbranch")) ++counts["SQ_INSTS_BRANCH"];
    if (begins("buffer_")) ++counts["SQ_INSTS_VMEM"];
    if (begins("buffer_load")) ++counts["SQ_INSTS_VMEM_RD"];
    if (begins("buffer_store")) ++counts["SQ_INSTS_VMEM_WR"];
    const bool scalar = begins("s_") && !begins("s_load") && !begins("s_buffer_load") && !begins("s_branch") &&
                        !begins("s_cbranch") && !begins("s_waitcnt") && !begins("s_barrier") && !begins("s_nop") &&
                        !begins("s_endpgm") && !begins("s_setprio");
    if (scalar) ++counts["SQ_INSTS_SALU"];
}

// What a wave issues that takes these branches, in the order in which it comes to them, and falls through all others.
Counts along(const std::vector<Line>& code, const std::vector<std::string>& taken) {
    Counts counts;
    size_t next = 0;
    for (size_t at = 0; at < code.size(); ++at) {
        count(counts, code[at].name);
        if (code[at].name == "s_endpgm") break;
        if (next == taken.size() || code[at].target != taken[next]) continue;
        const bool jump = code[at].name.starts_with("s_branch") || code[at].name.starts_with("s_cbranch");
        if (!jump) continue;
        size_t to = 0;
        while (to < code.size() && code[to].label != taken[next]) ++to;
        REQUIRE(to < code.size());
        ++next;
        at = to - 1;
    }
    CHECK(next == taken.size());
    return counts;
}

constexpr int n = 256, k = 64;

// Full tiles, k a multiple of 16, beta 0: the loop runs k / 16 times, C is stored without being read.
Counts a_wave_of_sgemm() {
    const std::string kernel = "sgemm_nt_128x128";
    std::vector<std::string> taken(k / 16 - 1, kernel + "_loop");
    for (const char* label : {"_beta_done_0", "_stored_0", "_beta_done_1"}) taken.push_back(kernel + label);
    taken.push_back(kernel + "_end");
    std::vector<Line> code = listing(BUILD "/asm/" + kernel + ".co");
    REQUIRE(code.size() > 1000);
    // The last label of all is two names of one place.
    for (Line& l : code)
        if (l.label == kernel + "_stored_1") l.label = kernel + "_end";
    return along(code, taken);
}

json recorded(const std::string& backend, const std::string& what, const std::string& settings = "",
              const std::string& sizes = std::to_string(n) + "x" + std::to_string(n) + "x" + std::to_string(k)) {
    const std::string command = "env LD_PRELOAD='" + gcn::test::sanitizer() + "' GCN_BACKEND=" + backend + " " +
                                settings +
                                " GCN_KERNEL=sgemm_nt_128x128 " BUILD "/gcn emu " BUILD "/gcn perf record --json " +
                                what + " sgemm:nt:" + sizes;
    const std::string text = output_of(command);
    CAPTURE(text);
    const json result = json::parse(text, nullptr, false);
    REQUIRE(!result.is_discarded());
    return result;
}

}  // namespace

TEST_CASE("what is counted around a product is what the listing of its kernel says, through HSA and through libdrm") {
    const Counts a_wave = a_wave_of_sgemm();
    const uint64_t groups = (n / 128) * (n / 128), waves = 4 * groups;
    std::string events = "-e SQ_WAVES";
    for (const auto& [name, _] : a_wave) events += "," + name;
    for (const char* timing : {"off", "full", "sampled"})
        for (const char* backend : {"hsa-software", "drm-software"}) {
            CAPTURE(timing, backend);
            const json result = recorded(backend, events, "GCN_EMU_TIMING=" + std::string(timing));
            CHECK(result["kernel"] == "sgemm_nt_128x128");
            CHECK(result["counter_kind"] == "modelled");
            CHECK(result["counted"].size() == a_wave.size() + 1);
            for (const json& row : result["counted"]) {
                CAPTURE(row.dump());
                const std::string name = row["name"];
                const uint64_t each = name == "SQ_WAVES" ? 1 : a_wave.at(name);
                CHECK(row["value"] == each * waves);
                for (const json& engine : row["instances"]) CHECK(engine == each * waves / 4);  // a group on each
            }
        }
}

// Every event that the model knows, but for clocks of the device, which also counts what is between two kernels.
static std::string every_event() {
    std::string all;
#define EVENT(block, number, functional, unit, ...) \
    if (std::string_view(#unit) != "Device") all += (all.empty() ? "" : ",") + std::string(#block ":" #number);
#include "emulator/timing/events.def"
    return all;
}

// Of matrices of 2 MiB and more: ROCr puts smaller ones side by side into a block, so their lines lie elsewhere.
TEST_CASE("with timing on counters are equal in every run with any number of threads, through HSA and through libdrm") {
    const bool all = std::getenv("GCN_CHECK_LONG");
    const std::string some =
        "SQ_WAVES,SQ_BUSY_CYCLES,SQ_WAVE_CYCLES,SQ_WAIT_ANY,SQ_WAIT_CNT_VM,SQ_WAIT_CNT_LGKM,SQ_WAIT_BARRIER,"
        "SQ_WAIT_IFETCH,SQ_WAIT_INST_VALU,SQ_WAIT_INST_LDS,SQ_LDS_BANK_CONFLICT,SQ_LDS_IDX_ACTIVE,SQ_ACTIVE_INST_ANY,"
        "SQ_THREAD_CYCLES_VALU,SQC_ICACHE_REQ,SQC_ICACHE_MISSES,SQC_DCACHE_REQ,SQC_DCACHE_MISSES,"
        "TCC_REQ,TCC_HIT,TCC_MISS,TCC_MC_RDREQ,TCC_MC_WRREQ,GRBM_GUI_ACTIVE,VALUBusy,Occupancy,SMEMLatency,L2CacheHit";
    const std::string events = "-e " + some + (all ? "," + every_event() : "");
    std::vector<std::string> simds{""};
    if (all) simds = {"portable", "avx2"};
    if (all && __builtin_cpu_supports("x86-64-v4")) simds.push_back("avx512");
    for (const std::string timing : {"full", "sampled"}) {
        json first;
        for (const std::string& simd : simds)
            for (const char* backend : {"hsa-software", "drm-software"})
                for (const char* threads : {"1", "2"}) {
                    CAPTURE(timing, simd, backend, threads);
                    const json now = recorded(backend, events,
                                              "GCN_EMU_TIMING=" + timing + " GCN_EMU_THREADS=" + threads +
                                                  (simd.empty() ? "" : " GCN_EMU_SIMD=" + simd),
                                              "768x768x768")["counted"];
                    if (first.is_null()) first = now;
                    REQUIRE(now.size() == first.size());
                    size_t told = 0;
                    for (size_t i = 0; i < now.size(); ++i) {
                        // HSA's queues have no window for TA, TD, TCP and SPI.
                        if (!now[i]["value"].is_number()) continue;
                        ++told;
                        if (first[i]["value"].is_number())
                            CHECK(now[i].dump() == first[i].dump());
                        else
                            first[i] = now[i];
                    }
                    CHECK(told >= (all ? 100 : now.size()));
                }
    }
}

TEST_CASE("with timing on every metric of time is told") {
    const auto value = [](const json& result, const std::string& name) {
        for (const json& row : result["counted"])
            if (row["name"] == name && row["value"].is_number()) return double(row["value"]);
        return -1.0;
    };
    const json result = recorded("drm-software", "", "env -u GCN_EMU_TIMING");
    for (const json& row : result["counted"]) {
        CAPTURE(row.dump());
        CHECK((row["value"].is_number() || row["text"] == "n/a"));
    }
    for (const char* share : {"GPUBusy", "VALUBusy", "VALUUtilization", "SALUBusy", "L2CacheHit", "LDSBankConflict"}) {
        CAPTURE(share, result.dump());
        CHECK(value(result, share) >= 0);
        CHECK(value(result, share) <= 100);
    }
    CHECK(value(result, "VALUBusy") > 1);
    CHECK(result["time_kind"] == "modelled");
}

TEST_CASE("queues of backend drm have their window open: L1, the address units and SPI count") {
    const json result =
        recorded("drm-software",
                 "-e SQ_WAVES,SPI_CSN_WAVE,SQ_INSTS_VMEM,TA_TOTAL_WAVEFRONTS,TCP_TOTAL_ACCESSES,TD_LOAD_WAVEFRONT");
    std::map<std::string, uint64_t> count;
    for (const json& row : result["counted"]) {
        CAPTURE(row.dump());
        REQUIRE(row["value"].is_number());
        count[row["name"]] = row["value"];
    }
    CHECK(count["SPI_CSN_WAVE"] == count["SQ_WAVES"]);
    CHECK(count["TA_TOTAL_WAVEFRONTS"] == count["SQ_INSTS_VMEM"]);
    CHECK(count["TCP_TOTAL_ACCESSES"] >= count["TA_TOTAL_WAVEFRONTS"]);
    CHECK(count["TD_LOAD_WAVEFRONT"] > 0);
    CHECK(count["TD_LOAD_WAVEFRONT"] < count["TA_TOTAL_WAVEFRONTS"]);
}

TEST_CASE("what is not modelled and what cannot be counted is said, never 0") {
    const json result =
        recorded("hsa-software", "--timing off -e SQ_BUSY_CYCLES,TA_TOTAL_WAVEFRONTS,TCC_HIT,Wavefronts,VALUBusy");
    const auto& rows = result["counted"];
    REQUIRE(rows.size() == 5);
    CHECK(rows[0]["text"] == "not modelled");
    CHECK(rows[0]["value"].is_null());
    CHECK(rows[1]["text"] == "n/a");  // a block with windows, of another queue
    CHECK(rows[1]["value"].is_null());
    CHECK(rows[2]["text"] == "not modelled");
    CHECK(rows[3]["value"] == 16);
    CHECK(rows[4]["text"] == "not modelled");
}
