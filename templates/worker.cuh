// Workers: warps that take ready actors, run their handlers, and never wait for each other.
//
// Owns: the loop of a worker warp, and one run of up to 32 actors of one type, an actor a lane. Every lane holds the
// spare cells that its handler may need before the handler starts; without them the actor is queued again instead.
// State handed from warp to warp: the previous worker wrote it, fenced, and released the mailbox word or queued the
// entry; this one acquires with both, and reads rows past L1.
#pragma once
#include "context.cuh"

namespace rk {

// Messages that one actor may handle before it goes to the end of its queue; with more than twice that waiting it goes on for
// so many laps, since it is what all others wait for.
constexpr u32 RUN_MESSAGES = 4;
constexpr u32 LAPS = 16;
// Room of one lane: what it may hold between batches, and what it consumes in one.
constexpr u32 LANE_CELLS = HELD_CELLS + RUN_MESSAGES;

// Loads in flight at once where a warp reads ahead, of as many messages each as it holds.
constexpr u32 POLL = 4;

// Batches after which a busy warp reports its counters; an idle one reports at once.
constexpr u32 REPORT_BATCHES = 128;

// The simulator copies all states, since it sees only what goes through the names of memory.cuh.
#ifndef RK_COPY_ALL_STATES
#define RK_COPY_ALL_STATES false
#endif

// What the warps of the system's block share: copies of the run flag, of the number of cries for cells, of what the host has
// taken and of whether it is full, which control keeps; how many of these warps have left; whether an ingress warp has come to its
// limit; what each of them has delivered and how much it may have, by control; and for each of its workers a desk.
constexpr u32 BOARD_FLAG = 0, BOARD_HUNGER = 1, BOARD_TAKEN = 2, BOARD_GONE = 3, BOARD_FULL = 4, BOARD_ASKED = 5, BOARD_HEADS = 6;
constexpr u32 BOARD_LIMITS = BOARD_HEADS + MAX_RINGS, BOARD_DESKS = BOARD_LIMITS + MAX_RINGS;

// A desk: its state, then type, index and ticket of an actor that a message of the host has woken, then that message, three
// words of each of its sixteen bytes. A worker beside the ingress warps polls its desk in shared memory, so a lone message
// of the host goes neither through a queue nor through the actor's slot.
constexpr u32 DESK_MESSAGE = 4, DESK_WORDS = DESK_MESSAGE + 3 * 16;
constexpr u32 DESK_FREE = 0, DESK_CLAIMED = 1, DESK_OFFERED = 2, DESK_HANDED = 3, DESK_CLOSED = 4;
// Looks at a desk after which a worker reports what it did.
constexpr u32 DESK_PATIENCE = 32;

RK_DEVICE u32* desk_at(u32* board, u32 i) { return board + BOARD_DESKS + i * DESK_WORDS; }

// A word of the message on a desk.
RK_DEVICE Word load_desk(const u32* desk, u32 seq, u32 i) {
    const u32* at = desk + DESK_MESSAGE + 3 * i;
    return Word{seq, load_block_relaxed(at), load_block_relaxed(at + 1), load_block_relaxed(at + 2)};
}

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
    // Whoever had these cells has read them before any lane of this warp writes them: the pop acquired that.
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

// Returns a lane's cells to the pool, all but `keep` of them.
RK_COLD void free_cells(const Pool& pool, u32* held_cells, u32 held, u32 keep) {
#pragma unroll 1
    while (held > keep) pool_free(pool, held_cells[--held * WARP]);
}
// All but those that it may keep between batches; how many these are.
RK_DEVICE u32 keep_cells(const Pool& pool, u32* held_cells, u32 held) {
    if (held <= HELD_CELLS) return held;
    free_cells(pool, held_cells, held, HELD_CELLS);
    return HELD_CELLS;
}
RK_DEVICE void return_cells(Worker& w) {
    // Another lane may have acquired what the former holders of these cells read.
    fence();
    free_cells(w.p.pool, w.held_cells, w.held, 0);
    w.held = 0;
}

// The pool is empty and an actor cannot start: these lanes return what they hold, and every other warp is asked to. The
// request is a number beside the run flag, which each warp reads anyway.
RK_DEVICE void cry_hunger(Worker& w, bool returns) {
    if (returns) return_cells(w);
    if (lane_id() == 0) add((u32*)w.p.run_flag + 1, 1);
}

// Writes the message on a desk into its slot, when it cannot be run from there. Called by one lane.
RK_COLD void write_desk_message(const Table& t, u32 index, u32 ticket, const u32* desk) {
    Word* to = slot_of(t, index, ticket);
    for (u32 i = 0; i < t.slot_bytes / 16; i++) store_word(to + i, load_desk(desk, ticket + 1, i));
}

// Runs `n` actors of one type, whose ready entries the first `n` lanes hold. Called by the whole warp.
// `desk` is where a first message was put that this worker alone may run; null for others.
template <class A> RK_DEVICE void run_batch(Worker& w, const Queue& queue, u32 n, Word entry, const u32* desk) {
    using State = typename A::State;
    constexpr u32 SENDS = A::MAX_SENDS < HELD_CELLS ? A::MAX_SENDS + 1 : HELD_CELLS;  // one more: the news of its failure
    constexpr u32 NEED = SENDS < HELD_CELLS ? SENDS : HELD_CELLS;
    constexpr u32 PAYLOAD = payload_words(A::SLOT_BYTES);
    constexpr bool COPY = A::IN_REGISTERS || RK_COPY_ALL_STATES;
    constexpr u32 ROW_WORDS = (sizeof(State) + 15) / 16;
    const Table& t = w.p.tables[A::TYPE];
    const Pool& pool = w.p.pool;

    bool mine = lane_id() < n;
    u32 index = entry.a;
    Place s{entry.b, entry.c};
    Mailbox* mailbox = nullptr;
    u64 word = 0;
    bool seems_alive = false;
    Word* row = nullptr;
    alignas(16) Word copy[COPY ? ROW_WORDS : 1];
    // Loads first, what needs them later: the trips overlap. The first message is among them: it is whole if it has its number.
    // What is on a desk was acquired by who put it there.
    bool crowded = false, in_slot = s.done <= t.depth_mask;
    u64 tenant = 0;
    Word parts[1 + PAYLOAD / 3];
    if (desk != nullptr) {
#pragma unroll
        for (u32 i = 0; i <= PAYLOAD / 3; i++) parts[i] = load_desk(desk, s.base + 1, i);
    } else if (mine && in_slot) {
        const Word* from = slot_of(t, index, s.base + s.done);
#pragma unroll
        for (u32 i = 0; i <= PAYLOAD / 3; i++) parts[i] = load_word(from + i);
    }
    if constexpr (A::TELLS_HOST) crowded = lane_id() == 0 && host_is_crowded(w.p);
    if (mine) {
        mailbox = mailbox_of(t, index);
        Word m = desk != nullptr ? load_word((const Word*)mailbox) : load_word_acquire((const Word*)mailbox);
        tenant = load_relaxed((const u64*)&mailbox->generation);
        row = (Word*)(t.rows + (u64)index * t.row_bytes);
        if constexpr (COPY) {
#pragma unroll
            for (u32 i = 0; i < ROW_WORDS; i++) copy[i] = load_word(row + i);
        }
        word = (u64)m.a << 32 | m.seq;
        seems_alive = m.c == 1;
    }
    // An actor that has failed sends nothing, and what waits for it may hold the cells that all others lack. That it lives
    // may be old news: so this decides about cells alone.
    bool sends = mine && seems_alive;
    if constexpr (A::TELLS_HOST) crowded = any(crowded);
    // While the host is crowded this actor is not started, and takes no cells from others either.
    bool wants = sends && !crowded, run = mine;
    if (crowded || any(wants && w.held < NEED)) {
        w.held = hold_cells(pool, w.held_cells, w.held, wants, NEED, 0, w.pool_shard++);
        if (any(wants && w.held < NEED)) w.held = share_cells(w.held_cells, w.held, wants, NEED);
        bool starves = wants && w.held < NEED;
        run = mine && !starves && !(sends && crowded);
        if (starves) {
            tally(w.counters, STARVED);
            w.starved_slot = t.first_slot + entry.a;
        }
        if (any(starves)) cry_hunger(w, !run);
        if (desk != nullptr && mine && !run) write_desk_message(t, index, entry.b, desk);
    }

    bool again = mine;
    u32 cursor = 0;
    if (run) {
        State local;
        if constexpr (COPY) RK_COPY(&local, copy, sizeof(State));
        State& self = COPY ? local : *(State*)row;
        u32 generation = (u32)tenant, life = (u32)(tenant >> 32);
        if (s.done > t.depth_mask) cursor = load_relaxed(&spill_of(t, index)->cursor);
        u32 cursor_before = cursor;
        Context ctx{address_of(t.first_slot + index, generation), 0, 0, w.p, w.held_cells, w.held, w.counters, NO_SITE, 0};
#pragma unroll 1
        for (u32 round = 0; round < RUN_MESSAGES * LAPS; round++) {
            u32 end = word_count(word);
            if (round != 0 && round % RUN_MESSAGES == 0) {
                if (w.killed || end - s.done < 2 * RUN_MESSAGES) break;
                if constexpr (A::TELLS_HOST) {
                    if (host_is_crowded(w.p)) break;
                }
                // Only now: whoever takes these cells must not overwrite what this lane was still reading.
                fence();
                ctx.held = keep_cells(pool, ctx.held_cells, ctx.held);
            }
            if (s.done >= end || (round != 0 && life == 1 && ctx.held < NEED)) break;
            // The next message: in its slot, or in the next cell of the chain.
            const Word* from = slot_of(t, index, s.base + s.done);
            u32 seq = s.base + s.done + 1;
            in_slot = s.done <= t.depth_mask;
            if (!in_slot) {
                u32 next = chain_next(pool, spill_of(t, index), cursor);
                if (next == 0) break;
                if (cursor != 0) ctx.held_cells[ctx.held++ * WARP] = cursor - 1;
                cursor = next;
                from = cell_body(pool, next - 1);
            }
            if (round != 0 || !in_slot) {
#pragma unroll
                for (u32 i = 0; i <= PAYLOAD / 3; i++) parts[i] = load_word(from + i);
            }
            Word header = parts[0];
            PayloadOf<PAYLOAD> payload;
            bool whole = header.seq == seq || !in_slot;
#pragma unroll
            for (u32 i = 0; i < PAYLOAD / 3; i++) {
                Word part = parts[1 + i];
                payload.w[3 * i] = part.a;
                payload.w[3 * i + 1] = part.b;
                payload.w[3 * i + 2] = part.c;
                // Words beyond the message keep an older number; only those that belong to it must be new.
                if (in_slot && part.seq != seq && i + 1 < A::words_of(header_tag(header))) whole = false;
            }
            if (!whole) break;  // its sender has drawn the ticket and not yet written
            s.done++;
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
            ctx.held = tell_failure(w.p, ctx.held_cells, ctx.held, ctx.counters, ctx.me, header_tag(header), ctx.failed_site, ctx.failed_value);
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
    w.held = keep_cells(pool, w.held_cells, w.held);
    if (run) {
        again = release(pool, mailbox, spill_of(t, index), s, cursor, word, t.depth_mask + 1);
    }
    queue_push_warp(queue, again, index, s.base, s.done);
    warp_sync();
}

// Adds what this warp counted since the last time to its own line of counters: what is done after what was sent, so that nobody
// sees this warp to have done more with what it received than it says it has sent.
RK_COLD void publish(u64* line, u32* counters, u32 starved_slot) {
#pragma unroll 1
    for (u32 k = COUNTERS; k-- > 0;) {
        if (k == DEAD_LETTERS) fence();
        u32 total = counters[k * WARP];
        for (u32 d = 16; d > 0; d /= 2) total += shuffle_down(total, d);
        // This warp alone writes here, so plain read, add, write is enough.
        if (lane_id() == 0 && total != 0) store_relaxed(line + k, load_relaxed(line + k) + total);
    }
    if (counters[STARVED * WARP] != 0) store_relaxed(&((WarpStats*)line)->starved_slot, starved_slot);
    for (u32 k = 0; k < COUNTERS; k++) counters[k * WARP] = 0;
}
RK_DEVICE WarpStats* stats_of(const Params& p, u32 warp) { return (WarpStats*)p.stats + warp; }
RK_DEVICE void publish_stats(const Worker& w, u32 warp) { publish((u64*)stats_of(w.p, warp), w.counters, w.starved_slot); }

// Somewhere an actor cannot start for want of cells: returns the spare ones of these lanes, and says so. A stall is not called one
// before every worker has heard of it, since a handler that runs may still let go of cells.
RK_COLD void hear_hunger(const Pool& pool, WarpStats* stats, u32* held_cells, u32 held, u32* counters, u32 starved_slot, u32 cries) {
    free_cells(pool, held_cells, held, 0);
    warp_sync();
    publish((u64*)stats, counters, starved_slot);
    fence();
    if (lane_id() == 0) store_relaxed(&stats->heard, cries);
}

// Ends what lanes of the warp announced. When all epochs are even and stay so, the counters together are those of one
// moment: that is how the control warp knows that nothing is under way.
RK_COLD void rest(WarpStats* stats, u32* counters, u32 starved_slot, u32 warp) {
    publish((u64*)stats, counters, starved_slot);
    u32* own = &counters[UNANNOUNCED * WARP];
    if (!any(*own == 0)) return;
    fence();
    warp_sync();
    u32* epoch = &stats->epoch;
    if (lane_id() == 0) store_relaxed(epoch, (load_relaxed(epoch) | 1) + 1);
    // Before any lane announces again.
    fence();
    warp_sync();
    *own = warp + 1;
}

// A worker of this lane, with its part of the block's shared memory.
RK_DEVICE Worker make_worker(const Params& p, u32 warp, u32* held_cells, u32* counters) {
    for (u32 k = 0; k < COUNTERS; k++) counters[k * WARP + lane_id()] = 0;
    counters[UNANNOUNCED * WARP + lane_id()] = warp + 1;
    return Worker{p, held_cells + lane_id(), 0, counters + lane_id(), warp, 0, false, false};
}

// Looks for ready actors: a queue and how much of it, of the type `pick`; none if `length` is zero.
struct Found {
    u32 pick, shard, head, length;
};

template <u32 TYPES> RK_DEVICE Found look(const Params& p, u32 warp, u32& rotation, u32 idle, u32 head, u32 length) {
    u32 ready = ballot(length != 0);
    if (ready != 0) {
        // The first type that has work, from a place that moves on.
        u32 turn = rotation++ % TYPES;
        u32 later = ready & (ALL_LANES << turn);
        u32 pick = lowest(later != 0 ? later : ready);
        return Found{pick, warp & p.tables[pick].shard_mask, shuffle(head, pick), shuffle(length, pick)};
    }
    if (idle % 8 != 4 && idle >= 2) return Found{0, 0, 0, 0};
    // Nothing at home: 32 other shards of one type at once, and the longest of them.
    u32 pick = rotation++ % TYPES;
    const Table& t = p.tables[pick];
    u32 other = (warp + 1 + (rotation / TYPES) * 32 + lane_id()) & t.shard_mask;
    length = queue_length(queue_at(t.ready_heads, t.ready_entries, other, t.ring_mask), head);
    u32 best = length << 5 | lane_id();
    if (length > (ALL_LANES >> 5)) best = (ALL_LANES << 5) | lane_id();
    for (u32 d = 16; d > 0; d /= 2) {
        u32 rival = shuffle_xor(best, d);
        best = rival > best ? rival : best;
    }
    u32 from = best & 31;
    return Found{pick, shuffle(other, from), shuffle(head, from), shuffle(length, from)};
}

// A worker; one of the system's block takes from its desk alone.
template <class... A> RK_DEVICE void worker(const Params& p, u32 warp, u32* held_cells, u32* counters, u32* board, u32* desk) {
    constexpr u32 TYPES = sizeof...(A);
    Worker w = make_worker(p, warp, held_cells, counters);
    // Cries begin anew with each launch.
    if (lane_id() == 0) store_relaxed(&stats_of(p, warp)->heard, 0u);
    u32 rotation = warp, idle = 0, batches = 0, hunger = 0;
    bool busy = false;
    while (true) {
        u32 pick = 0, n = 0;
        Queue q{nullptr, nullptr, 0};
        Word entry{0, 0, 0, 0};
        if (desk != nullptr) {
            u32 seen = 0;
            if (lane_id() < 3) seen = load_block(lane_id() == 0 ? desk : board + (lane_id() == 1 ? BOARD_FLAG : BOARD_HUNGER));
            u32 state = shuffle(seen, 0), cries = shuffle(seen, 2);
            bool leaving = any(shuffle(seen, 1) != 0 || w.killed);
            if (state == DESK_OFFERED || state == DESK_HANDED) {
                // Its ticket is being drawn, and that takes no longer than a trip to memory.
                do state = load_block(desk);
                while (any(state == DESK_OFFERED));
                // Another may be on the desk by now.
                if (any(state != DESK_HANDED)) continue;
                pick = load_block_relaxed(desk + 1);
                entry = Word{0, load_block_relaxed(desk + 2), load_block_relaxed(desk + 3), 0};
                q = ready_queue(p.tables[pick], entry.a);
                if (leaving) {
                    if (lane_id() == 0) write_desk_message(p.tables[pick], entry.a, entry.b, desk);
                    queue_push_warp(q, lane_id() == 0, entry.a, entry.b, 0);
                    warp_sync();
                    if (lane_id() == 0) store_block(desk, DESK_FREE);
                    continue;
                }
                n = 1;
            } else if (leaving) {
                // Whoever claims a desk fills it at once.
                if (lane_id() == 0) state = compare_exchange_block(desk, DESK_FREE, DESK_CLOSED);
                if (shuffle(state, 0) == DESK_FREE) break;
                continue;
            } else if (cries != hunger) {
                hunger = cries;
                hear_hunger(p.pool, stats_of(p, warp), w.held_cells, w.held, w.counters, w.starved_slot, hunger);
                w.held = 0;
            }
        } else {
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
                hunger = shuffle(flag, 30);
                hear_hunger(p.pool, stats_of(p, warp), w.held_cells, w.held, w.counters, w.starved_slot, hunger);
                w.held = 0;
            }
            Found found = look<TYPES>(p, warp, rotation, idle, head, length);
            if (found.length != 0) {
                pick = found.pick;
                const Table& t = p.tables[pick];
                q = queue_at(t.ready_heads, t.ready_entries, found.shard, t.ring_mask);
                n = queue_pop_warp(q, found.head, found.length, WARP, entry);
                if (n == 0) continue;  // another warp was faster
            }
        }
        if (n != 0) {
            busy = true;
            w.progress = false;
            (void)((pick == A::TYPE ? (run_batch<A>(w, q, n, entry, desk), true) : false) || ...);
            if (desk != nullptr && lane_id() == 0) store_block(desk, DESK_FREE);
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
        idle++;
        if (busy && (desk == nullptr || idle >= DESK_PATIENCE)) {
            rest(stats_of(p, warp), w.counters, w.starved_slot, warp);
            busy = false;
        }
        if (desk == nullptr && idle > 16) {
            u32 ns = 20u * (idle - 16);
            sleep_ns(ns < p.idle_sleep_ns ? ns : p.idle_sleep_ns);
        }
    }
    return_cells(w);
    warp_sync();
    rest(stats_of(p, warp), w.counters, w.starved_slot, warp);
}

}  // namespace rk
