#ifndef GCN_GCN_H
#define GCN_GCN_H
// gcn: dense matrix products on AMD Polaris (gfx803), or on a software Polaris when there is no card. For C99 and for
// every language that can call C; gcn.hpp is the same for C++ and says more about devices, products and threads.
//
//     #include <stdio.h>
//     #include "gcn/gcn.h"
//
//     int main(void) {
//         float x[6] = {1, 2, 3, 4, 5, 6}, y[4];
//         gcn_device* device;
//         gcn_buffer *a, *b, *c;
//         gcn_plan* plan;
//         struct gcn_gemm gemm;
//         gcn_gemm_init(&gemm, sizeof gemm, 2, 2, 3), gemm.trans_b = GCN_TRANS;  // C = A * B^T
//         if (gcn_device_open(NULL, &device) || gcn_plan_make(device, &gemm, &plan) ||
//             gcn_buffer_alloc(device, sizeof x, &a) || gcn_buffer_write(a, x, sizeof x, 0) ||
//             gcn_buffer_alloc(device, sizeof x, &b) || gcn_buffer_write(b, x, sizeof x, 0) ||
//             gcn_buffer_alloc(device, sizeof y, &c) || gcn_plan_run(plan, a, b, c, NULL) ||
//             gcn_buffer_read(c, y, sizeof y, 0))
//             return puts(gcn_error()), 1;
//         printf("C(1, 0) = %g on %s\n", y[1], gcn_device_name(device));
//         gcn_plan_free(plan), gcn_buffer_free(a), gcn_buffer_free(b), gcn_buffer_free(c), gcn_device_close(device);
//     }
//
//     gcc -std=c99 example.c $(pkg-config --cflags --libs gcn)
//
// Calls that return an int return a status, but for gcn_device_time_kind. After any status but GCN_OK, and after NULL
// or -1 from another call, gcn_error() is the sentence that says why. What was to be made is NULL then. NULL handles,
// values that are none of an enum, ranges outside a buffer and buffers too small for a plan are refused in this way;
// a handle after its free is not, it is the caller's bug. No C++ exception leaves these calls.
//
// Handles may be freed in any order: buffers and plans keep their device open. Freeing NULL does nothing. A device, its
// buffers and its plans may be used by one thread at a time, different devices by different threads at once.

#include <stddef.h>
#include <stdint.h>

#ifdef __GNUC__
#define GCN_API __attribute__((visibility("default")))
#else
#define GCN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gcn_device gcn_device;
typedef struct gcn_buffer gcn_buffer;
typedef struct gcn_plan gcn_plan;

// A status: it worked; it did not; it was asked wrongly; there is nothing to run on.
enum { GCN_OK = 0, GCN_FAILED = 1, GCN_WRONG_USE = 2, GCN_NO_DEVICE = 3 };

// "gcn: cannot WHAT: WHY with values. Try: REMEDY." of this thread's last call, "" when that went well. Valid until
// this thread's next call; freeing and closing leave it as it is.
GCN_API const char* gcn_error(void);

// ---- devices ------------------------------------------------------------------------------------------------------

// `backend` is "hsa" or "drm" (a card if there is one, else software), "hsa-software", "drm-software" or "cpu"; NULL or
// "": $GCN_BACKEND, else the first that opens. What is not a card says so in a line on stderr, once per process.
GCN_API int gcn_device_open(const char* backend, gcn_device** device);
GCN_API void gcn_device_close(gcn_device* device);

// Where a time comes from: a card's clock, the software Polaris' model, or the clock of the host.
enum { GCN_MEASURED = 0, GCN_MODELLED = 1, GCN_HOST = 2 };

// Text lives as long as the device.
GCN_API const char* gcn_device_backend(const gcn_device* device);  // "hsa", "cpu"
GCN_API const char* gcn_device_name(const gcn_device* device);     // "AMD Radeon RX 590"
GCN_API int gcn_device_time_kind(const gcn_device* device);        // of all its times; GCN_MEASURED: it is a card
GCN_API double gcn_device_peak_gflops(const gcn_device* device);   // 0 when time is the host's
GCN_API const char* gcn_device_lost(gcn_device* device);           // why the device was lost, "" while it lives

// ---- memory of the device -----------------------------------------------------------------------------------------

GCN_API int gcn_buffer_alloc(gcn_device* device, size_t bytes, gcn_buffer** buffer);
GCN_API void gcn_buffer_free(gcn_buffer* buffer);
GCN_API int gcn_buffer_bytes(const gcn_buffer* buffer, size_t* bytes);
// From and to host memory, `offset` bytes into the buffer; complete on return.
GCN_API int gcn_buffer_write(gcn_buffer* buffer, const void* from, size_t bytes, size_t offset);
GCN_API int gcn_buffer_read(const gcn_buffer* buffer, void* to, size_t bytes, size_t offset);

// ---- products -----------------------------------------------------------------------------------------------------

enum { GCN_NO_TRANS = 0, GCN_TRANS = 1 };
enum { GCN_F32 = 0 };
enum { GCN_SHARED = -1 };  // as stride_a or stride_b: the same matrix for all products of a batch

// C = alpha * op(A) * op(B) + beta * C, column major as in BLAS; what each member means is with gcn::Gemm in gcn.hpp.
struct gcn_gemm {
    uint32_t size;              // sizeof(struct gcn_gemm) of the caller: later versions of it may be longer
    int32_t type;               // GCN_F32
    int32_t trans_a, trans_b;   // GCN_NO_TRANS or GCN_TRANS
    float alpha, beta;
    int64_t m, n, k;            // op(A) is m x k, op(B) is k x n, C is m x n
    int64_t lda, ldb, ldc;      // elements from column to column; 0: tightly packed
    int64_t batch;              // how many such products
    int64_t stride_a, stride_b, stride_c;  // elements from one's matrix to the next one's; 0: tightly packed
};

// C = A * B, one product, tightly packed. Always begin with this: alpha and batch are 1 in it. `size` is sizeof *gemm.
GCN_API int gcn_gemm_init(struct gcn_gemm* gemm, size_t size, int64_t m, int64_t n, int64_t k);

// Chooses the kernel; may be slow. The plan does not keep `gemm`.
GCN_API int gcn_plan_make(gcn_device* device, const struct gcn_gemm* gemm, gcn_plan** plan);
GCN_API void gcn_plan_free(gcn_plan* plan);

// Text lives as long as the plan.
GCN_API const char* gcn_plan_kernel(const gcn_plan* plan);    // "sgemm_nt_128x128"
GCN_API const char* gcn_plan_describe(const gcn_plan* plan);  // the choice, and why others lost
// The least bytes of each buffer that gcn_plan_run takes; any of the three may be NULL.
GCN_API int gcn_plan_bytes(const gcn_plan* plan, size_t* a, size_t* b, size_t* c);

struct gcn_time {
    double us;     // NaN: the software Polaris gave up modelling it (docs/timing.md, "none")
    int32_t kind;  // GCN_MEASURED, GCN_MODELLED or GCN_HOST
};

// Computes the product; C is complete on return. `time` may be NULL. GCN_FAILED when the device was lost.
GCN_API int gcn_plan_run(gcn_plan* plan, const gcn_buffer* a, const gcn_buffer* b, gcn_buffer* c,
                         struct gcn_time* time);
// The same for a batch whose matrices lie anywhere: `count`, the plan's batch, buffers each, with one matrix at the
// beginning of each. The strides are not used.
GCN_API int gcn_plan_run_batch(gcn_plan* plan, const gcn_buffer* const* a, const gcn_buffer* const* b,
                               gcn_buffer* const* c, size_t count, struct gcn_time* time);

GCN_API const char* gcn_time_text(const struct gcn_time* time);  // "31420.0 us modelled"; valid as gcn_error()'s

#ifdef __cplusplus
}
#endif
#endif
