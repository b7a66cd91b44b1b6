#pragma once
// Strict mode of the software Polaris, from this side: it is set by the environment and leaves its findings in a file.

#include <string>

namespace gcn {

class StrictRun {
public:
    // Sets GCN_EMU_STRICT and GCN_EMU_STRICT_JSON. `list` as in GCN_EMU_STRICT; empty `file`: one of our own.
    StrictRun(const std::string& list, const std::string& file);
    ~StrictRun();
    StrictRun(const StrictRun&) = delete;

    int findings() const;  // places that were added to the file

private:
    std::string file;
    bool ours;
    long before = 0;  // lines that were there
};

}  // namespace gcn
