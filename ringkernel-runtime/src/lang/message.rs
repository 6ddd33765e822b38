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
pub trait Message: DeviceValue + Send {}

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
    if M::SIZE > MAX_PAYLOAD {
        let text = TooLarge::text(M::SIZE);
        match core::str::from_utf8(&text.bytes) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("this message is larger than the 180 bytes allowed"),
        }
    }
}

/// The text of the error, made without an allocator since constants have none.
struct TooLarge {
    bytes: [u8; Self::TEXT.len()],
}

impl TooLarge {
    /// The digits are filled in from the right over the `#`.
    const TEXT: &'static [u8] = b"this message needs ######## bytes, 180 are allowed: send fewer fields, or share the data with a `SharedSlice`";
    const FIRST_DIGIT: usize = 19;
    const LAST_DIGIT: usize = 26;

    const fn text(mut size: usize) -> Self {
        let mut bytes = [0; Self::TEXT.len()];
        let mut i = 0;
        while i < bytes.len() {
            bytes[i] = Self::TEXT[i];
            i += 1;
        }
        let mut at = Self::LAST_DIGIT;
        loop {
            bytes[at] = if size > 0 || at == Self::LAST_DIGIT { b'0' + (size % 10) as u8 } else { b' ' };
            size /= 10;
            if at == Self::FIRST_DIGIT {
                break;
            }
            at -= 1;
        }
        Self { bytes }
    }
}
