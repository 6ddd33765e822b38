// What the parts cost: waiting for neighbours, for the whole grid, and 64 bytes from tile to tile.
// A wait includes the block's own barriers before and after it, as a step has them.
#pragma once
#include "word.cuh"

enum { GRID_COUNTER, GRID_FLAGS, GRID_GATHER, GRID_FLAGS_RELAXED };
__device__ __forceinline__ void spin_guard(unsigned& n, unsigned* fail, bool& dead) {
    if ((++n & 1023) == 0 && (n > 2000000 || load_relaxed(fail))) {
        store_relaxed(fail, 9);
        dead = true;
    }
}
template <int HOW> __global__ void barrier_grid(unsigned* m, unsigned n, unsigned* fail) {
    const unsigned G = gridDim.x, b = blockIdx.x;
    unsigned tries = 0;
    bool dead = false;
    for (unsigned i = 1; i <= n; i++) {
        __syncthreads();
        if (HOW == GRID_COUNTER) {
            if (threadIdx.x == 0) {
                asm volatile("red.release.gpu.global.add.u32 [%0],1;" ::"l"(m) : "memory");
                while (!dead && (int)(load_acquire(m) - i * G) < 0) spin_guard(tries, fail, dead);
            }
        }
        if (HOW == GRID_FLAGS) {
            if (threadIdx.x == 0) store_release(m + b, i);
            for (unsigned k = threadIdx.x; k < G; k += blockDim.x)
                while (!dead && (int)(load_acquire(m + k) - i) < 0) spin_guard(tries, fail, dead);
        }
        if (HOW == GRID_FLAGS_RELAXED) {
            if (threadIdx.x == 0) store_relaxed(m + b, i);
            for (unsigned k = threadIdx.x; k < G; k += blockDim.x)
                while (!dead && (int)(load_relaxed(m + k) - i) < 0) spin_guard(tries, fail, dead);
        }
        if (HOW == GRID_GATHER) {
            if (b == 0) {
                if (threadIdx.x == 0) store_release(m + b, i);
                for (unsigned k = threadIdx.x; k < G; k += blockDim.x)
                    while (!dead && (int)(load_acquire(m + k) - i) < 0) spin_guard(tries, fail, dead);
                __syncthreads();
                if (threadIdx.x == 0) store_release(m + 4096, i);
            } else if (threadIdx.x == 0) {
                store_release(m + b, i);
                while (!dead && (int)(load_acquire(m + 4096) - i) < 0) spin_guard(tries, fail, dead);
            }
        }
        __syncthreads();
    }
}
// N neighbours of a periodic grid: six of three axes, or the eight of two. FENCED: the words order other memory as well; a halo
// whose words carry their own numbers does not need that.
template <int N, int FENCED>
__global__ void barrier_neighbours(Word* inbox, int bx, int by, int bz, unsigned n, unsigned* fail) {
    const int b = blockIdx.x, cx = b % bx, cy = b / bx % by, cz = b / (bx * by), t = threadIdx.x;
    int to = 0, slot = t;
    bool dead = false;
    unsigned tries = 0;
    if (t < N) {
        int dx = 0, dy = 0, dz = 0;
        if (N == 6) {
            int s = t & 1 ? 1 : -1;
            (t < 2 ? dx : t < 4 ? dy : dz) = s;
            slot = t ^ 1;
        } else {
            int k = t < 4 ? t : t + 1;
            dx = k % 3 - 1;
            dy = k / 3 - 1;
            slot = 7 - t;
        }
        to = (((cz + dz + bz) % bz) * by + (cy + dy + by) % by) * bx + (cx + dx + bx) % bx;
    }
    Word* out = inbox + (size_t)to * 16 + slot;
    const Word* in = inbox + (size_t)b * 16 + t;
    for (unsigned i = 1; i <= n; i++) {
        __syncthreads();
        if (t < N) {
            if (FENCED) __threadfence();
            store_word(out + (i & 1) * 8, Word{i, 0, 0, 0});
            while (!dead && load_word(in + (i & 1) * 8).seq != i) spin_guard(tries, fail, dead);
            if (FENCED) __threadfence();
        }
        __syncthreads();
    }
}
// 64 bytes, four lanes of a word each, to the neighbour and back.
__global__ void message(Word* inbox, unsigned n, unsigned* fail, unsigned* sum) {
    const unsigned b = blockIdx.x, o = b ^ 1u, t = threadIdx.x;
    if (t >= 4 || o >= gridDim.x) return;
    bool dead = false;
    unsigned tries = 0;
    Word* out = inbox + (size_t)o * 8 + t;
    const Word* in = inbox + (size_t)b * 8 + t;
    unsigned acc = 0;
    for (unsigned i = 1; i <= n; i++) {
        if (!(b & 1)) store_word(out, Word{i, acc, b, t});
        Word w;
        do {
            w = load_word(in);
            if (w.seq != i) spin_guard(tries, fail, dead);
        } while (w.seq != i && !dead);
        acc += w.a + 1;
        __syncwarp(0xf);
        if (b & 1) store_word(out, Word{i, acc, b, t});
    }
    sum[b * 4 + t] = acc;
}
