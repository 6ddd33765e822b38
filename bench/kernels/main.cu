// Resident waves beside relaunched ones, and what their parts cost. Usage: kernels 64 | 128 | 160 | 256 | 512 | micro | inject ...
#include <atomic>
#include <chrono>
#include "host.cuh"
#include "micro.cuh"
#include "stream.cuh"
#include "wave.cuh"

#define UNWRAP(...) __VA_ARGS__
#define REGS(s, mode, control)                                                                                         \
    kernel<Shape<UNWRAP s>>("regs " #s " m" #mode " c" #control, (const void*)wave_regs<Shape<UNWRAP s>, mode, control>, \
                            2 * Shape<UNWRAP s>::BUF * 4)
#define SHARED(gz, nsh, s, mode, control)                                                                              \
    kernel<Shape<UNWRAP s>>("shared g" #gz " s" #nsh " " #s " m" #mode " c" #control,                                  \
                            (const void*)wave_shared<Shape<UNWRAP s>, gz, nsh, mode, control>,                         \
                            Shape<UNWRAP s>::ONE + nsh * Shape<UNWRAP s>::BY * Shape<UNWRAP s>::NT * 16)

static void run_64() {
    Domain d(64, 64, 64);
    time_rival(d, 1000);
    check_rival(d);
    const unsigned steps = 10000;
    measure(d, REGS((16, 16, 8, 1, 1), 0, 0), steps);
    measure(d, REGS((16, 16, 8, 1, 1), 1, 0), steps, true);
    measure(d, REGS((16, 16, 8, 1, 1), 2, 0), steps, true);
    measure_control(d, REGS((16, 16, 8, 1, 1), 0, 0), REGS((16, 16, 8, 1, 1), 0, 1), steps);
    measure_control(d, REGS((16, 16, 8, 1, 2), 0, 0), REGS((16, 16, 8, 1, 2), 0, 1), steps);
}
static void run_128() {
    Domain d(128, 128, 128);
    time_rival(d, 1000);
    const unsigned steps = 4000;
    measure(d, REGS((32, 32, 16, 2, 4), 0, 0), steps);
    measure(d, REGS((32, 32, 16, 2, 4), 1, 0), steps, true);
    measure(d, REGS((32, 32, 16, 2, 4), 2, 0), steps, true);
    measure_control(d, REGS((32, 32, 16, 2, 4), 0, 0), REGS((32, 32, 16, 2, 4), 0, 1), steps);
}
static void run_32_cubed(Domain d) {
    time_rival(d, 500);
    const unsigned steps = 2000;
    measure(d, SHARED(2, 1, (32, 32, 32, 2, 8), 0, 0), steps);
    measure(d, SHARED(2, 1, (32, 32, 32, 2, 8), 1, 0), steps, true);
    measure(d, SHARED(2, 1, (32, 32, 32, 2, 8), 2, 0), steps, true);
}

// ---- a domain that does not fit on the chip
static void measure_stream(Domain& d, const char* name, const void* code, int t, int threads, int bytes, int zc, int passes) {
    CK(cudaFuncSetAttribute(code, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
    int blocks = 0;
    CK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, code, threads, bytes));
    cudaFuncAttributes attributes;
    CK(cudaFuncGetAttributes(&attributes, code));
    unsigned* counter;
    float *p2 = nullptr, *q2 = nullptr;
    CK(cudaMalloc(&counter, 4));
    if (t > 1) {
        CK(cudaMalloc(&p2, d.n * 4));
        CK(cudaMalloc(&q2, d.n * 4));
    }
    d.fill(d.p, d.q, 5);
    auto go = [&](unsigned passes) {
        CK(cudaMemsetAsync(counter, 0, 4, stream));
        StreamArgs a{d.p, d.q, p2, q2, counter, d.nx, d.ny, d.nz, zc, C2, passes, d_fail};
        void* args[] = {&a};
        CK(cudaLaunchCooperativeKernel(code, dim3(blocks * sms), dim3(threads), args, bytes, stream));
        if (passes % 2 == 0) return;
        if (t == 1)
            std::swap(d.p, d.q);
        else
            std::swap(d.p, p2), std::swap(d.q, q2);
    };
    go(3);
    d.run_reference(3 * t, REFLECT, 5);
    const char* equal = d.equal(d.p, d.q);
    go(2);
    start();
    go(passes);
    double u = stop_us() / (passes * t);
    printf("  stream T %d, %s, zc %3d: %8.2f us/step %6.0f Gcells/s x%.2f graph  regs %d local %zu blocks/SM %d bit_equal %s%s\n",
           t, name, zc, u, d.n / u / 1e3, d.graph / u, attributes.numRegs, attributes.localSizeBytes, blocks, equal, failed());
    if (p2) cudaFree(p2), cudaFree(q2);
    cudaFree(counter);
}
static void run_512() {
    Domain d(512, 512, 512);
    time_rival(d, 10);
    measure_stream(d, "128x8 columns", (const void*)wave_stream1<32, 8>, 1, 32 * 8, 0, 64, 30);
#define STREAM(T, LX, HY, BLOCKS)                                                                                      \
    measure_stream(d, #LX "*4x" #HY " columns", (const void*)wave_stream<T, LX, HY, BLOCKS>, T, LX * HY,               \
                   2 * T * LX * 4 * HY * 4, zc, 24 / T * 2);
    for (int zc : {64, 171}) { STREAM(2, 16, 64, 1) STREAM(3, 16, 32, 2) STREAM(4, 16, 32, 1) STREAM(4, 16, 48, 1) }
}

// ---- the parts
static void run_micro() {
    unsigned* flags;
    Word* inbox;
    const size_t inbox_bytes = 1056 * 16 * sizeof(Word);
    CK(cudaMalloc(&flags, 65536));
    CK(cudaMalloc(&inbox, inbox_bytes));
    unsigned n = 20000;
    auto time = [&](const char* name, const void* code, int blocks, int threads, void** args, int trips) {
        double u = 0;
        for (int r = 0; r < 2; r++) { // the first warms up
            CK(cudaMemsetAsync(flags, 0, 65536, stream));
            CK(cudaMemsetAsync(inbox, 0, inbox_bytes, stream));
            start();
            CK(cudaLaunchCooperativeKernel(code, dim3(blocks), dim3(threads), args, 0, stream));
            u = stop_us() / n / trips;
        }
        printf("  %-32s %4d blocks x %3d: %.3f us%s\n", name, blocks, threads, u, failed());
    };
    auto neighbours = [&](const char* name, const void* code, int bx, int by, int bz, int threads) {
        void* args[] = {&inbox, &bx, &by, &bz, &n, &d_fail};
        time(name, code, bx * by * bz, threads, args, 1);
    };
    auto barrier = [&](const char* name, const void* code, int blocks, int threads) {
        void* args[] = {&flags, &n, &d_fail};
        time(name, code, blocks, threads, args, 1);
    };
    neighbours("tile_sync: six neighbours", (void*)barrier_neighbours<6, 0>, 11, 4, 3, 256);
    neighbours("tile_sync: six neighbours", (void*)barrier_neighbours<6, 0>, 11, 4, 3, 512);
    neighbours("six neighbours, fenced", (void*)barrier_neighbours<6, 1>, 11, 4, 3, 256);
    neighbours("eight neighbours", (void*)barrier_neighbours<8, 0>, 12, 11, 1, 256);
    neighbours("eight neighbours", (void*)barrier_neighbours<8, 0>, 33, 32, 1, 128);
    neighbours("eight neighbours, fenced", (void*)barrier_neighbours<8, 1>, 33, 32, 1, 128);
    neighbours("six neighbours", (void*)barrier_neighbours<6, 0>, 11, 12, 8, 128);
    for (int blocks : {132, 1056}) {
        const int threads = blocks == 132 ? 256 : 128;
        barrier("tile_barrier: counter", (void*)barrier_grid<GRID_COUNTER>, blocks, threads);
        barrier("tile_barrier: flags", (void*)barrier_grid<GRID_FLAGS>, blocks, threads);
        barrier("tile_barrier: flags, relaxed", (void*)barrier_grid<GRID_FLAGS_RELAXED>, blocks, threads);
        barrier("tile_barrier: gather", (void*)barrier_grid<GRID_GATHER>, blocks, threads);
    }
    void* args[] = {&inbox, &n, &d_fail, &flags};
    time("tile_message: 64 bytes, one way", (void*)message, 132, 32, args, 2);
    cudaFree(flags);
    cudaFree(inbox);
}

// ---- an impulse from the host into a running wave
// One store of 16 bytes: the device sees all of it or nothing.
static void command(Word w) {
    alignas(16) Word whole = w;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    asm volatile("movdqa %0, %%xmm0; movdqa %%xmm0, (%1)" ::"m"(whole), "r"(h_map) : "xmm0", "memory");
}
static void run_inject() {
    Domain d(64, 64, 64);
    Run r(d, REGS((16, 16, 8, 1, 2), 0, 1), 1);
    d.fill(d.p, d.q, 5);
    CK(cudaStreamSynchronize(stream));
    const unsigned steps = 120000;
    start();
    r.go(steps, REFLECT, 1);
    const auto t0 = std::chrono::steady_clock::now();
    auto now = [&] { return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - t0).count(); };
    volatile Word* h = (volatile Word*)h_map;
    std::vector<double> took;
    unsigned seq = 0;
    while (h[16].seq == 0 && took.size() < 8000 && now() < 3e6) {
        seq++;
        const double a = now();
        command(Word{seq, seq * 2654435761u % 2048, __builtin_bit_cast(unsigned, 1e-3f), seq % 128});
        bool answered = false;
        while (!answered && h[16].seq == 0 && now() - a < 1e5) answered = h[8].seq == seq;
        if (!answered) break;
        const double b = now();
        took.push_back(b - a);
        while (now() - b < 2) {}
    }
    command(Word{seq + 1, 0, 0, NONE});
    const double us = stop_us() / steps;
    if (took.empty()) {
        printf("  inject: no answer\n");
        return;
    }
    std::sort(took.begin(), took.end());
    printf("  inject 64^3, host to cell changed and seen by the host: n %zu p50 %.2f us p99 %.2f us min %.2f; wave meanwhile "
           "%.3f us/step%s\n",
           took.size(), took[took.size() / 2], took[took.size() * 99 / 100], took[0], us, failed());
}

int main(int n, char** groups) {
    setvbuf(stdout, nullptr, _IONBF, 0);
    open_device();
    for (int i = 1; i < n; i++) {
        const std::string g = groups[i];
        printf("== %s\n", groups[i]);
        if (g == "64") run_64();
        if (g == "128") run_128();
        if (g == "160") run_32_cubed({160, 160, 160});
        if (g == "256") run_32_cubed({128, 128, 256});
        if (g == "512") run_512();
        if (g == "micro") run_micro();
        if (g == "inject") run_inject();
        CK(cudaStreamSynchronize(stream));
    }
}
