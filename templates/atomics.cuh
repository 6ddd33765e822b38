// Atomic operations and fences of user code, with the order and scope that it names.
//
// Owns: the functions that `SharedAtomics` and `fence` become. An operation is one PTX instruction with that order and
// scope; sequential consistency is a fence before it, as the PTX memory model's mapping has it. All elements are in
// device memory.
#pragma once
#include "types.cuh"

namespace rk {

enum Order { Relaxed, Acquire, Release, AcqRel, SeqCst };
enum Scope { Block, Device, System };

#define RK_BY_SCOPE(ORDER, MAKE)                                                                                       \
    if constexpr (SCOPE == Block) {                                                                                    \
        MAKE(ORDER, ".cta");                                                                                           \
    } else if constexpr (SCOPE == Device) {                                                                            \
        MAKE(ORDER, ".gpu");                                                                                           \
    } else {                                                                                                           \
        MAKE(ORDER, ".sys");                                                                                           \
    }

// What a thread does before this is seen by all before what it does after.
template <Order ORDER, Scope SCOPE> RK_DEVICE void atomic_fence() {
#define RK_MAKE(KIND, WHERE) asm volatile("fence" KIND WHERE ";" : : : "memory")
    if constexpr (ORDER == SeqCst) {
        RK_BY_SCOPE(".sc", RK_MAKE)
    } else {
        RK_BY_SCOPE(".acq_rel", RK_MAKE)
    }
#undef RK_MAKE
}

// Defines `NAME` for one type: `INSTRUCTION` is the operation with its type.
#define RK_ATOMIC(NAME, TYPE, INSTRUCTION, REGISTER)                                                                   \
    template <Order ORDER, Scope SCOPE> RK_DEVICE TYPE NAME(TYPE* p, TYPE v) {                                         \
        TYPE old;                                                                                                      \
        if constexpr (ORDER == SeqCst) atomic_fence<SeqCst, SCOPE>();                                                  \
        if constexpr (ORDER == Relaxed) {                                                                              \
            RK_BY_SCOPE(".relaxed", RK_MAKE_##INSTRUCTION##_##REGISTER)                                                \
        } else if constexpr (ORDER == Acquire) {                                                                       \
            RK_BY_SCOPE(".acquire", RK_MAKE_##INSTRUCTION##_##REGISTER)                                                \
        } else if constexpr (ORDER == Release) {                                                                       \
            RK_BY_SCOPE(".release", RK_MAKE_##INSTRUCTION##_##REGISTER)                                                \
        } else {                                                                                                       \
            RK_BY_SCOPE(".acq_rel", RK_MAKE_##INSTRUCTION##_##REGISTER)                                                \
        }                                                                                                              \
        return old;                                                                                                    \
    }
#define RK_ASM(O, S, TEXT, R) asm volatile("atom" O S ".global." TEXT " %0, [%1], %2;" : "=" R(old) : "l"(p), R(v) : "memory")
#define RK_MAKE_add_u32(O, S) RK_ASM(O, S, "add.u32", "r")
#define RK_MAKE_add_u64(O, S) RK_ASM(O, S, "add.u64", "l")
#define RK_MAKE_exch_u32(O, S) RK_ASM(O, S, "exch.b32", "r")
#define RK_MAKE_exch_u64(O, S) RK_ASM(O, S, "exch.b64", "l")
#define RK_MAKE_and_u32(O, S) RK_ASM(O, S, "and.b32", "r")
#define RK_MAKE_and_u64(O, S) RK_ASM(O, S, "and.b64", "l")
#define RK_MAKE_or_u32(O, S) RK_ASM(O, S, "or.b32", "r")
#define RK_MAKE_or_u64(O, S) RK_ASM(O, S, "or.b64", "l")
#define RK_MAKE_xor_u32(O, S) RK_ASM(O, S, "xor.b32", "r")
#define RK_MAKE_xor_u64(O, S) RK_ASM(O, S, "xor.b64", "l")
#define RK_MAKE_min_u32(O, S) RK_ASM(O, S, "min.u32", "r")
#define RK_MAKE_min_u64(O, S) RK_ASM(O, S, "min.u64", "l")
#define RK_MAKE_min_s32(O, S) RK_ASM(O, S, "min.s32", "r")
#define RK_MAKE_min_s64(O, S) RK_ASM(O, S, "min.s64", "l")
#define RK_MAKE_max_u32(O, S) RK_ASM(O, S, "max.u32", "r")
#define RK_MAKE_max_u64(O, S) RK_ASM(O, S, "max.u64", "l")
#define RK_MAKE_max_s32(O, S) RK_ASM(O, S, "max.s32", "r")
#define RK_MAKE_max_s64(O, S) RK_ASM(O, S, "max.s64", "l")

// `BITS` is the unsigned register of the type, `SIGN` the one that minimum and maximum compare in.
#define RK_ATOMICS(TYPE, BITS, SIGN)                                                                                   \
    RK_ATOMIC(atomic_fetch_add, TYPE, add, BITS)                                                                       \
    RK_ATOMIC(atomic_swap, TYPE, exch, BITS)                                                                           \
    RK_ATOMIC(atomic_fetch_and, TYPE, and, BITS)                                                                       \
    RK_ATOMIC(atomic_fetch_or, TYPE, or, BITS)                                                                         \
    RK_ATOMIC(atomic_fetch_xor, TYPE, xor, BITS)                                                                       \
    RK_ATOMIC(atomic_fetch_min, TYPE, min, SIGN)                                                                       \
    RK_ATOMIC(atomic_fetch_max, TYPE, max, SIGN)
RK_ATOMICS(u32, u32, u32)
RK_ATOMICS(u64, u64, u64)
RK_ATOMICS(i32, u32, s32)
RK_ATOMICS(i64, u64, s64)

// Subtraction is addition of the negated number; unsigned, so that nothing overflows.
template <Order ORDER, Scope SCOPE> RK_DEVICE u32 atomic_fetch_sub(u32* p, u32 v) { return atomic_fetch_add<ORDER, SCOPE>(p, 0u - v); }
template <Order ORDER, Scope SCOPE> RK_DEVICE u64 atomic_fetch_sub(u64* p, u64 v) { return atomic_fetch_add<ORDER, SCOPE>(p, 0ull - v); }
template <Order ORDER, Scope SCOPE> RK_DEVICE i32 atomic_fetch_sub(i32* p, i32 v) {
    return (i32)atomic_fetch_add<ORDER, SCOPE>((u32*)p, 0u - (u32)v);
}
template <Order ORDER, Scope SCOPE> RK_DEVICE i64 atomic_fetch_sub(i64* p, i64 v) {
    return (i64)atomic_fetch_add<ORDER, SCOPE>((u64*)p, 0ull - (u64)v);
}

// Stores `desired` if the value is `expected`; returns the value that was there.
#define RK_EXCHANGE(TYPE, TEXT, R)                                                                                     \
    template <Order ORDER, Scope SCOPE> RK_DEVICE TYPE atomic_compare_exchange(TYPE* p, TYPE expected, TYPE desired) { \
        TYPE old;                                                                                                      \
        if constexpr (ORDER == SeqCst) atomic_fence<SeqCst, SCOPE>();                                                  \
        if constexpr (ORDER == Relaxed) {                                                                              \
            RK_BY_SCOPE(".relaxed", RK_MAKE_CAS_##R)                                                                   \
        } else if constexpr (ORDER == Acquire) {                                                                       \
            RK_BY_SCOPE(".acquire", RK_MAKE_CAS_##R)                                                                   \
        } else if constexpr (ORDER == Release) {                                                                       \
            RK_BY_SCOPE(".release", RK_MAKE_CAS_##R)                                                                   \
        } else {                                                                                                       \
            RK_BY_SCOPE(".acq_rel", RK_MAKE_CAS_##R)                                                                   \
        }                                                                                                              \
        return old;                                                                                                    \
    }
#define RK_CAS(O, S, TEXT, R)                                                                                          \
    asm volatile("atom" O S ".global.cas." TEXT " %0, [%1], %2, %3;"                                                   \
                 : "=" R(old)                                                                                          \
                 : "l"(p), R(expected), R(desired)                                                                     \
                 : "memory")
#define RK_MAKE_CAS_r(O, S) RK_CAS(O, S, "b32", "r")
#define RK_MAKE_CAS_l(O, S) RK_CAS(O, S, "b64", "l")
RK_EXCHANGE(u32, "b32", r)
RK_EXCHANGE(i32, "b32", r)
RK_EXCHANGE(u64, "b64", l)
RK_EXCHANGE(i64, "b64", l)

// Loads take no release and stores no acquire, as in Rust; what cannot be is rustc's or the library's error.
#define RK_LOAD_STORE(TYPE, TEXT, R)                                                                                   \
    template <Order ORDER, Scope SCOPE> RK_DEVICE TYPE atomic_load(const TYPE* p) {                                    \
        TYPE v;                                                                                                        \
        if constexpr (ORDER == SeqCst) atomic_fence<SeqCst, SCOPE>();                                                  \
        if constexpr (ORDER == Relaxed) {                                                                              \
            RK_BY_SCOPE(".relaxed", RK_MAKE_LOAD_##R)                                                                  \
        } else {                                                                                                       \
            RK_BY_SCOPE(".acquire", RK_MAKE_LOAD_##R)                                                                  \
        }                                                                                                              \
        return v;                                                                                                      \
    }                                                                                                                  \
    template <Order ORDER, Scope SCOPE> RK_DEVICE void atomic_store(TYPE* p, TYPE v) {                                 \
        if constexpr (ORDER == SeqCst) atomic_fence<SeqCst, SCOPE>();                                                  \
        if constexpr (ORDER == Relaxed) {                                                                              \
            RK_BY_SCOPE(".relaxed", RK_MAKE_STORE_##R)                                                                 \
        } else {                                                                                                       \
            RK_BY_SCOPE(".release", RK_MAKE_STORE_##R)                                                                 \
        }                                                                                                              \
    }
#define RK_MAKE_LOAD_r(O, S) asm volatile("ld" O S ".global.b32 %0, [%1];" : "=r"(v) : "l"(p) : "memory")
#define RK_MAKE_LOAD_l(O, S) asm volatile("ld" O S ".global.b64 %0, [%1];" : "=l"(v) : "l"(p) : "memory")
#define RK_MAKE_STORE_r(O, S) asm volatile("st" O S ".global.b32 [%0], %1;" : : "l"(p), "r"(v) : "memory")
#define RK_MAKE_STORE_l(O, S) asm volatile("st" O S ".global.b64 [%0], %1;" : : "l"(p), "l"(v) : "memory")
RK_LOAD_STORE(u32, "b32", r)
RK_LOAD_STORE(i32, "b32", r)
RK_LOAD_STORE(u64, "b64", l)
RK_LOAD_STORE(i64, "b64", l)

}  // namespace rk
