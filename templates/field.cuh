// Fields in device memory: handles, and what a closure over cells sees of them.
//
// Owns: where a cell lies, and what lies beyond the edge of the domain. Each field is one array over the domain, x fastest; a
// handle says which, and `swap` exchanges handles. This is one way to keep fields, the one that is right for every program
// and every size: the emitted text names only `Field`, `around`, and the methods of views, so that another way can have the
// same names. That nobody writes what is read here is the business of meetings (tile.cuh).
#pragma once
#include "math.cuh"
#include "pack.cuh"
#include "tile.cuh"

namespace rk {

// How far away a neighbour may be along each axis.
constexpr u32 MAX_OFFSET = 4;

// A member of a tile's state: which of the grid's arrays it is now. `NUMBER` is its place among the fields of the program.
template <class T, u32 D, u32 NUMBER> struct Field {
    u32 array;
};
template <class T, u32 D, u32 A, u32 B> RK_DEVICE void swap(Field<T, D, A>& a, Field<T, D, B>& b) {
    u32 array = a.array;
    a.array = b.array;
    b.array = array;
}

// ---- cells --------------------------------------------------------------------------------------------------------

// Where a closure is.
template <u32 D> struct At {
    u32 cell[D];
    u64 index;
    bool inner;  // all neighbours that can be read are cells
};

// A cell of a domain, by the rules of both sides of an axis; `BORDER` for none.
constexpr u32 FIXED = 0, REFLECT = 1, PERIODIC = 2;
constexpr u32 BORDER = 0xffffffffu;
RK_DEVICE u32 land(i64 index, i64 extent, const u32* sides) {
    while (true) {
        if (index >= 0 && index < extent) return (u32)index;
        const u32 rule = index < 0 ? sides[0] : sides[1];
        if (rule == FIXED) return BORDER;
        if (rule == PERIODIC) {
            index %= extent;
            if (index < 0) index += extent;
        } else {
            // Narrow domains are crossed several times.
            index = index < 0 ? -1 - index : 2 * extent - 1 - index;
        }
    }
}

template <u32 D> RK_DEVICE u64 index_of(const GridParams& p, const u32* cell) {
    u64 index = 0;
#pragma unroll
    for (u32 axis = D; axis-- > 0;) index = index * p.extents[axis] + cell[axis];
    return index;
}

// The cell that is being written, before it is.
template <class T, u32 D> struct Own {
    const T* cells;
    const At<D>& place;
    RK_MEMBER T here() const { return load_cell(cells + place.index); }
    RK_MEMBER Array<u32, D> cell() const { return array_of(place.cell); }
};

// A cell of a field that is read, and its neighbours.
template <class T, u32 D> struct Near {
    const T* cells;
    const T* border;
    const GridParams& p;
    const At<D>& place;
    RK_MEMBER T here() const { return load_cell(cells + place.index); }
    RK_MEMBER T at(i32 x) const {
        const i32 offset[1] = {x};
        return at_offset(offset);
    }
    RK_MEMBER T at(i32 x, i32 y) const {
        const i32 offset[2] = {x, y};
        return at_offset(offset);
    }
    RK_MEMBER T at(i32 x, i32 y, i32 z) const {
        const i32 offset[3] = {x, y, z};
        return at_offset(offset);
    }
    RK_MEMBER T at_offset(const i32 (&offset)[D]) const {
        if (!place.inner) return at_edge(offset);
        i64 distance = 0;
#pragma unroll
        for (u32 axis = D; axis-- > 0;) distance = distance * p.extents[axis] + offset[axis];
        return load_cell(cells + (i64)place.index + distance);
    }
    RK_MEMBER T at_edge(const i32 (&offset)[D]) const {
        u32 cell[D];
        bool beyond = false;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) {
            cell[axis] = land((i64)place.cell[axis] + offset[axis], p.extents[axis], p.sides + 2 * axis);
            beyond |= cell[axis] == BORDER;
        }
        return beyond ? load_cell(border) : load_cell(cells + index_of<D>(p, cell));
    }
    RK_MEMBER Array<u32, D> cell() const { return array_of(place.cell); }
};

template <class T, u32 D, u32 N> RK_DEVICE T* cells_of(const Context& ctx, const Field<T, D, N>& field) {
    return (T*)((const GridArray*)ctx.p.arrays)[field.array].cells;
}
template <class T, u32 D, u32 N> RK_DEVICE Own<T, D> own(const Context& ctx, const Field<T, D, N>& field, const At<D>& at) {
    return Own<T, D>{cells_of(ctx, field), at};
}
template <class T, u32 D, u32 N> RK_DEVICE Near<T, D> near(const Context& ctx, const Field<T, D, N>& field, const At<D>& at) {
    return Near<T, D>{cells_of(ctx, field), (const T*)((const GridArray*)ctx.p.arrays)[field.array].border, ctx.p, at};
}

// How many dimensions the first of some fields has.
template <class... F> struct DimsOf;
template <class T, u32 D, u32 N, class... F> struct DimsOf<Field<T, D, N>&, F...> {
    static constexpr u32 VALUE = D;
};
template <class T, u32 D, u32 N, class... F> struct DimsOf<const Field<T, D, N>&, F...> {
    static constexpr u32 VALUE = D;
};

// A field whose neighbours are read is read where it is, too.
template <u32 EXCHANGE, class F> RK_DEVICE F& around(F& field) { return field; }

// The tile meets its neighbours: what they wrote is there, and they have read what is now overwritten.
template <class O, class S> RK_DEVICE Status exchange(Context& ctx, u32 site, const O&, const S&) { return meet_neighbours(ctx, site); }

// Calls `visit` with each cell of this thread; ends at the first that fails, and notes the cell. Threads side by side have cells
// side by side. Where a thread begins takes divisions; then it goes on by as many cells as there are threads, axis by axis.
template <u32 D, class V> RK_DEVICE Status each_cell(Context& ctx, const V& visit) {
    u32 size[D], at[D], by[D];
    u32 rest = thread_index(), step = RK_BLOCK_THREADS;
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) {
        size[axis] = ctx.tile.to[axis] - ctx.tile.from[axis];
        const bool is_last = axis + 1 == D;
        at[axis] = is_last ? rest : rest % size[axis];
        by[axis] = is_last ? step : step % size[axis];
        rest /= size[axis];
        step /= size[axis];
    }
    ctx.in_closure = true;
    Status status = OK;
    while (at[D - 1] < size[D - 1] && status == OK) {
        At<D> place;
        place.inner = true;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) {
            place.cell[axis] = ctx.tile.from[axis] + at[axis];
            place.inner &= place.cell[axis] >= MAX_OFFSET && place.cell[axis] + MAX_OFFSET < ctx.p.extents[axis];
        }
        place.index = index_of<D>(ctx.p, place.cell);
        status = visit(place);
        if (status == FAILED) note_cell(ctx, place.cell, D);
        u32 carry = 0;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) {
            at[axis] += by[axis] + carry;
            carry = axis + 1 < D && at[axis] >= size[axis] ? 1 : 0;
            if (carry != 0) at[axis] -= size[axis];
        }
    }
    ctx.in_closure = false;
    return status;
}

// All threads have written.
template <class C> RK_DEVICE Status settle(Context& ctx, Status mine) { return agree(ctx, mine); }

template <class T, u32 D, u32 N> RK_DEVICE void write(const Context& ctx, Field<T, D, N>& field, const At<D>& at, const T& value) {
    store_cell(cells_of(ctx, field) + at.index, value);
}

// ---- single cells -------------------------------------------------------------------------------------------------

// A cell of this tile. All threads of the tile ask for the same.
template <class T, u32 D, u32 N> RK_DEVICE T load_single(Context& ctx, const Field<T, D, N>& field, const u32* cell) {
    return load_cell(cells_of(ctx, field) + index_of<D>(ctx.p, cell));
}
// One thread writes; before it all have read, and after it all see it.
template <class T, u32 D, u32 N> RK_DEVICE void store_single(Context& ctx, Field<T, D, N>& field, const u32* cell, const T& value) {
    block_sync();
    if (thread_index() == 0) store_cell(cells_of(ctx, field) + index_of<D>(ctx.p, cell), value);
    block_sync();
}

}  // namespace rk
