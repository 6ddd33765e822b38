//! Descriptions of types, functions and actors, as rustc inferred them.
//!
//! This is what crosses from a user's crate to the compiler at run time: plain constants that the macros emit. Types
//! are trait constants; anything that could form a cycle (an actor that knows its own address) is behind a function
//! pointer. Nothing here parses or prints; names are exactly the user's.

pub use crate::model::MethodId;
use std::cmp::Ordering;
use std::fmt;

/// An integer type of Rust. `usize` and `isize` are 64 bits wide on every device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum IntType {
    U8,
    U16,
    U32,
    U64,
    U128,
    Usize,
    I8,
    I16,
    I32,
    I64,
    I128,
    Isize,
}

impl IntType {
    /// Width in bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::U8 | Self::I8 => 8,
            Self::U16 | Self::I16 => 16,
            Self::U32 | Self::I32 => 32,
            Self::U64 | Self::I64 | Self::Usize | Self::Isize => 64,
            Self::U128 | Self::I128 => 128,
        }
    }

    /// Whether the type has a sign.
    #[must_use]
    pub const fn signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64 | Self::I128 | Self::Isize)
    }

    /// The name in Rust, and the name of the alias that the emitted text uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::Usize => "usize",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::Isize => "isize",
        }
    }
}

/// A floating-point type. The 16-bit types are those of the crate `half` (feature `half`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum FloatType {
    F16,
    Bf16,
    F32,
    F64,
}

impl FloatType {
    /// The name in Rust, and the name of the alias that the emitted text uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// A type that device code may use. Obtained from `<T as DeviceType>::DESC`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TypeDesc {
    /// `()`.
    Unit,
    /// `bool`: one byte, 0 or 1.
    Bool,
    /// An integer.
    Int(IntType),
    /// A float.
    Float(FloatType),
    /// A tuple of at least one element; laid out like a struct of these fields in this order.
    Tuple(&'static [TypeDesc]),
    /// `[T; N]`.
    Array(&'static TypeDesc, usize),
    /// `[T]`, only behind a reference.
    Slice(&'static TypeDesc),
    /// `&T` or `&mut T`: parameters and bindings, never stored in state or messages.
    Ref {
        /// Whether it is `&mut`.
        mutable: bool,
        /// What it refers to.
        to: &'static TypeDesc,
    },
    /// A user's struct.
    Struct(&'static StructDesc),
    /// A user's enum.
    Enum(&'static EnumDesc),
    /// `Option<T>`: tag 0 is `None`, tag 1 is `Some`.
    Option(&'static TypeDesc),
    /// `Addr<A>`: the 64-bit address of an actor.
    Addr(ActorLink),
    /// `AnyAddr`: an address whose actor type is not known statically (`ctx.sender()`).
    AnyAddr,
    /// `Reply<T>`: the right to answer one question, 64 bits; not `Copy`, answered when consumed, an error to the asker
    /// when dropped.
    Reply(&'static TypeDesc),
    /// `Context<A>`, only behind `&mut`.
    Context(ActorLink),
    /// What `ctx.host()` returns.
    Host,
    /// `SharedSlice<T>`: a slice uploaded once, readable by all actors.
    SharedSlice(&'static TypeDesc),
    /// `SharedAtomics<T>`: an array of atomics, writable by all actors.
    SharedAtomics(&'static TypeDesc),
    /// One element of a `SharedAtomics<T>`, only behind `&`.
    Atomic(&'static TypeDesc),
    /// `Ordering` of the standard library, only as a constant argument.
    Ordering,
    /// `Scope` of an atomic operation or fence, only as a constant argument.
    Scope,
    /// `Result<(), Full<M>>` as `ctx.try_tell` returns it: `Ok`, or the message back.
    TryTell(&'static TypeDesc),
    /// `Field<T, D>`: cells in so many dimensions, a member of a grid's state.
    Field(&'static TypeDesc, usize),
    /// `Own<T, D>`: the cell that is being written, in the closure of an update.
    Own(&'static TypeDesc, usize),
    /// `Near<T, D>`: a cell of a field that is read, with its neighbours.
    Near(&'static TypeDesc, usize),
    /// `Range<T>` and its inclusive form: only in the head of a `for`.
    Range(&'static TypeDesc),
    /// `Wrapping`-free iterator chains in the head of a `for`; the lowering knows them by their methods.
    Iter(&'static TypeDesc),
    /// `&'static str` and `fmt` machinery: only as arguments of macros; never reaches the device.
    Str,
    /// `!`.
    Never,
}

/// A named field of a struct, of a variant, or (with its index as the name) of a tuple struct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldDesc {
    /// The user's name, or "0", "1" ... in tuple structs and tuple variants.
    pub name: &'static str,
    /// Its type.
    pub ty: TypeDesc,
    /// Its doc comment, one line an element, without the leading space.
    pub doc: &'static [&'static str],
    /// `#[checkpoint]` was written on it.
    pub checkpoint: bool,
    /// `#[debuggable]` was written on it.
    pub debuggable: bool,
}

/// How a struct or variant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `struct A;`
    Unit,
    /// `struct A(u32);`
    Tuple,
    /// `struct A { x: u32 }`
    Named,
}

/// A user's struct: a message, the state of an actor, or plain data.
#[derive(Clone, Copy, Debug)]
pub struct StructDesc {
    /// The user's name, without path or generics.
    pub name: &'static str,
    /// The full name of this instance, generic arguments included (`core::any::type_name`): its identity.
    pub path: fn() -> &'static str,
    /// Doc comment, one line an element.
    pub doc: &'static [&'static str],
    /// How it is written.
    pub shape: Shape,
    /// Its fields, in the order of declaration, which is also the order of the canonical layout.
    pub fields: &'static [FieldDesc],
}

impl PartialEq for StructDesc {
    fn eq(&self, other: &Self) -> bool {
        (self.path)() == (other.path)()
    }
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VariantDesc {
    /// The user's name.
    pub name: &'static str,
    /// How it is written.
    pub shape: Shape,
    /// Its fields.
    pub fields: &'static [FieldDesc],
    /// The value of `Variant as i128` for enums without data; the index for others.
    pub discriminant: i128,
}

/// A user's enum. Canonical layout: a `u32` tag (the index of the variant), then the union of the variants' fields.
#[derive(Clone, Copy, Debug)]
pub struct EnumDesc {
    /// The user's name, without path or generics.
    pub name: &'static str,
    /// The full name of this instance: its identity.
    pub path: fn() -> &'static str,
    /// Doc comment, one line an element.
    pub doc: &'static [&'static str],
    /// Its variants in the order of declaration.
    pub variants: &'static [VariantDesc],
}

impl PartialEq for EnumDesc {
    fn eq(&self, other: &Self) -> bool {
        (self.path)() == (other.path)()
    }
}

/// A reference to an actor type that does not make constants cyclic.
#[derive(Clone, Copy)]
pub struct ActorLink {
    /// The user's name.
    pub name: &'static str,
    /// The full name of this instance: its identity.
    pub path: fn() -> &'static str,
    /// The whole description.
    pub desc: fn() -> ActorDesc,
}

impl PartialEq for ActorLink {
    fn eq(&self, other: &Self) -> bool {
        (self.path)() == (other.path)()
    }
}

impl fmt::Debug for ActorLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "actor {}", (self.path)())
    }
}

/// Everything the compiler knows of an actor type.
#[derive(Clone, Copy, Debug)]
pub struct ActorDesc {
    /// Its state; `state.path` is the identity of the actor type.
    pub state: &'static StructDesc,
    /// Its handlers, in the order of declaration. The index of a handler is the tag of its message.
    pub handlers: &'static [HandlerDesc],
    /// What makes it an actor that owns a tile of fields.
    pub grid: Option<GridDesc>,
}

/// What a grid actor has besides state and handlers.
#[derive(Clone, Copy, Debug)]
pub struct GridDesc {
    /// The dimensions of its fields: 1, 2 or 3.
    pub dims: usize,
    /// Its `#[step]`.
    pub step: StepDesc,
}

/// The method that a grid runs again and again.
#[derive(Clone, Copy, Debug)]
pub struct StepDesc {
    /// The user's name of the method.
    pub name: &'static str,
    /// A [`crate::model::FnModel`] in postcard form.
    pub model: &'static [u8],
    /// Runs the witnesses.
    pub tables: fn() -> Tables,
}

/// One handler: which message it takes, what it answers, and its body.
#[derive(Clone, Copy, Debug)]
pub struct HandlerDesc {
    /// The user's name of the method.
    pub name: &'static str,
    /// The message it takes.
    pub message: TypeDesc,
    /// What the asker gets: the return type, or `T` of a `Reply<T>` parameter; `Unit` for none.
    pub reply: TypeDesc,
    /// A [`crate::model::FnModel`] in postcard form.
    pub model: &'static [u8],
    /// Runs the witnesses.
    pub tables: fn() -> Tables,
}

/// A function that device code may call: a `#[ring_fn]`, or a helper method of an actor's impl.
#[derive(Clone, Copy, Debug)]
pub struct FnDesc {
    /// The user's name.
    pub name: &'static str,
    /// For a method or associated function, the type it belongs to.
    pub owner: Option<TypeDesc>,
    /// The full name of this instance, generic arguments included: its identity.
    pub path: &'static str,
    /// A [`crate::model::FnModel`] in postcard form.
    pub model: &'static [u8],
    /// Runs the witnesses.
    pub tables: fn() -> Tables,
}

/// What rustc inferred for one body: the model refers to these by index.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Types of witnessed bindings, literals, calls, casts and paths: [`crate::model::TypeId`].
    pub types: Vec<TypeDesc>,
    /// Values of named constants: [`crate::model::ConstId`].
    pub consts: Vec<ConstValue>,
    /// Functions called by path: [`crate::model::FnId`].
    pub fns: Vec<FnDesc>,
    /// What a method call or a path on a type resolves to: [`crate::model::MethodId`]. `None`: not a user's
    /// `#[ring_fn]`, so it must be in the table of intrinsics.
    pub methods: Vec<Option<FnDesc>>,
    /// How Rust compares, for the methods and operators that compare.
    pub natives: Vec<(MethodId, Option<Native>)>,
}

/// What a comparison says: nothing, of what is neither less nor equal nor greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said(pub Option<Ordering>);

/// A comparison as the user's build has it. Device code compares field by field, which is what `derive` gives; this is
/// what tells a comparison that was written by hand.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// What is compared.
    pub ty: TypeDesc,
    /// On two values in canonical layout; `None` if the bytes are not values. Of an equality, what is not equal is
    /// unordered.
    pub compare: fn(&[u8], &[u8]) -> Option<Said>,
    /// Only equality is meant.
    pub equality: bool,
}

/// A constant's value in the canonical layout of its type.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstValue {
    /// Its type.
    pub ty: TypeDesc,
    /// Canonical bytes, `layout::size_of(ty)` of them.
    pub bytes: Vec<u8>,
}
