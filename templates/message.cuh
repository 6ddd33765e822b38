// Messages as words: how a device writes what somebody else waits for.
//
// Owns: the words of a message, and those of an answer in its reply cell. Each word carries the sequence number beside
// twelve bytes of data, so whoever sees the number in all of them has the message.
#pragma once
#include "abi.cuh"
#include "memory.cuh"

namespace rk {

// Tags of what actors send to the host beside the user's messages.
constexpr u32 HOST_TAG_FAILURE = 0xff;
constexpr u32 HOST_TAG_TRACE = 0xfe;  // with the trace's number beside it: the host must know how long it is
constexpr u32 HOST_TAG_DEAD_LETTER = 0xfd;

// What a trace is as a message.
template <class A> struct TraceRecord {
    u32 id;
    A args;
};

// How a reply cell was filled.
constexpr u32 REPLY_VALUE = 1, REPLY_FAILED = 2, REPLY_DEAD = 3, REPLY_DROPPED = 4;

// Writes a message of `BYTES` bytes as words with one sequence number.
template <u32 BYTES, bool SYSTEM> RK_DEVICE void write_message(Word* to, Word header, const void* message) {
    constexpr u32 PADDED = (BYTES + 11) / 12 * 3;
    u32 w[PADDED == 0 ? 1 : PADDED];
    if constexpr (PADDED != 0) w[PADDED - 1] = 0;
    if constexpr (PADDED > 1) w[PADDED - 2] = 0;
    if constexpr (PADDED > 2) w[PADDED - 3] = 0;
    if constexpr (BYTES != 0) RK_COPY(w, message, BYTES);
    if constexpr (SYSTEM) store_word_system(to, header); else store_word(to, header);
#pragma unroll
    for (u32 i = 0; i + 2 < PADDED + 2; i += 3) {
        Word word{header.seq, w[i], w[i + 1], w[i + 2]};
        if constexpr (SYSTEM) store_word_system(to + 1 + i / 3, word); else store_word(to + 1 + i / 3, word);
    }
}

// Fills a reply cell. Its number is the sequence number that the asker waits for.
template <u32 BYTES, class P> RK_DEVICE void write_reply(const P& p, u64 reply, u32 outcome, u32 site, const void* value) {
    u32 id = (u32)reply, cell = id & (p.reply_count - 1);
    Word* to = (Word*)(p.replies + (u64)cell * p.reply_bytes);
    write_message<BYTES, true>(to, Word{id, outcome, site, (BYTES + 11) / 12}, value);
}

}  // namespace rk
