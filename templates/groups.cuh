// Barriers of tiles: all of them, groups that the host has named, and the tiles around each.
//
// Owns: what a tile raises when it comes to a barrier, and what it waits for. What a tile did before a barrier, all of the group see
// after it: who comes releases at the GPU's scope, and who waits acquires. A small group has one counter, at which all look. It has how
// many have come, and above it the sum of their sites: if all are at one site, it is that site as often. In a large group those who
// look would be in the way of those who come, so it has several counters, the first tile alone looks at them and then raises
// flags, at each of which few look; a flag has the site where the first tile is. Counters of three rounds are used in turn: who comes to one
// says that it has left the one before, so the first tile can clear that for the round after the next. For the tiles
// around it, each raises a number of its own, and nobody counts.
#pragma once
#include "tile.cuh"

namespace rk {

// The largest group with one counter.
#ifndef RK_ONE_COUNTER
#define RK_ONE_COUNTER 528
#endif
constexpr u32 ALL_TILES = 0, COUNTER_WORDS = 16, COUNTER_ROUNDS = 3;
constexpr u32 PERIODIC_SIDE = 2;  // of the rules in `GridParams::sides`

RK_DEVICE u64* counter(const GridParams& p, u32 group, u32 round, u32 index) {
    return (u64*)p.counters + (((u64)group * (COUNTER_ROUNDS + 1) + round) * GROUP_COUNTERS + index) * COUNTER_WORDS;
}
RK_DEVICE u64* flag(const GridParams& p, u32 group, u32 index) { return counter(p, group, COUNTER_ROUNDS, index); }
RK_DEVICE u32 round_after(u32 round) { return round + 1 == COUNTER_ROUNDS ? 0 : round + 1; }

// Called when the tile begins; a barrier follows.
RK_DEVICE void find_groups(const Context& ctx) {
    const GridProgress* progress = progress_of(ctx, ctx.index);
    for (u32 group = thread_index(); group < MAX_GROUPS; group += RK_BLOCK_THREADS) {
        store_block_relaxed(ctx.shared + ROUNDS + group, load_relaxed(&progress->rounds[group]));
        store_block_relaxed(ctx.shared + PLACES + group, ctx.tile.places[group]);
    }
    if (thread_index() == 0) store_block_relaxed(ctx.shared + NEAR, (u32)load_relaxed(&progress->near));
}
// Called by one thread when it leaves.
RK_DEVICE void keep_rounds(const Context& ctx) {
    GridProgress* progress = progress_of(ctx, ctx.index);
    for (u32 group = 0; group < MAX_GROUPS; group++) {
        store_relaxed(&progress->rounds[group], load_block_relaxed(ctx.shared + ROUNDS + group));
    }
}

// Named groups have their own count of barriers, to which not all tiles come. A tile of the group that waits at a later operation of
// the step has passed by this barrier.
RK_COLD Status still_waiting_for(const GridParams& p, u32 index, u32 group, u32 at, u32 site) {
    if (group == ALL_TILES) return still_waiting(p, index, at, site);
    const Status status = still_waiting(p, index, at, NO_SITE);
    const GridTile* tiles = (const GridTile*)p.tiles;
    const GridProgress* all = (const GridProgress*)p.progress;
    for (u32 other = 0; other < p.count && status == OK; other++) {
        const u64 waits = load_relaxed(&all[other].waits);
        if (tiles[other].places[group] != 0 && (u32)(waits >> 32) != NO_SITE && (i32)((u32)waits - at) > 0) return FAILED;
    }
    return status;
}

// Waits until a word has this number below, at a barrier of a group; then above it is `sites`.
RK_DEVICE Status await_group(Context& ctx, u32 group, u32 site, const u64* at, u32 number, u32 sites) {
    // Who has waited in vain does not wait again.
    Status status = ctx.waited;
    u32 tries = 0;
    u64 come = 0;
    while (status == OK) {
        come = load_acquire(at);
        if ((u32)come == number) break;
        if ((++tries & 255) == 0) status = still_waiting_for(ctx.p, ctx.index, group, ctx.sequence + ctx.meetings, site);
    }
    return status == FAILED || (status == OK && (u32)(come >> 32) != sites) ? fail(ctx, site, 0) : status;
}
// Comes to the next barrier of a group, and waits until all of it have come.
RK_DEVICE Status meet_group(Context& ctx, u32 group, u32 site) {
    const u32 place = load_block_relaxed(ctx.shared + PLACES + group), members = place >> 16, number = place & 0xffff;
    const u32 round = load_block_relaxed(ctx.shared + ROUNDS + group), next = round_after(round), lane = lane_id();
    const u32 counters = members <= RK_ONE_COUNTER ? 1 : GROUP_COUNTERS;
    // What the threads of this tile did is finished.
    block_sync();
    Status status = ctx.waited;
    if (thread_index() < WARP) {
        if (lane == 0) {
            add_release(counter(ctx.p, group, round, number % counters), (u64)site << 32 | 1);
            store_block_relaxed(ctx.shared + ROUNDS + group, next);
        }
        // No lane waits before the first has said so.
        warp_sync();
        const bool counts = counters == 1 || number == 0;
        if (counts && lane < counters) {
            const u32 all = (members - lane + counters - 1) / counters;
            status = await_group(ctx, group, site, counter(ctx.p, group, round, lane), all, site * all);
            // Nobody is at the round before this one any more, and nobody comes to the one after the next before this tile does.
            if (number == 0) store_relaxed(counter(ctx.p, group, round_after(next), lane), (u64)0);
        } else if (!counts && lane == 0) {
            status = await_group(ctx, group, site, flag(ctx.p, group, number % counters), 1 + round, site);
        }
        if (counters != 1 && number == 0 && !any(status != OK)) {
            // What each lane has seen, all of them say.
            warp_sync();
            if (lane < counters) store_release(flag(ctx.p, group, lane), (u64)site << 32 | (1 + round));
        }
    }
    return agree(ctx, status);
}
RK_DEVICE Status meet_all(Context& ctx, u32 site) {
    // Counted with the operations of the step.
    ctx.sequence++;
    return meet_group(ctx, ALL_TILES, site);
}

// Comes to the next barrier of this kind, and waits for the tiles in the box around this one.
template <usize D> RK_DEVICE Status meet_near(Context& ctx, u32 site, const Array<u32, D>& extents) {
    ctx.sequence++;
    const u32 at = load_block_relaxed(ctx.shared + NEAR) + 1;
    block_sync();
    if (thread_index() == 0) {
        store_block_relaxed(ctx.shared + NEAR, at);
        store_release(&progress_of(ctx, ctx.index)->near, (u64)site << 32 | at);
    }
    warp_sync();
    u32 here[D], reach[D], boxes = 1, rest = ctx.index;
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) {
        const u32 along = ctx.p.along[axis], half = extents.data[axis] / 2;
        here[axis] = rest % along;
        rest /= along;
        // More are all that there are.
        reach[axis] = half < along ? half : along - 1;
        boxes *= 2 * reach[axis] + 1;
    }
    Status status = ctx.waited;
    for (u32 i = thread_index(); i < boxes && status == OK; i += RK_BLOCK_THREADS) {
        u32 other = 0, stride = 1, left = i;
        bool is_there = true;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) {
            const u32 along = ctx.p.along[axis], width = 2 * reach[axis] + 1;
            i32 to = (i32)(here[axis] + left % width) - (i32)reach[axis];
            left /= width;
            if (ctx.p.sides[2 * axis] == PERIODIC_SIDE) to += to < 0 ? (i32)along : to >= (i32)along ? -(i32)along : 0;
            is_there &= to >= 0 && to < (i32)along;
            other += (u32)to * stride;
            stride *= along;
        }
        if (!is_there || other == ctx.index) continue;
        const u64* near = &progress_of(ctx, other)->near;
        u32 tries = 0;
        u64 come = load_acquire(near);
        while ((i32)((u32)come - at) < 0 && status == OK) {
            if ((++tries & 255) == 0) status = still_waiting(ctx.p, ctx.index, ctx.sequence + ctx.meetings, site);
            come = load_acquire(near);
        }
        // Who is further has waited for this one, and has looked.
        if (status == OK && (u32)come == at && (u32)(come >> 32) != site) status = fail(ctx, site, 0);
    }
    return agree(ctx, status);
}

// ---- what a step asks of its context ------------------------------------------------------------------------------

template <class G> RK_DEVICE bool is_in(const Context& ctx, const G& group) {
    if (group.tag != G::Named) return true;
    const u32 number = group.as_Named._0;
    const u32 place = number < MAX_GROUPS - 1 ? load_block_relaxed(ctx.shared + PLACES + 1 + number) : NO_GROUP;
    return place != 0 && place != NO_GROUP;
}
// The sites are where a tile is that waits for others which are elsewhere, and why a group is none.
template <class G> RK_DEVICE Status barrier(Context& ctx, u32 site, u32 no_middle, u32 no_group, const G& group) {
    if (group.tag == G::Grid) return meet_all(ctx, site);
    if (group.tag == G::Near) {
        for (u32 axis = 0; axis < ElementOf<decltype(group.as_Near._0)>::LEN; axis++) {
            if (group.as_Near._0.data[axis] % 2 == 0) return fail(ctx, no_middle, 0);
        }
        return meet_near(ctx, site, group.as_Near._0);
    }
    const u32 number = group.as_Named._0;
    if (number >= MAX_GROUPS - 1 || load_block_relaxed(ctx.shared + PLACES + 1 + number) == NO_GROUP) return fail(ctx, no_group, 0);
    return is_in(ctx, group) ? meet_group(ctx, 1 + number, site) : OK;
}

}  // namespace rk
