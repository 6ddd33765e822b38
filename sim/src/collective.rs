//! Votes, shuffles and warp barriers: 32 lanes meet, then all go on with their results.

use std::ffi::c_char;

/// Kinds, as `device/memory.cuh` numbers them.
pub(crate) const BALLOT: u32 = 0;
pub(crate) const SHUFFLE: u32 = 1;
pub(crate) const MATCH: u32 = 2;
pub(crate) const SYNC: u32 = 3;

/// What the lanes of a warp brought to the collective that they are at.
pub(crate) struct Gathering {
    arrived: u32,
    kind: u32,
    line: u32,
    file: *const c_char,
    values: [u64; 32],
    arguments: [u32; 32],
    results: [u64; 32],
}

impl Default for Gathering {
    fn default() -> Self {
        Self {
            arrived: 0,
            kind: 0,
            line: 0,
            file: std::ptr::null(),
            values: [0; 32],
            arguments: [0; 32],
            results: [0; 32],
        }
    }
}

impl Gathering {
    pub(crate) fn arrived(&self) -> u32 {
        self.arrived
    }

    /// A lane arrives; true if it was the last, and the results are there.
    pub(crate) fn arrive(
        &mut self,
        lane: u32,
        kind: u32,
        value: u64,
        argument: u32,
        line: u32,
        file: *const c_char,
    ) -> Result<bool, String> {
        if self.arrived == 0 {
            (self.kind, self.line, self.file) = (kind, line, file);
        } else if (self.kind, self.line, self.file) != (kind, line, file) {
            return Err(format!(
                "lanes of one warp meet at different collectives: one at line {line}, others at line {}",
                self.line
            ));
        }
        self.values[lane as usize] = value;
        self.arguments[lane as usize] = argument;
        self.arrived |= 1 << lane;
        if self.arrived != u32::MAX {
            return Ok(false);
        }
        self.arrived = 0;
        let votes = (0..32).fold(0u64, |mask, l| mask | u64::from(self.values[l] != 0) << l);
        for l in 0..32 {
            self.results[l] = match kind {
                BALLOT => votes,
                SHUFFLE => self.values[(self.arguments[l] & 31) as usize],
                MATCH => (0..32).fold(0, |mask, o| mask | u64::from(self.values[o] == self.values[l]) << o),
                _ => 0,
            };
        }
        Ok(true)
    }

    pub(crate) fn result(&self, lane: u32) -> u64 {
        self.results[lane as usize]
    }
}
