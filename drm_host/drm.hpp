#pragma once
// libdrm_amdgpu's functions, opened when first asked for, and its errors as sentences.

#include <libdrm/amdgpu.h>
#include <libdrm/amdgpu_drm.h>

#include <string>
#include <string_view>

namespace gcn::drm_host {

#define DRM(name) decltype(&::name) name;
struct Drm {
#include "drm_host/drm_api.def"
};
#undef DRM

// Opens libdrm_amdgpu once per process; empty, or why it cannot be used.
const std::string& open_libdrm();
const Drm& drm();  // after open_libdrm() was empty

// The system's words for a negative errno, as libdrm returns it: "Cannot allocate memory (ENOMEM)".
std::string words(int error);

// gcn::Error "cannot WHAT: the system's words. Try: REMEDY." unless the call succeeded.
void check(int result, std::string_view what, std::string_view remedy = {});

}  // namespace gcn::drm_host
