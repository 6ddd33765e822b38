// The host's messages to tiles.
//
// Owns: how they lie in the ring of the host and in the place that each tile has for one, and the warp that brings them. Each word has its
// number, as in message.cuh, so a message comes over the bus in one trip, and nobody needs a fence.
#pragma once
#include "pack.cuh"
#include "tile.cuh"

namespace rk {

// A message of the host is words as in message.cuh, each with the message's number among all: of the first the rest is the tile, the tag and
// the question, of the second, if the tag has `TIMED`, the steps that the tile is to have done, and the host's last command before it. In a tile's
// inbox one that is there has another number than the one that was handled last. (It would be overlooked by a tile that had
// handled none of 2^32 messages in between.)
constexpr u32 HEADER_WORDS = 2;

// A word of a message that has come: the number may be seen in one word before it is in the next, which is then on its way.
RK_DEVICE Word arrived(const Word* at, u32 number) {
    while (true) {
        const Word word = load_word(at);
        if (word.seq == number) return word;
    }
}

// The message that a tile handles, once it is laid out for all of its threads.
struct GridPayload {
    const u32* words;
    template <class M> RK_MEMBER M read() const {
        if constexpr (IsEmpty<M>::VALUE) return M{};
        constexpr u32 PARTS = (sizeof(M) + 3) / 4;
        u32 all[PARTS];
        unrolled<PARTS>([&](u32 i) { all[i] = load_block_relaxed(words + i); });
        M m;
        RK_COPY(&m, all, sizeof(M));
        return m;
    }
};
// Asks for a message that the first thread has seen, a word a thread: it comes in one trip, while the tile does something else.
RK_DEVICE Word open_message(const Context& ctx) {
    return thread_index() < ctx.p.mail_bytes / sizeof(Word) ? load_word(ctx.inbox + thread_index()) : Word{0, 0, 0, 0};
}
// Lays it out for all threads. A word that is not there yet has the number of the message before.
RK_DEVICE void lay_out(const Context& ctx, Word word) {
    if (thread_index() < ctx.p.mail_bytes / sizeof(Word)) {
        while (word.seq == ctx.heard) word = load_word(ctx.inbox + thread_index());
        u32* to = ctx.shared + MESSAGE + 3 * thread_index();
        store_block_relaxed(to, word.a);
        store_block_relaxed(to + 1, word.b);
        store_block_relaxed(to + 2, word.c);
        if (thread_index() == 0) store_block_relaxed(ctx.shared + NUMBER, word.seq);
    }
    block_sync();
}

// Words that the warps of control share.
constexpr u32 COMMAND = 0;      // the number of the last command that came, and what it says:
constexpr u32 GOAL = 1;         // two: where tiles are to hold
constexpr u32 AFTER = 3;        // messages that are to be given to tiles before
constexpr u32 HOST_LEAVE = 4;   // `leave` of the host's line
constexpr u32 HOST_TAKEN = 5;   // `taken` of it
constexpr u32 GIVEN = 6;        // messages that were given to tiles
constexpr u32 HANDLED = 7;      // those that tiles have handled
constexpr u32 APPLIED = 8;      // the number of the last command that was done
constexpr u32 ALL_LEFT = 9;     // no tile is there any more

// What is there before the warps begin.
RK_DEVICE u32 first_control_word(const GridParams& p, u32 word) {
    const GridDeviceLine* device = (const GridDeviceLine*)p.device_line;
    if (word == COMMAND || word == APPLIED) return load_relaxed_system(&device->command);
    if (word == GIVEN) return load_relaxed_system(&device->taken);
    if (word == HOST_TAKEN) return load_relaxed(&((const GridControl*)p.control)->host_taken);
    // Nobody knows yet.
    if (word == HANDLED) return load_relaxed_system(&device->taken) - 1;
    return 0;
}

// The lanes that have the words of the host's line; those before have a message's.
constexpr u32 LINE = WARP - 2;

// The warp that looks at the host's memory, and its state.
struct Courier {
    const GridParams& p;
    u32* shared;
    u32 command, taken;
    bool waits;  // the last message had a time, and those after it wait until it is handled

    // A lane has a word, of the host's line or of the next message: all of it comes over the bus in one trip.
    RK_MEMBER Word look() const {
        const u32 lane = lane_id();
        if (lane >= LINE) return load_word_system((const Word*)p.host_line + (lane - LINE));
        const Word* mail = (const Word*)(p.mail + (u64)(taken & p.mail_mask) * p.mail_bytes);
        return lane < p.mail_bytes / sizeof(Word) ? load_word_system(mail + lane) : Word{taken + 1, 0, 0, 0};
    }
    RK_MEMBER void use(const Word& word) {
        const u32 lane = lane_id(), number = shuffle(word.seq, LINE);
        if (lane == LINE + 1) {
            store_block_relaxed(shared + HOST_LEAVE, word.seq);
            store_block_relaxed(shared + HOST_TAKEN, word.a);
        }
        if (number != command) {
            command = number;
            if (lane == LINE) {
                store_block_relaxed(shared + GOAL, word.a);
                store_block_relaxed(shared + GOAL + 1, word.b);
                store_block_relaxed(shared + AFTER, word.c);
                store_block(shared + COMMAND, number);
            }
        }
        if (p.mail_bytes != 0 && !any(lane < LINE && word.seq != taken + 1) && shuffle(word.seq, LINE + 1) == 0) give(word);
    }
    // Gives the next message to its tile if that has handled the one before; else it is looked at again.
    RK_MEMBER void give(const Word& word) {
        const u32 lane = lane_id(), tile = shuffle(word.a, 0u);
        const bool has_time = (shuffle(word.b, 0u) & TIMED) != 0, all_handled = shuffle(load_block(shared + HANDLED), 0u) == taken;
        Word* inbox = (Word*)(p.inboxes + (u64)tile * p.mail_bytes);
        if (waits && !all_handled) return;
        if (has_time) {
            // A tile that has it knows of the steps that the host had asked for before.
            const u32 behind = shuffle(load_block(shared + APPLIED), 0u) - shuffle(word.c, 1u);
            if (!all_handled || (i32)behind < 0) return;
            fence();
        } else if (!all_handled) {
            const GridProgress* progress = (const GridProgress*)p.progress + tile;
            if (any(load_acquire(&progress->heard) != load_word(inbox).seq)) return;
        }
        waits = has_time;
        if (lane < p.mail_bytes / sizeof(Word)) store_word(inbox + lane, word);
        warp_sync();
        taken++;
        if (lane == 0) {
            // A command that comes after it finds the message delivered.
            store_block(shared + GIVEN, taken);
            store_relaxed_system(&((GridDeviceLine*)p.device_line)->taken, taken);
        }
    }
};

// One warp: brings what the host writes, messages to their tiles and commands to control, in order; a tile takes the next message when it
// has handled the one before.
RK_DEVICE void run_courier(const GridParams& p, u32* shared) {
    const GridDeviceLine* device = (const GridDeviceLine*)p.device_line;
    Courier courier{p, shared, load_relaxed_system(&device->command), load_relaxed_system(&device->taken), true};
    // One look after the other: several under way at once make each of them slower, and what all tiles load and store.
    while (!any(load_block_relaxed(shared + ALL_LEFT) != 0)) courier.use(courier.look());
}

}  // namespace rk
