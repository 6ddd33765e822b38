//! Tests that cannot run here say so and are counted.
//!
//! A skipped test passes, but prints its reason and, when `cargo xtask test` runs it, adds a line to a log that the
//! command shows at the end.

use std::fs::OpenOptions;
use std::io::Write;

/// The variable that names the log.
pub const LOG: &str = "RINGKERNEL_SKIP_LOG";

/// Notes that `test` was skipped. Use [`skip!`](crate::skip!).
pub fn note(test: &str, reason: &str) {
    eprintln!("SKIPPED {test}: {reason}");
    let Some(path) = std::env::var_os(LOG) else { return };
    // One write, so that lines of tests that run side by side do not mix.
    let line = format!("{test}: {reason}\n");
    let written =
        OpenOptions::new().create(true).append(true).open(path).and_then(|mut log| log.write_all(line.as_bytes()));
    if let Err(error) = written {
        eprintln!("cannot write to {LOG}: {error}");
    }
}

/// Leaves the test that it stands in: `skip!("no GPU: {error}")`.
#[macro_export]
macro_rules! skip {
    ($($reason:tt)+) => {{
        // The path of a function that stands in the test, less its own name.
        fn here() {}
        fn name_of<T>(_: T) -> &'static str {
            ::std::any::type_name::<T>()
        }
        let name = name_of(here);
        $crate::skip::note(name.strip_suffix("::here").unwrap_or(name), &::std::format!($($reason)+));
        return;
    }};
}
