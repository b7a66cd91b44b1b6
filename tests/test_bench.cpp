// The benchmark as evidence: lists, spread, what is saved, compared and drawn. Nothing here depends on how fast the
// machine is: verdicts are of made-up measurements.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/cases.hpp"
#include "bench/compare.hpp"
#include "bench/plot.hpp"
#include "plan/problem.hpp"
#include "tests/command.hpp"

using namespace gcn;
using test::Folder;
using test::Ran;

static Ran bench(const std::string& arguments) {
    return test::run("'" + std::filesystem::absolute(BUILD "/gcn").string() + "' bench " + arguments);
}

static void refuses(const std::string& arguments, int status, const std::string& line) {
    INFO(arguments);
    const Ran r = bench(arguments);
    CHECK(r.status == status);
    CHECK(r.err == "gcn: cannot " + line + "\n");
    CHECK(r.out == "");
}

template <class Call> static std::string sentence(Call call) {
    try {
        call();
    } catch (const Error& e) {
        return e.what();
    }
    return "no error";
}

// ---- lists -------------------------------------------------------------------------

TEST_CASE("every file in bench/cases is a list, and every list is such a file") {
    std::set<std::string> files, lists;
    for (const auto& file : std::filesystem::directory_iterator("bench/cases")) files.insert(file.path().stem());
    for (const CaseList& list : case_lists()) {
        lists.insert(std::string(list.name));
        CHECK(list.text == test::contents("bench/cases/" + std::string(list.name) + ".txt"));
    }
    CHECK(files == lists);
}

TEST_CASE("every list says where its sizes come from, and each of its cases exists and stands there once") {
    for (const CaseList& list : case_lists()) {
        INFO(list.name);
        const std::string head(list.text.substr(0, list.text.find("\nsgemm")));
        CHECK_THAT(head, Catch::StartsWith("# "));
        CHECK_THAT(head, Catch::Contains("arXiv") || Catch::Contains("https://github.com/") ||
                             Catch::Contains("names the source") || Catch::Contains("Our choice of sizes"));
        std::set<std::string> seen;
        for (const std::string& name : cases_in(list.text)) {
            CHECK(text(parse_gemm(name)) == name);
            CHECK(seen.insert(name).second);
        }
        CHECK(seen.size() > 0);
    }
}

TEST_CASE("the lists hold what their networks compute") {
    const auto cases = [](const char* name) { return cases_in(case_list(name).text); };
    CHECK(cases("deepbench_train").size() == 160);
    CHECK(cases("deepbench_server").size() == 75);
    CHECK(cases("deepbench_train").front() == "sgemm:nn:1760x16x1760");
    CHECK(cases("deepbench_train").back() == "sgemm:nt:1024x32x512");
    CHECK(cases("deepbench_server").back() == "sgemm:nn:1024x4x512");
    // Of each forward product one for the gradient of the input (not for that of the image), one for the weights'.
    CHECK(cases("resnet50_backward").size() == 2 * cases("resnet50").size() - 1);
    std::multiset<int64_t> forward, backward;  // multiply-adds do not change
    for (const std::string& name : cases("resnet50")) {
        const Gemm g = parse_gemm(name);
        if (g.k != 147) forward.insert(g.m * g.n * g.k);
        forward.insert(g.m * g.n * g.k);
    }
    for (const std::string& name : cases("resnet50_backward")) {
        const Gemm g = parse_gemm(name);
        backward.insert(g.m * g.n * g.k);
    }
    CHECK(forward == backward);
    for (const std::string& name : cases("skinny")) {
        const Gemm g = parse_gemm(name);
        CHECK(std::min(g.m, g.n) <= 16);
    }
    std::set<std::string> layouts;
    for (const std::string& name : cases("squares")) layouts.insert(name.substr(6, 2));
    CHECK(layouts.size() == 4);
}

TEST_CASE("a list that there is not is refused with those that there are") {
    refuses("--list alexnet", 2,
            "find the list alexnet: there is none of that name. Try: one of squares, resnet50, bert_base, "
            "squares_large, skinny, resnet50_backward, bert_base_backward, gpt2, gpt2_backward, deepbench_train, "
            "deepbench_server.");
}

TEST_CASE("a list is taken by its name, and a case may follow it") {
    const Ran r = bench("--backend cpu --repeat 1 --list bert_base sgemm:tt:3x4x5");
    CHECK(r.status == 0);
    CHECK_THAT(r.out, Catch::Contains("\nsgemm:tt:3x4x5 ") && Catch::Contains("\nsgemm:nt:1x768x768 "));
    CHECK(std::count(r.out.begin(), r.out.end(), '\n') == 2 + 1 + 6);
}

// ---- what the software Polaris would take too long for ---------------------------------

TEST_CASE("a product is too large for software by its work, with tiles filled up, or by its matrices") {
    const auto why = [](const char* name) { return too_large_for_software(parse_gemm(name)); };
    CHECK(why("sgemm:nt:2048x2048x2048") == "");
    CHECK(why("sgemm:nt:4096x4096x4096") == "137 GFLOP a run are too many for the software Polaris");
    CHECK(why("sgemm:nn:1024x1024x1024:batch=12") == "26 GFLOP a run are too many for the software Polaris");
    CHECK(why("sgemm:nn:512x1x1000000") == "matrices of 2052 MB are too large for the software Polaris");
    CHECK(why("sgemm:nn:1024x8x1000000") == "33 GFLOP a run are too many for the software Polaris");
}

TEST_CASE(
    "of a list what is too large for software is skipped by name with the reason; a case that was asked for runs") {
    const Folder folder;
    const std::string large = "sgemm:nn:1x2x1:ldb=65000000";
    const std::string file = test::write(folder / "cases", large + "\nsgemm:nn:8x8x8\n");
    const std::string line =
        "--backend hsa-software --repeat 1 --json --file '" + file + "' --save '" + (folder / "saved") + "'";
    const Ran r = bench(line);
    REQUIRE(r.status == 0);
    const auto row = nlohmann::json::parse(r.out.substr(0, r.out.find('\n')));
    CHECK(row["case"] == large);
    CHECK(row["skipped"] == "matrices of 260 MB are too large for the software Polaris");
    CHECK(row["verified"].is_null());
    CHECK(parse_record(test::contents(folder / "saved"), "saved").rows.size() == 1);
    CHECK_THAT(bench("--backend hsa-software --repeat 1 --file '" + file + "'").out,
               Catch::Contains("\n" + large + " ") &&
                   Catch::Contains("  skipped: matrices of 260 MB are too large for the software Polaris "
                                   "(run with --all)\n"));
    for (const std::string& asked : {large, "--all --file '" + file + "'"}) {
        const Ran ran = bench("--backend hsa-software --repeat 1 " + asked);
        CHECK(ran.status == 0);
        CHECK_THAT(ran.out, !Catch::Contains("skipped"));
    }
}

// ---- spread ------------------------------------------------------------------------

TEST_CASE("the timing loop gives the quartiles, and makes the runs that it must though the time is up") {
    std::vector<double> us = {10, 50, 20, 40, 30};
    size_t next = 0;
    const auto run = [&]() -> std::optional<Time> { return Time{us[next++], TimeKind::Host}; };
    const auto m = measure(run, {.warm_ups = 0, .runs = 10, .limit_seconds = 0, .least_runs = 5});
    REQUIRE(m);
    CHECK(m->runs == 5);
    CHECK(m->best.us == 10);
    CHECK(m->lower_us == 20);
    CHECK(m->median_us == 30);
    CHECK(m->upper_us == 40);
    CHECK(m->iqr_us() == 20);
    us = {1, 2, 3, 4}, next = 0;
    const auto even = measure(run, {.warm_ups = 0, .runs = 4});
    REQUIRE(even);
    CHECK(even->lower_us == Approx(1.75));
    CHECK(even->median_us == Approx(2.5));
    CHECK(even->upper_us == Approx(3.25));
}

static Measurement made_up(double median, double iqr, int runs = 10, TimeKind kind = TimeKind::Measured) {
    Measurement m;
    m.best = {median - iqr, kind};
    m.lower_us = median - iqr / 2;
    m.median_us = median;
    m.upper_us = median + iqr / 2;
    m.runs = runs;
    return m;
}

static BenchRow row_of(const Measurement& m, double interval = 0) {
    BenchRow row;
    row.measured = m;
    if (interval > 0) row.modelled = Modelled{"sampled", interval, "gfx803-0"};
    return row;
}

TEST_CASE("times that were sampled differ only beyond their intervals, too") {
    CHECK(change(row_of(made_up(100, 0)), row_of(made_up(105, 0), 0.03)).speed == Speed::Slower);
    CHECK(change(row_of(made_up(100, 0), 0.03), row_of(made_up(105, 0), 0.03)).speed == Speed::Same);
    CHECK(change(row_of(made_up(100, 0), 0.03), row_of(made_up(110, 0), 0.03)).noise == Approx(0.063));
}

TEST_CASE("times of other constants of the model are not compared") {
    const BenchRow before = row_of(made_up(100, 0), 0.01);
    BenchRow now = row_of(made_up(200, 0), 0.01);
    CHECK(change(before, now).speed == Speed::Slower);
    now.modelled->parameters += ",core_mhz=1000";
    CHECK(change(before, now).speed == Speed::OtherConstants);
}

TEST_CASE("a case is slower or faster only beyond both spreads together, and by 3 % at least") {
    static const struct {
        double old_median, old_iqr, new_median, new_iqr;
        Speed speed;
    } rows[] = {
        {100, 0, 100, 0, Speed::Same},     {100, 0, 103, 0, Speed::Slower},     {100, 0, 102.9, 0, Speed::Same},
        {103, 0, 100, 0, Speed::Faster},   {102.9, 0, 100, 0, Speed::Same},     {100, 1, 102.5, 1, Speed::Same},
        {100, 10, 120, 9, Speed::Slower},  {100, 10, 120, 10, Speed::Same},     {100, 20, 120, 5, Speed::Same},
        {100, 5, 120, 20, Speed::Same},    {120, 10, 100, 9, Speed::Faster},    {120, 10, 100, 10, Speed::Same},
        {100, 1, 1000, 20, Speed::Slower}, {1000, 300, 100, 20, Speed::Faster},
    };
    for (const auto& r : rows) {
        INFO(r.old_median << " +- " << r.old_iqr << " -> " << r.new_median << " +- " << r.new_iqr);
        const Change c = change(row_of(made_up(r.old_median, r.old_iqr)), row_of(made_up(r.new_median, r.new_iqr)));
        CHECK(text(c.speed) == std::string(text(r.speed)));
        CHECK(c.ratio == Approx(r.new_median / r.old_median));
        CHECK(c.noise == Approx((r.old_iqr + r.new_iqr) / r.old_median));
    }
}

TEST_CASE("of fewer than three runs nothing is said") {
    CHECK(change(row_of(made_up(100, 0, 2)), row_of(made_up(900, 0, 10))).speed == Speed::TooFewRuns);
    CHECK(change(row_of(made_up(100, 0, 10)), row_of(made_up(900, 0, 2))).speed == Speed::TooFewRuns);
    CHECK(change(row_of(made_up(100, 0, 3)), row_of(made_up(900, 0, 3))).speed == Speed::Slower);
}

// ---- files -------------------------------------------------------------------------

static BenchRow row(const std::string& name, const Measurement& m, double gflops) {
    BenchRow r;
    r.name = name;
    r.backend = "hsa";
    r.device = "AMD Radeon RX 590";
    r.kernel = "sgemm_nt_128x128";
    r.measured = m;
    r.gflops = gflops;
    r.percent_peak = 50;
    r.verified = true;
    r.verdict = "exact";
    return r;
}

static Record record() {
    Record r;
    r.device = "AMD Radeon RX 590";
    r.kind = TimeKind::Measured;
    r.date = "2024-05-17 09:30 UTC";
    r.peak_gflops = 7119.36;
    r.rows.push_back(row("sgemm:nt:512x512x512", made_up(100, 4), 2684));
    r.rows.push_back(row("sgemm:nt:1024x1024x1024", made_up(500, 10), 4294));
    BenchRow failed;
    failed.name = "sgemm:nt:7x7x7";
    failed.device = r.device;
    failed.error = "gcn: cannot run it: \"no\" kernel.";
    r.rows.push_back(failed);
    return r;
}

TEST_CASE("what was saved is read back as it was") {
    const Record before = record(), after = parse_record(lines(before), "it");
    CHECK(after.device == before.device);
    CHECK(after.kind == before.kind);
    CHECK(after.host == before.host);
    CHECK(after.date == before.date);
    CHECK(after.peak_gflops == before.peak_gflops);
    CHECK(lines(after) == lines(before));
    REQUIRE(after.rows.size() == 3);
    CHECK(after.rows[1].measured->iqr_us() == 10);
    CHECK_FALSE(after.rows[2].measured);
    CHECK(row_of(after, "sgemm:nt:1024x1024x1024") == &after.rows[1]);
    CHECK(row_of(after, "sgemm:nt:7x7x7") == nullptr);
    CHECK(row_of(after, "sgemm:nt:8x8x8") == nullptr);
}

TEST_CASE("a file that is not whole is refused wherever it was cut") {
    const std::string whole = lines(record());
    for (size_t size = 0; size < whole.size(); ++size) {
        INFO(size);
        CHECK_THAT(sentence([&] { parse_record(whole.substr(0, size), "old.jsonl"); }),
                   Catch::StartsWith("gcn: cannot use old.jsonl: ") &&
                       Catch::EndsWith(". Try: a file that gcn bench --save wrote."));
    }
}

TEST_CASE("a file that is cut, damaged or of something else is refused with what is wrong") {
    const std::string whole = lines(record());
    const size_t one = whole.find('\n') + 1, two = whole.find('\n', one) + 1;
    const auto why = [](const std::string& text) {
        const std::string s = sentence([&] { parse_record(text, "f"); });
        const std::string begin = "gcn: cannot use f: ", end = ". Try: a file that gcn bench --save wrote.";
        REQUIRE_THAT(s, Catch::StartsWith(begin) && Catch::EndsWith(end));
        return s.substr(begin.size(), s.size() - begin.size() - end.size());
    };
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = whole;
        REQUIRE(text.find(from) != text.npos);
        return text.replace(text.find(from), from.size(), to);
    };
    const std::string foreign = "its first line is not that of a \"gcn bench 1\" file";
    CHECK(why("") == "it is empty");
    CHECK(why("case,time\n1,2\n") == foreign);
    CHECK(why("{}\n") == foreign);
    CHECK(why("[1, 2]\n") == foreign);
    CHECK(why(std::string("\0\xff\n", 3)) == foreign);
    CHECK(why(with("gcn bench 1", "gcn bench 2")) == foreign);
    CHECK(why(with("\"time_kind\":\"measured\"", "\"time_kind\":\"guessed\"")) == foreign);
    CHECK(why(whole.substr(one)) == foreign);
    CHECK(why(whole.substr(0, two)) == "the number of its rows is 1, its first line says 3");
    CHECK(why(whole + whole.substr(one, two - one)) == "the number of its rows is 4, its first line says 3");
    CHECK(why(whole.substr(0, two + 20)) == "its line 3 is cut off or damaged");
    CHECK(why(with("sgemm:nt:512x512x512", "sgemm:xx:1x1x1")) == "its line 2 is cut off or damaged");
    CHECK(why(with("\"median_us\":100.0", "\"median_us\":-1")) == "its line 2 is cut off or damaged");
    CHECK(why(with("\"median_us\":500.0", "\"median_us\":\"500\"")) == "its line 3 is cut off or damaged");
    CHECK(why(with("\"time_kind\":\"measured\",\"verdict", "\"time_kind\":\"host\",\"verdict")) ==
          "its line 2 is cut off or damaged");
    CHECK(why(with("\"AMD Radeon RX 590\",\"error", "\"AMD Radeon RX 570\",\"error")) ==
          "its line 2 is cut off or damaged");
    CHECK(why(with("\"runs\":10", "\"ran\":10")) == "its line 2 is cut off or damaged");
}

TEST_CASE("times of different kinds, devices or hosts are not compared") {
    const Record card = record();
    Record other = card, modelled = card, host = card, elsewhere = card;
    other.device = "AMD Radeon RX 570";
    modelled.kind = TimeKind::Modelled;
    host.kind = elsewhere.kind = TimeKind::Host;
    host.host = "an EPYC, 2 threads";
    elsewhere.host = "an EPYC, 2 threads, GCN_EMU_THREADS=1";
    CHECK(incomparable(card, card) == "");
    CHECK(incomparable(host, host) == "");
    CHECK(incomparable(card, other) ==
          "it is of AMD Radeon RX 590, measured times; this is AMD Radeon RX 570, measured times");
    CHECK(incomparable(modelled, card) ==
          "it is of AMD Radeon RX 590, modelled times; this is AMD Radeon RX 590, measured times");
    CHECK(incomparable(host, elsewhere) ==
          "it is of AMD Radeon RX 590, host times of an EPYC, 2 threads; this is AMD Radeon RX 590, host times of "
          "an EPYC, 2 threads, GCN_EMU_THREADS=1");
}

// ---- the command -------------------------------------------------------------------

// A run that was saved, and the same with other times.
struct Saved {
    Saved() {
        REQUIRE(bench("--backend cpu --repeat 3 sgemm:nn:64x64x64 sgemm:tn:65x65x65 --save '" + file + "'").status ==
                0);
        before = parse_record(test::contents(file), file);
    }
    // As if every case had taken so long, exactly.
    void rewrite(double us, int runs = 5) {
        Record r = before;
        for (BenchRow& row : r.rows) row.measured = made_up(us, 0, runs, r.kind);
        test::write(file, lines(r));
    }

    const Folder folder;
    const std::string file = folder / "old.jsonl";
    Record before;
};

TEST_CASE("a comparison runs the cases of the file, says old, new and ratio, and its status tells of a regression") {
    Saved saved;
    CHECK(saved.folder.files() == 1);
    REQUIRE(saved.before.rows.size() == 2);
    CHECK(saved.before.rows[1].name == "sgemm:tn:65x65x65");
    const std::string compare = "--backend cpu --compare '" + saved.file + "'";

    saved.rewrite(1e12);
    const Ran faster = bench(compare);
    CHECK(faster.status == 0);
    CHECK_THAT(faster.out, Catch::Contains("\nsgemm:nn:64x64x64 ") && Catch::Contains("\nsgemm:tn:65x65x65 ") &&
                               Catch::Contains(" 1000000000000.0 us host ") && Catch::Contains("  faster\n") &&
                               Catch::EndsWith("\nbeside " + saved.file + " of " + saved.before.date +
                                               ": 0 slower, 2 faster, 0 the same\n"));

    // Unless the quartiles of what is measured now lie apart by more than their median: that may happen on a machine
    // that is very busy, but not again and again.
    saved.rewrite(1e-9);
    Ran slower;
    for (int i = 0; i < 20 && slower.status != 1; ++i) slower = bench(compare + " --repeat 9 sgemm:nn:64x64x64");
    CHECK(slower.status == 1);
    CHECK_THAT(slower.err,
               Catch::EndsWith("gcn: cannot call this as fast as " + saved.file +
                               ": 1 of 1 cases took longer. Try: the same with --repeat 30, to be sure.\n"));
    CHECK_THAT(slower.out, Catch::Contains("  slower\n") && Catch::Contains(": 1 slower, 0 faster, 0 the same\n"));

    saved.rewrite(1e12, 2);
    const Ran few = bench(compare);
    CHECK(few.status == 0);
    CHECK_THAT(few.out, Catch::Contains("  too few runs\n") &&
                            Catch::EndsWith(": 0 slower, 0 faster, 0 the same, 2 of too few runs\n"));
}

TEST_CASE("a comparison in JSON has its part in every row, null for a case that the file has not") {
    Saved saved;
    saved.rewrite(1e12);
    const Ran r = bench("--backend cpu --json --compare '" + saved.file + "' sgemm:nn:64x64x64 sgemm:nn:9x9x9");
    REQUIRE(r.status == 0);
    const auto first = nlohmann::json::parse(r.out.substr(0, r.out.find('\n')));
    const auto second = nlohmann::json::parse(r.out.substr(r.out.find('\n') + 1));
    CHECK(first["compared"]["speed"] == "faster");
    CHECK(first["compared"]["old_median_us"] == 1e12);
    CHECK(first["compared"]["ratio"] < 1e-3);
    CHECK(second["compared"]["speed"].is_null());
    CHECK(second["verified"] == true);
}

TEST_CASE("a file that cannot be compared with is refused before anything is run") {
    Saved saved;
    const std::string compare = "--backend cpu --compare '" + saved.file + "'";
    const std::string whole = test::contents(saved.file);
    test::write(saved.file, whole.substr(0, whole.size() - 1));
    refuses(compare, 1,
            "use " + saved.file + ": its line 3 is cut off or damaged. Try: a file that gcn bench --save wrote.");
    refuses("--compare /nowhere", 1, "read /nowhere: No such file or directory.");
    Record r = record();
    r.device = "AMD Radeon RX 570";
    for (BenchRow& row : r.rows) row.device = r.device;
    test::write(saved.file, lines(r));
    const Ran other = bench(compare);
    CHECK(other.status == 2);
    CHECK(other.out == "");
    CHECK_THAT(other.err, Catch::Contains("gcn: cannot compare with " + saved.file +
                                          ": it is of AMD Radeon RX 570, measured times; this is ") &&
                              Catch::Contains(", host times of ") &&
                              Catch::EndsWith(". Try: gcn bench --save on the same.\n"));
    r.rows.clear();
    test::write(saved.file, lines(r));
    refuses(compare, 2, "time anything: " + saved.file + " has no cases.");
}

TEST_CASE("files that could not be written are refused before anything is run, and an old one stays until then") {
    const Folder folder;
    const std::string none = folder / "none/x";
    for (const auto& [option, begin, end] : {std::array<std::string, 3>{"--save", "{\"date\":", "}"},
                                             std::array<std::string, 3>{"--plot", "<svg ", "</svg>"}}) {
        const std::string line = "--backend cpu sgemm:nn:8x8x8 " + option + " ";
        refuses(line + "'" + none + "'", 1, "write " + none + ": No such file or directory.");
        refuses(line + "/", 1, "write /: Is a directory.");
        const Ran full = bench(line + "/dev/full");
        CHECK(full.status == 1);
        CHECK_THAT(full.err, Catch::EndsWith("gcn: cannot write /dev/full: No space left on device.\n"));
        const Ran both = bench(line + "/dev/stdout");
        CHECK_THAT(both.out, Catch::Contains("\nsgemm:nn:8x8x8 ") && Catch::Contains("bound\n" + begin) &&
                                 Catch::EndsWith(end + "\n"));
    }
    for (const std::string option : {"--save", "--plot", "--compare"})
        refuses("sgemm:nn:8x8x8 " + option + " ''", 2,
                "read the command line: " + option + ": the name of its file is empty. Try: gcn bench --help.");
    const std::string old = test::write(folder / "old", "mine"), link = folder / "link";
    std::filesystem::create_symlink("old", link);
    CHECK(bench("--backend abacus sgemm:nn:8x8x8 --save '" + link + "'").status == 2);
    CHECK(test::contents(old) == "mine");
    CHECK(bench("--backend cpu sgemm:nn:8x8x8 --save '" + link + "'").status == 0);
    CHECK(parse_record(test::contents(old), old).rows.size() == 1);
    CHECK(std::filesystem::is_symlink(link));
    CHECK(folder.files() == 2);
}

// ---- picture -----------------------------------------------------------------------

// What a parser of XML finds: one line for each element, "NAME text" with the text it holds.
static std::vector<std::string> elements(const std::string& svg) {
    const Folder folder;
    const std::string file = test::write(folder / "plot.svg", svg);
    const Ran r = test::run(
        "python3 -B -c 'import sys, xml.etree.ElementTree as tree\n"
        "for e in tree.parse(sys.argv[1]).iter():\n"
        "    assert e.tag.startswith(\"{http://www.w3.org/2000/svg}\")\n"
        "    print(e.tag.split(\"}\")[1], (e.text or e.get(\"points\") or \"\").strip())' '" +
        file + "'");
    REQUIRE(r.err == "");
    std::vector<std::string> found;
    for (size_t at = 0; at < r.out.size(); at = r.out.find('\n', at) + 1)
        found.push_back(r.out.substr(at, r.out.find('\n', at) - at));
    return found;
}

static bool has(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST_CASE("the plot has a title, labelled axes, a legend, a line per layout, and the peak at its top") {
    Record r = record();
    r.rows.push_back(row("sgemm:tt:768x768x768", made_up(300, 5), 3020));
    r.rows.push_back(row("sgemm:tt:768x768x768:beta=1", made_up(1, 0), 3020));  // no plain square
    r.rows.push_back(row("sgemm:nn:768x768x767", made_up(1, 0), 3020));         // nor this
    BenchRow wrong = row("sgemm:tn:512x512x512", made_up(100, 4), 2684);
    wrong.verified = false;
    r.rows.push_back(wrong);
    const auto found = elements(plot(r));
    CHECK(has(found, "title AMD Radeon RX 590, measured time, 2024-05-17 09:30 UTC"));
    CHECK(has(found, "text AMD Radeon RX 590, measured time, 2024-05-17 09:30 UTC"));
    for (const char* text : {"GFLOPS", "n of C = op(A) * op(B), all n x n (log scale)", "512", "768", "1024", "nt",
                             "tt", "7119", "peak of the device", "0", "2000"})
        CHECK(has(found, std::string("text ") + text));
    CHECK_FALSE(has(found, "text nn"));
    CHECK_FALSE(has(found, "text tn"));
    const auto polylines = std::count_if(found.begin(), found.end(),
                                         [](const std::string& line) { return line.starts_with("polyline "); });
    CHECK(polylines == 2);
    // From n = 512 at 2684 GFLOPS to n = 1024 at 4295, on axes from 465.5 to 1126.4 and from 0 to the peak.
    CHECK(has(found, "polyline 154.4,304.5 695.6,217.1"));
}

TEST_CASE("a plot of host times has no peak, says so, and ends above its data") {
    Record r = record();
    r.kind = TimeKind::Host;
    r.host = "a processor";
    r.peak_gflops = 0;
    const auto found = elements(plot(r));
    CHECK(has(found, "title AMD Radeon RX 590, host time, 2024-05-17 09:30 UTC"));
    CHECK(has(found, "text 5000"));
    CHECK_FALSE(has(found, "text peak of the device"));
}

TEST_CASE("a plot is drawn of a single point, of one above the peak, and of names that XML would mistake") {
    Record r = record();
    r.rows.erase(r.rows.begin() + 1, r.rows.end());
    r.device = "<b> & \"c\" \x01\xff";
    CHECK(has(elements(plot(r)), "title <b> & \"c\" ??, measured time, 2024-05-17 09:30 UTC"));
    r.peak_gflops = 1000;
    const auto found = elements(plot(r));
    CHECK(has(found, "text peak of the device"));
    CHECK(has(found, "text 3000"));
    r.rows.clear();
    CHECK(plot(r) == "");
}

TEST_CASE("gcn bench draws the squares of its run, and refuses to before it when there are none") {
    const Folder folder;
    const std::string file = folder / "plot.svg";
    REQUIRE(bench("--backend cpu --repeat 3 sgemm:nt:32x32x32 sgemm:tn:64x64x64 sgemm:nn:3x4x5 --plot '" + file + "'")
                .status == 0);
    const auto found = elements(test::contents(file));
    for (const char* text : {"32", "64", "nt", "tn", "GFLOPS"}) CHECK(has(found, std::string("text ") + text));
    CHECK(folder.files() == 1);
    refuses("sgemm:nn:3x4x5 --plot '" + file + "'", 2,
            "plot " + file + ": no case is a square product. Try: --list squares.");
}
