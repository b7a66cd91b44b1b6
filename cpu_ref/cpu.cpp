// Backend "cpu": the oracle and OpenBLAS as kernels, found by name, launched with the arguments of the GPU's.

#include <unistd.h>
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <fstream>
#include <new>

#include "backend/backend.hpp"
#include "backend/library.hpp"
#include "backend/sgemm_args.hpp"
#include "cpu_ref/cpu_ref.hpp"

namespace gcn {

std::unique_ptr<Backend> open_cpu(std::string& why);

namespace {

template <class T> T* pointer(uint64_t address) { return reinterpret_cast<T*>(address); }

void sgemm_loop(const CpuSgemmArgs& args) {
    const SgemmArgs& g = args.gemm;
    const auto trans = [](uint32_t yes) { return yes ? Trans::Yes : Trans::No; };
    sgemm_ref({.m = g.m,
               .n = g.n,
               .k = g.k,
               .a = trans(args.trans_a),
               .b = trans(args.trans_b),
               .alpha = g.alpha,
               .beta = g.beta,
               .lda = g.lda,
               .ldb = g.ldb,
               .ldc = g.ldc},
              pointer<const float>(g.a), pointer<const float>(g.b), pointer<float>(g.c));
}

// OpenBLAS, found when first asked for; the numbers are those of cblas.h.
struct OpenBlas {
    void (*cblas_sgemm)(int layout, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a, int lda,
                        const float* b, int ldb, float beta, float* c, int ldc) = nullptr;
    std::string why;
};
const OpenBlas& openblas() {
    static const OpenBlas& once = *[] {
        auto* blas = new OpenBlas;
        Library library("libopenblas.so.0");
        library.get(blas->cblas_sgemm, "cblas_sgemm");
        blas->why = library.why();
        return blas;
    }();
    return once;
}

void sgemm_openblas(const CpuSgemmArgs& args) {
    constexpr int by_columns = 102, as_it_is = 111, transposed = 112;
    const SgemmArgs& g = args.gemm;
    for (uint32_t size : {g.m, g.n, g.k, g.lda, g.ldb, g.ldc}) GCN_ASSERT(size <= INT32_MAX);
    // It wants leading dimensions of at least 1 even where a matrix is empty.
    const auto leading = [](uint32_t ld) { return std::max(1, int(ld)); };
    openblas().cblas_sgemm(by_columns, args.trans_a ? transposed : as_it_is, args.trans_b ? transposed : as_it_is,
                           int(g.m), int(g.n), int(g.k), g.alpha, pointer<const float>(g.a), leading(g.lda),
                           pointer<const float>(g.b), leading(g.ldb), g.beta, pointer<float>(g.c), leading(g.ldc));
}

const std::string& nothing_missing() {
    static const std::string none;
    return none;
}
const std::string& without_openblas() { return openblas().why; }

struct CpuRow {
    std::string_view name;
    void (*run)(const CpuSgemmArgs&);
    const std::string& (*missing)();  // why it cannot run here
};
// clang-format off
constexpr CpuRow kernels[] = {
    {"sgemm_openblas", sgemm_openblas, without_openblas},
    {"sgemm_loop",     sgemm_loop,     nothing_missing},
};
// clang-format on

struct CpuKernel : Kernel {
    explicit CpuKernel(const CpuRow& r) : row(r) { name = r.name; }
    const CpuRow& row;
};

class CpuMemory : public Memory {
public:
    // Beyond PTRDIFF_MAX operator new would round up to 0.
    explicit CpuMemory(size_t count)
        : data(count > PTRDIFF_MAX ? nullptr : static_cast<std::byte*>(::operator new(count, align, std::nothrow))) {
        if (!data)
            fail({.what = "allocate " + std::to_string(count) + " bytes of host memory",
                  .why = "the system gives no more",
                  .remedy = "a smaller problem"});
        bytes = count;
        address = reinterpret_cast<uint64_t>(data);
        host = data;
    }
    ~CpuMemory() override { ::operator delete(data, align); }
    void write(const void* from, size_t count, size_t offset) override {
        require_inside(count, offset);
        if (count) std::memcpy(data + offset, from, count);
    }
    void read(void* to, size_t count, size_t offset) const override {
        require_inside(count, offset);
        if (count) std::memcpy(to, data + offset, count);
    }

private:
    static constexpr std::align_val_t align{64};
    void require_inside(size_t count, size_t offset) const { GCN_ASSERT(offset <= bytes && count <= bytes - offset); }
    std::byte* const data;
};

std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name"))
            if (const size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
    return "this computer's processor";
}

class Cpu : public Backend {
public:
    DeviceInfo info() const override {
        DeviceInfo info;
        info.backend = "cpu";
        info.name = processor();
        info.memory_bytes = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE));
        info.notice = "gcn: running on " + info.name + ", without a GPU. Times are the host's.";
        return info;
    }
    std::shared_ptr<Memory> alloc(size_t bytes) override { return std::make_shared<CpuMemory>(bytes); }
    std::shared_ptr<Memory> alloc_pinned(size_t bytes) override { return alloc(bytes); }
    std::shared_ptr<Kernel> load(std::span<const std::byte>, std::string_view name) override {
        std::string names;
        for (const CpuRow& row : kernels) {
            names += (names.empty() ? "" : ", ") + std::string(row.name);
            if (row.name != name) continue;
            if (!row.missing().empty())
                fail({.what = "load the kernel " + std::string(name),
                      .why = row.missing(),
                      .remedy = "sh setup.sh, which installs it, or GCN_KERNEL=sgemm_loop"});
            return std::make_shared<CpuKernel>(row);
        }
        fail({.what = "load the kernel " + std::string(name), .why = "the cpu has only " + names});
    }
    std::optional<Time> launch(const Kernel& kernel, Grid, std::span<const std::byte> kernarg) noexcept override {
        CpuSgemmArgs args;
        GCN_ASSERT(kernarg.size() == sizeof args);
        std::memcpy(&args, kernarg.data(), sizeof args);
        const auto start = std::chrono::steady_clock::now();
        static_cast<const CpuKernel&>(kernel).row.run(args);
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
        return Time{took.count(), TimeKind::Host};
    }
    std::string lost() const override { return {}; }
};

}  // namespace

std::unique_ptr<Backend> open_cpu(std::string&) { return std::make_unique<Cpu>(); }

}  // namespace gcn
