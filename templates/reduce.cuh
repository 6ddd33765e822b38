// Reductions: one value of all cells of the domain, the same to the last bit however it is cut into tiles.
//
// Owns: the order of the operations, which is that of lang/field/reduce.rs on the CPU. Cells are grouped in bricks of 512,
// aligned to the first cell; in a brick the last axis is folded in ascending order (in 1-D there is none to fold), then y and
// then x by trees that join neighbours first. 256 lanes fold every 256th brick, and a tree joins the lanes.
#pragma once
#include "operations.cuh"

namespace rk {

constexpr u32 LANES = 256;

// Extents of a brick.
template <u32 D> RK_DEVICE u32 brick(u32 axis) { return D == 1 ? 512 : D == 3 ? 8 : axis == 0 ? 32 : 16; }

// Joins so many values by a tree: 0 and 1, 2 and 3, then those, and so on; what is left over waits for its turn.
template <class R, class G, class J> RK_DEVICE Status tree(u32 count, R& result, const G& get, const J& join) {
    R open[10];
    u32 depth = 0;
    for (u32 i = 0; i < count; i++) {
        R value;
        RK_TRY(get(i, value));
        for (u32 whole = i + 1; (whole & 1) == 0; whole >>= 1) {
            const R left = open[--depth], right = value;
            RK_TRY(call(join, value, left, right));
        }
        open[depth++] = value;
    }
    while (depth > 1) {
        depth--;
        const R left = open[depth - 1], right = open[depth];
        RK_TRY(call(join, open[depth - 1], left, right));
    }
    result = open[0];
    return OK;
}

// The value of one brick that begins at `first`.
template <u32 D, class R, class J> RK_DEVICE Status join_brick(const Context& ctx, const u32* first, R& result, const J& join) {
    const R* values = (const R*)ctx.p.cell_values;
    u32 size[3] = {1, 1, 1};
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) {
        const u32 rest = ctx.p.extents[axis] - first[axis];
        size[axis] = rest < brick<D>(axis) ? rest : brick<D>(axis);
    }
    const u32 deep = D == 1 ? 1 : size[D - 1];
    // The cells along the last axis.
    const auto column = [&](u32 x, u32 y, R& value) -> Status {
        u32 cell[3] = {first[0] + x, 0, 0};
        if constexpr (D == 3) cell[1] = first[1] + y;
        for (u32 k = 0; k < deep; k++) {
            if constexpr (D > 1) cell[D - 1] = first[D - 1] + k;
            const R next = load_cell(values + index_of<D>(ctx.p, cell));
            if (k == 0) {
                value = next;
            } else {
                const R before = value;
                RK_TRY(call(join, value, before, next));
            }
        }
        return OK;
    };
    return tree(size[0], result, [&](u32 x, R& value) -> Status {
        if constexpr (D == 3) {
            return tree(size[1], value, [&](u32 y, R& inner) -> Status { return column(x, y, inner); }, join);
        } else {
            return column(x, 0, value);
        }
    }, join);
}

// Joins the values that all tiles have written for their cells.
template <u32 D, class R, class J> RK_DEVICE Status join_all(Context& ctx, u32 site, R& result, const J& join) {
    R* bricks = (R*)ctx.p.brick_values;
    R* lanes = (R*)ctx.p.lane_values + (u64)ctx.index * LANES;
    RK_TRY(meet_all(ctx, site));
    u32 along[3] = {1, 1, 1};
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) along[axis] = (ctx.p.extents[axis] + brick<D>(axis) - 1) / brick<D>(axis);
    const u64 count = (u64)along[0] * along[1] * along[2];
    Status status = OK;
    for (u64 k = (u64)thread_index() * ctx.p.count + ctx.index; k < count && status == OK; k += (u64)RK_BLOCK_THREADS * ctx.p.count) {
        u32 first[D];
        u64 rest = k;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) {
            first[axis] = (u32)(rest % along[axis]) * brick<D>(axis);
            rest /= along[axis];
        }
        R value;
        status = join_brick<D>(ctx, first, value, join);
        if (status == OK) store_cell(bricks + k, value);
    }
    RK_TRY(agree(ctx, status));
    RK_TRY(meet_all(ctx, site));
    // Every tile joins all bricks for itself.
    const u32 used = count < LANES ? (u32)count : LANES;
    for (u32 lane = thread_index(); lane < used && status == OK; lane += RK_BLOCK_THREADS) {
        R value = load_cell(bricks + lane);
        for (u64 k = lane + LANES; k < count && status == OK; k += LANES) {
            const R before = value, next = load_cell(bricks + k);
            status = call(join, value, before, next);
        }
        store_cell(lanes + lane, value);
    }
    RK_TRY(agree(ctx, status));
    status = tree(used, result, [&](u32 lane, R& value) -> Status {
        value = load_cell(lanes + lane);
        return OK;
    }, join);
    return agree(ctx, status);
}

template <u32... K, class... S, class C, class R, class J>
RK_DEVICE Status reduce(Context& ctx, u32 site, R& result, const Leaves<Indices<K...>, S...>& in, const C& closure, const J& join) {
    constexpr u32 D = DimsOf<S...>::VALUE;
    RK_TRY(exchange(ctx, site, Pack<>{}, in));
    const Status status = each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        R value;
        RK_TRY(call(closure, value, near(ctx, part<K>(in), at)...));
        store_cell((R*)ctx.p.cell_values + at.index, value);
        return OK;
    });
    RK_TRY(agree(ctx, status));
    return join_all<D>(ctx, site, result, join);
}

template <class R, class S, class C> RK_DEVICE Status sum(Context& ctx, u32 site, R& result, const S& in, const C& closure) {
    return reduce(ctx, site, result, in, closure, [](const R& a, const R& b) -> R { return plus(a, b); });
}
template <class R, class S, class C> RK_DEVICE Status sum_checked(Context& ctx, u32 site, u32 overflow, R& result, const S& in, const C& closure) {
    const auto join = [&](R& sum, const R& a, const R& b) -> Status {
        RK_CHECK(can_add(a, b), ctx, overflow, 0);
        sum = plus(a, b);
        return OK;
    };
    return reduce(ctx, site, result, in, closure, fallible<R>(join));
}
template <class R, class S, class C> RK_DEVICE Status minimum(Context& ctx, u32 site, R& result, const S& in, const C& closure) {
    return reduce(ctx, site, result, in, closure, [](const R& a, const R& b) -> R { return min(a, b); });
}
template <class R, class S, class C> RK_DEVICE Status maximum(Context& ctx, u32 site, R& result, const S& in, const C& closure) {
    return reduce(ctx, site, result, in, closure, [](const R& a, const R& b) -> R { return max(a, b); });
}

}  // namespace rk
