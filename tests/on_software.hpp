#pragma once
// For programs that need the files of a card, as libdrm does: they start again with the software Polaris preloaded.

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "tests/command.hpp"

namespace gcn::test {

// Of a static variable, so that it happens before main().
inline bool start_on_software() {
    if (dlsym(RTLD_DEFAULT, "gcn_emu_objection")) return true;
    const std::string emulator = std::filesystem::canonical(BUILD "/libgcn-emu.so"), first = sanitizer();
    setenv("LD_PRELOAD", (first.empty() ? emulator : first + ":" + emulator).c_str(), 1);
    std::istringstream line(contents("/proc/self/cmdline"));
    std::vector<std::string> words;
    for (std::string word; std::getline(line, word, '\0');) words.push_back(word);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv("/proc/self/exe", arguments.data());
    std::perror("cannot start again on the software Polaris");
    std::exit(1);
}

}  // namespace gcn::test
