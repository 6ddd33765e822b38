//! Finding the user's operators, and comparing as the user's build does.
//!
//! `#[ring_fn] impl Add<R> for L` implements [`HasOperator`]. What an operator in device code is, is asked by autoref
//! specialisation, as for methods. A comparison also answers how Rust itself compares: device code does it field by
//! field unless a user's function is found, and the compiler tries whether that is the same.

use std::cmp::Ordering;
use std::marker::PhantomData;

use ringkernel_codegen::desc::{EnumDesc, FnDesc, Native, Said, Shape, TypeDesc, VariantDesc};

use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::layout;
use super::witness::Witness;

/// The operator whose function's name hashes to `NAME`, with this right side; `()` for one without. Where a generic function
/// says `T: Add`, its description says this of `T` too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no such operator that device code can call",
    label = "an operator of `{Self}` that is no `#[ring_fn]`",
    note = "put `#[ring_fn]` on the operator's impl for `{Self}`; of a type parameter, say what it can among the bounds of the \
            function itself: `T: Add<Output = T>`"
)]
pub trait HasOperator<const NAME: u64, Right: ?Sized> {
    /// What the compiler needs; nothing of an operator that the device has.
    fn desc() -> Option<FnDesc>;
}

/// The same for a comparison that was written by hand.
pub trait HasComparison<const NAME: u64, Right: ?Sized> {
    /// What the compiler needs.
    fn desc() -> Option<FnDesc>;
}

/// Numbers, `bool`, references to them, and `()` for the right side that there is not: whatever Rust has for them, the device
/// has.
pub trait Primitive {}

impl Primitive for () {}

macro_rules! primitives {
    ($($ty:ty)*) => {$(
        impl Primitive for $ty {}
        impl Primitive for &$ty {}
        #[diagnostic::do_not_recommend]
        impl<const NAME: u64, R: Primitive> HasOperator<NAME, R> for $ty {
            fn desc() -> Option<FnDesc> {
                None
            }
        }
        #[diagnostic::do_not_recommend]
        impl<const NAME: u64, R: Primitive> HasOperator<NAME, R> for &$ty {
            fn desc() -> Option<FnDesc> {
                None
            }
        }
    )*};
}

primitives! { bool u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 }

#[cfg(feature = "half")]
primitives! { half::f16 half::bf16 }

/// Asks about an operator between two types: `(&Operator::of(l, r)).function()`, with the traits below in scope.
#[derive(Debug)]
pub struct Operator<L: ?Sized, R: ?Sized, const NAME: u64>(PhantomData<fn() -> (*const L, *const R)>);

impl<L: ?Sized, R: ?Sized, const NAME: u64> Operator<L, R, NAME> {
    /// Asks about the types of two witnesses.
    #[must_use]
    pub const fn of(_: &Witness<L>, _: &Witness<R>) -> Self {
        Self(PhantomData)
    }
}

/// The answer yes.
pub trait FoundOperator {
    /// The function.
    fn function(&self) -> Option<FnDesc>;
}

impl<L: HasOperator<NAME, R> + ?Sized, R: ?Sized, const NAME: u64> FoundOperator for Operator<L, R, NAME> {
    fn function(&self) -> Option<FnDesc> {
        L::desc()
    }
}

/// The answer no.
pub trait NoOperator {
    /// No function.
    fn function(&self) -> Option<FnDesc>;
}

impl<L: ?Sized, R: ?Sized, const NAME: u64> NoOperator for &Operator<L, R, NAME> {
    fn function(&self) -> Option<FnDesc> {
        None
    }
}

/// The same for comparisons, which references pass on to what they refer to.
#[derive(Debug)]
pub struct Comparison<L: ?Sized, R: ?Sized, const NAME: u64>(PhantomData<fn() -> (*const L, *const R)>);

impl<L: ?Sized, R: ?Sized, const NAME: u64> Comparison<L, R, NAME> {
    /// Asks about the types of two witnesses.
    #[must_use]
    pub const fn of(_: &Witness<L>, _: &Witness<R>) -> Self {
        Self(PhantomData)
    }
}

impl<L: HasComparison<NAME, R> + ?Sized, R: ?Sized, const NAME: u64> FoundOperator for Comparison<L, R, NAME> {
    fn function(&self) -> Option<FnDesc> {
        L::desc()
    }
}

/// The answer yes, of what two references refer to.
pub trait FoundBehind {
    /// The function.
    fn function(&self) -> Option<FnDesc>;
}

impl<L: HasComparison<NAME, R> + ?Sized, R: ?Sized, const NAME: u64> FoundBehind for Comparison<&L, &R, NAME> {
    fn function(&self) -> Option<FnDesc> {
        L::desc()
    }
}

impl<L: ?Sized, R: ?Sized, const NAME: u64> NoOperator for &Comparison<L, R, NAME> {
    fn function(&self) -> Option<FnDesc> {
        None
    }
}

/// Asks how Rust compares two values: `(&Compare::of(l, r)).equality()`, with the traits below in scope.
#[derive(Debug)]
pub struct Compare<L: ?Sized, R: ?Sized>(PhantomData<fn() -> (*const L, *const R)>);

impl<L: ?Sized, R: ?Sized> Compare<L, R> {
    /// Asks about the types of two witnesses.
    #[must_use]
    pub const fn of(_: &Witness<L>, _: &Witness<R>) -> Self {
        Self(PhantomData)
    }
}

/// Reads two values and compares them.
fn decoded<T: DeviceValue>(a: &[u8], b: &[u8], compare: fn(&T, &T) -> Option<Ordering>) -> Option<Said> {
    Some(Said(compare(&T::decode(a).ok()?, &T::decode(b).ok()?)))
}

/// Declares a trait for each way in which the compared values can lie behind something, and the answer for none.
macro_rules! natives {
    ($method:ident $bound:path, $equality:literal, $compare:expr, $none:ident: $($(#[$doc:meta])* $name:ident $of:ty;)*) => {
        $(
            $(#[$doc])*
            pub trait $name {
                /// How Rust compares.
                fn $method(&self) -> Option<Native>;
            }
            impl<T: DeviceValue + $bound> $name for Compare<$of, $of> {
                fn $method(&self) -> Option<Native> {
                    let compare = |a: &[u8], b: &[u8]| decoded::<T>(a, b, $compare);
                    Some(Native { ty: T::DESC, compare, equality: $equality })
                }
            }
        )*
        /// Cannot be told.
        pub trait $none {
            /// Nothing.
            fn $method(&self) -> Option<Native>;
        }
        impl<L: ?Sized, R: ?Sized> $none for &Compare<L, R> {
            fn $method(&self) -> Option<Native> {
                None
            }
        }
    };
}

natives! { equality PartialEq, true, |a, b| (a == b).then_some(Ordering::Equal), NoEquality:
    /// Equality of values.
    Equality T;
    /// Equality behind references.
    EqualityBehind &T;
    /// Equality behind optional references.
    EqualityOfOptions Option<&T>;
    /// Equality of elements.
    EqualityOfElements [T];
    /// Equality of elements behind references.
    EqualityOfSlices &[T];
}

natives! { partial_order PartialOrd, false, |a, b| a.partial_cmp(b), NoPartialOrder:
    /// Partial order of values.
    PartialOrder T;
    /// Partial order behind references.
    PartialOrderBehind &T;
    /// Partial order of elements.
    PartialOrderOfElements [T];
    /// Partial order of elements behind references.
    PartialOrderOfSlices &[T];
}

natives! { order Ord, false, |a, b| Some(a.cmp(b)), NoOrder:
    /// Order of values.
    Order T;
    /// Order behind references.
    OrderBehind &T;
    /// Order of elements.
    OrderOfElements [T];
    /// Order of elements behind references.
    OrderOfSlices &[T];
}

const fn unit(name: &'static str, discriminant: i128) -> VariantDesc {
    VariantDesc { name, shape: Shape::Unit, fields: &[], discriminant }
}

#[diagnostic::do_not_recommend]
impl DeviceType for Ordering {
    const DESC: TypeDesc = TypeDesc::Enum(&EnumDesc {
        name: "Ordering",
        path: std::any::type_name::<Self>,
        doc: &["What a comparison says."],
        variants: &[unit("Less", -1), unit("Equal", 0), unit("Greater", 1)],
    });
}

#[diagnostic::do_not_recommend]
impl DeviceValue for Ordering {
    const SIZE: usize = layout::TAG;
    const ALIGN: usize = layout::TAG;
    fn encode(&self, out: &mut [u8]) {
        layout::put_tag(out, (*self as i8 + 1) as u32);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match layout::tag(bytes, Self::SIZE, "Ordering")? {
            0 => Ok(Self::Less),
            1 => Ok(Self::Equal),
            2 => Ok(Self::Greater),
            other => Err(DecodeError::new("Ordering", u64::from(other))),
        }
    }
}
