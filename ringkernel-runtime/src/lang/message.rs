//! Messages: device values that actors send each other.

use super::device_type::{DecodeError, DeviceValue};

/// The most bytes a message may have: what a 256-byte mailbox slot holds beside its header and sequence numbers.
pub const MAX_PAYLOAD: usize = 180;

/// What an actor can be told or asked. Made by `#[ring_message]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "put `#[ring_message]` on the struct or enum"
)]
pub trait Message: DeviceValue {}

/// Reads a message from the beginning of a slot's payload, which may be longer.
///
/// # Errors
/// If there are too few bytes, or they are not such a message.
pub fn read<M: Message>(payload: &[u8]) -> Result<M, DecodeError> {
    let bytes = payload.get(..M::SIZE).ok_or(DecodeError::new("a message", payload.len() as u64))?;
    M::decode(bytes)
}

/// Refuses, at compile time, a message that no mailbox slot can hold.
///
/// # Panics
/// If `M` is too large; only ever called in constants.
#[track_caller]
pub const fn assert_fits<M: Message>() {
    assert_size(b"message", M::SIZE);
}

/// Refuses, at compile time, an answer that no reply cell can hold.
///
/// # Panics
/// If it has too many bytes; only ever called in constants.
#[track_caller]
pub const fn assert_answer_fits(size: usize) {
    assert_size(b"answer", size);
}

#[track_caller]
const fn assert_size(what: &[u8], size: usize) {
    if size > MAX_PAYLOAD {
        let text = TooLarge::new(what, size);
        match core::str::from_utf8(text.bytes.split_at(text.len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("more than the 180 bytes allowed"),
        }
    }
}

/// The text of the error, made without an allocator since constants have none.
struct TooLarge {
    bytes: [u8; 160],
    len: usize,
}

impl TooLarge {
    const fn new(what: &[u8], size: usize) -> Self {
        Self { bytes: [0; 160], len: 0 }
            .text(b"this ")
            .text(what)
            .text(b" needs ")
            .number(size)
            .text(b" bytes, ")
            .number(MAX_PAYLOAD)
            .text(b" are allowed: send fewer fields, or share the data with a `SharedSlice`")
    }

    const fn text(mut self, text: &[u8]) -> Self {
        let mut i = 0;
        while i < text.len() {
            self.bytes[self.len] = text[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    const fn number(self, value: usize) -> Self {
        let before = if value >= 10 { self.number(value / 10) } else { self };
        before.text(&[b'0' + (value % 10) as u8])
    }
}
