// The simulator's half of memory.cuh: the same names, each a switch point of the scheduler.
//
// Found before templates/memory.cuh on the include path. Must offer every name of that header with the same order and
// scope; the order and scope written here are what the modes `weak` and `race` take the device to do.
#pragma once
#include "types.cuh"

namespace rk {

struct alignas(16) Word {
    u32 seq, a, b, c;
};

template <class T> RK_DEVICE T sim_access(u32 kind, u32 order, u32 scope, const T* p, T first, T second, u32 line, const char* file) {
    constexpr u32 LOG = sizeof(T) == 16 ? 4 : sizeof(T) == 8 ? 3 : sizeof(T) == 4 ? 2 : sizeof(T) == 2 ? 1 : 0;
    rk_sim_calls->access(kind | LOG << 4 | order << 8 | scope << 12, (void*)p, &first, &second, line, file);
    return first;
}

#define RK_SIM_LOAD(NAME, TYPE, ORDER, SCOPE)                                                                          \
    RK_DEVICE TYPE NAME(const TYPE* p, RK_SIM_HERE) {                                                                  \
        return sim_access<TYPE>(RK_SIM_KIND_LOAD, ORDER, SCOPE, p, TYPE{}, TYPE{}, line, file);                        \
    }
#define RK_SIM_STORE(NAME, TYPE, ORDER, SCOPE)                                                                         \
    RK_DEVICE void NAME(TYPE* p, TYPE v, RK_SIM_HERE) {                                                                \
        sim_access<TYPE>(RK_SIM_KIND_STORE, ORDER, SCOPE, p, v, TYPE{}, line, file);                                   \
    }
#define RK_SIM_CHANGE(NAME, KIND, TYPE, ORDER, SCOPE)                                                                  \
    RK_DEVICE TYPE NAME(TYPE* p, TYPE v, RK_SIM_HERE) {                                                                \
        return sim_access<TYPE>(KIND, ORDER, SCOPE, p, v, TYPE{}, line, file);                                         \
    }
#define RK_SIM_COMPARE(NAME, TYPE, ORDER, SCOPE)                                                                       \
    RK_DEVICE TYPE NAME(TYPE* p, TYPE expected, TYPE desired, RK_SIM_HERE) {                                           \
        return sim_access<TYPE>(RK_SIM_KIND_COMPARE, ORDER, SCOPE, p, expected, desired, line, file);                  \
    }
RK_SIM_LOAD(load_word, Word, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_LOAD(load_word_acquire, Word, RK_SIM_ACQUIRE, RK_SIM_GPU)
RK_SIM_LOAD(load_word_system, Word, RK_SIM_RELAXED, RK_SIM_SYSTEM)
RK_SIM_STORE(store_word, Word, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_STORE(store_word_system, Word, RK_SIM_RELAXED, RK_SIM_SYSTEM)
RK_SIM_LOAD(load_weak, u32, RK_SIM_WEAK, RK_SIM_GPU)
RK_SIM_LOAD(load_relaxed, u32, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_LOAD(load_relaxed, u64, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_LOAD(load_acquire, u32, RK_SIM_ACQUIRE, RK_SIM_GPU)
RK_SIM_LOAD(load_acquire, u64, RK_SIM_ACQUIRE, RK_SIM_GPU)
RK_SIM_LOAD(load_relaxed_system, u32, RK_SIM_RELAXED, RK_SIM_SYSTEM)
RK_SIM_LOAD(load_relaxed_system, u64, RK_SIM_RELAXED, RK_SIM_SYSTEM)
RK_SIM_LOAD(load_acquire_system, u32, RK_SIM_ACQUIRE, RK_SIM_SYSTEM)
RK_SIM_STORE(store_relaxed, u32, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_STORE(store_relaxed, u64, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_STORE(store_release, u32, RK_SIM_RELEASE, RK_SIM_GPU)
RK_SIM_STORE(store_release, u64, RK_SIM_RELEASE, RK_SIM_GPU)
RK_SIM_STORE(store_relaxed_system, u32, RK_SIM_RELAXED, RK_SIM_SYSTEM)
RK_SIM_STORE(store_relaxed_system, u64, RK_SIM_RELAXED, RK_SIM_SYSTEM)
RK_SIM_STORE(store_release_system, u32, RK_SIM_RELEASE, RK_SIM_SYSTEM)
RK_SIM_CHANGE(fetch_add, RK_SIM_KIND_ADD, u32, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_CHANGE(fetch_add, RK_SIM_KIND_ADD, u64, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_CHANGE(fetch_add_acquire, RK_SIM_KIND_ADD, u64, RK_SIM_ACQUIRE, RK_SIM_GPU)
RK_SIM_CHANGE(add, RK_SIM_KIND_ADD, u32, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_CHANGE(add, RK_SIM_KIND_ADD, u64, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_CHANGE(add_release, RK_SIM_KIND_ADD, u64, RK_SIM_RELEASE, RK_SIM_GPU)
RK_SIM_COMPARE(compare_exchange, u32, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_COMPARE(compare_exchange, u64, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_CHANGE(exchange_acq_rel, RK_SIM_KIND_EXCHANGE, u32, RK_SIM_ACQ_REL, RK_SIM_GPU)
// Shared memory is a region of the arena, too; the scope of a block is taken for the GPU's.
RK_SIM_LOAD(load_block, u32, RK_SIM_ACQUIRE, RK_SIM_GPU)
RK_SIM_LOAD(load_block_relaxed, u32, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_STORE(store_block_relaxed, u32, RK_SIM_RELAXED, RK_SIM_GPU)
RK_SIM_STORE(store_block, u32, RK_SIM_RELEASE, RK_SIM_GPU)
RK_SIM_CHANGE(fetch_add_block, RK_SIM_KIND_ADD, u32, RK_SIM_ACQ_REL, RK_SIM_GPU)
RK_SIM_COMPARE(compare_exchange_block, u32, RK_SIM_ACQ_REL, RK_SIM_GPU)

RK_DEVICE void fence(RK_SIM_HERE) { rk_sim_calls->fence(RK_SIM_GPU, line, file); }
RK_DEVICE void fence_system(RK_SIM_HERE) { rk_sim_calls->fence(RK_SIM_SYSTEM, line, file); }
RK_DEVICE void sleep_ns(u32 ns) { rk_sim_calls->sleep(ns); }
RK_DEVICE u64 clock_ns() { return rk_sim_calls->clock(); }

constexpr u32 WARP = 32;
constexpr u32 ALL_LANES = 0xffffffffu;
RK_DEVICE u32 thread_index() { return rk_sim_calls->place(0); }
RK_DEVICE u32 block_index() { return rk_sim_calls->place(1); }
RK_DEVICE u32 grid_blocks() { return rk_sim_calls->place(2); }
RK_DEVICE u32 lane_id() { return thread_index() % WARP; }
RK_DEVICE u32 lanes_below() { return (1u << lane_id()) - 1; }

// Kinds of collectives, in the order of src/collective.rs.
RK_DEVICE u32 ballot(bool b, RK_SIM_HERE) { return (u32)rk_sim_calls->collective(0, b, 0, line, file); }
RK_DEVICE bool any(bool b, RK_SIM_HERE) { return ballot(b, line, file) != 0; }
RK_DEVICE u32 shuffle(u32 v, u32 from, RK_SIM_HERE) { return (u32)rk_sim_calls->collective(1, v, from, line, file); }
RK_DEVICE u64 shuffle(u64 v, u32 from, RK_SIM_HERE) { return rk_sim_calls->collective(1, v, from, line, file); }
RK_DEVICE u32 shuffle_xor(u32 v, u32 mask, RK_SIM_HERE) { return (u32)rk_sim_calls->collective(1, v, lane_id() ^ mask, line, file); }
RK_DEVICE u64 shuffle_xor(u64 v, u32 mask, RK_SIM_HERE) { return rk_sim_calls->collective(1, v, lane_id() ^ mask, line, file); }
RK_DEVICE u32 shuffle_down(u32 v, u32 by, RK_SIM_HERE) {
    return (u32)rk_sim_calls->collective(1, v, lane_id() + by < WARP ? lane_id() + by : lane_id(), line, file);
}
RK_DEVICE u32 match_any(u32 v, RK_SIM_HERE) { return (u32)rk_sim_calls->collective(2, v, 0, line, file); }
RK_DEVICE void warp_sync(RK_SIM_HERE) { rk_sim_calls->collective(3, 0, 0, line, file); }
RK_DEVICE u32 popcount(u32 v) { return (u32)__builtin_popcount(v); }
RK_DEVICE u32 reversed(u32 v) {
    u32 r = 0;
    for (u32 i = 0; i < 32; i++) r |= (v >> i & 1) << (31 - i);
    return r;
}
RK_DEVICE u32 lowest(u32 v) { return v == 0 ? 32u : (u32)__builtin_ctz(v); }

RK_DEVICE void block_sync(RK_SIM_HERE) { rk_sim_calls->block_sync(line, file); }
RK_DEVICE bool block_sync_or(bool b, RK_SIM_HERE) {
    // Between barriers nobody else looks, so these are no switch points.
    u32* said = (u32*)rk_sim_calls->shared(4, 0x10001);
    if (b) *said = 1;
    block_sync(line, file);
    const u32 all = *said;
    block_sync(line, file);
    *said = 0;
    block_sync(line, file);
    return all != 0;
}
#ifdef RK_ARENA_BYTES
RK_DEVICE u8* arena() { return (u8*)rk_sim_calls->shared(RK_ARENA_BYTES, 0x10000); }
#endif
#define RK_SHARED(TYPE, NAME, COUNT) TYPE* NAME = (TYPE*)rk_sim_calls->shared((u32)sizeof(TYPE) * (COUNT), __LINE__)

// What test actors tell the checks of a run; not a switch point, and absent from the device.
RK_DEVICE void sim_event(u32 kind, u64 a, u64 b) { rk_sim_calls->event(kind, a, b); }

}  // namespace rk
