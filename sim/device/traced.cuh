// What handlers call, once more: with the place of the call, and told to whoever compares it with the native handler.
//
// Included after the templates and before the program, whose calls the macros at the end turn to these functions. A report
// then names the user's line for an operation inside a template, and a run can be recorded (src/record.rs). No operation of
// the run is added or left out.
#pragma once
#include "ringkernel.cuh"

namespace rk {

struct SimCaller {
    SimCaller(unsigned line, const char* file) { rk_sim_calls->caller(line, file); }
    ~SimCaller() { rk_sim_calls->caller(0, nullptr); }
};

// Kinds, in the order of src/record.rs.
constexpr u32 SIM_TELL = 0, SIM_TRY_TELL = 1, SIM_TRY_TELL_FULL = 2, SIM_TELL_HOST = 3, SIM_TRACE = 4;

template <class M> RK_DEVICE Status sim_tell(Context& ctx, u64 to, u32 type, u32 tag, const M& m, RK_SIM_HERE) {
    SimCaller here(line, file);
    rk_sim_calls->did(SIM_TELL, to, tag, &m, sizeof(M));
    return tell(ctx, to, type, tag, m);
}
template <class M> RK_DEVICE bool sim_try_tell(Context& ctx, u64 to, u32 type, u32 tag, const M& m, RK_SIM_HERE) {
    SimCaller here(line, file);
    bool sent = try_tell(ctx, to, type, tag, m);
    rk_sim_calls->did(sent ? SIM_TRY_TELL : SIM_TRY_TELL_FULL, to, tag, &m, sizeof(M));
    return sent;
}
template <class M> RK_DEVICE TryTell<M> sim_try_tell_back(Context& ctx, u64 to, u32 type, u32 tag, const M& m, RK_SIM_HERE) {
    SimCaller here(line, file);
    TryTell<M> back = try_tell_back(ctx, to, type, tag, m);
    rk_sim_calls->did(back.tag == 0 ? SIM_TRY_TELL : SIM_TRY_TELL_FULL, to, tag, &m, sizeof(M));
    return back;
}
template <class M> RK_DEVICE Status sim_host_tell(Context& ctx, u32 host_tag, const M& m, RK_SIM_HERE) {
    SimCaller here(line, file);
    rk_sim_calls->did(SIM_TELL_HOST, 0, host_tag & 0xff, &m, sizeof(M));
    return host_tell(ctx, host_tag, m);
}
template <class A> RK_DEVICE Status sim_trace(Context& ctx, u32 id, const A& args, RK_SIM_HERE) {
    SimCaller here(line, file);
    rk_sim_calls->did(SIM_TRACE, 0, id, &args, sizeof(A));
    return trace(ctx, id, args);
}
// Answers are seen as what is stored into reply cells.
template <class T> RK_DEVICE void sim_answer(Context& ctx, u64 reply, const T& value, RK_SIM_HERE) {
    SimCaller here(line, file);
    answer(ctx, reply, value);
}
RK_DEVICE void sim_answer_unit(Context& ctx, u64 reply, RK_SIM_HERE) {
    SimCaller here(line, file);
    answer_unit(ctx, reply);
}
template <class T> RK_DEVICE void sim_assign(Context& ctx, T& place, const T& value, RK_SIM_HERE) {
    SimCaller here(line, file);
    assign(ctx, place, value);
}
RK_DEVICE Status sim_safepoint(Context& ctx, RK_SIM_HERE) {
    SimCaller here(line, file);
    return safepoint(ctx);
}

// An actor whose handlers are seen to begin and end.
template <class A> struct Traced : A {
    template <class P>
    static Status dispatch(typename A::State& self, u32 tag, const P& payload, Context& ctx) {
        rk_sim_calls->enter(A::TYPE, tag, ctx.me, ctx.sender, ctx.reply, payload.w, sizeof(payload.w), &self, sizeof(self));
        Status status = A::dispatch(self, tag, payload, ctx);
        rk_sim_calls->leave(status, ctx.failed_site, &self, sizeof(self));
        return status;
    }
};
template <class... A> RK_DEVICE void sim_run(const Params& p) { run<Traced<A>...>(p); }

}  // namespace rk

#define tell sim_tell
#define try_tell sim_try_tell
#define try_tell_back sim_try_tell_back
#define host_tell sim_host_tell
#define trace sim_trace
#define answer sim_answer
#define answer_unit sim_answer_unit
#define assign sim_assign
#define safepoint sim_safepoint
#define run sim_run
