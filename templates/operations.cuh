// Operations over cells: updates, and single cells for handlers. Reductions are in reduce.cuh.
//
// Owns: nothing of where cells lie. That is one of two ways to keep fields, chosen by whoever compiles: in the registers of the
// threads of a tile (resident.cuh), or in device memory (field.cuh), which is right for every program and size. Both have the
// same names: `Field`, `swap`, `around`, views, `exchange`, `over_cells`, `settle`, `write`, and single cells.
#pragma once
#ifdef RK_RESIDENT
#include "resident.cuh"
#else
#include "field.cuh"
#endif

namespace rk {

// Writes what the closure makes of each cell.
template <u32... I, u32... K, class... O, class... S, class C>
RK_DEVICE Status update(Context& ctx, u32 site, const Leaves<Indices<I...>, O...>& out, const Leaves<Indices<K...>, S...>& in,
                        const C& closure) {
    constexpr u32 D = DimsOf<O...>::VALUE;
    RK_TRY(exchange(ctx, site, out, in));
    typedef typename ResultOf<C, OwnOf<D, O>..., NearOf<D, S>...>::Type R;
    const Status status = over_cells<R, D>(ctx, out, in, closure, [&](const auto& to, const auto& at, const R& value) {
        if constexpr (sizeof...(O) == 1) {
            write(ctx, part<0>(to), at, value);
        } else {
            (write(ctx, part<I>(to), at, component<I>(value)), ...);
        }
    });
    return settle<C>(ctx, status);
}

// ---- single cells -------------------------------------------------------------------------------------------------

template <class T> RK_DEVICE T plus(const T& a, const T& b) { return wrapping_add(a, b); }
RK_DEVICE f32 plus(f32 a, f32 b) { return a + b; }
RK_DEVICE f64 plus(f64 a, f64 b) { return a + b; }

// Whether a cell is this tile's; notes it if not.
template <u32 D> RK_DEVICE bool is_own(Context& ctx, const u32* cell) {
    bool own = true;
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) own &= cell[axis] >= ctx.tile.from[axis] && cell[axis] < ctx.tile.to[axis];
    if (!own) note_cell(ctx, cell, D);
    return own;
}
template <class T, u32 D, u32 N, class A>
RK_DEVICE Status get_cell(Context& ctx, u32 site, const Field<T, D, N>& field, const A& cell, T& value) {
    RK_CHECK(is_own<D>(ctx, cell.data), ctx, site, 0);
    value = load_single(ctx, field, cell.data);
    return OK;
}
template <class T, u32 D, u32 N, class A>
RK_DEVICE Status set_cell(Context& ctx, u32 site, Field<T, D, N>& field, const A& cell, const T& value) {
    RK_CHECK(is_own<D>(ctx, cell.data), ctx, site, 0);
    store_single(ctx, field, cell.data, value);
    return OK;
}
template <class T, u32 D, u32 N, class A>
RK_DEVICE Status add_to_cell(Context& ctx, u32 site, Field<T, D, N>& field, const A& cell, const T& value) {
    T old;
    RK_TRY(get_cell(ctx, site, field, cell, old));
    return set_cell(ctx, site, field, cell, plus(old, value));
}
template <class T, u32 D, u32 N, class A>
RK_DEVICE Status add_to_cell_checked(Context& ctx, u32 site, u32 overflow, Field<T, D, N>& field, const A& cell, const T& value) {
    T old;
    RK_TRY(get_cell(ctx, site, field, cell, old));
    RK_CHECK(can_add(old, value), ctx, overflow, 0);
    return set_cell(ctx, site, field, cell, plus(old, value));
}

}  // namespace rk
