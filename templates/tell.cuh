// What a tile says to the host.
//
// Owns: answers, messages and traces. All threads of a tile run a step or a handler side by side, so one of them speaks; in a closure
// over cells each has a cell of its own, and speaks for that. A message takes a place in a ring of the host's memory. Where that is
// full, the tile waits: a thread of the host empties it all the time, and fails the grid if an inbox is full.
#pragma once
#include "message.cuh"
#include "tile.cuh"

namespace rk {

template <class T> RK_DEVICE void answer(Context& ctx, u64 reply, const T& value) {
    if ((u32)reply != 0 && thread_index() == 0) write_reply<sizeof(T)>(ctx.p, reply, REPLY_VALUE, 0, &value);
}
RK_DEVICE void answer_unit(Context& ctx, u64 reply) {
    if ((u32)reply != 0 && thread_index() == 0) write_reply<0>(ctx.p, reply, REPLY_VALUE, 0, &reply);
}
// A question that was let go. When a tile fails, the host tells all who wait.
RK_DEVICE void drop_reply(Context& ctx, u64 reply) {
    if ((u32)reply != 0 && thread_index() == 0 && ctx.failed_site == NO_SITE) {
        write_reply<0>(ctx.p, reply, REPLY_DROPPED, 0, &reply);
    }
}

template <class M> RK_DEVICE Status say(Context& ctx, u32 tag, const M& m) {
    Status status = OK;
    if (ctx.in_closure || thread_index() == 0) {
        GridControl* control = control_of(ctx);
        const u32 ticket = fetch_add(&control->told, 1);
        while (ticket - load_relaxed(&control->host_taken) > ctx.p.outbox_mask && status == OK) {
            if (load_relaxed(&control->failed) != 0) status = KILLED;
        }
        Word* to = (Word*)(ctx.p.outbox + (u64)(ticket & ctx.p.outbox_mask) * ctx.p.outbox_bytes);
        if (status == OK) write_message<sizeof(M), true>(to, Word{ticket + 1, ctx.index, 0, tag}, &m);
    }
    return ctx.in_closure ? status : agree(ctx, status);
}
// `site` is where the tile fails if the inbox is full.
template <class M> RK_DEVICE Status host_tell(Context& ctx, u32 site, u32 host_tag, const M& m) {
    return say(ctx, (host_tag & 0xff) | site << 8, m);
}
template <class A> RK_DEVICE Status trace(Context& ctx, u32 trace_id, const A& args) {
    return say(ctx, HOST_TAG_TRACE | trace_id << 8, TraceRecord<A>{trace_id, args});
}

}  // namespace rk
