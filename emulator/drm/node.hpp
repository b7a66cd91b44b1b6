#pragma once
// The device nodes: what open() of one gives, and how such a descriptor is known again.
//
// A descriptor of a node is a re-opened memfd of this process, so that mmap, dup, fcntl and close are the system's own.
// Its file position, beyond the end of the file, is the number of the open file: descriptors made by dup share it, and
// nothing is looked up that a program could have closed or replaced behind our back.

#include <sys/types.h>

namespace gcn::emulator::drm {

constexpr int drm_major = 226, primary_minor = 0, render_minor = 128;

// A new open file of the node with this minor number: a descriptor, or -1 and errno.
int open_node(int minor, int flags);

// The minor number behind a descriptor; -1 when it is not of a node. Costs nothing in a process that never opened one.
int minor_of(int fd);

// ioctl on such a descriptor: as the system's, -1 and errno.
int node_ioctl(int fd, unsigned long request, void* argument);

// A descriptor went that was, or may have been, one of a node: the last of an open file gives back what it holds.
void after_close();

// The file in which buffers lie: 2^60 bytes, of which only what is touched exists.
int memory_file();

}  // namespace gcn::emulator::drm
