// The host's messages to tiles.
//
// Owns: how they lie in the ring of the host and in the place that each tile has for one, and the warp that brings them. Each word has its
// number, as in message.cuh, so a message comes over the bus in one trip, and nobody needs a fence.
#pragma once
#include "pack.cuh"
#include "tile.cuh"

namespace rk {

// A message of the host is words as in message.cuh, each with the message's number among all: of the first the rest is the tile, the tag and
// the question; of the second, if the tag has `TIMED`, the steps that the tile is to have done, and the host's last command before it, and else how
// often the host had written in the grid's memory before it. In a tile's inbox one that is there has another number than the one that was
// handled last. (It would be overlooked by a tile that had handled none of 2^32 messages in between.)
constexpr u32 HEADER_WORDS = 2;
static_assert(MOST_MAIL_WORDS <= WARP, "a warp looks at a message at once");

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
// Asks for what the first warp of a tile finds in its inbox: a word a lane, in one trip.
RK_DEVICE Word open_message(const Context& ctx) {
    return lane_id() < ctx.p.mail_bytes / sizeof(Word) ? load_word_acquire(ctx.inbox + lane_id()) : Word{0, 0, 0, 0};
}
// Whether all words of a message are there: one is seen before the next, which is then on its way.
RK_DEVICE bool has_arrived(const Context& ctx, const Word& word, u32 number) {
    return !any(lane_id() < ctx.p.mail_bytes / sizeof(Word) && word.seq != number);
}
// Lays it out for all threads, which find it after a barrier.
RK_DEVICE void lay_out(const Context& ctx, const Word& word) {
    if (lane_id() >= ctx.p.mail_bytes / sizeof(Word)) return;
    u32* to = ctx.shared + MESSAGE + 3 * lane_id();
    store_block_relaxed(to, word.a);
    store_block_relaxed(to + 1, word.b);
    store_block_relaxed(to + 2, word.c);
    if (lane_id() == 0) store_block_relaxed(ctx.shared + NUMBER, word.seq);
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
constexpr u32 HOST_WRITTEN = 10;  // `written` of the host's line
constexpr u32 ROOM = 11;          // so many steps beyond the last command's goal the courier may let tiles go on by itself
constexpr u32 LET = 12;           // the number of the last command that it has done that for

// What is there before the warps begin.
RK_DEVICE u32 first_control_word(const GridParams& p, u32 word) {
    const GridDeviceLine* device = (const GridDeviceLine*)p.device_line;
    if (word == COMMAND || word == APPLIED || word == LET) return load_relaxed_system(&device->command);
    if (word == GIVEN) return load_relaxed_system(&device->taken);
    if (word == HOST_TAKEN) return load_relaxed(&((const GridControl*)p.control)->host_taken);
    if (word == HOST_WRITTEN) return load_relaxed_system(&device->written);
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
    u64 goal;    // of the last command
    bool waits;  // the last message had a time, and those after it wait until it is handled
    u32 last;    // whose it was, if that is known

    RK_MEMBER const GridProgress* progress() const { return (const GridProgress*)p.progress; }
    // A lane has a word, of the host's line or of the next message: all of it comes over the bus in one trip.
    RK_MEMBER Word look() const {
        const u32 lane = lane_id();
        if (lane >= LINE) return load_word_system((const Word*)p.host_line + (lane - LINE));
        const Word* mail = (const Word*)(p.mail + (u64)(taken & p.mail_mask) * p.mail_bytes);
        return lane < p.mail_bytes / sizeof(Word) ? load_word_system(mail + lane) : Word{taken + 1, 0, 0, 0};
    }
    // Whether the last message is handled, which control may not have seen yet.
    RK_MEMBER bool last_is_handled() const { return last != p.count && load_acquire(&progress()[last].heard) == taken; }
    RK_MEMBER void use(const Word& word, bool was_handled) {
        const u32 lane = lane_id(), number = shuffle(word.seq, LINE), leave = shuffle(word.seq, LINE + 1);
        if (lane == LINE + 1) {
            store_block_relaxed(shared + HOST_LEAVE, word.seq);
            store_block_relaxed(shared + HOST_TAKEN, word.a);
            store_block_relaxed(shared + HOST_WRITTEN, word.b);
        }
        // The message first: the command may be waiting for it.
        const bool gives = p.mail_bytes != 0 && leave == 0 && !any(lane < LINE && word.seq != taken + 1) && give(word, was_handled);
        if (number != command) obey(word, number, leave == 0);
        // What goes over the bus last: a fence waits for it.
        if (gives && lane == 0) store_relaxed_system(&((GridDeviceLine*)p.device_line)->taken, taken);
    }
    // Hands a command to control; and where tiles wait for it, and all is done that it is to come after, lets them go on at once.
    RK_MEMBER void obey(const Word& word, u32 number, bool stays) {
        const u32 written = shuffle(word.b, LINE + 1), after = shuffle(word.c, LINE);
        const u64 wants = (u64)shuffle(word.b, LINE) << 32 | shuffle(word.a, LINE);
        if (lane_id() == 0) {
            const bool is_next = load_block(shared + APPLIED) == command && (i32)(taken - after) >= 0;
            if (is_next && stays && wants > goal && wants - goal <= load_block_relaxed(shared + ROOM)) {
                GridControl* control = (GridControl*)p.control;
                fence();
                store_word((Word*)control->go, Word{(u32)wants, (u32)(wants >> 32), written, taken});
                store_relaxed(&control->target, wants);
                store_block_relaxed(shared + LET, number);
            }
            store_block_relaxed(shared + GOAL, (u32)wants);
            store_block_relaxed(shared + GOAL + 1, (u32)(wants >> 32));
            store_block_relaxed(shared + AFTER, after);
            store_block(shared + COMMAND, number);
        }
        command = number;
        goal = wants;
    }
    // Gives the next message to its tile if that has handled the one before; else it is looked at again.
    RK_MEMBER bool give(const Word& word, bool was_handled) {
        const u32 lane = lane_id(), tile = shuffle(word.a, 0u);
        const bool has_time = (shuffle(word.b, 0u) & TIMED) != 0, knows = shuffle(load_block(shared + HANDLED), 0u) == taken;
        const bool all_handled = knows || (waits && was_handled);
        Word* inbox = (Word*)(p.inboxes + (u64)tile * p.mail_bytes);
        if (waits && !all_handled) return false;
        if (has_time) {
            // A tile that has it knows of the steps that the host had asked for before.
            const u32 behind = shuffle(load_block(shared + APPLIED), 0u) - shuffle(word.c, 1u);
            if (!all_handled || (i32)behind < 0) return false;
            fence();
        } else if (!all_handled) {
            if (any(load_acquire(&progress()[tile].heard) != load_word(inbox).seq)) return false;
        }
        waits = has_time;
        last = tile;
        if (lane < p.mail_bytes / sizeof(Word)) store_word(inbox + lane, word);
        warp_sync();
        taken++;
        // A command that comes after it finds the message delivered.
        if (lane == 0) store_block(shared + GIVEN, taken);
        return true;
    }
};

// One warp: brings what the host writes, messages to their tiles and commands to control, in order; a tile takes the next message when it
// has handled the one before.
RK_DEVICE void run_courier(const GridParams& p, u32* shared) {
    const GridDeviceLine* device = (const GridDeviceLine*)p.device_line;
    const u32 command = load_relaxed_system(&device->command), taken = load_relaxed_system(&device->taken);
    Courier courier{p, shared, command, taken, load_relaxed(&((const GridControl*)p.control)->goal), true, p.count};
    // One look after the other: several under way at once make each of them slower, and what all tiles load and store.
    while (!any(load_block_relaxed(shared + ALL_LEFT) != 0)) {
        const Word word = courier.look();
        // Meanwhile.
        const bool was_handled = courier.waits && any(lane_id() == 0 && courier.last_is_handled());
        courier.use(word, was_handled);
    }
}

}  // namespace rk
