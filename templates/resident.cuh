// Fields on the chip: each cell in a register of the thread that computes it, or in shared memory.
//
// Owns: which thread has which cells, and what closures see of them. The host chooses the tile's shape for domain and device and
// gives it as constants. A thread has RK_CELLS_X x RK_CELLS_Y x RK_CELLS_Z cells: along x every RK_THREADS_X-th, so that lanes
// side by side have cells side by side; along y and z a brick, so that most neighbours are its own. What other threads
// read, an operation first publishes in shared memory, with what other tiles send around it (exchange.cuh). Where registers are
// too few, fields whose neighbours are read are in shared memory all the time: those are always published, and `swap` moves
// cells. Fields are in device memory while a tile holds, where the host reads and writes them.
#pragma once
#include "exchange.cuh"

namespace rk {

// Where the first cell of this thread is in a published field, and how far from it its others are.
// Signed, so that the compiler may take constants apart and give them to the access itself.
RK_DEVICE i32 first_place() {
    return (i32)place_of(thread_index() % THREADS_X, thread_index() / THREADS_X % THREADS_Y * CELLS_Y,
                    thread_index() / (THREADS_X * THREADS_Y) * CELLS_Z);
}
RK_DEVICE constexpr i32 place_in_brick(u32 n) {
    return (i32)(n % CELLS_X * THREADS_X + n / CELLS_X % CELLS_Y * PITCH + n / (CELLS_X * CELLS_Y) * PLANE);
}

// This thread's cells of a field: cell `n`, which is at `place` of a published field.
template <class T, u32 NUMBER, bool IN_SHARED = Shared<NUMBER>::HAS> struct Cells {
    T own[KEPT_CELLS];
    RK_MEMBER T get(u32 n, i32) const { return n < KEPT_CELLS ? own[n] : load_cell(aside<NUMBER, T>(n)); }
    RK_MEMBER void set(u32 n, i32, const T& value) {
        if (n < KEPT_CELLS) own[n] = value;
        else store_cell(aside<NUMBER, T>(n), value);
    }
};
template <class T, u32 NUMBER> struct Cells<T, NUMBER, true> {
    RK_MEMBER static T* all() { return (T*)(arena() + Shared<NUMBER>::OFFSET); }
    RK_MEMBER T get(u32, i32 place) const { return load_cell(all() + place); }
    RK_MEMBER void set(u32, i32 place, const T& value) { store_cell(all() + place, value); }
};

// A member of a tile's state: this thread's cells, and the array of the grid that they are kept in while the tile holds. `NUMBER` is
// its place among the fields of the program.
template <class T, u32 D, u32 NUMBER> struct Field {
    u32 array;
    Cells<T, NUMBER> cells;
};
template <class T, u32 D, u32 A, u32 B> RK_DEVICE void swap(Field<T, D, A>& a, Field<T, D, B>& b) {
    const u32 array = a.array;
    a.array = b.array;
    b.array = array;
    const i32 place = first_place();
    // Others may still read what is around their cells. What lies around the tile is received anew before it is read.
    if (Shared<A>::HAS || Shared<B>::HAS) block_sync();
    unrolled<OWN_CELLS>([&](u32 n) {
        const i32 at = place + place_in_brick(n);
        const T value = a.cells.get(n, at);
        a.cells.set(n, at, b.cells.get(n, at));
        b.cells.set(n, at, value);
    });
}

template <class... F> struct DimsOf;
template <class T, u32 D, u32 N, class... F> struct DimsOf<Field<T, D, N>&, F...> {
    static constexpr u32 VALUE = D;
};
template <class T, u32 D, u32 N, class... F> struct DimsOf<const Field<T, D, N>&, F...> {
    static constexpr u32 VALUE = D;
};

// ---- cells --------------------------------------------------------------------------------------------------------

// Where a closure is: a cell of this thread.
template <u32 D> struct At {
    u32 number;    // among the thread's own
    u32 brick[3];  // in its brick
    i32 place;     // in a published field
    u32 cell[D];
    u64 index;     // in an array of the grid
};

template <u32 D> RK_DEVICE u64 index_of(const GridParams& p, const u32* cell) {
    u64 index = 0;
#pragma unroll
    for (u32 axis = D; axis-- > 0;) index = index * p.extents[axis] + cell[axis];
    return index;
}

// Visits this thread's cells; what a visit gives is known to be OK where it cannot fail, and then nothing is asked.
template <u32 D, class V> RK_DEVICE Status each_cell(Context& ctx, const V& visit) {
    const u32 x = thread_index() % THREADS_X, y = thread_index() / THREADS_X % THREADS_Y * CELLS_Y,
              z = thread_index() / (THREADS_X * THREADS_Y) * CELLS_Z;
    const i32 place = first_place();
    const u32 corner[3] = {x, y, z};
    u32 first[D];
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) first[axis] = ctx.tile.from[axis] + corner[axis];
    const u64 index = index_of<D>(ctx.p, first), row = ctx.p.extents[0], plane = row * ctx.p.extents[1];
    ctx.in_closure = true;
    Status status = OK;
    unrolled<OWN_CELLS>([&](u32 n) {
        const u32 i = n % CELLS_X, j = n / CELLS_X % CELLS_Y, k = n / (CELLS_X * CELLS_Y);
        const u32 beyond[3] = {i * THREADS_X, j, k};
        At<D> at{n, {i, j, k}, place + place_in_brick(n), {}, index + i * THREADS_X + j * row + k * plane};
        bool inside = true;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) {
            at.cell[axis] = first[axis] + beyond[axis];
            if (!EXACT) inside &= at.cell[axis] < ctx.tile.to[axis];
        }
        if (inside && status == OK) {
            status = visit(at);
            if (status == FAILED) note_cell(ctx, at.cell, D);
        }
    });
    ctx.in_closure = false;
    return status;
}

// The cell that is being written, before it is.
template <class T, u32 D, class C> struct Own {
    const C& cells;
    const At<D>& place;
    RK_MEMBER T here() const { return cells.get(place.number, place.place); }
    RK_MEMBER Array<u32, D> cell() const { return array_of(place.cell); }
};

// A cell of a field that is read, and its neighbours if the field was published.
template <class T, u32 D, class C> struct Near {
    const C& cells;
    const T* published;
    const At<D>& place;
    RK_MEMBER T here() const { return cells.get(place.number, place.place); }
    RK_MEMBER T at(i32 x) const { return neighbour(x, 0, 0); }
    RK_MEMBER T at(i32 x, i32 y) const { return neighbour(x, y, 0); }
    RK_MEMBER T at(i32 x, i32 y, i32 z) const { return neighbour(x, y, z); }
    RK_MEMBER T neighbour(i32 x, i32 y, i32 z) const {
#ifndef RK_READ_SHARED
        // In the same brick. All of this is known when the step is compiled; were it not, registers could not be indexed.
        const i32 j = (i32)place.brick[1] + y, k = (i32)place.brick[2] + z;
        if (EXACT && x == 0 && j >= 0 && j < (i32)CELLS_Y && k >= 0 && k < (i32)CELLS_Z) {
            return cells.get(place.brick[0] + CELLS_X * (j + CELLS_Y * k), place.place + y * (i32)PITCH + z * (i32)PLANE);
        }
#endif
        return load_cell(published + place.place + x + y * (i32)PITCH + z * (i32)PLANE);
    }
    RK_MEMBER Array<u32, D> cell() const { return array_of(place.cell); }
};

template <class T, u32 D, u32 N> RK_DEVICE auto own(const Context&, const Field<T, D, N>& field, const At<D>& at) {
    return Own<T, D, Cells<T, N>>{field.cells, at};
}
template <class T, u32 D, u32 N> RK_DEVICE auto near(const Context&, const Field<T, D, N>& field, const At<D>& at) {
    return Near<T, D, Cells<T, N>>{field.cells, nullptr, at};
}
template <class T, u32 D, u32 N> RK_DEVICE void write(const Context&, Field<T, D, N>& field, const At<D>& at, const T& value) {
    field.cells.set(at.number, at.place, value);
}

// A field whose neighbours are read. `E` is its number among all of the program's operations.
template <u32 E, class F> struct Around {
    const F& field;
};
// Where others see its cells.
template <u32 E, class T, u32 D, u32 N> RK_DEVICE T* published(const Context& ctx, const Field<T, D, N>&, u32 parity) {
    if constexpr (Shared<N>::HAS) return Cells<T, N>::all();
    else return published<E, T>(ctx, parity);
}
template <u32 E, class F> RK_DEVICE Around<E, F> around(const F& field) { return Around<E, F>{field}; }
template <u32 E, class T, u32 D, u32 N, class... F> struct DimsOf<Around<E, Field<T, D, N>>, F...> {
    static constexpr u32 VALUE = D;
};
template <u32 E, class T, u32 D, u32 N>
RK_DEVICE auto near(const Context& ctx, const Around<E, Field<T, D, N>>& source, const At<D>& at) {
    // The exchange has counted already.
    return Near<T, D, Cells<T, N>>{source.field.cells, published<E>(ctx, source.field, parity<E>(ctx) ^ 1), at};
}

// ---- cells of the grid's arrays -----------------------------------------------------------------------------------

// What a tile has of a field, from where it is while the tile holds, and back there.
template <class T, u32 D, u32 N> RK_DEVICE void load_field(Context& ctx, Field<T, D, N>& field) {
    const T* cells = (const T*)((const GridArray*)ctx.p.arrays)[field.array].cells;
    each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        field.cells.set(at.number, at.place, load_cell(cells + at.index));
        return OK;
    });
}
template <class T, u32 D, u32 N> RK_DEVICE void store_field(Context& ctx, const Field<T, D, N>& field) {
    if (ctx.kept >> field.array & 1) return;
    T* cells = (T*)((const GridArray*)ctx.p.arrays)[field.array].cells;
    each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        store_cell(cells + at.index, field.cells.get(at.number, at.place));
        return OK;
    });
}
// Members that are no fields have their own place.
template <class T> RK_DEVICE void load_field(Context&, T&) {}
template <class T> RK_DEVICE void store_field(Context&, const T&) {}

// ---- exchanges ----------------------------------------------------------------------------------------------------

// Whether a field is in shared memory all the time.
template <class F> struct IsShared;
template <class T, u32 D, u32 N> struct IsShared<Field<T, D, N>&> {
    static constexpr bool VALUE = Shared<N>::HAS;
};

// One source's part in an exchange: none, if its neighbours are not read.
template <class S> struct Part {
    static constexpr bool IS_NEEDED = false, PUBLISHES = false;
    RK_MEMBER void begin(const Context&, const S&) {}
    RK_MEMBER void publish(Context&, const S&) {}
    RK_MEMBER void send(const Context&, const S&) {}
    RK_MEMBER Status receive(Context&, u32, const S&) { return OK; }
    RK_MEMBER void end(Context&) {}
};
template <u32 E, class T, u32 D, u32 N> struct Part<Around<E, Field<T, D, N>>> {
    typedef Around<E, Field<T, D, N>> Source;
    static constexpr bool IS_NEEDED = true, PUBLISHES = !Shared<N>::HAS;
    Faces<E, T> faces;
    T border;
    RK_MEMBER void begin(const Context& ctx, const Source& source) {
        faces.begin(ctx);
        if (HAS_BORDER) border = load_cell((const T*)((const GridArray*)ctx.p.arrays)[source.field.array].border);
    }
    RK_MEMBER void publish(Context& ctx, const Source& source) {
        T* to = cells(ctx, source);
        if constexpr (PUBLISHES) {
            each_cell<D>(ctx, [&](const At<D>& at) -> Status {
                store_cell(to + at.place, source.field.cells.get(at.number, at.place));
                return OK;
            });
        }
        // What lies beyond a fixed edge is sent to oneself.
        if (HAS_BORDER && thread_index() == 0) store_cell(to + BORDER_PLACE, border);
    }
    RK_MEMBER void send(const Context& ctx, const Source& source) { faces.send(ctx, cells(ctx, source)); }
    RK_MEMBER Status receive(Context& ctx, u32 site, const Source& source) { return faces.receive(ctx, site, cells(ctx, source)); }
    RK_MEMBER void end(Context& ctx) { count<E>(ctx); }
    RK_MEMBER static T* cells(const Context& ctx, const Source& source) { return published<E>(ctx, source.field, parity<E>(ctx)); }
};

// What was waited for in vain, cells are made of nothing: what they were is put where the host finds it, and stays there.
template <class T, u32 D, u32 N> RK_DEVICE void keep(Context& ctx, const Field<T, D, N>& field) {
    store_field(ctx, field);
    ctx.kept |= 1u << field.array;
}
template <u32 E, class F> RK_DEVICE void keep(Context& ctx, const Around<E, F>& source) { keep(ctx, source.field); }

// Publishes the fields whose neighbours are read, and waits for the neighbours' faces. Here, while words are on their way, a tile also
// looks for what the host wants.
template <u32... I, u32... K, class... O, class... S>
RK_DEVICE Status exchange(Context& ctx, u32 site, const Leaves<Indices<I...>, O...>& out, const Leaves<Indices<K...>, S...>& in) {
    if constexpr ((Part<S>::IS_NEEDED || ...)) {
        Pack<Part<S>...> parts;
        ctx.sequence++;
        (part<K>(parts).begin(ctx, part<K>(in)), ...);
        if (PUBLISHED == 1 && (Part<S>::PUBLISHES || ...)) block_sync();
        (part<K>(parts).publish(ctx, part<K>(in)), ...);
        block_sync();
        (part<K>(parts).send(ctx, part<K>(in)), ...);
        // No lane waits before all of its warp have sent.
        warp_sync();
        const Look look = begin_look(ctx);
        Status status = OK;
        ((status = status == OK ? part<K>(parts).receive(ctx, site, part<K>(in)) : status), ...);
        end_look(ctx, look, status);
        (part<K>(parts).end(ctx), ...);
        if (ctx.waited != OK) {
            (keep(ctx, part<I>(out)), ...);
            (keep(ctx, part<K>(in)), ...);
        }
    } else {
        // What is written in its place others may still read, for an operation before this one.
        if constexpr ((IsShared<O>::VALUE || ...)) block_sync();
        if (ctx.waited != OK) (keep(ctx, part<I>(out)), ...);
    }
    return OK;
}

template <class C> RK_DEVICE Status settle(Context& ctx, Status mine) {
    if constexpr (IsFallible<C>::VALUE) return agree(ctx, mine);
    return OK;
}

// Computes a value for each cell of this thread, and writes it.
template <u32 D, class F> using OwnOf = decltype(own(declared<const Context&>(), declared<F>(), declared<const At<D>&>()));
template <u32 D, class F> using NearOf = decltype(near(declared<const Context&>(), declared<F>(), declared<const At<D>&>()));
template <class T, u32 D> RK_DEVICE T* cell_at(T* cells, const At<D>& at) { return cells + at.index; }
template <class R, u32 D, u32... I, u32... K, class... O, class... S, class C, class W>
RK_DEVICE Status over_cells(Context& ctx, const Leaves<Indices<I...>, O...>& out, const Leaves<Indices<K...>, S...>& in, const C& closure,
                            const W& write) {
    // What goes aside is written when all is computed: a store to shared memory would make the compiler load again what it has of there.
    constexpr bool WAITS = ASIDE != 0 && EXACT && !IsFallible<C>::VALUE;
    R late[WAITS ? ASIDE : 1];
    const Status status = each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        R value;
        RK_TRY(call(closure, value, own(ctx, part<I>(out), at)..., near(ctx, part<K>(in), at)...));
        if (WAITS && at.number >= KEPT_CELLS) late[at.number - KEPT_CELLS] = value;
        else write(out, at, value);
        return OK;
    });
    if constexpr (WAITS) {
        each_cell<D>(ctx, [&](const At<D>& at) -> Status {
            if (at.number >= KEPT_CELLS) write(out, at, late[at.number - KEPT_CELLS]);
            return OK;
        });
    }
    return status;
}

// ---- single cells -------------------------------------------------------------------------------------------------

// A cell of this tile, counted from its first.
template <u32 D> RK_DEVICE Array<u32, 3> in_tile(const Context& ctx, const u32* cell) {
    Array<u32, 3> at{};
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) at.data[axis] = cell[axis] - ctx.tile.from[axis];
    return at;
}
// Which of this thread's cells it is: `OWN_CELLS` if it is another thread's.
template <u32 D> RK_DEVICE u32 number_of(const Context& ctx, const u32* cell) {
    const Array<u32, 3> at = in_tile<D>(ctx, cell);
    const u32 x = at.data[0] % THREADS_X, y = at.data[1] / CELLS_Y, z = at.data[2] / CELLS_Z;
    if ((z * THREADS_Y + y) * THREADS_X + x != thread_index()) return OWN_CELLS;
    return (at.data[2] % CELLS_Z * CELLS_Y + at.data[1] % CELLS_Y) * CELLS_X + at.data[0] / THREADS_X;
}
// Where it is in a published field.
template <u32 D> RK_DEVICE u32 place_of_cell(const Context& ctx, const u32* cell) {
    const Array<u32, 3> at = in_tile<D>(ctx, cell);
    return place_of(at.data[0], at.data[1], at.data[2]);
}
template <class T, u32 D, u32 N> RK_DEVICE T* cell_in_memory(const Context& ctx, const Field<T, D, N>& field, const u32* cell) {
    return (T*)((const GridArray*)ctx.p.arrays)[field.array].cells + index_of<D>(ctx.p, cell);
}
// A cell of this tile, for all of its threads.
template <class T, u32 D, u32 N> RK_DEVICE T load_single(Context& ctx, const Field<T, D, N>& field, const u32* cell) {
    if (HEARS_IN_MEMORY && ctx.in_memory) return load_cell(cell_in_memory(ctx, field, cell));
    const T* said = (const T*)arena();
    block_sync();
    if constexpr (Shared<N>::HAS) {
        said = field.cells.all() + place_of_cell<D>(ctx, cell);
    } else {
        const u32 number = number_of<D>(ctx, cell);
        unrolled<OWN_CELLS>([&](u32 n) {
            if (n == number) store_cell((T*)arena(), field.cells.get(n, 0));
        });
        block_sync();
    }
    const T value = load_cell(said);
    block_sync();
    return value;
}
template <class T, u32 D, u32 N> RK_DEVICE void store_single(Context& ctx, Field<T, D, N>& field, const u32* cell, const T& value) {
    if (HEARS_IN_MEMORY && ctx.in_memory) {
        block_sync();
        if (thread_index() == 0) store_cell(cell_in_memory(ctx, field, cell), value);
        block_sync();
    } else if constexpr (Shared<N>::HAS) {
        block_sync();
        if (thread_index() == 0) store_cell(field.cells.all() + place_of_cell<D>(ctx, cell), value);
        block_sync();
    } else {
        const u32 number = number_of<D>(ctx, cell);
        unrolled<OWN_CELLS>([&](u32 n) {
            if (n == number) field.cells.set(n, 0, value);
        });
    }
}

}  // namespace rk
