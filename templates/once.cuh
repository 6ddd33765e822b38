// Atomics of a tile's own: what all of its threads do side by side is done once.
//
// Owns: `once`. In a closure over cells each thread is at a cell of its own, and an operation is of that cell; elsewhere the first thread
// does it, and all hear what it gave.
#pragma once
#include "atomics.cuh"
#include "tile.cuh"

namespace rk {

// What the tile's other threads did before is before an operation that releases it.
template <class T, class F> RK_DEVICE T once(Context& ctx, bool releases, const F& operation) {
    if (ctx.in_closure) return operation();
    constexpr u32 WORDS = sizeof(T) / 4;
    u32* said = ctx.shared + ONCE + 2 * (ctx.agreements++ & 1);
    u32 words[WORDS];
    T value;
    if (releases) block_sync();
    if (thread_index() == 0) {
        value = operation();
        RK_COPY(words, &value, sizeof(T));
        for (u32 i = 0; i < WORDS; i++) store_block_relaxed(said + i, words[i]);
    }
    block_sync();
    for (u32 i = 0; i < WORDS; i++) words[i] = load_block_relaxed(said + i);
    RK_COPY(&value, words, sizeof(T));
    return value;
}

namespace tile {

template <class T> struct Just {
    typedef T Type;
};
template <Order ORDER, Scope SCOPE> RK_DEVICE void atomic_fence(const Context& ctx) {
    if (!ctx.in_closure) block_sync();
    rk::atomic_fence<ORDER, SCOPE>();
    if (!ctx.in_closure) block_sync();
}
template <Order ORDER, Scope SCOPE, class T> RK_DEVICE T atomic_load(Context& ctx, const T* p) {
    return once<T>(ctx, ORDER == SeqCst, [&] { return rk::atomic_load<ORDER, SCOPE>(p); });
}
template <Order ORDER, Scope SCOPE, class T> RK_DEVICE void atomic_store(Context& ctx, T* p, typename Just<T>::Type value) {
    if (ORDER != Relaxed && !ctx.in_closure) block_sync();
    if (ctx.in_closure || thread_index() == 0) rk::atomic_store<ORDER, SCOPE>(p, value);
}
template <Order ORDER, Scope SCOPE, class T>
RK_DEVICE T atomic_compare_exchange(Context& ctx, T* p, typename Just<T>::Type expected, typename Just<T>::Type desired) {
    return once<T>(ctx, ORDER != Relaxed, [&] { return rk::atomic_compare_exchange<ORDER, SCOPE>(p, expected, desired); });
}
#define RK_ONCE(NAME)                                                                                                  \
    template <Order ORDER, Scope SCOPE, class T> RK_DEVICE T NAME(Context& ctx, T* p, typename Just<T>::Type value) {  \
        return once<T>(ctx, ORDER != Relaxed, [&] { return rk::NAME<ORDER, SCOPE>(p, value); });                       \
    }
RK_ONCE(atomic_swap)
RK_ONCE(atomic_fetch_add)
RK_ONCE(atomic_fetch_sub)
RK_ONCE(atomic_fetch_min)
RK_ONCE(atomic_fetch_max)
RK_ONCE(atomic_fetch_and)
RK_ONCE(atomic_fetch_or)
RK_ONCE(atomic_fetch_xor)
#undef RK_ONCE

}  // namespace tile

}  // namespace rk
