// Stands in for CUDA on a CPU: a fiber a thread, all blocks at once, switched at polls, barriers and shuffles under a random schedule.
// For the logic of the kernels only: memory is sequentially consistent here.
#pragma once
#include <ucontext.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#define EMULATED 1
#define UNROLL
#define FORGET(x)
#define FORGET32(x)
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define __restrict__
using std::max;
using std::min;

struct Index {
    int x, y, z;
};
struct float4 {
    float x, y, z, w;
};
inline float4 make_float4(float a, float b, float c, float d) { return {a, b, c, d}; }

struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    bool done = false;
    int asleep = 0; // turns it does not take
    int t;
    float lane; // what it offers to a shuffle
};
struct Barrier {
    int arrived = 0;
    unsigned generation = 0;
};
struct Block {
    int id, asleep = 0;
    std::vector<Fiber> fibers;
    std::vector<float> shared;
    Barrier whole;
    std::vector<Barrier> warps;
};
static std::vector<Block*> blocks;
static Block* block;
static Fiber* fiber;
static ucontext_t scheduler;
static Index grid_dim, block_dim;
static std::function<void()> body;
#define threadIdx (Index{fiber->t, 0, 0})
#define blockIdx (Index{block->id, 0, 0})
#define gridDim grid_dim
#define blockDim block_dim
// The last floats of a block's shared memory are its one static word.
#define SHARED_FLOATS float* sm = block->shared.data()
#define SHARED_WORD(name) Word& name = *(Word*)(block->shared.data() + block->shared.size() - 4)

inline void give_way() {
    Fiber* f = fiber;
    Block* b = block;
    swapcontext(&f->context, &scheduler);
    fiber = f;
    block = b;
}
inline void meet(Barrier& b, int all) {
    const unsigned generation = b.generation;
    if (++b.arrived == all) {
        b.arrived = 0;
        b.generation++;
    } else
        while (b.generation == generation) give_way();
}
inline void __syncthreads() { meet(block->whole, (int)block->fibers.size()); }
inline float shuffle(float v, int by, int width) {
    fiber->lane = v;
    Barrier& warp = block->warps[fiber->t / 32];
    meet(warp, 32);
    const int t = fiber->t, l = t % width + by;
    const float got = l < 0 || l >= width ? v : block->fibers[t + by].lane;
    meet(warp, 32);
    return got;
}
#define __shfl_up_sync(mask, v, by, width) shuffle(v, -(by), width)
#define __shfl_down_sync(mask, v, by, width) shuffle(v, by, width)
inline float __uint_as_float(unsigned u) {
    float f;
    memcpy(&f, &u, 4);
    return f;
}
inline unsigned __float_as_uint(float f) {
    unsigned u;
    memcpy(&u, &f, 4);
    return u;
}
inline float4 __ldcg(const float4* p) { return *p; }
inline void __threadfence() {}
template <class T> T atomicAdd(T* p, T v) {
    T old = *p;
    *p += v;
    return old;
}
inline unsigned atomicAdd(unsigned* p, int v) { return atomicAdd(p, (unsigned)v); }

struct Word;
inline Word load_word(const Word* p);
inline void store_word(Word* p, Word w);
inline Word load_word_system(const Word* p);
inline void store_word_system(Word* p, Word w);
inline unsigned load_relaxed(const unsigned* p) {
    give_way();
    return *p;
}
inline void store_relaxed(unsigned* p, unsigned v) { *p = v; }
#include "word.cuh"
inline Word load_word(const Word* p) {
    if (rand() % 3 == 0) give_way();
    return *p;
}
inline void store_word(Word* p, Word w) { *p = w; }
inline Word load_word_system(const Word* p) {
    give_way();
    return *p;
}
inline void store_word_system(Word* p, Word w) { *p = w; }

inline void enter() {
    body();
    fiber->done = true;
    swapcontext(&fiber->context, &scheduler);
}
inline void launch(int count, int threads, size_t shared_bytes, std::function<void()> kernel) {
    grid_dim = {count, 1, 1};
    block_dim = {threads, 1, 1};
    body = kernel;
    for (int i = 0; i < count; i++) {
        Block* b = new Block;
        b->id = i;
        b->fibers.resize(threads);
        b->shared.assign((shared_bytes / 4 + 3) / 4 * 4 + 4, 1e30f); // nobody may count on zeros
        b->warps.resize((threads + 31) / 32);
        for (int t = 0; t < threads; t++) {
            Fiber& f = b->fibers[t];
            f.t = t;
            f.stack.resize(65536);
            getcontext(&f.context);
            f.context.uc_stack.ss_sp = f.stack.data();
            f.context.uc_stack.ss_size = f.stack.size();
            f.context.uc_link = nullptr;
            makecontext(&f.context, enter, 0);
        }
        blocks.push_back(b);
    }
    // Fair turns would hide what only a late tile or a late thread uncovers: both sleep now and then.
    for (size_t left = (size_t)count * threads; left;)
        for (Block* b : blocks) {
            if (b->asleep > 0 && b->asleep-- > 1) continue;
            if (rand() % 32 == 0) b->asleep = rand() % 100;
            const int n = (int)b->fibers.size(), first = rand() % n;
            for (int i = 0; i < n; i++) {
                Fiber& f = b->fibers[(i + first) % n];
                if (f.done || (f.asleep > 0 && f.asleep-- > 1)) continue;
                if (rand() % 64 == 0) f.asleep = rand() % 50;
                block = b;
                fiber = &f;
                swapcontext(&scheduler, &f.context);
                left -= f.done;
            }
        }
    for (Block* b : blocks) delete b;
    blocks.clear();
}
