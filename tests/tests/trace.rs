//! `trace!` reaches the host while the system runs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ringkernel::prelude::*;

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

#[test]
fn a_trace_of_an_actor_is_an_event_with_its_name_file_and_line() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    let backend = match std::env::var("RINGKERNEL_TEST_BACKEND").as_deref() {
        Ok("cuda") => Backend::Cuda,
        Ok("emulated") => {
            ringkernel_runtime::cuda::emulate::install(Arc::new(ringkernel_sim::live::Live));
            Backend::Cuda
        }
        _ => Backend::Cpu,
    };
    let system = System::builder().backend(backend).actors(3, |_| Sensor { sum: 40 }).start().unwrap();
    system.actor::<Sensor>(2).tell(Measure { value: 2 }).unwrap();
    let start = Instant::now();
    let seen = loop {
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        if let Some(line) = text.lines().find(|line| line.contains("measured 42 in all")) {
            break line.to_owned();
        }
        assert!(start.elapsed() < Duration::from_secs(10), "no trace among: {text}");
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(seen.contains("ringkernel::trace"), "{seen}");
    assert!(seen.contains("Sensor#2") && seen.contains("trace.rs"), "{seen}");
}
