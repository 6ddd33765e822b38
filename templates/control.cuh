// Control: one warp that hears the host's commands and reports.
//
// Owns: the run flag, the two lines in mapped memory, and the board on which its block reads the news. It never runs user
// code, so a command is heard whatever handlers do.
#pragma once
#include "worker.cuh"

namespace rk {

constexpr u32 RUN = 0, LEAVE = 1, KILL = 2;

// What control remembers of its last report: messages done; how often actors had starved when it last looked for a stall; what
// was done when a few of the host's were let in; the cry for cells that workers are to have heard, how many regular reports it has
// waited for them; whether anybody starved between the last two looks, and whether the system was stalled then.
struct Reported {
    u64 done, starved, turned;
    u32 cries, waited;
    bool starving, stalled;
};
// Regular reports after which a worker that has not heard of hunger is taken to run a long handler.
constexpr u32 LONG_WAIT = 10;

// Messages that may be under way when the host puts in another one. A message that waits in a slot can come to need a cell: its actor
// handles it and sends another, to one whose mailbox is full. With a cell for every message under way, and one more for the end of
// its chain, beside what ingress keeps (two for each message that a ring's warp reads at once) and what one handler needs, no actor
// waits for cells in vain.
template <u32 WORDS> RK_DEVICE u32 most_under_way(const Params& p) {
    u32 kept = p.ingress.rings * (2 * WARP / WORDS) + HELD_CELLS;
    return p.pool.count > kept ? (p.pool.count - kept) / 2 : 0;
}
// Messages of the host that each ring brings in now and then whatever is under way, and at the start.
RK_DEVICE u32 few_of(const Params& p) { return p.pool.count / 256 / p.ingress.rings + 1; }
// How often all that is under way has been handled before a few more come in.
constexpr u32 TURNS = 16;

// Decides how far each ring may go, so that what is under way, with all that rings may still deliver, is at most `most`. What a ring
// was given stays its own: so who has come to its limit gets a part of the room, and the others enough for a lone message. What
// actors multiply among themselves is theirs: even if they have more under way than that, the host's commands still come in, a few
// at a time, the more seldom the less is done. `turned` is what was done when the last few came.
RK_DEVICE void admit(const Params& p, u32* board, u32 most, u64 sent, u64 done, u64& turned) {
    u32 rings = p.ingress.rings, few = few_of(p), share = 0, entered = 0, allowed = 0;
    for (u32 i = 0; i < rings; i++) {
        entered += load_block_relaxed(board + BOARD_HEADS + i);
        allowed += load_block_relaxed(board + BOARD_LIMITS + i);
    }
    i32 room = (i32)(most - (allowed + (u32)sent - (u32)done)), under_way = (i32)(entered + (u32)sent - (u32)done);
    if (room > 0) share = room / rings + 1;
    else if ((i64)(done - turned) >= (i64)under_way * TURNS) share = few;
    if (share != 0) turned = done;
    for (u32 i = 0; i < rings; i++) {
        u32 limit = load_block_relaxed(board + BOARD_LIMITS + i), left = limit - load_block_relaxed(board + BOARD_HEADS + i);
        u32 wants = left == 0 ? share : left < few ? few - left : 0;
        if (wants != 0) store_block_relaxed(board + BOARD_LIMITS + i, limit + (wants < share ? wants : share));
    }
    store_block_relaxed(board + BOARD_ASKED, 0);
}

// Adds up the counters of all warps, and finds out whether they are those of one moment: every epoch was even before the
// counters were read and is the same after. Then says how much the host may put in, see `admit`.
RK_COLD void report(const Params& p, u32 warps, u32* board, u32 block_warps, u32 most, bool regular, Reported& before) {
    DeviceLine* line = (DeviceLine*)p.device_line;
    const WarpStats* stats = (const WarpStats*)p.stats;
    u64 totals[COUNTERS] = {0, 0, 0, 0, 0, 0, 0};
    u32 slot = 0, epochs = 0, odd = 0, deaf = 0;
#pragma unroll 1
    for (u32 i = lane_id(); i < warps; i += WARP) {
        u32 epoch = load_relaxed(&stats[i].epoch);
        odd |= epoch & 1;
        epochs += epoch;
    }
    fence();
#pragma unroll 1
    for (u32 i = lane_id(); i < warps; i += WARP) {
        const u64* c = (const u64*)(stats + i);
        totals[HANDLED] += load_relaxed(c + HANDLED);
        totals[DEAD_LETTERS] += load_relaxed(c + DEAD_LETTERS);
    }
    fence();
#pragma unroll 1
    for (u32 i = lane_id(); i < warps; i += WARP) {
        const u64* c = (const u64*)(stats + i);
#pragma unroll
        for (u32 k = DEAD_LETTERS + 1; k < COUNTERS; k++) totals[k] += load_relaxed(c + k);
        u32 starved = load_relaxed(&stats[i].starved_slot);
        slot = starved != 0 ? starved : slot;
        // Those of the first block that are no workers, and the number that control does not use, hear nothing.
        bool works = i < warps - 1 - p.ingress.rings && i != warps - block_warps;
        if (works && (i32)(load_relaxed(&stats[i].heard) - before.cries) < 0) deaf = 1;
    }
    fence();
    // Those who have starved by then have cried.
    u32 cries = load_relaxed((const u32*)p.run_flag + 1);
    // Epochs only grow, so an equal sum means equal epochs.
#pragma unroll 1
    for (u32 i = lane_id(); i < warps; i += WARP) epochs -= load_relaxed(&stats[i].epoch);
    bool quiet = ballot(odd != 0 || epochs != 0) == 0, heard = !any(deaf != 0);
#pragma unroll 1
    for (u32 d = 16; d > 0; d /= 2) {
#pragma unroll
        for (u32 k = 0; k < COUNTERS; k++) totals[k] += shuffle_xor(totals[k], d);
        u32 other = shuffle_xor(slot, d);
        slot = other > slot ? other : slot;
    }
    u64 done = totals[HANDLED] + totals[DEAD_LETTERS];
    bool moved = done != before.done;
    // Somebody had starved at the last look, all workers have heard of that by now, and nothing was done meanwhile.
    if (moved) before.stalled = false;
    else if (heard && regular) before.stalled = before.starving;
    else if (before.waited > LONG_WAIT) before.stalled = false;
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
        store_relaxed_system(&line->stalled, before.stalled ? 1u : 0u);
        fence_system();
        store_relaxed_system(&line->reports, reports + 2);
    }
    if (lane_id() == 0) admit(p, board, most, totals[SENT], done, before.turned);
    if (heard) {
        before.cries = cries;
        before.waited = 0;
    } else if (regular) {
        before.waited++;
    }
    before.done = done;
    // Only who starves still counts: an actor that has its cells by now may run for long.
    if (moved || (heard && regular)) {
        before.starving = !moved && totals[STARVED] != before.starved;
        before.starved = totals[STARVED];
    }
}

// The host's line {command_seq, command, host_taken, host_full} as lane 0 saw it: lanes that each read it could differ.
// What it says of messages to it goes to the board.
RK_DEVICE Word hear(const HostLine* host, u32* board) {
    Word line{0, 0, 0, 0};
    if (lane_id() == 0) {
        line = load_word_system((const Word*)host);
        store_block(board + BOARD_TAKEN, line.b);
        store_block(board + BOARD_FULL, line.c);
    }
    return Word{shuffle(line.seq, 0), shuffle(line.a, 0), 0, 0};
}

RK_COLD void control(const Params& p, u32 warps, u32* board, u32 block_warps, u32 most) {
    const HostLine* host = (const HostLine*)p.host_line;
    DeviceLine* line = (DeviceLine*)p.device_line;
    u32* flag = (u32*)p.run_flag;
    u32* alive = flag + 32;
    // After a relaunch, commands go on where they were: that is kept beside the flag.
    u32* saved = flag + 64;
    u32 heartbeat = 0, seen = load_relaxed(saved);
    Reported before{0, 0, 0, 0, 0, false, false};
    u64 last = shuffle(clock_ns(), 0);
    while (true) {
        Word command = hear(host, board);
        if (lane_id() == 0) {
            store_block(board + BOARD_HUNGER, load_relaxed(flag + 1));
            store_relaxed_system(&line->heartbeat, ++heartbeat);
            if (heartbeat < 1000 || heartbeat % 64 == 0) store_relaxed_system(&line->blocks_alive, load_relaxed(alive));
        }
        warp_sync();
        if (command.seq != seen) {
            seen = command.seq;
            if (lane_id() == 0) {
                if (command.a != RUN) {
                    store_release(flag, command.a);
                    store_block(board + BOARD_FLAG, command.a);
                }
                store_relaxed_system(&line->command_seen, seen);
            }
            if (command.a != RUN) break;
        }
        u64 now = shuffle(clock_ns(), 0);
        bool regular = now - last > 2000000ull, asked = shuffle(load_block_relaxed(board + BOARD_ASKED), 0) != 0;
        if (regular || asked) {
            if (regular) last = now;
            report(p, warps, board, block_warps, most, regular, before);
        }
    }
    // Keep hearing: a leave may be followed by a kill. The last warp to finish ends the wait.
    while (any(load_relaxed(alive) > 1 || load_block(board + BOARD_GONE) != block_warps - 1)) {
        Word command = hear(host, board);
        if (lane_id() == 0 && command.seq != seen) store_release(flag, command.a);
        seen = command.seq;
    }
    report(p, warps, board, block_warps, most, true, before);
    if (lane_id() == 0) {
        store_relaxed(saved, seen);
        store_relaxed_system(&line->command_seen, seen);
    }
}

}  // namespace rk
