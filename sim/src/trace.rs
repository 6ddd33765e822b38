//! The last operations of a run, for reports, and a hash over all of them.

use std::ffi::{CStr, c_char};

use crate::access::{Access, Scope};

/// What a fiber did.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// A memory operation.
    Access(Access),
    /// A fence.
    Fence(Scope),
    /// A vote, shuffle, match or warp barrier: reached.
    Collective(u32),
    /// A block barrier: reached.
    BlockSync,
    /// Something that the test's actors tell.
    Event(u32),
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Operations before it in the run.
    pub step: u64,
    /// Who.
    pub fiber: u32,
    /// What.
    pub what: What,
    /// Where.
    pub address: u64,
    /// The value read, or the old one.
    pub old: u128,
    /// The value written.
    pub new: u128,
    /// Line in the source.
    pub line: u32,
    /// File of the source; a C string that lives as long as the kernel.
    pub file: *const c_char,
    /// The line of the program for which a template does it.
    pub caller: Line,
}

/// A line of a source.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// From 1.
    pub line: u32,
    /// A C string that lives as long as the kernel, or null.
    pub file: *const c_char,
}

impl Line {
    /// None.
    pub const NONE: Self = Self { line: 0, file: std::ptr::null() };

    /// `file:line`, without the file's folder.
    #[must_use]
    pub fn text(self) -> Option<String> {
        if self.file.is_null() {
            return None;
        }
        // SAFETY: device code passes `__builtin_FILE()`, a literal of the loaded kernel, which outlives the run.
        let file = unsafe { CStr::from_ptr(self.file) }.to_string_lossy();
        Some(format!("{}:{}", file.rsplit('/').next().unwrap_or(&file), self.line))
    }
}

impl Operation {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> String {
        Line { line: self.line, file: self.file }.text().unwrap_or_else(|| "host".into())
    }
}

/// Keeps the newest operations.
pub(crate) struct Trace {
    ring: Vec<Operation>,
    next: usize,
    hash: u64,
}

const KEPT: usize = 1 << 16;

impl Default for Trace {
    fn default() -> Self {
        Self { ring: Vec::with_capacity(KEPT), next: 0, hash: 0xcbf2_9ce4_8422_2325 }
    }
}

impl Trace {
    pub(crate) fn push(&mut self, operation: Operation, offset: u64, old: u128, new: u128) {
        for part in [u64::from(operation.fiber), offset, old as u64, new as u64] {
            self.hash = (self.hash ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
        }
        if self.ring.len() < KEPT {
            self.ring.push(operation);
        } else {
            self.ring[self.next] = operation;
        }
        self.next = (self.next + 1) % KEPT;
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// Oldest first.
    pub(crate) fn operations(&self) -> impl DoubleEndedIterator<Item = &Operation> {
        let split = if self.ring.len() < KEPT { 0 } else { self.next };
        self.ring[split..].iter().chain(&self.ring[..split])
    }
}
