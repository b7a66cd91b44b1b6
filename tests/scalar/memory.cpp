#include "tests/scalar/machine.hpp"
namespace gcn::scalar {
bool defines_memory(const isa::Inst&) { return false; }
void memory(Machine& m, const isa::Decoded&) { m.fault("none"); }
}
