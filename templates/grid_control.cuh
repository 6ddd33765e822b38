// How far the tiles of a grid go: a block of its own, which hears the host.
//
// Owns: the host's two lines, as the device sees them. Tiles are let go on towards what the host wants a few steps at a time, so they hold
// soon when it wants less. Nobody else looks at the host's memory but for the answers and messages that it is told.
#pragma once
#include "mail.cuh"

namespace rk {

// Tiles are let go on so many steps at a time, which is how far they still go when they are to hold: few if control sees no step
// end for so many rounds of its own.
constexpr u64 LEASE = BLIND ? 1u << 30 : 64, SHORT_LEASE = BLIND ? LEASE : 2;
constexpr u32 SLOW_ROUNDS = 256;

// What the host has in `leave` when tiles are not to finish their step.
constexpr u32 ABANDON = 2;

// The least of what the lanes of a warp have, and the sum.
RK_DEVICE u64 least_of_warp(u64 mine) {
    for (u32 mask = WARP / 2; mask != 0; mask >>= 1) {
        const u64 other = shuffle_xor(mine, mask);
        if (other < mine) mine = other;
    }
    return mine;
}
RK_DEVICE u64 sum_of_warp(u64 mine) {
    for (u32 mask = WARP / 2; mask != 0; mask >>= 1) mine += shuffle_xor(mine, mask);
    return mine;
}

// How far tiles are let go, and what the host is told of them. Of one warp, whose first lane has it.
struct Control {
    const GridParams& p;
    GridControl* control;
    GridDeviceLine* device;
    u32* shared;
    u64 completed, end, held;       // as the host was told last
    u32 handled, sent, host_taken;  // likewise
    u32 command, leave, written;
    u64 goal, target, lease;  // what the host wants, how far tiles are let go, and how much further at once
    u64 capped;               // what control has itself put into `held`
    u32 rounds;               // since steps were done

    RK_MEMBER void let_go() {
        const u64 ahead = goal > completed ? goal - completed : 0, allowed = completed + (ahead < lease ? ahead : lease);
        // Not at each step: tiles have to hear of it.
        if (leave != 0 || allowed <= target || (allowed != goal && completed + lease / 2 < target)) return;
        target = allowed;
        say_go();
        store_relaxed(&control->target, target);
    }
    // A message that was delivered before is handled before, and what the host wrote is read.
    RK_MEMBER void say_go() {
        const u32 given = load_block(shared + GIVEN);
        fence();
        store_word((Word*)control->go, Word{(u32)target, (u32)(target >> 32), written, given});
    }
    // How far the courier may let tiles go on by itself: not while there is anything else to see to.
    RK_MEMBER void say_room(u64 now_held) {
        const u64 most = completed + lease;
        const bool is_open = leave == 0 && goal == target && now_held == ~(u64)0 && most > target;
        store_block_relaxed(shared + ROOM, is_open ? (u32)(most - target) : 0);
    }
    RK_MEMBER void say_written(u32 now) {
        if (now == written) return;
        written = now;
        say_go();
        store_release_system(&device->written, written);
    }
    RK_MEMBER void say_end(u64 now_held) {
        const u64 most = goal > target ? goal : target, now = now_held < most ? now_held : most;
        if (now != end) store_relaxed_system(&device->end, end = now);
        if (now_held != held) store_relaxed_system(&device->held, held = now_held);
    }
    // Does what the host says, once messages that it had sent before are delivered.
    RK_MEMBER void obey(u64 now_held) {
        const u32 now = load_block(shared + COMMAND);
        if (now == command || (i32)(load_block(shared + GIVEN) - load_block_relaxed(shared + AFTER)) < 0) return;
        goal = (u64)load_block_relaxed(shared + GOAL + 1) << 32 | load_block_relaxed(shared + GOAL);
        store_block_relaxed(shared + ROOM, 0);
        const bool is_moment = goal == PAUSE;
        if (is_moment) goal = 0;
        // What a step asked for counts until the host lets the tiles go on from there; and they were perhaps let do more before
        // than they are now.
        if (completed == end) rounds = 0;
        if (goal > completed && (now_held <= completed || (now_held == capped && goal > capped))) {
            capped = goal < target ? goal : 0;
            fence();
            store_relaxed(&control->held, now_held = capped != 0 ? capped : ~(u64)0);
        }
        // First of all what tiles wait for.
        if (load_block_relaxed(shared + LET) == now) target = goal;
        else let_go();
        if (!is_moment) store_relaxed(&control->wanted, goal);
        store_relaxed(&control->goal, goal);
        say_end(now_held);
        command = now;
        store_block(shared + APPLIED, now);
        store_release_system(&device->command, now);
    }
    // What tiles have done, and messages of theirs and to them.
    RK_MEMBER void tell(u64 now_completed, u32 now_handled, u64 now_held, u32 now_sent) {
        rounds++;
        const bool moved = now_completed != completed;
        if (moved) {
            lease = rounds < SLOW_ROUNDS ? LEASE : SHORT_LEASE;
            rounds = 0;
        }
        const bool is_news = moved || now_handled != handled;
        completed = now_completed;
        let_go();
        say_end(now_held);
        if (!is_news) return;
        handled = now_handled;
        // What the tiles wrote is there when the host sees the numbers, and how much they told it.
        if (now_sent != sent) store_relaxed_system(&device->told, sent = now_sent);
        fence_system();
        store_relaxed_system(&device->heard, handled);
        store_relaxed_system(&device->completed, completed);
    }
};

// Two warps: one hands what the host says to the tiles and says how far they are, the other brings it.
RK_DEVICE void run_control(const GridParams& p, u32* shared) {
    if (thread_index() >= 2 * WARP) return;
    if (thread_index() >= WARP) return run_courier(p, shared);
    const bool first = lane_id() == 0;
    GridControl* control = (GridControl*)p.control;
    GridDeviceLine* device = (GridDeviceLine*)p.device_line;
    const GridProgress* progress = (const GridProgress*)p.progress;
    Control c{p, control, device, shared};
    c.completed = load_relaxed_system(&device->completed);
    c.end = load_relaxed_system(&device->end);
    c.held = load_relaxed_system(&device->held);
    c.handled = load_relaxed_system(&device->heard);
    c.sent = load_relaxed_system(&device->told);
    c.host_taken = load_relaxed(&control->host_taken);
    c.command = load_relaxed_system(&device->command);
    c.written = load_word((const Word*)control->go).b;
    c.target = load_relaxed(&control->target);
    c.lease = SHORT_LEASE;
    c.goal = load_relaxed(&control->goal);
    if (first) store_relaxed_system(&device->alive, 1);
    bool all_left = false;
    u64 known_completed = ~(u64)0;
    u32 known_handled = 0;
    u64 held = load_relaxed(&control->held);
    while (true) {
        if (first) {
            c.leave = load_block_relaxed(shared + HOST_LEAVE);
            c.say_written(load_block_relaxed(shared + HOST_WRITTEN));
            c.obey(held);
        }
        // All of it together, and again what has to be as new as the steps are.
        const u32 left = load_relaxed(&control->left);
        u64 completed = ~(u64)0, handled = 0;
        held = load_relaxed(&control->held);
        u32 sent = load_relaxed(&control->told);
#pragma unroll 4
        for (u32 tile = lane_id(); tile < p.count; tile += WARP) {
            const u64 done = load_relaxed(&progress[tile].completed);
            handled += load_relaxed(&progress[tile].handled);
            completed = done < completed ? done : completed;
        }
        completed = least_of_warp(completed);
        handled = sum_of_warp(handled);
        // A fence only for news: it makes all of the multiprocessor forget what is in its cache, and a tile may be there, too.
        if (any(completed != known_completed || (u32)handled != known_handled || left == p.count)) fence();
        known_completed = completed;
        known_handled = (u32)handled;
        if (first) {
            store_block(shared + HANDLED, (u32)handled);
            if (completed != c.completed) {
                held = load_relaxed(&control->held);
                sent = load_relaxed(&control->told);
            }
            c.tell(completed, (u32)handled, held, sent);
            c.say_room(held);
            const u32 taken = load_block_relaxed(shared + HOST_TAKEN);
            if (taken != c.host_taken) store_relaxed(&control->host_taken, c.host_taken = taken);
            if (c.leave != 0) store_release(&control->leave, 1);
            if (c.leave == ABANDON) store_relaxed(&control->failed, 1);
        }
        if (all_left) break;
        // The next look at what they have done is the last.
        all_left = !any(left != p.count);
    }
    if (!first) return;
    store_block(shared + ALL_LEFT, 1);
    fence_system();
    store_relaxed_system(&device->ended, 1);
}

}  // namespace rk
