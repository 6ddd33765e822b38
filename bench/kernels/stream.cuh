// Domains larger than the chip: they stream through it from device memory, T steps a pass.
// Each of T levels keeps two planes in registers and publishes one in shared memory; one block barrier a plane. A step reads and
// writes 16 / T bytes a cell (T >= 2, out of place) against 12 of a launch a step. Reflecting edges.
#pragma once
#include "rival.cuh"

struct StreamArgs {
    float *now, *before, *now2, *before2;
    unsigned* counter;
    int nx, ny, nz, zc;
    float c2;
    unsigned passes;
    unsigned* fail;
};
// Until every block of the grid has come here. The counter only goes upwards, so nobody resets it.
__device__ __forceinline__ void grid_wait(unsigned* counter, unsigned target, unsigned* fail) {
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        atomicAdd(counter, 1);
        unsigned n = 0;
        while ((int)(load_relaxed(counter) - target) < 0) {
            if ((++n & 1023) == 0 && (n > 20000000 || load_relaxed(fail))) {
                store_relaxed(fail, 7);
                break;
            }
        }
        __threadfence();
    }
    __syncthreads();
}
// A block owns columns of 4 LX x HY cells and marches along z over zc planes. 4 cells in x and T in y at each side are halo,
// computed again by every block that needs them: level l is right only l cells inside, and the outermost are never written.
template <int T, int LX, int HY, int MINB>
__global__ void __launch_bounds__(LX * HY, MINB) wave_stream(const __grid_constant__ StreamArgs a) {
    SHARED_FLOATS;
    constexpr int W = LX * 4;
    const int t = threadIdx.x, lx = t % LX, y = t / LX;
    const int own = y * W + 4 * lx, to_front = (y == 0 ? 0 : -W), to_back = (y == HY - 1 ? 0 : W);
    const int tx = (a.nx - 8 + W - 9) / (W - 8), ty = (a.ny - 2 * T + HY - 2 * T - 1) / (HY - 2 * T),
              tz = (a.nz + a.zc - 1) / a.zc;
    const int items = tx * ty * tz;
    const size_t gs = (size_t)a.nx * a.ny;
    const float *now = a.now, *before = a.before;
    float *now2 = a.now2, *before2 = a.before2;
    for (unsigned pass = 1; pass <= a.passes; pass++) {
        for (int item = blockIdx.x; item < items; item += gridDim.x) {
            const int wx = item % tx, wy = item / tx % ty, wz = item / (tx * ty);
            const int x0 = min(wx * (W - 8), a.nx - W), y0 = min(wy * (HY - 2 * T), a.ny - HY), z0 = wz * a.zc,
                      z1 = min(z0 + a.zc, a.nz);
            const bool mine = (lx > 0 || x0 == 0) && (lx < LX - 1 || x0 + W == a.nx) && (y >= T || y0 == 0) &&
                              (y < HY - T || y0 + HY == a.ny);
            const size_t g = (size_t)(y0 + y) * a.nx + x0 + 4 * lx;
            const int i0 = max(0, z0 - T);
            float4 c[T], d[T];
            UNROLL for (int l = 0; l < T; l++) c[l] = d[l] = make_float4(0, 0, 0, 0);
            int par = 0;
            float4 nu = CF4(now + g + (size_t)i0 * gs), nb = c[0];
            for (int i = i0; i < z1 + T; i++) {
                float4 u = nu, prv = nb;
                if (i + 1 < a.nz) nu = CF4(now + g + (size_t)(i + 1) * gs);
                if (i < a.nz) nb = CF4(before + g + (size_t)i * gs);
                const float* q = sm + par * (T * W * HY) + own;
                float* o = sm + (par ^ 1) * (T * W * HY) + own;
                UNROLL for (int l = 0; l < T; l++) {
                    const int k = i - 1 - l;
                    float4 x = c[l], dn = k == 0 ? x : d[l], up = k == a.nz - 1 ? x : u, front = CF4(q + l * W * HY + to_front),
                           back = CF4(q + l * W * HY + to_back);
                    float lf = __shfl_up_sync(0xffffffffu, x.w, 1, LX), rg = __shfl_down_sync(0xffffffffu, x.x, 1, LX);
                    if (lx == 0) lf = x.x;
                    if (lx == LX - 1) rg = x.w;
                    float4 nw = wave4(x, prv, lf, rg, front, back, dn, up, a.c2);
                    prv = d[l];
                    d[l] = x;
                    c[l] = u;
                    F4(o + l * W * HY) = u;
                    u = nw;
                }
                const int k = i - T;
                if (mine && k >= z0) {
                    F4(now2 + g + (size_t)k * gs) = u;
                    F4(before2 + g + (size_t)k * gs) = d[T - 1];
                }
                par ^= 1;
                __syncthreads();
            }
        }
        if (pass < a.passes) grid_wait(a.counter, pass * gridDim.x, a.fail);
        float* f = now2;
        now2 = (float*)now;
        now = f;
        f = before2;
        before2 = (float*)before;
        before = f;
    }
}

// Resident T = 1: in place of `before`, a grid barrier a step.
template <int LX, int LY> __global__ void __launch_bounds__(LX * LY) wave_stream1(const __grid_constant__ StreamArgs a) {
    float *p = a.now, *q = a.before;
    const int bx = (a.nx / 4 + LX - 1) / LX, by = (a.ny + LY - 1) / LY, bz = (a.nz + a.zc - 1) / a.zc, n = bx * by * bz;
    for (unsigned pass = 1; pass <= a.passes; pass++) {
        for (int i = blockIdx.x; i < n; i += gridDim.x)
            march4<LX, LY>(p, q, a.nx, a.ny, a.nz, a.c2, a.zc, i % bx, i / bx % by, i / (bx * by), threadIdx.x);
        if (pass < a.passes) grid_wait(a.counter, pass * gridDim.x, a.fail);
        float* f = p;
        p = q;
        q = f;
    }
}
