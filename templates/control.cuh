// Control: one warp that hears the host's commands, moves what was spilled on its way to the host, and reports.
//
// Owns: the run flag, the two lines in mapped memory, and the release of the host's mailbox, whose receiver cannot
// touch device memory itself. It never runs user code, so a command is heard whatever handlers do.
#pragma once
#include "context.cuh"

namespace rk {

constexpr u32 RUN = 0, LEAVE = 1, KILL = 2;

// The host's mailbox as its receiver sees it.
struct HostMailbox {
    u32 base;   // ticket of the first message since the last release; equals the position in the ring
    u32 moved;  // spilled messages that were copied into the ring since
};

// Copies spilled messages into ring positions that the host has emptied, and releases what it has taken.
RK_COLD void serve_host(const Params& p, HostMailbox& h, u32 taken) {
    const Table& t = p.host;
    Mailbox* mailbox = mailbox_of(t, 0);
    Spill* s = spill_of(t, 0);
    u32 depth = t.depth_mask + 1;
    u64 word = load_relaxed(&mailbox->word);
    u32 count = word_count(word), done = taken - h.base;
    if (count <= depth) {
        if (done != 0 && compare_exchange(&mailbox->word, word, word - done) == word) h.base = taken;
        return;
    }
    u32 cursor = load_weak(&s->cursor), start = cursor;
    while (h.moved < count - depth && h.moved < done) {
        u32 next = chain_next(p.pool, s, cursor);
        if (next == 0) break;
        if (cursor != 0) pool_free(p.pool, cursor - 1);
        cursor = next;
        const Word* from = cell_body(p.pool, next - 1);
        u32 position = h.base + depth + h.moved;
        Word* to = slot_of(t, 0, position);
        for (u32 i = 0; i < t.slot_bytes / 16; i++) {
            Word part = load_word(from + i);
            part.seq = position + 1;
            store_word_system(to + i, part);
        }
        h.moved++;
    }
    if (cursor != start) store_relaxed(&s->cursor, cursor);
    if (done != count && h.moved > RK_LONG_CHAIN) {
        // All but one of what was moved: more than the ring's depth stays, so the chain goes on.
        u32 release = h.moved - 1;
        if (compare_exchange(&mailbox->word, word, word - release) == word) {
            h.base += release;
            h.moved = 1;
        }
    }
    if (done == count) {
        if (cursor != 0) {
            if (!chain_close(p.pool, s, cursor)) return;
            store_relaxed(&s->cursor, 0u);
        }
        if (compare_exchange(&mailbox->word, word, word - count) == word) {
            h.base = taken;
            h.moved = 0;
        }
    }
}

// Adds up the counters of all warps, and finds out whether they are those of one moment: every epoch was even before the
// counters were read and is the same after.
RK_COLD void report(const Params& p, u32 warps, u64& done_before, u64& starved_before) {
    DeviceLine* line = (DeviceLine*)p.device_line;
    const WarpStats* stats = (const WarpStats*)p.stats;
    u64 totals[COUNTERS] = {0, 0, 0, 0, 0, 0, 0};
    u32 slot = 0, epochs = 0, odd = 0;
    for (u32 i = lane_id(); i < warps; i += WARP) {
        u32 epoch = load_relaxed(&stats[i].epoch);
        odd |= epoch & 1;
        epochs += epoch;
    }
    fence();
    for (u32 i = lane_id(); i < warps; i += WARP) {
        const u64* c = (const u64*)(stats + i);
#pragma unroll
        for (u32 k = 0; k < COUNTERS; k++) totals[k] += load_relaxed(c + k);
        u32 starved = load_relaxed(&stats[i].starved_slot);
        slot = starved != 0 ? starved : slot;
    }
    fence();
    // Epochs only grow, so an equal sum means equal epochs.
    for (u32 i = lane_id(); i < warps; i += WARP) epochs -= load_relaxed(&stats[i].epoch);
    bool quiet = ballot(odd != 0 || epochs != 0) == 0;
#pragma unroll
    for (u32 k = 0; k < COUNTERS; k++) {
        for (u32 d = 16; d > 0; d /= 2) totals[k] += shuffle_xor(totals[k], d);
    }
    for (u32 d = 16; d > 0; d /= 2) {
        u32 other = shuffle_xor(slot, d);
        slot = other > slot ? other : slot;
    }
    u64 done = totals[HANDLED] + totals[DEAD_LETTERS];
    bool moved = done != done_before;
    if (lane_id() == 0) {
        u32 reports = load_relaxed_system(&line->reports);
        store_relaxed_system(&line->reports, reports + 1);
        fence_system();
        store_relaxed_system(&line->handled, totals[HANDLED]);
        store_relaxed_system(&line->dead_letters, totals[DEAD_LETTERS]);
        store_relaxed_system(&line->spilled, totals[SPILLED]);
        store_relaxed_system(&line->starved, totals[STARVED]);
        store_relaxed_system(&line->failed, totals[FAILURES]);
        store_relaxed_system(&line->sent, totals[SENT]);
        store_relaxed_system(&line->to_host, totals[TO_HOST]);
        store_relaxed_system(&line->starved_slot, slot);
        store_relaxed_system(&line->quiet, quiet ? 1u : 0u);
        // Somebody starved since the last message was done, and nothing was done since.
        store_relaxed_system(&line->stalled, !moved && totals[STARVED] != starved_before ? 1u : 0u);
        fence_system();
        store_relaxed_system(&line->reports, reports + 2);
    }
    if (moved) {
        done_before = done;
        starved_before = totals[STARVED];
    }
}

// The host's line {command_seq, command, host_taken, -} as lane 0 saw it: lanes that each read it could differ.
RK_DEVICE Word hear(const HostLine* host) {
    Word command{0, 0, 0, 0};
    if (lane_id() == 0) command = load_word_system((const Word*)host);
    return Word{shuffle(command.seq, 0), shuffle(command.a, 0), command.b, 0};
}

RK_DEVICE void control(const Params& p, u32 warps) {
    const HostLine* host = (const HostLine*)p.host_line;
    DeviceLine* line = (DeviceLine*)p.device_line;
    u32* flag = (u32*)p.run_flag;
    u32* alive = flag + 32;
    // What the host has taken is where its mailbox stands whenever nothing is spilled; after a relaunch the
    // rest is kept beside the flag.
    u32* saved = flag + 64;
    HostMailbox h{load_relaxed(saved), load_relaxed(saved + 1)};
    u32 heartbeat = 0, seen = load_relaxed(saved + 2);
    u64 handled = 0, starved = 0, last = shuffle(clock_ns(), 0);
    while (true) {
        Word command = hear(host);
        if (lane_id() == 0) {
            serve_host(p, h, command.b);
            store_relaxed_system(&line->heartbeat, ++heartbeat);
            if (heartbeat < 1000 || heartbeat % 64 == 0) store_relaxed_system(&line->blocks_alive, load_relaxed(alive));
        }
        warp_sync();
        if (command.seq != seen) {
            seen = command.seq;
            if (lane_id() == 0) {
                if (command.a != RUN) store_release(flag, command.a);
                store_relaxed_system(&line->command_seen, seen);
            }
            if (command.a != RUN) break;
        }
        u64 now = shuffle(clock_ns(), 0);
        if (now - last > 2000000ull) {
            last = now;
            report(p, warps, handled, starved);
        }
    }
    // Keep hearing: a leave may be followed by a kill. The last worker to finish ends the wait.
    while (any(load_relaxed(alive) > 1)) {
        Word command = hear(host);
        if (command.seq != seen && lane_id() == 0) store_release(flag, command.a);
        seen = command.seq;
    }
    report(p, warps, handled, starved);
    if (lane_id() == 0) {
        store_relaxed(saved, h.base);
        store_relaxed(saved + 1, h.moved);
        store_relaxed(saved + 2, seen);
        store_relaxed_system(&line->command_seen, seen);
    }
}

}  // namespace rk
