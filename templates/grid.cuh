// The kernel of a grid: a block for each tile, and one more for control.
//
// Owns: the life of a tile between two steps. A tile goes on while it has done fewer steps than `target`, which only grows; when it
// holds it hears messages, and leaves if it is told to. What a tile keeps from one launch to the next, its members and which
// array each of its fields is, lies in registers meanwhile.
#pragma once
#include "grid_control.cuh"
#include "once.cuh"
#include "reduce.cuh"
#include "tell.cuh"
#ifdef RK_NEIGHBOUR_WORDS
#include "neighbours.cuh"
#endif

namespace rk {

// Whether a message for a step is heard now. If not, all threads know of it when the step comes.
RK_DEVICE bool is_due(const Context& ctx, u32 number, u64 step, u64& held) {
    // Before that only where the tile is to hold for longer than a moment.
    if (ctx.step >= step || ctx.step >= load_relaxed(&control_of(ctx)->wanted) || ctx.step >= held) return true;
    store_block_relaxed(ctx.shared + EARLY, number);
    share(ctx, EARLY_STEP, step);
    if (step < held) held = step;
    return false;
}
// Whether a message that had come before is for now. It is laid out already.
RK_DEVICE bool early_is_due(const Context& ctx) {
    return load_block_relaxed(ctx.shared + EARLY) != ctx.heard && ctx.step >= shared_value(ctx, EARLY_STEP);
}

// Asked by the first warp of a tile, between two steps: waits until there is something to do, or not. What there is comes in one trip:
// how far to go, and a message with all of its words, which is then laid out.
RK_DEVICE u32 next_order(const Context& ctx, bool wait) {
    GridControl* control = control_of(ctx);
    const bool first = lane_id() == 0;
    Word go{0, 0, 0, 0};
    u64 target = 0, held = 0;
    u32 failed = 0, leave = 0;
    bool knows = false;  // that it may go, and looks for mail once more
    const auto look = [&] {
        held = load_relaxed(&control->held);
        go = load_word_acquire((const Word*)control->go);
        target = (u64)go.a << 32 | go.seq;
    };
    while (true) {
        const Word word = open_message(ctx);
        if (first && !knows) {
            failed = load_relaxed(&control->failed);
            leave = load_relaxed(&control->leave);
            look();
        }
        const u32 number = shuffle(word.seq, 0u), tag = shuffle(word.b, 0u);
        const Word second{0, shuffle(word.a, 1u), shuffle(word.b, 1u), shuffle(word.c, 1u)};
        const bool has_mail = ctx.inbox != nullptr && number != ctx.heard, has_time = (tag & TIMED) != 0;
        if (has_mail) {
            if (!has_arrived(ctx, word, number)) continue;
            lay_out(ctx, word);
        }
        u32 order = ASK;
        if (first) {
            u32 written = go.b;
            bool goes = ctx.step < target && ctx.step < held;
            if (failed != 0) {
                order = LEAVE;
            } else if (has_mail && (!has_time || is_due(ctx, number, (u64)second.b << 32 | second.a, held))) {
                order = HEAR;
                // What the host wrote before it sent this.
                written = has_time ? load_word((const Word*)control->go).b : second.c;
            } else if (goes) {
                // What the host sent before it let the tile go on is there by now, or this tile has heard it.
                if (has_mail || knows || ctx.inbox == nullptr || (i32)(ctx.heard - go.c) >= 0) order = STEP;
                knows = true;
            } else if (leave != 0) {
                // What was allowed before they were told to leave, all do.
                fence();
                look();
                knows = ctx.step < target && ctx.step < held;
                if (!knows) order = LEAVE;
            } else if (!wait) {
                order = NOTHING;
            }
            if ((i32)(written - load_block_relaxed(ctx.shared + WRITTEN)) > 0 && order != ASK) {
                store_block_relaxed(ctx.shared + WRITTEN, written);
                order |= STALE;
            }
            share(ctx, TARGET, target);
            share(ctx, CAP, held);
        }
        order = shuffle(order, 0u);
        if (order != ASK) return order;
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
    if (thread_index() == 0) {
        store_block_relaxed(shared + EARLY, ctx.heard);
        store_block_relaxed(shared + SAID, ctx.heard);
        store_block_relaxed(shared + COUNT, load_relaxed(&progress->handled));
        store_block_relaxed(shared + WRITTEN, load_word((const Word*)control_of(ctx)->go).b);
    }
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
// Called by one thread, before it says that a step or a message is done: the host may look at it while the tile holds.
template <class G> RK_DEVICE void keep(const Context& ctx, typename G::State& self) {
    u8* row = (u8*)ctx.p.rows + (u64)ctx.index * ctx.p.row_bytes;
    G::members(self, [&](auto& member, u32 offset) { store_member(member, row + offset); });
}
// The thread that says what is done: of another warp than the one that looks for what is next, where there is one.
constexpr u32 SAYER = RK_BLOCK_THREADS > WARP ? WARP : 0;
// Called by it after a message, or by who finds that one was handled: then the next one may come. What is to be there then is fenced before.
RK_DEVICE void say_heard(const Context& ctx) {
    if (load_block_relaxed(ctx.shared + SAID) == ctx.heard) return;
    GridProgress* progress = progress_of(ctx, ctx.index);
    const u32 count = load_block_relaxed(ctx.shared + COUNT) + 1;
    store_relaxed(&progress->heard, ctx.heard);
    store_relaxed(&progress->handled, count);
    store_block_relaxed(ctx.shared + SAID, ctx.heard);
    store_block_relaxed(ctx.shared + COUNT, count);
}
// Called by it when the tile holds, or has heard a message.
template <class G> RK_DEVICE void say(const Context& ctx, typename G::State& self) {
    keep<G>(ctx, self);
    fence();
    store_relaxed(&progress_of(ctx, ctx.index)->completed, ctx.step);
    say_heard(ctx);
}
template <class G> RK_DEVICE void leave(Context& ctx, typename G::State& self, Status status) {
    if (status == FAILED && load_block_relaxed(ctx.shared + CLAIMED) == thread_index() + 1) report(ctx);
    block_sync();
    if (thread_index() != 0) return;
    GridProgress* progress = progress_of(ctx, ctx.index);
    say<G>(ctx, self);
    store_relaxed(&progress->sequence, ctx.sequence);
    store_relaxed(&progress->parities, ctx.parities);
    keep_rounds(ctx);
#ifdef RK_NEIGHBOUR_WORDS
    store_relaxed(&progress->sent, ctx.sent);
#endif
    fence();
    fetch_add(&control_of(ctx)->left, 1);
}
// Handles the message that is laid out.
template <class G> RK_DEVICE Status hear(Context& ctx, typename G::State& self) {
    const u32* message = ctx.shared + MESSAGE;
    const u32 number = load_block_relaxed(ctx.shared + NUMBER), tag = load_block_relaxed(message + 1) & ~TIMED;
    ctx.reply = load_block_relaxed(message + 2);
    const Status status = agree(ctx, G::dispatch(self, tag, GridPayload{message + 3 * HEADER_WORDS}, ctx));
    ctx.heard = number;
    if (thread_index() == 0) store_block_relaxed(ctx.shared + EARLY, number);
    return status;
}
// What is next, for all threads of the tile; NOTHING if it holds and that is not waited for.
RK_DEVICE u32 ask(Context& ctx, bool wait) {
    block_sync();
    if (thread_index() < WARP) {
        const u32 order = early_is_due(ctx) ? HEAR : next_order(ctx, wait);
        if (thread_index() == 0) store_block_relaxed(ctx.shared + ORDER, order);
    }
    block_sync();
    return load_block_relaxed(ctx.shared + ORDER);
}

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
    keep_lists(ctx);
    bool on_chip = false;  // else only in the grid's arrays
    bool stored = true;    // there, too
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
    u32 order = ASK;
    while (true) {
        const auto asks = [&](bool wait) {
            order = ask(ctx, wait);
            if ((order & STALE) != 0) on_chip = false;
            order &= ~STALE;
        };
        if (order == ASK) {
            if (OPENS && ctx.has_mail) order = HEAR;
            else asks(false);
        }
        const bool differs = HEARS_IN_MEMORY ? on_chip : !stored;
        if ((order == NOTHING || order == LEAVE || (HEARS_IN_MEMORY && order == HEAR)) && differs) {
            // The host finds cells in the grid's arrays while the grid holds, and after it.
            G::members(self, [&](auto& member, u32) { store_field(ctx, member); });
            stored = true;
            // Else what is in registers would be kept alive where they are needed most.
            if (HEARS_IN_MEMORY) on_chip = false;
        }
        if (order == NOTHING) {
            block_sync();
            if (thread_index() == SAYER) say<G>(ctx, self);
            asks(true);
        }
        if (order == LEAVE) break;
        if (HEARS_IN_MEMORY && order == HEAR) {
            block_sync();
            ctx.in_memory = true;
            status = hear<G>(ctx, self);
            ctx.in_memory = false;
        } else {
            if (!on_chip) G::members(self, [&](auto& member, u32) { load_field(ctx, member); });
            on_chip = true;
            if (order == HEAR) {
                status = hear<G>(ctx, self);
            } else {
                count_steps(ctx);
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
            stored = !on_chip;
        }
        if (status != OK) {
            order = LEAVE;
        } else if (order == HEAR) {
            // What was sent before the tile was let go on is heard before it knows, so it need not ask.
            order = may_go(ctx) ? STEP : NOTHING;
            if (order == STEP && thread_index() == SAYER) say<G>(ctx, self);
        } else {
            order = ASK;
        }
    }
    leave<G>(ctx, self, status);
}
#else
template <class G> RK_DEVICE void run_tile(const GridParams& p, u32* shared) {
    typename G::State self;
    Context ctx = enter<G>(p, shared, self);
    const bool says = thread_index() == SAYER;
    Status status = OK;
    while (status == OK) {
        const u32 order = ask(ctx, true) & ~STALE;
        if (order == LEAVE) break;
        if (order == HEAR) {
            status = hear<G>(ctx, self);
            if (says) say<G>(ctx, self);
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
        if (says) say<G>(ctx, self);
    }
    leave<G>(ctx, self, status);
}
#endif

template <class G> RK_DEVICE void run_grid(const GridParams& p) {
#ifdef RK_NEIGHBOUR_WORDS
    RK_SHARED(u32, shared, SHARED_WITH_NEIGHBOURS);
#else
    RK_SHARED(u32, shared, SHARED_WORDS);
#endif
    const bool is_tile = block_index() < p.count;
    if (thread_index() < FIRST_WORDS) {
        store_block_relaxed(shared + thread_index(), is_tile ? 0 : first_control_word(p, thread_index()));
    }
    block_sync();
    if (is_tile) {
        run_tile<G>(p, shared);
    } else {
        run_control(p, shared);
    }
}

}  // namespace rk
