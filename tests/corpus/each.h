// Kernels that make one result of one, two or three inputs, for each work-item. The expression names them a, b and c.
//
// What clang-16 spoils at -O0: a value that flows out of a branch or through one, as of "condition ? f(a) : g(a)".
// It keeps such values in scratch memory and reloads them before it gives EXEC its lanes again (its output has
// "Folded Reload" in front of s_or_b64 exec, s_or_saveexec_b64 or s_mov_b64 exec), so that only the lanes of one
// side, or none, have them. Variables of C are safe: each use loads them anew. So kernels here say if and else.
// Library functions come as bitcode that was optimized, with such values in them: kernels that call one of the
// spoiled ones stand in "#ifdef __OPTIMIZE__", are built at -O2 only, and do not count. get_global_id(1) is spoiled
// too; GLOBAL_ID(1) is its formula without an offset.
#define GLOBAL_ID(axis) (LOCAL_ID(axis) + GROUP_ID(axis) * GROUP_SIZE(axis))
#define LOCAL_ID(axis) (axis == 0 ? __builtin_amdgcn_workitem_id_x() : axis == 1 ? __builtin_amdgcn_workitem_id_y() \
                                                                     : __builtin_amdgcn_workitem_id_z())
#define GROUP_ID(axis) (axis == 0 ? __builtin_amdgcn_workgroup_id_x() : axis == 1 ? __builtin_amdgcn_workgroup_id_y() \
                                                                      : __builtin_amdgcn_workgroup_id_z())
#define GROUP_SIZE(axis) (((constant ushort*)__builtin_amdgcn_dispatch_ptr())[2 + axis])

#define ONE(name, R, A, expression)                                                \
    kernel void name(global R* out, global const A* in) {                          \
        const size_t i = get_global_id(0);                                         \
        const A a = in[i];                                                         \
        out[i] = expression;                                                       \
    }
#define TWO(name, R, A, B, expression)                                             \
    kernel void name(global R* out, global const A* in_a, global const B* in_b) {  \
        const size_t i = get_global_id(0);                                         \
        const A a = in_a[i];                                                       \
        const B b = in_b[i];                                                       \
        out[i] = expression;                                                       \
    }
#define THREE(name, T, expression)                                                 \
    kernel void name(global T* out, global const T* in_a, global const T* in_b,    \
                     global const T* in_c) {                                       \
        const size_t i = get_global_id(0);                                         \
        const T a = in_a[i], b = in_b[i], c = in_c[i];                             \
        out[i] = expression;                                                       \
    }
#define PAIR(name, R, A, B, ...)                                                   \
    kernel void name(global R* out, global const A* in_a, global const B* in_b) {  \
        const size_t i = get_global_id(0);                                         \
        const A a = in_a[i];                                                       \
        const B b = in_b[i];                                                       \
        R r;                                                                       \
        __VA_ARGS__                                                                \
        out[i] = r;                                                                \
    }
#define SINGLE(name, R, A, ...)                                                    \
    kernel void name(global R* out, global const A* in) {                          \
        const size_t i = get_global_id(0);                                         \
        const A a = in[i];                                                         \
        R r;                                                                       \
        __VA_ARGS__                                                                \
        out[i] = r;                                                                \
    }
