#pragma once
// What gcn emu does to its command, for a gcn that has to do it to itself.

#include <string>
#include <vector>

namespace gcn {

// What this process becomes, or starts, will have the software Polaris underneath. gcn::Error when there is none.
void put_software_underneath();

// This process becomes COMMAND: its status, its signals and its terminal are its own.
[[noreturn]] void become(std::vector<std::string> command);

}  // namespace gcn
