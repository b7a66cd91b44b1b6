#pragma once
// The thunk's interface as this library exports it: what <hsakmt.h> declares is visible, everything else is hidden.

#pragma GCC visibility push(default)
#include <hsakmt.h>
#pragma GCC visibility pop
