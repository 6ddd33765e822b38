// Workers: warps that take ready actors, run their handlers, and never wait for each other.
//
// Owns: the loop of a worker warp, and one run of up to 32 actors of one type, an actor a lane. Every lane holds the
// spare cells that its handler may need before the handler starts; without them the actor is queued again instead.
// State handed from warp to warp: the previous worker wrote it, fenced, and released the mailbox word or queued the
// entry; this one has read the entry and the word, fences once for the whole batch, and reads rows past L1.
#pragma once
#include "context.cuh"

namespace rk {

// Messages that one actor may handle before it goes to the end of its queue.
constexpr u32 RUN_MESSAGES = 4;
// Room of one lane: what it may hold between batches, and what it consumes in one.
constexpr u32 LANE_CELLS = HELD_CELLS + RUN_MESSAGES;

// Batches after which a busy warp reports its counters; an idle one reports at once.
constexpr u32 REPORT_BATCHES = 128;

// The simulator copies all states, since it sees only what goes through the names of memory.cuh.
#ifndef RK_COPY_ALL_STATES
#define RK_COPY_ALL_STATES false
#endif

// What one worker lane carries from batch to batch.
struct Worker {
    const Params& p;
    u32* held_cells;
    u32 held;
    u32* counters;
    u32 pool_shard;
    u32 starved_slot;
    bool killed;
    bool progress;  // this batch handled something, or found it dead
};

// Fills the lanes up to `need` spare cells each, as far as the pool has them, and returns what the lane holds then; leaves
// `reserve` in each free queue, of which `shard` is the first that is looked at. Called by the whole warp.
RK_COLD u32 hold_cells(const Pool& pool, u32* held_cells, u32 held, bool active, u32 need, u32 reserve, u32 shard) {
    for (u32 misses = 0; misses <= pool.shard_mask;) {
        u32 wanting = ballot(active && held < need);
        if (wanting == 0) break;
        Queue q = queue_at(pool.heads, pool.entries, (shard + misses) & pool.shard_mask, pool.ring_mask);
        u32 head, length = queue_length(q, head);
        head = shuffle(head, 0);
        length = shuffle(length, 0);
        length = length > reserve ? length - reserve : 0;
        Word entry{0, 0, 0, 0};
        u32 got = queue_pop_warp(q, head, length, popcount(wanting), entry);
        if (got == 0) misses++;
        bool mine = wanting >> lane_id() & 1;
        u32 rank = popcount(wanting & lanes_below());
        u32 cell = shuffle(entry.a, rank & 31);
        if (mine && rank < got) held_cells[held++ * WARP] = cell;
    }
    // Whoever had these cells has read them before any lane of this warp writes them.
    fence();
    warp_sync();
    return held;
}

// Moves cells between the lanes of a warp, so that as many lanes as possible have what they need, the lowest first: what
// one lane keeps for later must not stop another when the pool is empty. Returns what the lane holds then.
RK_COLD u32 share_cells(u32* held_cells, u32 held, bool active, u32 need) {
    while (true) {
        u32 poor = ballot(active && held < need);
        u32 to = lowest(poor);
        u32 donors = ballot(held != 0 && !(active && held >= need) && lane_id() != to);
        if (poor == 0 || donors == 0) break;
        u32 from = 31 - lowest(reversed(donors)), cell = 0;
        if (lane_id() == from) cell = held_cells[--held * WARP];
        cell = shuffle(cell, from);
        if (lane_id() == to) held_cells[held++ * WARP] = cell;
    }
    // What the giving lanes have seen of these cells, the taking ones have seen too.
    warp_sync();
    return held;
}

// Returns the lane's cells to the pool.
RK_DEVICE void return_cells(Worker& w) {
    while (w.held != 0) pool_free(w.p.pool, w.held_cells[--w.held * WARP]);
}

// The pool is empty and an actor cannot start: these lanes return what they hold, and every other warp is asked to. The
// request is a number beside the run flag, which each warp reads anyway.
RK_DEVICE void cry_hunger(Worker& w, bool returns) {
    if (returns) return_cells(w);
    if (lane_id() == 0) add((u32*)w.p.run_flag + 1, 1);
}

// Runs `n` actors of one type, whose ready entries the first `n` lanes hold. Called by the whole warp.
template <class A> RK_DEVICE void run_batch(Worker& w, const Queue& queue, u32 n, Word entry) {
    using State = typename A::State;
    constexpr u32 SENDS = A::MAX_SENDS < HELD_CELLS ? A::MAX_SENDS + 1 : HELD_CELLS;  // one more: the news of its failure
    constexpr u32 NEED = SENDS < HELD_CELLS ? SENDS : HELD_CELLS;
    constexpr u32 PAYLOAD = payload_words(A::SLOT_BYTES);
    constexpr bool COPY = A::IN_REGISTERS || RK_COPY_ALL_STATES;
    constexpr u32 ROW_WORDS = (sizeof(State) + 15) / 16;
    const Table& t = w.p.tables[A::TYPE];
    const Pool& pool = w.p.pool;

    bool mine = lane_id() < n;
    u32 index = entry.a, base = entry.b, done = entry.c;
    Mailbox* mailbox = nullptr;
    u64 word = 0;
    bool seems_alive = false;
    Word* row = nullptr;
    alignas(16) Word copy[COPY ? ROW_WORDS : 1];
    if (mine) {
        mailbox = mailbox_of(t, index);
        Word m = load_word((const Word*)mailbox);
        word = (u64)m.a << 32 | m.seq;
        seems_alive = m.c == 1;
    }
    // An actor that has failed sends nothing, and what waits for it may hold the cells that all others lack. That it lives
    // may be old news before the fence: so this decides about cells alone.
    bool sends = mine && seems_alive;
    if (any(sends && w.held < NEED)) {
        w.held = hold_cells(pool, w.held_cells, w.held, sends, NEED, 0, w.pool_shard++);
        if (any(sends && w.held < NEED)) w.held = share_cells(w.held_cells, w.held, sends, NEED);
    }
    bool run = mine && (!sends || w.held >= NEED);
    if (mine && !run) {
        tally(w.counters, STARVED);
        w.starved_slot = t.first_slot + entry.a;
    }
    if (any(mine && !run)) cry_hunger(w, !run);
    fence();
    u64 tenant = 0;
    if (run) {
        tenant = load_relaxed((const u64*)&mailbox->generation);
        row = (Word*)(t.rows + (u64)index * t.row_bytes);
        if constexpr (COPY) {
#pragma unroll
            for (u32 i = 0; i < ROW_WORDS; i++) copy[i] = load_word(row + i);
        }
    }

    bool again = mine;
    if (run) {
        State local;
        if constexpr (COPY) RK_COPY(&local, copy, sizeof(State));
        State& self = COPY ? local : *(State*)row;
        u32 generation = (u32)tenant, life = (u32)(tenant >> 32);
        u32 cursor = 0, cursor_before = 0;
        if (done > t.depth_mask) cursor = cursor_before = load_weak(&spill_of(t, index)->cursor);
        Context ctx{address_of(t.first_slot + index, generation), 0, 0, w.p, w.held_cells, w.held, w.counters, NO_SITE, 0};
#pragma unroll 1
        for (u32 round = 0; round < RUN_MESSAGES; round++) {
            if (done >= word_count(word) || (life == 1 && ctx.held < NEED)) break;
            // The next message: in its slot, or in the next cell of the chain.
            const Word* from;
            u32 seq = base + done + 1;
            bool in_slot = done <= t.depth_mask;
            if (in_slot) {
                from = slot_of(t, index, base + done);
            } else {
                u32 next = chain_next(pool, spill_of(t, index), cursor);
                if (next == 0) break;
                if (cursor != 0) ctx.held_cells[ctx.held++ * WARP] = cursor - 1;
                cursor = next;
                from = cell_body(pool, next - 1);
            }
            Word header = load_word(from);
            PayloadOf<PAYLOAD> payload;
            bool whole = header.seq == seq || !in_slot;
#pragma unroll
            for (u32 i = 0; i < PAYLOAD / 3; i++) {
                Word part = load_word(from + 1 + i);
                payload.w[3 * i] = part.a;
                payload.w[3 * i + 1] = part.b;
                payload.w[3 * i + 2] = part.c;
                // Words beyond the message keep an older number; only those that belong to it must be new.
                if (in_slot && part.seq != seq && i + 1 < A::words_of(header_tag(header))) whole = false;
            }
            if (!whole) break;  // its sender has drawn the ticket and not yet written
            done++;
            w.progress = true;
            u64 sender = header_sender(header);
            bool from_host = address_device(sender) == HOST_DEVICE;
            ctx.sender = from_host ? 0 : sender;
            ctx.reply = from_host && (u32)sender != 0 ? sender : 0;
            if (life != 1 || header_generation(header) != generation) {
                dead_letter(w.p, w.counters, ctx.sender, address_of(t.first_slot + index, header_generation(header)), header_tag(header));
                answer_dead(w.p, ctx.reply);
                A::discard(header_tag(header), payload, ctx);
                continue;
            }
            tally(w.counters, HANDLED);
            Status status = A::dispatch(self, header_tag(header), payload, ctx);
            if (status == OK) continue;
            if (status == KILLED) {
                w.killed = true;
                break;
            }
            life = 2;
            tally(w.counters, FAILURES);
            store_relaxed(&mailbox->life, life);
            answer_failed(ctx, ctx.reply, ctx.failed_site, ctx.failed_value);
            A::release(self, ctx);
            tell_failure(ctx, header_tag(header));
            ctx.failed_site = NO_SITE;
        }
        w.held = ctx.held;
        if constexpr (COPY) {
            RK_COPY(copy, &local, sizeof(State));
#pragma unroll
            for (u32 i = 0; i < ROW_WORDS; i++) store_word(row + i, copy[i]);
        }
        if (cursor != cursor_before) store_relaxed(&spill_of(t, index)->cursor, cursor);
    }
    warp_sync();
    fence();
    // Only now: whoever takes these cells must not overwrite what this lane was still reading.
    while (w.held > HELD_CELLS) pool_free(pool, w.held_cells[--w.held * WARP]);
    if (run) {
        for (u32 attempt = 0; attempt < 3; attempt++) {
            u32 count = word_count(word), release = done;
            if (count > t.depth_mask + 1) {
                if (done == count) {
                    Spill* s = spill_of(t, index);
                    u32 cursor = load_weak(&s->cursor);
                    if (cursor != 0) {
                        if (!chain_close(pool, s, cursor)) break;
                        store_relaxed(&s->cursor, 0u);
                        fence();
                    }
                } else {
                    if (done <= t.depth_mask + RK_LONG_CHAIN) break;
                    release = done - (t.depth_mask + 1);
                }
            }
            u64 seen = compare_exchange(&mailbox->word, word, word - release);
            if (seen == word) {
                again = count != done;
                base += release;
                done -= release;
                break;
            }
            word = seen;
        }
    }
    queue_push_warp(queue, again, index, base, done);
    warp_sync();
}

// Adds what this warp counted since the last time to its own line of counters.
RK_COLD void publish(u64* line, u32* counters, u32 starved_slot) {
#pragma unroll 1
    for (u32 k = 0; k < COUNTERS; k++) {
        u32 total = counters[k * WARP];
        for (u32 d = 16; d > 0; d /= 2) total += shuffle_down(total, d);
        // This warp alone writes here, so plain read, add, write is enough.
        if (lane_id() == 0 && total != 0) store_relaxed(line + k, load_relaxed(line + k) + total);
    }
    if (counters[STARVED * WARP] != 0) store_relaxed(&((WarpStats*)line)->starved_slot, starved_slot);
    for (u32 k = 0; k < COUNTERS; k++) counters[k * WARP] = 0;
}
RK_DEVICE void publish_stats(const Worker& w, u32 warp) {
    publish((u64*)((WarpStats*)w.p.stats + warp), w.counters, w.starved_slot);
}

// Odd while the warp runs batches. When all are even and stay so, the counters together are those of one moment:
// that is how the control warp knows that nothing is under way.
RK_DEVICE void set_epoch(const Worker& w, u32 warp) {
    u32* epoch = &((WarpStats*)w.p.stats + warp)->epoch;
    if (lane_id() == 0) store_relaxed(epoch, load_relaxed(epoch) + 1);
}

// A worker of this lane, with its part of the block's shared memory.
RK_DEVICE Worker make_worker(const Params& p, u32 warp, u32* held_cells, u32* counters) {
    for (u32 k = 0; k < COUNTERS; k++) counters[k * WARP + lane_id()] = 0;
    return Worker{p, held_cells + lane_id(), 0, counters + lane_id(), warp, 0, false, false};
}

template <class... A> RK_DEVICE void worker(const Params& p, u32 warp, u32* held_cells, u32* counters) {
    constexpr u32 TYPES = sizeof...(A);
    Worker w = make_worker(p, warp, held_cells, counters);
    u32 rotation = warp, idle = 0, batches = 0, hunger = 0;
    bool busy = false;
    while (true) {
        // One look: the home shard of every type (a lane each), and whether to go on.
        u32 head = 0, length = 0;
        if (lane_id() < TYPES) {
            const Table& t = p.tables[lane_id()];
            length = queue_length(queue_at(t.ready_heads, t.ready_entries, warp & t.shard_mask, t.ring_mask), head);
        }
        u32 flag = lane_id() >= 30 ? load_relaxed((const u32*)p.run_flag + (31 - lane_id())) : 0;
        u32 news = ballot(lane_id() == 30 ? flag != hunger : flag != 0 || w.killed);
        if ((news & ~(1u << 30)) != 0) break;
        if (news != 0) {
            // Somewhere an actor cannot start for want of cells.
            hunger = flag;
            return_cells(w);
        }
        u32 shard = 0;
        u32 ready = ballot(length != 0);
        u32 pick = 0;
        if (ready != 0) {
            // The first type that has work, from a place that moves on.
            u32 turn = rotation++ % TYPES;
            u32 later = ready & (ALL_LANES << turn);
            pick = lowest(later != 0 ? later : ready);
            shard = warp & p.tables[pick].shard_mask;
            head = shuffle(head, pick);
            length = shuffle(length, pick);
        } else if (idle % 8 == 4 || idle < 2) {
            // Nothing at home: 32 other shards of one type at once, and the longest of them.
            pick = rotation++ % TYPES;
            const Table& t = p.tables[pick];
            u32 look = (warp + 1 + (rotation / TYPES) * 32 + lane_id()) & t.shard_mask;
            length = queue_length(queue_at(t.ready_heads, t.ready_entries, look, t.ring_mask), head);
            u32 best = length << 5 | lane_id();
            if (length > (ALL_LANES >> 5)) best = (ALL_LANES << 5) | lane_id();
            for (u32 d = 16; d > 0; d /= 2) {
                u32 other = shuffle_xor(best, d);
                best = other > best ? other : best;
            }
            u32 from = best & 31;
            shard = shuffle(look, from);
            head = shuffle(head, from);
            length = shuffle(length, from);
        } else {
            length = 0;
        }
        if (length != 0) {
            const Table& t = p.tables[pick];
            Queue q = queue_at(t.ready_heads, t.ready_entries, shard, t.ring_mask);
            Word entry{0, 0, 0, 0};
            u32 n = queue_pop_warp(q, head, length, WARP, entry);
            if (n == 0) continue;  // another warp was faster
            // The fence in the batch puts this before anything that the batch does.
            if (!busy) set_epoch(w, warp);
            busy = true;
            w.progress = false;
            (void)((pick == A::TYPE ? (run_batch<A>(w, q, n, entry), true) : false) || ...);
            if (++batches == REPORT_BATCHES) {
                batches = 0;
                publish_stats(w, warp);
            }
            if (any(w.progress)) {
                idle = 0;
                continue;
            }
            // Everything that was ready waits for spare cells, or for a sender that has not written yet.
        }
        if (busy) {
            publish_stats(w, warp);
            fence();
            set_epoch(w, warp);
            busy = false;
        }
        idle++;
        if (idle > 16) {
            u32 ns = 20u * (idle - 16);
            sleep_ns(ns < p.idle_sleep_ns ? ns : p.idle_sleep_ns);
        }
    }
    return_cells(w);
    warp_sync();
    publish_stats(w, warp);
    fence();
    if (busy) set_epoch(w, warp);
}

}  // namespace rk
