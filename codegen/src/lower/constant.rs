//! Named constants: their values, as rustc computed them, read back from the canonical layout.

use super::{Lower, Stmts};
use crate::desc::{ConstValue, FieldDesc, FloatType, TypeDesc, TypeDesc as T};
use crate::ir::{Expr, Kind};
use crate::layout;
use crate::model::{ConstId, Expr as Syntax, Span};
use crate::ty;

/// Elements of an array that may be written where it is used; longer ones become a table at file scope.
const INLINE_ELEMENTS: usize = 4;

impl Lower<'_> {
    /// The value of a constant.
    pub(super) fn constant(&mut self, id: ConstId, span: Span) -> Expr {
        let body = self.body;
        let Some(ConstValue { ty, bytes }) = body.tables.consts.get(id.0 as usize) else {
            self.internal(span, &format!("constant {} is missing", id.0));
            return Expr::never();
        };
        match decode(*ty, bytes) {
            Some(value) if is_big(*ty) => self.table(value),
            Some(value) => value,
            None => {
                self.internal(span, &format!("a constant of type `{}` cannot be read", ty::rust_name(*ty)));
                Expr::never()
            }
        }
    }

    /// A constant as a place: arrays are indexed where they stand, at file scope.
    pub(super) fn constant_place(&mut self, id: ConstId, span: Span) -> Expr {
        let value = self.constant(id, span);
        match value.ty {
            T::Array(..) if !ty::is_zero_sized(value.ty) => self.table(value),
            _ => value,
        }
    }

    fn table(&mut self, value: Expr) -> Expr {
        let ty = value.ty;
        let index = match self.lowered.tables.iter().position(|known| *known == value) {
            Some(known) => known,
            None if matches!(value.kind, Kind::Table(_)) => return value,
            None => {
                self.lowered.tables.push(value);
                self.lowered.tables.len() - 1
            }
        };
        Expr::new(ty, Kind::Table(index))
    }

    /// A constant that must be a length.
    pub(super) fn constant_len(&mut self, id: ConstId, span: Span) -> Option<usize> {
        match self.constant(id, span).kind {
            Kind::Int { value, negative: false } => Some(value as usize),
            _ => None,
        }
    }

    /// `[elem; N]`
    pub(super) fn repeat(&mut self, elem: &Syntax, len: ConstId, whole: &Syntax, out: &mut Stmts) -> Expr {
        let elem = self.value(elem, out);
        let ty = match whole.ty {
            Some(id) => self.ty(id),
            None => match self.constant_len(len, whole.span) {
                Some(len) => T::Array(ty::intern(elem.ty), len),
                None => T::Never,
            },
        };
        if elem.ty == T::Never || ty::is_zero_sized(ty) {
            return self.zero_sized(ty);
        }
        if is_zero(&elem) {
            return Expr::new(ty, Kind::Construct(Vec::new()));
        }
        let elem = match ty {
            T::Array(wanted, _) => self.coerce(elem, *wanted),
            _ => elem,
        };
        Expr::call_with("rk::repeat", vec![crate::ir::Generic::Type(ty)], ty, vec![elem])
    }
}

/// Whether all its bytes are zero, so that `T{}` is the same.
fn is_zero(value: &Expr) -> bool {
    match &value.kind {
        Kind::Int { value, .. } => *value == 0,
        Kind::Float(bits) => *bits == 0,
        Kind::Bool(value) => !value,
        Kind::Construct(parts) => parts.iter().all(is_zero),
        _ => false,
    }
}

fn is_big(ty: TypeDesc) -> bool {
    match ty {
        T::Array(elem, len) => !ty::is_zero_sized(ty) && (len > INLINE_ELEMENTS || !ty::is_scalar(*elem)),
        _ => false,
    }
}

/// Reads a value in canonical layout.
fn decode(ty: TypeDesc, bytes: &[u8]) -> Option<Expr> {
    let bytes = bytes.get(..layout::size_of(ty))?;
    Some(match ty {
        T::Unit => Expr::unit(),
        T::Bool => Expr::bool(*bytes.first()? != 0),
        T::Int(int) => {
            let mut wide = [0_u8; 16];
            wide[..bytes.len()].copy_from_slice(bytes);
            let raw = u128::from_le_bytes(wide);
            let shift = 128 - int.bits();
            let signed = ((raw << shift) as i128) >> shift;
            let negative = int.signed() && signed < 0;
            let value = if negative { signed.unsigned_abs() } else { raw };
            Expr::new(ty, Kind::Int { value, negative })
        }
        T::Float(FloatType::F32) => {
            let value = f32::from_le_bytes(bytes.try_into().ok()?);
            Expr::new(ty, Kind::Float(f64::from(value).to_bits()))
        }
        // Its bits; no literal of C++ has the type.
        T::Float(FloatType::F16 | FloatType::Bf16) => Expr::int(ty, u16::from_le_bytes(bytes.try_into().ok()?).into()),
        T::Float(FloatType::F64) => Expr::new(ty, Kind::Float(f64::from_le_bytes(bytes.try_into().ok()?).to_bits())),
        T::Tuple(elems) => {
            let (_, offsets) = layout::fields(elems.iter().copied());
            let parts = elems.iter().zip(offsets).map(|(elem, at)| decode(*elem, bytes.get(at..)?));
            parts_of(ty, parts.collect::<Option<Vec<_>>>()?)
        }
        T::Struct(desc) => parts_of(ty, decode_fields(desc.fields, bytes)?),
        T::Array(elem, len) => {
            let size = layout::size_of(*elem);
            let parts = (0..len).map(|index| decode(*elem, bytes.get(index * size..)?));
            parts_of(ty, parts.collect::<Option<Vec<_>>>()?)
        }
        T::Option(some) => match tag(bytes)? {
            0 => Expr::new(ty, Kind::Construct(Vec::new())),
            _ => some_of(ty, decode(*some, bytes.get(layout::data_offset(ty)..)?)?),
        },
        T::Enum(desc) => {
            let variant = desc.variants.get(tag(bytes)? as usize)?;
            let parts = decode_fields(variant.fields, bytes.get(layout::data_offset(ty)..)?)?;
            Expr::new(ty, Kind::Variant(variant.name, without_empty(parts)))
        }
        T::Addr(_) | T::AnyAddr => {
            Expr::new(ty, Kind::Int { value: u64::from_le_bytes(bytes.try_into().ok()?).into(), negative: false })
        }
        T::Ordering | T::Scope => Expr::int(ty, u32::from_le_bytes(bytes.try_into().ok()?).into()),
        _ => return None,
    })
}

/// `Some(value)`
pub(super) fn some_of(ty: TypeDesc, value: Expr) -> Expr {
    let mut parts = vec![Expr::int(ty::U32, 1)];
    if !ty::is_zero_sized(value.ty) {
        parts.push(value);
    }
    Expr::new(ty, Kind::Construct(parts))
}

fn decode_fields(fields: &[FieldDesc], bytes: &[u8]) -> Option<Vec<Expr>> {
    let (_, offsets) = layout::fields(fields.iter().map(|field| field.ty));
    fields.iter().zip(offsets).map(|(field, at)| decode(field.ty, bytes.get(at..)?)).collect()
}

fn parts_of(ty: TypeDesc, parts: Vec<Expr>) -> Expr {
    Expr::new(ty, Kind::Construct(without_empty(parts)))
}

/// What has no bytes has no place in the emitted structs.
pub(super) fn without_empty(mut parts: Vec<Expr>) -> Vec<Expr> {
    parts.retain(|part| !ty::is_zero_sized(part.ty));
    parts
}

fn tag(bytes: &[u8]) -> Option<u32> {
    bytes.get(..4)?.try_into().ok().map(u32::from_le_bytes)
}
