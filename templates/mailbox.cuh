// Mailboxes: how a message gets from any sender to one receiver, in order, without either of them waiting.
//
// One 64-bit word a mailbox, {ticket, count}. A send adds one to both at once. `count` is what was sent since the
// receiver last released, so `base = ticket - count` is the ticket at that moment, and
//   ticket <  base + depth   goes into slot `ticket % depth`, which is free: its last user was released;
//   ticket >= base + depth   is spilled: into a spare cell that joins the mailbox's chain.
// The receiver reads slots base .. base+depth in order of tickets, then the chain in the order in which cells joined
// it. It releases (takes what it consumed off `count`, which moves base) only while nothing was spilled since base, or
// when it has consumed everything: so as long as anything is in the chain, later messages join the chain too, and what
// one sender sent arrives in the order in which it was sent. (Less will not do: a sender that drew a ticket early may join
// the chain late, so the chain's order says nothing of slots.) A receiver that never catches up takes off what it consumed
// of a long chain, but so that more than the depth is left: `count` does not overflow, and the chain goes on. The sender
// that finds count zero has woken the receiver and puts it on its ready queue; otherwise it is there already, or running.
//
// A message is words of 16 bytes, each with the ticket plus one: a reader that sees the number in every word has the
// message, without a fence. The chain is a queue with many producers and one consumer (after Vyukov): exchange the
// tail, then link the predecessor; the receiver keeps the last cell it consumed until its successor is linked.
#pragma once
#include "abi.cuh"
#include "memory.cuh"
#include "queue.cuh"

namespace rk {

// An actor's address: device 12 bits, slot 28, generation 24. The host is device 0xfff.
RK_DEVICE u32 address_slot(u64 address) { return (u32)(address >> 24) & 0xfffffffu; }
RK_DEVICE u32 address_generation(u64 address) { return (u32)address & 0xffffffu; }
RK_DEVICE u32 address_device(u64 address) { return (u32)(address >> 52); }
RK_DEVICE u64 address_of(u32 slot, u32 generation) { return (u64)slot << 24 | generation; }
constexpr u32 HOST_DEVICE = 0xfffu;
// The host as a sender. The low 32 bits name the reply cell of an ask; 0 is nobody.
constexpr u64 HOST_ADDRESS = (u64)HOST_DEVICE << 52;

// Messages that a receiver consumes of one chain before it takes them off the count. The simulator has few suffice.
#ifndef RK_LONG_CHAIN
#define RK_LONG_CHAIN (1u << 30)
#endif

constexpr u64 ONE_MESSAGE = (1ull << 32) | 1;
RK_DEVICE u32 word_ticket(u64 word) { return (u32)(word >> 32); }
RK_DEVICE u32 word_count(u64 word) { return (u32)word; }

// The first word of a message: its sender, its tag and the generation it is meant for.
RK_DEVICE Word header_word(u32 seq, u64 sender, u32 tag, u32 generation) {
    return Word{seq, (u32)sender, (u32)(sender >> 32), generation << 8 | tag};
}
RK_DEVICE u64 header_sender(const Word& w) { return (u64)w.b << 32 | w.a; }
RK_DEVICE u32 header_tag(const Word& w) { return w.c & 0xffu; }
RK_DEVICE u32 header_generation(const Word& w) { return w.c >> 8; }

RK_DEVICE Mailbox* mailbox_of(const Table& t, u32 index) { return (Mailbox*)t.mailboxes + index; }
RK_DEVICE Spill* spill_of(const Table& t, u32 index) { return (Spill*)t.spills + index; }
RK_DEVICE Word* slot_of(const Table& t, u32 index, u32 ticket) {
    u64 slot = (u64)index * (t.depth_mask + 1) + (ticket & t.depth_mask);
    return (Word*)(t.slots + slot * t.slot_bytes);
}
RK_DEVICE Queue ready_queue(const Table& t, u32 index) {
    return queue_at(t.ready_heads, t.ready_entries, index & t.shard_mask, t.ring_mask);
}
RK_DEVICE Queue pool_queue(const Pool& p, u32 cell) { return queue_at(p.heads, p.entries, cell & p.shard_mask, p.ring_mask); }
RK_DEVICE Word* cell_body(const Pool& p, u32 cell) { return (Word*)(p.cells + (u64)cell * p.cell_bytes); }
RK_DEVICE u32* cell_link(const Pool& p, u32 cell) { return (u32*)p.links + cell; }
RK_COLD void pool_free(const Pool& p, u32 cell) { queue_push(pool_queue(p, cell), cell, 0, 0); }

// Joins a cell that holds a whole message to the chain.
RK_COLD void chain_join(const Pool& p, Spill* s, u32 cell) {
    store_relaxed(cell_link(p, cell), 0u);
    u32 before = exchange_acq_rel(&s->tail, cell + 1);
    store_release(before == 0 ? &s->first : cell_link(p, before - 1), cell + 1);
}

// The cell after the last consumed one, plus one; 0 if it is not linked yet.
RK_DEVICE u32 chain_next(const Pool& p, Spill* s, u32 cursor) {
    return load_acquire(cursor == 0 ? &s->first : cell_link(p, cursor - 1));
}

// Empties a chain whose every cell was consumed, and frees the last one. False if a sender joined meanwhile.
RK_COLD bool chain_close(const Pool& p, Spill* s, u32 cursor) {
    store_relaxed(&s->first, 0u);
    fence();
    if (compare_exchange(&s->tail, cursor, 0) != cursor) return false;
    fence();
    pool_free(p, cursor - 1);
    return true;
}

// Where a receiver stands in its mailbox.
struct Place {
    u32 base;
    u32 done;  // consumed since base
};

// Takes what was consumed off the mailbox's count, which was `word` when it was seen last; false if nothing is left in it, and
// then it is the next sender's to wake. Comes after a fence behind the last read. `cursor` is the chain's.
RK_DEVICE bool release(const Pool& pool, Mailbox* mailbox, Spill* spill, Place& at, u32& cursor, u64 word, u32 depth) {
    if (at.done == 0) return true;
#pragma unroll 1
    for (u32 attempt = 0; attempt < 3; attempt++) {
        u32 count = word_count(word), part = at.done;
        if (count > depth) {
            if (at.done == count) {
                // The last cell of a chain stays until its successor is linked; an empty mailbox keeps none.
                if (cursor != 0) {
                    if (!chain_close(pool, spill, cursor)) return true;
                    cursor = 0;
                    store_relaxed(&spill->cursor, 0u);
                    fence();
                }
            } else {
                // The chain goes on: more than the depth stays in the count.
                if (at.done <= depth + RK_LONG_CHAIN) return true;
                part = at.done - depth;
            }
        }
        u64 seen = compare_exchange(&mailbox->word, word, word - part);
        if (seen == word) {
            at.base += part;
            at.done -= part;
            return count != part;
        }
        word = seen;
    }
    return true;
}

}  // namespace rk
