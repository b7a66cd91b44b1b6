// C++ on the device, as HIP compiles it, without HIP's headers: templates, classes, virtual functions, pointers to
// functions, bit fields, lambdas.
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define KERNEL extern "C" __global__ void

using uint = unsigned;

__device__ static uint local_id() { return __builtin_amdgcn_workitem_id_x(); }
__device__ static uint global_id() {
    const auto* packet = (__constant__ unsigned short*)__builtin_amdgcn_dispatch_ptr();
    return __builtin_amdgcn_workgroup_id_x() * packet[2] + local_id();
}

// ---- templates and operators ---------------------------------------------------------

template <class T> struct Complex {
    T re, im;
    __device__ Complex operator+(const Complex& o) const { return {re + o.re, im + o.im}; }
    __device__ Complex operator*(const Complex& o) const { return {re * o.re - im * o.im, re * o.im + im * o.re}; }
};
template <class T, int power> struct Power {
    __device__ static T of(T x) { return x * Power<T, power - 1>::of(x); }
};
template <class T> struct Power<T, 1> {
    __device__ static T of(T x) { return x; }
};
KERNEL complex_powers(Complex<int>* out, const Complex<int>* in) {
    const uint i = global_id();
    out[i] = Power<Complex<int>, 5>::of(in[i]) + in[i];
}

struct Fields {
    uint a : 5, b : 11;
    int c : 7, d : 9;
};
KERNEL bit_fields(int* out, const uint* in) {
    const uint i = global_id();
    volatile Fields f;
    f.a = in[i];
    f.b = in[i] >> 3;
    f.c = in[i] >> 7;
    f.d = in[i] >> 11;
    f.b += f.a;
    f.d -= f.c;
    out[i] = int(f.a + f.b * 3) + f.c * 5 + f.d * 7;
}

// clang-16 spoils the others at -O0: see each.h. With HIP even the addresses of variables are such values.
#ifdef __OPTIMIZE__

template <class T, int n> struct Matrix {
    T m[n][n];
    __device__ T& at(int row, int column) { return m[row][column]; }
    __device__ Matrix operator*(Matrix& o) {
        Matrix r;
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j) {
                r.at(i, j) = 0;
                for (int k = 0; k < n; ++k) r.at(i, j) += at(i, k) * o.at(k, j);
            }
        return r;
    }
};
// Fibonacci numbers by powers of a matrix.
KERNEL matrix_power(unsigned long* out, const uint* in) {
    const uint i = global_id();
    Matrix<unsigned long, 2> base = {{{1, 1}, {1, 0}}}, result = {{{1, 0}, {0, 1}}};
    for (uint e = in[i] % 90; e; e >>= 1) {
        if (e & 1) result = result * base;
        base = base * base;
    }
    out[i] = result.at(0, 1);
}

// ---- virtual functions ------------------------------------------------------------------

struct Shape {
    __device__ virtual int area() const { return 0; }
    __device__ virtual int sides() const { return 4; }
};
struct Square : Shape {
    int a;
    __device__ Square(int a) : a(a) {}
    __device__ int area() const override { return a * a; }
};
struct Rectangle : Shape {
    int a, b;
    __device__ Rectangle(int a, int b) : a(a), b(b) {}
    __device__ int area() const override { return a * b; }
};
struct Triangle : Rectangle {
    using Rectangle::Rectangle;
    __device__ int area() const override { return Rectangle::area() / 2; }
    __device__ int sides() const override { return 3; }
};
// Lanes call different functions through one pointer.
KERNEL virtual_calls(int* out, const int* in) {
    const uint i = global_id();
    const int x = in[i] & 1023, y = in[i] >> 10 & 1023;
    Square square(x);
    Rectangle rectangle(x, y);
    Triangle triangle(x, y);
    Shape* shapes[3] = {&square, &rectangle, &triangle};
    const Shape* mine = shapes[i % 3];
    out[i] = mine->area() * 10 + mine->sides();
}

__device__ static int twice(int x) { return 2 * x; }
__device__ static int square(int x) { return x * x; }
__device__ static int negative(int x) { return -x; }
__device__ static int next(int x) { return x + 1; }
// A little machine whose program differs between lanes.
KERNEL function_pointers(int* out, const uint* programs) {
    int (*const operations[4])(int) = {twice, square, negative, next};
    const uint i = global_id();
    int x = i;
    for (uint k = 0; k < 8; ++k) x = operations[programs[i] >> 2 * k & 3](x);
    out[i] = x;
}

// ---- and the rest ------------------------------------------------------------------------

template <class F> __device__ static int reduce(const int* v, uint count, int start, F combine) {
    for (uint k = 0; k < count; ++k) start = combine(start, v[k]);
    return start;
}
KERNEL lambdas(int* out, const int* in) {
    const uint i = global_id();
    const int bias = i * 3;
    out[3 * i] = reduce(in + i, 10, 0, [=](int a, int b) { return a + (b ^ bias); });
    out[3 * i + 1] = reduce(in + i, 10, in[i], [](int a, int b) { if (b > a) a = b; return a; });
    int calls = 0;
    reduce(in + i, 10, 0, [&](int, int b) { calls += b & 1; return 0; });
    out[3 * i + 2] = calls;
}

// A stack of its own for each lane, in a class, for a traversal of a tree in an array.
template <class T, int size> class Stack {
    T items[size];
    int top = 0;

public:
    __device__ void push(T item) { items[top++] = item; }
    __device__ T pop() { return items[--top]; }
    __device__ bool empty() const { return top == 0; }
};
KERNEL tree_walk(uint* out, const uint* tree, uint nodes) {
    const uint i = global_id();
    Stack<uint, 16> open;
    open.push(0);
    uint hash = i;
    while (!open.empty()) {
        const uint node = open.pop();
        hash = hash * 31 + tree[node];
        const bool left = tree[node] >> (i & 15) & 1;
        if (left && 2 * node + 1 < nodes) open.push(2 * node + 1);
        if (2 * node + 2 < nodes) open.push(2 * node + 2);
    }
    out[i] = hash;
}

enum class Token : unsigned char { Number, Plus, Times, End };
// Shared memory, a barrier, and an automaton with an enumeration for its states.
KERNEL automaton(int* out, const unsigned char* words) {
    __shared__ unsigned char shared[64][8];
    const uint me = local_id();
    for (uint k = 0; k < 8; ++k) shared[(me + 1) % 64][k] = words[global_id() * 8 + k];
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
    __builtin_amdgcn_s_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
    int value = 0, pending = 0;
    Token before = Token::Plus;
    for (uint k = 0; k < 8; ++k) {
        const unsigned char c = shared[me][k];
        const Token token = Token(c & 3);
        if (token == Token::End) break;
        switch (token) {
            case Token::Number:
                if (before == Token::Times)
                    pending *= c >> 2;
                else
                    pending += c >> 2;
                break;
            case Token::Plus:
                value += pending;
                pending = 0;
                break;
            default: value ^= 5;
        }
        before = token;
    }
    out[global_id()] = value * 1000 + pending;
}

KERNEL atomic_builtins(uint* sums, const uint* in) {
    const uint x = in[global_id()];
    __hip_atomic_fetch_add(&sums[x % 5], x, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
    __hip_atomic_fetch_max(&sums[5], x, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
    uint old = __hip_atomic_load(&sums[6], __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
    while (!__hip_atomic_compare_exchange_strong(&sums[6], &old, old + (x & 255), __ATOMIC_RELAXED, __ATOMIC_RELAXED,
                                                 __HIP_MEMORY_SCOPE_AGENT))
        ;
}
#endif
