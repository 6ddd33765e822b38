//! The functions that device code calls, in the order of `RkSimCalls` in `device/simulator.h`.
//!
//! None may unwind into C++: they only reach code that reports mistakes as faults of the run.

use std::ffi::{c_char, c_void};

use crate::access::{Access, Scope};
use crate::machine;
use crate::record::Handled;

/// Nanoseconds that an operation takes, as the device's clock sees it.
const NS_PER_STEP: u64 = 100;
/// Operations of the whole run that a nanosecond of sleep takes.
const NS_PER_SLEPT_STEP: u32 = 2;

#[repr(C)]
pub(crate) struct Calls {
    access: unsafe extern "C" fn(u32, *mut c_void, *mut c_void, *const c_void, u32, *const c_char),
    fence: extern "C" fn(u32, u32, *const c_char),
    collective: extern "C" fn(u32, u64, u32, u32, *const c_char) -> u64,
    block_sync: extern "C" fn(u32, *const c_char),
    sleep: extern "C" fn(u32),
    clock: extern "C" fn() -> u64,
    place: extern "C" fn(u32) -> u32,
    shared: extern "C" fn(u32, u32) -> *mut c_void,
    event: extern "C" fn(u32, u64, u64),
    caller: extern "C" fn(u32, *const c_char),
    enter: unsafe extern "C" fn(u32, u32, u64, u64, u64, *const u8, u32, *const u8, u32),
    leave: unsafe extern "C" fn(u32, u32, *const u8, u32),
    did: unsafe extern "C" fn(u32, u64, u32, *const u8, u32),
}

pub(crate) static CALLS: Calls = Calls {
    access,
    fence: {
        extern "C" fn fence(scope: u32, line: u32, file: *const c_char) {
            machine::fence(if scope == 0 { Scope::Gpu } else { Scope::System }, line, file);
        }
        fence
    },
    collective: {
        extern "C" fn collective(kind: u32, value: u64, argument: u32, line: u32, file: *const c_char) -> u64 {
            machine::collective(kind, value, argument, line, file)
        }
        collective
    },
    block_sync: {
        extern "C" fn block_sync(line: u32, file: *const c_char) {
            machine::block_sync(line, file);
        }
        block_sync
    },
    sleep: {
        extern "C" fn sleep(ns: u32) {
            machine::sleep(u64::from(ns / NS_PER_SLEPT_STEP));
        }
        sleep
    },
    clock: {
        extern "C" fn clock() -> u64 {
            machine::with(|m| m.step * NS_PER_STEP)
        }
        clock
    },
    place: {
        extern "C" fn place(what: u32) -> u32 {
            machine::with(|m| m.place(what))
        }
        place
    },
    shared: {
        extern "C" fn shared(bytes: u32, line: u32) -> *mut c_void {
            machine::with(|m| m.shared(bytes, line)).cast()
        }
        shared
    },
    event: {
        extern "C" fn event(kind: u32, a: u64, b: u64) {
            machine::with(|m| m.event(kind, a, b, 0));
        }
        event
    },
    caller: {
        extern "C" fn caller(line: u32, file: *const c_char) {
            machine::with(|m| m.called_from(line, file));
        }
        caller
    },
    enter,
    leave,
    did,
};

/// # Safety
/// `at` must point to so many bytes.
unsafe fn copied(at: *const u8, bytes: u32) -> Vec<u8> {
    // SAFETY: as the caller promises; padding is not initialised as Rust sees it, but C++ wrote this memory.
    unsafe { std::slice::from_raw_parts(at, bytes as usize) }.to_vec()
}

/// # Safety
/// Both pointers must be good for so many bytes.
unsafe extern "C" fn enter(
    actor: u32,
    tag: u32,
    me: u64,
    sender: u64,
    question: u64,
    payload: *const u8,
    payload_bytes: u32,
    state: *const u8,
    state_bytes: u32,
) {
    machine::with(|m| {
        let fiber = m.current_fiber();
        if let Some(records) = &mut m.records {
            // SAFETY: as the caller promises.
            let (payload, before) = unsafe { (copied(payload, payload_bytes), copied(state, state_bytes)) };
            records.enter(fiber, Handled { actor, tag, me, sender, question, payload, before, ..Handled::default() });
        }
    });
}

/// # Safety
/// The pointer must be good for so many bytes.
unsafe extern "C" fn leave(status: u32, site: u32, state: *const u8, bytes: u32) {
    machine::with(|m| {
        let fiber = m.current_fiber();
        if let Some(records) = &mut m.records {
            // SAFETY: as the caller promises.
            records.leave(fiber, status, site, unsafe { copied(state, bytes) });
        }
    });
}

/// # Safety
/// The pointer must be good for so many bytes.
unsafe extern "C" fn did(kind: u32, to: u64, tag: u32, message: *const u8, bytes: u32) {
    machine::with(|m| {
        let fiber = m.current_fiber();
        if let Some(records) = &mut m.records {
            // SAFETY: as the caller promises.
            records.did(fiber, kind, to, tag, unsafe { copied(message, bytes) });
        }
    });
}

/// # Safety
/// `first` and `second` must point to as many bytes as `op` encodes.
unsafe extern "C" fn access(
    op: u32,
    at: *mut c_void,
    first: *mut c_void,
    second: *const c_void,
    line: u32,
    file: *const c_char,
) {
    let Some(access) = Access::decode(op) else { return };
    let read = |from: *const c_void| {
        let mut bytes = [0u8; 16];
        // SAFETY: the caller passes values of this width.
        unsafe { std::ptr::copy_nonoverlapping(from.cast::<u8>(), bytes.as_mut_ptr(), access.bytes.into()) };
        u128::from_le_bytes(bytes)
    };
    let (a, b) = (read(first), read(second));
    let old = machine::access(access, at as u64, a, b, line, file);
    if access.reads() {
        // SAFETY: as above.
        unsafe {
            std::ptr::copy_nonoverlapping(old.to_le_bytes().as_ptr(), first.cast::<u8>(), access.bytes.into());
        }
    }
}
