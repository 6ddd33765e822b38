// What the simulator offers to device code: one table of functions, and CUDA's words for a host compiler.
//
// Included before anything else. Owns the C ABI between the compiled kernel and the Rust core (src/calls.rs has the
// other half); free of the C++ standard library, so that a kernel compiles in a fraction of a second.
#pragma once

#define __device__
#define __global__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __restrict__ __restrict

// One access: what, how wide, how ordered, how far. `op` is kind | log2(size) << 4 | order << 8 | scope << 12.
struct RkSimCalls {
    void (*access)(unsigned op, void* at, void* first, void* second, unsigned line, const char* file);
    void (*fence)(unsigned scope, unsigned line, const char* file);
    unsigned long long (*collective)(unsigned kind, unsigned long long value, unsigned argument, unsigned line,
                                     const char* file);
    void (*block_sync)(unsigned line, const char* file);
    void (*sleep)(unsigned ns);
    unsigned long long (*clock)();
    unsigned (*place)(unsigned what);
    void* (*shared)(unsigned bytes, unsigned line);
    void (*event)(unsigned kind, unsigned long long a, unsigned long long b);
    // What device/traced.cuh tells: where the program calls into the templates; that a handler begins and ends; what it did.
    void (*caller)(unsigned line, const char* file);
    void (*enter)(unsigned type, unsigned tag, unsigned long long me, unsigned long long sender, unsigned long long reply,
                  const void* payload, unsigned payload_bytes, const void* state, unsigned state_bytes);
    void (*leave)(unsigned status, unsigned site, const void* state, unsigned state_bytes);
    void (*did)(unsigned kind, unsigned long long to, unsigned tag, const void* message, unsigned bytes);
};
static const RkSimCalls* rk_sim_calls;
extern "C" void rk_sim_bind(const RkSimCalls* calls) { rk_sim_calls = calls; }

#define RK_SIM_KIND_LOAD 0u
#define RK_SIM_KIND_STORE 1u
#define RK_SIM_KIND_ADD 2u
#define RK_SIM_KIND_EXCHANGE 3u
#define RK_SIM_KIND_COMPARE 4u
#define RK_SIM_KIND_AND 5u
#define RK_SIM_KIND_OR 6u
#define RK_SIM_KIND_XOR 7u
#define RK_SIM_KIND_MIN 8u
#define RK_SIM_KIND_MAX 9u
#define RK_SIM_KIND_SIGNED_MIN 10u
#define RK_SIM_KIND_SIGNED_MAX 11u
#define RK_SIM_WEAK 0u
#define RK_SIM_RELAXED 1u
#define RK_SIM_ACQUIRE 2u
#define RK_SIM_RELEASE 3u
#define RK_SIM_ACQ_REL 4u
#define RK_SIM_GPU 0u
#define RK_SIM_SYSTEM 1u

// Where an operation stands, for the reports; the call's own place, which `#line` maps to the user's source.
#define RK_SIM_HERE unsigned line = __builtin_LINE(), const char* file = __builtin_FILE()
