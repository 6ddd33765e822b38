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

#if defined(__CUDACC__)
#define RK_DEVICE static __device__ __forceinline__
#define RK_MEMBER __device__ __forceinline__
#define RK_COLD static __device__ __noinline__
#define RK_CONSTANT __device__ constexpr
#define RK_COPY(TO, FROM, BYTES) memcpy(TO, FROM, BYTES)
#else
#define RK_DEVICE static inline
#define RK_MEMBER inline
#define RK_COLD static __attribute__((noinline))
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
