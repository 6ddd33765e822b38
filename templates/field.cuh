// Fields in device memory: handles, and what a closure over cells sees of them.
//
// Owns: where a cell lies, what lies beyond the edge of the domain, and who computes which cell when. Each field is one array over
// the domain, x fastest; a handle says which, and `swap` exchanges handles. This is one way to keep fields, the one that is right for
// every program and every size: the emitted text names only `Field`, `around`, and the methods of views, so that another way
// can have the same names. That nobody writes what is read here is the business of meetings (tile.cuh).
//
// A thread computes a brick of a few cells at a time: one along x, where lanes side by side have cells side by side, several along y,
// and goes on along z, plane by plane. So what neighbours in x, y and z read too is still in the multiprocessor's cache, and
// loads of several cells are on their way at once: no cell of a brick is written before all are computed, and what two of them read the
// compiler loads once. Where neighbours are, edges and their rules included, is in tables that a thread makes when it
// begins with a column, and a plane: closures have no branches of that kind.
#pragma once
#include "math.cuh"
#include "pack.cuh"
#include "tile.cuh"

// How far away neighbours are read along any axis.
#ifndef RK_REACH
#define RK_REACH 4
#endif
// How far below and above the cell itself, in its own column along z, neighbours are read.
#ifndef RK_BELOW
#define RK_BELOW 0
#define RK_ABOVE 0
#endif
// Holds the number of any cell of a plane: u32 where there are not too many.
#ifndef RK_PLACE
#define RK_PLACE u64
#endif
// Whether some side of the domain is fixed.
#ifndef RK_BORDER
#define RK_BORDER true
#endif

namespace rk {

constexpr u32 REACH = RK_REACH, BELOW = RK_BELOW, ABOVE = RK_ABOVE;
static_assert(BELOW <= REACH && ABOVE <= REACH, "a column is no more than what is around");
constexpr u32 AROUND = 2 * REACH + 1;
constexpr bool HAS_BORDER = RK_BORDER;
typedef RK_PLACE InPlane;

// A member of a tile's state: which of the grid's arrays it is now. `NUMBER` is its place among the fields of the program.
template <class T, u32 D, u32 NUMBER> struct Field {
    u32 array;
};
template <class T, u32 D, u32 A, u32 B> RK_DEVICE void swap(Field<T, D, A>& a, Field<T, D, B>& b) {
    u32 array = a.array;
    a.array = b.array;
    b.array = array;
}

// How many dimensions the first of some fields has.
template <class... F> struct DimsOf;
template <class T, u32 D, u32 N, class... F> struct DimsOf<Field<T, D, N>&, F...> {
    static constexpr u32 VALUE = D;
};
template <class T, u32 D, u32 N, class... F> struct DimsOf<const Field<T, D, N>&, F...> {
    static constexpr u32 VALUE = D;
};

// A field whose neighbours are read. `E` is its number among all of the program's operations.
template <u32 E, class F> struct Around {
    const F& field;
};
template <u32 E, class F> RK_DEVICE Around<E, F> around(const F& field) { return Around<E, F>{field}; }
template <u32 E, class T, u32 D, u32 N, class... F> struct DimsOf<Around<E, Field<T, D, N>>, F...> {
    static constexpr u32 VALUE = D;
};

template <class F> struct CellOf;
template <class T, u32 D, u32 N> struct CellOf<Field<T, D, N>&> {
    typedef T Type;
};
template <class T, u32 D, u32 N> struct CellOf<const Field<T, D, N>&> {
    typedef T Type;
};
template <u32 E, class T, u32 D, u32 N> struct CellOf<Around<E, Field<T, D, N>>> {
    typedef T Type;
};

// ---- places -------------------------------------------------------------------------------------------------------

// A cell of a domain, by the rules of both sides of an axis; `BORDER` for none. Narrow domains are crossed several times, but never more
// often than this.
constexpr u32 FIXED = 0, REFLECT = 1, PERIODIC = 2;
constexpr u32 BORDER = 0xffffffffu;
RK_DEVICE u32 land(i64 index, i64 extent, const u32* sides) {
#pragma unroll 1
    for (u32 times = 0; times <= REACH + 1; times++) {
        if (index >= 0 && index < extent) break;
        const bool is_low = index < 0;
        const u32 rule = is_low ? sides[0] : sides[1];
        if (rule == FIXED) return BORDER;
        if (rule == PERIODIC) {
            index += is_low ? extent : -extent;
        } else {
            index = (is_low ? 0 : 2 * extent) - 1 - index;
        }
    }
    return (u32)index;
}

template <u32 D> RK_DEVICE u64 index_of(const GridParams& p, const u32* cell) {
    u64 index = 0;
#pragma unroll
    for (u32 axis = D; axis-- > 0;) index = index * p.extents[axis] + cell[axis];
    return index;
}

// Cells next to each other along an axis: where they and their neighbours lie, and a bit for each that is none.
template <u32 COUNT, class P> struct Places {
    P at[COUNT];
    u32 beyond;
    // `place` is that of the cell in the middle, which is one.
    RK_MEMBER void fill(u32 cell, P place, u32 extent, InPlane stride, const u32* sides) {
        beyond = 0;
        if (cell >= REACH && (u64)cell + (COUNT - REACH) <= extent) {
            unrolled<COUNT>([&](u32 k) { at[k] = k < REACH ? place - (P)(REACH - k) * stride : place + (P)(k - REACH) * stride; });
            return;
        }
        unrolled<COUNT>([&](u32 k) {
            const u32 landed = land((i64)cell + k - REACH, extent, sides);
            if (HAS_BORDER && landed == BORDER) beyond |= 1u << k;
            at[k] = HAS_BORDER && landed == BORDER ? place : (P)landed * stride;
        });
    }
};

// The cells that a thread computes at once: one along x, ROWS along y, one along z. On a line, they are a block's threads apart.
template <u32 D, u32 ROWS> struct Brick {
    u32 cell[3];  // the first
    Places<AROUND, InPlane> x[D == 1 ? ROWS : 1];
    Places<ROWS + AROUND - 1, InPlane> y;
    Places<AROUND, u64> z;
    // Where a cell lies, by its offset from one of the brick's.
    template <class T> RK_MEMBER T* place(T* cells, u32 row, i32 dx, i32 dy, i32 dz) const {
        if constexpr (D == 1) return cells + x[row].at[dx + (i32)REACH];
        return in_plane(D == 3 ? cells + z.at[dz + (i32)REACH] : cells, row, dx, dy);
    }
    template <class T> RK_MEMBER T* in_plane(T* plane, u32 row, i32 dx, i32 dy) const {
        // In bytes: then it is two instructions.
        return (T*)((u8*)plane + (InPlane)(y.at[(i32)row + dy + (i32)REACH] + x[0].at[dx + (i32)REACH]) * (InPlane)sizeof(T));
    }
    // Whether that is none. Cells of the brick are some.
    RK_MEMBER bool is_beyond(u32 row, i32 dx, i32 dy, i32 dz) const {
        if (!HAS_BORDER) return false;
        bool beyond = dx != 0 && x[D == 1 ? row : 0].beyond >> (dx + (i32)REACH) & 1;
        if (D >= 2 && ((i32)row + dy < 0 || (i32)row + dy >= (i32)ROWS)) beyond |= y.beyond >> ((i32)row + dy + (i32)REACH) & 1;
        if (D == 3 && dz != 0) beyond |= z.beyond >> (dz + (i32)REACH) & 1;
        return beyond;
    }
};

// Where a closure is.
template <u32 D, u32 ROWS> struct At {
    const Brick<D, ROWS>& brick;
    u32 row;
    RK_MEMBER Array<u32, D> cell() const {
        Array<u32, D> made;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) made.data[axis] = brick.cell[axis];
        made.data[D == 1 ? 0 : 1] += row * (D == 1 ? RK_BLOCK_THREADS : 1);
        return made;
    }
};

template <class T, u32 D, u32 ROWS> RK_DEVICE T* cell_at(T* cells, const At<D, ROWS>& at) { return at.brick.place(cells, at.row, 0, 0, 0); }

// ---- views --------------------------------------------------------------------------------------------------------

// The array that a field is during an operation.
template <class T, bool IS_AROUND> struct Cells {
    T* cells;
    const T* border;
};
template <bool IS_AROUND, class T, u32 D, u32 N> RK_DEVICE Cells<T, IS_AROUND> open_array(const Context& ctx, const Field<T, D, N>& field) {
    const GridArray array = ((const GridArray*)ctx.p.arrays)[field.array];
    return Cells<T, IS_AROUND>{in_device_memory((T*)array.cells), in_device_memory((const T*)array.border)};
}
template <class T, u32 D, u32 N> RK_DEVICE Cells<T, false> open(const Context& ctx, const Field<T, D, N>& field) {
    return open_array<false>(ctx, field);
}
template <u32 E, class F> RK_DEVICE auto open(const Context& ctx, const Around<E, F>& source) { return open_array<true>(ctx, source.field); }

// What a thread has of a field while it goes along z: cells of its own column, from some planes below the brick up to the highest that is
// read. If that is too much, only the highest. What is not read in the end, the compiler does not load either. In fewer dimensions, the
// cells of the brick. (Loading the next plane's beforehand was tried: it takes registers from the loads of this one, and lost.)
template <class T, u32 D, u32 ROWS, bool IS_AROUND> struct Column {
    static constexpr u32 ALL = D == 3 && IS_AROUND ? BELOW + 1 + ABOVE : 1;
    static constexpr u32 KEPT = ALL * ROWS * sizeof(T) <= (HAS_BORDER ? 16 : 48) ? ALL : 1;
    static constexpr i32 HIGHEST = D == 3 && IS_AROUND ? ABOVE : 0, LOWEST = HIGHEST + 1 - (i32)KEPT;
    T kept[KEPT][ROWS];
    static RK_MEMBER const T* place(const Brick<D, ROWS>& brick, const Cells<T, IS_AROUND>& field, u32 row, i32 dz) {
        const T* at = brick.place(field.cells, row, 0, 0, dz);
        return brick.is_beyond(row, 0, 0, dz) ? field.border : at;
    }
    RK_MEMBER void load(const Brick<D, ROWS>& brick, const Cells<T, IS_AROUND>& field, i32 dz, T (&to)[ROWS]) {
        unrolled<ROWS>([&](u32 row) { to[row] = load_cell(place(brick, field, row, dz)); });
    }
    // As it is before the first brick of the column.
    RK_MEMBER void begin(const Brick<D, ROWS>& brick, const Cells<T, IS_AROUND>& field) {
        if constexpr (D < 3) {
            load(brick, field, 0, kept[0]);
        } else {
            unrolled<KEPT - 1>([&](u32 k) { load(brick, field, LOWEST + (i32)k, kept[k + 1]); });
        }
    }
    // The next brick's.
    RK_MEMBER void advance(const Brick<D, ROWS>& brick, const Cells<T, IS_AROUND>& field) {
        if constexpr (D < 3) return;
        unrolled<ROWS>([&](u32 row) {
            unrolled<KEPT - 1>([&](u32 k) { kept[k][row] = kept[k + 1][row]; });
        });
        load(brick, field, HIGHEST, kept[KEPT - 1]);
    }
    static RK_MEMBER bool has(i32 row, i32 dx, i32 dz) { return dx == 0 && row >= 0 && row < (i32)ROWS && dz >= LOWEST && dz <= HIGHEST; }
    RK_MEMBER T at(i32 row, i32 dz) const { return kept[dz - LOWEST][row]; }
};

// The cell that is being written, before it is.
template <class T, class A> struct Own {
    const T& value;
    const A& place;
    RK_MEMBER T here() const { return value; }
    RK_MEMBER auto cell() const { return place.cell(); }
};
template <class T, u32 D, u32 ROWS> RK_DEVICE auto own(const Column<T, D, ROWS, false>& column, const At<D, ROWS>& at) {
    return Own<T, At<D, ROWS>>{column.kept[0][at.row], at};
}

// A cell of a field that is read, and its neighbours.
template <class C, class F, class A> struct Near {
    const C& column;
    const F& field;
    const A& place;
    RK_MEMBER auto here() const { return neighbour(0, 0, 0); }
    RK_MEMBER auto at(i32 x) const { return neighbour(x, 0, 0); }
    RK_MEMBER auto at(i32 x, i32 y) const { return neighbour(x, y, 0); }
    RK_MEMBER auto at(i32 x, i32 y, i32 z) const { return neighbour(x, y, z); }
    // All of this is known when the step is compiled; were it not, tables could not be registers.
    RK_MEMBER auto neighbour(i32 x, i32 y, i32 z) const {
        if (C::has((i32)place.row + y, x, z)) return column.at((i32)place.row + y, z);
        const auto* at = place.brick.place(field.cells, place.row, x, y, z);
        return load_cell(place.brick.is_beyond(place.row, x, y, z) ? field.border : at);
    }
    RK_MEMBER auto cell() const { return place.cell(); }
};
template <class C, class F, class A> RK_DEVICE Near<C, F, A> near(const C& column, const F& field, const A& at) {
    return Near<C, F, A>{column, field, at};
}

// The type of a view of a field that an operation writes, and of one that it reads: closures give the same for all of a kind.
template <u32 D, class F> using OwnOf = Own<typename CellOf<F>::Type, At<D, 1>>;
template <u32 D, class F> using NearOf = Near<Column<typename CellOf<F>::Type, D, 1, false>, Cells<typename CellOf<F>::Type, false>, At<D, 1>>;

// The tile meets its neighbours: what they wrote is there, and they have read what is now overwritten.
template <class O, class S> RK_DEVICE Status exchange(Context& ctx, u32 site, const O&, const S&) { return meet_neighbours(ctx, site); }

// How many threads are side by side along x: a power of two, as many as are good for memory, if then not many of them have nothing to do.
RK_DEVICE u32 threads_along_x(u32 size, u32 most) {
    u32 wide = most;
    while (wide > WARP && (wide - 1 & -size) > size / 8) wide /= 2;
    while (wide > 1 && wide / 2 >= size) wide /= 2;
    return wide;
}

// Calls `visit` with the bricks of this thread, and what `begin` gives for the first of each column, until one says that it is not OK: of the
// rows `from` up to `to`, whose number is a multiple of ROWS. In three dimensions threads that have no rows share planes.
template <u32 D, u32 ROWS, class B, class V> RK_DEVICE Status march(Context& ctx, u32 from, u32 to, const B& begin, const V& visit) {
    constexpr u32 ALL = RK_BLOCK_THREADS, MOST = D == 3 && ALL > 128 ? (ROWS == 1 ? 64 : 128) : ALL;
    const GridParams& p = ctx.p;
    const u32 thread = thread_index();
    Brick<D, ROWS> brick;
    Status status = OK;
    if constexpr (D == 1) {
        for (brick.cell[0] = from + thread; brick.cell[0] < to && status == OK; brick.cell[0] += ROWS * ALL) {
            unrolled<ROWS>([&](u32 row) { brick.x[row].fill(brick.cell[0] + row * ALL, brick.cell[0] + row * ALL, p.extents[0], 1, p.sides); });
            auto column = begin(brick);
            status = visit(brick, column);
        }
    } else {
        const u32 row = p.extents[0], left = ctx.tile.from[0], right = ctx.tile.to[0], first = D == 3 ? ctx.tile.from[2] : 0,
                  last = D == 3 ? ctx.tile.to[2] : 1;
        const InPlane plane = D == 3 ? (InPlane)row * p.extents[1] : 0;
        const u32 wide = threads_along_x(right - left, MOST), high = ALL / wide, bricks = (to - from) / ROWS;
        const u32 along_y = D == 3 && bricks < high ? bricks : high, along_z = high / along_y, deep = (last - first + along_z - 1) / along_z;
        const u32 y = from + thread / wide % along_y * ROWS, slab = thread / wide / along_y, z = first + slab * deep;
        const u32 end = slab >= along_z ? z : z + deep < last ? z + deep : last;
        if (z >= end) return OK;
        for (brick.cell[0] = left + thread % wide; brick.cell[0] < right; brick.cell[0] += wide) {
            brick.x[0].fill(brick.cell[0], brick.cell[0], row, 1, p.sides);
            for (brick.cell[1] = y; brick.cell[1] < to; brick.cell[1] += along_y * ROWS) {
                brick.y.fill(brick.cell[1], (InPlane)brick.cell[1] * row, p.extents[1], row, p.sides + 2);
                brick.cell[2] = z;
                if constexpr (D == 3) brick.z.fill(z, (u64)z * plane, p.extents[2], plane, p.sides + 4);
                auto column = begin(brick);
                if constexpr (D == 2) {
                    status = visit(brick, column);
                } else {
                    const auto once = [&]() -> bool {
                        status = visit(brick, column);
                        if (brick.cell[2] + 1 == end || status != OK) return false;
                        brick.cell[2]++;
                        brick.z.fill(brick.cell[2], (u64)brick.cell[2] * plane, p.extents[2], plane, p.sides + 4);
                        return true;
                    };
                    // Two planes in turn: cells of the column move to fewer registers.
                    while (once() && once()) {
                    }
                }
                if (status != OK) return status;
            }
        }
    }
    return status;
}
// The same of the whole tile; rows that are left over go one by one.
template <u32 D, u32 ROWS, class B, class V> RK_DEVICE Status each_brick(Context& ctx, const B& begin, const V& visit) {
    constexpr u32 AXIS = D == 1 ? 0 : 1, ONCE = D == 1 && ROWS > 1 ? ROWS * RK_BLOCK_THREADS : ROWS;
    const u32 from = ctx.tile.from[AXIS], to = ctx.tile.to[AXIS], whole = from + (to - from) / ONCE * ONCE;
    Status status = OK;
    ctx.in_closure = true;
    if (from < whole) status = march<D, ROWS>(ctx, from, whole, begin, visit);
    if (ROWS > 1 && whole < to && status == OK) status = march<D, 1>(ctx, whole, to, begin, visit);
    ctx.in_closure = false;
    return status;
}

// How many rows a brick has: with large cells, fewer, or they would not fit into registers; and one if cells can fail, since then nothing
// is loaded before it is known that the cells before are good.
template <bool IS_FALLIBLE, class... T> RK_DEVICE constexpr u32 rows_of() {
    constexpr usize BYTES = (sizeof(T) + ...);
    return IS_FALLIBLE || BYTES > 32 ? 1 : BYTES > 16 ? 2 : 4;
}

// The columns of all fields of an operation.
template <u32 D, u32 ROWS, class T, bool IS_AROUND> RK_DEVICE auto begin_column(const Brick<D, ROWS>& brick, const Cells<T, IS_AROUND>& field) {
    Column<T, D, ROWS, IS_AROUND> column;
    column.begin(brick, field);
    return column;
}
// Computes the cells of a brick, then writes them.
template <class R, u32 D, u32 ROWS, u32... I, u32... K, class... P, class... Q, class... O, class... S, class C, class W>
RK_DEVICE Status compute(Context& ctx, const Brick<D, ROWS>& brick, Leaves<Indices<I...>, P...>& own_columns,
                         Leaves<Indices<K...>, Q...>& columns, const Leaves<Indices<I...>, O...>& out,
                         const Leaves<Indices<K...>, S...>& in, const C& closure, const W& write) {
    (part<I>(own_columns).advance(brick, part<I>(out)), ...);
    (part<K>(columns).advance(brick, part<K>(in)), ...);
    R values[ROWS];
    Status status = OK;
    unrolled<ROWS>([&](u32 row) {
        const At<D, ROWS> at{brick, row};
        status = call(closure, values[row], own(part<I>(own_columns), at)..., near(part<K>(columns), part<K>(in), at)...);
    });
    if (IsFallible<C>::VALUE && status != OK) {
        if (status == FAILED) note_cell(ctx, brick.cell, D);
        return status;
    }
    unrolled<ROWS>([&](u32 row) { write(out, At<D, ROWS>{brick, row}, values[row]); });
    return OK;
}
// Computes a value for each cell of the tile and has it written; ends at the first that fails, and notes the cell.
template <class R, u32 D, u32... I, u32... K, class... O, class... S, class C, class W>
RK_DEVICE Status over_cells(Context& ctx, const Leaves<Indices<I...>, O...>& out, const Leaves<Indices<K...>, S...>& in, const C& closure,
                            const W& write) {
    const Pack<decltype(open(ctx, part<I>(out)))...> outs{{open(ctx, part<I>(out))}...};
    const Pack<decltype(open(ctx, part<K>(in)))...> ins{{open(ctx, part<K>(in))}...};
    constexpr u32 ROWS = rows_of<IsFallible<C>::VALUE, R, typename CellOf<O>::Type..., typename CellOf<S>::Type...>();
    const auto begin = [&](const auto& brick) {
        return Pack<Pack<decltype(begin_column(brick, part<I>(outs)))...>, Pack<decltype(begin_column(brick, part<K>(ins)))...>>{
            {{{begin_column(brick, part<I>(outs))}...}}, {{{begin_column(brick, part<K>(ins))}...}}};
    };
    const auto visit = [&](const auto& brick, auto& columns) -> Status {
        return compute<R>(ctx, brick, part<0>(columns), part<1>(columns), outs, ins, closure, write);
    };
    return each_brick<D, ROWS>(ctx, begin, visit);
}

// All threads have written.
template <class C> RK_DEVICE Status settle(Context& ctx, Status mine) { return agree(ctx, mine); }

template <class T, class A> RK_DEVICE void write(const Context&, const Cells<T, false>& field, const A& at, const T& value) {
    store_cell(cell_at(field.cells, at), value);
}

// ---- single cells -------------------------------------------------------------------------------------------------

// A cell of this tile. All threads of the tile ask for the same.
template <class T, u32 D, u32 N> RK_DEVICE T load_single(Context& ctx, const Field<T, D, N>& field, const u32* cell) {
    return load_cell(open(ctx, field).cells + index_of<D>(ctx.p, cell));
}
// One thread writes; before it all have read, and after it all see it.
template <class T, u32 D, u32 N> RK_DEVICE void store_single(Context& ctx, Field<T, D, N>& field, const u32* cell, const T& value) {
    block_sync();
    if (thread_index() == 0) store_cell(open(ctx, field).cells + index_of<D>(ctx.p, cell), value);
    block_sync();
}

}  // namespace rk
