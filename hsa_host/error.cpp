// The only place where a status of HSA becomes text.

#include "gcn/error.hpp"
#include "backend/library.hpp"
#include "hsa_host/hsa.hpp"

namespace gcn::hsa_host {
namespace {

struct Opened {
    Hsa functions{};
    std::string why;
};

// Never destroyed: ROCr's threads outlive main().
const Opened& opened() {
    static const Opened& once = *[] {
        auto* o = new Opened;
        Library rocr("libhsa-runtime64.so.1");
#define HSA(name) rocr.get(o->functions.name, #name);
#include "hsa_host/hsa_api.def"
#undef HSA
        o->why = rocr.why();
        return o;
    }();
    return once;
}

}  // namespace

const std::string& open_rocr() { return opened().why; }
const Hsa& hsa() { return opened().functions; }

std::string words(hsa_status_t status) {
    const char* text = nullptr;
    if (hsa().hsa_status_string(status, &text) != HSA_STATUS_SUCCESS || !text)
        return "ROCr returned status " + std::to_string(status);
    std::string all = text;  // "NAME: A sentence."
    while (!all.empty() && (all.back() == '.' || all.back() == ' ')) all.pop_back();
    const size_t colon = all.find(": ");
    if (colon == std::string::npos) return all;
    return all.substr(colon + 2) + " (" + all.substr(0, colon) + ")";
}

void check(hsa_status_t status, std::string_view what, std::string_view remedy) {
    if (status == HSA_STATUS_SUCCESS || status == HSA_STATUS_INFO_BREAK) return;
    fail({.what = std::string(what), .why = words(status), .remedy = std::string(remedy)});
}

}  // namespace gcn::hsa_host
