// Floating-point functions with Rust's meaning.
//
// Owns: casts from floats, and the methods of f32 and f64. + - * / sqrt, rounding and mul_add agree with the CPU bit
// for bit; the others are the platform's own and agree to a few units in the last place. On a host compiler the same
// names call its builtins, so that the text can be run without a GPU.
#pragma once
#include "arith.cuh"
#include "half.cuh"

namespace rk {

#if defined(__CUDACC__)
#define RK_MATH(NAME) ::NAME
#define RK_BITS_OF_F32(X) __float_as_uint(X)
#define RK_BITS_OF_F64(X) ((u64)__double_as_longlong(X))
#define RK_F32_OF_BITS(X) __uint_as_float(X)
#define RK_F64_OF_BITS(X) __longlong_as_double((long long)(X))
#else
#define RK_MATH(NAME) __builtin_##NAME
template <class To, class From> RK_DEVICE To bit_cast(From from) {
    To to;
    __builtin_memcpy(&to, &from, sizeof(To));
    return to;
}
#define RK_BITS_OF_F32(X) bit_cast<u32>(X)
#define RK_BITS_OF_F64(X) bit_cast<u64>(X)
#define RK_F32_OF_BITS(X) bit_cast<f32>(X)
#define RK_F64_OF_BITS(X) bit_cast<f64>(X)
#endif

// ---- bits ---------------------------------------------------------------------------------------------------------

template <class R> RK_DEVICE R to_bits(f32 x) { return RK_BITS_OF_F32(x); }
template <class R> RK_DEVICE R to_bits(f64 x) { return RK_BITS_OF_F64(x); }
template <class F, class B> RK_DEVICE F from_bits(B bits) {
    if constexpr (sizeof(F) == 4) return RK_F32_OF_BITS((u32)bits);
    else return RK_F64_OF_BITS((u64)bits);
}
RK_DEVICE bool is_sign_negative(f32 x) { return RK_BITS_OF_F32(x) >> 31; }
RK_DEVICE bool is_sign_negative(f64 x) { return RK_BITS_OF_F64(x) >> 63; }
template <class F> RK_DEVICE bool is_sign_positive(F x) { return !is_sign_negative(x); }
template <class F> RK_DEVICE bool is_nan(F x) { return x != x; }
// An infinity less itself is NaN.
template <class F> RK_DEVICE bool is_finite(F x) { return x - x == (F)0; }
template <class F> RK_DEVICE bool is_infinite(F x) { return !is_nan(x) && !is_finite(x); }

// `x as T`: out of range gives the nearest value, NaN gives 0.
template <class T, class F> RK_DEVICE T saturate(F x) {
    // Two to the power of the width, less the sign: the first value above the range; for u128 that is beyond f32.
    constexpr u32 POWER = Int<T>::BITS - (Int<T>::SIGNED_TYPE ? 1 : 0);
    if (x != x) return 0;
    if constexpr (Int<T>::SIGNED_TYPE) {
        F low = (F)Int<T>::MIN;
        if (x <= low) return Int<T>::MIN;
        if (x >= -low) return Int<T>::MAX;
    } else {
        if (x <= (F)0) return 0;
        if constexpr (POWER < 128 || sizeof(F) == 8) {
            F high = (F)((typename Int<T>::Unsigned)1 << (POWER - 1)) * (F)2;
            if (x >= high) return Int<T>::MAX;
        } else {
            if (!is_finite(x)) return Int<T>::MAX;
        }
    }
    return (T)x;
}

// ---- functions that both widths have under two names ------------------------------------------------------------------

#define RK_UNARY(NAME, PLAIN)                                                                                          \
    RK_DEVICE f32 NAME(f32 x) { return RK_MATH(PLAIN##f)(x); }                                                         \
    RK_DEVICE f64 NAME(f64 x) { return RK_MATH(PLAIN)(x); }
#define RK_BINARY(NAME, PLAIN)                                                                                         \
    RK_DEVICE f32 NAME(f32 x, f32 y) { return RK_MATH(PLAIN##f)(x, y); }                                               \
    RK_DEVICE f64 NAME(f64 x, f64 y) { return RK_MATH(PLAIN)(x, y); }
RK_UNARY(abs, fabs)
RK_UNARY(sqrt, sqrt)
RK_UNARY(floor, floor)
RK_UNARY(ceil, ceil)
RK_UNARY(round, round)
RK_UNARY(round_ties_even, rint)
RK_UNARY(trunc, trunc)
RK_UNARY(sin, sin)
RK_UNARY(cos, cos)
RK_UNARY(tan, tan)
RK_UNARY(asin, asin)
RK_UNARY(acos, acos)
RK_UNARY(atan, atan)
RK_UNARY(sinh, sinh)
RK_UNARY(cosh, cosh)
RK_UNARY(tanh, tanh)
RK_UNARY(exp, exp)
RK_UNARY(exp2, exp2)
RK_UNARY(exp_m1, expm1)
RK_UNARY(log, log)
RK_UNARY(log2, log2)
RK_UNARY(log10, log10)
RK_UNARY(ln_1p, log1p)
RK_UNARY(cbrt, cbrt)
RK_BINARY(atan2, atan2)
RK_BINARY(powf, pow)
RK_BINARY(hypot, hypot)
RK_BINARY(fmod, fmod)
RK_BINARY(copysign, copysign)
#undef RK_UNARY
#undef RK_BINARY
RK_DEVICE F16 fmod(F16 a, F16 b) { return Narrowed<F16>::of(fmod(widened(a), widened(b))); }
RK_DEVICE Bf16 fmod(Bf16 a, Bf16 b) { return Narrowed<Bf16>::of(fmod(widened(a), widened(b))); }
RK_DEVICE f32 mul_add(f32 a, f32 b, f32 c) { return RK_MATH(fmaf)(a, b, c); }
RK_DEVICE f64 mul_add(f64 a, f64 b, f64 c) { return RK_MATH(fma)(a, b, c); }

// NaN loses: the other argument is the result.
RK_DEVICE f32 min(f32 a, f32 b) { return a != a ? b : b != b ? a : b < a ? b : a; }
RK_DEVICE f64 min(f64 a, f64 b) { return a != a ? b : b != b ? a : b < a ? b : a; }
RK_DEVICE f32 max(f32 a, f32 b) { return a != a ? b : b != b ? a : a < b ? b : a; }
RK_DEVICE f64 max(f64 a, f64 b) { return a != a ? b : b != b ? a : a < b ? b : a; }

template <class F> RK_DEVICE F fract(F x) { return x - trunc(x); }
template <class F> RK_DEVICE F recip(F x) { return (F)1 / x; }
RK_DEVICE f32 signum(f32 x) { return x != x ? x : copysign(1.0f, x); }
RK_DEVICE f64 signum(f64 x) { return x != x ? x : copysign(1.0, x); }
RK_DEVICE f32 to_radians(f32 x) { return x * 0.017453292f; }
RK_DEVICE f64 to_radians(f64 x) { return x * (3.14159265358979323846264338327950288 / 180.0); }
RK_DEVICE f32 to_degrees(f32 x) { return x * 57.2957795130823208767981548141051703f; }
RK_DEVICE f64 to_degrees(f64 x) { return x * (180.0 / 3.14159265358979323846264338327950288); }
template <class F> RK_DEVICE F float_rem_euclid(F a, F b) {
    F r = fmod(a, b);
    return r < (F)0 ? r + abs(b) : r;
}
RK_DEVICE f32 rem_euclid(f32 a, f32 b) { return float_rem_euclid(a, b); }
RK_DEVICE f64 rem_euclid(f64 a, f64 b) { return float_rem_euclid(a, b); }
template <class F> RK_DEVICE F float_div_euclid(F a, F b) {
    F q = trunc(a / b);
    if (fmod(a, b) < (F)0) return b > (F)0 ? q - (F)1 : q + (F)1;
    return q;
}
RK_DEVICE f32 div_euclid(f32 a, f32 b) { return float_div_euclid(a, b); }
RK_DEVICE f64 div_euclid(f64 a, f64 b) { return float_div_euclid(a, b); }
// By repeated squaring, as the compiler's own runtime does it.
template <class F> RK_DEVICE F powi(F x, i32 n) {
    u32 left = n < 0 ? 0u - (u32)n : (u32)n;
    F result = (F)1;
    while (true) {
        if (left & 1) result *= x;
        left >>= 1;
        if (left == 0) break;
        x *= x;
    }
    return n < 0 ? (F)1 / result : result;
}

}  // namespace rk
