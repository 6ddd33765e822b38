//! What a handler does with the system: sending, answering, atomics.

use super::Class::{Address, Atomic, Context, Host, Reply, TryTell};
use super::{Class, How, Row};

const fn row(class: Class, name: &'static str, args: usize, how: How) -> Row {
    Row { class, name, args, how }
}

pub(super) const ROWS: &[Row] = &[
    row(Context, "tell", 2, How::By(|lower, call, out| lower.tell(call, out))),
    row(Context, "try_tell", 2, How::By(|lower, call, out| lower.try_tell(call, out))),
    row(Context, "send", 2, How::By(|lower, call, out| lower.send_to_neighbour(call, out))),
    row(Context, "exchange", 1, How::By(|lower, call, out| lower.exchange(call, out))),
    row(Context, "barrier", 1, How::By(|lower, call, out| lower.barrier(call, out))),
    row(Context, "is_in", 1, How::By(|lower, call, out| lower.is_in(call, out))),
    row(Context, "me", 0, How::By(|lower, call, out| lower.me(call, out))),
    row(Context, "sender", 0, How::By(|lower, call, out| lower.sender(call, out))),
    row(Context, "actor", 1, How::By(|lower, call, out| lower.nth_actor(call, out))),
    row(Context, "host", 0, How::By(|lower, call, out| lower.host(call, out))),
    row(Host, "tell", 1, How::By(|lower, call, out| lower.host_tell(call, out))),
    row(Reply, "send", 1, How::By(|lower, call, out| lower.reply_send(call, out))),
    row(TryTell, "is_ok", 0, How::By(|lower, call, out| lower.option_is_none(call, out))),
    row(TryTell, "is_err", 0, How::By(|lower, call, out| lower.option_is_some(call, out))),
    row(Address, "raw", 0, How::By(|lower, call, out| lower.address_bits(call, out))),
    row(Address, "any", 0, How::By(|lower, call, out| lower.address_bits(call, out))),
    row(Address, "is_host", 0, How::By(|lower, call, out| lower.is_host(call, out))),
    row(Atomic, "load", 2, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "store", 3, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "swap", 3, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "compare_exchange", 4, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "fetch_add", 3, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "fetch_sub", 3, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "fetch_min", 3, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "fetch_max", 3, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "fetch_and", 3, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "fetch_or", 3, How::By(|lower, call, out| lower.atomic(call, out))),
    row(Atomic, "fetch_xor", 3, How::By(|lower, call, out| lower.atomic(call, out))),
];
