//! A thousand million messages from the host to actors and from actors to the host: none lost, doubled or reordered.

use std::thread;
use std::time::{Duration, Instant};

use super::actors::{Counted, Counter, Numbered, Said, Speak, counters};
use super::{scale, start_system, tell_patiently};
use crate::report::Report;

const ACTORS: u32 = 1000;

pub(crate) fn run(report: &mut Report) -> super::Result {
    let total = scale(500_000_000, 100_000);
    let rounds = (total / u64::from(ACTORS)) as u32;
    let system = start_system(report, counters(ACTORS))?;
    let inbox = system.inbox::<Said>();
    let start = Instant::now();
    let errors = thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let targets: Vec<_> = (0..ACTORS).map(|i| system.actor::<Counter>(i)).collect();
            for target in &targets {
                tell_patiently(target, Speak { times: rounds })?;
            }
            for number in 0..rounds {
                for target in &targets {
                    tell_patiently(target, Numbered { number })?;
                }
            }
            Ok::<(), String>(())
        });
        let mut next = vec![0u32; ACTORS as usize];
        let mut wrong = 0u64;
        for i in 0..u64::from(rounds) * u64::from(ACTORS) {
            let said = inbox.recv_timeout(Duration::from_mins(2)).map_err(|e| format!("after {i} messages: {e}"))?;
            let expected = &mut next[said.by as usize];
            wrong += u64::from(said.number != *expected);
            *expected = said.number.wrapping_add(1);
        }
        sender.join().map_err(|_| "the sender panicked".to_owned())??;
        Ok::<u64, String>(wrong)
    })?;
    let mut errors = errors;
    let deadline = Instant::now() + Duration::from_mins(1);
    for i in 0..ACTORS {
        loop {
            let ask = system.actor::<Counter>(i).ask(Counted)?;
            let [count, wrong] = ask.wait()?;
            if count == rounds || Instant::now() > deadline {
                errors += u64::from(wrong) + u64::from(rounds.abs_diff(count));
                break;
            }
        }
    }
    report.row("soak_messages", 2.0 * f64::from(rounds) * f64::from(ACTORS), "messages");
    report.row("soak_seconds", start.elapsed().as_secs_f64(), "s");
    report.row("soak_errors", errors as f64, "errors");
    if errors == 0 { Ok(()) } else { Err(format!("{errors} errors").into()) }
}
