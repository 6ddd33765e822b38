//! Messages a second: from the host, to the host, among actors. Each is counted by its receiver.

use std::thread;
use std::time::{Duration, Instant};

use ringkernel::prelude::*;

use super::actors::{ANYONE, Counted, Counter, Even, HOT, Hop, Numbered, Odd, POWER_LAW, Said, Speak, counters};
use super::{reference, rehearsing, scale, start_system, tell_patiently};
use crate::report::Report;

/// Every message accounted for by the actors themselves: the sum of their counts, and the messages out of order.
fn counted(system: &System, actors: u32) -> super::Result<(u64, u64)> {
    let mut asks = Vec::new();
    let (mut count, mut wrong) = (0, 0);
    for i in 0..actors {
        asks.push(system.actor::<Counter>(i).ask(Counted)?);
        if asks.len() == 4096 || i + 1 == actors {
            for ask in asks.drain(..) {
                let [c, w] = ask.wait()?;
                count += u64::from(c);
                wrong += u64::from(w);
            }
        }
    }
    Ok((count, wrong))
}

/// Tells at once: far fewer than the rings hold.
const BURST: u64 = 8192;

/// Waits until so many messages have been handled.
fn handled(system: &System, want: u64) -> super::Result {
    let start = Instant::now();
    while system.stats().handled < want {
        if start.elapsed() > Duration::from_mins(1) {
            return Err(format!("{} of {want} messages were handled", system.stats().handled).into());
        }
        thread::sleep(Duration::from_micros(100));
    }
    Ok(())
}

/// One thread sends numbered messages to all actors in turn; each actor checks that its own come in order.
pub(crate) fn from_host(report: &mut Report) -> super::Result {
    let actors: u32 = if rehearsing() { 100 } else { 10_000 };
    let rounds = scale(4000, 100) as u32;
    let system = start_system(report, counters(actors))?;
    let targets: Vec<_> = (0..actors).map(|i| system.actor::<Counter>(i)).collect();
    let (mut index, mut number) = (0, 0);
    let mut send = |count: u64| -> Result<u64, String> {
        let mut refused = 0;
        for _ in 0..count {
            refused += tell_patiently(&targets[index], Numbered { number })?;
            index += 1;
            if index == targets.len() {
                (index, number) = (0, number + 1);
            }
        }
        Ok(refused)
    };
    // The cost of a tell alone: bursts that the rings hold, each after the last has been handled. The first ones touch
    // memory that nobody has touched yet.
    let bursts = scale(400, 20);
    let mut times = Vec::new();
    for burst in 0..bursts {
        let start = Instant::now();
        let refused = send(BURST)?;
        let time = start.elapsed();
        if refused != 0 {
            return Err(format!("a burst of {BURST} was refused {refused} times").into());
        }
        if burst >= bursts / 10 {
            times.push(time.as_secs_f64() * 1e9 / BURST as f64);
        }
        handled(&system, (burst + 1) * BURST)?;
    }
    times.sort_by(f64::total_cmp);
    report.row("host_tell_ns", times[times.len() / 2], "ns");

    let total = u64::from(actors) * u64::from(rounds);
    let want = bursts * BURST + total;
    let start = Instant::now();
    let refused = send(total)?;
    let sent = start.elapsed();
    handled(&system, want)?;
    // Until everything has been handled; then every actor is asked what it counted.
    report.row("host_to_actor_msgs_per_s", total as f64 / start.elapsed().as_secs_f64(), "1/s");
    let (count, wrong) = counted(&system, actors)?;
    report.row("host_send_rate_msgs_per_s", total as f64 / sent.as_secs_f64(), "1/s");
    report.row("host_send_refused", refused as f64, "times");
    if count == want && wrong == 0 {
        Ok(())
    } else {
        Err(format!("{count} of {want} messages arrived, {wrong} out of order").into())
    }
}

/// Actors speak to the host; it counts, and checks the order of each speaker.
pub(crate) fn to_host(report: &mut Report) -> super::Result {
    let actors: u32 = if rehearsing() { 100 } else { 10_000 };
    let times = scale(2000, 50) as u32;
    let system = start_system(report, counters(actors))?;
    let inbox = system.inbox::<Said>();
    for i in 0..actors {
        tell_patiently(&system.actor::<Counter>(i), Speak { times })?;
    }
    let total = u64::from(actors) * u64::from(times);
    let mut next = vec![0u32; actors as usize];
    let mut wrong = 0u64;
    let mut start = Instant::now();
    for i in 0..total {
        let said =
            inbox.recv_timeout(Duration::from_mins(2)).map_err(|error| format!("after {i} messages: {error}"))?;
        if i == 0 {
            start = Instant::now();
        }
        let expected = &mut next[said.by as usize];
        wrong += u64::from(said.number != *expected);
        *expected = said.number.wrapping_add(1);
    }
    report.row("actor_to_host_msgs_per_s", total as f64 / start.elapsed().as_secs_f64(), "1/s");
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} messages out of order").into()) }
}

/// Actors of two types send to each other: the messages of a closed system, started by the host.
fn among(
    report: &mut Report,
    actors: u32,
    active: u32,
    hops: u32,
    pattern: u32,
) -> super::Result<(f64, ringkernel::Stats)> {
    let make = move |i: u32, odd: u32| (i * 2 + odd).wrapping_mul(2_654_435_761) | 1;
    let builder = System::builder()
        .actors(actors / 2, move |i| Even { random: make(i, 0), peers: actors, pattern, handled: 0 })
        .actors(actors / 2, move |i| Odd { random: make(i, 1), peers: actors, pattern, handled: 0 });
    let system = start_system(report, builder)?;
    for i in 0..active {
        let hop = Hop { x: i, left: hops, load: [i; 6] };
        if i % 2 == 0 {
            tell_patiently(&system.actor::<Even>(i / 2), hop)?;
        } else {
            tell_patiently(&system.actor::<Odd>(i / 2), hop)?;
        }
    }
    let want = u64::from(active) * (u64::from(hops) + 1);
    let first = system.stats().handled;
    let start = Instant::now();
    let (mut last, mut at, mut best) = (first, start, 0.0f64);
    // The rate of the steady part: windows of 50 ms, the median of which counts.
    let mut rates = Vec::new();
    loop {
        thread::sleep(Duration::from_millis(if rehearsing() { 1 } else { 50 }));
        let (now, handled) = (Instant::now(), system.stats().handled);
        if handled >= want {
            break;
        }
        let rate = (handled - last) as f64 / (now - at).as_secs_f64();
        best = best.max(rate);
        rates.push(rate);
        (last, at) = (handled, now);
        if start.elapsed() > Duration::from_mins(2) {
            return Err(format!("{handled} of {want} messages handled after two minutes; {}", system.stats()).into());
        }
    }
    let overall = (want - first) as f64 / start.elapsed().as_secs_f64();
    if !system.settle(Duration::from_mins(1)) {
        return Err(format!("messages are still under way: {}", system.stats()).into());
    }
    let stats = system.stats();
    if stats.handled != want || stats.dead_letters != 0 || stats.failures != 0 {
        return Err(format!("{want} messages were to be handled; {stats}").into());
    }
    rates.sort_by(f64::total_cmp);
    Ok((rates.get(rates.len() / 2).copied().unwrap_or(overall), stats))
}

pub(crate) fn among_actors(report: &mut Report) -> super::Result {
    let million = scale(1_000_000, 1000) as u32;
    let hops = scale(2000, 100) as u32;
    let (rate, stats) = among(report, million, million, hops, ANYONE)?;
    report.row("actor_msgs_per_s", rate, "1/s");
    report.row("actor_msgs_spilled_share", stats.spilled as f64 / stats.handled as f64, "of 1");
    if let Some(lab) = reference("lab_actor_msgs_per_s") {
        report.row_beside("actor_msgs_vs_lab", rate / lab, "of 1", ("lab_actor_msgs_per_s", lab));
    }
    let tenth = scale(100_000, 1000) as u32;
    let shapes = [
        ("actor_msgs_100k_per_s", tenth, tenth, hops * 4, ANYONE),
        ("actor_msgs_tenth_active_per_s", million, million / 10, hops * 4, ANYONE),
        ("actor_msgs_power_law_per_s", million, million / 10, hops / 4, POWER_LAW),
        ("actor_msgs_hot_per_s", million, million / 10, hops / 40 + 1, HOT),
    ];
    for (id, actors, active, hops, pattern) in shapes {
        let (rate, _) = among(report, actors, active, hops, pattern)?;
        report.row(id, rate, "1/s");
    }
    Ok(())
}
