// What a tile says to the host.
//
// Owns: answers. All threads of a tile run a handler side by side, so one of them speaks.
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

}  // namespace rk
