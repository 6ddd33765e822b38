// What a handler can do: send, answer, trace, fail.
//
// Owns: `Context`, and every function that emitted handlers call. A handler never waits: a message that meets a full
// mailbox takes one of the spare cells that its lane holds. Messages are read and written as the 12 payload bytes that
// each word of a slot carries beside its sequence number.
#pragma once
#include "mailbox.cuh"
#include "message.cuh"
#include "status.cuh"

namespace rk {

constexpr u32 UNBOUNDED = 0xffffffffu;

// Spare cells that one lane may hold: enough for as many sends of one handler; more are taken from the pool as needed.
constexpr u32 HELD_CELLS = 8;

constexpr u32 MAX_PAYLOAD_WORDS = 45;
RK_CONSTANT u32 payload_words(u32 slot_bytes) { return (slot_bytes / 16 - 1) * 3; }
RK_CONSTANT u32 words_for(u32 bytes) { return 1 + (bytes + 11) / 12; }

// The payload of a received message, in registers.
template <u32 WORDS> struct PayloadOf {
    u32 w[WORDS == 0 ? 1 : WORDS];
    template <class M> RK_MEMBER M read() const {
        static_assert((sizeof(M) + 3) / 4 <= WORDS, "the message does not fit the slot it is read from");
        M m;
        u32 padded[(sizeof(M) + 3) / 4];
#pragma unroll
        for (u32 i = 0; i < (sizeof(M) + 3) / 4; i++) padded[i] = w[i];
        RK_COPY(&m, padded, sizeof(M));
        return m;
    }
};

// What a lane counts, in the order of `WarpStats`.
enum Counter : u32 { HANDLED, DEAD_LETTERS, SPILLED, STARVED, FAILURES, SENT, TO_HOST, COUNTERS };
RK_DEVICE void tally(u32* counters, Counter which) { counters[which * WARP]++; }

// Beside its counters a lane keeps whether it has announced that it sends; until then, its warp's number plus one.
constexpr u32 UNANNOUNCED = COUNTERS, LANE_WORDS = COUNTERS + 1;

// Makes the warp's epoch odd, seen by all before what this lane sends: then a sum of counters which has a message's handling and
// not its sending is known to be of no one moment. A lane that sends nothing need not: nobody handles what follows from it.
RK_COLD void announce(const Params& p, u32* counters) {
    u32* epoch = &((WarpStats*)p.stats + counters[UNANNOUNCED * WARP] - 1)->epoch;
    store_relaxed(epoch, load_relaxed(epoch) | 1);
    fence();
    counters[UNANNOUNCED * WARP] = 0;
}

struct Context {
    u64 me;
    u64 sender;         // 0 is the host
    u64 reply;          // the asker's reply cell; 0 if nobody asked or it was handed on
    const Params& p;
    u32* held_cells;    // this lane's spare cells, `WARP` apart
    u32 held;           // how many of them are left
    u32* counters;      // this lane's, `WARP` apart, in shared memory
    u32 failed_site;
    u64 failed_value;
};

RK_DEVICE Status fail(Context& ctx, u32 site, u64 value) {
    ctx.failed_site = site;
    ctx.failed_value = value;
    return FAILED;
}

// No cell: what `pool_take` returns when the pool has none.
constexpr u32 NO_CELL = 0xffffffffu;

// A cell of the pool, for a lane that holds none; `shard` is the free queue that is looked at first.
RK_COLD u32 pool_take(const Pool& pool, u32 shard) {
    for (u32 i = 0; i <= pool.shard_mask; i++) {
        u32 cell;
        if (queue_pop_one(pool_queue(pool, shard + i), cell)) {
            fence();  // whoever had it has read it before this lane writes it
            return cell;
        }
    }
    return NO_CELL;
}

// Sends to the mailbox `index` of a table. A spilled message that finds no cell is the sender's failure; its ticket is
// then void, so the send is refused before a ticket is drawn whenever no cell is at hand.
template <class M>
RK_DEVICE Status send(Context& ctx, const Table& t, u32 index, u64 sender, u32 tag, u32 generation, const M& m, bool wake) {
    u32 cell = NO_CELL;
    if (ctx.held == 0) {
        cell = pool_take(ctx.p.pool, address_slot(ctx.me));
        if (cell == NO_CELL) return fail(ctx, SITE_POOL_EXHAUSTED, index);
    }
    u64 before = fetch_add(&mailbox_of(t, index)->word, ONE_MESSAGE);
    u32 ticket = word_ticket(before), count = word_count(before);
    Word header = header_word(ticket + 1, sender, tag, generation);
    bool spills = count > t.depth_mask;
    if (spills != (cell != NO_CELL)) {
        if (spills) cell = ctx.held_cells[--ctx.held * WARP];
        else ctx.held_cells[ctx.held++ * WARP] = cell;
    }
    write_message<sizeof(M), false>(spills ? cell_body(ctx.p.pool, cell) : slot_of(t, index, ticket), header, &m);
    if (spills) {
        chain_join(ctx.p.pool, spill_of(t, index), cell);
        tally(ctx.counters, SPILLED);
    } else if (wake && count == 0) {
        queue_push(ready_queue(t, index), index, ticket, 0);
    }
    return OK;
}

// Messages to the host carry the words of their payload above their generation, for whoever forwards them.
RK_DEVICE u32 host_generation(u32 id, u32 bytes) { return id | (words_for(bytes) - 1) << 20; }
RK_DEVICE u32 host_words(const Word& header) { return (header.c >> 28) + 1; }

// The same as `send` for a message to the host, whose size is no constant: one copy for all handlers. How many cells the lane holds
// then, or `NO_CELL` if there was none to be had.
RK_COLD u32 send_bytes_to_host(const Params& p, u32* held_cells, u32 held, u32* counters, u64 me, u32 tag, u32 id, const u32* message, u32 bytes) {
    u32 cell = held != 0 ? held_cells[--held * WARP] : pool_take(p.pool, address_slot(me));
    if (cell == NO_CELL) return NO_CELL;
    u64 before = fetch_add(&mailbox_of(p.host, 0)->word, ONE_MESSAGE);
    u32 seq = word_ticket(before) + 1;
    bool spills = word_count(before) > p.host.depth_mask;
    Word* to = spills ? cell_body(p.pool, cell) : slot_of(p.host, 0, seq - 1);
    store_word(to, header_word(seq, me, tag, host_generation(id, bytes)));
#pragma unroll 1
    for (u32 i = 0; i < bytes; i += 12, message += 3) store_word(++to, Word{seq, message[0], message[1], message[2]});
    if (spills) {
        chain_join(p.pool, spill_of(p.host, 0), cell);
        tally(counters, SPILLED);
    } else {
        held_cells[held++ * WARP] = cell;
    }
    return held;
}

template <class M> RK_DEVICE Status send_to_host(Context& ctx, u32 tag, u32 id, const M& m) {
    u32 words[(sizeof(M) + 11) / 12 * 3] = {};
    RK_COPY(words, &m, IsEmpty<M>::VALUE ? 0 : sizeof(M));
    u32 held = send_bytes_to_host(ctx.p, ctx.held_cells, ctx.held, ctx.counters, ctx.me, tag, id, words, sizeof(M));
    if (held == NO_CELL) return fail(ctx, SITE_POOL_EXHAUSTED, 0);
    ctx.held = held;
    return OK;
}
template <class M> RK_DEVICE bool send_to_host_if_room(const Params& p, u64 sender, u32 tag, const M& m, u32 room) {
    return send_if_room(p.host, 0, sender, tag, host_generation(0, sizeof(M)), m, false, room);
}

// Whether so much waits on its way to the host that actors which would tell it more had better wait, too.
RK_DEVICE bool host_is_crowded(const Params& p) {
    return word_count(load_relaxed(&mailbox_of(p.host, 0)->word)) > (p.host.depth_mask + 1) / 4;
}

// A message that found nobody, for the host to read.
struct DeadLetterRecord {
    u64 to;
    u32 tag;
    u32 reserved;
};

// Sends to the mailbox `index` of a table if fewer than `room` messages are in it; never spills, so it needs no cell.
template <class M>
RK_DEVICE bool send_if_room(const Table& t, u32 index, u64 sender, u32 tag, u32 generation, const M& m, bool wake, u32 room) {
    u64* word = &mailbox_of(t, index)->word;
    u64 before = load_relaxed(word);
    while (true) {
        if (word_count(before) >= room) return false;
        u64 seen = compare_exchange(word, before, before + ONE_MESSAGE);
        if (seen == before) break;
        before = seen;
    }
    u32 ticket = word_ticket(before);
    write_message<sizeof(M), false>(slot_of(t, index, ticket), header_word(ticket + 1, sender, tag, generation), &m);
    if (wake && word_count(before) == 0) queue_push(ready_queue(t, index), index, ticket, 0);
    return true;
}

// Counts a message that found nobody, and tells the host of it while the host's mailbox is less than half full: a flood
// of them is only counted.
RK_COLD void dead_letter(const Params& p, u32* counters, u64 from, u64 to, u32 tag) {
    tally(counters, DEAD_LETTERS);
    DeadLetterRecord record{to, tag, 0};
    send_to_host_if_room(p, from, HOST_TAG_DEAD_LETTER, record, p.host.depth_mask / 2 + 1);
}

struct FailureRecord {
    u64 value;
    u32 site;
    u32 tag;
};

// Tells the host of a failure. A handler with a bounded number of sends has left a cell for it; one without may have used
// them all, and then the news goes only where there is room. The failure is counted in any case.
// Returns how many cells the lane holds then.
RK_COLD u32 tell_failure(const Params& p, u32* held_cells, u32 held, u32* counters, u64 me, u32 tag, u32 site, u64 value) {
    FailureRecord record{value, site, tag};
    if (held == 0) {
        send_to_host_if_room(p, me, HOST_TAG_FAILURE, record, p.host.depth_mask + 1);
        return 0;
    }
    u32 words[6] = {};
    RK_COPY(words, &record, sizeof(record));
    return send_bytes_to_host(p, held_cells, held, counters, me, HOST_TAG_FAILURE, 0, words, sizeof(record));
}

template <class M> RK_DEVICE Status tell(Context& ctx, u64 to, u32 type, u32 tag, const M& m) {
    if (ctx.counters[UNANNOUNCED * WARP] != 0) announce(ctx.p, ctx.counters);
    const Table& t = ctx.p.tables[type];
    u32 index = address_slot(to) - t.first_slot;
    if (index >= t.count || address_device(to) != 0) {
        tally(ctx.counters, SENT);
        dead_letter(ctx.p, ctx.counters, ctx.me, to, tag);
        return OK;
    }
    Status status = send(ctx, t, index, ctx.me, tag, address_generation(to), m, true);
    if (status == OK) tally(ctx.counters, SENT);
    return status;
}

// Sends only if there is room at this moment; false otherwise. Never spills.
template <class M> RK_DEVICE bool try_tell(Context& ctx, u64 to, u32 type, u32 tag, const M& m) {
    if (ctx.counters[UNANNOUNCED * WARP] != 0) announce(ctx.p, ctx.counters);
    const Table& t = ctx.p.tables[type];
    u32 index = address_slot(to) - t.first_slot;
    if (index >= t.count || address_device(to) != 0) {
        tally(ctx.counters, SENT);
        dead_letter(ctx.p, ctx.counters, ctx.me, to, tag);
        return true;
    }
    if (!send_if_room(t, index, ctx.me, tag, address_generation(to), m, true, t.depth_mask + 1)) return false;
    tally(ctx.counters, SENT);
    return true;
}

// The same as Rust's `try_tell` says it: the message comes back if there was no room.
template <class M> RK_DEVICE TryTell<M> try_tell_back(Context& ctx, u64 to, u32 type, u32 tag, const M& m) {
    TryTell<M> back{};
    if (!try_tell(ctx, to, type, tag, m)) {
        back.tag = 1;
        if constexpr (!IsEmpty<M>::VALUE) back.value = m;
    }
    return back;
}

template <class M> RK_DEVICE Status host_tell(Context& ctx, u32 host_tag, const M& m) {
    Status status = send_to_host(ctx, host_tag & 0xff, host_tag >> 8, m);
    if (status == OK) tally(ctx.counters, TO_HOST);
    return status;
}

template <class A> RK_DEVICE Status trace(Context& ctx, u32 trace_id, const A& args) {
    TraceRecord<A> record{trace_id, args};
    return send_to_host(ctx, HOST_TAG_TRACE, trace_id, record);
}

template <class T> RK_DEVICE void answer(Context& ctx, u64 reply, const T& value) {
    if ((u32)reply != 0) write_reply<sizeof(T)>(ctx.p, reply, REPLY_VALUE, 0, &value);
}
// What is not a value. One copy for all handlers.
RK_COLD void write_outcome(const Params& p, u64 reply, u32 outcome) { write_reply<0>(p, reply, outcome, 0, &reply); }
RK_COLD void write_failure(const Params& p, u64 reply, u32 site, u64 value) { write_reply<8>(p, reply, REPLY_FAILED, site, &value); }
RK_DEVICE void answer_unit(Context& ctx, u64 reply) {
    if ((u32)reply != 0) write_outcome(ctx.p, reply, REPLY_VALUE);
}
RK_DEVICE void answer_failed(Context& ctx, u64 reply, u32 site, u64 value) {
    if ((u32)reply != 0) write_failure(ctx.p, reply, site, value);
}
RK_DEVICE void answer_dead(const Params& p, u64 reply) {
    if ((u32)reply != 0) write_outcome(p, reply, REPLY_DEAD);
}
// A question that was let go. If its handler failed, the asker learns of the failure.
RK_DEVICE void drop_reply(Context& ctx, u64 reply) {
    if ((u32)reply == 0) return;
    if (ctx.failed_site != NO_SITE) answer_failed(ctx, reply, ctx.failed_site, ctx.failed_value);
    else write_outcome(ctx.p, reply, REPLY_DROPPED);
}

RK_DEVICE bool nth_exists(Context& ctx, u32 type, u32 i) { return i < ctx.p.tables[type].count; }
RK_DEVICE u64 nth_actor(Context& ctx, u32 type, u32 i) { return address_of(ctx.p.tables[type].first_slot + i, 1); }

RK_DEVICE Status safepoint(Context& ctx) { return load_relaxed((const u32*)ctx.p.run_flag) == 2 ? KILLED : OK; }

template <class T> RK_DEVICE T* shared(Context& ctx, u32 id) { return (T*)((const SharedEntry*)ctx.p.shared)[id].base; }

}  // namespace rk
