//! Defects of the workers.

use super::{Change, Edit, Mutation};
use crate::memory::Mode;
use crate::scenario::traffic::Profile;

pub(super) const DEFECTS: &[Mutation] = &[
    Mutation {
        name: "no fence before an actor is released",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "    warp_sync();
    fence();
    // Only now",
            to: "    warp_sync();
    // Only now",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "no fence before an actor is released, by weak memory",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "    warp_sync();
    fence();
    // Only now",
            to: "    warp_sync();
    // Only now",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Weak,
        seeds: 300,
    },
    Mutation {
        name: "an actor's mailbox is read without acquiring",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: ": load_word_acquire((const Word*)mailbox)",
            to: ": load_word((const Word*)mailbox)",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "a starved actor is forgotten",
        change: Change::Text(&[Edit { header: "worker.cuh", from: "bool again = mine;", to: "bool again = run;" }]),
        profile: Profile::Scarce,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "the place in the chain is not kept",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "if (cursor != cursor_before) store_relaxed(&spill_of(t, index)->cursor, cursor);",
            to: "",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "a warp that leaves keeps its spare cells",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "    return_cells(w);
    warp_sync();
    rest(",
            to: "    warp_sync();
    rest(",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "nobody is asked to return spare cells",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "if (lane_id() == 0) add((u32*)w.p.run_flag + 1, 1);",
            to: "",
        }]),
        profile: Profile::Flood,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "a full lane frees cells before the fence that ends its reads",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "ctx.held_cells[ctx.held++ * WARP] = cursor - 1;",
            to: "pool_free(pool, cursor - 1);",
        }]),
        profile: Profile::Scarce,
        mode: Mode::Race,
        seeds: 300,
    },
    Mutation {
        name: "the generation is not checked",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "if (life != 1 || header_generation(header) != generation) {",
            to: "if (life != 1) {",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a failed actor goes on",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "store_relaxed(&mailbox->life, life);",
            to: "life = 1;",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "whether an actor lives is read before its mailbox is acquired",
        change: Change::Text(&[
            Edit {
                header: "worker.cuh",
                from: "        tenant = load_relaxed((const u64*)&mailbox->generation);
",
                to: "",
            },
            Edit {
                header: "worker.cuh",
                from: "        Word m = desk != nullptr ?",
                to: "        tenant = load_relaxed((const u64*)&mailbox->generation);
        Word m = desk != nullptr ?",
            },
        ]),
        profile: Profile::Failing,
        mode: Mode::Race,
        seeds: 200,
    },
    Mutation {
        name: "a dead asker's question is left without an answer",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "                answer_dead(w.p, ctx.reply);
",
            to: "",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a worker leaves its desk although an actor was put on it",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "if (shuffle(state, 0) == DESK_FREE) break;",
            to: "break;",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "two ingress warps use one desk",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "if (shuffle(state, type) != DESK_FREE) desk = nullptr;",
            to: "",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "a killed actor loses the messages that it had left",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "                w.killed = true;
                break;",
            to: "                w.killed = true;
                s.done = word_count(word);
                break;",
        }]),
        profile: Profile::Endless,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "a block reports its end while lanes of it still run",
        change: Change::Text(&[Edit {
            header: "ringkernel.cuh",
            from: "        block_sync();
        if (thread_index() == 0) fetch_add(alive, 0xffffffffu);",
            to: "        if (thread_index() == 0) fetch_add(alive, 0xffffffffu);",
        }]),
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "stalled is never reported",
        change: Change::Text(&[Edit { header: "control.cuh", from: "before.stalled ? 1u : 0u", to: "0u" }]),
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 20,
    },
];
