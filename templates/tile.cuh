// A tile of a grid: one block, and its meetings with other tiles.
//
// Owns: `Context`, and what makes a tile wait. All threads of the block run the user's step side by side, with the same
// values in their registers; over cells they share the work. A tile's meetings are numbered: to come to meeting k says that
// everything before is finished, what this tile read of others and what it wrote. Who comes waits until those that it meets have
// come too, and reads what they wrote; they write again only after meeting k + 1, to which this tile has to come first. So nobody
// is more than one meeting ahead of a neighbour, and there is no barrier of the whole grid but where a reduction or the user wants one (groups.cuh).
#pragma once
#include "abi.cuh"
#include "cells.cuh"
#include "memory.cuh"
#include "status.cuh"

#ifndef RK_BLOCK_THREADS
#define RK_BLOCK_THREADS 256
#endif
#ifndef RK_MIN_BLOCKS
#define RK_MIN_BLOCKS 1
#endif

#ifndef RK_BLIND
#define RK_BLIND false
#endif

namespace rk {

// Tiles look for nothing that the host wants before all steps are done that it let them do: to measure what looking costs.
constexpr bool BLIND = RK_BLIND;

constexpr u32 SITE_ELSEWHERE = 0xffffff02u;  // the grid failed in another tile

// Words of the largest message of the host: two and 180 bytes.
constexpr u32 MOST_MAIL_WORDS = 17;

// Words that the threads of a tile share.
constexpr u32 AGREED = 0;   // two: what an agreement says, by the parity of its number
constexpr u32 ORDER = 2;    // what the tile does next
constexpr u32 CLAIMED = 3;  // the thread that writes down why the tile fails, plus one
constexpr u32 TARGET = 4;   // two: how far it may go, as its first thread has seen it
constexpr u32 MAIL = 6;     // whether there is a message
constexpr u32 WAITED = 7;   // not 0: it waited in vain
constexpr u32 CAP = 8;      // two: where it holds although it may go further
constexpr u32 ONCE = 10;    // two of two: what an operation that is done once gave, by the parity of its number
constexpr u32 NEAR = 14;    // barriers with tiles around it that it has come to
constexpr u32 ROUNDS = 15;  // of each group, the round that it comes to next (groups.cuh)
constexpr u32 PLACES = ROUNDS + MAX_GROUPS;  // and its place
constexpr u32 FIRST_WORDS = PLACES + MAX_GROUPS;  // so many are 0 at first
constexpr u32 EARLY = FIRST_WORDS;            // the number of a message that waits for a step; none if it is handled
constexpr u32 EARLY_STEP = EARLY + 1;         // two: which
constexpr u32 WRITTEN = EARLY + 3;            // how often the host has written in the grid's memory, as this tile knows
constexpr u32 SAID = EARLY + 4;               // the number of the last message that was said to be handled,
constexpr u32 COUNT = EARLY + 5;              // and how many were
constexpr u32 NUMBER = EARLY + 6;             // of the message that is laid out
constexpr u32 MESSAGE = NUMBER + 1;           // and its words without their numbers (mail.cuh)
constexpr u32 SHARED_WORDS = MESSAGE + 3 * MOST_MAIL_WORDS;

// What a tile does next; beside it, that what it has on the chip is not what the host has written since.
constexpr u32 NOTHING = 0, STEP = 1, HEAR = 2, LEAVE = 3, ASK = 4, STALE = 8;

// Entries of lists that a thread keeps (exchange.cuh).
#ifndef RK_KEEPS_LISTS
#define RK_KEEPS_LISTS false
#define RK_SENDS 1
#define RK_RECEIVES 1
#endif
template <u32 FIRST, u32... OTHERS> struct FirstOf {
    static constexpr u32 VALUE = FIRST;
};
constexpr bool KEEPS_LISTS = RK_KEEPS_LISTS;
constexpr u32 KEPT_SENDS = KEEPS_LISTS ? FirstOf<RK_SENDS>::VALUE : 1;
constexpr u32 KEPT_RECEIVES = KEEPS_LISTS ? FirstOf<RK_RECEIVES>::VALUE : 1;

// An entry of a list, unpacked (exchange.cuh).
struct Entry {
    u32 packed, place, stride, count, part;
};

struct Context {
    const GridParams& p;
    const GridTile& tile;
    u32* shared;
    u64 me;
    u64 sender;
    u64 reply;
    u64 step;        // steps that this tile has done
    u32 index;       // of the tile
    u32 meetings;    // that it has come to
    u32 sequence;    // exchanges of faces
    u32 parities;    // a bit for each exchange of the program: which half of its inbox is next
    const Word* inbox;
    u32 heard;      // the number of the last message that this tile has handled
    u32 target;     // the lower half of how far it may go
    u32 left;       // steps after this one that need no question
    u32 held;       // one of them may be the last
    Status waited;  // not OK: in vain, and cells of this operation are made of nothing
    u32 kept;       // a bit for each array that has what is to stay
#ifdef RK_NEIGHBOUR_WORDS
    u32 sent;    // messages to each side since its last step (neighbours.cuh)
    u32 nearby;  // and those from there that it has not handled
#endif
    bool has_mail, looked, was_new;
    bool in_memory;  // a handler runs whose fields are not on the chip
    Entry sends[KEPT_SENDS];
    u32 to[KEPT_SENDS];
    Entry receives[KEPT_RECEIVES];
    u32 agreements;  // that its threads have come to
    bool in_closure; // each thread is at a cell of its own
    u32 failed_site;
    u64 failed_value;
    u32 failed_cell[3];
    u32 has_cell;
};

RK_DEVICE GridControl* control_of(const Context& ctx) { return (GridControl*)ctx.p.control; }
RK_DEVICE GridProgress* progress_of(const Context& ctx, u32 tile) { return (GridProgress*)ctx.p.progress + tile; }

RK_DEVICE Status fail(Context& ctx, u32 site, u64 value) {
    ctx.failed_site = site;
    ctx.failed_value = value;
    return FAILED;
}
RK_DEVICE void note_cell(Context& ctx, const u32* cell, u32 dims) {
    for (u32 axis = 0; axis < 3; axis++) ctx.failed_cell[axis] = axis < dims ? cell[axis] : 0;
    ctx.has_cell = 1;
}

// Beyond closures all threads of a tile have to go the same way, and what one sees of a flag another may not.
RK_DEVICE Status safepoint(Context& ctx) {
    return ctx.in_closure && load_relaxed(&control_of(ctx)->failed) != 0 ? KILLED : OK;
}

// Makes all threads of a tile of one mind, and orders what they did before with what they do after. The first that failed
// keeps what it knows; of the others' failures nobody hears.
RK_DEVICE Status agree(Context& ctx, Status mine) {
    u32* said = ctx.shared + AGREED + (ctx.agreements++ & 1);
    if (mine != OK) {
        if (mine == FAILED) compare_exchange_block(ctx.shared + CLAIMED, 0, thread_index() + 1);
        store_block_relaxed(said, mine);
    }
    block_sync();
    return load_block_relaxed(said);
}

// Who waits for long says where, and looks whether anybody is as far, but elsewhere: then all would wait without end.
RK_COLD Status still_waiting(const GridParams& p, u32 index, u32 at, u32 site) {
    if (load_relaxed(&((GridControl*)p.control)->failed) != 0) return KILLED;
    GridProgress* all = (GridProgress*)p.progress;
    // Both in one word: who goes on meanwhile is not taken for somebody elsewhere.
    store_relaxed(&all[index].waits, (u64)site << 32 | at);
    for (u32 other = 0; other < p.count; other++) {
        const u64 waits = load_relaxed(&all[other].waits);
        const u32 there = (u32)(waits >> 32);
        if ((u32)waits == at && there != site && there != NO_SITE && site != NO_SITE) return FAILED;
    }
    return OK;
}

// Comes to the next meeting, and waits for some tiles to come. `site` says which operation of the step this is.
RK_DEVICE Status meet(Context& ctx, u32 site, const u32* others, u32 count) {
    // What the threads of this tile did is finished.
    block_sync();
    const u32 at = ++ctx.meetings;
    if (thread_index() == 0) {
        GridProgress* own = progress_of(ctx, ctx.index);
        store_relaxed(&own->places[at & 1], site);
        store_release(&own->meetings, at);
    }
    // Who has waited in vain does not wait again.
    Status status = ctx.waited;
    for (u32 i = thread_index(); i < count && status == OK; i += RK_BLOCK_THREADS) {
        const u32 other = others[i];
        const GridProgress* it = progress_of(ctx, other);
        u32 tries = 0;
        while (status == OK && (i32)(load_acquire(&it->meetings) - at) < 0) {
            if ((++tries & 255) == 0) status = still_waiting(ctx.p, ctx.index, ctx.sequence + ctx.meetings, site);
        }
        // Who is met in this way is at most one meeting ahead, so what it left is still about this one.
        if (status == OK && site != NO_SITE && load_relaxed(&it->places[at & 1]) != site) status = fail(ctx, site, 0);
    }
    return agree(ctx, status);
}
RK_DEVICE Status meet_neighbours(Context& ctx, u32 site) {
    return meet(ctx, site, (const u32*)ctx.p.neighbours + ctx.tile.first_neighbour, ctx.tile.neighbours);
}

// How far the tile may go, as all of its threads know.
RK_DEVICE void share(const Context& ctx, u32 word, u64 value) {
    store_block_relaxed(ctx.shared + word, (u32)value);
    store_block_relaxed(ctx.shared + word + 1, (u32)(value >> 32));
}
RK_DEVICE u64 shared_value(const Context& ctx, u32 word) {
    return (u64)load_block_relaxed(ctx.shared + word + 1) << 32 | load_block_relaxed(ctx.shared + word);
}
RK_DEVICE bool may_go(const Context& ctx) { return ctx.step < shared_value(ctx, TARGET) && ctx.step < shared_value(ctx, CAP); }
// Counts the steps after the next one that need no question; if there are more than fit, it asks again before.
RK_DEVICE void count_steps(Context& ctx) {
    const u64 target = shared_value(ctx, TARGET), cap = shared_value(ctx, CAP);
    ctx.target = (u32)target;
    ctx.left = (u32)((target < cap ? target : cap) - ctx.step) - 1;
}

template <class T> RK_DEVICE T* shared(Context& ctx, u32 id) { return (T*)((const SharedEntry*)ctx.p.shared)[id].base; }

// ---- what a step asks of its context ------------------------------------------------------------------------------

// Lets the grid hold after the step that this tile is doing. What the same is in all tiles all of them ask for, so none
// is ahead.
RK_DEVICE void hold(Context& ctx) {
    ctx.held = 1;
    ctx.left = 0;
    if (thread_index() != 0) return;
    u64* held = &control_of(ctx)->held;
    u64 before = load_relaxed(held);
    while (before > ctx.step + 1) {
        const u64 seen = compare_exchange(held, before, ctx.step + 1);
        if (seen == before) return;
        before = seen;
    }
}
template <class A> RK_DEVICE A domain(const Context& ctx) {
    A made;
    for (u32 axis = 0; axis < ElementOf<A>::LEN; axis++) made.data[axis] = ctx.p.extents[axis];
    return made;
}

}  // namespace rk
