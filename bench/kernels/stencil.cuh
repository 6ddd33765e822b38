// The arithmetic that all kernels share: one order of operations, so that their results can be compared bit by bit
// (which needs -fmad=false as well).
#pragma once

enum { FIXED = 0, PERIODIC = 1, REFLECT = 2 }; // fixed: zero outside; reflect: the edge cell is repeated

#define F4(p) (*(float4*)(p))
#define CF4(p) (*(const float4*)(p))

// c: the cell, p: one step ago; left, right, front, back (y -1, +1), down, up (z -1, +1).
__device__ __forceinline__ float wave1(float c, float p, float l, float r, float f, float b, float d, float u,
                                       float c2) {
    return 2.f * c - p + c2 * (l + r + f + b + d + u - 6.f * c);
}
// Four cells along x; l and r are the single cells beside them.
__device__ __forceinline__ float4 wave4(float4 c, float4 p, float l, float r, float4 f, float4 b, float4 d, float4 u,
                                        float c2) {
    return make_float4(wave1(c.x, p.x, l, c.y, f.x, b.x, d.x, u.x, c2), wave1(c.y, p.y, c.x, c.z, f.y, b.y, d.y, u.y, c2),
                       wave1(c.z, p.z, c.y, c.w, f.z, b.z, d.z, u.z, c2), wave1(c.w, p.w, c.z, r, f.w, b.w, d.w, u.w, c2));
}
