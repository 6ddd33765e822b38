// Several fields at once, and closures over cells: what an operation is made of, however fields are kept.
#pragma once
#include "status.cuh"

namespace rk {

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

// Calls a closure with 0, 1 and so on. A loop would be unrolled too late: arrays that it indexes would not become registers before.
template <class F, u32... N> RK_DEVICE void unrolled_over(Indices<N...>, const F& body) { (body(N), ...); }
template <u32 COUNT, class F> RK_DEVICE void unrolled(const F& body) { unrolled_over(typename IndicesTo<COUNT>::Type{}, body); }

// Where a view is, as the user's array.
template <u32 D> RK_DEVICE Array<u32, D> array_of(const u32 (&cell)[D]) {
    Array<u32, D> made;
#pragma unroll
    for (u32 axis = 0; axis < D; axis++) made.data[axis] = cell[axis];
    return made;
}

// The fields of one side of an operation: references to them, and values of what is made of them on the way.
template <class... F> RK_DEVICE Pack<F...> fields(F&&... f) { return Pack<F...>{{(F&&)f}...}; }

// Part `I` of a tuple.
template <u32 I, class V> RK_DEVICE const auto& component(const V& v) {
    static_assert(I < 9, "an operation writes nine fields at most");
    if constexpr (I == 0) return v._0;
    else if constexpr (I == 1) return v._1;
    else if constexpr (I == 2) return v._2;
    else if constexpr (I == 3) return v._3;
    else if constexpr (I == 4) return v._4;
    else if constexpr (I == 5) return v._5;
    else if constexpr (I == 6) return v._6;
    else if constexpr (I == 7) return v._7;
    else return v._8;
}

// A value of a type, to be asked for the type of something that is made of it.
template <class T> RK_MEMBER T&& declared();

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

template <class F> struct IsFallible {
    static constexpr bool VALUE = false;
};
template <class R, class F> struct IsFallible<Fallible<R, F>> {
    static constexpr bool VALUE = true;
};

// What a closure gives.
template <class F, class... V> struct ResultOf {
    typedef decltype((*(const F*)0)((*(V*)0)...)) Type;
};
template <class R, class F, class... V> struct ResultOf<Fallible<R, F>, V...> {
    typedef R Type;
};

}  // namespace rk
