// How a function of device code says that it could not go on.
//
// Owns: `Status`, and the macros that pass it to the caller. What a failure carries is written down by `fail`, which each
// kernel's context has.
#pragma once
#include "types.cuh"

namespace rk {

typedef u32 Status;
constexpr Status OK = 0;
constexpr Status FAILED = 1;
constexpr Status KILLED = 2;

RK_DEVICE Status fail(Context& ctx, u32 site, u64 value);

// Failure sites that belong to the runtime; the compiler numbers its own from 0.
constexpr u32 SITE_POOL_EXHAUSTED = 0xffffff00u;
constexpr u32 SITE_BAD_TAG = 0xffffff01u;
constexpr u32 NO_SITE = 0xffffffffu;

}  // namespace rk

#define RK_CHECK(COND, CTX, SITE, VALUE)                                                                               \
    do {                                                                                                               \
        if (!(COND)) return rk::fail(CTX, SITE, (u64)(VALUE));                                                         \
    } while (0)
#define RK_TRY(STATUS)                                                                                                 \
    do {                                                                                                               \
        rk::Status rk_status = (STATUS);                                                                               \
        if (rk_status != rk::OK) return rk_status;                                                                     \
    } while (0)
