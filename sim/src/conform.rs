//! Conformance: a native handler and the emitted text do the same, in the same order, and leave the same state.
//!
//! Each run of a handler that was recorded is run once more, natively, from the same state and message. What the handler
//! learns from the system (whether a mailbox has room) is what it learned there. So this holds for any schedule, and sees what
//! no end of a run shows: two messages in the wrong order, or one to the wrong handler that does no harm.

use std::any::TypeId;
use std::sync::atomic::Ordering;

use ringkernel_codegen::Compiled;
use ringkernel_codegen::abi::Params;
use ringkernel_runtime::lang::record::{Call, Change, Did as Native, Ended, Placed, Recorded, Recorder, canonical};
use ringkernel_runtime::lang::{Actor, DeviceValue, Scope};

use crate::access::{Kind, Order};
use crate::record::{Did, Handled};

/// Statuses of `context.cuh`.
const OK: u32 = 0;
const FAILED: u32 = 1;
/// How a reply cell is filled, there.
const VALUE: u32 = 1;
/// From here on sites are the runtime's own: a pool without cells, which no native handler meets.
const RUNTIME_SITES: u32 = 0xffff_ff00;

/// A native actor type.
#[derive(Clone, Copy)]
pub struct Type {
    id: TypeId,
    name: &'static str,
    run: Run,
    canonical: fn(&[u8]) -> Option<Vec<u8>>,
}

type Run = fn(&Recorder, &Handled) -> Option<(Ended, Vec<Recorded>, Vec<u8>)>;

impl Type {
    /// `A`, as the program has it.
    #[must_use]
    pub fn of<A: Actor + DeviceValue>() -> Self {
        Self { id: TypeId::of::<A>(), name: A::NAME, run: native::<A>, canonical: canonical::<A> }
    }
}

/// Runs the native handler: how it ended, what it did, and its state.
fn native<A: Actor + DeviceValue>(recorder: &Recorder, of: &Handled) -> Option<(Ended, Vec<Recorded>, Vec<u8>)> {
    let mut state = A::decode(of.before.get(..A::SIZE)?).ok()?;
    let Handled { me, sender, question, tag, .. } = *of;
    let (ended, did) = recorder.run(&mut state, Call { me, sender, question, tag, payload: &of.payload });
    let mut after = vec![0; A::SIZE];
    state.encode(&mut after);
    Some((ended, did, after))
}

/// A shared array of atomics: where it lies in the run, and natively.
#[derive(Clone, Copy, Debug)]
pub struct Array {
    /// Address in the run.
    pub device: u64,
    /// Address of the native elements.
    pub native: usize,
    /// Bytes of all elements.
    pub bytes: usize,
}

/// Compares every handler of a run with the native one; the types are those of the program, in its order.
///
/// # Errors
/// The first difference.
pub fn check(
    handled: &[Handled],
    types: &[Type],
    arrays: &[Array],
    compiled: &Compiled,
    params: &Params,
) -> Result<(), String> {
    let tables = types.iter().zip(&params.tables);
    let placed: Vec<Placed> =
        tables.map(|(ty, t)| Placed { actor: ty.id, first: t.first_slot, count: t.count }).collect();
    for one in handled {
        let Some(ty) = types.get(one.actor as usize) else { return Err("a handler of an unknown type".into()) };
        let known = one.status == OK || one.status == FAILED && one.site < RUNTIME_SITES;
        if known {
            compare(one, *ty, arrays, compiled, &placed)
                .map_err(|what| format!("handler {} of {}: {what}", one.tag, ty.name))?;
        }
    }
    Ok(())
}

fn compare(one: &Handled, ty: Type, arrays: &[Array], compiled: &Compiled, placed: &[Placed]) -> Result<(), String> {
    let room = one.did.iter().filter_map(|did| if let Did::Tell { room, .. } = did { *room } else { None });
    let found = one.did.iter().filter_map(|did| if let Did::Atomic { found, .. } = did { Some(*found) } else { None });
    let recorder = Recorder::new(placed, room, found);
    let (ended, native, after) = (ty.run)(&recorder, one).ok_or("its state cannot be read")?;
    for (k, (did, recorded)) in one.did.iter().zip(&native).enumerate() {
        if !same(did, recorded, arrays, compiled) {
            let did = readable(did, recorded);
            return Err(format!("operation {k} is {did:?}, natively {:?} {:?}", recorded.did, recorded.bytes));
        }
    }
    if one.did.len() != native.len() {
        return Err(format!("does {:?}, natively {:?}", one.did, native.iter().map(|r| &r.did).collect::<Vec<_>>()));
    }
    let site = compiled.sites.get(one.site as usize).map_or(0, |site| site.line);
    let expected = if one.status == OK { Ended::Returned } else { Ended::Failed(site) };
    if ended != expected {
        return Err(format!("ends as {expected:?}, natively {ended:?}"));
    }
    if (ty.canonical)(&one.after).as_ref() != Some(&after) {
        return Err(format!("leaves the state {:?}, natively {after:?}", one.after));
    }
    Ok(())
}

/// For reports: without what happens to be in padding, if it is a message of the same type.
fn readable(did: &Did, native: &Recorded) -> Did {
    let mut did = did.clone();
    if let Did::Tell { message: bytes, .. } | Did::TellHost(_, bytes) | Did::Answer { value: bytes, .. } = &mut did
        && let Some(same) = (native.canonical)(bytes)
    {
        *bytes = same;
    }
    did
}

fn same(did: &Did, native: &Recorded, arrays: &[Array], compiled: &Compiled) -> bool {
    let same_bytes = |bytes: &[u8]| (native.canonical)(bytes).as_ref() == Some(&native.bytes);
    match (did, &native.did) {
        (Did::Tell { to, tag, room, message }, Native::Tell { to: native_to, tag: native_tag, trying }) => {
            to == native_to && tag == native_tag && room.is_some() == *trying && same_bytes(message)
        }
        (Did::TellHost(number, message), Native::TellHost(path)) => {
            compiled.host_messages.get(*number as usize).is_some_and(|m| m.path == *path) && same_bytes(message)
        }
        (Did::Answer { question, outcome: VALUE, value }, Native::Answer(native)) => {
            *question == *native as u32 && same_bytes(value)
        }
        (Did::Answer { question, outcome, .. }, Native::Drop(native)) => {
            *question == *native as u32 && *outcome != VALUE
        }
        (
            Did::Atomic { at, access, left, .. },
            Native::Atomic { at: native, change, order, scope, left: native_left },
        ) => {
            let place = |array: &Array| (array.native..array.native + array.bytes).contains(native);
            arrays.iter().find(|array| place(array)).is_some_and(|a| a.device + (native - a.native) as u64 == *at)
                && left == native_left
                && change_of(access.kind) == *change
                && access.order == order_of(*change, *order)
                && (access.scope == crate::access::Scope::System) == (*scope == Scope::System)
        }
        (Did::Trace(number), Native::Trace(file, line)) => {
            compiled.traces.get(*number as usize).is_some_and(|site| site.line == *line && file.ends_with(&site.file))
        }
        _ => false,
    }
}

/// The simulator has no operation of its own for subtraction, and two for numbers with a sign.
fn change_of(kind: Kind) -> Change {
    match kind {
        Kind::Load => Change::Load,
        Kind::Store => Change::Store,
        Kind::Exchange => Change::Swap,
        Kind::Compare => Change::Compare,
        Kind::Add => Change::Add,
        Kind::Min | Kind::SignedMin => Change::Min,
        Kind::Max | Kind::SignedMax => Change::Max,
        Kind::And => Change::And,
        Kind::Or => Change::Or,
        Kind::Xor => Change::Xor,
    }
}

/// What an operation does itself; sequential consistency is a fence before it besides.
fn order_of(change: Change, order: Ordering) -> Order {
    match (change, order) {
        (_, Ordering::Relaxed) => Order::Relaxed,
        (Change::Load, _) | (_, Ordering::Acquire) => Order::Acquire,
        (Change::Store, _) | (_, Ordering::Release) => Order::Release,
        _ => Order::AcqRel,
    }
}
