//! What the device tells of itself among its messages to the host: failures, traces, dead letters.
//!
//! In come records with numbers, out go the library's own types with the user's files and lines.

use std::borrow::Cow;
use std::fmt::Write as _;

use ringkernel_codegen::desc::{FloatType, IntType, TypeDesc};
use ringkernel_codegen::{layout, site};

use super::host::Record;
use crate::failure::{DeadLetter, Failure, FailureKind};
use crate::lang::AnyAddr;

/// Tags of `context.cuh`.
pub(super) const FAILURE_TAG: u32 = 0xff;
pub(super) const TRACE_TAG: u32 = 0xfe;
pub(super) const DEAD_LETTER_TAG: u32 = 0xfd;
/// Types of messages to the host that a system can have: the tags below the device's own.
pub(super) const MAX_HOST_TAGS: usize = 0xf0;

/// What a record is, by its tag: one of the tags above, or the number of a user's message. A trace has its number beside it.
pub(super) const fn what(tag: u32) -> u32 {
    tag & 0xff
}

/// Bytes of a record, by its tag. More than its sender wrote would never come.
pub(super) fn bytes(tag: u32, messages: &[usize], traces: &[usize]) -> usize {
    match what(tag) {
        FAILURE_TAG => FAILURE_BYTES,
        TRACE_TAG => traces.get((tag >> 8) as usize).copied().unwrap_or(0),
        DEAD_LETTER_TAG => DEAD_LETTER_BYTES,
        message => messages.get(message as usize).copied().unwrap_or(0),
    }
}

/// Sites of the runtime's own device code.
const POOL_EXHAUSTED: u32 = 0xffff_ff00;
const BAD_TAG: u32 = 0xffff_ff01;

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// Bytes of a failure's record: value, site, tag.
pub(super) const FAILURE_BYTES: usize = 16;
/// Bytes of a dead letter's record: receiver, tag.
pub(super) const DEAD_LETTER_BYTES: usize = 16;

/// What a record says of a failed actor.
pub(super) fn failure(record: &Record, sites: &[site::Site], name: String) -> Failure {
    let value = u64::from(number(&record.payload, 4)) << 32 | u64::from(number(&record.payload, 0));
    failure_at(AnyAddr::from_raw(record.sender), name, number(&record.payload, 8), value, sites)
}

/// A failure at a numbered site.
pub(super) fn failure_at(actor: AnyAddr, name: String, site: u32, value: u64, sites: &[site::Site]) -> Failure {
    let known = sites.get(site as usize);
    let (kind, message): (_, Cow<'static, str>) = match (site, known) {
        (POOL_EXHAUSTED, _) => (FailureKind::PoolExhausted, "no spare cell was left for what the handler sent".into()),
        (BAD_TAG, _) => (FailureKind::Corrupt, "a message that no handler of the actor takes".into()),
        (_, Some(site)) => (kind(site.kind), site.message.clone().into()),
        _ => (FailureKind::Corrupt, "an unknown place".into()),
    };
    Failure {
        actor,
        name: name.into(),
        kind,
        file: known.map_or_else(String::new, |site| site.file.clone()).into(),
        line: known.map_or(0, |site| site.line),
        value: (kind == FailureKind::OutOfBounds).then_some(value),
        message,
        tile: None,
    }
}

const fn kind(kind: site::FailureKind) -> FailureKind {
    match kind {
        site::FailureKind::OutOfBounds => FailureKind::OutOfBounds,
        site::FailureKind::NoSuchActor => FailureKind::NoSuchActor,
        site::FailureKind::Overflow => FailureKind::Overflow,
        site::FailureKind::DivisionByZero => FailureKind::DivisionByZero,
        site::FailureKind::Assertion => FailureKind::Assertion,
        site::FailureKind::InboxFull => FailureKind::PoolExhausted,
        _ => FailureKind::Panic,
    }
}

/// What a record says of a message that found nobody.
pub(super) fn dead_letter(record: &Record) -> DeadLetter {
    let to = u64::from(number(&record.payload, 4)) << 32 | u64::from(number(&record.payload, 0));
    DeadLetter { to: AnyAddr::from_raw(to), from: AnyAddr::from_raw(record.sender), tag: number(&record.payload, 8) }
}

/// Bytes of a trace's record: its number, then the values as a tuple.
pub(super) fn trace_bytes(trace: &site::TraceSite) -> usize {
    let (values, _) = layout::fields(trace.args.iter().copied());
    4_usize.next_multiple_of(values.align) + values.size
}

/// The text of a trace, or `None` if its number is not known.
pub(super) fn trace_text<'t>(record: &Record, traces: &'t [site::TraceSite]) -> Option<(&'t site::TraceSite, String)> {
    let trace = traces.get(number(&record.payload, 0) as usize)?;
    let (values, offsets) = layout::fields(trace.args.iter().copied());
    let start = 4_usize.next_multiple_of(values.align);
    let mut text = String::new();
    for (i, piece) in trace.pieces.iter().enumerate() {
        text.push_str(piece);
        if let (Some(ty), Some(offset)) = (trace.args.get(i), offsets.get(i)) {
            show(&mut text, *ty, record.payload.get(start + offset..).unwrap_or_default());
        }
    }
    Some((trace, text))
}

/// Writes a value as `{}` does.
fn show(text: &mut String, ty: TypeDesc, bytes: &[u8]) {
    let mut wide = [0; 16];
    let size = layout::size_of(ty).min(bytes.len()).min(16);
    wide[..size].copy_from_slice(&bytes[..size]);
    let unsigned = u128::from_le_bytes(wide);
    let _ = match ty {
        TypeDesc::Bool => write!(text, "{}", unsigned != 0),
        TypeDesc::Int(int) if int.signed() => {
            let unused = 128 - int.bits();
            write!(text, "{}", (unsigned << unused).cast_signed() >> unused)
        }
        TypeDesc::Int(IntType::U128) => write!(text, "{unsigned}"),
        TypeDesc::Float(FloatType::F32) => write!(text, "{}", f32::from_bits(unsigned as u32)),
        TypeDesc::Float(FloatType::F64) => write!(text, "{}", f64::from_bits(unsigned as u64)),
        TypeDesc::Addr(_) | TypeDesc::AnyAddr => write!(text, "{}", AnyAddr::from_raw(unsigned as u64)),
        _ => write!(text, "{unsigned}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_trace_is_not_waited_for_as_long_as_the_longest() {
        let (messages, traces) = ([20, 4], [4, 48]);
        assert_eq!([TRACE_TAG, 1 << 8 | TRACE_TAG].map(|tag| bytes(tag, &messages, &traces)), traces);
        assert_eq!([0, 1, 2].map(|tag| bytes(tag, &messages, &traces)), [20, 4, 0]);
        assert_eq!(bytes(FAILURE_TAG, &messages, &traces), FAILURE_BYTES);
    }
}
