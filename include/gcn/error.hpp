#pragma once
// Three kinds of failure, three mechanisms.
//
//     not applicable   an empty std::optional or nullptr, with a reason; the caller tries the next candidate
//     not possible     gcn::Error, thrown by calls that set things up: the arguments, the driver or the machine
//     not true         GCN_ASSERT, on in every build: a bug, ours or (where gcn.hpp says so) the caller's

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace gcn {

// The exit status of the gcn program, 0 when all went well: it did not work; it was asked wrongly; nothing to run on.
enum class Fault { Failed = 1, WrongUse = 2, NoDevice = 3 };

class Error : public std::runtime_error {
public:
    Error(Fault fault, const std::string& message) : runtime_error(message), fault(fault) {}
    const Fault fault;
};

// A message is one line: "gcn: cannot WHAT: WHY with values. Try: REMEDY."
struct Failure {
    std::string what, why, remedy = {};
    Fault fault = Fault::Failed;
};

inline std::string text(const Failure& f) {
    std::string line = "gcn: cannot " + f.what + ": " + f.why + (f.remedy.empty() ? "." : ". Try: " + f.remedy + ".");
    for (char& c : line)  // names and values are other people's
        if (static_cast<unsigned char>(c) < ' ' || c == 127) c = '?';
    return line;
}

[[noreturn]] inline void fail(const Failure& f) { throw Error(f.fault, text(f)); }

[[noreturn]] inline void broken(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: gcn bug: %s is false\n", file, line, expression);
    std::abort();
}

}  // namespace gcn

#define GCN_ASSERT(expression) ((expression) ? void(0) : gcn::broken(#expression, __FILE__, __LINE__))
