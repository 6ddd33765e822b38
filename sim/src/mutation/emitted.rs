//! Defects of the compiler's text, and of how it is run, seen with emitted actors.

use super::{Change, EMITTED, Edit, Mutation};
use crate::memory::Mode;
use crate::scenario::traffic::Profile;

pub(super) const DEFECTS: &[Mutation] = &[
    // Whatever a walker passes on, and to whom, comes to the same in the end.
    Mutation {
        name: "two messages change places",
        change: Change::Text(&[
            Edit { header: EMITTED, from: "mix(m.x, 1u)", to: "mix(m.x, 3u - 1u)" },
            Edit { header: EMITTED, from: "mix(m.x, 2u)", to: "mix(m.x, 1u)" },
        ]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 20,
    },
    Mutation {
        name: "a check of an index is left out",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "    RK_CHECK(usize(at) < 4ull, ctx, 12, usize(at));
",
            to: "",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "an assertion is left out",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "    RK_CHECK(m.right, ctx, 17, 0);
",
            to: "",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "the failure of a function is not passed on",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "RK_TRY(Frail_look(ctx, look, self, m.at));",
            to: "Frail_look(ctx, look, self, m.at);",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "the failure of a handler is not passed on",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "RK_TRY(Frail_burst(ctx, self, payload.template read<Burst>()));",
            to: "Frail_burst(ctx, self, payload.template read<Burst>());",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "what a safe point says is not passed on",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "        RK_SAFE_POINT(ctx, trips);
",
            to: "(void)rk::safepoint(ctx);\n",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "too few cells are reserved",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "TYPE = 1, SLOT_BYTES = 32, MAX_SENDS = 2;",
            to: "TYPE = 1, SLOT_BYTES = 32, MAX_SENDS = 1;",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "a slot is taken for twice as large",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "TYPE = 1, SLOT_BYTES = 32,",
            to: "TYPE = 1, SLOT_BYTES = 64,",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a message counts as whole without its last word",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "case 0: return rk::words_for(sizeof(Hop));",
            to: "case 0: return rk::words_for(sizeof(Hop) - 12);",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Weak,
        seeds: 1000,
    },
    Mutation {
        name: "a message goes to another handler",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "0u /* Walker */, 0u /* hop */",
            to: "0u /* Walker */, 1u /* hop */",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a message goes to another type",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "0u /* Walker */, 0u /* hop */",
            to: "1u /* Walker */, 0u /* hop */",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "an address is made without its generation",
        change: Change::Text(&[Edit {
            header: "context.cuh",
            from: "return address_of(ctx.p.tables[type].first_slot + i, 1);",
            to: "return address_of(ctx.p.tables[type].first_slot + i, 0);",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "an answer is left out",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "            rk::answer(ctx, ctx.reply, value);
",
            to: "",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a kept question is answered at once, too",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "            ctx.reply = 0;
            Frail_hold(ctx, self, payload.template read<Hold>(), rk::Reply<u32>{reply});
",
            to: "            Frail_hold(ctx, self, payload.template read<Hold>(), rk::Reply<u32>{reply});
            rk::answer_unit(ctx, ctx.reply);
",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Weak,
        seeds: 500,
    },
    Mutation {
        name: "a question that another one replaces is forgotten",
        change: Change::Text(&[Edit {
            header: EMITTED,
            from: "rk::assign(ctx, self.kept, rk::some<rk::Reply<u32>>(rk::take(reply)));",
            to: "self.kept = rk::some<rk::Reply<u32>>(rk::take(reply));",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "questions of a failed actor are forgotten",
        change: Change::Text(&[Edit { header: EMITTED, from: "{ self.rk_drop(ctx); }", to: "{}" }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a state is not written back",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "for (u32 i = 0; i < ROW_WORDS; i++) store_word(row + i, copy[i]);",
            to: "",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a state is written back but for its last word",
        change: Change::Text(&[Edit {
            header: "worker.cuh",
            from: "for (u32 i = 0; i < ROW_WORDS; i++) store_word(row + i, copy[i]);",
            to: "for (u32 i = 0; i + 1 < ROW_WORDS; i++) store_word(row + i, copy[i]);",
        }]),
        profile: Profile::Emitted,
        mode: Mode::Interleave,
        seeds: 100,
    },
];
