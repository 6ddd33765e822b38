// The host's side of a measurement: a domain and its reference, the rival tuned for it, and a resident kernel timed and compared.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <algorithm>
#include <string>
#include <vector>
#include <cuda_runtime.h>
#include "rival.cuh"
#include "tile.cuh"

#define CK(x)                                                                                                          \
    do {                                                                                                               \
        cudaError_t e_ = (x);                                                                                          \
        if (e_ != cudaSuccess) {                                                                                       \
            printf("CUDA error %s at %s:%d\n", cudaGetErrorString(e_), __FILE__, __LINE__);                            \
            fflush(stdout);                                                                                            \
            _Exit(1); /* a resident kernel may still run: no destructor would come back */                             \
        }                                                                                                              \
    } while (0)

constexpr float C2 = 0.1f;

static cudaStream_t stream;
static cudaEvent_t begin, end;
static unsigned* d_fail;
static unsigned long long* d_count;
static Word *h_map, *d_map; // mapped memory, the same for host and device
static int sms;

static void start() { CK(cudaEventRecord(begin, stream)); }
static double stop_us() {
    float ms;
    CK(cudaEventRecord(end, stream));
    CK(cudaEventSynchronize(end));
    CK(cudaEventElapsedTime(&ms, begin, end));
    return ms * 1e3;
}
// Whether somebody gave up waiting since the last call.
static const char* failed() {
    unsigned f;
    CK(cudaMemcpyAsync(&f, d_fail, 4, cudaMemcpyDeviceToHost, stream));
    CK(cudaStreamSynchronize(stream));
    CK(cudaMemsetAsync(d_fail, 0, 4, stream));
    return f ? "  FAILED (gave up waiting)" : "";
}

struct Domain {
    int nx, ny, nz;
    size_t n;
    float *p, *q; // what a kernel under test works on: now, before
    float *r, *s; // the reference, or the rival
    double graph = 0, programmatic = 0;
    std::string graph_name, programmatic_name;
    Domain(int x, int y, int z) : nx(x), ny(y), nz(z), n((size_t)x * y * z) {
        for (float** v : {&p, &q, &r, &s}) CK(cudaMalloc(v, n * 4));
    }
    ~Domain() {
        for (float* v : {p, q, r, s}) cudaFree(v);
    }
    void fill(float* a, float* b, unsigned salt) {
        init<<<(unsigned)((n + 255) / 256), 256, 0, stream>>>(a, b, n, salt);
        CK(cudaGetLastError());
    }
    void run_reference(int steps, int bc, unsigned salt) {
        fill(r, s, salt);
        for (int i = 0; i < steps; i++) {
            reference<<<(unsigned)((n + 255) / 256), 256, 0, stream>>>(r, s, nx, ny, nz, C2, bc);
            std::swap(r, s);
        }
        CK(cudaGetLastError());
    }
    // Whether both fields are the reference, bit by bit.
    const char* equal(const float* a, const float* b) {
        unsigned long long c = 0;
        CK(cudaMemsetAsync(d_count, 0, 8, stream));
        differ<<<1024, 256, 0, stream>>>((unsigned*)a, (unsigned*)r, n, d_count);
        differ<<<1024, 256, 0, stream>>>((unsigned*)b, (unsigned*)s, n, d_count);
        CK(cudaMemcpyAsync(&c, d_count, 8, cudaMemcpyDeviceToHost, stream));
        CK(cudaStreamSynchronize(stream));
        return c ? "NO" : "yes";
    }
};

// ---- the rival
typedef void (*Launched)(const float*, float*, int, int, int, float, int);
static void launch_step(Domain& d, Launched k, dim3 grid, int threads, bool programmatic, const float* a, float* b, int zc) {
    cudaLaunchConfig_t c = {};
    c.gridDim = grid;
    c.blockDim = dim3(threads);
    c.stream = stream;
    cudaLaunchAttribute at[1];
    at[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    at[0].val.programmaticStreamSerializationAllowed = 1;
    c.attrs = at;
    c.numAttrs = programmatic;
    CK(cudaLaunchKernelEx(&c, k, a, b, d.nx, d.ny, d.nz, C2, zc));
}
static void time_graph(Domain& d, const char* name, Launched k, int wx, int hy, int threads, int zc, bool programmatic,
                       int nodes, int reps) {
    if (d.nx % wx || d.ny % hy || zc > d.nz) return;
    cudaGraph_t graph;
    cudaGraphExec_t ready;
    CK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    for (int i = 0; i < nodes; i++)
        launch_step(d, k, dim3(d.nx / wx, d.ny / hy, (d.nz + zc - 1) / zc), threads, programmatic, i & 1 ? d.s : d.r,
                    i & 1 ? d.r : d.s, zc);
    CK(cudaStreamEndCapture(stream, &graph));
    CK(cudaGraphInstantiate(&ready, graph, 0));
    CK(cudaGraphLaunch(ready, stream));
    double u = 1e30;
    for (int r = 0; r < reps; r++) {
        start();
        CK(cudaGraphLaunch(ready, stream));
        u = std::min(u, stop_us() / nodes);
    }
    double& best = programmatic ? d.programmatic : d.graph;
    if (best == 0 || u < best) {
        best = u;
        (programmatic ? d.programmatic_name : d.graph_name) = std::string(name) + " zc " + std::to_string(zc);
    }
    cudaGraphExecDestroy(ready);
    cudaGraphDestroy(graph);
}
// Tries blocks and lengths of the march; `d.graph` is the best.
static void time_rival(Domain& d, int nodes, int reps = 2) {
    d.fill(d.r, d.s, 1);
    const bool large = d.nz >= 512;
    std::vector<int> z1 = {2, 4, 8, 16, 32}, z4 = {1, 2, 4, 8, 16};
    if (large) z1 = {8, 32, 128}, z4 = {8, 16, 32, 64, 128, 512};
#define SINGLE(X, Y) time_graph(d, "z-march " #X "x" #Y, graph1<X, Y>, X, Y, X * Y, zc, false, nodes, reps);
    for (int zc : z1) { SINGLE(32, 4) SINGLE(32, 8) SINGLE(64, 4) SINGLE(32, 16) }
#define FOUR(X, Y)                                                                                                     \
    time_graph(d, "z-march float4 " #X "x" #Y, graph4<X, Y>, 4 * X, Y, X * Y, zc, false, nodes, reps);                 \
    if (!large) time_graph(d, "z-march float4 " #X "x" #Y, graph4p<X, Y>, 4 * X, Y, X * Y, zc, true, nodes, reps);
    for (int zc : z4) { FOUR(8, 8) FOUR(8, 16) FOUR(16, 8) FOUR(16, 16) FOUR(32, 4) FOUR(32, 8) }
    printf("%dx%dx%d  graph %.3f us/step (%s)", d.nx, d.ny, d.nz, d.graph, d.graph_name.c_str());
    if (!large) printf(", with programmatic launch %.3f (%s)", d.programmatic, d.programmatic_name.c_str());
    printf("\n");
}
static void check_rival(Domain& d) {
    for (bool programmatic : {false, true}) {
        d.run_reference(50, REFLECT, 3);
        d.fill(d.p, d.q, 3);
        for (int i = 0; i < 50; i++) {
            launch_step(d, programmatic ? graph4p<16, 8> : graph4<16, 8>, dim3(d.nx / 64, d.ny / 8, d.nz / 8), 128,
                        programmatic, d.p, d.q, 8);
            std::swap(d.p, d.q);
        }
        printf("  rival%s bit_equal %s\n", programmatic ? " (programmatic)" : "", d.equal(d.p, d.q));
    }
}

// ---- a resident kernel
struct Kernel {
    const char* name;
    const void* code;
    int tx, ty, tz, threads, words, bytes;
};
template <class S> Kernel kernel(const char* name, const void* code, int bytes) {
    return Kernel{name, code, S::TX, S::TY, S::TZ, S::NT, S::W, bytes};
}
struct Run {
    Domain& d;
    Kernel k;
    int bx, by, bz, tiles;
    unsigned seq = 0;
    Word *inbox, *control;
    bool fits = true;
    cudaFuncAttributes attributes;
    Run(Domain& d, Kernel k, int beside = 0) : d(d), k(k), bx(d.nx / k.tx), by(d.ny / k.ty), bz(d.nz / k.tz) {
        tiles = bx * by * bz;
        CK(cudaMalloc(&inbox, (size_t)tiles * 2 * k.words * sizeof(Word)));
        CK(cudaMemsetAsync(inbox, 0, (size_t)tiles * 2 * k.words * sizeof(Word), stream));
        CK(cudaMalloc(&control, (size_t)tiles * 128));
        CK(cudaMemsetAsync(control, 0, (size_t)tiles * 128, stream));
        if (cudaFuncSetAttribute(k.code, cudaFuncAttributeMaxDynamicSharedMemorySize, k.bytes) != cudaSuccess) {
            cudaGetLastError();
            fits = false;
        }
        CK(cudaFuncGetAttributes(&attributes, k.code));
        if (tiles + beside > sms || k.tx * bx != d.nx || k.ty * by != d.ny || k.tz * bz != d.nz) fits = false;
        memset((void*)h_map, 0, 4096);
    }
    ~Run() {
        CK(cudaStreamSynchronize(stream));
        cudaFree(inbox);
        cudaFree(control);
    }
    void go(unsigned steps, int bc, int beside = 0) {
        Args a{d.p, d.q, inbox, control, d_map, (unsigned)tiles, d_fail, bx, by, bz, bc, C2, steps, seq};
        void* args[] = {&a};
        CK(cudaLaunchCooperativeKernel(k.code, dim3(tiles + beside), dim3(k.threads), args, k.bytes, stream));
        seq += steps;
    }
    double time(unsigned steps) {
        go(200, REFLECT);
        double u = 1e30;
        for (int r = 0; r < 2; r++) {
            start();
            go(steps, REFLECT);
            u = std::min(u, stop_us() / steps);
        }
        return u;
    }
    // In two launches, so that a later launch finds the words of an earlier one.
    std::string check(int bc, int steps) {
        d.fill(d.p, d.q, 5);
        go(steps / 3, bc);
        go(steps - steps / 3, bc);
        d.run_reference(steps, bc, 5);
        return d.equal(d.p, d.q);
    }
};
// `partial`: a kernel without exchange or without arithmetic, whose result means nothing.
static void measure(Domain& d, Kernel k, unsigned steps, bool partial = false) {
    Run r(d, k);
    if (!r.fits) {
        printf("  %-34s does not fit (%d B, %d tiles)\n", k.name, k.bytes, r.tiles);
        return;
    }
    double u = r.time(steps);
    std::string equal = partial ? "-" : r.check(REFLECT, 1000) + "/" + r.check(PERIODIC, 200) + "/" + r.check(FIXED, 200);
    printf("  %-34s %7.3f us/step %6.0f Gcells/s  x%.2f graph  regs %3d local %zu smem %3d KB tiles %d x %d  bit_equal %s%s\n",
           k.name, u, d.n / u / 1e3, d.graph / u, r.attributes.numRegs, r.attributes.localSizeBytes, k.bytes / 1024, r.tiles,
           k.threads, equal.c_str(), failed());
}
// Without and with a look at the control word every step, in turns; the best of each.
static void measure_control(Domain& d, Kernel off, Kernel on, unsigned steps) {
    Run a(d, off), b(d, on);
    if (!a.fits || !b.fits) {
        printf("  control %s: does not fit\n", off.name);
        return;
    }
    double u = 1e30, v = 1e30;
    for (int i = 0; i < 5; i++) {
        u = std::min(u, a.time(steps));
        v = std::min(v, b.time(steps));
    }
    printf("  wave_step_overhead_pct %s: %.2f (%.3f, with control %.3f us; regs %d, %d, local %zu, %zu)%s\n", off.name,
           (v / u - 1) * 100, u, v, a.attributes.numRegs, b.attributes.numRegs, a.attributes.localSizeBytes,
           b.attributes.localSizeBytes, failed());
}
static void open_device() {
    CK(cudaSetDevice(0));
    cudaDeviceProp p;
    CK(cudaGetDeviceProperties(&p, 0));
    sms = p.multiProcessorCount;
    printf("%s, %d SMs\n", p.name, sms);
    CK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CK(cudaEventCreate(&begin));
    CK(cudaEventCreate(&end));
    CK(cudaMalloc(&d_fail, 4));
    CK(cudaMemset(d_fail, 0, 4));
    CK(cudaMalloc(&d_count, 8));
    CK(cudaHostAlloc(&h_map, 4096, cudaHostAllocMapped));
    CK(cudaHostGetDevicePointer(&d_map, h_map, 0));
    memset((void*)h_map, 0, 4096);
}
