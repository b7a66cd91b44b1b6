#include "tests/corpus/corpus.hpp"

#include <cstdlib>

namespace gcn::corpus {

Counts& counts() {
    static Counts all;
    return all;
}

std::vector<std::string>& themes() {
    static std::vector<std::string> all;
    return all;
}

std::string file_of(const std::string& theme, const std::string& level) {
    return BUILD "/tests/corpus/" + theme + "." + level + ".co";
}

Theme::Theme(std::string theme_name, std::string compiled_at)
    : name(std::move(theme_name)), level(std::move(compiled_at)), repetitions(std::getenv("GCN_CHECK_LONG") ? 3 : 1) {
    program.emplace(file_of(name, level));
}

bool Theme::launch(const std::string& kernel, const Shape& shape, std::span<const Argument> arguments) {
    const std::string why = program->run(program->kernel(kernel), shape, arguments);
    ran.insert(kernel);
    counts().kernels[level].insert(name + ": " + kernel);
    counts().runs++;
    for (const Argument& a : arguments) counts().bytes += a.how == Pass::Buffer ? a.bytes : 0;
    if (why.empty()) return true;
    report(kernel, why);
    program.reset();  // before the next one: a device that was lost is opened again when nobody holds it
    program.emplace(file_of(name, level));
    return false;
}

void Theme::report(const std::string& kernel, const std::string& why) const {
    INFO(name << " at -" << level << ": " << kernel << ": " << why);
    CHECK(why.empty());
}

std::string Theme::difference(size_t wrong, size_t first, const std::string& got, const std::string& want,
                              const std::vector<std::string>& of) {
    std::string why =
        std::to_string(wrong) + " of " + std::to_string(count) + " differ: [" + std::to_string(first) + "] of";
    for (const std::string& input : of) why += " " + input + ",";
    return why + " got " + got + ", want " + want;
}

void Theme::require_that_all_ran() const {
    for (const KernelInfo& k : program->kernels()) {
        INFO(name << " at -" << level << ": " << k.name << " has no case");
        CHECK(ran.count(k.name));
    }
}

}  // namespace gcn::corpus
