//! The typed intermediate form: C++ statements in the order in which Rust evaluates, with types instead of spellings.
//!
//! `lower` makes it, `analyse` adds what follows from a whole body, `emit` prints it. An [`Expr`] has no effect but
//! reading memory (and [`Kind::Take`], moving out of a place that nothing else looks at); everything that has one is
//! a [`Stmt`], so no evaluation order of C++ is ever relied on.

use crate::desc::TypeDesc;
use crate::model::Span;
use crate::{names, ty};

/// A user's function, by its place in the order of emission: callees first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FnIndex(pub(crate) usize);

/// A pure expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expr {
    pub(crate) ty: TypeDesc,
    pub(crate) kind: Kind,
}

/// What an expression is. A value of reference type is a pointer (or an `rk::Slice`); [`Kind::Addr`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Int {
        value: u128,
        negative: bool,
    },
    /// A number that stands for something of the user's, which the text names beside it.
    Number {
        value: u32,
        of: String,
    },
    /// The bits of the value as an `f64`, which holds every `f32`.
    Float(u64),
    Bool(bool),
    Unit,
    /// A variable of the emitted text.
    Var(String),
    /// A table of constants at file scope.
    Table(usize),
    Field(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    Deref(Box<Expr>),
    Addr(Box<Expr>),
    Unary(&'static str, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `T(x)` between numbers, where C++ means what Rust does.
    Cast(Box<Expr>),
    /// A function of the device headers, with template arguments.
    Call {
        name: &'static str,
        generics: Vec<Generic>,
        args: Vec<Expr>,
    },
    /// A method of a view of the headers.
    CallMethod(Box<Expr>, &'static str, Vec<Expr>),
    /// A user's function that cannot fail.
    CallFn(FnIndex, Vec<Expr>),
    /// `T{a, b}`
    Construct(Vec<Expr>),
    /// A variant of an enum with its fields.
    Variant(&'static str, Vec<Expr>),
    /// The tag of a variant.
    Tag(TypeDesc, &'static str),
    /// Moves out of a place: what is left needs no drop.
    Take(Box<Expr>),
}

/// A template argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Generic {
    Type(TypeDesc),
    Text(&'static str),
}

/// How a variable of reference type is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The value itself; a pointer if the type is a reference.
    Value,
    /// A C++ reference, for a binding of reference type that is never assigned anew.
    Reference,
}

/// A statement and the line that it came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stmt {
    /// 1-based, or 0 for none.
    pub(crate) line: u32,
    pub(crate) kind: Do,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Do {
    /// `ty` is the Rust type; under [`Form::Reference`] that of the reference.
    Declare {
        name: String,
        ty: TypeDesc,
        form: Form,
        constant: bool,
        init: Option<Expr>,
    },
    /// Drops the variable at the end of its scope, however that is left.
    Guard {
        name: String,
        ty: TypeDesc,
    },
    Assign(Expr, Expr),
    /// `place += value` where the C++ operator means what Rust's does.
    Compound(&'static str, Expr, Expr),
    /// A call for its effect.
    Eval(Expr),
    /// A user's function that can fail; the result goes to a declared variable.
    TryFn {
        function: FnIndex,
        result: Option<String>,
        args: Vec<Expr>,
    },
    /// A call that sends and returns a status: leaves the function if it is not OK, and is counted.
    Send(Expr),
    /// Fails the actor unless the condition holds.
    Check {
        cond: Expr,
        site: usize,
        value: Expr,
    },
    /// Fails the actor.
    Fail {
        site: usize,
    },
    If {
        cond: Expr,
        then: Vec<Stmt>,
        or_else: Vec<Stmt>,
    },
    Loop(Box<Loop>),
    Block(Vec<Stmt>),
    /// An operation over the cells of a grid.
    Cells(Box<Cells>),
    Break,
    Continue,
    Goto(String),
    Label(String),
    Return(Option<Expr>),
}

/// An operation over cells: what is written and read, and what a closure makes of each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cells {
    /// The function of the headers: `rk::update`, `rk::sum` and so on.
    pub(crate) name: &'static str,
    /// Where tiles fail that are elsewhere in their step; its number is what tiles compare.
    pub(crate) site: usize,
    /// The user's file, and the place in it, by which `halo` knows the operation.
    pub(crate) file: String,
    pub(crate) span: Span,
    /// Of each field that is read, the number of its exchange if its neighbours are.
    pub(crate) around: Vec<Option<usize>>,
    /// Where a sum that is checked overflows.
    pub(crate) overflow: Option<usize>,
    /// Fields.
    pub(crate) writes: Vec<Expr>,
    /// Fields.
    pub(crate) reads: Vec<Expr>,
    /// What is made of a cell.
    pub(crate) each: Closure,
    /// How two values are joined to one.
    pub(crate) join: Option<Closure>,
    /// The declared variable that a reduction's value goes to.
    pub(crate) result: Option<String>,
}

/// A closure: a function within a function, which sees what is declared around it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Closure {
    pub(crate) name: String,
    pub(crate) function: Function,
}

/// A loop.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loop {
    pub(crate) head: Head,
    /// How many trips at most, if that is a constant.
    pub(crate) trips: Option<u64>,
    pub(crate) body: Vec<Stmt>,
    /// A counter to strip-mine safe points with; set by `analyse`.
    pub(crate) safe_point: Option<String>,
    /// A name for that counter, unique in the function.
    pub(crate) counter: String,
}

/// How a loop begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Head {
    Forever,
    While(Expr),
    /// `for (T name = from; name < to; ++name)`
    Count {
        name: String,
        ty: TypeDesc,
        from: Expr,
        to: Expr,
    },
    /// `for (rk::RangeInclusive<T> name(from, to); name.more; name.step())`
    Inclusive {
        name: String,
        ty: TypeDesc,
        from: Expr,
        to: Expr,
    },
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Param {
    /// Empty if nothing looks at it.
    pub(crate) name: String,
    pub(crate) ty: TypeDesc,
}

/// What callers must know of a function, and its body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) doc: Vec<String>,
    pub(crate) file: String,
    pub(crate) line: u32,
    /// Without the context.
    pub(crate) params: Vec<Param>,
    pub(crate) ret: TypeDesc,
    pub(crate) body: Vec<Stmt>,
    pub(crate) facts: Facts,
}

/// What follows from the whole of a body; `analyse` finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Returns a status, and its result through a parameter.
    pub(crate) can_fail: bool,
    /// Takes the context.
    pub(crate) needs_context: bool,
    /// Changes something that its caller can see.
    pub(crate) has_effects: bool,
    /// Messages sent at most; `None` if a loop decides.
    pub(crate) sends: Option<u32>,
    /// Tells the host something, or traces.
    pub(crate) tells_host: bool,
    /// Holds the grid.
    pub(crate) holds: bool,
    /// Has an operation over cells.
    pub(crate) over_cells: bool,
    /// Reads or writes single cells.
    pub(crate) single_cells: bool,
    /// Loop trips at most, saturating: what decides over safe points.
    pub(crate) trips: u64,
}

impl Expr {
    pub(crate) fn new(ty: TypeDesc, kind: Kind) -> Self {
        Self { ty, kind }
    }

    pub(crate) fn var(name: impl Into<String>, ty: TypeDesc) -> Self {
        Self::new(ty, Kind::Var(name.into()))
    }

    pub(crate) fn bool(value: bool) -> Self {
        Self::new(TypeDesc::Bool, Kind::Bool(value))
    }

    pub(crate) fn int(ty: TypeDesc, value: u128) -> Self {
        Self::new(ty, Kind::Int { value, negative: false })
    }

    pub(crate) fn unit() -> Self {
        Self::new(TypeDesc::Unit, Kind::Unit)
    }

    pub(crate) fn never() -> Self {
        Self::new(TypeDesc::Never, Kind::Unit)
    }

    /// The context of the running handler, which every function that needs it has under this name.
    pub(crate) fn context() -> Self {
        Self::var("ctx", TypeDesc::Unit)
    }

    pub(crate) fn call(name: &'static str, ty: TypeDesc, args: Vec<Self>) -> Self {
        Self::new(ty, Kind::Call { name, generics: Vec::new(), args })
    }

    pub(crate) fn call_with(name: &'static str, generics: Vec<Generic>, ty: TypeDesc, args: Vec<Self>) -> Self {
        Self::new(ty, Kind::Call { name, generics, args })
    }

    pub(crate) fn binary(op: &'static str, ty: TypeDesc, left: Self, right: Self) -> Self {
        Self::new(ty, Kind::Binary(op, Box::new(left), Box::new(right)))
    }

    pub(crate) fn compare(op: &'static str, left: Self, right: Self) -> Self {
        Self::binary(op, TypeDesc::Bool, left, right)
    }

    pub(crate) fn not(self) -> Self {
        match self.kind {
            Kind::Bool(value) => Self::bool(!value),
            Kind::Unary("!", inner) => *inner,
            Kind::Binary("==", left, right) => Self::compare("!=", *left, *right),
            Kind::Binary("!=", left, right) => Self::compare("==", *left, *right),
            kind => Self::new(TypeDesc::Bool, Kind::Unary("!", Box::new(Self::new(TypeDesc::Bool, kind)))),
        }
    }

    /// `self && other`, shortened where one side is known.
    pub(crate) fn and(self, other: Self) -> Self {
        match (&self.kind, &other.kind) {
            (Kind::Bool(true), _) => other,
            (_, Kind::Bool(true)) => self,
            _ => Self::compare("&&", self, other),
        }
    }

    /// `self || other`, shortened where one side is known.
    pub(crate) fn or(self, other: Self) -> Self {
        match (&self.kind, &other.kind) {
            (Kind::Bool(true), _) | (_, Kind::Bool(false)) => self,
            (_, Kind::Bool(true)) | (Kind::Bool(false), _) => other,
            _ => Self::compare("||", self, other),
        }
    }

    /// A field of a place, of a C++ struct.
    pub(crate) fn field(self, name: impl Into<String>, ty: TypeDesc) -> Self {
        let name = name.into();
        match self.part(&name) {
            Some(part) => part,
            None => Self::new(ty, Kind::Field(Box::new(self), name)),
        }
    }

    /// The part of a tuple or struct that is only made to be taken apart.
    fn part(&self, name: &str) -> Option<Self> {
        let Kind::Construct(parts) = &self.kind else { return None };
        let mut pure = true;
        self.walk(&mut |part| pure &= !matches!(part.kind, Kind::Call { .. } | Kind::CallFn(..) | Kind::Take(_)));
        let fields: Vec<(String, TypeDesc)> = match self.ty {
            TypeDesc::Tuple(elems) => elems.iter().enumerate().map(|(i, ty)| (format!("_{i}"), *ty)).collect(),
            TypeDesc::Struct(desc) => desc.fields.iter().map(|field| (names::member(field.name), field.ty)).collect(),
            _ => return None,
        };
        let mut there = fields.iter().filter(|(_, ty)| !ty::is_zero_sized(*ty));
        let at = there.position(|(field, _)| field == name)?;
        parts.get(at).filter(|_| pure).cloned()
    }

    /// A comparison that needs no look at any memory.
    pub(crate) fn holds_always(&self) -> bool {
        let Kind::Binary(op, left, right) = &self.kind else { return false };
        match (&left.kind, &right.kind) {
            (Kind::Int { value: left, negative: false }, Kind::Int { value: right, negative: false }) => match *op {
                "<" => left < right,
                "<=" => left <= right,
                "!=" => left != right,
                _ => false,
            },
            (Kind::Field(..), Kind::Field(..)) => *op == "<=" && left == right,
            _ => false,
        }
    }

    /// `&self`
    pub(crate) fn addr(self, ty: TypeDesc) -> Self {
        match self.kind {
            Kind::Deref(inner) => Self { ty, ..*inner },
            kind => Self::new(ty, Kind::Addr(Box::new(Self { ty: self.ty, kind }))),
        }
    }

    /// `*self`; the type must be a reference.
    pub(crate) fn deref(self) -> Self {
        let to = match self.ty {
            TypeDesc::Ref { to, .. } => *to,
            other => other,
        };
        match self.kind {
            Kind::Addr(inner) => *inner,
            kind => Self::new(to, Kind::Deref(Box::new(Self { ty: self.ty, kind }))),
        }
    }

    /// `*` as often as the type is a reference.
    pub(crate) fn deref_all(self) -> Self {
        let mut expr = self;
        while matches!(expr.ty, TypeDesc::Ref { .. }) {
            expr = expr.deref();
        }
        expr
    }

    /// How many nodes it has: what a copy of its text would cost the reader.
    pub(crate) fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::Field(a, _) | Kind::Deref(a) | Kind::Addr(a) | Kind::Unary(_, a) | Kind::Cast(a) | Kind::Take(a) => {
                a.size()
            }
            Kind::Index(a, b) | Kind::Binary(_, a, b) => a.size() + b.size(),
            Kind::Cond(a, b, c) => a.size() + b.size() + c.size(),
            Kind::CallMethod(on, _, args) => on.size() + args.iter().map(Self::size).sum::<usize>(),
            Kind::Call { args, .. } | Kind::CallFn(_, args) | Kind::Construct(args) | Kind::Variant(_, args) => {
                args.iter().map(Self::size).sum()
            }
            _ => 0,
        }
    }

    /// Calls `visit` with this and all its parts.
    pub(crate) fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        match &self.kind {
            Kind::Field(a, _) | Kind::Deref(a) | Kind::Addr(a) | Kind::Unary(_, a) | Kind::Cast(a) | Kind::Take(a) => {
                a.walk(visit);
            }
            Kind::Index(a, b) | Kind::Binary(_, a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Kind::Cond(a, b, c) => {
                a.walk(visit);
                b.walk(visit);
                c.walk(visit);
            }
            Kind::CallMethod(on, _, args) => {
                on.walk(visit);
                for arg in args {
                    arg.walk(visit);
                }
            }
            Kind::Call { args, .. } | Kind::CallFn(_, args) | Kind::Construct(args) | Kind::Variant(_, args) => {
                for arg in args {
                    arg.walk(visit);
                }
            }
            _ => {}
        }
    }
}

impl Do {
    /// Whether nothing after it in its block is reached.
    pub(crate) fn diverges(&self) -> bool {
        match self {
            Self::Break | Self::Continue | Self::Goto(_) | Self::Return(_) | Self::Fail { .. } => true,
            Self::Block(body) => body.last().is_some_and(|last| last.kind.diverges()),
            Self::If { then, or_else, .. } => {
                then.last().is_some_and(|last| last.kind.diverges())
                    && or_else.last().is_some_and(|last| last.kind.diverges())
            }
            _ => false,
        }
    }
}
