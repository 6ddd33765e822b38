// The way to the host: one warp that forwards what actors tell it from device memory to mapped memory.
//
// Owns: the receiving end of the host's mailbox, and the outbox, a ring of slots in mapped memory that the host empties.
// Actors write to device memory, so telling the host costs them what telling an actor does; this warp reads many messages
// at once and writes them side by side, so that they cross the bus in few large transactions. A message keeps the words it has
// in a mailbox; in the outbox each carries the position plus one. While the outbox is full, messages wait in the mailbox, and
// actors that tell the host are not started (`host_is_crowded`). At a stop all of it goes out, unless the host says that it has no
// room: then the rest stays in the mailbox, where a relaunch finds it.
#pragma once
#include "worker.cuh"

namespace rk {

// Where the receiver of the host's mailbox stands; kept beside the run flag over a relaunch.
struct Forwarder {
    Place place;
    u32 out;  // position in the outbox of the next message
};

// Writes word `part` of a message to a place in the outbox, without what its header has for this warp alone.
RK_DEVICE void write_outbox(const Params& p, u32 position, u32 part, Word word) {
    if (part == 0) word.c &= 0x0fffffffu;
    word.seq = position + 1;
    store_word_system((Word*)(p.outbox + (u64)(position & p.outbox_mask) * p.host.slot_bytes) + part, word);
}

// Forwards whole messages from slots; returns how many. Called by the whole warp with equal arguments.
RK_DEVICE u32 forward_slots(const Params& p, u32 ticket, u32 out, u32 most) {
    const Table& t = p.host;
    u32 words = t.slot_bytes / 16, groups = WARP / words;
    u32 part = lane_id() % words, group = lane_id() / words;
    Word parts[POLL];
#pragma unroll
    for (u32 k = 0; k < POLL; k++) {
        u32 at = k * groups + group;
        parts[k] = Word{0, 0, 0, 0};
        if (at < most) parts[k] = load_word(slot_of(t, 0, ticket + at) + part);
    }
    u32 done = 0;
    // The body stays one, and the words stay in registers: each is picked by a chain of selections.
#pragma unroll 1
    for (u32 k = 0; k < POLL; k++) {
        Word word = parts[0];
#pragma unroll
        for (u32 j = 1; j < POLL; j++) {
            if (k == j) word = parts[j];
        }
        u32 at = k * groups + group;
        // Words beyond the message are older; only those that belong to it must be there.
        bool there = at < most && word.seq == ticket + at + 1;
        u32 length = shuffle(host_words(word), group * words);
        bool headed = (ballot(there) >> (group * words) & 1) != 0;
        u32 missing = ballot(!headed || (part < length && !there));
        u32 whole = missing == 0 ? groups : lowest(missing) / words;
        if (done != k * groups) break;
        if (group < whole) write_outbox(p, out + at, part, word);
        done += whole;
    }
    return done;
}

// Forwards one message from the chain; 0 if it is not linked yet. Called by the whole warp with equal arguments.
RK_COLD u32 forward_spilled(const Params& p, u32 out) {
    const Table& t = p.host;
    Spill* s = spill_of(t, 0);
    u32 cursor = 0, next = 0;
    if (lane_id() == 0) {
        cursor = load_relaxed(&s->cursor);
        next = chain_next(p.pool, s, cursor);
    }
    next = shuffle(next, 0);
    if (next == 0) return 0;
    warp_sync();
    if (lane_id() < t.slot_bytes / 16) {
        write_outbox(p, out, lane_id(), load_word((const Word*)cell_body(p.pool, next - 1) + lane_id()));
    }
    warp_sync();
    if (lane_id() == 0) {
        fence();
        if (cursor != 0) pool_free(p.pool, cursor - 1);
        store_relaxed(&s->cursor, next);
    }
    warp_sync();
    return 1;
}

// Forwards what is there as far as the host has room; true if anything moved.
RK_DEVICE bool forward_some(const Params& p, Forwarder& f, u32 taken) {
    const Table& t = p.host;
    u32 depth = t.depth_mask + 1, room = p.outbox_mask + 1 - (f.out - taken), moved = 0;
    Place& at = f.place;
    if (room != 0 && at.done < depth) {
        u32 most = depth - at.done;
        moved = forward_slots(p, at.base + at.done, f.out, most < room ? most : room);
    } else if (room != 0) {
        moved = forward_spilled(p, f.out);
    }
    f.out += moved;
    at.done += moved;
    // A release for each message would cost more than the message.
    if (at.done != 0 && (moved == 0 || at.done >= depth / 8)) {
        warp_sync();
        u64 state = 0;
        if (lane_id() == 0) {
            fence();
            Spill* spill = spill_of(t, 0);
            u32 cursor = load_relaxed(&spill->cursor);
            release(p.pool, mailbox_of(t, 0), spill, at, cursor, load_relaxed(&mailbox_of(t, 0)->word), depth);
            state = (u64)at.base << 32 | at.done;
        }
        state = shuffle(state, 0);
        at = Place{(u32)(state >> 32), (u32)state};
    }
    return moved != 0;
}

// When nothing moves and nobody sends any more: the mailbox is empty, or the outbox is full and so is the host.
RK_DEVICE bool nothing_to_wait_for(const Params& p, u32* board) {
    u32 verdict = 0;
    if (lane_id() == 0) verdict = word_count(load_relaxed(&mailbox_of(p.host, 0)->word)) == 0 || load_block(board + BOARD_FULL) != 0;
    return shuffle(verdict, 0) != 0;
}

RK_DEVICE void forward(const Params& p, u32* board, u32 warps) {
    u32* alive = (u32*)p.run_flag + 32;
    u32* saved = (u32*)p.run_flag + 96;
    Forwarder f{Place{load_relaxed(saved), load_relaxed(saved + 1)}, load_relaxed(saved + 2)};
    u32 idle = 0;
    bool last = false;
    while (true) {
        if (forward_some(p, f, shuffle(load_block(board + BOARD_TAKEN), 0))) {
            idle = 0;
            continue;
        }
        if (last && nothing_to_wait_for(p, board)) break;
        // What actors said before they ended goes out too: so this warp is the last but control.
        u32 others = load_relaxed(alive) > 1 || load_block(board + BOARD_GONE) < warps - 2 ? 1 : 0;
        last = shuffle(load_block(board + BOARD_FLAG) != 0 && others == 0 ? 1u : 0u, 0) != 0;
        if (++idle > 64) sleep_ns(idle < 256 ? 50 : 200);
    }
    if (lane_id() == 0) {
        store_relaxed(saved, f.place.base);
        store_relaxed(saved + 1, f.place.done);
        store_relaxed(saved + 2, f.out);
    }
}

}  // namespace rk
