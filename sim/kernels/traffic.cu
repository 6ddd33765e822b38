// Test actors that tell the simulator what they send and handle, so that order, loss and overlap are checked outside.
#include "ringkernel.cuh"

#ifndef MOST_SENDS
#define MOST_SENDS 2
#endif

// Events: what happened, by whom.
constexpr u32 SENT = 1, UNSENT = 2, HANDLED = 3, ENTER = 4, LEFT = 5, TOLD_HOST = 6, REFUSED = 7, FAILING = 8;
constexpr u32 ACTORS = 16;

struct Hop {
    u32 from, seq, ttl, random;
};
struct Number {
    u32 x;
};
struct Peer {
    u32 me, peers, handled, told, fan;
    u32 pad[3];
    u32 sent[ACTORS];
};

RK_DEVICE u32 scramble(u32 x) {
    x ^= x << 13;
    x ^= x >> 17;
    return x ^ x << 5;
}
RK_DEVICE u64 pair(u32 from, u32 to) { return (u64)from << 32 | to; }

// Even actors are of type 0, odd ones of type 1.
RK_DEVICE rk::Status pass_on(Peer& self, u32 to, Hop n, bool trying, rk::Context& ctx) {
    u32 type = to & 1;
    u64 address = rk::nth_actor(ctx, type, to >> 1);
    n.from = self.me;
    n.seq = self.sent[to]++;
    rk::sim_event(SENT, pair(self.me, to), n.seq);
    if (trying) {
        if (!rk::try_tell(ctx, address, type, 0, n)) {
            self.sent[to]--;
            rk::sim_event(REFUSED, pair(self.me, to), n.seq);
        }
        return rk::OK;
    }
    rk::Status status = rk::tell(ctx, address, type, 0, n);
    if (status != rk::OK) rk::sim_event(UNSENT, pair(self.me, to), n.seq);
    return status;
}

RK_DEVICE rk::Status hop(Peer& self, Hop m, rk::Context& ctx) {
    self.handled++;
    rk::sim_event(HANDLED, pair(m.from, self.me), m.seq);
    u32 fan = m.ttl >> 8, ttl = m.ttl & 0xff;
    if (ttl == 0) return rk::OK;
    u32 random = scramble(m.random + self.me * 0x9e3779b9u + 1);
    for (u32 i = 0; i < fan; i++) {
        random = scramble(random);
        // An eighth goes to oneself, an eighth to actor 0 (fan-in), the others anywhere.
        u32 to = (random & 7) == 0 ? self.me : (random & 7) == 1 ? 0 : (random >> 8) % self.peers;
        RK_TRY(pass_on(self, to, Hop{0, 0, fan << 8 | (ttl - 1), random}, (random >> 4 & 7) == 0, ctx));
    }
    return rk::OK;
}

RK_DEVICE rk::Status on_message(Peer& self, u32 tag, const rk::PayloadOf<9>& p, rk::Context& ctx) {
    switch (tag) {
        case 0: return hop(self, p.read<Hop>(), ctx);
        case 1: {
            self.handled++;
            rk::answer(ctx, ctx.reply, p.read<Number>().x * 2 + 1);
            return rk::OK;
        }
        case 2: {
            self.handled++;
            rk::sim_event(FAILING, self.me, 0);
            return rk::fail(ctx, 77, p.read<Number>().x);
        }
        case 3: {
            self.handled++;
            for (u32 i = 0; i < p.read<Number>().x; i++) {
                rk::sim_event(TOLD_HOST, self.me, self.told);
                RK_TRY(rk::host_tell(ctx, 1, Hop{self.me, self.told++, 0, 0}));
            }
            return rk::OK;
        }
        case 4: {
            self.handled++;
            while (true) RK_TRY(rk::safepoint(ctx));
        }
    }
    return rk::fail(ctx, rk::SITE_BAD_TAG, tag);
}

template <u32 T> struct PeerActor {
    using State = Peer;
    static constexpr u32 TYPE = T, SLOT_BYTES = 64, MAX_SENDS = MOST_SENDS;
    static constexpr bool TELLS_HOST = true;
    static constexpr bool IN_REGISTERS = true;
    static __device__ void release(Peer&, rk::Context&) {}
    static __device__ void discard(u32, const rk::PayloadOf<9>&, rk::Context&) {}
    static __device__ u32 words_of(u32 tag) { return tag == 0 ? rk::words_for(sizeof(Hop)) : rk::words_for(sizeof(Number)); }
    static __device__ rk::Status dispatch(Peer& self, u32 tag, const rk::PayloadOf<9>& p, rk::Context& ctx) {
        rk::sim_event(ENTER, self.me, 0);
        rk::Status status = on_message(self, tag, p, ctx);
        rk::sim_event(LEFT, self.me, 0);
        return status;
    }
};
extern "C" __global__ void __launch_bounds__(RK_BLOCK_THREADS, RK_MIN_BLOCKS)
ringkernel_main(const __grid_constant__ rk::Params params) {
    rk::run<PeerActor<0>, PeerActor<1>>(params);
}
