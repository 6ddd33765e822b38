//! Questions about types that several stages ask, and the few types that are made here rather than by rustc.
//!
//! Leaves sizes to `layout` and C++ spellings to `emit`.

use crate::desc::{FloatType, IntType, TypeDesc};
use std::sync::{Mutex, PoisonError};

/// `u32`, the type of tags.
pub(crate) const U32: TypeDesc = TypeDesc::Int(IntType::U32);
/// `u64`, the type of failure values.
pub(crate) const U64: TypeDesc = TypeDesc::Int(IntType::U64);
/// `usize`, the type of lengths.
pub(crate) const USIZE: TypeDesc = TypeDesc::Int(IntType::Usize);

/// A reference with static lifetime to a type made here. Deduplicated, so that the memory is bounded by the number of
/// different types of a program however often it is compiled.
pub(crate) fn intern(ty: TypeDesc) -> &'static TypeDesc {
    static MADE: Mutex<Vec<&'static TypeDesc>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = made.iter().find(|known| ***known == ty) {
        return known;
    }
    let new: &'static TypeDesc = Box::leak(Box::new(ty));
    made.push(new);
    new
}

/// `(a, b, ..)` of elements whose types follow from the parts.
pub(crate) fn tuple_of(elems: Vec<TypeDesc>) -> TypeDesc {
    static MADE: Mutex<Vec<&'static [TypeDesc]>> = Mutex::new(Vec::new());
    if elems.is_empty() {
        return TypeDesc::Unit;
    }
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = made.iter().find(|known| ***known == *elems) {
        return TypeDesc::Tuple(known);
    }
    let new: &'static [TypeDesc] = Box::leak(elems.into_boxed_slice());
    made.push(new);
    TypeDesc::Tuple(new)
}

/// `&to` or `&mut to`.
pub(crate) fn ref_to(to: TypeDesc, mutable: bool) -> TypeDesc {
    TypeDesc::Ref { mutable, to: intern(to) }
}

/// The type behind all references.
pub(crate) fn peel(mut ty: TypeDesc) -> TypeDesc {
    while let TypeDesc::Ref { to, .. } = ty {
        ty = *to;
    }
    ty
}

/// Whether values have no bytes.
pub(crate) fn is_zero_sized(ty: TypeDesc) -> bool {
    match ty {
        TypeDesc::Unit | TypeDesc::Never | TypeDesc::Host | TypeDesc::Str => true,
        TypeDesc::Struct(desc) => desc.fields.iter().all(|field| is_zero_sized(field.ty)),
        TypeDesc::Tuple(elems) => elems.iter().all(|elem| is_zero_sized(*elem)),
        TypeDesc::Array(elem, len) => len == 0 || is_zero_sized(*elem),
        _ => false,
    }
}

/// Whether dropping a value does something: it holds a `Reply`.
pub(crate) fn needs_drop(ty: TypeDesc) -> bool {
    match ty {
        TypeDesc::Reply(_) => true,
        TypeDesc::Struct(desc) => desc.fields.iter().any(|field| needs_drop(field.ty)),
        TypeDesc::Enum(desc) => desc.variants.iter().flat_map(|v| v.fields).any(|field| needs_drop(field.ty)),
        TypeDesc::Tuple(elems) => elems.iter().any(|elem| needs_drop(*elem)),
        TypeDesc::Array(elem, len) => len > 0 && needs_drop(*elem),
        TypeDesc::Option(some) | TypeDesc::TryTell(some) => needs_drop(*some),
        _ => false,
    }
}

/// Whether `Default` gives all zeros whatever the user has written.
pub(crate) fn default_is_zero(ty: TypeDesc) -> bool {
    match ty {
        TypeDesc::Unit | TypeDesc::Bool | TypeDesc::Int(_) | TypeDesc::Float(_) | TypeDesc::Option(_) => true,
        TypeDesc::Tuple(elems) => elems.iter().all(|elem| default_is_zero(*elem)),
        TypeDesc::Array(elem, _) => default_is_zero(*elem),
        _ => false,
    }
}

/// Whether the C++ type is a built-in number.
pub(crate) fn is_scalar(ty: TypeDesc) -> bool {
    matches!(ty, TypeDesc::Bool | TypeDesc::Int(_) | TypeDesc::Float(_) | TypeDesc::Addr(_) | TypeDesc::AnyAddr)
}

/// The type as the user would write it, without paths.
pub(crate) fn rust_name(ty: TypeDesc) -> String {
    match ty {
        TypeDesc::Unit => "()".into(),
        TypeDesc::Bool => "bool".into(),
        TypeDesc::Int(int) => int.name().into(),
        TypeDesc::Float(float) => float.name().into(),
        TypeDesc::Tuple(elems) => {
            let elems: Vec<_> = elems.iter().map(|elem| rust_name(*elem)).collect();
            format!("({})", elems.join(", "))
        }
        TypeDesc::Array(elem, len) => format!("[{}; {len}]", rust_name(*elem)),
        TypeDesc::Slice(elem) => format!("[{}]", rust_name(*elem)),
        TypeDesc::Ref { mutable: true, to } => format!("&mut {}", rust_name(*to)),
        TypeDesc::Ref { mutable: false, to } => format!("&{}", rust_name(*to)),
        TypeDesc::Struct(desc) => desc.name.into(),
        TypeDesc::Enum(desc) => desc.name.into(),
        TypeDesc::Option(some) => format!("Option<{}>", rust_name(*some)),
        TypeDesc::Addr(link) => format!("Addr<{}>", link.name),
        TypeDesc::AnyAddr => "AnyAddr".into(),
        TypeDesc::Reply(answer) => format!("Reply<{}>", rust_name(*answer)),
        TypeDesc::Context(link) => format!("Context<{}>", link.name),
        TypeDesc::Host => "Host".into(),
        TypeDesc::SharedSlice(elem) => format!("SharedSlice<{}>", rust_name(*elem)),
        TypeDesc::SharedAtomics(elem) => format!("SharedAtomics<{}>", rust_name(*elem)),
        TypeDesc::Atomic(elem) => format!("Atomic<{}>", rust_name(*elem)),
        TypeDesc::Ordering => "Ordering".into(),
        TypeDesc::Scope => "Scope".into(),
        TypeDesc::TryTell(message) => format!("Result<(), Full<{}>>", rust_name(*message)),
        TypeDesc::Field(elem, dims) => format!("Field<{}, {dims}>", rust_name(*elem)),
        TypeDesc::Own(elem, dims) => format!("Own<{}, {dims}>", rust_name(*elem)),
        TypeDesc::Near(elem, dims) => format!("Near<{}, {dims}>", rust_name(*elem)),
        TypeDesc::Range(elem) => format!("Range<{}>", rust_name(*elem)),
        TypeDesc::Iter(elem) => format!("an iterator over {}", rust_name(*elem)),
        TypeDesc::Str => "&str".into(),
        TypeDesc::Never => "!".into(),
    }
}

/// Whether it is `f16` or `bf16`, which are structs in the emitted text.
pub(crate) fn is_half(ty: TypeDesc) -> bool {
    matches!(ty, TypeDesc::Float(FloatType::F16 | FloatType::Bf16))
}
