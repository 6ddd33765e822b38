// 16-bit floats: `f16` (binary16) and `bf16` (the upper half of an f32).
//
// Owns: their conversions and operators. Each operator goes through f32 and is rounded once, to the nearest, ties to even;
// the result is that of the crate `half` bit for bit, but for the payload of a NaN. No header of the toolkit is needed, and
// every architecture can: bf16 is converted by arithmetic on bits, of which the oldest has no instruction.
#pragma once
#include "types.cuh"

namespace rk {

struct F16 {
    u16 bits;
};
struct Bf16 {
    u16 bits;
};

#if defined(__CUDACC__)
RK_DEVICE u32 half_bits_of(f32 x) { return __float_as_uint(x); }
RK_DEVICE f32 half_f32_of(u32 bits) { return __uint_as_float(bits); }
#else
RK_DEVICE u32 half_bits_of(f32 x) {
    u32 bits;
    __builtin_memcpy(&bits, &x, 4);
    return bits;
}
RK_DEVICE f32 half_f32_of(u32 bits) {
    f32 x;
    __builtin_memcpy(&x, &bits, 4);
    return x;
}
#endif

// ---- to and from f32 ----------------------------------------------------------------------------------------------

RK_DEVICE f32 widened(F16 x) {
    u32 sign = (u32)(x.bits & 0x8000) << 16, rest = x.bits & 0x7fffu;
    // Subnormal ones are multiples of 2^-24, which f32 has.
    if (rest < 0x400) return half_f32_of(sign | half_bits_of((f32)rest * 5.9604644775390625e-8f));
    // The exponents' offsets differ by 112; infinity and NaN have the greatest exponent in both.
    u32 bias = rest < 0x7c00 ? 112u << 23 : 224u << 23;
    return half_f32_of(sign | ((rest << 13) + bias));
}
RK_DEVICE f32 widened(Bf16 x) { return half_f32_of((u32)x.bits << 16); }

template <class H> struct Narrowed;
template <> struct Narrowed<F16> {
    RK_MEMBER static F16 of(f32 x) {
        u32 sign = half_bits_of(x) >> 16 & 0x8000, rest = half_bits_of(x) & 0x7fffffff;
        if (rest > 0x7f800000) return F16{(u16)(sign | 0x7e00)};
        // From 2^16 on infinite; what is rounded up to it becomes infinite below.
        if (rest >= 143u << 23) return F16{(u16)(sign | 0x7c00)};
        // Below 2^-14 subnormal: next to 0.5 an f32 has exactly its steps, so the sum is rounded to one.
        if (rest < 113u << 23) return F16{(u16)(sign | (half_bits_of(half_f32_of(rest) + 0.5f) - (126u << 23)))};
        rest += 0xfff + (rest >> 13 & 1);
        return F16{(u16)(sign | (rest - (112u << 23)) >> 13)};
    }
};
template <> struct Narrowed<Bf16> {
    RK_MEMBER static Bf16 of(f32 x) {
        u32 bits = half_bits_of(x);
        if ((bits & 0x7fffffff) > 0x7f800000) return Bf16{(u16)(bits >> 16 | 0x40)};
        return Bf16{(u16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
    }
};

// ---- operators ----------------------------------------------------------------------------------------------------

#define RK_HALF_OPERATOR(H, OP)                                                                                        \
    RK_DEVICE H operator OP(H a, H b) { return Narrowed<H>::of(widened(a) OP widened(b)); }                                \
    RK_DEVICE H& operator OP##=(H& a, H b) { return a = a OP b; }
#define RK_HALF_COMPARISON(H, OP)                                                                                      \
    RK_DEVICE bool operator OP(H a, H b) { return widened(a) OP widened(b); }
#define RK_HALF(H, INFINITE)                                                                                           \
    RK_HALF_OPERATOR(H, +)                                                                                             \
    RK_HALF_OPERATOR(H, -)                                                                                             \
    RK_HALF_OPERATOR(H, *)                                                                                             \
    RK_HALF_OPERATOR(H, /)                                                                                             \
    RK_HALF_COMPARISON(H, ==)                                                                                          \
    RK_HALF_COMPARISON(H, !=)                                                                                          \
    RK_HALF_COMPARISON(H, <)                                                                                           \
    RK_HALF_COMPARISON(H, <=)                                                                                          \
    RK_HALF_COMPARISON(H, >)                                                                                           \
    RK_HALF_COMPARISON(H, >=)                                                                                          \
    RK_DEVICE H operator-(H a) { return H{(u16)(a.bits ^ 0x8000)}; }                                                   \
    RK_DEVICE i32 compare(const H& a, const H& b) { return a < b ? -1 : a == b ? 0 : a > b ? 1 : 2; }                  \
    RK_DEVICE bool half_is_nan(H a) { return (a.bits & 0x7fff) > INFINITE; }                                           \
    RK_DEVICE bool half_is_infinite(H a) { return (a.bits & 0x7fff) == INFINITE; }                                     \
    RK_DEVICE bool half_is_finite(H a) { return (a.bits & 0x7fff) < INFINITE; }
RK_HALF(F16, 0x7c00)
RK_HALF(Bf16, 0x7f80)
#undef RK_HALF
#undef RK_HALF_COMPARISON
#undef RK_HALF_OPERATOR

// ---- methods ------------------------------------------------------------------------------------------------------

template <class H> RK_DEVICE u16 half_to_bits(H a) { return a.bits; }
template <class H> RK_DEVICE H half_from_bits(u16 bits) { return H{bits}; }
template <class H> RK_DEVICE H half_from_f32(f32 x) { return Narrowed<H>::of(x); }
template <class H> RK_DEVICE f64 half_to_f64(H a) { return (f64)widened(a); }
template <class H> RK_DEVICE bool half_is_sign_negative(H a) { return a.bits >> 15; }
template <class H> RK_DEVICE bool half_is_sign_positive(H a) { return !(a.bits >> 15); }
// NaN loses; of equal numbers the first is taken.
template <class H> RK_DEVICE H half_max(H a, H b) { return half_is_nan(a) || b > a ? b : a; }
template <class H> RK_DEVICE H half_min(H a, H b) { return half_is_nan(a) || b < a ? b : a; }

}  // namespace rk

typedef rk::F16 f16;
typedef rk::Bf16 bf16;
