// The only place where an error of libdrm becomes text.

#include <cstring>

#include "backend/library.hpp"
#include "drm_host/drm.hpp"
#include "gcn/error.hpp"

namespace gcn::drm_host {
namespace {

struct Opened {
    Drm functions{};
    std::string why;
};

// Never destroyed: a Device may outlive main().
const Opened& opened() {
    static const Opened& once = *[] {
        auto* o = new Opened;
        Library libdrm("libdrm_amdgpu.so.1");
#define DRM(name) libdrm.get(o->functions.name, #name);
#include "drm_host/drm_api.def"
#undef DRM
        if (o->why = libdrm.why(); !o->why.empty()) o->why += ". Try: installing libdrm-amdgpu1";
        return o;
    }();
    return once;
}

}  // namespace

const std::string& open_libdrm() { return opened().why; }
const Drm& drm() { return opened().functions; }

std::string words(int error) {
    const int number = error < 0 ? -error : error;
    const char* name = strerrorname_np(number);
    return std::string(strerrordesc_np(number) ? strerrordesc_np(number) : "an unknown error") + " (" +
           (name ? name : std::to_string(number)) + ")";
}

void check(int result, std::string_view what, std::string_view remedy) {
    if (result == 0) return;
    fail({.what = std::string(what), .why = words(result), .remedy = std::string(remedy)});
}

}  // namespace gcn::drm_host
