#pragma once
// A shared library opened when it is needed, so that libgcn.a itself needs only libc, libstdc++, dl and pthread.
//
// A backend lists the functions it calls in a .def file, one per row, and includes that file twice: once for the
// pointers, once to fill them.

#include <dlfcn.h>

#include <string>

namespace gcn {

class Library {
public:
    explicit Library(const char* file) : handle(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
        if (!handle) problem = dlerror();
    }

    // Sets `f`. A missing library or function is remembered once, in why(); the backend then returns "not applicable".
    template <class F> void get(F*& f, const char* name) {
        f = handle ? reinterpret_cast<F*>(dlsym(handle, name)) : nullptr;
        if (!f && problem.empty()) problem = std::string(name) + " is missing";
    }

    const std::string& why() const { return problem; }  // empty: everything asked for is there

private:
    void* handle;  // never closed: runtimes keep threads
    std::string problem;
};

}  // namespace gcn
