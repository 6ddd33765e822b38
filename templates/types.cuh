// Names of Rust's primitive types, and the attributes that device functions carry.
//
// Owns: the vocabulary that every other header and the emitted text are written in. Nothing is included, so that it
// compiles with NVRTC without a toolkit and with a host compiler for the simulator.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef u64 usize;
typedef i64 isize;
typedef float f32;
typedef double f64;
#if defined(__SIZEOF_INT128__) || defined(__CUDACC_RTC_INT128__)
typedef unsigned __int128 u128;
typedef __int128 i128;
#define RK_HAS_INT128 1
#endif

#if defined(__CUDACC__)
#define RK_DEVICE static __device__ __forceinline__
#define RK_MEMBER __device__ __forceinline__
#define RK_COLD static __device__ __noinline__
#define RK_FUNCTION static __device__
#define RK_TABLE static __device__ const
#define RK_CONSTANT __device__ constexpr
#define RK_COPY(TO, FROM, BYTES) memcpy(TO, FROM, BYTES)
#else
#define RK_DEVICE static inline
#define RK_MEMBER inline
#define RK_COLD static __attribute__((noinline))
#define RK_FUNCTION static
#define RK_TABLE static const
#define RK_CONSTANT constexpr
#define RK_COPY(TO, FROM, BYTES) __builtin_memcpy(TO, FROM, BYTES)
#endif

// The offset of a member; NVRTC has no <stddef.h> and no builtin of this name.
#if defined(__CUDACC_RTC__)
#define RK_OFFSET_OF(TYPE, MEMBER) __INTADDR__(&(((TYPE*)0)->MEMBER))
#else
#define RK_OFFSET_OF(TYPE, MEMBER) __builtin_offsetof(TYPE, MEMBER)
#endif

static_assert(sizeof(u8) == 1 && sizeof(u16) == 2 && sizeof(u32) == 4 && sizeof(u64) == 8, "integer widths");

namespace rk {

struct Context;

// `()` where a type must have values.
struct Unit {
    RK_MEMBER bool operator==(const Unit&) const { return true; }
};

// `[T; N]`: an array that is copied and returned like any value.
template <class T, usize N> struct Array {
    T data[N];
    RK_MEMBER T& operator[](usize i) { return data[i]; }
    RK_MEMBER const T& operator[](usize i) const { return data[i]; }
};
template <class T> struct Array<T, 0> {
    RK_MEMBER T& operator[](usize) { return *(T*)this; }
    RK_MEMBER const T& operator[](usize) const { return *(const T*)this; }
};

// `&[T]` and `&mut [T]`: `T` is const for the former.
template <class T> struct Slice {
    T* data;
    usize len;
    RK_MEMBER T& operator[](usize i) const { return data[i]; }
    RK_MEMBER operator Slice<const T>() const { return Slice<const T>{data, len}; }
};
template <class T> struct Slice<const T> {
    const T* data;
    usize len;
    RK_MEMBER const T& operator[](usize i) const { return data[i]; }
};

// Whether values have no bytes.
template <class T> struct IsEmpty {
    static constexpr bool VALUE = __is_empty(T);
};

// `Option<T>`: tag 0 is `None`. A payload without bytes has no member.
template <class T, bool EMPTY = IsEmpty<T>::VALUE> struct Option {
    u32 tag;
    T value;
};
template <class T> struct Option<T, true> {
    u32 tag;
};
template <class T> RK_DEVICE Option<T> some(const T& value) {
    Option<T> made{};
    made.tag = 1;
    if constexpr (!IsEmpty<T>::VALUE) made.value = value;
    return made;
}
template <class T> RK_DEVICE Option<T> some() {
    Option<T> made{};
    made.tag = 1;
    return made;
}

// What `try_tell` gives: tag 0 is sent, tag 1 is the message back.
template <class M, bool EMPTY = IsEmpty<M>::VALUE> struct TryTell {
    u32 tag;
    M value;
};
template <class M> struct TryTell<M, true> {
    u32 tag;
};

// `Reply<T>`: the right to answer one question; 0 is none.
template <class T> struct Reply {
    u64 id;
};

// Handles of data that all actors share.
template <class T> struct SharedSlice {
    u32 id, len;
};
template <class T> struct SharedAtomics {
    u32 id, len;
};

// `for x in a..=b`, which may end at the last value of the type.
template <class T> struct RangeInclusive {
    T at, last;
    bool more;
    RK_MEMBER RangeInclusive(T from, T to) : at(from), last(to), more(from <= to) {}
    RK_MEMBER void step() {
        more = at != last;
        if (more) ++at;
    }
};

// ---- moving and dropping ------------------------------------------------------------------------------------------

template <class T> RK_DEVICE T take(T& place) {
    T old = place;
    place = T{};
    return old;
}
template <class T> RK_DEVICE T replace(T& place, const T& value) {
    T old = place;
    place = value;
    return old;
}
template <class T> RK_DEVICE void swap(T& a, T& b) {
    T old = a;
    a = b;
    b = old;
}

RK_DEVICE void drop_reply(Context& ctx, u64 reply);
template <class T> RK_DEVICE void drop(Context& ctx, T& value) { value.rk_drop(ctx); }
template <class T> RK_DEVICE void drop(Context& ctx, Reply<T>& reply) { drop_reply(ctx, reply.id); }
template <class T> RK_DEVICE void drop(Context& ctx, Option<T>& option) {
    if (option.tag != 0) drop(ctx, option.value);
}
template <class M> RK_DEVICE void drop(Context& ctx, TryTell<M>& back) {
    if (back.tag != 0) drop(ctx, back.value);
}
template <class T, usize N> RK_DEVICE void drop(Context& ctx, Array<T, N>& array) {
    for (usize i = 0; i < N; ++i) drop(ctx, array.data[i]);
}
template <class T> RK_DEVICE void discard(Context& ctx, T value) { drop(ctx, value); }
template <class T> RK_DEVICE void assign(Context& ctx, T& place, const T& value) {
    T old = place;
    place = value;
    drop(ctx, old);
}

// Drops a variable at the end of its scope, however that is left.
template <class T> struct Guard {
    Context& ctx;
    T& value;
    RK_MEMBER ~Guard() { drop(ctx, value); }
};

// ---- equality -----------------------------------------------------------------------------------------------------

template <class T> RK_DEVICE bool equal(const T& a, const T& b) { return a == b; }
template <class T> RK_DEVICE bool equal(const Option<T>& a, const Option<T>& b) {
    if constexpr (IsEmpty<T>::VALUE) {
        return a.tag == b.tag;
    } else {
        return a.tag == b.tag && (a.tag == 0 || equal(a.value, b.value));
    }
}
template <class T, usize N> RK_DEVICE bool equal(const Array<T, N>& a, const Array<T, N>& b) {
    for (usize i = 0; i < N; ++i) {
        if (!equal(a.data[i], b.data[i])) return false;
    }
    return true;
}
template <class T> RK_DEVICE bool equal(const Slice<const T>& a, const Slice<const T>& b) {
    if (a.len != b.len) return false;
    for (usize i = 0; i < a.len; ++i) {
        if (!equal(a.data[i], b.data[i])) return false;
    }
    return true;
}

// ---- order --------------------------------------------------------------------------------------------------------

// -1, 0, 1; 2 where neither is less nor are they equal.
#define RK_COMPARE(T)                                                                                                  \
    RK_DEVICE i32 compare(T a, T b) { return a < b ? -1 : a == b ? 0 : a > b ? 1 : 2; }
RK_COMPARE(bool)
RK_COMPARE(u8)
RK_COMPARE(u16)
RK_COMPARE(u32)
RK_COMPARE(u64)
RK_COMPARE(i8)
RK_COMPARE(i16)
RK_COMPARE(i32)
RK_COMPARE(i64)
#if defined(RK_HAS_INT128)
RK_COMPARE(u128)
RK_COMPARE(i128)
#endif
RK_COMPARE(f32)
RK_COMPARE(f64)
RK_DEVICE i32 compare(const Unit&, const Unit&) { return 0; }
template <class T> RK_DEVICE i32 compare(const T& a, const T& b) { return a.rk_compare(b); }
template <class T> RK_DEVICE i32 compare(const Option<T>& a, const Option<T>& b) {
    if (a.tag != b.tag) return a.tag < b.tag ? -1 : 1;
    if constexpr (IsEmpty<T>::VALUE) return 0;
    else return a.tag == 0 ? 0 : compare(a.value, b.value);
}
template <class T> RK_DEVICE i32 compare(const T* a, usize a_len, const T* b, usize b_len) {
    for (usize i = 0; i < a_len && i < b_len; ++i) {
        if (i32 said = compare(a[i], b[i])) return said;
    }
    return compare(a_len, b_len);
}
template <class T, usize N> RK_DEVICE i32 compare(const Array<T, N>& a, const Array<T, N>& b) {
    return compare(a.data, N, b.data, N);
}
template <class T> RK_DEVICE i32 compare(const Slice<T>& a, const Slice<T>& b) {
    return compare(a.data, a.len, b.data, b.len);
}
template <class A, class B> RK_DEVICE bool less(const A& a, const B& b) { return compare(a, b) < 0; }
template <class A, class B> RK_DEVICE bool less_or_equal(const A& a, const B& b) { return compare(a, b) <= 0; }
template <class A, class B> RK_DEVICE bool greater(const A& a, const B& b) { return compare(a, b) == 1; }
template <class A, class B> RK_DEVICE bool greater_or_equal(const A& a, const B& b) {
    i32 said = compare(a, b);
    return said == 0 || said == 1;
}
template <class T> RK_DEVICE T greatest(const T& a, const T& b) { return compare(b, a) < 0 ? a : b; }
template <class T> RK_DEVICE T least(const T& a, const T& b) { return compare(b, a) < 0 ? b : a; }

// `Ordering` and `Option<Ordering>`: tags 0, 1, 2 are less, equal, greater.
template <class O, class A, class B> RK_DEVICE O ordering(const A& a, const B& b) {
    O made{};
    made.tag = (u32)(compare(a, b) + 1);
    return made;
}
template <class O, class A, class B> RK_DEVICE O partial_ordering(const A& a, const B& b) {
    O made{};
    i32 said = compare(a, b);
    made.tag = said != 2;
    if (said != 2) made.value.tag = (u32)(said + 1);
    return made;
}
template <class O> RK_DEVICE bool is_lt(const O& said) { return said.tag == 0; }
template <class O> RK_DEVICE bool is_le(const O& said) { return said.tag != 2; }
template <class O> RK_DEVICE bool is_gt(const O& said) { return said.tag == 2; }
template <class O> RK_DEVICE bool is_ge(const O& said) { return said.tag != 0; }
template <class O> RK_DEVICE bool is_eq(const O& said) { return said.tag == 1; }
template <class O> RK_DEVICE bool is_ne(const O& said) { return said.tag != 1; }
template <class O> RK_DEVICE O opposite(O said) {
    said.tag = 2 - said.tag;
    return said;
}
template <class O> RK_DEVICE O then(const O& first, const O& second) { return first.tag == 1 ? second : first; }
template <class O> RK_DEVICE bool said_less(const O& said) { return said.tag != 0 && is_lt(said.value); }
template <class O> RK_DEVICE bool said_less_or_equal(const O& said) { return said.tag != 0 && is_le(said.value); }
template <class O> RK_DEVICE bool said_greater(const O& said) { return said.tag != 0 && is_gt(said.value); }
template <class O> RK_DEVICE bool said_greater_or_equal(const O& said) { return said.tag != 0 && is_ge(said.value); }

// ---- arrays and slices --------------------------------------------------------------------------------------------

template <class T, usize N> RK_DEVICE Slice<T> slice(Array<T, N>& array) { return Slice<T>{array.data, N}; }
template <class T, usize N> RK_DEVICE Slice<const T> slice(const Array<T, N>& array) {
    return Slice<const T>{array.data, N};
}
template <class T> RK_DEVICE Slice<T> slice(const Slice<T>& slice) { return slice; }
template <class A> RK_DEVICE auto subslice(A& of, usize from, usize to) {
    auto whole = slice(of);
    whole.data += from;
    whole.len = to - from;
    return whole;
}
template <class T> RK_DEVICE Slice<T> subslice(const Slice<T>& of, usize from, usize to) {
    return Slice<T>{of.data + from, to - from};
}
// The rest of an array that a pattern left over.
template <class A, class B> RK_DEVICE A* subarray(B& of, usize from) { return (A*)&of.data[from]; }
template <class A, class B> RK_DEVICE const A* subarray(const B& of, usize from) { return (const A*)&of.data[from]; }
template <class S, class A> RK_DEVICE S slice_of(A& of) { return slice(of); }
template <class A> struct ElementOf;
template <class T, usize N> struct ElementOf<Array<T, N>> {
    using Type = T;
    static constexpr usize LEN = N;
};
// `[value; N]`
template <class A> RK_DEVICE A repeat(const typename ElementOf<A>::Type& value) {
    A made;
    for (usize i = 0; i < ElementOf<A>::LEN; ++i) made.data[i] = value;
    return made;
}
template <class A, class T> RK_DEVICE void fill(A&& of, const T& value) {
    auto all = slice(of);
    for (usize i = 0; i < all.len; ++i) all.data[i] = value;
}
template <class A> RK_DEVICE void reverse(A&& of) {
    auto all = slice(of);
    for (usize i = 0; i < all.len / 2; ++i) swap(all.data[i], all.data[all.len - 1 - i]);
}
template <class A, class B> RK_DEVICE void copy_from(A&& to, const B& from) {
    auto target = slice(to);
    auto source = slice(from);
    for (usize i = 0; i < target.len; ++i) target.data[i] = source.data[i];
}
template <class A, class T> RK_DEVICE bool contains(const A& of, const T& value) {
    auto all = slice(of);
    for (usize i = 0; i < all.len; ++i) {
        if (equal(all.data[i], value)) return true;
    }
    return false;
}
// `get`, `first`, `last`: an `Option` of a reference.
template <class O, class A> RK_DEVICE O get(A&& of, usize i) {
    auto all = slice(of);
    if (i < all.len) return O{1, &all.data[i]};
    return O{};
}
template <class O, class A> RK_DEVICE O first(A&& of) { return get<O>(of, 0); }
template <class O, class A> RK_DEVICE O last(A&& of) { return get<O>(of, slice(of).len - 1); }

// ---- Option -------------------------------------------------------------------------------------------------------

template <class T> RK_DEVICE T unwrap_or(const Option<T>& option, const T& otherwise) {
    if constexpr (IsEmpty<T>::VALUE) return T{};
    else return option.tag != 0 ? option.value : otherwise;
}
template <class T> RK_DEVICE T unwrap_or_default(const Option<T>& option) {
    if constexpr (IsEmpty<T>::VALUE) return T{};
    else return option.tag != 0 ? option.value : T{};
}
template <class T> RK_DEVICE Option<T> option_or(const Option<T>& option, const Option<T>& otherwise) {
    return option.tag != 0 ? option : otherwise;
}
template <class A, class B> RK_DEVICE B option_and(const A& option, const B& other) {
    return option.tag != 0 ? other : B{};
}
template <class T> RK_DEVICE Option<T> option_xor(const Option<T>& option, const Option<T>& other) {
    if ((option.tag != 0) == (other.tag != 0)) return Option<T>{};
    return option.tag != 0 ? option : other;
}
template <class O, class A, class B> RK_DEVICE O option_zip(const Option<A>& a, const Option<B>& b) {
    O made{};
    if (a.tag == 0 || b.tag == 0) return made;
    made.tag = 1;
    if constexpr (!IsEmpty<A>::VALUE && !IsEmpty<B>::VALUE) made.value = {a.value, b.value};
    else if constexpr (!IsEmpty<A>::VALUE) made.value = {a.value};
    else if constexpr (!IsEmpty<B>::VALUE) made.value = {b.value};
    return made;
}
template <class O> RK_DEVICE O option_flatten(const Option<O>& option) { return option.tag != 0 ? option.value : O{}; }
template <class O, class T> RK_DEVICE O as_ref(T& option) {
    if (option.tag != 0) return O{1, &option.value};
    return O{};
}
template <class O, class T> RK_DEVICE O copied(const Option<T*>& option) {
    if (option.tag != 0) return O{1, *option.value};
    return O{};
}
template <class O, class T> RK_DEVICE O then_some(bool condition, const T& value) {
    if (condition) return O{1, value};
    return O{};
}

}  // namespace rk
