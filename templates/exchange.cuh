// Faces between tiles: words of sixteen bytes that carry the number of their exchange, so that nothing else is waited for.
//
// Owns: the lay-out of a published field in shared memory, and how words travel. Which word of which tile goes where is in
// lists that the host makes, one entry a word: corners, edges of the domain and all their rules are there, and the device
// knows nothing of them. A word goes straight into the inbox of the tile that reads it. An inbox has two halves, used in turn:
// who sends exchange n + 2 has received n + 1, which its neighbour sent after it had received n. (That takes words in both
// directions; where there are none, the host puts an empty one.)
#pragma once
#include "mail.cuh"
#include "math.cuh"
#include "pack.cuh"
#include "tile.cuh"

#ifndef RK_THREADS_X
// A shape for no program, so that this compiles alone.
#define RK_THREADS_X RK_BLOCK_THREADS
#define RK_THREADS_Y 1
#define RK_THREADS_Z 1
#define RK_CELLS_X 1
#define RK_CELLS_Y 1
#define RK_CELLS_Z 1
#define RK_LOW_X 0
#define RK_LOW_Y 0
#define RK_LOW_Z 0
#define RK_HIGH_X 0
#define RK_HIGH_Y 0
#define RK_HIGH_Z 0
#define RK_EXACT true
#define RK_BORDER false
#define RK_PUBLISHED 1
#define RK_OFFSETS 0
#define RK_FIELDS 0xffffffff
#define RK_ASIDE 0
#define RK_ASIDES 0
#define RK_LISTS_IN_SHARED false
#define RK_LISTS 0
#define RK_HEARS_IN_MEMORY false
#endif

namespace rk {

// The tile's shape: threads along each axis, cells of a thread, how far neighbours are read below and above.
constexpr u32 THREADS_X = RK_THREADS_X, THREADS_Y = RK_THREADS_Y, THREADS_Z = RK_THREADS_Z;
constexpr u32 CELLS_X = RK_CELLS_X, CELLS_Y = RK_CELLS_Y, CELLS_Z = RK_CELLS_Z;
constexpr u32 OWN_CELLS = CELLS_X * CELLS_Y * CELLS_Z;
constexpr u32 LOW_X = RK_LOW_X, LOW_Y = RK_LOW_Y, LOW_Z = RK_LOW_Z;
constexpr u32 HIGH_X = RK_HIGH_X, HIGH_Y = RK_HIGH_Y, HIGH_Z = RK_HIGH_Z;
static_assert(THREADS_X * THREADS_Y * THREADS_Z == RK_BLOCK_THREADS, "each thread has a place in the tile");
// All tiles have as many cells as their threads together.
constexpr bool EXACT = RK_EXACT;
// Some side of the domain is fixed: then a published field has its border value at one more place.
constexpr bool HAS_BORDER = RK_BORDER;
// How many buffers a published field has: with two, nobody has to wait until all have read the last one.
constexpr u32 PUBLISHED = RK_PUBLISHED;

// A published field: x fastest. Rows have an odd pitch, so that columns go to all banks.
constexpr u32 PITCH = (LOW_X + THREADS_X * CELLS_X + HIGH_X) | 1;
constexpr u32 PLANE = PITCH * (LOW_Y + THREADS_Y * CELLS_Y + HIGH_Y);
constexpr u32 BORDER_PLACE = PLANE * (LOW_Z + THREADS_Z * CELLS_Z + HIGH_Z);
RK_DEVICE u32 place_of(u32 x, u32 y, u32 z) { return (z + LOW_Z) * PLANE + (y + LOW_Y) * PITCH + x + LOW_X; }

// Handlers find fields in device memory: where a thread has many cells in registers, and a way around the step that changes them would
// make the compiler keep them elsewhere.
constexpr bool HEARS_IN_MEMORY = RK_HEARS_IN_MEMORY;
// Entries are in the arena, too.
constexpr bool LISTS_IN_SHARED = RK_LISTS_IN_SHARED;

// Of each exchange: where its buffers and its lists begin in the arena, and how many words a thread sends and receives at most.
template <u32 E> struct Lists {
    static constexpr u32 OFFSETS[] = {RK_OFFSETS};
    static constexpr u32 ALL_LISTS[] = {RK_LISTS};
    static constexpr u32 ALL_SENDS[] = {RK_SENDS};
    static constexpr u32 ALL_RECEIVES[] = {RK_RECEIVES};
    static constexpr u32 OFFSET = OFFSETS[E], SENDS = ALL_SENDS[E], RECEIVES = ALL_RECEIVES[E];
    RK_MEMBER static u64* sends() { return (u64*)(arena() + ALL_LISTS[E]) + thread_index(); }
    RK_MEMBER static u32* receives() { return (u32*)(arena() + ALL_LISTS[E] + 8 * SENDS * RK_BLOCK_THREADS) + thread_index(); }
};
template <u32 E, class T> RK_DEVICE T* published(const Context&, u32 parity) {
    constexpr u32 BYTES = (u32)((BORDER_PLACE + 1) * sizeof(T) + 15) / 16 * 16;
    return (T*)(arena() + Lists<E>::OFFSET + (PUBLISHED == 2 ? parity * BYTES : 0));
}

// Of each field: where its cells are in the arena, laid out as a published field's; or that they are in registers.
template <u32 NUMBER> struct Shared {
    static constexpr u32 OFFSETS[] = {RK_FIELDS};
    static constexpr u32 OFFSET = OFFSETS[NUMBER];
    static constexpr bool HAS = OFFSET != 0xffffffffu;
};

// How many of a thread's cells of a field in registers are not there, but aside: in shared memory, at places that nobody else
// has; and where those of each field begin. (What the compiler spills goes through the cache, which shared memory leaves little of.)
constexpr u32 ASIDE = RK_ASIDE, KEPT_CELLS = OWN_CELLS - ASIDE;
static_assert(ASIDE < OWN_CELLS, "some cells are in registers");
template <u32 NUMBER, class T> RK_DEVICE T* aside(u32 n) {
    constexpr u32 OFFSETS[] = {RK_ASIDES};
    return (T*)(arena() + OFFSETS[NUMBER]) + (n - KEPT_CELLS) * RK_BLOCK_THREADS + thread_index();
}

// Which half of the inbox an exchange uses next.
template <u32 E> RK_DEVICE u32 parity(const Context& ctx) { return ctx.parities >> E & 1; }
template <u32 E> RK_DEVICE void count(Context& ctx) { ctx.parities ^= 1u << E; }

// An entry: a place in a published field, along which axis its word's cells lie (3: all the same), how many cells, and which part of
// a cell that takes several words.
constexpr u32 NO_WORD = 0xffffffffu;
RK_DEVICE Entry unpack(u32 packed) {
    const u32 axis = packed >> 20 & 3;
    return Entry{packed, packed & 0xfffff, axis == 0 ? 1 : axis == 1 ? PITCH : axis == 2 ? PLANE : 0, packed >> 22 & 15, packed >> 26};
}

// How a cell lies in words.
template <class T> struct Packing {
    static constexpr u32 BYTES = sizeof(T);
    static constexpr u32 CELLS = BYTES > 12 ? 1 : 12 / BYTES;
    static constexpr u32 WORDS = (BYTES + 11) / 12;  // of one cell
};
template <class T> RK_DEVICE Word gather(const T* cells, const Entry& entry, u32 sequence) {
    u32 said[3] = {0, 0, 0};
    if constexpr (Packing<T>::WORDS == 1) {
#pragma unroll
        for (u32 c = 0; c < Packing<T>::CELLS; c++) {
            // Without a branch: loads of several words are then on their way together.
            const T cell = load_cell(cells + entry.place + (c < entry.count ? c * entry.stride : 0));
            if constexpr (sizeof(T) == 1 || sizeof(T) == 2) {
                u32 bits = 0;
                RK_COPY(&bits, &cell, sizeof(T));
                said[c * sizeof(T) / 4] |= bits << (c * sizeof(T) % 4 * 8);
            } else {
                RK_COPY((u8*)said + c * sizeof(T), &cell, sizeof(T));
            }
        }
    } else {
        static_assert(sizeof(T) % 4 == 0 && alignof(T) >= 4, "cells of several words");
        const u32* from = (const u32*)(cells + entry.place) + 3 * entry.part;
        const u32 rest = sizeof(T) / 4 - 3 * entry.part;
        if (entry.count != 0) {
            said[0] = load_cell(from);
            if (rest > 1) said[1] = load_cell(from + 1);
            if (rest > 2) said[2] = load_cell(from + 2);
        }
    }
    return Word{sequence, said[0], said[1], said[2]};
}
template <class T> RK_DEVICE void scatter(T* cells, const Entry& entry, const Word& word) {
    const u32 said[3] = {word.a, word.b, word.c};
    if constexpr (Packing<T>::WORDS == 1) {
#pragma unroll
        for (u32 c = 0; c < Packing<T>::CELLS; c++) {
            if (c >= entry.count) continue;
            T cell;
            if constexpr (sizeof(T) == 1 || sizeof(T) == 2) {
                const u32 bits = said[c * sizeof(T) / 4] >> (c * sizeof(T) % 4 * 8);
                RK_COPY(&cell, &bits, sizeof(T));
            } else {
                RK_COPY(&cell, (const u8*)said + c * sizeof(T), sizeof(T));
            }
            store_cell(cells + entry.place + c * entry.stride, cell);
        }
    } else {
        u32* to = (u32*)(cells + entry.place) + 3 * entry.part;
        const u32 rest = sizeof(T) / 4 - 3 * entry.part;
        if (entry.count != 0) {
            store_cell(to, said[0]);
            if (rest > 1) store_cell(to + 1, said[1]);
            if (rest > 2) store_cell(to + 2, said[2]);
        }
    }
}

// The words of one exchange that this thread sends and receives. Entries are kept in registers, or in shared memory, or else fetched
// while the tile publishes.
template <u32 E, class T> struct Faces {
    static constexpr u32 SENDS = Lists<E>::SENDS, RECEIVES = Lists<E>::RECEIVES;
    static constexpr u32 HELD_SENDS = LISTS_IN_SHARED ? 1 : SENDS, HELD_RECEIVES = LISTS_IN_SHARED ? 1 : RECEIVES;
    Entry sends[HELD_SENDS];
    u32 to[HELD_SENDS];  // words in all inboxes
    Entry receives[HELD_RECEIVES];

    RK_MEMBER void begin(const Context& ctx) {
        if constexpr (KEEPS_LISTS) {
            unrolled<HELD_SENDS>([&](u32 k) { sends[k] = ctx.sends[k], to[k] = ctx.to[k]; });
            unrolled<HELD_RECEIVES>([&](u32 k) { receives[k] = ctx.receives[k]; });
        } else if constexpr (!LISTS_IN_SHARED) {
            fetch(
                ctx, [&](u32 k, u64 entry) { sends[k] = unpack((u32)entry), to[k] = (u32)(entry >> 32); },
                [&](u32 k, u32 entry) { receives[k] = unpack(entry); });
        }
    }
    template <class S, class R> RK_MEMBER static void fetch(const Context& ctx, const S& put_send, const R& put_receive) {
        const GridExchange& exchange = ctx.p.exchanges[E];
        const u64* out = (const u64*)exchange.sends + (u64)ctx.index * SENDS * RK_BLOCK_THREADS + thread_index();
        const u32* in = (const u32*)exchange.receives + (u64)ctx.index * RECEIVES * RK_BLOCK_THREADS + thread_index();
        unrolled<SENDS>([&](u32 k) { put_send(k, load_cell(out + k * RK_BLOCK_THREADS)); });
        unrolled<RECEIVES>([&](u32 k) { put_receive(k, load_cell(in + k * RK_BLOCK_THREADS)); });
    }
    RK_MEMBER Entry to_receive(u32 k) const {
        if constexpr (LISTS_IN_SHARED) return unpack(load_cell(Lists<E>::receives() + k * RK_BLOCK_THREADS));
        else return receives[k];
    }
    RK_MEMBER static Word* half(const Context& ctx) {
        const GridExchange& exchange = ctx.p.exchanges[E];
        return (Word*)exchange.inbox + (u64)parity<E>(ctx) * ctx.p.count * RECEIVES * RK_BLOCK_THREADS;
    }
    RK_MEMBER void send(const Context& ctx, const T* cells) const {
        Word* inboxes = half(ctx);
        u32 target[SENDS];
        Word words[SENDS];
        unrolled<SENDS>([&](u32 k) {
            if constexpr (LISTS_IN_SHARED) {
                const u64 entry = load_cell(Lists<E>::sends() + k * RK_BLOCK_THREADS);
                target[k] = (u32)(entry >> 32);
                words[k] = gather(cells, unpack((u32)entry), ctx.sequence);
            } else {
                target[k] = to[k];
                words[k] = gather(cells, sends[k], ctx.sequence);
            }
        });
        unrolled<SENDS>([&](u32 k) {
            if (target[k] != NO_WORD) store_word(inboxes + target[k], words[k]);
        });
    }
    // Asks for all words together, so that a late one costs one trip and not one a word. The loads have no condition: a branch around
    // them would keep the values of both ways alive.
    RK_MEMBER Status receive(Context& ctx, u32 site, T* cells) const {
        const Word* inbox = half(ctx) + (u64)ctx.index * RECEIVES * RK_BLOCK_THREADS + thread_index();
        Word words[RECEIVES];
        // Which of them there are.
        u32 there = 0;
        unrolled<RECEIVES>([&](u32 k) { there |= (to_receive(k).packed != NO_WORD ? 1u : 0u) << k % 32; });
        Status status = OK;
        bool all;
        // Who has waited in vain does not wait again.
        u32 tries = ctx.waited != OK ? 255 : 0;
        do {
            all = true;
            unrolled<RECEIVES>([&](u32 k) { words[k] = load_word(inbox + k * RK_BLOCK_THREADS); });
            unrolled<RECEIVES>([&](u32 k) {
                const bool is_there = RECEIVES <= 32 ? (there >> k % 32 & 1) != 0 : to_receive(k).packed != NO_WORD;
                all &= words[k].seq == ctx.sequence || !is_there;
            });
            if (!all && (++tries & 255) == 0) {
                status = ctx.waited != OK ? ctx.waited : still_waiting(ctx.p, ctx.index, ctx.sequence + ctx.meetings, site);
            }
        } while (!all && status == OK);
        if (status != OK) return status;
        unrolled<RECEIVES>([&](u32 k) {
            const Entry entry = to_receive(k);
            if (entry.packed != NO_WORD) scatter(cells, entry, words[k]);
        });
        return OK;
    }
};

// Keeps the entries of the only exchange in registers, or those of all in shared memory, where each thread has its own.
template <u32 E> RK_DEVICE void keep_list(const Context& ctx) {
    typedef Lists<E> L;
    Faces<E, u32>::fetch(
        ctx, [](u32 k, u64 entry) { store_cell(L::sends() + k * RK_BLOCK_THREADS, entry); },
        [](u32 k, u32 entry) { store_cell(L::receives() + k * RK_BLOCK_THREADS, entry); });
}
template <u32... E> RK_DEVICE void keep_each(const Context& ctx, Indices<E...>) { (keep_list<E>(ctx), ...); }
RK_DEVICE void keep_lists(Context& ctx) {
    if constexpr (KEEPS_LISTS) {
        Faces<0, u32>::fetch(
            ctx, [&](u32 k, u64 entry) { ctx.sends[k] = unpack((u32)entry), ctx.to[k] = (u32)(entry >> 32); },
            [&](u32 k, u32 entry) { ctx.receives[k] = unpack(entry); });
    } else if constexpr (LISTS_IN_SHARED) {
        constexpr u32 OFFSETS[] = {RK_LISTS};
        keep_each(ctx, typename IndicesTo<sizeof(OFFSETS) / sizeof(u32)>::Type{});
    }
}

// ---- what the host wants ------------------------------------------------------------------------------------------

// Whether a message is laid out where it is seen, and not asked for once more: registers that it takes meanwhile are not to be missed.
constexpr bool OPENS = !HEARS_IN_MEMORY;

// What the first thread of a tile has asked for; nobody else has.
struct Look {
    u64 target;
    u32 mail;
};
RK_DEVICE Look begin_look(const Context& ctx) {
    // Nothing new.
    Look look{ctx.target, ctx.heard};
    if (!BLIND && thread_index() == 0) {
        // The second look at a new target: what is then seen of the mail is as new.
        look.target = ctx.was_new ? load_acquire(&control_of(ctx)->target) : load_relaxed(&control_of(ctx)->target);
        if (ctx.inbox != nullptr) look.mail = load_word(ctx.inbox).seq;
    }
    return look;
}
// Lays out the message that the first lane has seen. Called by all lanes of a tile's first warp; whether it is due at the end of this step, and does
// not wait for its own.
RK_DEVICE bool open_seen(const Context& ctx, u32 seen) {
    const u32 number = shuffle(seen, 0u);
    Word word = open_message(ctx);
    while (!has_arrived(ctx, word, number)) word = open_message(ctx);
    lay_out(ctx, word);
    const u64 step = (u64)shuffle(word.b, 1u) << 32 | shuffle(word.a, 1u);
    if ((shuffle(word.b, 0u) & TIMED) == 0 || ctx.step + 1 >= step) return true;
    if (thread_index() != 0) return false;
    store_block_relaxed(ctx.shared + EARLY, number);
    share(ctx, EARLY_STEP, step);
    if (step < shared_value(ctx, CAP)) share(ctx, CAP, step);
    return false;
}
// The barrier after which all threads have what the tile was sent, and know of it if something else is to do. There is nothing to return:
// a branch here would keep alive what fields had before the operation and what they have after it.
RK_DEVICE void end_look(Context& ctx, Look look, Status mine) {
    bool news = mine != OK;
    if (mine == FAILED) compare_exchange_block(ctx.shared + CLAIMED, 0, thread_index() + 1);
    if (mine != OK) store_block_relaxed(ctx.shared + WAITED, mine);
    const bool first = thread_index() == 0;
    // A message that was not handled, and does not wait for its step.
    bool has_mail = first && ctx.inbox != nullptr && look.mail != ctx.heard && look.mail != load_block_relaxed(ctx.shared + EARLY);
    news |= has_mail;
    if (OPENS && !BLIND && thread_index() < WARP && any(has_mail)) has_mail = open_seen(ctx, look.mail);
    if (first) {
        // Of a target that only grows, and is never 2^32 steps ahead of what is known, half is enough. A message that was delivered
        // before is heard before what a new one allows, so that one counts when it is seen again.
        const bool is_new = (u32)look.target != ctx.target;
        const bool counts = is_new && (ctx.inbox == nullptr || ctx.was_new);
        ctx.was_new = is_new && !counts;
        news |= counts;
        if (news) {
            if (counts) share(ctx, TARGET, look.target);
            store_block_relaxed(ctx.shared + MAIL, has_mail);
        }
    }
    ctx.looked = true;
    if (!block_sync_or(news)) return;
    const u32 left = ctx.left;
    count_steps(ctx);
    if (ctx.held != 0) ctx.left = left;
    ctx.has_mail = load_block_relaxed(ctx.shared + MAIL) != 0;
    ctx.waited = load_block_relaxed(ctx.shared + WAITED);
}

}  // namespace rk
