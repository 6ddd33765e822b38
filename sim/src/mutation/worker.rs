//! Defects of the workers.

use super::Mutation;
use crate::memory::Mode;
use crate::scenario::traffic::Profile;

pub(super) const DEFECTS: &[Mutation] = &[
    Mutation {
        name: "no fence before an actor is released",
        header: "worker.cuh",
        from: "    warp_sync();
    fence();
    // Only now",
        to: "    warp_sync();
    // Only now",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "no fence before an actor is released, by weak memory",
        header: "worker.cuh",
        from: "    warp_sync();
    fence();
    // Only now",
        to: "    warp_sync();
    // Only now",
        profile: Profile::Plenty,
        mode: Mode::Weak,
        seeds: 300,
    },
    Mutation {
        name: "no fence before an actor's state is read",
        header: "worker.cuh",
        from: "    fence();
    u64 tenant = 0;",
        to: "    u64 tenant = 0;",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "no fence before an actor's state is read, by weak memory",
        header: "worker.cuh",
        from: "    fence();
    u64 tenant = 0;",
        to: "    u64 tenant = 0;",
        profile: Profile::Plenty,
        mode: Mode::Weak,
        seeds: 1000,
    },
    Mutation {
        name: "an actor with messages left is not queued again",
        header: "worker.cuh",
        from: "again = count != done;",
        to: "again = false;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "an actor without messages is queued again",
        header: "worker.cuh",
        from: "again = count != done;",
        to: "again = true;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "a starved actor is forgotten",
        header: "worker.cuh",
        from: "bool again = mine;",
        to: "bool again = run;",
        profile: Profile::Scarce,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "the base does not move with a release",
        header: "worker.cuh",
        from: "                base += release;
",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "a mailbox is released while its chain has messages",
        header: "worker.cuh",
        from: "                    if (done <= t.depth_mask + RK_LONG_CHAIN) break;
                    release = done - (t.depth_mask + 1);
",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "what was consumed of a long chain stays in the count",
        header: "worker.cuh",
        from: "if (done <= t.depth_mask + RK_LONG_CHAIN) break;",
        to: "break;",
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "all that was consumed of a long chain is taken off the count",
        header: "worker.cuh",
        from: "release = done - (t.depth_mask + 1);",
        to: "release = done;",
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "the place in the chain is not kept",
        header: "worker.cuh",
        from: "if (cursor != cursor_before) store_relaxed(&spill_of(t, index)->cursor, cursor);",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "a warp that leaves keeps its spare cells",
        header: "worker.cuh",
        from: "    return_cells(w);
    warp_sync();",
        to: "    warp_sync();",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "nobody is asked to return spare cells",
        header: "worker.cuh",
        from: "if (lane_id() == 0) add((u32*)w.p.run_flag + 1, 1);",
        to: "",
        profile: Profile::Flood,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "a full lane frees cells before the fence that ends its reads",
        header: "worker.cuh",
        from: "ctx.held_cells[ctx.held++ * WARP] = cursor - 1;",
        to: "pool_free(pool, cursor - 1);",
        profile: Profile::Scarce,
        mode: Mode::Race,
        seeds: 300,
    },
    Mutation {
        name: "the generation is not checked",
        header: "worker.cuh",
        from: "if (life != 1 || header_generation(header) != generation) {",
        to: "if (life != 1) {",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a failed actor goes on",
        header: "worker.cuh",
        from: "store_relaxed(&mailbox->life, life);",
        to: "life = 1;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "whether an actor lives is known from before the fence",
        header: "worker.cuh",
        from: "tenant = load_relaxed((const u64*)&mailbox->generation);",
        to: "tenant = seems_alive ? 1ull << 32 | 1 : 2ull << 32 | 1;",
        profile: Profile::Failing,
        mode: Mode::Weak,
        seeds: 1000,
    },
    Mutation {
        name: "a dead asker's question is left without an answer",
        header: "worker.cuh",
        from: "                answer_dead(w.p, ctx.reply);
",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a killed actor loses the messages that it had left",
        header: "worker.cuh",
        from: "                w.killed = true;
                break;",
        to: "                w.killed = true;
                done = word_count(word);
                break;",
        profile: Profile::Endless,
        mode: Mode::Interleave,
        seeds: 300,
    },
];
