#pragma once
// A file of lines that other processes may add to as well.

#include <mutex>
#include <string>

namespace gcn::emulator {

class LineFile {
public:
    // `variable` of the environment names it, for sentences. gcn::Error when it cannot be opened.
    LineFile(const std::string& variable, const std::string& name);
    ~LineFile();
    LineFile(const LineFile&) = delete;

    // In one call: lines do not mix. After one that cannot be written, which is said, no more are.
    void add(const std::string& line);

private:
    void take_back(long bytes);

    std::mutex guard;
    const std::string what;
    int file;
};

}  // namespace gcn::emulator
