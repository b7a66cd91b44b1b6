#pragma once
// The fake root: a folder of the user's own in which what is shown lies. It is made when a process first asks for it
// and reused by later ones: $XDG_RUNTIME_DIR, $TMPDIR or /tmp, then gcn-emu-USER-CHIP-HASH with a hash of what is in
// it.

#include <sys/types.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace gcn::emulator::drm {

struct Root {
    std::string path;                            // empty when it could not be made
    std::vector<std::pair<dev_t, ino_t>> nodes;  // the files that stand for the device nodes, in their order
};

// Kept for good, without a lock: threads that race make the same. Why it could not be made is said once.
const Root& fake_root();

}  // namespace gcn::emulator::drm
