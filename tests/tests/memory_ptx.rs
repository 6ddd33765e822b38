//! What each primitive of `templates/memory.cuh` becomes: its PTX, and the machine code that ptxas makes of it.
//!
//! The simulator cannot see a mistake inside that header, and on most devices a missing order goes unnoticed for years.

use std::collections::BTreeMap;
use std::fs;

use ringkernel_runtime::cuda::nvrtc::{Arch, Nvrtc, Options, Source};
use ringkernel_tests::{disassembler, nvrtc, skip, workspace};

/// One use of a primitive.
struct Row {
    /// A statement over `Word* w`, `u32* p`, `u64* q`, all in global memory, and `u32 s[4]` in shared memory.
    statement: &'static str,
    /// Instructions in the PTX, in this order.
    ptx: &'static [&'static str],
    /// Instructions in the machine code, in this order; where no barrier is named there must be none.
    machine: &'static [&'static str],
}

const fn row(statement: &'static str, ptx: &'static [&'static str], machine: &'static [&'static str]) -> Row {
    Row { statement, ptx, machine }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("w[1] = load_word(w)", &["ld.relaxed.gpu.global.b128"], &["LDG.E.128.STRONG.GPU"]),
    row("w[1] = load_word_acquire(w)", &["ld.acquire.gpu.global.b128"], &["LDG.E.128.STRONG.GPU", "CCTL.IVALL"]),
    row("w[1] = load_word_system(w)", &["ld.relaxed.sys.global.b128"], &["LDG.E.128.STRONG.SYS"]),
    row("store_word(w, w[1])", &["st.relaxed.gpu.global.b128"], &["STG.E.128.STRONG.GPU"]),
    row("store_word_system(w, w[1])", &["st.relaxed.sys.global.b128"], &["STG.E.128.STRONG.SYS"]),

    row("p[1] = load_weak(p)", &["ld.weak.global.u32"], &["LDG.E"]),
    row("p[1] = load_relaxed(p)", &["ld.relaxed.gpu.global.u32"], &["LDG.E.STRONG.GPU"]),
    row("q[1] = load_relaxed(q)", &["ld.relaxed.gpu.global.u64"], &["LDG.E.64.STRONG.GPU"]),
    row("p[1] = load_acquire(p)", &["ld.acquire.gpu.global.u32"], &["LDG.E.STRONG.GPU", "CCTL.IVALL"]),
    row("q[1] = load_acquire(q)", &["ld.acquire.gpu.global.u64"], &["LDG.E.64.STRONG.GPU", "CCTL.IVALL"]),
    row("p[1] = load_relaxed_system(p)", &["ld.relaxed.sys.global.u32"], &["LDG.E.STRONG.SYS"]),
    row("q[1] = load_relaxed_system(q)", &["ld.relaxed.sys.global.u64"], &["LDG.E.64.STRONG.SYS"]),
    row("p[1] = load_acquire_system(p)", &["ld.acquire.sys.global.u32"], &["LDG.E.STRONG.SYS", "CCTL.IVALL"]),
    row("store_relaxed(p, 1u)", &["st.relaxed.gpu.global.u32"], &["STG.E.STRONG.GPU"]),
    row("store_relaxed(q, 1ull)", &["st.relaxed.gpu.global.u64"], &["STG.E.64.STRONG.GPU"]),
    row("store_release(p, 1u)", &["st.release.gpu.global.u32"], &["MEMBAR.ALL.GPU", "STG.E.STRONG.GPU"]),
    row("store_release(q, 1ull)", &["st.release.gpu.global.u64"], &["MEMBAR.ALL.GPU", "STG.E.64.STRONG.GPU"]),
    row("store_relaxed_system(p, 1u)", &["st.relaxed.sys.global.u32"], &["STG.E.STRONG.SYS"]),
    row("store_relaxed_system(q, 1ull)", &["st.relaxed.sys.global.u64"], &["STG.E.64.STRONG.SYS"]),
    row("store_release_system(p, 1u)", &["st.release.sys.global.u32"], &["MEMBAR.ALL.SYS", "STG.E.STRONG.SYS"]),

    row("p[1] = fetch_add(p, 1u)", &["atom.relaxed.gpu.global.add.u32"], &["ATOMG.E.ADD.STRONG.GPU"]),
    row("q[1] = fetch_add(q, 1ull)", &["atom.relaxed.gpu.global.add.u64"], &["ATOMG.E.ADD.64.STRONG.GPU"]),
    row("q[1] = fetch_add_acquire(q, 1ull)", &["atom.acquire.gpu.global.add.u64"],
        &["ATOMG.E.ADD.64.STRONG.GPU", "CCTL.IVALL"]),
    row("add(p, 1u)", &["red.relaxed.gpu.global.add.u32"], &["RED.E.ADD.STRONG.GPU"]),
    row("add(q, 1ull)", &["red.relaxed.gpu.global.add.u64"], &["RED.E.ADD.64.STRONG.GPU"]),
    row("add_release(q, 1ull)", &["red.release.gpu.global.add.u64"], &["MEMBAR.ALL.GPU", "RED.E.ADD.64.STRONG.GPU"]),
    row("p[1] = compare_exchange(p, 1u, 2u)", &["atom.relaxed.gpu.global.cas.b32"], &["ATOMG.E.CAS.STRONG.GPU"]),
    row("q[1] = compare_exchange(q, 1ull, 2ull)", &["atom.relaxed.gpu.global.cas.b64"], &["ATOMG.E.CAS.64.STRONG.GPU"]),
    row("p[1] = exchange_acq_rel(p, 1u)", &["atom.acq_rel.gpu.global.exch.b32"],
        &["MEMBAR.ALL.GPU", "ATOMG.E.EXCH.STRONG.GPU", "CCTL.IVALL"]),

    row("p[0] = shared_address(s)", &[], &[]),
    row("p[0] = load_block(s)", &["ld.acquire.cta.shared.u32"], &["LDS"]),
    row("p[0] = load_block_relaxed(s)", &["ld.relaxed.cta.shared.u32"], &["LDS"]),
    row("store_block(s, p[0])", &["st.release.cta.shared.u32"], &["MEMBAR.ALL.CTA", "STS"]),
    row("store_block_relaxed(s, p[0])", &["st.relaxed.cta.shared.u32"], &["STS"]),
    row("p[0] = fetch_add_block(s, p[1])", &["atom.acq_rel.cta.shared.add.u32"], &["MEMBAR.ALL.CTA", "ATOMS.ADD"]),
    row("p[0] = compare_exchange_block(s, 1u, 2u)", &["atom.acq_rel.cta.shared.cas.b32"], &["MEMBAR.ALL.CTA", "ATOMS.CAS"]),

    row("p[0] = 1; fence(); p[1] = 2", &["fence.acq_rel.gpu"], &["STG.E", "MEMBAR.ALL.GPU", "CCTL.IVALL", "STG.E"]),
    row("p[0] = 1; fence_system(); p[1] = 2", &["fence.acq_rel.sys"], &["STG.E", "MEMBAR.ALL.SYS", "CCTL.IVALL", "STG.E"]),

    row("sleep_ns(p[0])", &["nanosleep.u32"], &["NANOSLEEP"]),
    row("q[0] = clock_ns()", &["%globaltimer"], &["SR_GLOBALTIMERLO"]),
    row("p[0] = lane_id()", &["%laneid"], &["SR_LANEID"]),
    row("p[0] = lanes_below()", &["%lanemask_lt"], &["SR_LTMASK"]),
    row("p[0] = ballot(p[lane_id()])", &["vote.sync.ballot.b32"], &["VOTE"]),
    row("p[0] = any(p[lane_id()])", &["vote.sync.any.pred"], &["VOTE"]),
    row("p[0] = shuffle(p[lane_id()], p[2])", &["shfl.sync.idx.b32"], &["SHFL.IDX"]),
    row("q[0] = shuffle(q[lane_id()], p[2])", &["shfl.sync.idx.b32", "shfl.sync.idx.b32"], &["SHFL.IDX", "SHFL.IDX"]),
    row("p[0] = shuffle_xor(p[lane_id()], 1)", &["shfl.sync.bfly.b32"], &["SHFL.BFLY"]),
    row("q[0] = shuffle_xor(q[lane_id()], 1)", &["shfl.sync.bfly.b32", "shfl.sync.bfly.b32"], &["SHFL.BFLY", "SHFL.BFLY"]),
    row("p[0] = shuffle_down(p[lane_id()], 1)", &["shfl.sync.down.b32"], &["SHFL.DOWN"]),
    row("p[0] = match_any(p[lane_id()])", &["match.any.sync.b32"], &["MATCH.ANY"]),
    row("warp_sync()", &["bar.warp.sync"], &[]),
    row("p[0] = popcount(p[1])", &["popc.b32"], &["POPC"]),
    row("p[0] = reversed(p[lane_id()])", &["brev.b32"], &["BREV"]),
    row("p[0] = lowest(p[1])", &[], &[]),

    row("p[0] = thread_index()", &["%tid.x"], &["SR_TID.X"]),
    row("p[0] = block_index()", &["%ctaid.x"], &[]),
    row("p[0] = grid_blocks()", &["%nctaid.x"], &[]),
    row("block_sync()", &["bar"], &["BAR.SYNC"]),
    row("p[0] = block_sync_or(p[thread_index()] != 0)", &["bar.red.or.pred"], &["BAR.RED.OR"]),
    row("p[0] = arena()[4]", &["ld.shared.u8"], &["LDS"]),
];

fn name(at: usize) -> String {
    format!("row_{at:03}")
}

/// One kernel a row.
fn text() -> String {
    ROWS.iter().enumerate().fold("#include \"memory.cuh\"\n".to_owned(), |text, (at, row)| {
        let Row { statement, .. } = row;
        format!(
            "{text}namespace rk {{ extern \"C\" __global__ void {}(Word* w, u32* p, u64* q) {{ RK_SHARED(u32, s, 4); {statement}; }} }}\n",
            name(at)
        )
    })
}

fn header(name: &str) -> String {
    fs::read_to_string(workspace::root().join("templates").join(name)).unwrap()
}

/// Calls `look` with a compiler, an architecture, and what to compile.
fn for_each_target(mut look: impl FnMut(&Nvrtc, Arch, &Source<'_>)) {
    let (memory, types, text) = (header("memory.cuh"), header("types.cuh"), text());
    let headers = [("memory.cuh", memory.as_str()), ("types.cuh", types.as_str())];
    let source = Source { name: "rows.cu", text: &text, headers: &headers };
    for nvrtc in nvrtc::all() {
        for arch in nvrtc::ARCHS {
            look(&nvrtc, arch, &source);
        }
    }
}

/// The first of `wanted` that does not follow the one before it.
fn first_missing<'a>(lines: &[String], wanted: &[&'a str]) -> Option<&'a str> {
    let mut lines = lines.iter();
    wanted.iter().find(|wanted| !lines.any(|line| line.contains(**wanted))).copied()
}

#[test]
fn each_primitive_becomes_its_ptx() {
    if nvrtc::all().is_empty() {
        skip!("no NVRTC");
    }
    for_each_target(|nvrtc, arch, source| {
        let ptx = nvrtc.compile_ptx(source, &Options::for_arch(arch)).unwrap();
        for (at, row) in ROWS.iter().enumerate() {
            let body = ptx.split(&format!(".entry {}(", name(at))).nth(1).unwrap().split("\n}").next().unwrap();
            let lines: Vec<String> = body.lines().map(str::to_owned).collect();
            let missing = first_missing(&lines, row.ptx);
            assert_eq!(missing, None, "{} with NVRTC {} for {arch} is\n{body}", row.statement, nvrtc.version());
        }
    });
}

#[test]
fn each_primitive_becomes_its_machine_code() {
    if nvrtc::all().is_empty() {
        skip!("no NVRTC");
    }
    let mut refused = None;
    for_each_target(|nvrtc, arch, source| {
        let cubin = nvrtc.compile(source, &Options::for_arch(arch)).unwrap();
        let text = match disassembler::machine_code(&cubin.bytes) {
            Ok(text) => text,
            Err(reason) => return refused = Some(reason),
        };
        for (at, row) in ROWS.iter().enumerate() {
            // Since sm_90 a reduction in global memory is called REDG.
            let lines: Vec<String> =
                disassembler::instructions(&text, &name(at)).iter().map(|line| line.replace("REDG.", "RED.")).collect();
            assert!(!lines.is_empty(), "no machine code of {}", row.statement);
            let of = || format!("{} with NVRTC {} for {arch} is\n{}", row.statement, nvrtc.version(), lines.join("\n"));
            assert_eq!(first_missing(&lines, row.machine), None, "{}", of());
            for barrier in ["MEMBAR", "CCTL"] {
                if !row.machine.iter().any(|wanted| wanted.contains(barrier)) {
                    assert_eq!(lines.iter().find(|line| line.contains(barrier)), None, "{}", of());
                }
            }
        }
    });
    if let Some(reason) = refused {
        skip!("{reason}");
    }
}

#[test]
fn each_primitive_has_its_rows() {
    // How often each function is defined in the header, by hand or by a macro.
    let mut defined: BTreeMap<String, usize> = BTreeMap::new();
    for line in header("memory.cuh").lines() {
        let name = if let Some(rest) = line.strip_prefix("RK_DEVICE ") {
            rest.split('(').next().and_then(|head| head.split_whitespace().last())
        } else if line.starts_with("RK_") {
            line.split_once('(').and_then(|(_, rest)| rest.split([',', ')']).next())
        } else {
            None
        };
        if let Some(name) = name {
            *defined.entry(name.to_owned()).or_default() += 1;
        }
    }
    assert!(defined.len() > 20, "the header is not read as it should be: {defined:?}");
    let missing: Vec<String> = defined
        .iter()
        .filter_map(|(name, &count)| {
            let call = format!("{name}(");
            let uses = |row: &&Row| row.statement.split([' ', ';']).any(|word| word.starts_with(&call));
            let rows = ROWS.iter().filter(uses).count();
            (rows < count).then(|| format!("{name} has {count} overloads, but {rows} rows in this test"))
        })
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
