//! Deliberate defects of the device code: each must be caught, or the simulator has lost its teeth.

use crate::kernel::Source;
use crate::memory::Mode;
use crate::run::run;
use crate::scenario::traffic::Profile;

/// One defect.
#[derive(Clone, Copy, Debug)]
pub struct Mutation {
    /// What is wrong, as a sentence.
    pub name: &'static str,
    /// The header that it is put into.
    pub header: &'static str,
    /// The text that is replaced; it must be there exactly once.
    pub from: &'static str,
    /// What replaces it.
    pub to: &'static str,
    /// The traffic that shows it.
    pub profile: Profile,
    /// The mode that shows it.
    pub mode: Mode,
    /// Seeds within which it must be caught.
    pub seeds: u64,
}

/// What became of a mutation.
#[derive(Clone, Debug)]
pub struct Caught {
    /// The first seed that failed.
    pub seed: u64,
    /// What it said.
    pub message: String,
}

impl Mutation {
    /// The profile's kernel with this defect.
    ///
    /// # Errors
    /// When the text to replace is not there exactly once.
    pub fn source(&self) -> Result<Source, String> {
        let mut source = self.profile.source().map_err(|e| e.to_string())?;
        let header = source.headers.iter_mut().find(|(name, _)| name == self.header);
        let Some((_, text)) = header else { return Err(format!("there is no header {}", self.header)) };
        let found = text.matches(self.from).count();
        if found != 1 {
            return Err(format!(
                "'{}': the text to replace is {found} times in {}; mend src/mutation.rs",
                self.name, self.header
            ));
        }
        *text = text.replacen(self.from, self.to, 1);
        Ok(source)
    }

    /// Runs seeds until one fails; none if the defect survives.
    ///
    /// # Errors
    /// When the kernel cannot be built.
    pub fn hunt(&self) -> Result<Option<Caught>, String> {
        let kernel = self.source()?.build()?;
        for seed in 0..self.seeds {
            let outcome = run(&kernel, self.mode, seed, |memory, random| self.profile.setup(memory, random));
            if let Some((fault, _)) = outcome.fault {
                return Ok(Some(Caught { seed, message: fault.message }));
            }
        }
        Ok(None)
    }
}

/// All of them.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "a spilled message is linked before it is written",
        header: "context.cuh",
        from: "        write_message<sizeof(M), false>(cell_body(ctx.p.pool, cell), header, &m);
        chain_join(ctx.p.pool, spill_of(t, index), cell);",
        to: "        chain_join(ctx.p.pool, spill_of(t, index), cell);
        write_message<sizeof(M), false>(cell_body(ctx.p.pool, cell), header, &m);",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "a queue entry is taken before it is filled",
        header: "queue.cuh",
        from: "filled = entry.seq == position + 1;",
        to: "filled = true;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "more entries are claimed than are filled in a row",
        header: "queue.cuh",
        from: "u32 count = lowest(~ballot(filled));",
        to: "u32 count = popcount(ballot(filled));",
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "relaxed for release where a chain is linked",
        header: "mailbox.cuh",
        from: "store_release(before == 0",
        to: "store_relaxed(before == 0",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "relaxed for acquire where a chain is followed",
        header: "mailbox.cuh",
        from: "return load_acquire(cursor",
        to: "return load_relaxed(cursor",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
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
        name: "an actor's mailbox is read without acquiring",
        header: "worker.cuh",
        from: "Word m = load_word_acquire(",
        to: "Word m = load_word(",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 50,
    },
    Mutation {
        name: "an actor's mailbox is read without acquiring, by weak memory",
        header: "worker.cuh",
        from: "Word m = load_word_acquire(",
        to: "Word m = load_word(",
        profile: Profile::Plenty,
        mode: Mode::Weak,
        seeds: 1000,
    },
    Mutation {
        name: "a queue's entry is read without acquiring",
        header: "queue.cuh",
        from: "entry = load_word_acquire(",
        to: "entry = load_word(",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 100,
    },
    Mutation {
        name: "a mailbox takes one message more than it has slots",
        header: "context.cuh",
        from: "    if (count <= t.depth_mask) {
        write_message<sizeof(M), false>",
        to: "    if (count <= t.depth_mask + 1) {
        write_message<sizeof(M), false>",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "try_tell draws a ticket beyond the depth",
        header: "context.cuh",
        from: "m, true, t.depth_mask + 1)) return false;",
        to: "m, true, t.depth_mask + 2)) return false;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "the first message wakes nobody",
        header: "context.cuh",
        from: "if (wake && count == 0) queue_push",
        to: "if (wake && count == 1) queue_push",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 20,
    },
    Mutation {
        name: "every message wakes",
        header: "context.cuh",
        from: "if (wake && count == 0) queue_push",
        to: "if (wake) queue_push",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "an actor with messages left is not queued again",
        header: "mailbox.cuh",
        from: "return left != 0;",
        to: "return false;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "an actor without messages is queued again",
        header: "mailbox.cuh",
        from: "return left != 0;",
        to: "return true;",
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
        header: "mailbox.cuh",
        from: "    s.base += s.done;
",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "what was spilled before a release is forgotten",
        header: "mailbox.cuh",
        from: "if (count > depth && count != s.done) {",
        to: "if (false) {",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "what was consumed stays in the count as long as there is a chain",
        header: "mailbox.cuh",
        from: "if (s.limit != 0 || s.done == 0) return true;",
        to: "if (s.limit != 0 || s.done == 0 || cursor != 0 && s.done < known) return true;",
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "a segment is taken to be as long as the mailbox",
        header: "worker.cuh",
        from: "u32 end = s.limit != 0 ? s.limit : word_count(word);",
        to: "u32 end = s.limit != 0 ? s.released + word_count(word) : word_count(word);",
        profile: Profile::Scarce,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "a segment's limit is published before it is written",
        header: "mailbox.cuh",
        from: "        store_relaxed(&spill->released, s.released);
        fence();",
        to: "        store_relaxed(&spill->released, s.released);",
        profile: Profile::Scarce,
        mode: Mode::Weak,
        seeds: 1000,
    },
    Mutation {
        name: "a limit that is over stays in memory",
        header: "worker.cuh",
        from: "if (chained != 0 && s.limit == 0) store_relaxed(&spill_of(t, index)->limit, 0u);",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "an empty mailbox keeps the last cell of its chain",
        header: "mailbox.cuh",
        from: "if (cursor != 0 && s.done >= known && chain_close(pool, spill, cursor)) {",
        to: "if (false) {",
        profile: Profile::Scarce,
        mode: Mode::Interleave,
        seeds: 300,
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
        name: "a chain is closed although a sender joined",
        header: "mailbox.cuh",
        from: "if (compare_exchange(&s->tail, cursor, 0) != cursor) return false;",
        to: "compare_exchange(&s->tail, cursor, 0);",
        profile: Profile::Scarce,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "a spare cell is given back twice",
        header: "mailbox.cuh",
        from: "    fence();
    pool_free(p, cursor - 1);",
        to: "    fence();
    pool_free(p, cursor - 1);
    pool_free(p, cursor - 1);",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "a spare cell that was not needed is lost",
        header: "context.cuh",
        from: "if (cell != NO_CELL) ctx.held_cells[ctx.held++ * WARP] = cell;",
        to: "",
        profile: Profile::Unbounded,
        mode: Mode::Interleave,
        seeds: 300,
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
        name: "the host's messages leave no spare cell for handlers",
        header: "ingress.cuh",
        from: "return (pool.ring_mask + 1) / 4;",
        to: "return 0;",
        profile: Profile::Flood,
        mode: Mode::Interleave,
        seeds: 1000,
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
        name: "an answer goes to the next reply cell",
        header: "context.cuh",
        from: "cell = id & (p.reply_count - 1);",
        to: "cell = (id + 1) & (p.reply_count - 1);",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "gpu for system scope towards the host",
        header: "forward.cuh",
        from: "store_word_system((Word*)(p.outbox + (u64)((out + at) & p.outbox_mask)",
        to: "store_word((Word*)(p.outbox + (u64)((out + at) & p.outbox_mask)",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 50,
    },
    Mutation {
        name: "messages of the host to one actor get the same ticket",
        header: "ingress.cuh",
        from: "before = shuffle(before, first) + rank * ONE_MESSAGE;",
        to: "before = shuffle(before, first);",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "the ingress links a message before other lanes have written their words",
        header: "ingress.cuh",
        from: "        fence();
        warp_sync();
        // In the order",
        to: "        // In the order",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 200,
    },
    Mutation {
        name: "the ingress says that it has taken one message more",
        header: "ingress.cuh",
        from: "store_relaxed_system(taken, head);",
        to: "store_relaxed_system(taken, head + 1);",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "the ingress does not keep its place over a relaunch",
        header: "ingress.cuh",
        from: "if (lane_id() == 0) store_relaxed(saved, head);",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "the ingress does not hear the stop",
        header: "ingress.cuh",
        from: "if (any(load_block(board + BOARD_FLAG) != 0)) break;",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 5,
    },
    Mutation {
        name: "lanes of the ingress hear the stop each for itself",
        header: "ingress.cuh",
        from: "if (any(load_block(board + BOARD_FLAG) != 0)) break;",
        to: "if (load_block(board + BOARD_FLAG) != 0) break;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 20,
    },
    Mutation {
        name: "a message is forwarded onto one that the host has not taken",
        header: "forward.cuh",
        from: "room = p.outbox_mask + 1 - (f.out - taken)",
        to: "room = p.outbox_mask + 2 - (f.out - taken)",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "the forwarder does not keep its place over a relaunch",
        header: "forward.cuh",
        from: "store_relaxed(saved + 4, f.out);",
        to: "",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "a worker leaves its desk although an actor was put on it",
        header: "worker.cuh",
        from: "if (shuffle(state, 0) == DESK_FREE) break;",
        to: "break;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "an ingress warp puts an actor on a desk without acquiring",
        header: "ingress.cuh",
        from: "before = fetch_add_acquire(",
        to: "before = fetch_add(",
        profile: Profile::Plenty,
        mode: Mode::Race,
        seeds: 100,
    },
    Mutation {
        name: "a desk is not given back when its message woke nobody",
        header: "ingress.cuh",
        from: "store_block(to, wakes ? DESK_HANDED : DESK_FREE);",
        to: "if (wakes) store_block(to, DESK_HANDED);",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "two ingress warps use one desk",
        header: "worker.cuh",
        from: "if (load_block_relaxed(desk_at(board, i)) == DESK_FREE && compare_exchange_block(desk_at(board, i), DESK_FREE, DESK_CLAIMED) == DESK_FREE) return i;",
        to: "if (load_block_relaxed(desk_at(board, i)) == DESK_FREE) return i;",
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 1000,
    },
    Mutation {
        name: "a safe point never says kill",
        header: "context.cuh",
        from: "return load_relaxed((const u32*)ctx.p.run_flag) == 2 ? KILLED : OK;",
        to: "return load_relaxed((const u32*)ctx.p.run_flag) == 3 ? KILLED : OK;",
        profile: Profile::Endless,
        mode: Mode::Interleave,
        seeds: 20,
    },
    Mutation {
        name: "a killed actor loses the messages that it had left",
        header: "worker.cuh",
        from: "                w.killed = true;
                break;",
        to: "                w.killed = true;
                s.done = word_count(word);
                break;",
        profile: Profile::Endless,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "a block reports its end while lanes of it still run",
        header: "ringkernel.cuh",
        from: "        block_sync();
        if (thread_index() == 0) fetch_add(alive, 0xffffffffu);",
        to: "        if (thread_index() == 0) fetch_add(alive, 0xffffffffu);",
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 200,
    },
    Mutation {
        name: "stalled is never reported",
        header: "control.cuh",
        from: "!moved && ",
        to: "false && ",
        profile: Profile::Doubling,
        mode: Mode::Interleave,
        seeds: 20,
    },
];
