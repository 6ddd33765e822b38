// The simulator's half of atomics.cuh: the same functions, each a switch point of the scheduler.
//
// Block scope is taken as gpu scope, which is stronger; sequential consistency is a fence before the operation, as on
// the device.
#pragma once
#include "memory.cuh"

namespace rk {

enum Order { Relaxed, Acquire, Release, AcqRel, SeqCst };
enum Scope { Block, Device, System };

RK_CONSTANT u32 sim_order(Order order) {
    return order == Relaxed ? RK_SIM_RELAXED : order == Acquire ? RK_SIM_ACQUIRE : order == Release ? RK_SIM_RELEASE : RK_SIM_ACQ_REL;
}
RK_CONSTANT u32 sim_scope(Scope scope) { return scope == System ? RK_SIM_SYSTEM : RK_SIM_GPU; }

template <Order ORDER, Scope SCOPE> RK_DEVICE void atomic_fence(RK_SIM_HERE) { rk_sim_calls->fence(sim_scope(SCOPE), line, file); }

#define RK_SIM_ATOMIC(NAME, KIND, TYPE)                                                                                \
    template <Order ORDER, Scope SCOPE> RK_DEVICE TYPE NAME(TYPE* p, TYPE v, RK_SIM_HERE) {                            \
        if constexpr (ORDER == SeqCst) atomic_fence<SeqCst, SCOPE>(line, file);                                        \
        return sim_access<TYPE>(KIND, sim_order(ORDER), sim_scope(SCOPE), p, v, TYPE{}, line, file);                   \
    }
// `LEAST` and `MOST` differ for signed numbers.
#define RK_SIM_ATOMICS(TYPE, LEAST, MOST)                                                                              \
    RK_SIM_ATOMIC(atomic_fetch_add, RK_SIM_KIND_ADD, TYPE)                                                             \
    RK_SIM_ATOMIC(atomic_swap, RK_SIM_KIND_EXCHANGE, TYPE)                                                             \
    RK_SIM_ATOMIC(atomic_fetch_and, RK_SIM_KIND_AND, TYPE)                                                             \
    RK_SIM_ATOMIC(atomic_fetch_or, RK_SIM_KIND_OR, TYPE)                                                               \
    RK_SIM_ATOMIC(atomic_fetch_xor, RK_SIM_KIND_XOR, TYPE)                                                             \
    RK_SIM_ATOMIC(atomic_fetch_min, LEAST, TYPE)                                                                       \
    RK_SIM_ATOMIC(atomic_fetch_max, MOST, TYPE)                                                                        \
    template <Order ORDER, Scope SCOPE> RK_DEVICE TYPE atomic_fetch_sub(TYPE* p, TYPE v, RK_SIM_HERE) {                \
        return atomic_fetch_add<ORDER, SCOPE>(p, (TYPE)(0ull - (u64)v), line, file);                                   \
    }                                                                                                                  \
    template <Order ORDER, Scope SCOPE>                                                                                \
    RK_DEVICE TYPE atomic_compare_exchange(TYPE* p, TYPE expected, TYPE desired, RK_SIM_HERE) {                        \
        if constexpr (ORDER == SeqCst) atomic_fence<SeqCst, SCOPE>(line, file);                                        \
        return sim_access<TYPE>(RK_SIM_KIND_COMPARE, sim_order(ORDER), sim_scope(SCOPE), p, expected, desired, line, file); \
    }                                                                                                                  \
    template <Order ORDER, Scope SCOPE> RK_DEVICE TYPE atomic_load(const TYPE* p, RK_SIM_HERE) {                       \
        if constexpr (ORDER == SeqCst) atomic_fence<SeqCst, SCOPE>(line, file);                                        \
        constexpr u32 HOW = ORDER == Relaxed ? RK_SIM_RELAXED : RK_SIM_ACQUIRE;                                        \
        return sim_access<TYPE>(RK_SIM_KIND_LOAD, HOW, sim_scope(SCOPE), p, TYPE{}, TYPE{}, line, file);               \
    }                                                                                                                  \
    template <Order ORDER, Scope SCOPE> RK_DEVICE void atomic_store(TYPE* p, TYPE v, RK_SIM_HERE) {                    \
        if constexpr (ORDER == SeqCst) atomic_fence<SeqCst, SCOPE>(line, file);                                        \
        constexpr u32 HOW = ORDER == Relaxed ? RK_SIM_RELAXED : RK_SIM_RELEASE;                                        \
        sim_access<TYPE>(RK_SIM_KIND_STORE, HOW, sim_scope(SCOPE), p, v, TYPE{}, line, file);                          \
    }
RK_SIM_ATOMICS(u32, RK_SIM_KIND_MIN, RK_SIM_KIND_MAX)
RK_SIM_ATOMICS(u64, RK_SIM_KIND_MIN, RK_SIM_KIND_MAX)
RK_SIM_ATOMICS(i32, RK_SIM_KIND_SIGNED_MIN, RK_SIM_KIND_SIGNED_MAX)
RK_SIM_ATOMICS(i64, RK_SIM_KIND_SIGNED_MIN, RK_SIM_KIND_SIGNED_MAX)

}  // namespace rk
