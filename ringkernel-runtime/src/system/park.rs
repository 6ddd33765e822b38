//! How the host waits: it polls for a while, then sleeps until a waker is called.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long to poll before sleeping: several round trips to a device; a sleep and a wake cost more than that.
const SPIN: Duration = Duration::from_micros(50);

/// How long to poll without letting others have the processor: a round trip. What is waited for may need that very
/// processor, when there are more threads than processors.
const KEEP: Duration = Duration::from_micros(5);

/// Polls between two looks at the clock.
const POLLS: u32 = 64;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    static WAKER: Waker = Waker::from(Arc::new(Unpark(thread::current())));
}

/// Calls `poll` until it gives something or `timeout` is over. Before sleeping it calls `register` with a waker, and
/// then polls once more.
pub(super) fn wait<T>(
    timeout: Option<Duration>,
    mut poll: impl FnMut() -> Option<T>,
    register: impl Fn(&Waker),
) -> Option<T> {
    for _ in 0..POLLS {
        if let Some(value) = poll() {
            return Some(value);
        }
        std::hint::spin_loop();
    }
    let start = Instant::now();
    let spin = timeout.map_or(SPIN, |timeout| timeout.min(SPIN));
    loop {
        for _ in 0..POLLS {
            if let Some(value) = poll() {
                return Some(value);
            }
            std::hint::spin_loop();
        }
        let waited = start.elapsed();
        if waited >= spin {
            break;
        }
        if waited >= KEEP {
            thread::yield_now();
        }
    }
    WAKER.with(|waker| {
        loop {
            register(waker);
            if let Some(value) = poll() {
                return Some(value);
            }
            match timeout {
                None => thread::park(),
                Some(timeout) => match timeout.checked_sub(start.elapsed()) {
                    None | Some(Duration::ZERO) => return None,
                    Some(rest) => thread::park_timeout(rest),
                },
            }
        }
    })
}
