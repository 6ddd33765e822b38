// The simulator's half of cells.cuh: a cell is read and written in the largest parts that its alignment allows, each a switch
// point.
#pragma once
#include "memory.cuh"

namespace rk {

template <u32 ALIGN> struct SimPart {
    typedef u32 Type;
};
template <> struct SimPart<2> {
    typedef u16 Type;
};
template <> struct SimPart<1> {
    typedef u8 Type;
};

template <class T> RK_DEVICE T load_cell(const T* p, RK_SIM_HERE) {
    typedef typename SimPart<alignof(T)>::Type Part;
    T v;
    for (u32 i = 0; i < sizeof(T) / sizeof(Part); i++) {
        const Part part =
            sim_access<Part>(RK_SIM_KIND_LOAD, RK_SIM_RELAXED, RK_SIM_GPU, (const Part*)p + i, Part{}, Part{}, line, file);
        RK_COPY((Part*)&v + i, &part, sizeof(Part));
    }
    return v;
}
template <class T> RK_DEVICE void store_cell(T* p, const T& v, RK_SIM_HERE) {
    typedef typename SimPart<alignof(T)>::Type Part;
    for (u32 i = 0; i < sizeof(T) / sizeof(Part); i++) {
        Part part;
        RK_COPY(&part, (const Part*)&v + i, sizeof(Part));
        sim_access<Part>(RK_SIM_KIND_STORE, RK_SIM_RELAXED, RK_SIM_GPU, (const Part*)p + i, part, Part{}, line, file);
    }
}
template <class T> RK_DEVICE T* in_device_memory(T* p) { return p; }

}  // namespace rk
