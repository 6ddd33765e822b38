// Ingress: messages from the host, delivered to mailboxes by warps that do nothing else.
//
// Owns: the device's side of the host rings. A ring lies in mapped memory; a slot is words of 16 bytes with the
// position plus one inside, so a word that shows it is whole. A warp reads 32 words an instruction, `POLL` times at
// once (one trip over the bus), and delivers what is there in order. The host chooses the ring by the receiver, so what
// one thread sends to one actor stays in order. Lanes of one receiver draw their tickets together.
// A message that needs a spare cell when there is none stays in the ring, and so does what control does not admit
// (`admit`): that is the host's back-pressure.
#pragma once
#include "worker.cuh"

namespace rk {

// Of each free queue, what the host's messages leave for handlers: a flood of them would else take every spare cell, and
// no handler that could consume them would ever start.
RK_DEVICE u32 ingress_reserve(const Pool& pool) { return (pool.ring_mask + 1) / 4; }

// What the lane with a type's number knows of its table: a lone message's receiver is found without a look at the parameters.
struct Known {
    u32 first_slot, count;
    u64 mailboxes;
};

// Where a message goes, as the lane with its first word knows it.
struct Delivery {
    u32 type, index;
    bool known, handed;  // there is such an actor; the message is on a desk
    u64 before;          // the mailbox's word before it
};

// Gives a lone message, whose words lanes 0.. have, to a worker beside this warp, if the `desk` that was seen free still is. The
// worker sees it while its ticket is drawn, and runs it if it has woken its actor.
template <u32 WORDS> RK_DEVICE Delivery hand_over(Word part, const Known& table, u32* desk) {
    u32 lane = lane_id(), index = shuffle(part.a, 0) - table.first_slot;
    u32 receivers = ballot(index < table.count), state = 0;
    u32 type = lowest(receivers);
    index = shuffle(index, type & 31);
    if (receivers == 0) return Delivery{0, 0, false, false, 0};
    if (desk != nullptr) {
        if (lane == type) state = compare_exchange_block(desk, DESK_FREE, DESK_CLAIMED);
        if (shuffle(state, type) != DESK_FREE) desk = nullptr;
    }
    if (desk != nullptr) {
        Word header = header_word(0, HOST_ADDRESS | part.c, part.b >> 24, part.b & 0xffffffu);
        u32* to = desk + DESK_MESSAGE + 3 * lane;
        if (lane < WORDS) {
            store_block_relaxed(to, lane == 0 ? header.a : part.a);
            store_block_relaxed(to + 1, lane == 0 ? header.b : part.b);
            store_block_relaxed(to + 2, lane == 0 ? header.c : part.c);
        }
        if (lane == type) {
            store_block_relaxed(desk + 1, type);
            store_block_relaxed(desk + 2, index);
        }
        warp_sync();
        if (lane == type) store_block(desk, DESK_OFFERED);
    }
    u64 before = 0;
    if (lane == type) before = fetch_add_acquire(&((Mailbox*)table.mailboxes + index)->word, ONE_MESSAGE);
    u32 wakes = 0;
    if (desk != nullptr && lane == type) {
        wakes = word_count(before) == 0;
        if (wakes != 0) store_block_relaxed(desk + 3, word_ticket(before));
        // Before this warp stores anything else, for which a release would have to wait.
        store_block(desk, wakes != 0 ? DESK_HANDED : DESK_FREE);
    }
    return Delivery{type, index, true, shuffle(wakes, type) != 0, shuffle(before, type)};
}

// A word of a host ring's first slot: {seq, slot, generation | tag << 24, reply id}. With `lone` there is one message, in front.
template <u32 WORDS> RK_DEVICE u32 deliver(Worker& w, Word part, bool present, bool lone, const Known& table, u32* desk) {
    const Params& p = w.p;
    constexpr u32 GROUPS = WARP / WORDS;
    u32 lane = lane_id(), leader = lane & ~(WORDS - 1), part_index = lane & (WORDS - 1);
    // Whole messages at the front.
    u32 missing = ballot(!present);
    u32 groups = missing == 0 ? GROUPS : lowest(missing) / WORDS;
    if (groups == 0) return 0;
    bool leads = part_index == 0 && lane / WORDS < groups;
    if (any(leads && w.held == 0)) {
        w.held = hold_cells(p.pool, w.held_cells, w.held, leads, 2, ingress_reserve(p.pool), w.pool_shard++);
        u32 poor = ballot(leads && w.held == 0);
        if (poor != 0) {
            groups = lowest(poor) / WORDS;
            leads = leads && lane / WORDS < groups;
            tally(w.counters, STARVED);
            cry_hunger(w, false);
            if (groups == 0) return 0;
        }
    }
    Delivery at{0, 0, false, false, 0};
    if (lone) {
        at = hand_over<WORDS>(part, table, desk);
        at.known = at.known && leads;
    } else {
        // The receiver's table: types hold consecutive ranges of slots.
        if (leads) {
#pragma unroll 1
            for (u32 k = 0; k < p.types; k++) {
                u32 i = part.a - p.tables[k].first_slot;
                if (i < p.tables[k].count) at = Delivery{k, i, true, false, 0};
            }
        }
        // A vote over many different values takes long; a lone message needs none.
        u32 together = 1u << lane;
        if (popcount(ballot(at.known)) > 1) together = match_any(at.known ? part.a : 0x80000000u | lane);
        u32 first = lowest(together), rank = popcount(together & lanes_below());
        if (at.known && lane == first) {
            at.before = fetch_add_acquire(&mailbox_of(p.tables[at.type], at.index)->word, (u64)popcount(together) * ONE_MESSAGE);
        }
        at.before = shuffle(at.before, first) + rank * ONE_MESSAGE;
    }
    Word header = header_word(0, HOST_ADDRESS | part.c, part.b >> 24, part.b & 0xffffffu);
    u32 type = at.type, index = at.index, ticket = word_ticket(at.before), count = word_count(at.before);
    // Who has it on a desk runs it from there, or writes it into its slot: two could do that at very different times.
    bool known = at.known, handed = known && at.handed, wakes = known && count == 0 && !handed;
    u64 to = 0;
    u32 cell = 0;
    bool spills = known && count > p.tables[type].depth_mask;
    if (known) {
        if (spills) {
            cell = w.held_cells[--w.held * WARP];
            to = (u64)cell_body(p.pool, cell);
            tally(w.counters, SPILLED);
        } else if (!handed) {
            to = (u64)slot_of(p.tables[type], index, ticket);
        }
    } else if (leads) {
        dead_letter(p, w.counters, 0, address_of(part.a, part.b & 0xffffffu), part.b >> 24);
        if (part.c != 0) answer_dead(p, part.c);
    }
    u32 size = known ? p.tables[type].slot_bytes / 16 : 0;
    header.seq = ticket + 1;
    // Every lane writes its word of the message.
    to = shuffle(to, leader);
    size = shuffle(size, leader);
    u32 seq = shuffle(ticket, leader) + 1;
    bool whole_group = lane / WORDS < groups;
    if (whole_group && to != 0 && part_index < size) {
        store_word((Word*)to + part_index, part_index == 0 ? header : Word{seq, part.a, part.b, part.c});
    }
    if (any(spills)) {
        fence();
        warp_sync();
        // In the order of the ring, so that one receiver's chain keeps it.
#pragma unroll 1
        for (u32 g = 0; g < groups; g++) {
            if (spills && lane == g * WORDS) chain_join(p.pool, spill_of(p.tables[type], index), cell);
            warp_sync();
        }
    }
    if (wakes) queue_push(ready_queue(p.tables[type], index), index, ticket, 0);
    return groups;
}

template <u32 WORDS>
RK_DEVICE void ingress(const Params& p, u32 warp, u32 ring, u32* held_cells, u32* counters, u32* board, u32 desks) {
    constexpr u32 GROUPS = WARP / WORDS, LONE = (1u << WORDS) - 1;
    const Ingress& in = p.ingress;
    Known table{0, 0, 0};
    if (lane_id() < p.types) table = Known{p.tables[lane_id()].first_slot, p.tables[lane_id()].count, p.tables[lane_id()].mailboxes};
    Worker w = make_worker(p, warp, held_cells, counters);
    const Word* slots = (const Word*)in.slots + (u64)ring * (in.mask + 1) * WORDS;
    u32* saved = (u32*)in.heads + ring * 32;
    u32* taken = (u32*)in.taken + ring * 32;
    u32 head = load_relaxed(saved), rounds = 0, width = 1;
    w.held = hold_cells(p.pool, w.held_cells, 0, lane_id() % WORDS == 0, 2, ingress_reserve(p.pool), warp);
    while (true) {
        // One place while nothing comes, so that a lone message is seen soonest; more at once in a flood.
        Word parts[POLL];
#pragma unroll
        for (u32 k = 0; k < POLL; k++) {
            u32 position = head + k * GROUPS + lane_id() / WORDS;
            parts[k] = Word{position, 0, 0, 0};  // not its number: nothing there
            if (k < width && (width != 1 || lane_id() < WORDS)) parts[k] = load_word_system(slots + (u64)(position & in.mask) * WORDS + lane_id() % WORDS);
        }
        // While the words are on their way. All lanes leave together, or none: one of them could see the flag earlier than another.
        i32 room = (i32)(shuffle(load_block_relaxed(board + BOARD_LIMITS + ring), 0) - head);
        if (width == 1 && any(w.counters[SPILLED * WARP] + w.counters[DEAD_LETTERS * WARP] + w.counters[STARVED * WARP] != 0)) {
            publish_stats(w, warp);
        }
        u32 free = ballot(lane_id() < desks && load_block_relaxed(desk_at(board, lane_id() < desks ? lane_id() : 0)) == DESK_FREE);
        u32 later = free & (ALL_LANES << (ring & 1));
        u32* desk = free == 0 ? nullptr : desk_at(board, lowest(later != 0 ? later : free));
        if (any(load_block(board + BOARD_FLAG) != 0)) break;
        bool more = room > 0;
        if (!more && parts[0].seq == head + lane_id() / WORDS + 1) store_block_relaxed(board + BOARD_ASKED, 1);
        u32 got = 0;
        if (width == 1 && ballot(lane_id() < WORDS && parts[0].seq == head + 1) != LONE) continue;
        // The body stays one, and the words stay in registers: each is picked by a chain of selections.
#pragma unroll 1
        for (u32 k = 0; k < POLL && more; k++) {
            Word part = parts[0];
#pragma unroll
            for (u32 j = 1; j < POLL; j++) {
                if (k == j) part = parts[j];
            }
            u32 at = k * GROUPS + lane_id() / WORDS;
            u32 n = deliver<WORDS>(w, part, part.seq == head + at + 1 && (i32)at < room, width == 1, table, desk);
            got += n;
            more = n == GROUPS;
        }
        width = got == 0 ? 1 : POLL;
        if (got != 0) {
            head += got;
            if (lane_id() == 0) {
                store_relaxed_system(taken, head);
                store_block_relaxed(board + BOARD_HEADS + ring, head);
            }
        }
        if (++rounds >= REPORT_BATCHES && any(w.counters[SPILLED * WARP] + w.counters[DEAD_LETTERS * WARP] + w.counters[STARVED * WARP] != 0)) {
            rounds = 0;
            publish_stats(w, warp);
        }
    }
    if (lane_id() == 0) store_relaxed(saved, head);
    return_cells(w);
    warp_sync();
    publish_stats(w, warp);
}

}  // namespace rk
