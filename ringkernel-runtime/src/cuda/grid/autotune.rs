//! `autotune`: a few ways to keep fields and to cut the domain are measured on the device itself, and the fastest is remembered on disk.
//!
//! Each way is a grid of its own, in memory of its own and with the program's first state, which is started, timed and dropped before the
//! real one starts. Nobody sees what such a grid does: what it tells the host goes nowhere, and what it writes to shared data stays on
//! the device. Whatever goes wrong here is no error: then the cost model decides, as without.

use std::fmt::Write as _;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ringkernel_codegen::{CompiledGrid, abi};

use super::super::driver::Device;
use super::super::emulate::patience;
use super::super::nvrtc::{Arch, Cache, Jit, Key, Options, Source, Version};
use super::super::ready::{self, Phases};
use super::chip::{self, Chip};
use super::engine::CudaGrid;
use super::start::{First, Given, place_and_run};
use super::text::Text;
use crate::backend::Engine as _;
use crate::dump;

/// Steps before it is known how long one takes.
const FIRST: u64 = 4;
/// How long is measured at once: a command of the host and its answer are about a thousandth of that.
const ENOUGH: Duration = Duration::from_millis(4);
/// How often; the shortest counts, since others use the machine, too.
const ROUNDS: u32 = 3;
/// How long one way may take altogether, from its first step.
const LIMIT: Duration = Duration::from_millis(500);
/// By how much a way must be faster than the cost model's: less is chance.
const MARGIN: f64 = 0.01;
/// Changes when what is measured does.
const FORMAT: u32 = 1;

/// How a domain is cut whose fields are in device memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cutting {
    /// Threads of a block, if not as many as suit a GPU.
    pub(super) threads: Option<u32>,
    /// Blocks on each multiprocessor that it is cut for, as far as they fit.
    pub(super) blocks: u32,
}

impl Default for Cutting {
    fn default() -> Self {
        // One meets while another computes.
        Self { threads: None, blocks: 2 }
    }
}

/// A way to keep fields and to cut a domain.
pub(super) struct Way {
    pub(super) cutting: Cutting,
    /// None if fields are in device memory.
    pub(super) chip: Option<Chip>,
}

impl Way {
    /// The one that the cost model finds.
    pub(super) fn cheapest(given: &Given<'_>, device: &Device, compiled: &CompiledGrid) -> Self {
        Self { cutting: given.cutting, chip: chip::choose(given, device, compiled) }
    }

    /// What is worth measuring, the one that the cost model finds first.
    fn all(given: &Given<'_>, device: &Device, compiled: &CompiledGrid) -> Vec<Self> {
        let on_chip = chip::candidates(given, device, compiled);
        let mut cuttings = vec![given.cutting];
        if on_chip.is_empty() && !device.is_emulated() {
            cuttings.push(Cutting { blocks: 1, ..given.cutting });
            cuttings.push(Cutting { threads: Some(256), blocks: 4 });
        }
        let on_chip = on_chip.into_iter().map(|chip| Self { cutting: given.cutting, chip: Some(chip) });
        on_chip.chain(cuttings.into_iter().map(|cutting| Self { cutting, chip: None })).collect()
    }

    /// All that distinguishes it from others for the same program, domain and device.
    fn name(&self) -> String {
        let Some(Chip { shape, .. }) = &self.chip else {
            let threads =
                self.cutting.threads.map_or("threads as usual".to_owned(), |threads| format!("{threads} threads"));
            return format!("in device memory, {threads}, {} blocks a multiprocessor", self.cutting.blocks);
        };
        format!(
            "on the chip, tiles {:?}, threads {:?}, fields {:#b} in shared memory, {} cells aside, {} buffers, lists {:?}",
            shape.tile, shape.threads, shape.shared, shape.aside, shape.published, shape.lists
        )
    }
}

/// The fastest way, as it was measured now or before; none if nothing was to be measured, or nothing could be.
pub(super) fn tune(given: &Given<'_>, first: First<'_>, device: &Arc<Device>, compiled: &CompiledGrid) -> Option<Way> {
    if !given.options.autotune {
        return None;
    }
    if given.tile.is_some() {
        tracing::debug!(target: "ringkernel", "autotune: the tiles of {} are fixed", given.name);
        return None;
    }
    let mut ways = Way::all(given, device, compiled);
    let names: Vec<String> = ways.iter().map(Way::name).collect();
    let jit = if device.is_emulated() { None } else { Some(ready::compiler(device).ok()?) };
    let version = jit.as_ref().map_or(Version::new(0, 0), Jit::version);
    let (cache, key) = (Cache::of_this_user(), key(given, device, compiled, version, &names));
    let remembered = cache.choice_of(&key).and_then(|choice| names.iter().position(|name| *name == choice));
    let chosen = match remembered {
        Some(at) => {
            tracing::info!(target: "ringkernel", grid = given.name, way = names[at], "autotune: remembered");
            dump::dump_choice(given.name, &format!("remembered: {}\n", names[at]));
            at
        }
        None if ways.len() < 2 => return None,
        None => {
            if let Some(jit) = jit.filter(|_| cache.keeps()) {
                compile_all(given, device, compiled, &ways, &jit);
            }
            let at = measure_all(given, first, device, compiled, (&ways, &names))?;
            cache.remember_choice(&key, &names[at]);
            at
        }
    };
    Some(ways.swap_remove(chosen))
}

/// Compiles all ways side by side, which takes far longer than to measure them; each is then found compiled. An error comes again where
/// the way is started.
fn compile_all(given: &Given<'_>, device: &Device, compiled: &CompiledGrid, ways: &[Way], jit: &Jit) {
    let (next, start) = (AtomicUsize::new(0), Instant::now());
    let work = || {
        while let Some(way) = ways.get(next.fetch_add(1, Ordering::Relaxed)) {
            let given = Given { cutting: way.cutting, ..*given };
            let text = Text::new(&given, device, compiled, way.chip.as_ref());
            let _ = text.and_then(|text| text.cubin(device, compiled, jit));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(ways.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without them, this one does it all.
            let named = thread::Builder::new().name("ringkernel-autotune".to_owned());
            let _ = named.spawn_scoped(scope, work);
        }
        work();
    });
    tracing::debug!(target: "ringkernel", took_ms = start.elapsed().as_millis(), threads, "autotune: compiled");
}

/// Everything that what is fastest may depend on. Names are those of all ways, so that another cost model measures anew.
fn key(given: &Given<'_>, device: &Device, compiled: &CompiledGrid, version: Version, names: &[String]) -> Key {
    let info = device.info();
    let (major, minor) = info.capability;
    let facts = format!(
        "{FORMAT}\n{:?} {:?} {:?}\n{} {} {} {} {}\n{}\n{}",
        given.extents,
        given.sides,
        given.options.multiprocessors,
        info.name,
        info.multiprocessors,
        info.shared_bytes,
        info.registers,
        info.driver,
        names.join("\n"),
        compiled.text
    );
    let source = Source { name: "autotune", text: &facts, headers: compiled.headers };
    Key::of(&source, &Options::for_arch(Arch::new(major, minor)), version, abi::ABI)
}

/// Which way is the fastest; none if not even the first can be measured.
fn measure_all(
    given: &Given<'_>,
    first: First<'_>,
    device: &Arc<Device>,
    compiled: &CompiledGrid,
    (ways, names): (&[Way], &[String]),
) -> Option<usize> {
    let start = Instant::now();
    let mut times = Vec::with_capacity(ways.len());
    for (way, name) in ways.iter().zip(names) {
        let time = measure(given, first, device, compiled, way);
        tracing::debug!(target: "ringkernel", grid = given.name, way = name, us_per_step = time, "autotune: measured");
        if times.is_empty() && time.is_none() {
            return None;
        }
        times.push(time);
    }
    let chosen = fastest(&times);
    tracing::info!(
        target: "ringkernel",
        grid = given.name,
        way = names[chosen],
        us_per_step = times[chosen],
        us_per_step_of_the_model = times[0],
        took_ms = start.elapsed().as_millis(),
        "autotune: {} ways measured",
        times.len()
    );
    dump::dump_choice(given.name, &report(&times, names, chosen));
    Some(chosen)
}

/// The first, unless another is clearly faster.
fn fastest(times: &[Option<f64>]) -> usize {
    let measured = times.iter().enumerate().filter_map(|(at, time)| Some((at, (*time)?)));
    let best = measured.min_by(|(_, one), (_, other)| one.total_cmp(other)).unwrap_or((0, 0.0));
    let first = times.first().copied().flatten();
    if first.is_some_and(|first| best.1 >= first * (1.0 - MARGIN)) { 0 } else { best.0 }
}

fn report(times: &[Option<f64>], names: &[String], chosen: usize) -> String {
    let mut text = "microseconds of a step; the first way is the cost model's\n".to_owned();
    for (at, (time, name)) in times.iter().zip(names).enumerate() {
        let time = time.map_or("none".to_owned(), |time| format!("{time:.3}"));
        let _ = writeln!(text, "{}{time:>10}  {name}", if at == chosen { "*" } else { " " });
    }
    let _ = writeln!(text, "measured: {}", names[chosen]);
    text
}

/// Microseconds of a step, if it does any.
fn measure(
    given: &Given<'_>,
    first: First<'_>,
    device: &Arc<Device>,
    compiled: &CompiledGrid,
    way: &Way,
) -> Option<f64> {
    let trial = Given { cutting: way.cutting, on_trial: true, ..*given };
    let (compiled, chip) = (compiled.clone(), way.chip.clone());
    let grid = match place_and_run(&trial, first, device, compiled, chip, Phases::new("one to be measured")) {
        Ok(grid) => grid,
        Err(error) => {
            tracing::debug!(target: "ringkernel", grid = given.name, %error, "autotune: it does not start");
            return None;
        }
    };
    let (grid, (done, is_done)) = (&grid, mpsc::channel::<()>());
    thread::scope(|scope| {
        let watch = move || {
            if is_done.recv_timeout(patience(LIMIT)) == Err(mpsc::RecvTimeoutError::Timeout) {
                grid.stop();
            }
        };
        let named = thread::Builder::new().name("ringkernel-autotune".to_owned());
        let watching = named.spawn_scoped(scope, watch).is_ok();
        let time = watching.then(|| time(grid)).flatten();
        drop(done);
        time
    })
}

/// Microseconds of a step.
fn time(grid: &CudaGrid) -> Option<f64> {
    let mut steps = FIRST;
    let mut last = run(grid, steps)?;
    // Who holds by itself after fewer steps does not do more of them at once.
    while last.1 < ENOUGH && last.0 >= steps {
        let wanted = ENOUGH.as_secs_f64() / last.1.as_secs_f64().max(1e-9) * steps as f64 * 1.2;
        steps = (wanted as u64).clamp(2 * steps, 64 * steps);
        last = run(grid, steps)?;
    }
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (done, took) = run(grid, steps)?;
        best = best.min(took.as_secs_f64() * 1e6 / done as f64);
    }
    Some(best)
}

/// Does steps; how many, if any, and how long they took.
fn run(grid: &CudaGrid, steps: u64) -> Option<(u64, Duration)> {
    let (before, start) = (grid.current_step(), Instant::now());
    let done = grid.run(steps).ok()?.checked_sub(before)?;
    (done > 0).then(|| (done, start.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_right_unless_another_is_clearly_faster() {
        assert_eq!(fastest(&[Some(2.0), Some(1.99), None]), 0);
        assert_eq!(fastest(&[Some(2.0), Some(1.95), Some(1.9), None]), 2);
        assert_eq!(fastest(&[Some(2.0), None]), 0);
    }
}
