// Memory operations with their order and scope: the one place where device code touches PTX.
//
// Owns: loads, stores, atomics and fences on global memory, 16-byte words, warp votes, sleeping. Everything above is
// written against these names; on the device each is one instruction, in the simulator each is a switch point.
// Guarantees: an access without "_system" is coherent within one GPU (.gpu), one with it also with the host (.sys).
// Assumed, and tested on the device: an aligned 16-byte access is single-copy atomic.
#pragma once
#include "types.cuh"

namespace rk {

// Sixteen bytes that travel in one access: a sequence number, and twelve bytes that are valid once it is seen.
struct alignas(16) Word {
    u32 seq, a, b, c;
};

#define RK_WORD_LOAD(NAME, QUALIFIERS)                                                                                 \
    RK_DEVICE Word NAME(const Word* p) {                                                                               \
        u64 lo, hi;                                                                                                    \
        asm volatile("{ .reg .b128 q; ld." QUALIFIERS ".global.b128 q, [%2]; mov.b128 {%0, %1}, q; }"                  \
                     : "=l"(lo), "=l"(hi)                                                                              \
                     : "l"(p)                                                                                          \
                     : "memory");                                                                                      \
        return Word{(u32)lo, (u32)(lo >> 32), (u32)hi, (u32)(hi >> 32)};                                               \
    }
#define RK_WORD_STORE(NAME, QUALIFIERS)                                                                                \
    RK_DEVICE void NAME(Word* p, Word w) {                                                                             \
        u64 lo = (u64)w.a << 32 | w.seq, hi = (u64)w.c << 32 | w.b;                                                    \
        asm volatile("{ .reg .b128 q; mov.b128 q, {%1, %2}; st." QUALIFIERS ".global.b128 [%0], q; }"                  \
                     :                                                                                                 \
                     : "l"(p), "l"(lo), "l"(hi)                                                                        \
                     : "memory");                                                                                      \
    }
RK_WORD_LOAD(load_word, "relaxed.gpu")
RK_WORD_LOAD(load_word_acquire, "acquire.gpu")
RK_WORD_LOAD(load_word_system, "relaxed.sys")
RK_WORD_STORE(store_word, "relaxed.gpu")
RK_WORD_STORE(store_word_system, "relaxed.sys")
#undef RK_WORD_LOAD
#undef RK_WORD_STORE

#define RK_LOAD(NAME, TYPE, QUALIFIERS, BITS, CONSTRAINT)                                                              \
    RK_DEVICE TYPE NAME(const TYPE* p) {                                                                               \
        TYPE v;                                                                                                        \
        asm volatile("ld." QUALIFIERS ".global." BITS " %0, [%1];" : "=" CONSTRAINT(v) : "l"(p) : "memory");           \
        return v;                                                                                                      \
    }
#define RK_STORE(NAME, TYPE, QUALIFIERS, BITS, CONSTRAINT)                                                             \
    RK_DEVICE void NAME(TYPE* p, TYPE v) {                                                                             \
        asm volatile("st." QUALIFIERS ".global." BITS " [%0], %1;" : : "l"(p), CONSTRAINT(v) : "memory");              \
    }
// May come from a stale L1: only for what a fence has ordered since another block wrote it.
RK_LOAD(load_weak, u32, "weak", "u32", "r")
RK_LOAD(load_relaxed, u32, "relaxed.gpu", "u32", "r")
RK_LOAD(load_relaxed, u64, "relaxed.gpu", "u64", "l")
RK_LOAD(load_acquire, u32, "acquire.gpu", "u32", "r")
RK_LOAD(load_acquire, u64, "acquire.gpu", "u64", "l")
RK_LOAD(load_relaxed_system, u32, "relaxed.sys", "u32", "r")
RK_LOAD(load_relaxed_system, u64, "relaxed.sys", "u64", "l")
RK_LOAD(load_acquire_system, u32, "acquire.sys", "u32", "r")
RK_STORE(store_relaxed, u32, "relaxed.gpu", "u32", "r")
RK_STORE(store_relaxed, u64, "relaxed.gpu", "u64", "l")
RK_STORE(store_release, u32, "release.gpu", "u32", "r")
RK_STORE(store_release, u64, "release.gpu", "u64", "l")
RK_STORE(store_relaxed_system, u32, "relaxed.sys", "u32", "r")
RK_STORE(store_relaxed_system, u64, "relaxed.sys", "u64", "l")
RK_STORE(store_release_system, u32, "release.sys", "u32", "r")
#undef RK_LOAD
#undef RK_STORE

RK_DEVICE u32 fetch_add(u32* p, u32 v) {
    u32 old;
    asm volatile("atom.relaxed.gpu.global.add.u32 %0, [%1], %2;" : "=r"(old) : "l"(p), "r"(v) : "memory");
    return old;
}
RK_DEVICE u64 fetch_add(u64* p, u64 v) {
    u64 old;
    asm volatile("atom.relaxed.gpu.global.add.u64 %0, [%1], %2;" : "=l"(old) : "l"(p), "l"(v) : "memory");
    return old;
}
// Adds without waiting for the old value.
RK_DEVICE void add(u32* p, u32 v) { asm volatile("red.relaxed.gpu.global.add.u32 [%0], %1;" : : "l"(p), "r"(v) : "memory"); }
RK_DEVICE void add(u64* p, u64 v) { asm volatile("red.relaxed.gpu.global.add.u64 [%0], %1;" : : "l"(p), "l"(v) : "memory"); }
RK_DEVICE void add_release(u64* p, u64 v) { asm volatile("red.release.gpu.global.add.u64 [%0], %1;" : : "l"(p), "l"(v) : "memory"); }
RK_DEVICE u32 compare_exchange(u32* p, u32 expected, u32 desired) {
    u32 old;
    asm volatile("atom.relaxed.gpu.global.cas.b32 %0, [%1], %2, %3;" : "=r"(old) : "l"(p), "r"(expected), "r"(desired) : "memory");
    return old;
}
RK_DEVICE u64 compare_exchange(u64* p, u64 expected, u64 desired) {
    u64 old;
    asm volatile("atom.relaxed.gpu.global.cas.b64 %0, [%1], %2, %3;" : "=l"(old) : "l"(p), "l"(expected), "l"(desired) : "memory");
    return old;
}
RK_DEVICE u32 exchange_acq_rel(u32* p, u32 v) {
    u32 old;
    asm volatile("atom.acq_rel.gpu.global.exch.b32 %0, [%1], %2;" : "=r"(old) : "l"(p), "r"(v) : "memory");
    return old;
}
RK_DEVICE u64 fetch_add_acquire(u64* p, u64 v) {
    u64 old;
    asm volatile("atom.acquire.gpu.global.add.u64 %0, [%1], %2;" : "=l"(old) : "l"(p), "l"(v) : "memory");
    return old;
}

// Words in shared memory, for warps of one block: a load acquires, a store releases, the others do both, unless they say
// that they are relaxed.
RK_DEVICE u32 shared_address(const u32* p) { return (u32)__cvta_generic_to_shared(p); }
RK_DEVICE u32 load_block(const u32* p) {
    u32 v;
    asm volatile("ld.acquire.cta.shared.u32 %0, [%1];" : "=r"(v) : "r"(shared_address(p)) : "memory");
    return v;
}
RK_DEVICE u32 load_block_relaxed(const u32* p) {
    u32 v;
    asm volatile("ld.relaxed.cta.shared.u32 %0, [%1];" : "=r"(v) : "r"(shared_address(p)) : "memory");
    return v;
}
RK_DEVICE void store_block_relaxed(u32* p, u32 v) {
    asm volatile("st.relaxed.cta.shared.u32 [%0], %1;" : : "r"(shared_address(p)), "r"(v) : "memory");
}
RK_DEVICE void store_block(u32* p, u32 v) {
    asm volatile("st.release.cta.shared.u32 [%0], %1;" : : "r"(shared_address(p)), "r"(v) : "memory");
}
RK_DEVICE u32 fetch_add_block(u32* p, u32 v) {
    u32 old;
    asm volatile("atom.acq_rel.cta.shared.add.u32 %0, [%1], %2;" : "=r"(old) : "r"(shared_address(p)), "r"(v) : "memory");
    return old;
}
RK_DEVICE u32 compare_exchange_block(u32* p, u32 expected, u32 desired) {
    u32 old;
    asm volatile("atom.acq_rel.cta.shared.cas.b32 %0, [%1], %2, %3;"
                 : "=r"(old)
                 : "r"(shared_address(p)), "r"(expected), "r"(desired)
                 : "memory");
    return old;
}

// Orders everything this thread did and saw before it with everything after it, within the GPU or with the host too.
RK_DEVICE void fence() { asm volatile("fence.acq_rel.gpu;" : : : "memory"); }
RK_DEVICE void fence_system() { asm volatile("fence.acq_rel.sys;" : : : "memory"); }

RK_DEVICE void sleep_ns(u32 ns) { asm volatile("nanosleep.u32 %0;" : : "r"(ns)); }
RK_DEVICE u64 clock_ns() {
    u64 t;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(t));
    return t;
}

// The warp: 32 lanes that run together. Votes and shuffles name all lanes and are called by all of them.
constexpr u32 WARP = 32;
constexpr u32 ALL_LANES = 0xffffffffu;
RK_DEVICE u32 lane_id() {
    u32 lane;
    asm("mov.u32 %0, %%laneid;" : "=r"(lane));
    return lane;
}
RK_DEVICE u32 lanes_below() {
    u32 mask;
    asm("mov.u32 %0, %%lanemask_lt;" : "=r"(mask));
    return mask;
}
RK_DEVICE u32 ballot(bool b) { return __ballot_sync(ALL_LANES, b); }
RK_DEVICE bool any(bool b) { return __any_sync(ALL_LANES, b); }
RK_DEVICE u32 shuffle(u32 v, u32 from) { return __shfl_sync(ALL_LANES, v, from); }
RK_DEVICE u64 shuffle(u64 v, u32 from) { return __shfl_sync(ALL_LANES, v, from); }
RK_DEVICE u32 shuffle_down(u32 v, u32 by) { return __shfl_down_sync(ALL_LANES, v, by); }
RK_DEVICE u32 shuffle_xor(u32 v, u32 mask) { return __shfl_xor_sync(ALL_LANES, v, mask); }
RK_DEVICE u64 shuffle_xor(u64 v, u32 mask) { return __shfl_xor_sync(ALL_LANES, v, mask); }
RK_DEVICE u32 match_any(u32 v) { return __match_any_sync(ALL_LANES, v); }
RK_DEVICE void warp_sync() { __syncwarp(ALL_LANES); }
RK_DEVICE u32 popcount(u32 v) { return (u32)__popc(v); }
RK_DEVICE u32 reversed(u32 v) { return __brev(v); }
// Index of the lowest set bit; 32 if there is none.
RK_DEVICE u32 lowest(u32 v) { return (u32)__clz((int)__brev(v)); }

// The block and the grid, and arrays that a block shares.
RK_DEVICE u32 thread_index() { return threadIdx.x; }
RK_DEVICE u32 block_index() { return blockIdx.x; }
RK_DEVICE u32 grid_blocks() { return gridDim.x; }
RK_DEVICE void block_sync() { __syncthreads(); }
// Whether any thread of the block says so.
RK_DEVICE bool block_sync_or(bool b) { return __syncthreads_or(b) != 0; }
// What a block shares besides; the host says how much when it launches.
extern __shared__ __align__(16) u8 rk_arena[];
RK_DEVICE u8* arena() { return rk_arena; }
#define RK_SHARED(TYPE, NAME, COUNT) __shared__ TYPE NAME[COUNT]

}  // namespace rk
