// Control: one warp that hears the host's commands and reports.
//
// Owns: the run flag, the two lines in mapped memory, and the board on which its block reads the news. It never runs user
// code, so a command is heard whatever handlers do.
#pragma once
#include "worker.cuh"

namespace rk {

constexpr u32 RUN = 0, LEAVE = 1, KILL = 2;

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

RK_DEVICE void control(const Params& p, u32 warps, u32* board, u32 block_warps) {
    const HostLine* host = (const HostLine*)p.host_line;
    DeviceLine* line = (DeviceLine*)p.device_line;
    u32* flag = (u32*)p.run_flag;
    u32* alive = flag + 32;
    // After a relaunch, commands go on where they were: that is kept beside the flag.
    u32* saved = flag + 64;
    u32 heartbeat = 0, seen = load_relaxed(saved);
    u64 handled = 0, starved = 0, last = shuffle(clock_ns(), 0);
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
        if (now - last > 2000000ull) {
            last = now;
            report(p, warps, handled, starved);
        }
    }
    // Keep hearing: a leave may be followed by a kill. The last warp to finish ends the wait.
    while (any(load_relaxed(alive) > 1 || load_block(board + BOARD_GONE) != block_warps - 1)) {
        Word command = hear(host, board);
        if (lane_id() == 0 && command.seq != seen) store_release(flag, command.a);
        seen = command.seq;
    }
    report(p, warps, handled, starved);
    if (lane_id() == 0) {
        store_relaxed(saved, seen);
        store_relaxed_system(&line->command_seen, seen);
    }
}

}  // namespace rk
