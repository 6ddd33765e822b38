// Words of 16 bytes that carry their own sequence number, and the loads and stores that move them in one piece.
// Guarantee: who reads a word sees all of it or nothing of it, so a word that has the awaited number needs no fence and no flag.
#pragma once

struct Word {
    unsigned seq, a, b, c;
};
constexpr unsigned NONE = 0xffffffffu;

#ifndef EMULATED
#define UNROLL _Pragma("unroll")
// Makes the compiler forget what it knows about a value, so that it neither hoists nor keeps what is computed from it.
#define FORGET(x) asm volatile("" : "+l"(x))
#define FORGET32(x) asm volatile("" : "+r"(x))
#define SHARED_FLOATS extern __shared__ __align__(16) float sm[]
#define SHARED_WORD(name) __shared__ Word name

#define WORD_ACCESS(SUFFIX, SCOPE)                                                                                     \
    __device__ __forceinline__ Word load_word##SUFFIX(const Word* p) {                                                 \
        unsigned long long lo, hi;                                                                                     \
        asm volatile("{ .reg .b128 q; ld.relaxed." SCOPE ".global.b128 q, [%2]; mov.b128 {%0,%1}, q; }"                \
                     : "=l"(lo), "=l"(hi)                                                                              \
                     : "l"(p)                                                                                          \
                     : "memory");                                                                                      \
        return Word{(unsigned)lo, (unsigned)(lo >> 32), (unsigned)hi, (unsigned)(hi >> 32)};                           \
    }                                                                                                                  \
    __device__ __forceinline__ void store_word##SUFFIX(Word* p, Word w) {                                              \
        unsigned long long lo = (unsigned long long)w.a << 32 | w.seq, hi = (unsigned long long)w.c << 32 | w.b;       \
        asm volatile("{ .reg .b128 q; mov.b128 q, {%1,%2}; st.relaxed." SCOPE ".global.b128 [%0], q; }"                \
                     :                                                                                                 \
                     : "l"(p), "l"(lo), "l"(hi)                                                                        \
                     : "memory");                                                                                      \
    }
WORD_ACCESS(, "gpu")
WORD_ACCESS(_system, "sys")

__device__ __forceinline__ unsigned load_relaxed(const unsigned* p) {
    unsigned v;
    asm volatile("ld.relaxed.gpu.global.u32 %0,[%1];" : "=r"(v) : "l"(p) : "memory");
    return v;
}
__device__ __forceinline__ void store_relaxed(unsigned* p, unsigned v) {
    asm volatile("st.relaxed.gpu.global.u32 [%0],%1;" ::"l"(p), "r"(v) : "memory");
}
__device__ __forceinline__ unsigned load_acquire(const unsigned* p) {
    unsigned v;
    asm volatile("ld.acquire.gpu.global.u32 %0,[%1];" : "=r"(v) : "l"(p) : "memory");
    return v;
}
__device__ __forceinline__ void store_release(unsigned* p, unsigned v) {
    asm volatile("st.release.gpu.global.u32 [%0],%1;" ::"l"(p), "r"(v) : "memory");
}
#endif
