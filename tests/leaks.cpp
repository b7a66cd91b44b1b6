// For make check-asan: what the runtimes under test leak is not ours to find, and the software device is never taken
// down. What the tests and the product allocate is watched.

extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions();

const char* __lsan_default_suppressions() {
    return "leak:libhsa-runtime64\nleak:libamdhip64\nleak:libamd_comgr\nleak:libgcn-emu.so\n";
}
