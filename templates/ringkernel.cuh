// The persistent kernel, assembled: which warp does what.
//
// Block 0 is the system's: warp 0 is control, the next ones serve the host rings. Every other warp is a worker.
// The emitted text defines the actors and calls `run` with them; nothing here knows a user's type.
#pragma once
#include "types.cuh"
#include "abi.cuh"
#include "memory.cuh"
#include "atomics.cuh"
#include "queue.cuh"
#include "mailbox.cuh"
#include "context.cuh"
#include "worker.cuh"
#include "ingress.cuh"
#include "control.cuh"

#ifndef RK_BLOCK_THREADS
#define RK_BLOCK_THREADS 256
#endif
#ifndef RK_MIN_BLOCKS
#define RK_MIN_BLOCKS 4
#endif

namespace rk {

template <u32 A> RK_CONSTANT u32 largest_slot() { return A; }
template <u32 A, u32 B, u32... REST> RK_CONSTANT u32 largest_slot() { return largest_slot<(A > B ? A : B), REST...>(); }

template <class... A> RK_DEVICE void run(const Params& p) {
    RK_SHARED(u32, cells, RK_BLOCK_THREADS * LANE_CELLS);
    RK_SHARED(u32, counts, RK_BLOCK_THREADS * COUNTERS);
    constexpr u32 WARPS = RK_BLOCK_THREADS / WARP;
    constexpr u32 WORDS = largest_slot<A::SLOT_BYTES...>() / 16;
    u32 in_block = thread_index() / WARP, warp = block_index() * WARPS + in_block;
    u32* held = cells + in_block * WARP * LANE_CELLS;
    u32* counters = counts + in_block * WARP * COUNTERS;
    u32* alive = (u32*)p.run_flag + 32;
    if (thread_index() == 0) fetch_add(alive, 1);
    if (block_index() != 0) {
        worker<A...>(p, warp - WARPS, held, counters);
    } else if (in_block == 0) {
        control(p, grid_blocks() * WARPS);
    } else if (in_block <= p.ingress.rings) {
        ingress<WORDS>(p, grid_blocks() * WARPS - in_block, in_block - 1, held, counters);
    }
    if (block_index() != 0) {
        block_sync();
        if (thread_index() == 0) fetch_add(alive, 0xffffffffu);
    }
}

}  // namespace rk
