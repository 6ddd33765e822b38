//! Panics of handlers: silent, remembered with file, line and text, and turned into a failure.
//!
//! The hook is installed once a process and passes on what panics outside of handlers to the hook that was there
//! before.

use std::cell::{Cell, RefCell};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

use crate::failure::FailureKind;

/// What the library panics with inside a handler to fail its actor.
pub(crate) struct Fault {
    pub(crate) kind: FailureKind,
    pub(crate) value: Option<u64>,
    pub(crate) message: &'static str,
}

/// The words of a panic that was caught outside of handlers.
pub(crate) fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// What a panic said.
#[derive(Clone, Debug)]
pub(super) struct Caught {
    pub(super) kind: FailureKind,
    pub(super) value: Option<u64>,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) message: String,
}

thread_local! {
    static IN_HANDLER: Cell<bool> = const { Cell::new(false) };
    static CAUGHT: RefCell<Option<Caught>> = const { RefCell::new(None) };
}

/// Marks this thread as running handlers, or not.
#[inline]
pub(super) fn set_in_handler(on: bool) {
    IN_HANDLER.set(on);
}

/// Whether a handler runs on this thread.
pub(super) fn in_handler() -> bool {
    IN_HANDLER.try_with(Cell::get).unwrap_or(false)
}

/// What the last panic in a handler of this thread said.
pub(super) fn take_caught() -> Option<Caught> {
    CAUGHT.take()
}

/// Runs what panics as a handler may; and the line of that panic.
#[cfg(feature = "record")]
pub(crate) fn recorded<T>(run: impl FnOnce() -> T) -> (T, u32) {
    install_hook();
    set_in_handler(true);
    let result = run();
    set_in_handler(false);
    (result, take_caught().map_or(0, |caught| caught.line))
}

/// Installs the hook.
pub(super) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if in_handler() {
                CAUGHT.with_borrow_mut(|caught| *caught = Some(read(info)));
            } else {
                before(info);
            }
        }));
    });
}

fn read(info: &PanicHookInfo<'_>) -> Caught {
    let (file, line) = info.location().map_or_else(Default::default, |at| (at.file().to_owned(), at.line()));
    if let Some(fault) = info.payload().downcast_ref::<Fault>() {
        let message = fault.message.to_owned();
        return Caught { kind: fault.kind, value: fault.value, file, line, message };
    }
    let message = info.payload_as_str().unwrap_or("a panic without text").to_owned();
    let (kind, value) = FailureKind::of_panic(&message);
    Caught { kind, value, file, line, message }
}
