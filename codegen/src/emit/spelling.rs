//! Types as C++ spells them, and which of them a program needs.

use crate::compile::Program;
use crate::desc::{FieldDesc, TypeDesc, TypeDesc as T};
use crate::ir::{Do, Expr, Generic, Head, Kind, Stmt};
use crate::lower::Lowered;
use crate::names;
use crate::resolve::Resolved;
use crate::ty;
use std::collections::{BTreeMap, BTreeSet};

/// A user's type name as an identifier: with its generic arguments, if it has some.
pub(crate) fn plain_name(name: &str, path: &str) -> String {
    match names::generic_suffix(path) {
        Some(generics) => format!("{}_{generics}", names::cpp(name)),
        None => names::cpp(name),
    }
}

/// Functions of the headers that put two values in order.
const ORDERING: &[&str] = &[
    "rk::less",
    "rk::less_or_equal",
    "rk::greater",
    "rk::greater_or_equal",
    "rk::ordering",
    "rk::partial_ordering",
    "rk::greatest",
    "rk::least",
];

/// The names of all structs, enums and tuples of a program.
pub(super) struct Spelling {
    /// By identity.
    names: BTreeMap<String, String>,
    /// What must be defined, parts before wholes.
    pub(super) defined: Vec<TypeDesc>,
    /// Identities of types that are compared, with `==` (false) or in order (true).
    compared: BTreeSet<(String, bool)>,
    /// Identities of enums of which tables hold values.
    tabled: BTreeSet<String>,
    /// Of each field of a grid, which neighbours are read.
    pub(super) reaches: BTreeMap<String, String>,
}

impl Spelling {
    /// Finds all types that a program mentions, in the order of first use.
    pub(super) fn new(program: &Program, resolved: &Resolved, lowered: &Lowered) -> Self {
        let mut all = Self {
            names: BTreeMap::new(),
            defined: Vec::new(),
            compared: BTreeSet::new(),
            tabled: BTreeSet::new(),
            reaches: BTreeMap::new(),
        };
        for (actor, handlers) in program.actors.iter().zip(&resolved.handlers) {
            all.find(T::Struct(actor.state));
            for handler in handlers {
                all.find(handler.desc.message);
                all.find(handler.desc.reply);
            }
        }
        for table in &lowered.tables {
            all.find_in(table);
            table.walk(&mut |part| {
                if let Kind::Variant(..) = part.kind {
                    all.tabled.insert(identity(part.ty));
                }
            });
        }
        for function in &lowered.functions {
            for param in &function.params {
                all.find(param.ty);
            }
            all.find(function.ret);
            all.find_in_block(&function.body);
        }
        all.name(&lowered.names);
        all
    }

    /// The type of a variable or value.
    pub(super) fn of(&self, ty: TypeDesc) -> String {
        match ty {
            T::Unit | T::Never | T::Host | T::Str => "rk::Unit".into(),
            T::Bool => "bool".into(),
            T::Int(int) => int.name().into(),
            T::Float(float) => float.name().into(),
            T::Addr(_) | T::AnyAddr => "u64".into(),
            T::Ordering | T::Scope => "u32".into(),
            T::Struct(_) | T::Enum(_) | T::Tuple(_) => match self.names.get(&identity(ty)) {
                Some(name) => name.clone(),
                None => ty::rust_name(ty),
            },
            T::Array(elem, len) => format!("rk::Array<{}, {len}>", self.of(*elem)),
            T::Slice(elem) | T::Range(elem) | T::Iter(elem) => format!("rk::Slice<{}>", self.of(*elem)),
            T::Ref { mutable, to: T::Slice(elem) } => {
                format!("rk::Slice<{}{}>", if mutable { "" } else { "const " }, self.of(**elem))
            }
            T::Ref { mutable: false, to: to @ T::Ref { .. } } => format!("{} const*", self.of(*to)),
            T::Ref { mutable, to } => format!("{}{}*", if mutable { "" } else { "const " }, self.of(*to)),
            T::Option(some) => format!("rk::Option<{}>", self.of(*some)),
            T::Reply(answer) => format!("rk::Reply<{}>", self.of(*answer)),
            T::TryTell(message) => format!("rk::TryTell<{}>", self.of(*message)),
            T::SharedSlice(elem) => format!("rk::SharedSlice<{}>", self.of(*elem)),
            T::SharedAtomics(elem) => format!("rk::SharedAtomics<{}>", self.of(*elem)),
            T::Atomic(elem) => self.of(*elem),
            // What they are belongs to how fields are kept; where one is a parameter, `function` has a name for it.
            T::Own(..) | T::Near(..) | T::Field(..) => "auto".into(),
            T::Context(_) => "rk::Context".into(),
        }
    }

    /// `T& name`, `const T& name` or `T name`.
    pub(super) fn parameter(&self, ty: TypeDesc, name: &str) -> String {
        match ty {
            T::Ref { mutable: false, to: to @ T::Ref { .. } } => {
                format!("{} const& {name}", self.of(*to)).trim_end().to_owned()
            }
            T::Ref { mutable, to } if !matches!(to, T::Slice(_)) => {
                format!("{}{}& {name}", if mutable { "" } else { "const " }, self.of(*to)).trim_end().to_owned()
            }
            _ => format!("{} {name}", self.of(ty)).trim_end().to_owned(),
        }
    }

    /// Whether `==` must be defined.
    pub(super) fn is_compared(&self, ty: TypeDesc) -> bool {
        self.compared.contains(&(identity(ty), false))
    }

    /// Whether constant tables hold values of this enum, which has data.
    pub(super) fn is_tabled(&self, ty: TypeDesc) -> bool {
        let T::Enum(desc) = ty else { return false };
        let fields = || desc.variants.iter().flat_map(|variant: &'static _| variant_types(variant.fields));
        self.tabled.contains(&identity(ty)) && fields().any(|field| !ty::is_zero_sized(field))
    }

    /// Whether a type of the text has this name.
    pub(super) fn is_type(&self, name: &str) -> bool {
        self.names.values().any(|known| known == name)
    }

    /// Whether an order must be defined.
    pub(super) fn is_ordered(&self, ty: TypeDesc) -> bool {
        self.compared.contains(&(identity(ty), true))
    }

    fn find(&mut self, ty: TypeDesc) {
        match ty {
            T::Struct(desc) => self.define(ty, desc.fields.iter().map(|field| field.ty)),
            T::Enum(desc) => {
                let fields = desc.variants.iter().flat_map(|variant: &'static _| variant_types(variant.fields));
                self.define(ty, fields);
            }
            T::Tuple(elems) => self.define(ty, elems.iter().copied()),
            T::Array(inner, _)
            | T::Slice(inner)
            | T::Option(inner)
            | T::Reply(inner)
            | T::TryTell(inner)
            | T::SharedSlice(inner)
            | T::SharedAtomics(inner)
            | T::Atomic(inner)
            | T::Range(inner)
            | T::Iter(inner)
            | T::Field(inner, _)
            | T::Own(inner, _)
            | T::Near(inner, _)
            | T::Ref { to: inner, .. } => self.find(*inner),
            _ => {}
        }
    }

    fn define(&mut self, ty: TypeDesc, parts: impl Iterator<Item = TypeDesc>) {
        if self.defined.contains(&ty) {
            return;
        }
        for part in parts {
            self.find(part);
        }
        self.defined.push(ty);
    }

    fn find_in(&mut self, expr: &Expr) {
        expr.walk(&mut |part| {
            self.find(part.ty);
            if let Kind::Call { name, generics, args } = &part.kind {
                for generic in generics {
                    if let Generic::Type(ty) = generic {
                        self.find(*ty);
                    }
                }
                if let Some(first) = args.first() {
                    if matches!(*name, "rk::equal" | "rk::contains") {
                        self.compare(first.ty, false);
                    }
                    if ORDERING.contains(name) {
                        self.compare(first.ty, true);
                    }
                }
            }
        });
    }

    fn compare(&mut self, ty: TypeDesc, order: bool) {
        match ty {
            T::Struct(desc) => {
                if self.compared.insert((identity(ty), order)) {
                    desc.fields.iter().for_each(|field| self.compare(field.ty, order));
                }
            }
            T::Enum(desc) => {
                if self.compared.insert((identity(ty), order)) {
                    desc.variants.iter().flat_map(|v| v.fields).for_each(|field| self.compare(field.ty, order));
                }
            }
            T::Tuple(elems) => {
                if self.compared.insert((identity(ty), order)) {
                    elems.iter().for_each(|elem| self.compare(*elem, order));
                }
            }
            T::Array(inner, _) | T::Slice(inner) | T::Option(inner) | T::Ref { to: inner, .. } => {
                self.compare(*inner, order)
            }
            _ => {}
        }
    }

    fn find_in_block(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match &stmt.kind {
                Do::Declare { ty, init, .. } => {
                    self.find(*ty);
                    if let Some(init) = init {
                        self.find_in(init);
                    }
                }
                Do::Eval(expr) | Do::Send(expr) | Do::Return(Some(expr)) => self.find_in(expr),
                Do::Assign(a, b) | Do::Compound(_, a, b) | Do::Check { cond: a, value: b, .. } => {
                    self.find_in(a);
                    self.find_in(b);
                }
                Do::TryFn { args, .. } => args.iter().for_each(|arg| self.find_in(arg)),
                Do::If { cond, then, or_else } => {
                    self.find_in(cond);
                    self.find_in_block(then);
                    self.find_in_block(or_else);
                }
                Do::Block(body) => self.find_in_block(body),
                Do::Cells(cells) => {
                    for closure in std::iter::once(&cells.each).chain(&cells.join) {
                        self.find(closure.function.ret);
                        self.find_in_block(&closure.function.body);
                    }
                }
                Do::Loop(inner) => {
                    match &inner.head {
                        Head::Forever => {}
                        Head::While(cond) => self.find_in(cond),
                        Head::Count { from, to, .. } | Head::Inclusive { from, to, .. } => {
                            self.find_in(from);
                            self.find_in(to);
                        }
                    }
                    self.find_in_block(&inner.body);
                }
                _ => {}
            }
        }
    }

    /// Gives every type its name: the user's, with its module where two types share it.
    fn name(&mut self, functions: &[String]) {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for ty in &self.defined {
            *count.entry(bare(*ty, 0)).or_default() += 1;
        }
        // What an actor's struct calls its own.
        let own = ["State", "TYPE", "SLOT_BYTES", "MAX_SENDS", "IN_REGISTERS"];
        let mut taken: BTreeSet<String> = own.into_iter().map(str::to_owned).chain(functions.iter().cloned()).collect();
        for ty in self.defined.clone() {
            let mut name = match ty {
                T::Tuple(elems) => {
                    let elems: Vec<_> = elems.iter().map(|elem| words(&self.of(*elem))).collect();
                    format!("Tuple_{}", elems.join("_"))
                }
                _ => bare(ty, usize::from(count[&bare(ty, 0)] > 1)),
            };
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            self.names.insert(identity(ty), name);
        }
    }
}

fn variant_types(fields: &'static [FieldDesc]) -> impl Iterator<Item = TypeDesc> {
    fields.iter().map(|field| field.ty)
}

/// What tells types of the same name apart.
fn identity(ty: TypeDesc) -> String {
    match ty {
        T::Struct(desc) => (desc.path)().to_owned(),
        T::Enum(desc) => (desc.path)().to_owned(),
        T::Tuple(elems) => {
            let elems: Vec<_> = elems.iter().map(|elem| identity(*elem)).collect();
            format!("({})", elems.join(","))
        }
        T::Array(elem, len) => format!("[{};{len}]", identity(*elem)),
        T::Option(some) => format!("Option<{}>", identity(*some)),
        T::Ref { to, mutable } => format!("&{mutable}{}", identity(*to)),
        T::Slice(elem) => format!("[{}]", identity(*elem)),
        other => ty::rust_name(other),
    }
}

/// The name with so many segments of its module before it.
fn bare(ty: TypeDesc, modules: usize) -> String {
    let (name, path) = match ty {
        T::Struct(desc) => (desc.name, (desc.path)()),
        T::Enum(desc) => (desc.name, (desc.path)()),
        other => return identity(other),
    };
    let mut plain = plain_name(name, path);
    // A variable could have its name, or something of the compiler's own.
    if plain.starts_with(|first: char| !first.is_ascii_uppercase()) {
        plain += "_type";
    } else if plain.ends_with("_actor") || plain.starts_with("TABLE_") {
        plain += "_";
    }
    if modules == 0 {
        return plain;
    }
    let before = path.split('<').next().unwrap_or(path);
    let segments: Vec<&str> = before.split("::").collect();
    let from = segments.len().saturating_sub(1 + modules);
    let modules = segments[from..segments.len().saturating_sub(1)].join("_");
    format!("{modules}_{plain}")
}

/// A spelling as part of an identifier.
fn words(spelling: &str) -> String {
    let mut out = String::new();
    for c in spelling.replace("rk::", "").chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}
