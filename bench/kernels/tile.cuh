// A tile of TX x TY x TZ cells on one SM: where everything lies in shared memory, and how its faces travel.
//
// Shared memory holds planes -1 .. TZ of `now`: a row before the first (4 floats more), TY rows of TX, a row after the last (4
// more). Rows have no padding: lanes read 16 bytes side by side, free of bank conflicts. The x halos lie apart, compact, and so do copies
// of the two x edges that are sent: as columns of the plane they would be conflicts of 32 ways.
//
// All six faces are one list of words {seq, three floats}; word w belongs to thread w % NT, which gathers it, sends it, polls for the one
// that comes in its place, and scatters that. A tile's inbox has two parities: a neighbour can be one step ahead, and never two, as it
// needs our faces of the step between. (A stencil that reads to one side only would need an empty word back.)
#pragma once
#include "stencil.cuh"
#include "word.cuh"

struct Args {
    float *now, *before;
    Word *inbox;          // [tile][parity][W]
    Word *control, *host; // a control word each 128 bytes; mapped: command, answer at 8, end of the run at 16
    unsigned tiles;
    unsigned* fail; // nonzero: somebody waited in vain, so nobody waits any more
    int bx, by, bz; // tiles along an axis
    int bc;
    float c2;
    unsigned steps, seq0; // seq0: steps done by earlier launches, whose words still lie in the inboxes
};

template <int TX_, int TY_, int TZ_, int BY_, int CZ_> struct Shape {
    static constexpr int TX = TX_, TY = TY_, TZ = TZ_;
    static constexpr int BY = BY_, CZ = CZ_; // rows and planes a thread owns: its cells are 4 x BY x CZ
    static constexpr int LX = TX / 4, NY = TY / BY, NZ = TZ / CZ, NT = LX * NY * NZ;
    static constexpr int PLANE = TX * (TY + 2) + 8, ROW0 = TX + 4; // a face's last word may overshoot by two floats
    static constexpr int XF = (TY * TZ + 2 + 15) / 16 * 16 + 4;    // one x face: index z * TY + y
    static constexpr int FIELD = (TZ + 2) * PLANE, XS = FIELD, XH = FIELD + 2 * XF, BUF = FIELD + 4 * XF; // sent, halo
    static constexpr int WX = (TY * TZ + 2) / 3, WL = (TX + 2) / 3, WY = WL * TZ, WZ = (TX * TY + 2) / 3; // words a face
    static constexpr int WORDS = 2 * (WX + WY + WZ), PER = (WORDS + NT - 1) / NT, W = PER * NT;
    static constexpr int ONE = BUF * 4 + PER * NT * 8; // bytes: one buffer and the table of slots
    static_assert(LX * 4 == TX && NY * BY == TY && NZ * CZ == TZ && 32 % LX == 0 && NT % 32 == 0 && NT <= 1024 && BUF < 65536,
                  "shape");
};

// One word of a face: where it is gathered and scattered in shared memory, and its slot in the neighbour's inbox (NONE: not
// sent). Boundaries are settled here and cost nothing later: reflect is the slot of the tile's own inbox, same face; periodic the
// slot around; fixed no slot, and the halo stays zero.
struct Slot {
    unsigned src_dst, out;
};
template <class S> __device__ Slot make_slot(int w, int cx, int cy, int cz, const Args& a) {
    int f, k = w, src, dst;
    if (k < 2 * S::WX) {
        f = k / S::WX;
        k %= S::WX;
        src = S::XS + f * S::XF + 3 * k;
        dst = S::XH + f * S::XF + 3 * k;
    } else if ((k -= 2 * S::WX) < 2 * S::WY) {
        f = 2 + k / S::WY;
        k %= S::WY;
        int z = k / S::WL, j = 3 * (k % S::WL);
        int p = (z + 1) * S::PLANE;
        src = p + S::ROW0 + (f == 2 ? 0 : (S::TY - 1) * S::TX) + j;
        dst = p + (f == 2 ? 0 : S::ROW0 + S::TY * S::TX) + j;
    } else {
        k -= 2 * S::WY;
        f = 4 + k / S::WZ;
        k %= S::WZ;
        src = (f == 4 ? 1 : S::TZ) * S::PLANE + S::ROW0 + 3 * k;
        dst = (f == 4 ? 0 : S::TZ + 1) * S::PLANE + S::ROW0 + 3 * k;
    }
    int axis = f >> 1, up = f & 1, n = axis == 0 ? a.bx : axis == 1 ? a.by : a.bz;
    int c = (axis == 0 ? cx : axis == 1 ? cy : cz) + (up ? 1 : -1);
    bool edge = c < 0 || c >= n;
    int fs = axis == 0 ? S::WX : axis == 1 ? S::WY : S::WZ;
    int to = up ? w - fs : w + fs; // the slot of the opposite face
    if (edge) {
        if (a.bc == FIXED) return Slot{0, NONE};
        if (a.bc == PERIODIC)
            c = c < 0 ? n - 1 : 0;
        else {
            c -= up ? 1 : -1;
            to = w;
        }
    }
    if (axis == 0)
        cx = c;
    else if (axis == 1)
        cy = c;
    else
        cz = c;
    return Slot{(unsigned)src | (unsigned)dst << 16, (unsigned)(((cz * a.by + cy) * a.bx + cx) * 2 * S::W + to)};
}

// The slots of a thread: in registers, or in a table in shared memory where registers are short.
template <class S> struct InRegs {
    Slot s[S::PER];
    __device__ __forceinline__ void put(int k, Slot x) { s[k] = x; }
    __device__ __forceinline__ Slot get(int k) {
        FORGET32(s[k].src_dst); // else both halves are unpacked once and kept: twice the registers
        FORGET32(s[k].out);
        return s[k];
    }
};
template <class S> struct InShared {
    Slot* s;
    __device__ __forceinline__ void put(int k, Slot x) { s[k * S::NT] = x; }
    __device__ __forceinline__ Slot get(int k) { return s[k * S::NT]; }
};

template <class S, class L> __device__ __forceinline__ void send(L& s, const float* b, Word* inbox, unsigned seq) {
    Word* o = inbox + (seq & 1 ? S::W : 0);
    UNROLL for (int k = 0; k < S::PER; k++) {
        const Slot x = s.get(k);
        if (x.out == NONE) continue;
        const float* f = b + (x.src_dst & 0xffff);
        store_word(o + x.out, Word{seq, __float_as_uint(f[0]), __float_as_uint(f[1]), __float_as_uint(f[2])});
    }
}
// Polls all words of this thread together, so that a late face costs one round trip and not one a word. The loads have no
// condition: a branch around them would keep the values of both ways alive.
template <class S, class L>
__device__ __forceinline__ void receive(L& s, float* b, const Word* mine, unsigned seq, unsigned* fail, bool& dead) {
    const Word* in = mine + (seq & 1 ? S::W : 0);
    Word v[S::PER];
    unsigned tries = 0;
    bool ok;
    do {
        ok = true;
        UNROLL for (int k = 0; k < S::PER; k++) v[k] = load_word(in + k * S::NT);
        UNROLL for (int k = 0; k < S::PER; k++) ok &= v[k].seq == seq || s.get(k).out == NONE;
        if (!ok && (++tries & 1023) == 0 && (dead |= (tries > 400000 || load_relaxed(fail) != 0))) {
            if (tries > 400000) store_relaxed(fail, seq);
            ok = true;
        }
    } while (!(ok || dead));
    UNROLL for (int k = 0; k < S::PER; k++) {
        const Slot x = s.get(k);
        if (x.out == NONE) continue;
        float* d = b + (x.src_dst >> 16);
        d[0] = __uint_as_float(v[k].a);
        d[1] = __uint_as_float(v[k].b);
        d[2] = __uint_as_float(v[k].c);
    }
}

// A thread's place in its tile. x neighbours come from the lane beside, y neighbours from shared memory, z neighbours from registers.
template <class S> struct Place {
    int lx, y, z0;
    int own, to_front; // offset of its first cell; from its first row to the row before it
    bool left, edge;
    int xs, xh; // its cells among the x edges that are sent, and its x halo
    __device__ Place(int t) {
        lx = t % S::LX;
        y = t / S::LX % S::NY * S::BY;
        z0 = t / (S::LX * S::NY) * S::CZ;
        own = (z0 + 1) * S::PLANE + S::ROW0 + y * S::TX + 4 * lx;
        to_front = y == 0 ? -(S::TX + 4) : -S::TX;
        left = lx == 0;
        edge = lx == 0 || lx == S::LX - 1;
        int o = (left ? 0 : S::XF) + z0 * S::TY + y;
        xs = S::XS + o;
        xh = S::XH + o;
    }
};
template <class S> __device__ __forceinline__ void put(float* b, const Place<S>& p, int j, int r, float4 v) {
    F4(b + p.own + j * S::PLANE + r * S::TX) = v;
    if (p.edge) b[p.xs + j * S::TY + r] = p.left ? v.x : v.w;
}
// The new value of four cells (plane j, row r of a thread).
template <class S>
__device__ __forceinline__ float4 cells(const float* b, const Place<S>& p, int j, int r, float4 c, float4 prv, float4 front,
                                        float4 back, float4 dn, float4 up, float c2) {
    float l = __shfl_up_sync(0xffffffffu, c.w, 1, S::LX), rr = __shfl_down_sync(0xffffffffu, c.x, 1, S::LX);
    if (p.edge) {
        float h = b[p.xh + j * S::TY + r];
        if (p.left)
            l = h;
        else
            rr = h;
    }
    return wave4(c, prv, l, rr, front, back, dn, up, c2);
}

// A block beside the tiles takes the host's words from mapped memory to the tiles' control words, so that no tile looks over the bus.
__device__ inline void serve(const Args& a) {
    unsigned last = 0;
    unsigned long long n = 0;
    for (;;) {
        Word w = load_word_system(a.host);
        if (w.seq != last) {
            last = w.seq;
            if (w.c == NONE) return;
            store_word(a.control + (w.c % a.tiles) * 8, w);
            n = 0;
        } else if (++n > 4000000 || ((n & 255) == 0 && load_relaxed(a.fail)))
            return;
    }
}
