// Integer arithmetic with Rust's meaning.
//
// Owns: what C++ operators do not do as Rust does: wrapping of signed numbers (undefined in C++), questions whether an
// operation overflows, shifts by any amount, division with the sign of the divisor, and the methods of integers. All
// are for any integer type; narrow ones are never promoted in the result. Nothing here fails: checks are the caller's.
#pragma once
#include "types.cuh"

namespace rk {

// The unsigned type of the same width, and what else must be known of an integer type.
template <class T> struct Int;
#define RK_INT(TYPE, UNSIGNED, SIGNED, IS_SIGNED)                                                                      \
    template <> struct Int<TYPE> {                                                                                     \
        using Unsigned = UNSIGNED;                                                                                     \
        using Signed = SIGNED;                                                                                         \
        static constexpr u32 BITS = sizeof(TYPE) * 8;                                                                  \
        static constexpr bool SIGNED_TYPE = IS_SIGNED;                                                                 \
        static constexpr TYPE MIN = IS_SIGNED ? (TYPE)((UNSIGNED)1 << (sizeof(TYPE) * 8 - 1)) : (TYPE)0;               \
        static constexpr TYPE MAX =                                                                                    \
            IS_SIGNED ? (TYPE)(((UNSIGNED)1 << (sizeof(TYPE) * 8 - 1)) - 1) : (TYPE)(UNSIGNED)(~(UNSIGNED)0);          \
    };
RK_INT(u8, u8, i8, false)
RK_INT(u16, u16, i16, false)
RK_INT(u32, u32, i32, false)
RK_INT(u64, u64, i64, false)
RK_INT(i8, u8, i8, true)
RK_INT(i16, u16, i16, true)
RK_INT(i32, u32, i32, true)
RK_INT(i64, u64, i64, true)
#ifdef RK_HAS_INT128
RK_INT(u128, u128, i128, false)
RK_INT(i128, u128, i128, true)
#endif
#undef RK_INT

// ---- wrapping -----------------------------------------------------------------------------------------------------

// `unsigned short` times itself is an `int` that can overflow; a product of narrow numbers is taken in 32 bits.
template <class T> struct Wide {
    using Type = typename Int<T>::Unsigned;
};
template <> struct Wide<u16> {
    using Type = u32;
};
template <> struct Wide<i16> {
    using Type = u32;
};

template <class T> RK_DEVICE T wrapping_add(T a, T b) {
    using U = typename Int<T>::Unsigned;
    return (T)(U)((U)a + (U)b);
}
template <class T> RK_DEVICE T wrapping_sub(T a, T b) {
    using U = typename Int<T>::Unsigned;
    return (T)(U)((U)a - (U)b);
}
template <class T> RK_DEVICE T wrapping_mul(T a, T b) {
    using U = typename Int<T>::Unsigned;
    using W = typename Wide<T>::Type;
    return (T)(U)((W)(U)a * (W)(U)b);
}
template <class T> RK_DEVICE T wrapping_neg(T a) { return wrapping_sub((T)0, a); }
template <class T> RK_DEVICE T wrapping_abs(T a) { return a < 0 ? wrapping_neg(a) : a; }

// ---- shifts -------------------------------------------------------------------------------------------------------

// The amount may be of any integer type; only its low bits count.
template <class T, class N> RK_DEVICE T shl(T a, N n) {
    using U = typename Int<T>::Unsigned;
    return (T)(U)((U)a << ((u32)n & (Int<T>::BITS - 1)));
}
template <class T, class N> RK_DEVICE T shr(T a, N n) { return (T)(a >> ((u32)n & (Int<T>::BITS - 1))); }
template <class T, class N> RK_DEVICE bool can_shift(N n) {
    if constexpr (Int<N>::SIGNED_TYPE) {
        if (n < 0) return false;
    }
    return (typename Int<N>::Unsigned)n < Int<T>::BITS;
}
template <class T> RK_DEVICE T wrapping_shl(T a, u32 n) { return shl(a, n); }
template <class T> RK_DEVICE T wrapping_shr(T a, u32 n) { return shr(a, n); }

// ---- whether it overflows -----------------------------------------------------------------------------------------

// Never asked by wrapping and comparing: NVRTC 12.9 and 13.0 miscompile loops around `a + b >= a` where `b` counts
// (they leave the loop after one trip). Asking how much room there is gives the same answer and the right loop.
template <class T> RK_DEVICE bool can_add(T a, T b) {
    if constexpr (Int<T>::SIGNED_TYPE) return b < 0 ? a >= (T)(Int<T>::MIN - b) : a <= (T)(Int<T>::MAX - b);
    else return b <= (T)(Int<T>::MAX - a);
}
template <class T> RK_DEVICE bool can_sub(T a, T b) {
    if constexpr (Int<T>::SIGNED_TYPE) return b < 0 ? a <= (T)(Int<T>::MAX + b) : a >= (T)(Int<T>::MIN + b);
    else return a >= b;
}

// The upper half of a product of 64-bit numbers.
#if defined(__CUDACC__)
RK_DEVICE u64 mul_high(u64 a, u64 b) { return __umul64hi(a, b); }
RK_DEVICE i64 mul_high(i64 a, i64 b) { return __mul64hi(a, b); }
#else
RK_DEVICE u64 mul_high(u64 a, u64 b) { return (u64)((u128)a * b >> 64); }
RK_DEVICE i64 mul_high(i64 a, i64 b) { return (i64)((i128)a * b >> 64); }
#endif

template <class T> RK_DEVICE bool can_mul(T a, T b) {
    if constexpr (sizeof(T) <= 4) {
        if constexpr (Int<T>::SIGNED_TYPE) {
            i64 product = (i64)a * (i64)b;
            return product >= (i64)Int<T>::MIN && product <= (i64)Int<T>::MAX;
        } else {
            return (u64)a * (u64)b <= (u64)Int<T>::MAX;
        }
    } else if constexpr (sizeof(T) == 8) {
        if constexpr (Int<T>::SIGNED_TYPE) return mul_high(a, b) == wrapping_mul(a, b) >> 63;
        else return mul_high(a, b) == 0;
    } else {
        if (a == 0 || b == 0) return true;
        if constexpr (Int<T>::SIGNED_TYPE) {
            if (a == -1) return b != Int<T>::MIN;
            if (b == -1) return a != Int<T>::MIN;
        }
        return (T)(wrapping_mul(a, b) / b) == a;
    }
}
template <class T> RK_DEVICE bool can_neg(T a) { return Int<T>::SIGNED_TYPE ? a != Int<T>::MIN : a == 0; }
template <class T> RK_DEVICE bool can_div(T a, T b) {
    if constexpr (Int<T>::SIGNED_TYPE) return !(a == Int<T>::MIN && b == -1);
    else return true;
}

// ---- powers and roots ---------------------------------------------------------------------------------------------

template <class T> RK_DEVICE T wrapping_pow(T base, u32 exponent) {
    T result = 1;
    while (exponent != 0) {
        if (exponent & 1) result = wrapping_mul(result, base);
        exponent >>= 1;
        base = wrapping_mul(base, base);
    }
    return result;
}
template <class T> RK_DEVICE bool can_pow(T base, u32 exponent) {
    T result = 1;
    while (exponent != 0) {
        if (exponent & 1) {
            if (!can_mul(result, base)) return false;
            result = wrapping_mul(result, base);
        }
        exponent >>= 1;
        if (exponent == 0) return true;
        // A base that overflows is used by the highest bit that is left.
        if (!can_mul(base, base)) return false;
        base = wrapping_mul(base, base);
    }
    return true;
}
template <class T> RK_DEVICE bool can_isqrt(T a) { return a >= 0; }
template <class T> RK_DEVICE T isqrt(T a) {
    using U = typename Int<T>::Unsigned;
    U rest = (U)a, root = 0, bit = (U)((U)1 << (Int<T>::BITS - 2));
    while (bit > rest) bit = (U)(bit >> 2);
    while (bit != 0) {
        U trial = (U)(root + bit);
        root = (U)(root >> 1);
        if (rest >= trial) {
            rest = (U)(rest - trial);
            root = (U)(root + bit);
        }
        bit = (U)(bit >> 2);
    }
    return (T)root;
}

// ---- division -----------------------------------------------------------------------------------------------------

// The divisor is not zero, and it is not MIN / -1.
template <class T> RK_DEVICE T rem_euclid(T a, T b) {
    T r = (T)(a % b);
    if (r < 0) return wrapping_add(r, wrapping_abs(b));
    return r;
}
template <class T> RK_DEVICE T div_euclid(T a, T b) {
    T q = (T)(a / b);
    if ((T)(a % b) < 0) return b > 0 ? wrapping_sub(q, (T)1) : wrapping_add(q, (T)1);
    return q;
}
template <class T> RK_DEVICE T div_ceil(T a, T b) {
    T q = (T)(a / b), r = (T)(a % b);
    return r != 0 && (r > 0) == (b > 0) ? (T)(q + 1) : q;
}

// ---- bits ---------------------------------------------------------------------------------------------------------

#if defined(__CUDACC__)
RK_DEVICE u32 ones(u64 a) { return (u32)__popcll(a); }
RK_DEVICE u32 zeros_above(u64 a) { return (u32)__clzll((long long)a); }
RK_DEVICE u64 reversed(u64 a) { return __brevll(a); }
#else
RK_DEVICE u32 ones(u64 a) { return (u32)__builtin_popcountll(a); }
RK_DEVICE u32 zeros_above(u64 a) { return a == 0 ? 64u : (u32)__builtin_clzll(a); }
RK_DEVICE u64 reversed(u64 a) {
    u64 r = 0;
    for (u32 i = 0; i < 64; ++i) r |= (a >> i & 1) << (63 - i);
    return r;
}
#endif

template <class T> RK_DEVICE u32 count_ones(T a) {
    auto bits = (typename Int<T>::Unsigned)a;
    if constexpr (sizeof(T) == 16) return ones((u64)(bits >> 64)) + ones((u64)bits);
    else return ones((u64)bits);
}
template <class T> RK_DEVICE u32 count_zeros(T a) { return Int<T>::BITS - count_ones(a); }
template <class T> RK_DEVICE u32 leading_zeros(T a) {
    auto bits = (typename Int<T>::Unsigned)a;
    if constexpr (sizeof(T) == 16) {
        u64 high = (u64)(bits >> 64);
        return high != 0 ? zeros_above(high) : 64 + zeros_above((u64)bits);
    } else {
        return zeros_above((u64)bits) - (64 - Int<T>::BITS);
    }
}
template <class T> RK_DEVICE T reverse_bits(T a) {
    using U = typename Int<T>::Unsigned;
    U bits = (U)a;
    if constexpr (sizeof(T) == 16) return (T)((U)reversed((u64)bits) << 64 | reversed((u64)(bits >> 64)));
    else return (T)(U)(reversed((u64)bits) >> (64 - Int<T>::BITS));
}
template <class T> RK_DEVICE u32 trailing_zeros(T a) { return leading_zeros(reverse_bits(a)); }
template <class T> RK_DEVICE u32 leading_ones(T a) { return leading_zeros((T)~a); }
template <class T> RK_DEVICE u32 trailing_ones(T a) { return trailing_zeros((T)~a); }
template <class T> RK_DEVICE T rotate_left(T a, u32 n) {
    using U = typename Int<T>::Unsigned;
    n &= Int<T>::BITS - 1;
    return n == 0 ? a : (T)(U)((U)((U)a << n) | (U)((U)a >> (Int<T>::BITS - n)));
}
template <class T> RK_DEVICE T rotate_right(T a, u32 n) { return rotate_left(a, Int<T>::BITS - (n & (Int<T>::BITS - 1))); }
template <class T> RK_DEVICE T swap_bytes(T a) {
    using U = typename Int<T>::Unsigned;
    U from = (U)a, to = 0;
    for (u32 i = 0; i < sizeof(T); ++i) {
        if constexpr (sizeof(T) > 1) to = (U)(to << 8);
        to = (U)(to | (from & 0xff));
        if constexpr (sizeof(T) > 1) from = (U)(from >> 8);
    }
    return (T)to;
}
template <class T> RK_DEVICE bool is_power_of_two(T a) { return count_ones(a) == 1; }
template <class T> RK_DEVICE bool can_next_power_of_two(T a) { return a <= (T)((T)1 << (Int<T>::BITS - 1)); }
template <class T> RK_DEVICE T next_power_of_two(T a) {
    if (a <= 1) return 1;
    u32 zeros = leading_zeros((T)(a - 1));
    return zeros == 0 ? (T)0 : (T)((T)1 << (Int<T>::BITS - zeros));
}
template <class T> RK_DEVICE bool can_ilog2(T a) { return a > 0; }
template <class T> RK_DEVICE u32 ilog2(T a) { return Int<T>::BITS - 1 - leading_zeros(a); }

// ---- comparing ----------------------------------------------------------------------------------------------------

template <class T> RK_DEVICE T min(T a, T b) { return b < a ? b : a; }
template <class T> RK_DEVICE T max(T a, T b) { return b < a ? a : b; }
template <class T> RK_DEVICE bool can_clamp(T, T low, T high) { return low <= high; }
template <class T> RK_DEVICE T clamp(T a, T low, T high) { return a < low ? low : a > high ? high : a; }
template <class T> RK_DEVICE T signum(T a) { return (T)((a > 0) - (a < 0)); }
template <class R, class T> RK_DEVICE R abs_diff(T a, T b) {
    return a < b ? (R)((R)b - (R)a) : (R)((R)a - (R)b);
}
template <class R, class T> RK_DEVICE R unsigned_abs(T a) { return (R)wrapping_abs(a); }
template <class R, class T> RK_DEVICE R is_positive(T a) { return a > 0; }
template <class R, class T> RK_DEVICE R is_negative(T a) { return a < 0; }
template <class T> RK_DEVICE T midpoint(T a, T b) {
    T sum = (T)((a & b) + (T)((T)(a ^ b) >> 1));
    // Towards zero for signed numbers, as Rust rounds.
    if constexpr (Int<T>::SIGNED_TYPE) {
        if (sum < 0 && ((a ^ b) & 1) != 0) return (T)(sum + 1);
    }
    return sum;
}

// ---- checked, saturating, overflowing -----------------------------------------------------------------------------

template <class T> RK_DEVICE Option<T> if_so(bool ok, T value) {
    if (ok) return Option<T>{1, value};
    return Option<T>{};
}
template <class T> RK_DEVICE Option<T> checked_add(T a, T b) { return if_so(can_add(a, b), wrapping_add(a, b)); }
template <class T> RK_DEVICE Option<T> checked_sub(T a, T b) { return if_so(can_sub(a, b), wrapping_sub(a, b)); }
template <class T> RK_DEVICE Option<T> checked_mul(T a, T b) { return if_so(can_mul(a, b), wrapping_mul(a, b)); }
template <class T> RK_DEVICE Option<T> checked_neg(T a) { return if_so(can_neg(a), wrapping_neg(a)); }
template <class T> RK_DEVICE Option<T> checked_abs(T a) { return if_so(can_neg(a), wrapping_abs(a)); }
template <class T> RK_DEVICE Option<T> checked_pow(T a, u32 n) { return if_so(can_pow(a, n), wrapping_pow(a, n)); }
template <class T> RK_DEVICE Option<T> checked_shl(T a, u32 n) { return if_so(n < Int<T>::BITS, shl(a, n)); }
template <class T> RK_DEVICE Option<T> checked_shr(T a, u32 n) { return if_so(n < Int<T>::BITS, shr(a, n)); }
template <class T> RK_DEVICE Option<T> checked_div(T a, T b) {
    if (b == 0 || !can_div(a, b)) return Option<T>{};
    return Option<T>{1, (T)(a / b)};
}
template <class T> RK_DEVICE Option<T> checked_rem(T a, T b) {
    if (b == 0 || !can_div(a, b)) return Option<T>{};
    return Option<T>{1, (T)(a % b)};
}
template <class T> RK_DEVICE T saturating_add(T a, T b) {
    return can_add(a, b) ? wrapping_add(a, b) : b < 0 ? Int<T>::MIN : Int<T>::MAX;
}
template <class T> RK_DEVICE T saturating_sub(T a, T b) {
    if constexpr (Int<T>::SIGNED_TYPE) return can_sub(a, b) ? wrapping_sub(a, b) : b < 0 ? Int<T>::MAX : Int<T>::MIN;
    else return a < b ? (T)0 : (T)(a - b);
}
template <class T> RK_DEVICE T saturating_mul(T a, T b) {
    return can_mul(a, b) ? wrapping_mul(a, b) : (a < 0) != (b < 0) ? Int<T>::MIN : Int<T>::MAX;
}
template <class T> RK_DEVICE T saturating_pow(T a, u32 n) {
    return can_pow(a, n) ? wrapping_pow(a, n) : a < 0 && (n & 1) ? Int<T>::MIN : Int<T>::MAX;
}
template <class R, class T> RK_DEVICE R saturating_neg(T a) { return can_neg(a) ? wrapping_neg(a) : Int<T>::MAX; }
template <class R, class T> RK_DEVICE R overflowing_add(T a, T b) { return R{wrapping_add(a, b), !can_add(a, b)}; }
template <class R, class T> RK_DEVICE R overflowing_sub(T a, T b) { return R{wrapping_sub(a, b), !can_sub(a, b)}; }
template <class R, class T> RK_DEVICE R overflowing_mul(T a, T b) { return R{wrapping_mul(a, b), !can_mul(a, b)}; }
template <class R, class T> RK_DEVICE R overflowing_neg(T a) { return R{wrapping_neg(a), !can_neg(a)}; }

// How many trips a range makes.
template <class T> RK_DEVICE usize range_len(T from, T to) { return from < to ? (usize)to - (usize)from : 0; }
template <class T> RK_DEVICE usize range_len_inclusive(T from, T to) {
    return from <= to ? (usize)to - (usize)from + 1 : 0;
}

// The number of a variant whose numbers are not its index.
template <class E> RK_DEVICE i64 discriminant(const E& value) { return value.discriminant(); }

}  // namespace rk

// Reached at every trip of a loop that may be long; asks every 256 trips whether to stop.
#define RK_SAFE_POINT(CTX, TRIPS)                                                                                      \
    do {                                                                                                               \
        if ((++TRIPS & 255u) == 0) RK_TRY(rk::safepoint(CTX));                                                         \
    } while (0)
