// The host's messages to tiles.
//
// Owns: how they lie in the ring of the host and in the place that each tile has for one, and the warp that brings them. Each word has its
// number, as in message.cuh, so a message comes over the bus in one trip, and nobody needs a fence.
#pragma once
#include "pack.cuh"
#include "tile.cuh"

namespace rk {

// A message of the host is words as in message.cuh, each with its number: of the first the rest is the tile, the tag and the question. In
// the ring they have the message's number among all, and in a tile's inbox among those of the tile.

// A word of a message that has come: the number may be seen in one word before it is in the next, which is then on its way.
RK_DEVICE Word arrived(const Word* at, u32 number) {
    while (true) {
        const Word word = load_word(at);
        if (word.seq == number) return word;
    }
}

// The message that a tile handles: words after the first.
struct GridPayload {
    const Word* words;
    u32 number;
    template <class M> RK_MEMBER M read() const {
        // It has no word, and none would come.
        if constexpr (IsEmpty<M>::VALUE) return M{};
        constexpr u32 PARTS = (sizeof(M) + 3) / 4;
        u32 all[PARTS];
        unrolled<(PARTS + 2) / 3>([&](u32 i) {
            const Word word = arrived(words + i, number);
            all[3 * i] = word.a;
            if (3 * i + 1 < PARTS) all[3 * i + 1] = word.b;
            if (3 * i + 2 < PARTS) all[3 * i + 2] = word.c;
        });
        M m;
        RK_COPY(&m, all, sizeof(M));
        return m;
    }
};

// One warp: gives the host's messages to their tiles, in order; a tile takes the next one when it has handled the one before. A lane
// has a word: a message comes over the bus in one trip, and its words need no fence here either.
RK_DEVICE void run_mail(const GridParams& p) {
    GridControl* control = (GridControl*)p.control;
    GridDeviceLine* device = (GridDeviceLine*)p.device_line;
    const u32 lane = lane_id();
    const bool has_word = lane < p.mail_bytes / sizeof(Word);
    u32 taken = load_relaxed_system(&device->taken);
    while (true) {
        const Word* mail = (const Word*)(p.mail + (u64)(taken & p.mail_mask) * p.mail_bytes);
        const u32 left = load_relaxed(&control->left), leave = load_relaxed(&control->leave);
        Word word{taken + 1, 0, 0, 0};
        if (has_word) word = load_word_system(mail + lane);
        if (any(left == p.count)) return;
        if (any(leave != 0 || word.seq != taken + 1)) continue;
        const u32 tile = shuffle(word.a, 0u);
        Word* inbox = (Word*)(p.inboxes + (u64)tile * p.mail_bytes);
        const GridProgress* progress = (const GridProgress*)p.progress + tile;
        const u32 before = load_word(inbox).seq;
        while (any(load_acquire(&progress->heard) != before)) {
            if (any(load_relaxed(&control->left) == p.count)) return;
        }
        if (has_word) store_word(inbox + lane, Word{before + 1, word.a, word.b, word.c});
        warp_sync();
        taken++;
        // A command that the host gives after it has seen this finds the message delivered.
        if (lane == 0) store_release_system(&device->taken, taken);
    }
}

}  // namespace rk
