// The resident wave: launched once, the fields stay on the chip, tiles wait for their six neighbours and nobody else.
//
// MODE is for measuring: 1 no exchange, 2 no arithmetic. CONTROL: one thread looks at the tile's control word every step; a
// message there is an impulse into one cell, applied between two steps, answered with the cell's value and the step.
#pragma once
#include "tile.cuh"

// Both fields in registers, `now` published in shared memory in two buffers: two block barriers a step. For tiles up to 16 K cells.
template <class S, int MODE, int CONTROL>
__global__ void __launch_bounds__(S::NT, 1) wave_regs(const __grid_constant__ Args a) {
    if (CONTROL && blockIdx.x >= a.tiles) {
        if (threadIdx.x == 0) serve(a);
        return;
    }
    SHARED_FLOATS;
    const int t = threadIdx.x, tile = blockIdx.x, cx = tile % a.bx, cy = tile / a.bx % a.by, cz = tile / (a.bx * a.by);
    const Place<S> p(t);
    InRegs<S> s;
    UNROLL for (int k = 0; k < S::PER; k++) {
        int w = t + k * S::NT;
        s.put(k, w < S::WORDS && !(MODE & 1) ? make_slot<S>(w, cx, cy, cz, a) : Slot{0, NONE});
    }
    const size_t nx = (size_t)a.bx * S::TX, ny = (size_t)a.by * S::TY, gs = nx * ny;
    size_t g = ((size_t)cz * S::TZ + p.z0) * gs + ((size_t)cy * S::TY + p.y) * nx + cx * S::TX + 4 * p.lx;
    float4 cur[S::BY][S::CZ], prv[S::BY][S::CZ];
    for (int i = t; i < 2 * S::BUF; i += S::NT) sm[i] = 0.f;
    Word ctl{0, 0, 0, 0};
    unsigned seen = 0;
    SHARED_WORD(word);
    if (CONTROL && t == 0) word = ctl;
    __syncthreads();
    UNROLL for (int j = 0; j < S::CZ; j++) UNROLL for (int r = 0; r < S::BY; r++) {
        cur[r][j] = CF4(a.now + g + j * gs + r * nx);
        prv[r][j] = CF4(a.before + g + j * gs + r * nx);
        put<S>(sm, p, j, r, cur[r][j]);
    }
    __syncthreads();
    float *b = sm, *o = sm + S::BUF;
    bool dead = false;
    const Word* mine = a.inbox + (size_t)tile * 2 * S::W + t;
    const float c2 = a.c2;
    for (unsigned n = 1; n <= a.steps; n++) {
        const unsigned seq = a.seq0 + n;
        if (!(MODE & 1)) send<S>(s, b, a.inbox, seq);
        if (CONTROL && t == S::NT - 1) ctl = load_word(a.control + tile * 8); // in flight while the faces are awaited
        if (!(MODE & 1)) receive<S>(s, b, mine, seq, a.fail, dead);
        if (CONTROL && t == S::NT - 1) word = ctl;
        __syncthreads(); // halos are there
        const unsigned got = CONTROL ? word.seq : 0;
        if (!(MODE & 2)) {
            float4 dn[S::BY], up[S::BY];
            UNROLL for (int r = 0; r < S::BY; r++) {
                dn[r] = CF4(b + p.own - S::PLANE + r * S::TX);
                up[r] = CF4(b + p.own + S::CZ * S::PLANE + r * S::TX);
            }
            UNROLL for (int j = 0; j < S::CZ; j++) {
                const float* q = b + p.own + j * S::PLANE;
                float4 front = CF4(q + p.to_front), last = CF4(q + S::BY * S::TX);
                UNROLL for (int r = 0; r < S::BY; r++) {
                    float4 c = cur[r][j], back = r + 1 < S::BY ? cur[r + 1 < S::BY ? r + 1 : r][j] : last;
                    float4 u = j + 1 < S::CZ ? cur[r][j + 1 < S::CZ ? j + 1 : j] : up[r];
                    float4 nw = cells<S>(b, p, j, r, c, prv[r][j], front, back, dn[r], u, c2);
                    prv[r][j] = nw;
                    put<S>(o, p, j, r, nw);
                    front = c;
                    dn[r] = c;
                }
            }
            UNROLL for (int j = 0; j < S::CZ; j++) UNROLL for (int r = 0; r < S::BY; r++) {
                float4 x = cur[r][j];
                cur[r][j] = prv[r][j];
                prv[r][j] = x;
            }
        }
        float* x = b;
        b = o;
        o = x;
        __syncthreads(); // the new `now` is published
        if (CONTROL && got != seen) {
            seen = got;
            const Word m = word;
            const float by = __uint_as_float(m.b);
            UNROLL for (int j = 0; j < S::CZ; j++) UNROLL for (int r = 0; r < S::BY; r++)
                if ((int)(m.a & ~3u) == ((p.z0 + j) * S::TY + p.y + r) * S::TX + 4 * p.lx) {
                    float4 v = cur[r][j];
                    float was = (m.a & 3) == 0 ? v.x : (m.a & 3) == 1 ? v.y : (m.a & 3) == 2 ? v.z : v.w;
                    v.x += (m.a & 3) == 0 ? by : 0.f;
                    v.y += (m.a & 3) == 1 ? by : 0.f;
                    v.z += (m.a & 3) == 2 ? by : 0.f;
                    v.w += (m.a & 3) == 3 ? by : 0.f;
                    cur[r][j] = v;
                    put<S>(b, p, j, r, v);
                    store_word_system(a.host + 8, Word{m.seq, __float_as_uint(was), seq, 0});
                }
            __syncthreads();
        }
    }
    if (CONTROL && tile == 0 && t == 0) store_word_system(a.host + 16, Word{1, 0, 0, 0});
    FORGET(g); // else the addresses of the epilogue stay live, or spill, through the loop
    UNROLL for (int j = 0; j < S::CZ; j++) UNROLL for (int r = 0; r < S::BY; r++) {
        F4(a.now + g + j * gs + r * nx) = cur[r][j];
        F4(a.before + g + j * gs + r * nx) = prv[r][j];
    }
}

// `now` in shared memory alone, one buffer; `before` in registers, but for NSH planes of a thread's CZ, which lie in shared memory:
// that, and not a limit on registers, is how the kernel comes to zero bytes of spill. The new values are written group by
// group of GZ planes, each behind a block barrier; only neighbours in the plane belong to other threads. For tiles of 32^3.
template <class S, int GZ, int NSH, int MODE, int CONTROL>
__global__ void __launch_bounds__(S::NT, 1) wave_shared(const __grid_constant__ Args a) {
    if (CONTROL && blockIdx.x >= a.tiles) {
        if (threadIdx.x == 0) serve(a);
        return;
    }
    SHARED_FLOATS;
    const int t = threadIdx.x, tile = blockIdx.x, cx = tile % a.bx, cy = tile / a.bx % a.by, cz = tile / (a.bx * a.by);
    const Place<S> p(t);
    InShared<S> s{(Slot*)(sm + S::BUF) + t};
    UNROLL for (int k = 0; k < S::PER; k++) {
        int w = t + k * S::NT;
        s.put(k, w < S::WORDS && !(MODE & 1) ? make_slot<S>(w, cx, cy, cz, a) : Slot{0, NONE});
    }
    const size_t nx = (size_t)a.bx * S::TX, ny = (size_t)a.by * S::TY, gs = nx * ny;
    size_t g = ((size_t)cz * S::TZ + p.z0) * gs + ((size_t)cy * S::TY + p.y) * nx + cx * S::TX + 4 * p.lx;
    constexpr int REG = S::CZ - NSH;
    float4 prv[S::BY][REG];
    float4* const rest = (float4*)(sm + S::ONE / 4) + t; // planes REG.. of `before`
#define REST rest[(r * NSH + j - REG) * S::NT]
    float* const b = sm;
    for (int i = t; i < S::BUF; i += S::NT) b[i] = 0.f;
    Word ctl{0, 0, 0, 0};
    unsigned seen = 0;
    SHARED_WORD(word);
    if (CONTROL && t == 0) word = ctl;
    __syncthreads();
    UNROLL for (int j = 0; j < S::CZ; j++) UNROLL for (int r = 0; r < S::BY; r++)
        put<S>(b, p, j, r, CF4(a.now + g + j * gs + r * nx));
    __syncthreads();
    UNROLL for (int j = 0; j < S::CZ; j++) UNROLL for (int r = 0; r < S::BY; r++) {
        float4 v = CF4(a.before + g + j * gs + r * nx);
        if (j < REG)
            prv[r][j < REG ? j : 0] = v;
        else
            REST = v;
    }
    bool dead = false;
    const Word* mine = a.inbox + (size_t)tile * 2 * S::W + t;
    const float c2 = a.c2;
    for (unsigned n = 1; n <= a.steps; n++) {
        const unsigned seq = a.seq0 + n;
        if (!(MODE & 1)) send<S>(s, b, a.inbox, seq);
        if (CONTROL && t == S::NT - 1) ctl = load_word(a.control + tile * 8);
        if (!(MODE & 1)) receive<S>(s, b, mine, seq, a.fail, dead);
        if (CONTROL && t == S::NT - 1) word = ctl;
        __syncthreads(); // halos are there
        const unsigned got = CONTROL ? word.seq : 0;
        if (!(MODE & 2)) {
            float4 dn[S::BY], c[S::BY], top[S::BY];
            UNROLL for (int r = 0; r < S::BY; r++) {
                dn[r] = CF4(b + p.own - S::PLANE + r * S::TX);
                c[r] = CF4(b + p.own + r * S::TX);
                top[r] = CF4(b + p.own + S::CZ * S::PLANE + r * S::TX); // read before another thread overwrites it
            }
            UNROLL for (int g0 = 0; g0 < S::CZ; g0 += GZ) {
                float4 nw[S::BY][GZ];
                UNROLL for (int i = 0; i < GZ; i++) {
                    const int j = g0 + i;
                    const float* q = b + p.own + j * S::PLANE;
                    float4 front = CF4(q + p.to_front), last = CF4(q + S::BY * S::TX);
                    UNROLL for (int r = 0; r < S::BY; r++) {
                        float4 u = j + 1 < S::CZ ? CF4(q + S::PLANE + r * S::TX) : top[r];
                        float4 back = r + 1 < S::BY ? c[r + 1 < S::BY ? r + 1 : r] : last;
                        nw[r][i] = cells<S>(b, p, j, r, c[r], j < REG ? prv[r][j < REG ? j : 0] : REST, front, back, dn[r], u, c2);
                        if (j < REG)
                            prv[r][j < REG ? j : 0] = c[r];
                        else
                            REST = c[r];
                        front = c[r];
                        dn[r] = c[r];
                        c[r] = u;
                    }
                }
                __syncthreads(); // everybody has read this group's planes
                UNROLL for (int i = 0; i < GZ; i++) UNROLL for (int r = 0; r < S::BY; r++) put<S>(b, p, g0 + i, r, nw[r][i]);
            }
        }
        __syncthreads(); // the new `now` is published
        if (CONTROL && got != seen) {
            seen = got;
            const Word m = word;
            if (t == 0) {
                float* c = b + ((m.a / (S::TX * S::TY)) + 1) * S::PLANE + S::ROW0 + m.a % (S::TX * S::TY);
                const float was = *c;
                *c += __uint_as_float(m.b);
                int x = m.a % S::TX, o = m.a / S::TX;
                if (x == 0) b[S::XS + o] = *c;
                if (x == S::TX - 1) b[S::XS + S::XF + o] = *c;
                store_word_system(a.host + 8, Word{m.seq, __float_as_uint(was), seq, 0});
            }
            __syncthreads();
        }
    }
    if (CONTROL && tile == 0 && t == 0) store_word_system(a.host + 16, Word{1, 0, 0, 0});
    FORGET(g); // else the addresses of the epilogue stay live, or spill, through the loop
    UNROLL for (int j = 0; j < S::CZ; j++) UNROLL for (int r = 0; r < S::BY; r++)
        F4(a.before + g + j * gs + r * nx) = j < REG ? prv[r][j < REG ? j : 0] : REST;
    __syncthreads();
    UNROLL for (int j = 0; j < S::CZ; j++) UNROLL for (int r = 0; r < S::BY; r++)
        F4(a.now + g + j * gs + r * nx) = CF4(b + p.own + j * S::PLANE + r * S::TX);
#undef REST
}
