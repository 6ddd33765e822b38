//! The rival: the wave launched a step at a time by the driver's API, as well as we know how. Its kernels are those of
//! `bench/kernels/rival.cuh`; blocks and lengths of their march are tried for each domain, and the best is taken.

mod device;
mod mixed;

use ringkernel_runtime::cuda::nvrtc::Source;

use super::rehearsing;
pub(super) use mixed::{How, Round, STEPS};

use device::{Argument, Device, Floats, Function, Graph, Shape};

const TEXT: &str = include_str!("../../../kernels/launched.cu");
const HEADERS: &[(&str, &str)] = &[
    ("rival.cuh", include_str!("../../../kernels/rival.cuh")),
    ("stencil.cuh", include_str!("../../../kernels/stencil.cuh")),
    ("word.cuh", include_str!("../../../kernels/word.cuh")),
];
/// Of `launched.cu`: threads of a block along x and y.
const SINGLE: [[u32; 2]; 4] = [[32, 4], [32, 8], [64, 4], [32, 16]];
const FOUR: [[u32; 2]; 6] = [[8, 8], [8, 16], [16, 8], [16, 16], [32, 4], [32, 8]];
/// How strongly cells pull at each other.
pub(super) const C2: f32 = 0.1;

/// A kernel, and the block and march with which it is launched.
struct Variant {
    name: String,
    function: Function,
    shape: Shape,
    march: u32,
}

/// A wave on a cube, and the fastest way to do its steps that was found.
pub(super) struct Rival<'a> {
    device: &'a Device,
    edge: u32,
    /// Now and before after an even number of steps, the other way round after an odd one.
    fields: [Floats<'a>; 2],
    best: Variant,
    /// Microseconds a step, replayed as a graph.
    pub(super) us: f64,
}

/// The device that rivals share.
pub(super) struct Launcher(Device);

impl Launcher {
    pub(super) fn open() -> Result<Self, String> {
        Device::open(&Source { name: "launched.cu", text: TEXT, headers: HEADERS }).map(Self)
    }

    /// Tries all kernels on a cube with so many cells along each edge, and these values in them.
    pub(super) fn tune(&self, edge: u32, [now, before]: &[Vec<f32>; 2]) -> Result<Rival<'_>, String> {
        let device = &self.0;
        let fields = [device.floats(now.len())?, device.floats(before.len())?];
        fields[0].write(now)?;
        fields[1].write(before)?;
        let large = edge >= 512;
        let mut best: Option<(f64, Variant)> = None;
        for variant in variants(device, edge)? {
            let us = measure(device, edge, &fields, &variant, steps_of_a_graph(large, 10, 200), 2)?;
            if best.as_ref().is_none_or(|(least, _)| us < *least) {
                best = Some((us, variant));
            }
        }
        let Some((_, best)) = best else { return Err(format!("no kernel fits {edge}^3")) };
        let us = measure(device, edge, &fields, &best, steps_of_a_graph(large, 50, 1000), 5)?;
        eprintln!("  {edge}^3 launched: {}, {us:.3} us a step", best.name);
        Ok(Rival { device, edge, fields, best, us })
    }
}

/// Steps of a graph, an even number.
fn steps_of_a_graph(large: bool, few: usize, many: usize) -> usize {
    match (rehearsing(), large) {
        (true, _) => 4,
        (_, true) => few,
        (_, false) => many,
    }
}

/// Every kernel that there is for a cube.
fn variants(device: &Device, edge: u32) -> Result<Vec<Variant>, String> {
    let large = edge >= 512;
    let mut all = Vec::new();
    let mut add = |kernel: &str, [x, y]: [u32; 2], wide: u32, marches: &[u32]| {
        if !edge.is_multiple_of(x * wide) || !edge.is_multiple_of(y) {
            return Ok(());
        }
        let function = device.function(&format!("_Z{}{kernel}ILi{x}ELi{y}EEvPKfPfiiifi", kernel.len()))?;
        for march in marches.iter().copied().filter(|march| *march <= edge) {
            let grid = [edge / (x * wide), edge / y, edge.div_ceil(march)];
            let shape = Shape { grid, threads: x * y, early: kernel.ends_with('p') };
            all.push(Variant { name: format!("{kernel} {x}x{y}, {march} planes"), function, shape, march });
        }
        Ok::<(), String>(())
    };
    for block in SINGLE {
        add("graph1", block, 1, if large { &[8, 32, 128] } else { &[2, 4, 8, 16, 32] })?;
    }
    for block in FOUR {
        add("graph4", block, 4, if large { &[8, 16, 32, 64, 128, 512] } else { &[1, 2, 4, 8, 16] })?;
        if !large {
            add("graph4p", block, 4, &[1, 2, 4, 8, 16])?;
        }
    }
    Ok(all)
}

/// Launches step number `step`.
fn launch(device: &Device, edge: u32, fields: &[Floats<'_>; 2], variant: &Variant, step: usize) -> Result<(), String> {
    let (now, before) = (&fields[step % 2], &fields[1 - step % 2]);
    let edge = Argument::Int(edge);
    let (now, before) = (Argument::Address(now.address), Argument::Address(before.address));
    let arguments = [now, before, edge, edge, edge, Argument::Float(C2), Argument::Int(variant.march)];
    device.launch(variant.function, variant.shape, &arguments)
}

/// A graph of so many steps; the first of them is number `first`.
fn steps<'a>(
    device: &'a Device,
    edge: u32,
    fields: &[Floats<'_>; 2],
    variant: &Variant,
    (first, count): (usize, usize),
) -> Result<Graph<'a>, String> {
    device.graph(|| (first..first + count).try_for_each(|step| launch(device, edge, fields, variant, step)))
}

/// Microseconds a step of a graph of `count`, an even number: the best of so many replays, after one that is not counted.
fn measure(
    device: &Device,
    edge: u32,
    fields: &[Floats<'_>; 2],
    variant: &Variant,
    count: usize,
    replays: usize,
) -> Result<f64, String> {
    let graph = steps(device, edge, fields, variant, (0, count))?;
    device.replay(&graph)?;
    let mut best = f64::INFINITY;
    for _ in 0..replays {
        best = best.min(device.time(|| device.replay(&graph))? / count as f64);
    }
    Ok(best)
}

impl Rival<'_> {
    fn set(&self, now: &[f32], before: &[f32]) -> Result<(), String> {
        self.fields[0].write(now)?;
        self.fields[1].write(before)
    }

    /// Now and before after so many steps from these on. An even number.
    pub(super) fn run(&self, [now, before]: &[Vec<f32>; 2], count: usize) -> Result<[Vec<f32>; 2], String> {
        self.set(now, before)?;
        let each = if count.is_multiple_of(50) { 50 } else { 2 };
        let graph = steps(self.device, self.edge, &self.fields, &self.best, (0, each))?;
        for _ in 0..count / each {
            self.device.replay(&graph)?;
        }
        self.device.wait()?;
        Ok([self.fields[0].read()?, self.fields[1].read()?])
    }
}
