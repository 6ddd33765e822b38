//! Expressions: operators with as few parentheses as C++ and its compilers' warnings allow, literals with exact types.

use super::spelling::Spelling;
use super::types::variant_name;
use crate::desc::{FloatType, IntType, TypeDesc as T};
use crate::ir::{Expr, Generic, Kind};
use crate::lower::Lowered;
use crate::names;
use crate::ty;

/// How tightly an expression holds together; a larger one needs no parentheses inside of a smaller one.
const ATOM: u8 = 20;
const POSTFIX: u8 = 18;
const UNARY: u8 = 16;
const TERNARY: u8 = 2;

pub(super) struct Printer<'a> {
    pub(super) spelling: &'a Spelling,
    pub(super) lowered: &'a Lowered,
}

impl Printer<'_> {
    pub(super) fn print(&self, expr: &Expr) -> String {
        self.at(expr, 0)
    }

    /// The value of a constant at file scope, where no function may be called.
    pub(super) fn initialiser(&self, expr: &Expr) -> String {
        match (&expr.kind, expr.ty) {
            (Kind::Construct(parts), T::Array(..)) if !parts.is_empty() => {
                let parts: Vec<_> = parts.iter().map(|part| self.initialiser(part)).collect();
                format!("{{{{{}}}}}", parts.join(", "))
            }
            (Kind::Construct(parts), _) => {
                let parts: Vec<_> = parts.iter().map(|part| self.initialiser(part)).collect();
                format!("{{{}}}", parts.join(", "))
            }
            (Kind::Variant(name, parts), _) if self.spelling.is_tabled(expr.ty) => {
                let of = self.spelling.of(expr.ty);
                let mut all = vec![format!("{of}::In_{}{{}}", names::cpp(name))];
                all.extend(parts.iter().map(|part| self.initialiser(part)));
                format!("{of}({})", all.join(", "))
            }
            (Kind::Variant(name, _), _) => {
                let of = self.spelling.of(expr.ty);
                format!("{{{of}::{}}}", variant_name(self.spelling, name))
            }
            // `rk::from_bits` is no constant.
            (Kind::Float(bits), T::Float(FloatType::F32)) if !f64::from_bits(*bits).is_finite() => {
                format!("__builtin_bit_cast(f32, {}u)", (f64::from_bits(*bits) as f32).to_bits())
            }
            (Kind::Float(bits), _) if !f64::from_bits(*bits).is_finite() => {
                format!("__builtin_bit_cast(f64, {bits}ull)")
            }
            _ => self.print(expr),
        }
    }

    /// An expression inside of another one that holds as tightly as `outer`.
    fn at(&self, expr: &Expr, outer: u8) -> String {
        let (text, tight) = self.with_tightness(expr);
        if tight < outer { format!("({text})") } else { text }
    }

    fn with_tightness(&self, expr: &Expr) -> (String, u8) {
        match &expr.kind {
            Kind::Int { value, .. } if ty::is_half(expr.ty) => {
                (format!("{}{{{value}}}", self.spelling.of(expr.ty)), ATOM)
            }
            Kind::Int { value, negative } => integer(expr.ty, *value, *negative),
            Kind::Number { value, of } => (format!("{value}u /* {of} */"), ATOM),
            Kind::Float(bits) => float(expr.ty, *bits),
            Kind::Bool(value) => (value.to_string(), ATOM),
            Kind::Unit => ("rk::Unit{}".into(), ATOM),
            Kind::Var(name) => (name.clone(), ATOM),
            Kind::Table(index) => (format!("TABLE_{index}"), ATOM),
            Kind::Field(base, name) => (self.field(base, name), POSTFIX),
            Kind::Index(base, index) => {
                let index = match index.kind {
                    Kind::Int { value, negative: false } => value.to_string(),
                    _ => self.print(index),
                };
                (format!("{}[{index}]", self.at(base, POSTFIX)), POSTFIX)
            }
            Kind::Deref(inner) if is_slice(inner.ty) => self.with_tightness(inner),
            Kind::Deref(inner) => (format!("*{}", self.at(inner, UNARY)), UNARY),
            Kind::Addr(place) => (format!("&{}", self.at(place, UNARY)), UNARY),
            Kind::Unary(op, inner) => {
                let text = format!("{op}{}", self.at(inner, UNARY + 1));
                self.narrowed(expr, text, UNARY)
            }
            Kind::Binary(op, left, right) => self.binary(expr, op, left, right),
            Kind::Cond(cond, then, or_else) => {
                let text = format!(
                    "{} ? {} : {}",
                    self.at(cond, TERNARY + 1),
                    self.at(then, TERNARY + 1),
                    self.at(or_else, TERNARY)
                );
                (text, TERNARY)
            }
            Kind::Cast(inner) => (format!("{}({})", self.spelling.of(expr.ty), self.print(inner)), ATOM),
            Kind::Call { name, generics, args } => {
                let generics: Vec<_> = generics
                    .iter()
                    .map(|generic| match generic {
                        Generic::Type(ty) => self.spelling.of(*ty),
                        Generic::Text(text) => (*text).to_owned(),
                    })
                    .collect();
                let generics = if generics.is_empty() { String::new() } else { format!("<{}>", generics.join(", ")) };
                (format!("{name}{generics}({})", self.list(args)), ATOM)
            }
            Kind::CallMethod(on, name, args) => {
                let on = match &on.kind {
                    Kind::Deref(pointer) => format!("{}->", self.at(pointer, POSTFIX)),
                    _ => format!("{}.", self.at(on, POSTFIX)),
                };
                (format!("{on}{name}({})", self.list(args)), ATOM)
            }
            Kind::CallFn(function, args) => {
                let callee = &self.lowered.functions[function.0];
                (format!("{}({})", self.lowered.names[function.0], self.arguments(callee, None, args)), ATOM)
            }
            Kind::Construct(parts) => (self.construct(expr, parts), ATOM),
            Kind::Variant(name, parts) => {
                (format!("{}::make_{}({})", self.spelling.of(expr.ty), names::cpp(name), self.list(parts)), ATOM)
            }
            Kind::Tag(ty, name) => {
                let of = self.spelling.of(*ty);
                (format!("{of}::{}", variant_name(self.spelling, name)), ATOM)
            }
            Kind::Take(place) => (format!("rk::take({})", self.print(place)), ATOM),
        }
    }

    /// The arguments of a user's function: the context, the variable for the result, then the parameters.
    pub(super) fn arguments(&self, callee: &crate::ir::Function, result: Option<&str>, args: &[Expr]) -> String {
        let mut all = Vec::new();
        if callee.facts.needs_context {
            all.push("ctx".to_owned());
        }
        all.extend(result.map(str::to_owned));
        for (arg, param) in args.iter().zip(&callee.params) {
            let by_reference = matches!(param.ty, T::Ref { .. }) && !is_slice(param.ty);
            all.push(if by_reference { self.print(&arg.clone().deref()) } else { self.print(arg) });
        }
        all.join(", ")
    }

    fn list(&self, exprs: &[Expr]) -> String {
        let all: Vec<_> = exprs.iter().map(|expr| self.print(expr)).collect();
        all.join(", ")
    }

    fn field(&self, base: &Expr, name: &str) -> String {
        match &base.kind {
            Kind::Deref(pointer) if !is_slice(pointer.ty) => format!("{}->{name}", self.at(pointer, POSTFIX)),
            _ => format!("{}.{name}", self.at(base, POSTFIX)),
        }
    }

    fn construct(&self, expr: &Expr, parts: &[Expr]) -> String {
        let of = self.spelling.of(expr.ty);
        match expr.ty {
            T::Array(..) if !parts.is_empty() => format!("{of}{{{{{}}}}}", self.list(parts)),
            T::Option(some) if !parts.is_empty() => {
                let value = parts.get(1).map(|value| self.print(value)).unwrap_or_default();
                format!("rk::some<{}>({value})", self.spelling.of(*some))
            }
            T::Int(_) | T::Float(_) | T::Bool if !ty::is_half(expr.ty) => format!("{of}(0)"),
            _ => format!("{of}{{{}}}", self.list(parts)),
        }
    }

    fn binary(&self, expr: &Expr, op: &str, left: &Expr, right: &Expr) -> (String, u8) {
        let tight = tightness(op);
        let text = format!("{} {op} {}", self.operand(left, op, false), self.operand(right, op, true));
        self.narrowed(expr, text, tight)
    }

    /// An operand, with parentheses also where C++ needs none but its readers do.
    fn operand(&self, operand: &Expr, outer: &str, is_right: bool) -> String {
        let tight = tightness(outer);
        if let Kind::Binary(inner, ..) = &operand.kind
            && !is_narrow(operand.ty)
            && tightness(inner) > tight
            && !clear_inside(inner, outer)
        {
            return format!("({})", self.print(operand));
        }
        self.at(operand, if is_right { tight + 1 } else { tight })
    }

    /// C++ computes narrow integers as `int`; the result goes back to its own type.
    fn narrowed(&self, expr: &Expr, text: String, tight: u8) -> (String, u8) {
        if is_narrow(expr.ty) { (format!("{}({text})", self.spelling.of(expr.ty)), ATOM) } else { (text, tight) }
    }
}

fn is_slice(ty: crate::desc::TypeDesc) -> bool {
    matches!(ty, T::Ref { to: T::Slice(_), .. })
}

fn is_narrow(ty: crate::desc::TypeDesc) -> bool {
    matches!(ty, T::Int(int) if int.bits() < 32)
}

fn tightness(op: &str) -> u8 {
    match op {
        "*" | "/" | "%" => 14,
        "+" | "-" => 13,
        "<<" | ">>" => 12,
        "<" | "<=" | ">" | ">=" => 10,
        "==" | "!=" => 9,
        "&" => 8,
        "^" => 7,
        "|" => 6,
        "&&" => 5,
        "||" => 4,
        _ => 3,
    }
}

/// Whether everybody knows which of the two comes first.
fn clear_inside(inner: &str, outer: &str) -> bool {
    let is_arithmetic = |op| matches!(op, "*" | "/" | "%" | "+" | "-");
    let is_comparison = |op| matches!(op, "<" | "<=" | ">" | ">=" | "==" | "!=");
    (is_arithmetic(inner) && (is_arithmetic(outer) || is_comparison(outer)))
        || ((is_arithmetic(inner) || is_comparison(inner))
            && matches!(outer, "&&" | "||")
            && !(is_comparison(inner) && is_comparison(outer)))
            && !outer.is_empty()
            && !(inner == "&&" && outer == "||")
}

/// An integer literal of exactly its type.
fn integer(ty: crate::desc::TypeDesc, value: u128, negative: bool) -> (String, u8) {
    let T::Int(int) = ty else { return (format!("{value}ull"), ATOM) };
    let sign = if negative { "-" } else { "" };
    let tight = if negative { UNARY } else { ATOM };
    match int {
        IntType::I32 if negative && value == 1 << 31 => ("(-2147483647 - 1)".into(), ATOM),
        IntType::I64 | IntType::Isize if negative && value == 1 << 63 => ("(-9223372036854775807ll - 1)".into(), ATOM),
        IntType::I32 => (format!("{sign}{value}"), tight),
        IntType::I64 | IntType::Isize => (format!("{sign}{value}ll"), tight),
        IntType::U32 => (format!("{value}u"), ATOM),
        IntType::U64 | IntType::Usize => (format!("{value}ull"), ATOM),
        IntType::U128 | IntType::I128 => {
            let bits = if negative { value.wrapping_neg() } else { value };
            let (high, low) = ((bits >> 64) as u64, bits as u64);
            let name = int.name();
            if high == 0 {
                (format!("{name}({low}ull)"), ATOM)
            } else {
                (format!("{name}(u128({high}ull) << 64 | {low}ull)"), ATOM)
            }
        }
        _ => (format!("{}({sign}{value})", int.name()), ATOM),
    }
}

/// A float literal that reads back as the same bits.
fn float(ty: crate::desc::TypeDesc, bits: u64) -> (String, u8) {
    let value = f64::from_bits(bits);
    let single = ty == T::Float(FloatType::F32);
    if !value.is_finite() {
        return if single {
            (format!("rk::from_bits<f32>({}u)", (value as f32).to_bits()), ATOM)
        } else {
            (format!("rk::from_bits<f64>({bits}ull)"), ATOM)
        };
    }
    let text = if single { format!("{:?}f", value as f32) } else { format!("{value:?}") };
    (text, if value.is_sign_negative() { UNARY } else { ATOM })
}
