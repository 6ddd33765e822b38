// Reductions: one value of all cells of the domain, the same to the last bit however it is cut into tiles.
//
// Owns: the order of the operations, which is that of lang/field/reduce.rs on the CPU. Cells are grouped in bricks of 512,
// aligned to the first cell; in a brick the last axis is folded in ascending order (in 1-D there is none to fold), then y and
// then x by trees that join neighbours first. 256 lanes fold every 256th brick, and a tree joins the lanes. A warp joins a brick, and
// 32 of the 256 lanes.
#pragma once
#include "groups.cuh"
#include "operations.cuh"

namespace rk {

constexpr u32 LANES = 256;
constexpr u32 BLOCK_WARPS = RK_BLOCK_THREADS / WARP;

// Extents of a brick.
template <u32 D> RK_DEVICE u32 brick(u32 axis) { return D == 1 ? 512 : D == 3 ? 8 : axis == 0 ? 32 : 16; }

// The value of the lane that is so many above this one.
template <class R> RK_DEVICE R from_above(const R& mine, u32 by) {
    constexpr u32 WORDS = (sizeof(R) + 3) / 4;
    u32 words[WORDS] = {};
    RK_COPY(words, &mine, sizeof(R));
    unrolled<WORDS>([&](u32 w) { words[w] = shuffle_down(words[w], by); });
    R other;
    RK_COPY(&other, words, sizeof(R));
    return other;
}

// The value of the warp's first lane.
template <class R> RK_DEVICE R from_first(const R& mine) {
    constexpr u32 WORDS = (sizeof(R) + 3) / 4;
    u32 words[WORDS] = {};
    RK_COPY(words, &mine, sizeof(R));
    unrolled<WORDS>([&](u32 w) { words[w] = shuffle(words[w], 0u); });
    R other;
    RK_COPY(&other, words, sizeof(R));
    return other;
}

// Joins the values of `count` lanes, at most SPAN, that are STRIDE apart: 0 and 1, 2 and 3, then those, and so on; what is left over waits
// for its turn. All lanes of a warp call it; `at` is a lane's place, and who has none is beyond `count`. The value is then that of place 0.
template <u32 SPAN, u32 STRIDE, class R, class J> RK_DEVICE void join_lanes(u32 at, u32 count, R& value, Status& status, const J& join) {
#pragma unroll
    for (u32 by = 1; by < SPAN; by <<= 1) {
        const R above = from_above(value, by * STRIDE);
        if (status == OK && at % (2 * by) == 0 && at + by < count) {
            const R before = value;
            status = call(join, value, before, above);
        }
    }
}

// The value of one brick that begins at `first`: in the first lane of the warp that calls it.
template <u32 D, class R, class J> RK_DEVICE R join_brick(const Context& ctx, const u32* first, Status& status, const J& join) {
    const R* values = (const R*)ctx.p.cell_values;
    const u32 lane = lane_id();
    u32 size[3] = {1, 1, 1};
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) {
        const u32 rest = ctx.p.extents[axis] - first[axis];
        size[axis] = rest < brick<D>(axis) ? rest : brick<D>(axis);
    }
    R value{};
    if constexpr (D == 1) {
        R own{};
        for (u32 round = 0; round * WARP < size[0]; round++) {
            const u32 x = round * WARP + lane, count = size[0] - round * WARP;
            if (x < size[0]) value = load_cell(values + first[0] + x);
            join_lanes<WARP, 1>(lane, count, value, status, join);
            // It comes to the lane of the round.
            const R joined = from_first(value);
            if (lane == round) own = joined;
        }
        value = own;
        join_lanes<16, 1>(lane, (size[0] + WARP - 1) / WARP, value, status, join);
    } else {
        // The cells along the last axis.
        const auto column = [&](u32 x, u32 y, R& value) {
            if (x >= size[0] || (D == 3 && y >= size[1])) return;
            u32 cell[3] = {first[0] + x, D == 3 ? first[1] + y : first[1], D == 3 ? first[2] : 0};
            const R* at = values + index_of<D>(ctx.p, cell);
            const u64 step = D == 3 ? (u64)ctx.p.extents[0] * ctx.p.extents[1] : ctx.p.extents[0];
            constexpr u32 DEEP = D == 3 ? 8 : 16;
            R all[DEEP];
            unrolled<DEEP>([&](u32 k) {
                if (k < size[D - 1]) all[k] = load_cell(at + k * step);
            });
            value = all[0];
            unrolled<DEEP>([&](u32 k) {
                if (k == 0 || k >= size[D - 1] || status != OK) return;
                const R before = value;
                status = call(join, value, before, all[k]);
            });
        };
        if constexpr (D == 2) {
            column(lane, 0, value);
            join_lanes<WARP, 1>(lane, size[0], value, status, join);
        } else {
            // Two columns a lane, neighbours along y.
            const u32 x = lane / 4, y = lane % 4 * 2;
            R next{};
            column(x, y, value);
            column(x, y + 1, next);
            if (status == OK && x < size[0] && y + 1 < size[1]) {
                const R before = value;
                status = call(join, value, before, next);
            }
            join_lanes<4, 1>(x < size[0] ? lane % 4 : WARP, (size[1] + 1) / 2, value, status, join);
            join_lanes<8, 4>(lane % 4 == 0 ? x : WARP, size[0], value, status, join);
        }
    }
    return value;
}

// Joins the values that all tiles have written for their cells.
template <u32 D, class R, class J> RK_DEVICE Status join_all(Context& ctx, u32 site, R& result, const J& join) {
    R* bricks = (R*)ctx.p.brick_values;
    R* groups = (R*)ctx.p.lane_values + (u64)ctx.index * LANES;
    RK_TRY(meet_all(ctx, site));
    u32 along[3] = {1, 1, 1};
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) along[axis] = (ctx.p.extents[axis] + brick<D>(axis) - 1) / brick<D>(axis);
    const u64 count = (u64)along[0] * along[1] * along[2];
    const u32 warp = thread_index() / WARP, lane = lane_id();
    Status status = OK;
    for (u64 k = (u64)warp * ctx.p.count + ctx.index; k < count; k += (u64)BLOCK_WARPS * ctx.p.count) {
        u32 first[D];
        u64 rest = k;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) {
            first[axis] = (u32)(rest % along[axis]) * brick<D>(axis);
            rest /= along[axis];
        }
        const R value = join_brick<D, R>(ctx, first, status, join);
        if (lane == 0 && status == OK) store_cell(bricks + k, value);
    }
    RK_TRY(agree(ctx, status));
    RK_TRY(meet_all(ctx, site));
    // Every tile joins all bricks for itself.
    const u32 used = count < LANES ? (u32)count : LANES;
    for (u32 group = warp; group * WARP < used; group += BLOCK_WARPS) {
        const u32 mine = group * WARP + lane;
        R value{};
        if (mine < used) value = load_cell(bricks + mine);
        for (u64 k = mine + LANES; k < count && status == OK; k += LANES) {
            const R before = value, next = load_cell(bricks + k);
            status = call(join, value, before, next);
        }
        join_lanes<WARP, 1>(lane, used - group * WARP, value, status, join);
        if (lane == 0) store_cell(groups + group, value);
    }
    RK_TRY(agree(ctx, status));
    // And every thread what its warps have.
    constexpr u32 GROUPS = LANES / WARP;
    R all[GROUPS];
    unrolled<GROUPS>([&](u32 k) {
        if (k * WARP < used) all[k] = load_cell(groups + k);
    });
    unrolled<3>([&](u32 level) {
        unrolled<GROUPS>([&](u32 k) {
            const u32 by = 1u << level;
            if (k % (2 * by) != 0 || (k + by) * WARP >= used || k + by >= GROUPS || status != OK) return;
            const R before = all[k];
            status = call(join, all[k], before, all[(k + by) % GROUPS]);
        });
    });
    result = all[0];
    return agree(ctx, status);
}

template <u32... K, class... S, class C, class R, class J>
RK_DEVICE Status reduce(Context& ctx, u32 site, R& result, const Leaves<Indices<K...>, S...>& in, const C& closure, const J& join) {
    constexpr u32 D = DimsOf<S...>::VALUE;
    RK_TRY(exchange(ctx, site, Pack<>{}, in));
    R* values = in_device_memory((R*)ctx.p.cell_values);
    const auto write = [&](const auto&, const auto& at, const R& value) { store_cell(cell_at(values, at), value); };
    const Status status = over_cells<R, D>(ctx, Pack<>{}, in, closure, write);
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
