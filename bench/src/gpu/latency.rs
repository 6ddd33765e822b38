//! Round trips: a question to a random actor and its answer, without and with other traffic.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::actors::{Counter, Numbered, Probe, counters};
use super::{reference, scale, start_system, tell_patiently};
use crate::random::Random;
use crate::report::Report;
use crate::sample::Samples;

const ACTORS: u32 = 100_000;

/// Asks `count` times; every answer is checked.
fn ask(system: &ringkernel::System, count: u64, pause: Duration) -> super::Result<Samples> {
    let mut random = Random::new(7);
    let mut times = Samples::default();
    for i in 0..count {
        let x = random.below(u32::MAX);
        let actor = system.actor::<Counter>(random.below(ACTORS));
        let start = Instant::now();
        let answer = actor.ask(Probe { x })?.wait()?;
        let time = start.elapsed();
        if answer != x.wrapping_add(1) {
            return Err(format!("asked {x}, answered {answer}").into());
        }
        if i >= count / 20 {
            times.add(time);
        }
        let idle = Instant::now();
        while idle.elapsed() < pause {
            std::hint::spin_loop();
        }
    }
    Ok(times)
}

pub(crate) fn run(report: &mut Report) -> super::Result {
    let system = start_system(report, counters(ACTORS))?;
    let count = scale(50_000, 200);
    let times = ask(&system, count, Duration::from_micros(10))?;
    let (p50, p99) = (times.percentile_us(50.0), times.percentile_us(99.0));
    match reference("limit_rtt_p50_us") {
        Some(limit) => report.row_beside("host_rtt_p50_us", p50, "us", ("limit_rtt_p50_us", limit)),
        None => report.row("host_rtt_p50_us", p50, "us"),
    }
    report.row("host_rtt_p99_us", p99, "us");
    report.row("host_rtt_p999_us", times.percentile_us(99.9), "us");

    // What one thread can send for good, then half of that from another thread beside the questions.
    let (full, _) = sustained(&system, scale(4_000_000, 10_000))?;
    let pace = full / 2.0;
    let done = AtomicBool::new(false);
    let sent = AtomicU64::new(0);
    let (times, elapsed) = thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut random = Random::new(11);
            let start = Instant::now();
            let mut count = 0u64;
            while !done.load(Ordering::Relaxed) {
                if count as f64 >= start.elapsed().as_secs_f64() * pace {
                    std::hint::spin_loop();
                    continue;
                }
                for _ in 0..32 {
                    tell_patiently(&system.actor::<Counter>(random.below(ACTORS)), Numbered { number: 0 })?;
                }
                count += 32;
                sent.store(count, Ordering::Relaxed);
            }
            Ok::<(), String>(())
        });
        thread::sleep(Duration::from_millis(20));
        let start = Instant::now();
        let before = sent.load(Ordering::Relaxed);
        let times = ask(&system, count, Duration::from_micros(10));
        let rate = (sent.load(Ordering::Relaxed) - before) as f64 / start.elapsed().as_secs_f64();
        done.store(true, Ordering::Relaxed);
        load.join().map_err(|_| "the load's thread panicked".to_owned())??;
        times.map(|times| (times, rate))
    })?;
    report.row("host_rtt_loaded_p50_us", times.percentile_us(50.0), "us");
    report.row_beside("host_rtt_loaded_p99_us", times.percentile_us(99.0), "us", ("load_msgs_per_s", elapsed));
    Ok(())
}

/// Messages a second that one thread can send so that they are also taken, and its time for one in nanoseconds.
fn sustained(system: &ringkernel::System, count: u64) -> super::Result<(f64, f64)> {
    let mut random = Random::new(5);
    let before = system.stats().handled;
    let start = Instant::now();
    for _ in 0..count {
        tell_patiently(&system.actor::<Counter>(random.below(ACTORS)), Numbered { number: 0 })?;
    }
    let sent = start.elapsed();
    while system.stats().handled < before + count {
        if start.elapsed() > Duration::from_mins(2) {
            return Err(format!("{} of {count} messages were handled", system.stats().handled - before).into());
        }
        thread::sleep(Duration::from_micros(100));
    }
    Ok((count as f64 / start.elapsed().as_secs_f64(), sent.as_secs_f64() * 1e9 / count as f64))
}
