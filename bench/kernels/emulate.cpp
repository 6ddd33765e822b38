// Runs the kernels on the CPU and compares each with the plain reference, bit by bit. Exits with 1 if anything differs.
#include "emulate.h"
#include "stream.cuh"
#include "wave.cuh"

typedef std::vector<float> Field;
static bool wrong = false;

static Field noise(size_t n) {
    Field f(n);
    for (float& x : f) x = (rand() % 1000) / 1000.f;
    return f;
}
static void run_reference(Field& p, Field& q, int nx, int ny, int nz, int bc, int steps) {
    Fiber one;
    Block b;
    one.t = 0;
    fiber = &one;
    block = &b;
    block_dim = {1, 1, 1};
    for (int s = 0; s < steps; s++) {
        for (b.id = 0; b.id < (int)p.size(); b.id++) reference(p.data(), q.data(), nx, ny, nz, 0.1f, bc);
        p.swap(q);
    }
}
static size_t differences(const Field& a, const Field& b) {
    size_t n = 0;
    for (size_t i = 0; i < a.size(); i++) n += memcmp(&a[i], &b[i], 4) != 0;
    return n;
}
static void report(const char* name, const char* what, size_t differ, unsigned failed) {
    const bool bad = differ || failed;
    wrong |= bad;
    printf("%s %s %s: %zu differ, fail %u\n", bad ? "WRONG" : "ok   ", name, what, differ, failed);
    fflush(stdout);
}

// Every boundary, without and with a message for a corner cell of the last tile, in two launches of which the second finds the words of
// the first.
template <class S, class K> void check(const char* name, K k, int bytes, int bx, int by, int bz, int steps) {
    const int nx = bx * S::TX, ny = by * S::TY, nz = bz * S::TZ, tiles = bx * by * bz, hit = tiles - 1;
    const unsigned cell = S::TX * S::TY - 1;
    const size_t at = ((size_t)(bz - 1) * S::TZ * ny + by * S::TY - 1) * nx + bx * S::TX - 1;
    for (int bc = 0; bc < 3; bc++)
        for (bool message : {false, true}) {
            Field p = noise((size_t)nx * ny * nz), q = noise(p.size()), r = p, s = q;
            std::vector<Word> inbox((size_t)tiles * 2 * S::W, Word{0, 0, 0, 0}), control(tiles * 8, Word{0, 0, 0, 0}),
                host(24, Word{0, 0, 0, 0});
            unsigned failed = 0, answer = 0;
            if (message) control[hit * 8] = Word{1, cell, __float_as_uint(0.5f), 0};
            auto go = [&](int n, unsigned done) {
                Args a{p.data(), q.data(), inbox.data(), control.data(), host.data(), (unsigned)tiles, &failed, bx, by, bz,
                       bc,       0.1f,     (unsigned)n,  done};
                launch(tiles, S::NT, bytes, [&] { k(a); });
            };
            go(steps, 0);
            int when = 0;
            if (message) {
                answer = host[8].seq != 1;
                when = (int)host[8].b;
                run_reference(r, s, nx, ny, nz, bc, when);
                answer |= host[8].a != __float_as_uint(r[at]);
                r[at] += 0.5f;
                control[hit * 8].seq = 0;
            }
            go(steps + 1, steps);
            run_reference(r, s, nx, ny, nz, bc, 2 * steps + 1 - when);
            static const char* const boundary[] = {"fixed", "periodic", "reflect"};
            char what[96];
            snprintf(what, 96, "tiles %dx%dx%d %s%s%s", bx, by, bz, boundary[bc], message ? ", message" : "",
                     answer ? ", answer WRONG" : "");
            report(name, what, differences(p, r) + differences(q, s), failed | answer);
        }
}
template <int T, int LX, int HY> void check_stream(int nx, int ny, int nz, int zc, int passes, int count) {
    Field p = noise((size_t)nx * ny * nz), q = noise(p.size()), r = p, s = q, p2(p.size()), q2(p.size());
    unsigned counter = 0, failed = 0;
    StreamArgs a{p.data(), q.data(), p2.data(), q2.data(), &counter, nx, ny, nz, zc, 0.1f, (unsigned)passes, &failed};
    launch(count, LX * HY, 2 * T * LX * 4 * HY * 4, [&] { wave_stream<T, LX, HY, 1>(a); });
    run_reference(r, s, nx, ny, nz, REFLECT, T * passes);
    char what[96];
    snprintf(what, 96, "T %d, %dx%d columns, %dx%dx%d zc %d", T, LX * 4, HY, nx, ny, nz, zc);
    report("stream", what, differences(passes % 2 ? p2 : p, r) + differences(passes % 2 ? q2 : q, s), failed);
}
template <int LX, int LY> void check_stream1(int nx, int ny, int nz, int zc, int passes, int count) {
    Field p = noise((size_t)nx * ny * nz), q = noise(p.size()), r = p, s = q;
    unsigned counter = 0, failed = 0;
    StreamArgs a{p.data(), q.data(), nullptr, nullptr, &counter, nx, ny, nz, zc, 0.1f, (unsigned)passes, &failed};
    launch(count, LX * LY, 0, [&] { wave_stream1<LX, LY>(a); });
    run_reference(r, s, nx, ny, nz, REFLECT, passes);
    if (passes % 2) p.swap(q);
    char what[96];
    snprintf(what, 96, "T 1, %dx%d columns, %dx%dx%d zc %d", LX * 4, LY, nx, ny, nz, zc);
    report("stream", what, differences(p, r) + differences(q, s), failed);
}

#define UNWRAP(...) __VA_ARGS__
#define REGS(s, ...)                                                                                                   \
    check<Shape<UNWRAP s>>("regs " #s, wave_regs<Shape<UNWRAP s>, 0, 1>, 2 * Shape<UNWRAP s>::BUF * 4, __VA_ARGS__)
#define SHARED(gz, nsh, s, ...)                                                                                        \
    check<Shape<UNWRAP s>>("shared g" #gz " s" #nsh " " #s, wave_shared<Shape<UNWRAP s>, gz, nsh, 0, 1>,               \
                           Shape<UNWRAP s>::ONE + nsh * Shape<UNWRAP s>::BY * Shape<UNWRAP s>::NT * 16, __VA_ARGS__)

int main() {
    REGS((8, 8, 4, 1, 2), 2, 2, 2, 3);
    REGS((16, 8, 8, 2, 4), 2, 1, 2, 3);
    REGS((16, 16, 8, 1, 4), 1, 2, 1, 4);
    REGS((16, 16, 8, 1, 1), 1, 2, 2, 3);
    REGS((32, 8, 4, 4, 2), 1, 2, 2, 3);
    SHARED(2, 1, (8, 8, 4, 1, 2), 2, 2, 2, 3);
    SHARED(2, 1, (16, 8, 8, 2, 4), 2, 1, 2, 3);
    SHARED(4, 2, (16, 8, 16, 1, 8), 1, 2, 1, 3);
    SHARED(2, 0, (32, 8, 8, 1, 8), 2, 1, 2, 3);
    check_stream1<4, 8>(24, 12, 10, 4, 3, 3);
    check_stream<2, 4, 8>(24, 12, 10, 5, 3, 3);
    check_stream<3, 4, 16>(16, 16, 9, 4, 2, 2);
    check_stream<4, 4, 16>(32, 24, 12, 12, 2, 2);
    return wrong;
}
