// The rival as `ringkernel-bench gpu-grid` compiles it, by NVRTC: every block that it tries, and what reads and writes single
// cells. `bench/src/gpu/launched/` launches them.
#include "rival.cuh"

#define SINGLE(X, Y) template __global__ void graph1<X, Y>(const float* __restrict__, float*, int, int, int, float, int);
SINGLE(32, 4)
SINGLE(32, 8)
SINGLE(64, 4)
SINGLE(32, 16)

#define FOUR(X, Y)                                                                                                     \
    template __global__ void graph4<X, Y>(const float* __restrict__, float*, int, int, int, float, int);               \
    template __global__ void graph4p<X, Y>(const float*, float*, int, int, int, float, int);
FOUR(8, 8)
FOUR(8, 16)
FOUR(16, 8)
FOUR(16, 16)
FOUR(32, 4)
FOUR(32, 8)

// What the host wants of single cells, in mapped memory, and the answer: a value, and above it the number of the question.
struct Wish {
    unsigned impulse, amplitude, look, number;
};
__device__ void answer(const float* p, unsigned cell, unsigned number, unsigned long long* to) {
    *(volatile unsigned long long*)to = (unsigned long long)number << 32 | __float_as_uint(p[cell]);
}
extern "C" __global__ void inject(float* p, unsigned cell, float amplitude) { p[cell] += amplitude; }
extern "C" __global__ void look(const float* p, unsigned cell, unsigned number, unsigned long long* to) {
    answer(p, cell, number, to);
}
// The same from a graph, whose arguments stay the same.
extern "C" __global__ void inject_wish(float* p, const volatile Wish* wish) {
    p[wish->impulse] += __uint_as_float(wish->amplitude);
}
extern "C" __global__ void look_wish(const float* p, const volatile Wish* wish, unsigned long long* to) {
    answer(p, wish->look, wish->number, to);
}
