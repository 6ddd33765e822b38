// Fields on the chip: each cell in a register of the thread that computes it.
//
// Owns: which thread has which cells, and what closures see of them. The host chooses the tile's shape for domain and device and
// gives it as constants. A thread has RK_CELLS_X x RK_CELLS_Y x RK_CELLS_Z cells: along x every RK_THREADS_X-th, so that lanes
// side by side have cells side by side; along y and z a brick, so that most neighbours are its own. What other threads
// read, an operation first publishes in shared memory, with what other tiles send around it (exchange.cuh). Fields are in
// device memory while a tile holds, where the host reads and writes them.
#pragma once
#include "exchange.cuh"

namespace rk {

// A member of a tile's state: this thread's cells, and the array of the grid that they are kept in while the tile holds. `NUMBER` is
// its place among the fields of the program.
template <class T, u32 D, u32 NUMBER> struct Field {
    u32 array;
    T own[OWN_CELLS];
};
template <class T, u32 D, u32 A, u32 B> RK_DEVICE void swap(Field<T, D, A>& a, Field<T, D, B>& b) {
    const u32 array = a.array;
    a.array = b.array;
    b.array = array;
    unrolled<OWN_CELLS>([&](u32 n) {
        const T value = a.own[n];
        a.own[n] = b.own[n];
        b.own[n] = value;
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
    u32 place;     // in a published field
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
    const u32 place = place_of(x, y, z), corner[3] = {x, y, z};
    u32 first[D];
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) first[axis] = ctx.tile.from[axis] + corner[axis];
    const u64 index = index_of<D>(ctx.p, first), row = ctx.p.extents[0], plane = row * ctx.p.extents[1];
    ctx.in_closure = true;
    Status status = OK;
    unrolled<OWN_CELLS>([&](u32 n) {
        const u32 i = n % CELLS_X, j = n / CELLS_X % CELLS_Y, k = n / (CELLS_X * CELLS_Y);
        const u32 beyond[3] = {i * THREADS_X, j, k};
        At<D> at{n, {i, j, k}, place + i * THREADS_X + j * PITCH + k * PLANE, {}, index + i * THREADS_X + j * row + k * plane};
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
template <class T, u32 D> struct Own {
    const T& value;
    const At<D>& place;
    RK_MEMBER T here() const { return value; }
    RK_MEMBER Array<u32, D> cell() const { return array_of(place.cell); }
};

// A cell of a field that is read, and its neighbours if the field was published.
template <class T, u32 D> struct Near {
    const T* own;
    const T* published;
    const At<D>& place;
    RK_MEMBER T here() const { return own[place.number]; }
    RK_MEMBER T at(i32 x) const { return neighbour(x, 0, 0); }
    RK_MEMBER T at(i32 x, i32 y) const { return neighbour(x, y, 0); }
    RK_MEMBER T at(i32 x, i32 y, i32 z) const { return neighbour(x, y, z); }
    RK_MEMBER T neighbour(i32 x, i32 y, i32 z) const {
#ifndef RK_READ_SHARED
        // In the same brick. All of this is known when the step is compiled; were it not, registers could not be indexed.
        const i32 j = (i32)place.brick[1] + y, k = (i32)place.brick[2] + z;
        if (EXACT && x == 0 && j >= 0 && j < (i32)CELLS_Y && k >= 0 && k < (i32)CELLS_Z) {
            return own[place.brick[0] + CELLS_X * (j + CELLS_Y * k)];
        }
#endif
        return load_cell(published + (i32)place.place + x + y * (i32)PITCH + z * (i32)PLANE);
    }
    RK_MEMBER Array<u32, D> cell() const { return array_of(place.cell); }
};

template <class T, u32 D, u32 N> RK_DEVICE Own<T, D> own(const Context&, const Field<T, D, N>& field, const At<D>& at) {
    return Own<T, D>{field.own[at.number], at};
}
template <class T, u32 D, u32 N> RK_DEVICE Near<T, D> near(const Context&, const Field<T, D, N>& field, const At<D>& at) {
    return Near<T, D>{field.own, nullptr, at};
}
template <class T, u32 D, u32 N> RK_DEVICE void write(const Context&, Field<T, D, N>& field, const At<D>& at, const T& value) {
    field.own[at.number] = value;
}

// A field whose neighbours are read. `E` is its number among all of the program's operations.
template <u32 E, class F> struct Around {
    const F& field;
};
template <u32 E, class F> RK_DEVICE Around<E, F> around(const F& field) { return Around<E, F>{field}; }
template <u32 E, class T, u32 D, u32 N, class... F> struct DimsOf<Around<E, Field<T, D, N>>, F...> {
    static constexpr u32 VALUE = D;
};
template <u32 E, class T, u32 D, u32 N>
RK_DEVICE Near<T, D> near(const Context& ctx, const Around<E, Field<T, D, N>>& source, const At<D>& at) {
    // The exchange has counted already.
    return Near<T, D>{source.field.own, published<E, T>(ctx, parity<E>(ctx) ^ 1), at};
}

// ---- cells of the grid's arrays -----------------------------------------------------------------------------------

// What a tile has of a field, from where it is while the tile holds, and back there.
template <class T, u32 D, u32 N> RK_DEVICE void load_field(Context& ctx, Field<T, D, N>& field) {
    const T* cells = (const T*)((const GridArray*)ctx.p.arrays)[field.array].cells;
    each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        field.own[at.number] = load_cell(cells + at.index);
        return OK;
    });
}
template <class T, u32 D, u32 N> RK_DEVICE void store_field(Context& ctx, const Field<T, D, N>& field) {
    if (ctx.kept >> field.array & 1) return;
    T* cells = (T*)((const GridArray*)ctx.p.arrays)[field.array].cells;
    each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        store_cell(cells + at.index, field.own[at.number]);
        return OK;
    });
}
// Members that are no fields have their own place.
template <class T> RK_DEVICE void load_field(Context&, T&) {}
template <class T> RK_DEVICE void store_field(Context&, const T&) {}

// ---- exchanges ----------------------------------------------------------------------------------------------------

// One source's part in an exchange: none, if its neighbours are not read.
template <class S> struct Part {
    static constexpr bool IS_NEEDED = false;
    RK_MEMBER void begin(const Context&, const S&) {}
    RK_MEMBER void publish(Context&, const S&) {}
    RK_MEMBER void send(const Context&) {}
    RK_MEMBER Status receive(Context&, u32) { return OK; }
    RK_MEMBER void end(Context&) {}
};
template <u32 E, class T, u32 D, u32 N> struct Part<Around<E, Field<T, D, N>>> {
    static constexpr bool IS_NEEDED = true;
    Faces<E, T> faces;
    T border;
    RK_MEMBER void begin(const Context& ctx, const Around<E, Field<T, D, N>>& source) {
        faces.begin(ctx);
        if (HAS_BORDER) border = load_cell((const T*)((const GridArray*)ctx.p.arrays)[source.field.array].border);
    }
    RK_MEMBER void publish(Context& ctx, const Around<E, Field<T, D, N>>& source) {
        T* to = published<E, T>(ctx, parity<E>(ctx));
        each_cell<D>(ctx, [&](const At<D>& at) -> Status {
            store_cell(to + at.place, source.field.own[at.number]);
            return OK;
        });
        // What lies beyond a fixed edge is sent to oneself.
        if (HAS_BORDER && thread_index() == 0) store_cell(to + BORDER_PLACE, border);
    }
    RK_MEMBER void send(const Context& ctx) { faces.send(ctx); }
    RK_MEMBER Status receive(Context& ctx, u32 site) { return faces.receive(ctx, site); }
    RK_MEMBER void end(Context& ctx) { count<E>(ctx); }
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
        if (PUBLISHED == 1) block_sync();
        (part<K>(parts).publish(ctx, part<K>(in)), ...);
        block_sync();
        (part<K>(parts).send(ctx), ...);
        // No lane waits before all of its warp have sent.
        warp_sync();
        const Look look = begin_look(ctx);
        Status status = OK;
        ((status = status == OK ? part<K>(parts).receive(ctx, site) : status), ...);
        end_look(ctx, look, status);
        (part<K>(parts).end(ctx), ...);
        if (ctx.waited != OK) {
            (keep(ctx, part<I>(out)), ...);
            (keep(ctx, part<K>(in)), ...);
        }
    } else if (ctx.waited != OK) {
        (keep(ctx, part<I>(out)), ...);
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
    return each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        R value;
        RK_TRY(call(closure, value, own(ctx, part<I>(out), at)..., near(ctx, part<K>(in), at)...));
        write(out, at, value);
        return OK;
    });
}

// ---- single cells -------------------------------------------------------------------------------------------------

// A cell of this tile, for all of its threads.
template <class T, u32 D, u32 N> RK_DEVICE T load_single(Context& ctx, const Field<T, D, N>& field, const u32* cell) {
    T* said = (T*)arena();
    block_sync();
    each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        bool here = true;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) here &= at.cell[axis] == cell[axis];
        if (here) store_cell(said, field.own[at.number]);
        return OK;
    });
    block_sync();
    const T value = load_cell(said);
    block_sync();
    return value;
}
template <class T, u32 D, u32 N> RK_DEVICE void store_single(Context& ctx, Field<T, D, N>& field, const u32* cell, const T& value) {
    each_cell<D>(ctx, [&](const At<D>& at) -> Status {
        bool here = true;
#pragma unroll
        for (u32 axis = 0; axis < D; axis++) here &= at.cell[axis] == cell[axis];
        if (here) field.own[at.number] = value;
        return OK;
    });
}

}  // namespace rk
