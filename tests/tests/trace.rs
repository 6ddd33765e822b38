//! What is logged: `trace!` while the system runs, and messages that found nobody.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use ringkernel::Builder;
use ringkernel::prelude::*;
use ringkernel_tests::backend::{self, PATIENCE};

#[ring_message]
struct Measure {
    value: u32,
}

#[ring_message]
struct Wide {
    values: [u64; 4],
}

#[ring_actor]
struct Sensor {
    sum: u32,
}

#[ring_actor]
impl Sensor {
    #[handler]
    fn measure(&mut self, m: Measure, ctx: &mut Context<Self>) {
        self.sum += m.value;
        trace!(ctx, "measured {} in all", self.sum);
    }

    // Longer than the other: the host reads each as long as it is.
    #[handler]
    fn wide(&mut self, m: Wide, ctx: &mut Context<Self>) {
        trace!(ctx, "measured {} {} {} {}", m.values[0], m.values[1], m.values[2], m.values[3]);
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[ring_actor]
struct Fuse;

#[ring_message]
struct Blow;

#[ring_actor]
impl Fuse {
    #[handler]
    fn blow(&mut self, _: Blow) {
        panic!("blown");
    }

    #[handler]
    fn measure(&mut self, _: Measure) {}
}

/// What was logged since the start of the process.
fn log() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    LINES.get_or_init(|| {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
        lines
    })
}

/// The lines that have `text` in them, as soon as there is one.
fn seen(text: &str) -> Vec<String> {
    let start = Instant::now();
    loop {
        let all = String::from_utf8(log().0.lock().unwrap().clone()).unwrap();
        let found: Vec<_> = all.lines().filter(|line| line.contains(text)).map(str::to_owned).collect();
        if !found.is_empty() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "no {text} among: {all}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn builder() -> Builder {
    log();
    backend::builder()
}

#[test]
fn a_trace_of_an_actor_is_an_event_with_its_name_file_and_line() {
    let system = builder().actors(3, |_| Sensor { sum: 40 }).start().unwrap();
    system.actor::<Sensor>(2).tell(Measure { value: 2 }).unwrap();
    let line = &seen("measured 42 in all")[0];
    assert!(line.contains("ringkernel::trace"), "{line}");
    assert!(line.contains("Sensor#2") && line.contains("trace.rs"), "{line}");
}

#[test]
fn the_first_message_of_a_system_that_finds_nobody_is_logged_with_its_type_and_receiver() {
    let system = builder().actors(3, |_| Fuse).start().unwrap();
    system.actor::<Fuse>(1).tell(Blow).unwrap();
    assert!(system.settle(PATIENCE));
    for _ in 0..3 {
        system.actor::<Fuse>(1).tell(Measure { value: 1 }).unwrap();
    }
    assert!(system.settle(PATIENCE));
    let lines = seen("found nobody");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("WARN") && lines[0].contains("a `Measure` found nobody, since Fuse#1 had failed"),
        "{lines:?}"
    );
    assert_eq!(system.dead_letters().len(), 3);
}
