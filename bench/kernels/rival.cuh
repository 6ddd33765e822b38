// The rival: the same stencil launched once a step, replayed as a CUDA graph; and what decides whether results are equal.
// Each thread marches along z and keeps the plane below and its own in registers. Reflecting edges. Blocks and the length of
// the march are tuned for each domain by the driver, which then takes the best.
#pragma once
#include "stencil.cuh"
#include "word.cuh"

// Columns of float4, in place of `before`. Used launched, and resident (wave_stream1).
template <int LX, int LY>
__device__ __forceinline__ void march4(const float* p, float* q, int nx, int ny, int nz, float c2, int zc, int bxi,
                                       int byi, int bzi, int t) {
    const int lx = t % LX, x = (bxi * LX + lx) * 4, y = byi * LY + t / LX, z0 = bzi * zc, z1 = min(z0 + zc, nz);
    if (x >= nx || y >= ny) return;
    const size_t s = (size_t)nx * ny;
    size_t i = (size_t)z0 * s + (size_t)y * nx + x;
    const int to_front = y > 0 ? -nx : 0, to_back = y < ny - 1 ? nx : 0, l = x > 0 ? -1 : 0, r = x + 4 < nx ? 4 : 3;
    float4 c = __ldcg((const float4*)(p + i)), dn = z0 > 0 ? __ldcg((const float4*)(p + i - s)) : c;
    for (int z = z0; z < z1; z++, i += s) {
        float4 up = z < nz - 1 ? CF4(p + i + s) : c;
        float4 o = F4(q + i);
        F4(q + i) = wave4(c, o, p[i + l], p[i + r], CF4(p + i + to_front), CF4(p + i + to_back), dn, up, c2);
        dn = c;
        c = up;
    }
}
template <int LX, int LY>
__global__ void __launch_bounds__(LX * LY)
    graph4(const float* __restrict__ p, float* q, int nx, int ny, int nz, float c2, int zc) {
    march4<LX, LY>(p, q, nx, ny, nz, c2, zc, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);
}
// The same, launched early over the former step's tail (programmatic dependent launch).
template <int LX, int LY>
__global__ void __launch_bounds__(LX * LY) graph4p(const float* p, float* q, int nx, int ny, int nz, float c2, int zc) {
#ifndef EMULATED
    asm volatile("griddepcontrol.wait;" ::: "memory");
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
    march4<LX, LY>(p, q, nx, ny, nz, c2, zc, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);
}
// Columns of single floats.
template <int LX, int LY>
__global__ void __launch_bounds__(LX * LY)
    graph1(const float* __restrict__ p, float* q, int nx, int ny, int nz, float c2, int zc) {
    const int x = blockIdx.x * LX + threadIdx.x % LX, y = blockIdx.y * LY + threadIdx.x / LX, z0 = blockIdx.z * zc,
              z1 = min(z0 + zc, nz);
    if (x >= nx || y >= ny) return;
    const size_t s = (size_t)nx * ny;
    size_t i = (size_t)z0 * s + (size_t)y * nx + x;
    const int to_front = y > 0 ? -nx : 0, to_back = y < ny - 1 ? nx : 0, l = x > 0 ? -1 : 0, r = x + 1 < nx ? 1 : 0;
    float c = p[i], dn = z0 > 0 ? p[i - s] : c;
#pragma unroll 4
    for (int z = z0; z < z1; z++, i += s) {
        float up = z < nz - 1 ? p[i + s] : c;
        q[i] = wave1(c, q[i], p[i + l], p[i + r], p[i + to_front], p[i + to_back], dn, up, c2);
        dn = c;
        c = up;
    }
}

// The plainest kernel, any boundary: what everything is compared with.
__global__ void reference(const float* p, float* q, int nx, int ny, int nz, float c2, int bc) {
    size_t n = (size_t)nx * ny * nz, i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    int x = i % nx, y = i / nx % ny, z = i / ((size_t)nx * ny);
    float c = p[i];
    auto at = [&](int X, int Y, int Z) {
        int* v[3] = {&X, &Y, &Z};
        int m[3] = {nx, ny, nz};
        for (int k = 0; k < 3; k++) {
            if (*v[k] < 0) {
                if (bc == FIXED) return 0.f;
                *v[k] = bc == PERIODIC ? m[k] - 1 : 0;
            } else if (*v[k] >= m[k]) {
                if (bc == FIXED) return 0.f;
                *v[k] = bc == PERIODIC ? 0 : m[k] - 1;
            }
        }
        return p[((size_t)Z * ny + Y) * nx + X];
    };
    q[i] = wave1(c, q[i], at(x - 1, y, z), at(x + 1, y, z), at(x, y - 1, z), at(x, y + 1, z), at(x, y, z - 1),
                 at(x, y, z + 1), c2);
}
__global__ void init(float* p, float* q, size_t n, unsigned salt) {
    size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        unsigned h = (unsigned)i * 2654435761u + salt;
        h ^= h >> 15;
        h *= 2246822519u;
        h ^= h >> 13;
        p[i] = (float)(h % 4096) / 4096.f - .5f;
        q[i] = p[i] + (float)(h % 7) / 70.f;
    }
}
__global__ void differ(const unsigned* a, const unsigned* b, size_t n, unsigned long long* c) {
    unsigned long long m = 0;
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (size_t)gridDim.x * blockDim.x)
        m += a[i] != b[i];
    if (m) atomicAdd(c, m);
}
