#pragma once
// The files that a machine with a Polaris has and this one lacks: which paths are theirs, where they really lie (in the
// fake root, emulator/drm/root.hpp), and what the files there stand for.

#include <string>

namespace gcn::emulator::drm {

// ---- paths ----------------------------------------------------------------------------------------------------------

// True for the paths that the software Polaris answers.
bool is_shown(const char* path);

// Where a shown path lies. Empty when it cannot be shown, which is said once: then the path is what it is without us.
std::string where_shown(const char* path);

// The name that `resolved` goes by, when it is what became of the shown path `asked`.
std::string stands_for(const std::string& resolved, const char* asked);

// True where a shown path lies in a file that nobody may write: anyone's programs see it, and later ones too. With
// `make` also where there is none yet.
bool is_read_only(const char* path, bool make);

// ---- what was found there -------------------------------------------------------------------------------------------

// True for paths after whose use the following is to be asked: those shown, and relative ones whose last name is that
// of a device node or a live file of /sys.
bool may_stand_for(const char* path);

// The minor number of the device node that a file stands for; else -1.
int node_behind(dev_t device, ino_t file);

// A descriptor of what `fd`, just opened by `path`, stands for: a device node, or a file made now. -1 and errno when
// that fails; `fd` itself when it stands for nothing.
int opened_for(int fd, const char* path, int flags);

}  // namespace gcn::emulator::drm
