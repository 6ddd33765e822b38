// The kernel of a grid: a block for each tile, and one more whose first warp hears the host.
//
// Owns: the life of a tile between two steps. A tile goes on while it has done fewer steps than `target`, which only grows; when it
// holds it hears messages, and leaves if it is told to. What a tile keeps from one launch to the next, its members and which
// array each of its fields is, lies in registers meanwhile. The host's line is read by the last block alone.
#pragma once
#include "mail.cuh"
#include "once.cuh"
#include "reduce.cuh"
#include "tell.cuh"
#ifdef RK_NEIGHBOUR_WORDS
#include "neighbours.cuh"
#endif

namespace rk {

// Tiles are let go on so many steps at a time, which is how far they still go when they are to hold: few if control sees no step
// end for so many rounds of its own.
constexpr u64 LEASE = BLIND ? 1u << 30 : 64, SHORT_LEASE = BLIND ? LEASE : 2;
constexpr u32 SLOW_ROUNDS = 64;

// What the host has in `leave` when tiles are not to finish their step.
constexpr u32 ABANDON = 2;

// What a tile does next.
constexpr u32 NOTHING = 0, STEP = 1, HEAR = 2, LEAVE = 3;

// Asked by the first thread of a tile, between two steps: waits until there is something to do, or not. How far it may go is looked
// at first: what the host sent before it let the tile go on is then there.
RK_DEVICE u32 next_order(const Context& ctx, bool wait, u64& target, u64& held) {
    GridControl* control = control_of(ctx);
    while (true) {
        target = load_relaxed(&control->target);
        held = load_relaxed(&control->held);
        fence();
        const u32 failed = load_relaxed(&control->failed), leave = load_relaxed(&control->leave);
        const bool has_mail = ctx.inbox != nullptr && load_word(ctx.inbox).seq != ctx.heard;
        fence();
        if (failed != 0) return LEAVE;
        if (has_mail) return HEAR;
        if (ctx.step < target && ctx.step < held) return STEP;
        // What was allowed before they were told to leave, all do.
        if (leave != 0) {
            target = load_acquire(&control->target);
            if (ctx.step < target && ctx.step < load_acquire(&control->held)) continue;
            return LEAVE;
        }
        if (!wait) return NOTHING;
        sleep_ns(100);
    }
}

// Tells why this tile fails, unless another one was first; then nobody waits any more.
RK_DEVICE void report(const Context& ctx) {
    GridControl* control = control_of(ctx);
    if (compare_exchange(&control->claimed, 0, ctx.index + 1) != 0) return;
    GridDeviceLine* line = (GridDeviceLine*)ctx.p.device_line;
    store_relaxed_system(&line->tile, ctx.index);
    // Who waited in vain for a neighbour that is elsewhere has left only where.
    const u32 site = ctx.failed_site != NO_SITE ? ctx.failed_site : (u32)(load_relaxed(&progress_of(ctx, ctx.index)->waits) >> 32);
    store_relaxed_system(&line->site, site);
    store_relaxed_system(&line->value, ctx.failed_value);
    store_relaxed_system(&line->step, ctx.step);
    unrolled<3>([&](u32 axis) { store_relaxed_system(&line->cell[axis], ctx.failed_cell[axis]); });
    store_relaxed_system(&line->has_cell, ctx.has_cell);
    store_release_system(&line->failed, 1);
    store_relaxed(&control->failed, 1);
}

template <class T> RK_DEVICE void load_member(T& member, const u8* at) { member = load_cell((const T*)at); }
template <class T> RK_DEVICE void store_member(const T& member, u8* at) { store_cell((T*)at, member); }
// Of a field, which array it is.
template <class T, u32 D, u32 N> RK_DEVICE void load_member(Field<T, D, N>& field, const u8* at) { field.array = load_cell((const u32*)at); }
template <class T, u32 D, u32 N> RK_DEVICE void store_member(const Field<T, D, N>& field, u8* at) { store_cell((u32*)at, field.array); }

// What a tile has at first, and what it keeps for the next launch.
template <class G> RK_DEVICE Context enter(const GridParams& p, u32* shared, typename G::State& self) {
    const u32 index = block_index();
    // Its address: slot and generation.
    const u64 me = (u64)index << 24 | 1;
    Context ctx{p, ((const GridTile*)p.tiles)[index], shared, me, 0, 0, 0, index};
    const GridProgress* progress = progress_of(ctx, index);
    ctx.meetings = load_relaxed(&progress->meetings);
    ctx.sequence = load_relaxed(&progress->sequence);
    ctx.parities = load_relaxed(&progress->parities);
    ctx.step = load_relaxed(&progress->completed);
    ctx.heard = load_relaxed(&progress->heard);
    ctx.inbox = G::HAS_HANDLERS ? (const Word*)(p.inboxes + (u64)index * p.mail_bytes) : nullptr;
    ctx.failed_site = NO_SITE;
    find_groups(ctx);
#ifdef RK_NEIGHBOUR_WORDS
    ctx.sent = load_relaxed(&progress->sent);
    find_neighbours(ctx);
#endif
    const u8* row = (const u8*)p.rows + (u64)index * p.row_bytes;
    G::members(self, [&](auto& member, u32 offset) { load_member(member, row + offset); });
    return ctx;
}
// Called by the first thread, before it says that a step or a message is done: the host may look at it while the tile holds.
template <class G> RK_DEVICE void keep(const Context& ctx, typename G::State& self) {
    u8* row = (u8*)ctx.p.rows + (u64)ctx.index * ctx.p.row_bytes;
    G::members(self, [&](auto& member, u32 offset) { store_member(member, row + offset); });
}
template <class G> RK_DEVICE void leave(Context& ctx, typename G::State& self, Status status) {
    if (status == FAILED && load_block_relaxed(ctx.shared + CLAIMED) == thread_index() + 1) report(ctx);
    block_sync();
    if (thread_index() != 0) return;
    GridProgress* progress = progress_of(ctx, ctx.index);
    keep<G>(ctx, self);
    fence();
    store_relaxed(&progress->completed, ctx.step);
    store_relaxed(&progress->heard, ctx.heard);
    store_relaxed(&progress->sequence, ctx.sequence);
    store_relaxed(&progress->parities, ctx.parities);
    keep_rounds(ctx);
#ifdef RK_NEIGHBOUR_WORDS
    store_relaxed(&progress->sent, ctx.sent);
#endif
    fence();
    fetch_add(&control_of(ctx)->left, 1);
}
template <class G> RK_DEVICE Status hear(Context& ctx, typename G::State& self) {
    const u32 number = ctx.heard + 1;
    const Word header = arrived(ctx.inbox, number);
    ctx.reply = header.c;
    const Status status = agree(ctx, G::dispatch(self, header.b, GridPayload{ctx.inbox + 1, number}, ctx));
    ctx.heard++;
    return status;
}
// Called by the first thread: then the next message may come.
RK_DEVICE void say_heard(const Context& ctx) { store_release(&progress_of(ctx, ctx.index)->heard, ctx.heard); }

#ifdef RK_RESIDENT
// Called where a tile goes on, so that nothing has failed. The compiler does not see that, and would keep what nobody reads.
RK_DEVICE void forget(Context& ctx) {
    ctx.failed_site = NO_SITE;
    ctx.failed_value = 0;
    unrolled<3>([&](u32 axis) { ctx.failed_cell[axis] = 0; });
    ctx.has_cell = 0;
    ctx.reply = ctx.sender = 0;
    ctx.waited = OK;
    ctx.kept = 0;
    ctx.in_closure = false;
}
// What is next, for all threads of the tile; NOTHING if it holds and that is not waited for.
RK_DEVICE u32 ask(Context& ctx, bool wait) {
    block_sync();
    if (thread_index() == 0) {
        u64 target = 0, held = 0;
        store_block_relaxed(ctx.shared + ORDER, next_order(ctx, wait, target, held));
        share(ctx, TARGET, target);
        share(ctx, CAP, held);
    }
    block_sync();
    count_steps(ctx);
    return load_block_relaxed(ctx.shared + ORDER);
}
// The end of a step: a tile that has not met anybody in it looks for what the host wants. With messages from neighbours it waits
// for those meanwhile.
template <class G> RK_DEVICE void end_step(Context& ctx, Status status) {
#ifdef RK_NEIGHBOUR_WORDS
    const u32 round = (u32)ctx.step + 1;
    const bool goes_on = status == OK && ctx.waited == OK;
    if (goes_on) close_round(ctx, round);
    if (ctx.looked) {
        if (goes_on) ctx.waited = agree(ctx, receive_round(ctx, round, G::ROUND_SITE));
    } else {
        block_sync();
        const Look look = begin_look(ctx);
        end_look(ctx, look, goes_on ? receive_round(ctx, round, G::ROUND_SITE) : OK);
    }
    if (goes_on && ctx.waited == OK) ctx.nearby = count_heard(ctx);
#else
    if (ctx.looked) return;
    block_sync();
    end_look(ctx, begin_look(ctx), OK);
#endif
}
// Whether the next step may follow without asking.
template <class G> RK_DEVICE bool goes_on(Context& ctx) {
#ifdef RK_NEIGHBOUR_WORDS
    if (ctx.nearby != 0) return false;
#endif
    if (ctx.has_mail || ctx.left == 0) return false;
    ctx.left--;
    if (thread_index() == 0) store_relaxed(&progress_of(ctx, ctx.index)->completed, ctx.step);
    return true;
}
// Handles what neighbours say; whether the next step may then follow without asking. Fields go to device memory only for handlers
// that reach for cells.
template <class G> RK_DEVICE bool hear_nearby(Context& ctx, typename G::State& self, Status& status, bool& on_chip) {
#ifdef RK_NEIGHBOUR_WORDS
    if (status != OK || ctx.nearby == 0) return false;
    constexpr bool IN_MEMORY = HEARS_IN_MEMORY && G::NEARBY_CELLS;
    if (IN_MEMORY) {
        G::members(self, [&](auto& member, u32) { store_field(ctx, member); });
        on_chip = false;
        block_sync();
        ctx.in_memory = true;
    }
    status = hear_neighbours<G>(ctx, self);
    ctx.in_memory = false;
    if (status != OK || !goes_on<G>(ctx)) return false;
    if (IN_MEMORY) G::members(self, [&](auto& member, u32) { load_field(ctx, member); });
    return on_chip = true;
#else
    return false;
#endif
}
template <class G> RK_DEVICE void run_tile(const GridParams& p, u32* shared) {
    typename G::State self;
    Context ctx = enter<G>(p, shared, self);
    const bool first = thread_index() == 0;
    GridProgress* progress = progress_of(ctx, ctx.index);
    keep_lists(ctx);
    bool on_chip = false;  // else in the grid's arrays
    Status status = OK;
    // Whether the next step may follow without asking.
    const auto step = [&]() -> bool {
        ctx.looked = ctx.has_mail = false;
        status = G::step(ctx, self);
        end_step<G>(ctx, status);
        // What fails after it was waited in vain fails of that.
        if (ctx.waited != OK) status = ctx.waited;
        if (status != OK) return false;
        forget(ctx);
        ctx.step++;
        return goes_on<G>(ctx);
    };
    while (true) {
        u32 order = LEAVE;
        if (status == OK && ctx.has_mail) {
            // The last step has seen a message.
            block_sync();
            ctx.has_mail = false;
            order = HEAR;
        } else if (status == OK) {
            order = ask(ctx, false);
        }
        if ((order == NOTHING || order == LEAVE || (HEARS_IN_MEMORY && order == HEAR)) && on_chip) {
            // The host finds cells in the grid's arrays while the grid holds, and after it.
            G::members(self, [&](auto& member, u32) { store_field(ctx, member); });
            on_chip = false;
        }
        if (order == NOTHING) {
            block_sync();
            if (first) {
                keep<G>(ctx, self);
                fence();
                store_relaxed(&progress->completed, ctx.step);
                say_heard(ctx);
            }
            order = ask(ctx, true);
        } else if (first && ctx.inbox != nullptr) {
            say_heard(ctx);
        }
        if (order == LEAVE) break;
        if (HEARS_IN_MEMORY && order == HEAR) {
            block_sync();
            ctx.in_memory = true;
            status = hear<G>(ctx, self);
            ctx.in_memory = false;
            continue;
        }
        if (!on_chip) G::members(self, [&](auto& member, u32) { load_field(ctx, member); });
        on_chip = true;
        if (order == HEAR) {
            status = hear<G>(ctx, self);
            continue;
        }
        // Who asked to hold after the next step has asked in a handler.
        if (ctx.held != 0) ctx.left = 0;
        forget(ctx);
        do {
            while (step()) {
            }
            ctx.held = 0;
            if (status != OK) status = agree(ctx, status);
        } while (hear_nearby<G>(ctx, self, status, on_chip));
    }
    leave<G>(ctx, self, status);
}
#else
template <class G> RK_DEVICE void run_tile(const GridParams& p, u32* shared) {
    typename G::State self;
    Context ctx = enter<G>(p, shared, self);
    const bool first = thread_index() == 0;
    GridProgress* progress = progress_of(ctx, ctx.index);
    Status status = OK;
    while (status == OK) {
        u64 target, held;
        if (first) store_block_relaxed(shared + ORDER, next_order(ctx, true, target, held));
        block_sync();
        const u32 order = load_block_relaxed(shared + ORDER);
        if (order == LEAVE) break;
        if (order == HEAR) {
            status = hear<G>(ctx, self);
            if (first) {
                keep<G>(ctx, self);
                say_heard(ctx);
            }
            continue;
        }
        status = agree(ctx, G::step(ctx, self));
        if (status != OK) break;
        ctx.step++;
#ifdef RK_NEIGHBOUR_WORDS
        close_round(ctx, (u32)ctx.step);
#endif
        // A handler may write cells, so the neighbours must have finished reading them.
        if (G::HAS_HANDLERS) status = meet_neighbours(ctx, NO_SITE);
#ifdef RK_NEIGHBOUR_WORDS
        if (status == OK) status = agree(ctx, receive_round(ctx, (u32)ctx.step, G::ROUND_SITE));
        if (status == OK) {
            ctx.nearby = count_heard(ctx);
            status = hear_neighbours<G>(ctx, self);
        }
#endif
        if (first) {
            keep<G>(ctx, self);
            fence();
            store_relaxed(&progress->completed, ctx.step);
        }
    }
    leave<G>(ctx, self, status);
}
#endif

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

// One warp: hands what the host says to the tiles, and says how far they are.
RK_DEVICE void run_control(const GridParams& p) {
    if (thread_index() >= 2 * WARP) return;
    if (thread_index() >= WARP) {
        if (p.mail_bytes != 0) run_mail(p);
        return;
    }
    const bool first = lane_id() == 0;
    const GridHostLine* host = (const GridHostLine*)p.host_line;
    GridDeviceLine* device = (GridDeviceLine*)p.device_line;
    GridControl* control = (GridControl*)p.control;
    const GridProgress* progress = (const GridProgress*)p.progress;
    u32 command = load_relaxed_system(&device->command);
    u32 told_heard = load_relaxed_system(&device->heard), told_sent = load_relaxed_system(&device->told);
    u32 host_taken = load_relaxed(&control->host_taken);
    u64 told = load_relaxed_system(&device->completed), told_end = load_relaxed_system(&device->end);
    u64 told_held = load_relaxed_system(&device->held);
    // What the host wants, and what tiles were let do of it.
    u64 goal = load_relaxed_system(&host->target), target = load_relaxed(&control->target), lease = SHORT_LEASE;
    u64 capped = 0;  // what it has itself put into `held`
    u32 rounds = 0;
    if (first) store_relaxed_system(&device->alive, 1);
    while (true) {
        // Before the steps are counted: those of tiles that have left are the last.
        const bool left = !any(load_acquire(&control->left) != p.count);
        u64 completed = ~(u64)0, heard = 0;
#pragma unroll 4
        for (u32 tile = lane_id(); tile < p.count; tile += WARP) {
            const u64 done = load_relaxed(&progress[tile].completed);
            heard += load_relaxed(&progress[tile].heard);
            completed = done < completed ? done : completed;
        }
        // What tiles did before.
        fence();
        completed = least_of_warp(completed);
        heard = sum_of_warp(heard);
        if (first) {
            const u32 sent = load_relaxed(&control->told);
            if (p.outbox != 0) {
                const u32 now_taken = load_relaxed_system(&host->taken);
                if (now_taken != host_taken) store_relaxed(&control->host_taken, host_taken = now_taken);
            }
            const u32 leave = load_relaxed_system(&host->leave);
            const u32 now = load_acquire_system(&host->command);
            if (now != command) {
                goal = load_relaxed_system(&host->target);
                // What a step asked for counts until the host lets the tiles go on from there; and they were perhaps let do more
                // before than they are now.
                const u64 held = load_relaxed(&control->held);
                if (goal > completed && (held <= completed || (held == capped && goal > capped))) {
                    capped = goal < target ? goal : 0;
                    fence();
                    store_relaxed(&control->held, capped != 0 ? capped : ~(u64)0);
                }
            }
            const u64 ahead = goal > completed ? goal - completed : 0, allowed = completed + (ahead < lease ? ahead : lease);
            // Not at each step: tiles have to hear of it.
            if (leave == 0 && allowed > target && (allowed == goal || completed + lease / 2 >= target)) {
                target = allowed;
                // A message that was delivered before is handled before.
                fence();
                store_relaxed(&control->target, target);
            }
            const u64 held = load_relaxed(&control->held), most = goal > target ? goal : target, end = held < most ? held : most;
            if (end != told_end) store_relaxed_system(&device->end, told_end = end);
            if (held != told_held) store_relaxed_system(&device->held, told_held = held);
            if (now != command) {
                command = now;
                store_release_system(&device->command, now);
            }
            rounds++;
            if (completed != told || (u32)heard != told_heard) {
                if (completed != told) {
                    lease = rounds < SLOW_ROUNDS ? LEASE : SHORT_LEASE;
                    rounds = 0;
                }
                told = completed;
                told_heard = (u32)heard;
                // What the tiles wrote is there when the host sees the numbers, and how much they told it.
                if (sent != told_sent) store_relaxed_system(&device->told, told_sent = sent);
                fence_system();
                store_relaxed_system(&device->heard, told_heard);
                store_relaxed_system(&device->completed, told);
            }
            if (leave != 0) store_release(&control->leave, 1);
            if (leave == ABANDON) store_relaxed(&control->failed, 1);
        }
        if (left) break;
        sleep_ns(200);
    }
    if (!first) return;
    fence_system();
    store_relaxed_system(&device->ended, 1);
}

template <class G> RK_DEVICE void run_grid(const GridParams& p) {
#ifdef RK_NEIGHBOUR_WORDS
    RK_SHARED(u32, shared, SHARED_WITH_NEIGHBOURS);
#else
    RK_SHARED(u32, shared, SHARED_WORDS);
#endif
    if (thread_index() < SHARED_WORDS) store_block_relaxed(shared + thread_index(), 0);
    block_sync();
    if (block_index() < p.count) {
        run_tile<G>(p, shared);
    } else {
        run_control(p);
    }
}

}  // namespace rk
