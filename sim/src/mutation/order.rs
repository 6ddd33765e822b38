//! Defects of what keeps messages in order: the rule by which a mailbox is released, and the forwarder over a relaunch.

use super::{Change, Edit, Mutation};
use crate::memory::Mode;
use crate::scenario::traffic::Profile;

pub(super) const DEFECTS: &[Mutation] = &[
    // The receiver remembers how much of what was spilled is left, reads as much from the chain, and then slots again. It
    // counts what has joined: who drew early and joins late leaves their place to who came later, before their earlier ones.
    Mutation {
        name: "a mailbox is released in the midst of its chain, as if all senders had joined it",
        change: Change::Text(&[
            Edit {
                header: "mailbox.cuh",
                from: "if (at.done <= depth + RK_LONG_CHAIN) return true;
                part = at.done - depth;",
                to: "if (at.done < depth) return true;",
            },
            Edit {
                header: "mailbox.cuh",
                from: "        u64 seen = compare_exchange(&mailbox->word, word, word - part);",
                to: "        if (at.done < load_relaxed(&spill->reserved)) return true;
        store_relaxed(&spill->reserved, count > depth ? count - part : 0u);
        fence();
        u64 seen = compare_exchange(&mailbox->word, word, word - part);",
            },
            Edit {
                header: "worker.cuh",
                from: "if (s.done > t.depth_mask) cursor = load_relaxed(&spill_of(t, index)->cursor);",
                to: "cursor = load_relaxed(&spill_of(t, index)->cursor);
        u32 spilled = load_relaxed(&spill_of(t, index)->reserved);",
            },
            Edit {
                header: "worker.cuh",
                from: "            in_slot = s.done <= t.depth_mask;",
                to: "            in_slot = s.done <= t.depth_mask && s.done >= spilled;",
            },
        ]),
        profile: Profile::Crowd,
        mode: Mode::Weak,
        seeds: 1000,
    },
    Mutation {
        name: "a relaunched forwarder takes the outbox for empty",
        change: Change::Text(&[Edit { header: "ringkernel.cuh", from: "i == BOARD_TAKEN ? taken : 0", to: "0" }]),
        profile: Profile::Deaf,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "the forwarder forgets over a relaunch what it has not yet released",
        change: Change::Text(&[Edit {
            header: "forward.cuh",
            from: "store_relaxed(saved + 1, f.place.done);",
            to: "",
        }]),
        profile: Profile::Deaf,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "the forwarder leaves at a stop while the host still makes room",
        change: Change::Text(&[Edit {
            header: "forward.cuh",
            from: "if (last && nothing_to_wait_for(p, board)) break;",
            to: "if (last) break;",
        }]),
        profile: Profile::Deaf,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "the forwarder waits at a stop for a host that has no room",
        change: Change::Text(&[Edit {
            header: "forward.cuh",
            from: " || load_block(board + BOARD_FULL) != 0",
            to: "",
        }]),
        profile: Profile::Deaf,
        mode: Mode::Interleave,
        seeds: 300,
    },
];
