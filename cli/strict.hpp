#pragma once
// Strict mode of the software Polaris, from this side: it is set by the environment, and its findings are counted.

#include <string>

namespace gcn {

class StrictRun {
public:
    // Sets GCN_EMU_STRICT and its kin. `list` as in GCN_EMU_STRICT; `json`: the file that findings are added to, or
    // empty.
    StrictRun(const std::string& list, const std::string& json);
    ~StrictRun();
    StrictRun(const StrictRun&) = delete;

    int findings();  // so far, of this process and of those that it has started

private:
    int from = -1,
        to = -1;  // a pipe, to which the software Polaris writes a byte for each place where it finds something
    int count = 0;
};

}  // namespace gcn
