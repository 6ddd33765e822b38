// Cells of fields in device memory: how one is read and written.
//
// Owns: three names, so that the simulator can put switch points in their place. An access is an ordinary one: meetings of
// tiles order what one tile writes and another reads, and nothing else does.
#pragma once
#include "types.cuh"

namespace rk {

template <class T> RK_DEVICE T load_cell(const T* p) { return *p; }
template <class T> RK_DEVICE void store_cell(T* p, const T& v) { *p = v; }

// Accesses by what this gives are known not to be of shared memory or a thread's own; those of structures are not, since NVRTC 13.0 refuses
// to be told so of one of three bytes.
template <class T> RK_DEVICE T* in_device_memory(T* p) {
    if constexpr (!__is_class(T)) __builtin_assume(__isGlobal(p));
    return p;
}

}  // namespace rk
