#pragma once
// The files that a machine with a Polaris has and this one lacks: which they are, and where they really lie.
//
// They lie in a folder of the user's own, the fake root, made when a process first asks for one of them and reused by
// later ones: $XDG_RUNTIME_DIR, $TMPDIR or /tmp, then gcn-emu-USER-CHIP-HASH with a hash of what is in it.

#include <string>

namespace gcn::emulator::drm {

// True for the paths that the software Polaris answers.
bool is_shown(const char* path);

// Where a shown path lies. Empty when it cannot be shown, which is said once: then the path is what it is without us.
std::string where_shown(const char* path);

// The name that `resolved` goes by, when it is what became of the shown path `asked`.
std::string stands_for(const std::string& resolved, const char* asked);

}  // namespace gcn::emulator::drm
