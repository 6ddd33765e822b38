// A bounded queue that many warps push to and pop from; nobody waits in it.
//
// Owns: ready queues and free lists. A position is taken by adding to `tail`, then filled with a word whose sequence
// number is the position plus one. A popping warp reads the words first, counts how many at the front are filled, and
// only then claims exactly those by moving `head`: an entry that is claimed is always there, so no lane waits for
// another. The owner makes the ring as large as all that can ever be in it, so it cannot overflow.
// Who pops entries as a warp has acquired what their pushers did before a fence; a push itself publishes nothing.
#pragma once
#include "abi.cuh"
#include "memory.cuh"

namespace rk {

// A view of one ring: its head and tail, and its words.
struct Queue {
    QueueHead* head;
    Word* entries;
    u32 mask;
};

RK_DEVICE Queue queue_at(u64 heads, u64 entries, u32 shard, u32 ring_mask) {
    return Queue{(QueueHead*)heads + shard, (Word*)entries + (u64)shard * (ring_mask + 1), ring_mask};
}

// Entries that are there or about to be.
RK_DEVICE u32 queue_length(const Queue& q, u32& head) {
    u64 both = load_relaxed((const u64*)&q.head->head);
    head = (u32)both;
    return (u32)(both >> 32) - (u32)both;
}

RK_DEVICE void queue_fill(const Queue& q, u32 position, u32 a, u32 b, u32 c) {
    store_word(&q.entries[position & q.mask], Word{position + 1, a, b, c});
}

// One lane pushes one entry.
RK_DEVICE void queue_push(const Queue& q, u32 a, u32 b, u32 c) { queue_fill(q, fetch_add(&q.head->tail, 1), a, b, c); }

// The lanes for which `mine` holds push one entry each, with one addition for all. Called by the whole warp.
RK_DEVICE void queue_push_warp(const Queue& q, bool mine, u32 a, u32 b, u32 c) {
    u32 pushing = ballot(mine);
    if (pushing == 0) return;
    u32 leader = lowest(pushing), start = 0;
    if (lane_id() == leader) start = fetch_add(&q.head->tail, popcount(pushing));
    start = shuffle(start, leader);
    if (mine) queue_fill(q, start + popcount(pushing & lanes_below()), a, b, c);
}

// Takes up to `wanted` entries, one a lane from lane 0 on; returns how many. Called by the whole warp with equal
// arguments; `head` and `length` come from `queue_length`.
RK_DEVICE u32 queue_pop_warp(const Queue& q, u32 head, u32 length, u32 wanted, Word& entry) {
    u32 limit = length < wanted ? length : wanted;
    u32 position = head + lane_id();
    bool filled = false;
    if (lane_id() < limit) {
        entry = load_word_acquire(&q.entries[position & q.mask]);
        filled = entry.seq == position + 1;
    }
    u32 count = lowest(~ballot(filled));
    if (count == 0) return 0;
    u32 seen = 0;
    if (lane_id() == 0) seen = compare_exchange(&q.head->head, head, head + count);
    return shuffle(seen, 0) == head ? count : 0;
}

// One lane takes one entry; false if none is there after a few tries against other lanes.
RK_DEVICE bool queue_pop_one(const Queue& q, u32& a) {
    for (u32 attempt = 0; attempt < 4; attempt++) {
        u32 head;
        if (queue_length(q, head) == 0) return false;
        Word entry = load_word(&q.entries[head & q.mask]);
        if (entry.seq != head + 1) return false;
        if (compare_exchange(&q.head->head, head, head + 1) == head) {
            a = entry.a;
            return true;
        }
    }
    return false;
}

}  // namespace rk
