// Messages between tiles that touch: words in the inbox of the tile that is told.
//
// Owns: where such messages lie, and when a tile hears them. What is sent before a step is done belongs to that step's round; a
// tile that has done the step says to each side how many there are, also if none, and waits until the tiles there have said so.
// Each word has the number of its round, so nothing else is waited for, as with faces (exchange.cuh), and an inbox has two
// halves for the same reason: who sends for round n + 2 has heard round n + 1 from here, which was said after round n was
// heard. Whoever does not send to neighbours does not include this.
#pragma once
#ifndef RK_NEIGHBOUR_WORDS
// Of no program, so that this compiles alone.
#define RK_NEIGHBOUR_WORDS 1
#endif
#include "tile.cuh"

namespace rk {

// The sides of a tile; the two of an axis stand side by side.
constexpr u32 SIDES = 6;
constexpr u32 NO_TILE = 0xffffffffu;
RK_DEVICE u32 across(u32 side) { return side ^ 1; }

// A message: the first word has the tag and eight bytes, each further one twelve. An inbox: a word that says how many messages there are,
// then those.
constexpr u32 MESSAGE_WORDS = RK_NEIGHBOUR_WORDS;
constexpr u32 INBOX_WORDS = 1 + NEIGHBOUR_DEPTH * MESSAGE_WORDS;
// What the threads of a tile share for each side: where it writes to, 0 for nowhere; how many messages have come from there, then the one
// that is handled next.
constexpr u32 TOWARD = SHARED_WORDS;
constexpr u32 HEARD = TOWARD + 2 * SIDES, HEARD_WORDS = 1 + 3 * MESSAGE_WORDS;
constexpr u32 SHARED_WITH_NEIGHBOURS = HEARD + SIDES * HEARD_WORDS;

// Numbers of messages, four bits for each side.
RK_DEVICE u32 of_side(u32 numbers, u32 side) { return numbers >> 4 * side & 15; }

// What a tile is told by the one on a side, in the half of even rounds; and of a round.
RK_DEVICE Word* nearby(const Context& ctx, u32 tile, u32 side) {
    return (Word*)ctx.p.nearby + ((u64)tile * SIDES + side) * INBOX_WORDS;
}
RK_DEVICE Word* in_round(const Context& ctx, Word* even, u32 round) {
    return even + (u64)(round & 1) * ctx.p.count * SIDES * INBOX_WORDS;
}
// Called once: a barrier follows before anything is sent.
RK_DEVICE void find_neighbours(const Context& ctx) {
    for (u32 side = thread_index(); side < SIDES; side += RK_BLOCK_THREADS) {
        const u32 to = ctx.tile.on_side[side];
        share(ctx, TOWARD + 2 * side, to == NO_TILE ? 0 : (u64)nearby(ctx, to, across(side)));
    }
}
RK_DEVICE Word* toward(const Context& ctx, u32 side) { return (Word*)shared_value(ctx, TOWARD + 2 * side); }

// The message that a tile handles, as its threads share it.
struct NearbyPayload {
    const u32* words;
    template <class M> RK_MEMBER M read() const {
        constexpr u32 WORDS = (sizeof(M) + 3) / 4;
        u32 all[WORDS];
        for (u32 i = 0; i < WORDS; i++) all[i] = load_block_relaxed(words + i);
        M m;
        RK_COPY(&m, all, sizeof(M));
        return m;
    }
};

// ---- sending ------------------------------------------------------------------------------------------------------

// All threads of the tile send the same, and count it; one writes.
constexpr u32 SENT = 0, NO_ROOM = 1, NOBODY = 2;
template <class M> RK_DEVICE u32 put(Context& ctx, u32 side, u32 tag, const M& m) {
    Word* to = toward(ctx, side);
    const u32 number = of_side(ctx.sent, side), round = (u32)ctx.step + 1;
    if (to == nullptr) return NOBODY;
    if (number == NEIGHBOUR_DEPTH) return NO_ROOM;
    ctx.sent += 1u << 4 * side;
    if (thread_index() == 0) {
        u32 said[3 * MESSAGE_WORDS] = {tag};
        if constexpr (!IsEmpty<M>::VALUE) {
            static_assert(sizeof(M) + 4 <= sizeof(said), "the largest message is known");
            RK_COPY(said + 1, &m, sizeof(M));
        }
        Word* at = in_round(ctx, to, round) + 1 + number * MESSAGE_WORDS;
#pragma unroll
        for (u32 i = 0; i < MESSAGE_WORDS; i++) store_word(at + i, Word{round, said[3 * i], said[3 * i + 1], said[3 * i + 2]});
    }
    return SENT;
}
// As Rust's `send` says it: the message comes back with the reason.
template <class E, class M> RK_DEVICE TryTell<E> send(Context& ctx, u32 side, u32 tag, const M& m) {
    TryTell<E> back{};
    const u32 outcome = put(ctx, side, tag, m);
    if (outcome == SENT) return back;
    back.tag = 1;
    if constexpr (IsEmpty<M>::VALUE) back.value = outcome == NO_ROOM ? E::make_Full() : E::make_NoNeighbour();
    else back.value = outcome == NO_ROOM ? E::make_Full(m) : E::make_NoNeighbour(m);
    return back;
}
// To the sides of all axes that there are, and what became of it.
template <class E, class M> RK_DEVICE E send_to_all(Context& ctx, u32 sides, u32 tag, const M& m) {
    E all{};
    for (u32 side = 0; side < sides; side++) {
        const u32 outcome = put(ctx, side, tag, m);
        all.sent += outcome == SENT;
        all.full += outcome == NO_ROOM;
        all.alone += outcome == NOBODY;
    }
    return all;
}

// ---- hearing ------------------------------------------------------------------------------------------------------

// Says to each side how many messages there are for this round.
RK_DEVICE void close_round(Context& ctx, u32 round) {
    for (u32 side = thread_index(); side < SIDES; side += RK_BLOCK_THREADS) {
        Word* to = toward(ctx, side);
        if (to != nullptr) store_word(in_round(ctx, to, round), Word{round, of_side(ctx.sent, side), 0, 0});
    }
    ctx.sent = 0;
    // No lane waits before all of its warp have said so.
    warp_sync();
}

// Waits for a word of a message, and for the word that says whether there are so many.
struct Waited {
    u32 count;
    Word word;
};
RK_DEVICE Waited await_word(const Context& ctx, u32 round, u32 site, u32 side, u32 number, u32 k, Status& status) {
    const Word* inbox = in_round(ctx, nearby(ctx, ctx.index, side), round);
    u32 tries = 0;
    while (status == OK) {
        // Asked for together, so that a late one costs one trip and not two.
        const Word head = load_word(inbox), word = load_word(inbox + 1 + number * MESSAGE_WORDS + k);
        if (head.seq == round && (head.a <= number || word.seq == round)) return Waited{head.a, word};
        if ((++tries & 255) == 0) status = still_waiting(ctx.p, ctx.index, ctx.sequence + ctx.meetings, site);
    }
    return Waited{};
}
RK_DEVICE void share_word(const Context& ctx, u32 side, u32 k, const Word& word) {
    u32* heard = ctx.shared + HEARD + side * HEARD_WORDS + 1 + 3 * k;
    store_block_relaxed(heard, word.a);
    store_block_relaxed(heard + 1, word.b);
    store_block_relaxed(heard + 2, word.c);
}

// Waits for what all sides say, and for the first message of each: a word a thread. It is there for all threads after a barrier,
// which is up to the caller. Tiles come to rounds as they come to operations, which is why they are counted with them.
RK_DEVICE Status receive_round(Context& ctx, u32 round, u32 site) {
    ctx.sequence++;
    Status status = OK;
    for (u32 i = thread_index(); i < SIDES * MESSAGE_WORDS && status == OK; i += RK_BLOCK_THREADS) {
        const u32 side = i / MESSAGE_WORDS, k = i % MESSAGE_WORDS;
        Waited waited{};
        if (ctx.tile.on_side[side] != NO_TILE) waited = await_word(ctx, round, site, side, 0, k, status);
        if (k == 0) store_block_relaxed(ctx.shared + HEARD + side * HEARD_WORDS, waited.count);
        share_word(ctx, side, k, waited.word);
    }
    return status;
}
// After that barrier: how many messages there are.
RK_DEVICE u32 count_heard(const Context& ctx) {
    u32 all = 0;
#pragma unroll
    for (u32 side = 0; side < SIDES; side++) all |= load_block_relaxed(ctx.shared + HEARD + side * HEARD_WORDS) << 4 * side;
    return all;
}

// Handles what there is, side after side, and what comes from one in the order of sending.
template <class G> RK_DEVICE Status hear_neighbours(Context& ctx, typename G::State& self) {
    const u32 round = (u32)ctx.step, all = ctx.nearby;
    Status status = OK;
    ctx.nearby = 0;
    ctx.reply = 0;
#pragma unroll 1
    for (u32 side = 0; side < SIDES; side++) {
        const u32* heard = ctx.shared + HEARD + side * HEARD_WORDS + 1;
        ctx.sender = (u64)ctx.tile.on_side[side] << 24 | 1;
#pragma unroll 1
        for (u32 number = 0; number < of_side(all, side) && status == OK; number++) {
            if (number != 0) {
                // All threads have read the one before.
                block_sync();
                for (u32 k = thread_index(); k < MESSAGE_WORDS && status == OK; k += RK_BLOCK_THREADS) {
                    share_word(ctx, side, k, await_word(ctx, round, NO_SITE, side, number, k, status).word);
                }
                status = agree(ctx, status);
            }
            // A handler is the same in all threads, so there is nothing to agree upon unless it fails.
            if (status == OK) status = G::dispatch_nearby(self, load_block_relaxed(heard), NearbyPayload{heard + 1}, ctx);
            if (status != OK) status = agree(ctx, status);
        }
    }
    ctx.sender = 0;
    return status;
}

}  // namespace rk
