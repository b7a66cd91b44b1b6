#pragma once
// The software Polaris in strict mode: an observer that reports what a card would hide. docs/strict.md.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/exec/trace.hpp"
#include "emulator/strict/names.hpp"
#include "emulator/strict/report.hpp"
#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

class Strict : public Observer {
public:
    // `show` gets each place once. The source of names outlives it.
    Strict(Promises, NameSource&, std::function<void(const Finding&)> show);

    std::unique_ptr<GridObserver> grid(const Dispatch&) override;
    Reports reports;

private:
    friend class StrictGroup;
    std::shared_ptr<const Facts> facts_for(const Program&, const std::shared_ptr<const Names>&);

    const Promises promises;
    NameSource& source;
    std::mutex guard;
    struct Known {
        std::shared_ptr<const Facts> facts;
        std::shared_ptr<const Names> names;
    };
    std::map<const Program*, Known> known;
};

}  // namespace gcn::emulator::strict
