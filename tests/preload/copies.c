// Preloaded under a program of libdrm_amdgpu that copies between buffers: each buffer but the first, in which the
// program keeps its packets, is filled with words of its own before a submission; after it a line each tells whose words
// it holds, and how many.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <libdrm/amdgpu.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    amdgpu_bo_handle handle;
    uint64_t words;
    uint32_t* at;
} buffers[16];
static int count;

static void* next(const char* name) {
    void* found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static uint32_t word(int buffer, uint64_t i) { return (uint32_t)i * 16 + (uint32_t)buffer; }

int amdgpu_bo_alloc(amdgpu_device_handle device, struct amdgpu_bo_alloc_request* request, amdgpu_bo_handle* handle) {
    int (*alloc)(amdgpu_device_handle, struct amdgpu_bo_alloc_request*, amdgpu_bo_handle*) = next("amdgpu_bo_alloc");
    const int result = alloc(device, request, handle);
    if (result || count == 16) return result;
    buffers[count].handle = *handle;
    buffers[count++].words = request->alloc_size / 4;
    return 0;
}

int amdgpu_cs_submit(amdgpu_context_handle context, uint64_t flags, struct amdgpu_cs_request* request, uint32_t n) {
    int (*submit)(amdgpu_context_handle, uint64_t, struct amdgpu_cs_request*, uint32_t) = next("amdgpu_cs_submit");
    for (int b = 1; b < count; b++) {
        if (!buffers[b].at && amdgpu_bo_cpu_map(buffers[b].handle, (void**)&buffers[b].at)) abort();
        for (uint64_t i = 0; i < buffers[b].words; i++) buffers[b].at[i] = word(b, i);
    }
    return submit(context, flags, request, n);
}

int amdgpu_cs_query_fence_status(struct amdgpu_cs_fence* fence, uint64_t ns, uint64_t flags, uint32_t* expired) {
    int (*query)(struct amdgpu_cs_fence*, uint64_t, uint64_t, uint32_t*) = next("amdgpu_cs_query_fence_status");
    const int result = query(fence, ns, flags, expired);
    if (result || !*expired) return result;
    for (int b = 1; b < count; b++) {
        printf("buffer %d:", b);
        for (uint64_t i = 0; i < buffers[b].words;) {
            const uint64_t first = i;
            const int whose = (int)(buffers[b].at[i] & 15);
            while (i < buffers[b].words && buffers[b].at[i] == word(whose, i)) i++;
            if (i == first) {
                printf(" nobody's at %llu", (unsigned long long)i);
                break;
            }
            printf(" %llu of %d", (unsigned long long)(i - first), whose);
        }
        printf("\n");
    }
    return 0;
}
