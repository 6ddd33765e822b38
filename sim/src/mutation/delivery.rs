//! Defects of mailboxes, queues, rings and control.

use super::{Change, Edit, Mutation};
use crate::memory::Mode;
use crate::scenario::traffic::Profile;

pub(super) const DEFECTS: &[Mutation] = &[
    Mutation {
        name: "a spilled message is linked before it is written",
        change: Change::Text(&[
            Edit {
                header: "context.cuh",
                from: "    write_message<sizeof(M), false>(spills",
                to: "    if (spills) chain_join(ctx.p.pool, spill_of(t, index), cell);
    write_message<sizeof(M), false>(spills",
            },
            Edit {
                header: "context.cuh",
                from: "        chain_join(ctx.p.pool, spill_of(t, index), cell);
        tally(ctx.",
                to: "        tally(ctx.",
            },
        ]),
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "a queue entry is taken before it is filled",
        change: Change::Text(&[Edit {
            header: "queue.cuh",
            from: "filled = entry.seq == position + 1;",
            to: "filled = true;",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "more entries are claimed than are filled in a row",
        change: Change::Text(&[Edit {
            header: "queue.cuh",
            from: "u32 count = lowest(~ballot(filled));",
            to: "u32 count = popcount(ballot(filled));",
        }]),
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "relaxed for release where a chain is linked",
        change: Change::Text(&[Edit {
            header: "mailbox.cuh",
            from: "store_release(before == 0",
            to: "store_relaxed(before == 0",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "relaxed for acquire where a chain is followed",
        change: Change::Text(&[Edit {
            header: "mailbox.cuh",
            from: "return load_acquire(cursor",
            to: "return load_relaxed(cursor",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "a queue's entry is read without acquiring",
        change: Change::Text(&[Edit {
            header: "queue.cuh",
            from: "entry = load_word_acquire(",
            to: "entry = load_word(",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 100,
    },
    Mutation {
        name: "a mailbox takes one message more than it has slots",
        change: Change::Text(&[Edit {
            header: "context.cuh",
            from: "bool spills = count > t.depth_mask;",
            to: "bool spills = count > t.depth_mask + 1;",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "try_tell draws a ticket beyond the depth",
        change: Change::Text(&[Edit {
            header: "context.cuh",
            from: "m, true, t.depth_mask + 1)) return false;",
            to: "m, true, t.depth_mask + 2)) return false;",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "the first message wakes nobody",
        change: Change::Text(&[Edit {
            header: "context.cuh",
            from: "} else if (wake && count == 0) {",
            to: "} else if (wake && count == 1) {",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 20,
    },
    Mutation {
        name: "every message wakes",
        change: Change::Text(&[Edit {
            header: "context.cuh",
            from: "} else if (wake && count == 0) {",
            to: "} else if (wake) {",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "an actor with messages left is not queued again",
        change: Change::Text(&[Edit { header: "mailbox.cuh", from: "return count != part;", to: "return false;" }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "an actor without messages is queued again",
        change: Change::Text(&[Edit { header: "mailbox.cuh", from: "return count != part;", to: "return true;" }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "the base does not move with a release",
        change: Change::Text(&[Edit {
            header: "mailbox.cuh",
            from: "            at.base += part;
",
            to: "",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "a chain is closed although a sender joined",
        change: Change::Text(&[Edit {
            header: "mailbox.cuh",
            from: "if (compare_exchange(&s->tail, cursor, 0) != cursor) return false;",
            to: "compare_exchange(&s->tail, cursor, 0);",
        }]),
        profile: Profile::Scarce,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "a spare cell is given back twice",
        change: Change::Text(&[Edit {
            header: "mailbox.cuh",
            from: "    fence();
    pool_free(p, cursor - 1);",
            to: "    fence();
    pool_free(p, cursor - 1);
    pool_free(p, cursor - 1);",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "a spare cell that was not needed is lost",
        change: Change::Text(&[Edit {
            header: "context.cuh",
            from: "        else ctx.held_cells[ctx.held++ * WARP] = cell;
",
            to: "",
        }]),
        profile: Profile::Unbounded,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "the host's messages may use up the spare cells",
        change: Change::Text(&[
            Edit { header: "ingress.cuh", from: "return (pool.ring_mask + 1) / 4;", to: "return 0;" },
            Edit {
                header: "ingress.cuh",
                from: "(i32)(shuffle(load_block_relaxed(board + BOARD_LIMITS + ring), 0) - head)",
                to: "1 << 30",
            },
        ]),
        profile: Profile::Flood,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "control admits all messages of the host",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "(i32)(shuffle(load_block_relaxed(board + BOARD_LIMITS + ring), 0) - head)",
            to: "1 << 30",
        }]),
        profile: Profile::Surge,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "a ring that may deliver one message delivers all that it sees",
        change: Change::Text(&[Edit { header: "ingress.cuh", from: " && (i32)at < room", to: "" }]),
        profile: Profile::Surge,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "an answer goes to the next reply cell",
        change: Change::Text(&[Edit {
            header: "message.cuh",
            from: "cell = id & (p.reply_count - 1);",
            to: "cell = (id + 1) & (p.reply_count - 1);",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "gpu for system scope towards the host",
        change: Change::Text(&[Edit {
            header: "forward.cuh",
            from: "store_word_system((Word*)(p.outbox",
            to: "store_word((Word*)(p.outbox",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "messages of the host to one actor get the same ticket",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "at.before = shuffle(at.before, first) + rank * ONE_MESSAGE;",
            to: "at.before = shuffle(at.before, first);",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "the ingress links a message before other lanes have written their words",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "        fence();
        warp_sync();
        // In the order",
            to: "        // In the order",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 200,
    },
    Mutation {
        name: "the ingress says that it has taken one message more",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "store_relaxed_system(taken, head);",
            to: "store_relaxed_system(taken, head + 1);",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "the ingress does not keep its place over a relaunch",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "if (lane_id() == 0) store_relaxed(saved, head);",
            to: "",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "the ingress does not hear the stop",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "if (any(load_block(board + BOARD_FLAG) != 0)) break;",
            to: "",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 5,
    },
    Mutation {
        name: "lanes of the ingress hear the stop each for itself",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "if (any(load_block(board + BOARD_FLAG) != 0)) break;",
            to: "if (load_block(board + BOARD_FLAG) != 0) break;",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 20,
    },
    Mutation {
        name: "a message is forwarded onto one that the host has not taken",
        change: Change::Text(&[Edit {
            header: "forward.cuh",
            from: "room = p.outbox_mask + 1 - (f.out - taken)",
            to: "room = p.outbox_mask + 2 - (f.out - taken)",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "the forwarder does not keep its place over a relaunch",
        change: Change::Text(&[Edit { header: "forward.cuh", from: "store_relaxed(saved + 2, f.out);", to: "" }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "an ingress warp puts an actor on a desk without acquiring",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "before = fetch_add_acquire(&((Mailbox*)table",
            to: "before = fetch_add(&((Mailbox*)table",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 100,
    },
    Mutation {
        name: "a desk is not given back when its message woke nobody",
        change: Change::Text(&[Edit {
            header: "ingress.cuh",
            from: "store_block(desk, wakes != 0 ? DESK_HANDED : DESK_FREE);",
            to: "store_block(desk, wakes != 0 ? DESK_HANDED : DESK_CLAIMED);",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "a safe point never says kill",
        change: Change::Text(&[Edit {
            header: "context.cuh",
            from: "return load_relaxed((const u32*)ctx.p.run_flag) == 2 ? KILLED : OK;",
            to: "return load_relaxed((const u32*)ctx.p.run_flag) == 3 ? KILLED : OK;",
        }]),
        profile: Profile::Endless,
        mode: Mode::Interleave,
        seeds: 20,
    },
    Mutation {
        name: "a mailbox is released while its chain has messages",
        change: Change::Text(&[Edit {
            header: "mailbox.cuh",
            from: "if (at.done <= depth + RK_LONG_CHAIN) return true;",
            to: "",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "what was consumed of a long chain stays in the count",
        change: Change::Text(&[Edit {
            header: "mailbox.cuh",
            from: "if (at.done <= depth + RK_LONG_CHAIN) return true;",
            to: "return true;",
        }]),
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "all that was consumed of a long chain is taken off the count",
        change: Change::Text(&[Edit { header: "mailbox.cuh", from: "part = at.done - depth;", to: "part = at.done;" }]),
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "an empty mailbox keeps the last cell of its chain",
        change: Change::Text(&[Edit {
            header: "mailbox.cuh",
            from: "if (!chain_close(pool, spill, cursor)) return true;",
            to: "",
        }]),
        profile: Profile::Scarce,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "a message on a desk that cannot be run is not put into its slot",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "if (desk != nullptr && mine && !run) write_desk_message(t, index, entry.b, desk);",
            to: "",
        }]),
        profile: Profile::Flood,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "a message on a desk is left there at a stop",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "if (lane_id() == 0) write_desk_message(p.tables[pick], entry.a, entry.b, desk);",
            to: "",
        }]),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 1000,
    },
];
