// Fields in device memory: handles, and what a closure over cells sees of them.
//
// Owns: where a cell lies, and what lies beyond the edge of the domain. Each field is one array over the domain, x fastest; a
// handle says which, and `swap` exchanges handles. This is one way to keep fields, the one that is right for every program
// and every size: the emitted text names only `Field`, `fields`, and the methods of views, so that another way can have the
// same names. That nobody writes what is read here is the business of meetings (tile.cuh).
#pragma once
#include "math.cuh"
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

// ---- several things as one ----------------------------------------------------------------------------------------

template <u32... I> struct Indices {};
template <u32 N, u32... I> struct IndicesTo : IndicesTo<N - 1, N - 1, I...> {};
template <u32... I> struct IndicesTo<0, I...> {
    typedef Indices<I...> Type;
};
template <u32 I, class T> struct Leaf {
    T value;
};
template <class I, class... T> struct Leaves;
template <u32... I, class... T> struct Leaves<Indices<I...>, T...> : Leaf<I, T>... {};
template <class... T> using Pack = Leaves<typename IndicesTo<sizeof...(T)>::Type, T...>;
template <u32 I, class T> RK_DEVICE T& part(Leaf<I, T>& of) { return of.value; }
template <u32 I, class T> RK_DEVICE const T& part(const Leaf<I, T>& of) { return of.value; }

// The fields of one side of an operation.
template <class... F> RK_DEVICE Pack<F...> fields(const F&... f) { return Pack<F...>{{f}...}; }

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
    RK_MEMBER Array<u32, D> cell() const {
        Array<u32, D> made;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) made.data[axis] = place.cell[axis];
        return made;
    }
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
    RK_MEMBER Array<u32, D> cell() const {
        Array<u32, D> made;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) made.data[axis] = place.cell[axis];
        return made;
    }
};

template <class T> RK_DEVICE T plus(const T& a, const T& b) { return wrapping_add(a, b); }
RK_DEVICE f32 plus(f32 a, f32 b) { return a + b; }
RK_DEVICE f64 plus(f64 a, f64 b) { return a + b; }

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
template <class T, u32 D, u32 N, class... F> struct DimsOf<Field<T, D, N>, F...> {
    static constexpr u32 VALUE = D;
};

// Calls `visit` with each cell of this thread; ends at the first that fails, and notes the cell.
template <u32 D, class V> RK_DEVICE Status each_cell(Context& ctx, const V& visit) {
    u64 count = 1;
    u32 size[D];
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) count *= size[axis] = ctx.tile.to[axis] - ctx.tile.from[axis];
    ctx.in_closure = true;
    Status status = OK;
    for (u64 k = thread_index(); k < count && status == OK; k += RK_BLOCK_THREADS) {
        At<D> at;
        at.inner = true;
        u64 rest = k;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) {
            at.cell[axis] = ctx.tile.from[axis] + (u32)(rest % size[axis]);
            rest /= size[axis];
            at.inner &= at.cell[axis] >= MAX_OFFSET && at.cell[axis] + MAX_OFFSET < ctx.p.extents[axis];
        }
        at.index = index_of<D>(ctx.p, at.cell);
        status = visit(at);
        if (status == FAILED) note_cell(ctx, at.cell, D);
    }
    ctx.in_closure = false;
    return status;
}

// ---- closures -----------------------------------------------------------------------------------------------------

// A closure that can fail: it returns a status, and its result through a reference.
template <class R, class F> struct Fallible {
    const F& closure;
};
template <class R, class F> RK_DEVICE Fallible<R, F> fallible(const F& closure) { return Fallible<R, F>{closure}; }

template <class F, class R, class... V> RK_DEVICE Status call(const F& closure, R& result, V&&... views) {
    result = closure(views...);
    return OK;
}
template <class F, class R, class... V> RK_DEVICE Status call(const Fallible<R, F>& fallible, R& result, V&&... views) {
    return fallible.closure(result, views...);
}

// ---- updates ------------------------------------------------------------------------------------------------------

// What an update of several fields gives: one value for each, in a struct.
template <class T, u32 D, u32 N> RK_DEVICE void write(Context& ctx, const Field<T, D, N>& field, u64 index, const T& value) {
    store_cell(cells_of(ctx, field) + index, value);
}
template <class A, class V> RK_DEVICE void write_all(Context& ctx, const Pack<A>& out, u64 index, const V& value) {
    write(ctx, part<0>(out), index, value);
}
#define RK_WRITE_ALL(CLASSES, NAMES, WRITES)                                                                           \
    template <CLASSES, class V> RK_DEVICE void write_all(Context& ctx, const Pack<NAMES>& out, u64 index, const V& value) { WRITES }
#define RK_WRITE(I) write(ctx, part<I>(out), index, value._##I);
#define RK_LIST(...) __VA_ARGS__
RK_WRITE_ALL(RK_LIST(class A, class B), RK_LIST(A, B), RK_WRITE(0) RK_WRITE(1))
RK_WRITE_ALL(RK_LIST(class A, class B, class C), RK_LIST(A, B, C), RK_WRITE(0) RK_WRITE(1) RK_WRITE(2))
RK_WRITE_ALL(RK_LIST(class A, class B, class C, class E), RK_LIST(A, B, C, E), RK_WRITE(0) RK_WRITE(1) RK_WRITE(2) RK_WRITE(3))
RK_WRITE_ALL(RK_LIST(class A, class B, class C, class E, class F), RK_LIST(A, B, C, E, F),
             RK_WRITE(0) RK_WRITE(1) RK_WRITE(2) RK_WRITE(3) RK_WRITE(4))
RK_WRITE_ALL(RK_LIST(class A, class B, class C, class E, class F, class G), RK_LIST(A, B, C, E, F, G),
             RK_WRITE(0) RK_WRITE(1) RK_WRITE(2) RK_WRITE(3) RK_WRITE(4) RK_WRITE(5))
RK_WRITE_ALL(RK_LIST(class A, class B, class C, class E, class F, class G, class H), RK_LIST(A, B, C, E, F, G, H),
             RK_WRITE(0) RK_WRITE(1) RK_WRITE(2) RK_WRITE(3) RK_WRITE(4) RK_WRITE(5) RK_WRITE(6))
RK_WRITE_ALL(RK_LIST(class A, class B, class C, class E, class F, class G, class H, class I), RK_LIST(A, B, C, E, F, G, H, I),
             RK_WRITE(0) RK_WRITE(1) RK_WRITE(2) RK_WRITE(3) RK_WRITE(4) RK_WRITE(5) RK_WRITE(6) RK_WRITE(7))
RK_WRITE_ALL(RK_LIST(class A, class B, class C, class E, class F, class G, class H, class I, class J),
             RK_LIST(A, B, C, E, F, G, H, I, J),
             RK_WRITE(0) RK_WRITE(1) RK_WRITE(2) RK_WRITE(3) RK_WRITE(4) RK_WRITE(5) RK_WRITE(6) RK_WRITE(7) RK_WRITE(8))
#undef RK_WRITE_ALL
#undef RK_WRITE
#undef RK_LIST

// What a closure gives.
template <class F, class... V> struct ResultOf {
    typedef decltype((*(const F*)0)((*(V*)0)...)) Type;
};
template <class R, class F, class... V> struct ResultOf<Fallible<R, F>, V...> {
    typedef R Type;
};

template <u32... I, u32... K, class... O, class... S, class C>
RK_DEVICE Status update_with(Context& ctx, u32 site, Indices<I...>, Indices<K...>, const Pack<O...>& out, const Pack<S...>& in,
                             const C& closure) {
    constexpr u32 D = DimsOf<O...>::VALUE;
    RK_TRY(meet_neighbours(ctx, site));
    const Status status = each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        typename ResultOf<C, decltype(own(ctx, part<I>(out), at))..., decltype(near(ctx, part<K>(in), at))...>::Type value;
        RK_TRY(call(closure, value, own(ctx, part<I>(out), at)..., near(ctx, part<K>(in), at)...));
        write_all(ctx, out, at.index, value);
        return OK;
    });
    return agree(ctx, status);
}

// Writes what the closure makes of each cell. The tile first meets its neighbours: what they wrote is there, and they have
// read what is now overwritten.
template <class... O, class... S, u32... I, u32... K, class C>
RK_DEVICE Status update(Context& ctx, u32 site, const Leaves<Indices<I...>, O...>& out, const Leaves<Indices<K...>, S...>& in,
                        const C& closure) {
    return update_with(ctx, site, Indices<I...>{}, Indices<K...>{}, out, in, closure);
}

// ---- single cells -------------------------------------------------------------------------------------------------

// The place of a cell of this tile, or null. All threads of the tile ask for the same.
template <class T, u32 D, u32 N, class A> RK_DEVICE T* own_cell(Context& ctx, const Field<T, D, N>& field, const A& cell) {
    bool own = true;
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) own &= cell.data[axis] >= ctx.tile.from[axis] && cell.data[axis] < ctx.tile.to[axis];
    if (!own) note_cell(ctx, cell.data, D);
    return own ? cells_of(ctx, field) + index_of<D>(ctx.p, cell.data) : nullptr;
}
template <class T, u32 D, u32 N, class A>
RK_DEVICE Status get_cell(Context& ctx, u32 site, const Field<T, D, N>& field, const A& cell, T& value) {
    const T* at = own_cell(ctx, field, cell);
    RK_CHECK(at, ctx, site, 0);
    value = load_cell(at);
    return OK;
}
// One thread writes; before it all have read, and after it all see it.
template <class T, u32 D, u32 N, class A>
RK_DEVICE Status set_cell(Context& ctx, u32 site, const Field<T, D, N>& field, const A& cell, const T& value) {
    T* at = own_cell(ctx, field, cell);
    RK_CHECK(at, ctx, site, 0);
    block_sync();
    if (thread_index() == 0) store_cell(at, value);
    block_sync();
    return OK;
}
template <class T, u32 D, u32 N, class A>
RK_DEVICE Status add_to_cell(Context& ctx, u32 site, const Field<T, D, N>& field, const A& cell, const T& value) {
    T old;
    RK_TRY(get_cell(ctx, site, field, cell, old));
    return set_cell(ctx, site, field, cell, plus(old, value));
}
template <class T, u32 D, u32 N, class A>
RK_DEVICE Status add_to_cell_checked(Context& ctx, u32 site, u32 overflow, const Field<T, D, N>& field, const A& cell, const T& value) {
    T old;
    RK_TRY(get_cell(ctx, site, field, cell, old));
    RK_CHECK(can_add(old, value), ctx, overflow, 0);
    return set_cell(ctx, site, field, cell, plus(old, value));
}

}  // namespace rk
