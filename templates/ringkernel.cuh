// The persistent kernel, assembled: which warp does what.
//
// Block 0 is the system's: warp 0 is control, warp 1 forwards to the host, the next ones serve the host rings, and the last
// work for those. Every other warp is a worker.
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
#include "forward.cuh"
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
    RK_SHARED(u32, counts, RK_BLOCK_THREADS * LANE_WORDS);
    constexpr u32 WARPS = RK_BLOCK_THREADS / WARP;
    constexpr u32 BOARD_WORDS = BOARD_DESKS + WARPS * DESK_WORDS;
    RK_SHARED(u32, board, BOARD_WORDS);
    constexpr u32 WORDS = largest_slot<A::SLOT_BYTES...>() / 16;
    u32 in_block = thread_index() / WARP, warp = block_index() * WARPS + in_block;
    u32* held = cells + in_block * WARP * LANE_CELLS;
    u32* counters = counts + in_block * WARP * LANE_WORDS;
    u32* alive = (u32*)p.run_flag + 32;
    if (thread_index() == 0) fetch_add(alive, 1);
    u32 first_worker = 2 + p.ingress.rings, desks = WARPS > first_worker ? WARPS - first_worker : 0;
    if (block_index() == 0) {
        // What the host has taken goes on from where it was: after a relaunch the outbox may be full. So do the rings.
        u32 taken = load_word_system((const Word*)p.host_line).b;
#pragma unroll 1
        for (u32 i = thread_index(); i < BOARD_WORDS; i += RK_BLOCK_THREADS) {
            u32 first = i == BOARD_TAKEN ? taken : 0;
            for (u32 k = 0; k < 2; k++) {
                u32 ring = i - (k == 0 ? BOARD_HEADS : BOARD_LIMITS);
                if (ring < p.ingress.rings) first = load_relaxed((const u32*)p.ingress.heads + ring * 32) + k * few_of(p);
            }
            store_block(board + i, first);
        }
        block_sync();
        warp = grid_blocks() * WARPS - in_block;
        if (in_block == 0) {
            control(p, grid_blocks() * WARPS, board, WARPS, most_under_way<WORDS>(p));
            return;
        }
        if (in_block == 1) forward(p, board, WARPS);
        else if (in_block < first_worker) ingress<WORDS>(p, warp, in_block - 2, held, counters, board, desks);
    } else {
        warp -= WARPS;
    }
    if (block_index() != 0 || in_block >= first_worker) {
        u32* desk = block_index() != 0 ? nullptr : desk_at(board, in_block - first_worker);
        worker<A...>(p, warp, held, counters, board, desk);
    }
    if (block_index() == 0) {
        warp_sync();
        if (lane_id() == 0) fetch_add_block(board + BOARD_GONE, 1);
    } else {
        fence();
        block_sync();
        if (thread_index() == 0) fetch_add(alive, 0xffffffffu);
    }
}

}  // namespace rk
