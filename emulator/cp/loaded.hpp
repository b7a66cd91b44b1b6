#pragma once
// The code objects that ROCr has loaded in this process, as it shows them to debuggers: for names in reports.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "emulator/strict/names.hpp"

namespace gcn::emulator {

class LoadedCode : public strict::NameSource {
public:
    std::shared_ptr<const strict::Names> at(uint64_t pc) override;

private:
    std::mutex guard;
    struct Known {
        std::shared_ptr<const strict::Names> names;
        size_t hash = 0;  // of the bytes they were read from
    };
    std::map<std::pair<uint64_t, std::string>, Known> known;  // by base and URI
    const std::shared_ptr<const strict::Names> none = std::make_shared<strict::Names>();
};

}  // namespace gcn::emulator
