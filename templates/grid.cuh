// The kernel of a grid: a block for each tile, and one more that hears the host.
//
// Owns: the life of a tile between two steps. A tile goes on while it has done fewer steps than `target`, which only grows; when it
// holds it hears messages, and leaves if it is told to. What a tile keeps from one launch to the next, its members and which
// array each of its fields is, lies in registers meanwhile. The host's line is read by the last block alone.
#pragma once
#include "reduce.cuh"

namespace rk {

// The message that a tile handles, word by word.
struct GridPayload {
    const u32* words;
    template <class M> RK_MEMBER M read() const {
        constexpr u32 WORDS = (sizeof(M) + 3) / 4;
        u32 all[WORDS];
        for (u32 i = 0; i < WORDS; i++) all[i] = load_relaxed(words + i);
        M m;
        RK_COPY(&m, all, sizeof(M));
        return m;
    }
};
RK_DEVICE void answer_unit(Context&, u64) {}
RK_DEVICE void drop_reply(Context&, u64) {}

// What a tile does next.
constexpr u32 STEP = 1, HEAR = 2, LEAVE = 3;

// The header of a message: its number, the tile, the tag.
constexpr u32 MAIL_NUMBER = 0, MAIL_TILE = 1, MAIL_TAG = 2, MAIL_PAYLOAD = 4;

// Asked by the first thread of a tile, between two steps: waits until there is something to do.
RK_DEVICE u32 next_order(const Context& ctx, const u32* inbox, u32 heard) {
    GridControl* control = control_of(ctx);
    while (true) {
        if (load_relaxed(&control->failed) != 0) return LEAVE;
        if (inbox != nullptr && load_acquire(inbox + MAIL_NUMBER) != heard) return HEAR;
        if (ctx.step < load_relaxed(&control->target) && ctx.step < load_relaxed(&control->held)) return STEP;
        if (load_acquire(&control->leave) != 0) return LEAVE;
        sleep_ns(100);
    }
}

// Tells why this tile fails, unless another one was first; then nobody waits any more.
RK_DEVICE void report(const Context& ctx) {
    GridControl* control = control_of(ctx);
    if (compare_exchange(&control->claimed, 0, ctx.index + 1) != 0) return;
    GridDeviceLine* line = (GridDeviceLine*)ctx.p.device_line;
    store_relaxed_system(&line->tile, ctx.index);
    store_relaxed_system(&line->site, ctx.failed_site);
    store_relaxed_system(&line->value, ctx.failed_value);
    store_relaxed_system(&line->step, ctx.step);
    for (u32 axis = 0; axis < 3; axis++) store_relaxed_system(&line->cell[axis], ctx.failed_cell[axis]);
    store_relaxed_system(&line->has_cell, ctx.has_cell);
    store_release_system(&line->failed, 1);
    store_relaxed(&control->failed, 1);
}

template <class G> RK_DEVICE void run_tile(const GridParams& p, u32* shared) {
    const u32 index = block_index();
    const bool first = thread_index() == 0;
    Context ctx{p, ((const GridTile*)p.tiles)[index], shared, index, 0, 0, 0, index, 0, 0, false, NO_SITE, 0, {0, 0, 0}, 0};
    GridProgress* progress = progress_of(ctx, index);
    ctx.meetings = load_relaxed(&progress->meetings);
    ctx.step = load_relaxed(&progress->completed);
    u32 heard = load_relaxed(&progress->heard);
    typename G::State* row = (typename G::State*)(p.rows + (u64)index * p.row_bytes);
    typename G::State self = load_cell(row);
    const u32* inbox = G::HAS_HANDLERS ? (const u32*)(p.inboxes + (u64)index * p.mail_bytes) : nullptr;
    Status status = OK;
    while (status == OK) {
        if (first) store_block_relaxed(shared + ORDER, next_order(ctx, inbox, heard));
        block_sync();
        const u32 what = load_block_relaxed(shared + ORDER);
        if (what == LEAVE) break;
        if (what == HEAR) {
            status = agree(ctx, G::dispatch(self, load_relaxed(inbox + MAIL_TAG), GridPayload{inbox + MAIL_PAYLOAD}, ctx));
            heard++;
            if (first) store_release(&progress->heard, heard);
        } else {
            status = agree(ctx, G::step(ctx, self));
            if (status != OK) break;
            ctx.step++;
            // A handler may write cells, so the neighbours must have finished reading them.
            if (G::HAS_HANDLERS) status = meet_neighbours(ctx, NO_SITE);
            if (first) {
                fence();
                store_relaxed(&progress->completed, ctx.step);
            }
        }
    }
    if (status == FAILED && load_block_relaxed(shared + CLAIMED) == thread_index() + 1) report(ctx);
    block_sync();
    if (first) {
        store_cell(row, self);
        store_release(&progress->left, 1);
    }
}

// Hands what the host says to the tiles, and how far they are to the host.
RK_DEVICE void run_control(const GridParams& p) {
    if (thread_index() != 0) return;
    const GridHostLine* host = (const GridHostLine*)p.host_line;
    GridDeviceLine* device = (GridDeviceLine*)p.device_line;
    GridControl* control = (GridControl*)p.control;
    GridProgress* progress = (GridProgress*)p.progress;
    u32 command = load_relaxed_system(&device->command), taken = load_relaxed_system(&device->taken);
    u64 told = load_relaxed_system(&device->completed);
    while (true) {
        const u32 now = load_acquire_system(&host->command);
        if (now != command) {
            command = now;
            store_relaxed(&control->held, ~(u64)0);
            store_relaxed(&control->target, load_relaxed_system(&host->target));
            store_relaxed_system(&device->command, now);
        }
        if (p.mail_bytes != 0) {
            const u32* mail = (const u32*)(p.mail + (u64)(taken & p.mail_mask) * p.mail_bytes);
            if (load_acquire_system(mail + MAIL_NUMBER) == taken + 1) {
                const u32 tile = load_relaxed_system(mail + MAIL_TILE);
                u32* inbox = (u32*)(p.inboxes + (u64)tile * p.mail_bytes);
                const u32 before = load_relaxed(inbox + MAIL_NUMBER);
                // One message at a time waits for a tile.
                if (load_acquire(&progress[tile].heard) == before) {
                    for (u32 i = MAIL_TAG; i < p.mail_bytes / 4; i++) store_relaxed(inbox + i, load_relaxed_system(mail + i));
                    store_release(inbox + MAIL_NUMBER, before + 1);
                    store_relaxed_system(&device->taken, ++taken);
                }
            }
        }
        u64 completed = ~(u64)0;
        bool left = true;
        for (u32 tile = 0; tile < p.count; tile++) {
            const u64 done = load_relaxed(&progress[tile].completed);
            if (done < completed) completed = done;
            left &= load_relaxed(&progress[tile].left) != 0;
        }
        if (completed != told) {
            told = completed;
            // What the tiles wrote is there when the host sees the number.
            fence_system();
            store_relaxed_system(&device->completed, told);
        }
        if (load_relaxed_system(&host->leave) != 0) store_release(&control->leave, 1);
        if (left) break;
        sleep_ns(200);
    }
    fence_system();
    store_relaxed_system(&device->ended, 1);
}

template <class G> RK_DEVICE void run_grid(const GridParams& p) {
    RK_SHARED(u32, shared, SHARED_WORDS);
    if (thread_index() < SHARED_WORDS) store_block_relaxed(shared + thread_index(), 0);
    block_sync();
    if (block_index() < p.count) {
        run_tile<G>(p, shared);
    } else {
        run_control(p);
    }
}

}  // namespace rk
