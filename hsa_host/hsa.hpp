#pragma once
// ROCr's functions, opened when first asked for, and its statuses as sentences.

#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>

#include <string>
#include <string_view>

namespace gcn::hsa_host {

#define HSA(name) decltype(&::name) name;
struct Hsa {
#include "hsa_host/hsa_api.def"
};
#undef HSA

// Opens ROCr once per process; empty, or why it cannot be used. It binds to the driver library that is loaded by then.
const std::string& open_rocr();
const Hsa& hsa();  // after open_rocr() was empty

// ROCr's own words: "The requested allocation is not valid (HSA_STATUS_ERROR_INVALID_ALLOCATION)".
std::string words(hsa_status_t);

// gcn::Error "cannot WHAT: ROCr's own words. Try: REMEDY." unless the call succeeded.
void check(hsa_status_t, std::string_view what, std::string_view remedy = {});

}  // namespace gcn::hsa_host
