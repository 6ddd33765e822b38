//! The syntax of a handler or `#[ring_fn]`, as plain data.
//!
//! The macro crate parses Rust into this (module `parse`), serialises it into one literal, and the compiler reads it
//! back at run time beside the [`Tables`](crate::desc::Tables) that rustc filled. It is syntax only: no type is
//! inferred here, and a name is resolved only as far as scoping goes (local or not). What the subset has no place for
//! cannot be represented; `parse` reports it at its span.

use serde::{Deserialize, Serialize};

/// Index into [`Tables::types`](crate::desc::Tables::types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeId(pub u32);
/// Index into [`Tables::consts`](crate::desc::Tables::consts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConstId(pub u32);
/// Index into [`Tables::fns`](crate::desc::Tables::fns).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FnId(pub u32);
/// Index into [`Tables::methods`](crate::desc::Tables::methods).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MethodId(pub u32);
/// A binding, unique within its function: shadowing makes a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LocalId(pub u32);
/// A loop or labelled block, unique within its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LabelId(pub u32);

/// Where something stands in the user's file: 1-based line and column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// 1-based line; 0 if unknown, which is never emitted as a `#line`.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
}

/// How a method takes `self`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SelfKind {
    /// `self`
    Value,
    /// `&self`
    Ref,
    /// `&mut self`
    RefMut,
}

/// A function: a handler, a helper method, a `#[ring_fn]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FnModel {
    /// The user's name.
    pub name: String,
    /// Doc comment, one line an element, without the leading space.
    pub doc: Vec<String>,
    /// The file it stands in, relative to the crate or workspace.
    pub file: String,
    /// Where its name stands.
    pub span: Span,
    /// How it takes `self`, and the local and type (of `self` itself, so a reference for `&self`) that go with it.
    pub receiver: Option<(SelfKind, LocalId, TypeId)>,
    /// Its other parameters.
    pub params: Vec<Param>,
    /// Its return type.
    pub ret: TypeId,
    /// `mul_add`-style contraction was asked for by `#[handler(fma)]` / `#[ring_fn(fma)]`.
    pub fma: bool,
    /// Its body.
    pub body: Block,
    /// How many locals there are: the next free [`LocalId`].
    pub locals: u32,
}

impl FnModel {
    /// The literal that the macros embed.
    ///
    /// # Errors
    /// Never in practice: the format has a place for all of the model.
    pub fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_allocvec(self)
    }

    /// Reads the literal.
    ///
    /// # Errors
    /// If it was written by another version of the macros.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }
}

/// A parameter. `ctx` is an ordinary one whose type is `&mut Context<A>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// What it binds.
    pub pat: Pat,
    /// Its type.
    pub ty: TypeId,
}

/// Statements and a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// In order.
    pub stmts: Vec<Stmt>,
    /// The value, if the block ends in an expression.
    pub value: Option<Box<Expr>>,
    /// The closing brace.
    pub end: Span,
}

/// A statement. Items inside a body (constants) leave no trace here: they are seen through [`ConstId`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stmt {
    /// `let pat = init else { .. };`
    Let {
        /// Where it stands.
        span: Span,
        /// What it binds.
        pat: Pat,
        /// Absent in `let x;`, which is then assigned later.
        init: Option<Expr>,
        /// The diverging block of a let-else.
        or_else: Option<Block>,
    },
    /// An expression whose value is dropped.
    Expr(Expr),
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// Its type, where a witness was placed: literals, calls, method calls, casts, struct literals, `None`, references
    /// and arrays; elsewhere it follows from the parts.
    pub ty: Option<TypeId>,
    /// What it is.
    pub kind: ExprKind,
}

/// A literal. Integers and floats have a witness for their type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Lit {
    /// An integer's value; a leading minus is folded in.
    Int {
        /// Magnitude.
        value: u128,
        /// Whether a minus stood before it.
        negative: bool,
    },
    /// A float's digits as written, without suffix or underscores; a leading minus is folded in.
    Float(String),
    /// `true` or `false`.
    Bool(bool),
}

/// A field access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Member {
    /// `.name`
    Named(String),
    /// `.0`
    Index(u32),
}

impl Member {
    /// The name as in [`crate::desc::FieldDesc::name`].
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Index(index) => index.to_string(),
        }
    }
}

/// `-x`, `!x`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum UnOp {
    Neg,
    Not,
}

/// A binary operator; with `Assign` or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    And,
    Or,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Callee {
    /// A `#[ring_fn]` by path: `lerp(..)`, `math::lerp::<3>(..)`.
    Fn(FnId),
    /// A tuple struct or a tuple variant; the type is the witness of the call, the variant is the last segment.
    Constructor {
        /// The last segment of the path: `Some`, `Circle`, `Meters`.
        name: String,
    },
    /// `Type::name(..)` and `Self::name(..)`: a user's associated `#[ring_fn]`, or an intrinsic (`f32::from_bits`).
    Assoc {
        /// The type before the last `::`.
        on: TypeId,
        /// The last segment.
        name: String,
        /// Whether a user's function was found.
        method: MethodId,
    },
    /// A free function of the library or of `core`: `swap`, `fence`, `min`, `max`; by its last segment.
    Intrinsic(String),
}

/// The kinds of expression that exist on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// A literal.
    Lit(Lit),
    /// A binding in scope, `self` included.
    Local(LocalId),
    /// A named constant, an associated constant, a const generic, a unit struct or unit variant by path.
    Const(ConstId),
    /// `None`, whose type only the witness knows.
    None,
    /// `-x`, `!x`; whether it is a user's function.
    Unary(UnOp, Box<Expr>, MethodId),
    /// `a + b`, `a && b`, `a < b`; whether it is a user's function, where it could be one.
    Binary(BinOp, Box<Expr>, Box<Expr>, Option<MethodId>),
    /// `place = value`; destructuring assignment is outside the subset. `_ = value` has no place.
    Assign(Option<Box<Expr>>, Box<Expr>),
    /// `place += value`
    AssignOp(BinOp, Box<Expr>, Box<Expr>, MethodId),
    /// `x.name`, `x.0`, through references too.
    Field(Box<Expr>, Member),
    /// `x[i]`, and `x[a..b]` for slices.
    Index(Box<Expr>, Box<Expr>),
    /// `a..b`, `a..=b`, `..b`: in the head of a `for` and inside `[]`.
    Range {
        /// Absent means from the start.
        from: Option<Box<Expr>>,
        /// Absent means to the end.
        to: Option<Box<Expr>>,
        /// `..=`
        inclusive: bool,
    },
    /// A call by path.
    Call(Callee, Vec<Expr>),
    /// A method call: a user's method, or an intrinsic of the receiver's type (`ctx.tell`, `x.wrapping_add(1)`).
    Method {
        /// The receiver, before auto-reference.
        receiver: Box<Expr>,
        /// The name.
        name: String,
        /// Whether a user's method was found.
        method: MethodId,
        /// Arguments without the receiver.
        args: Vec<Expr>,
    },
    /// `&x`, `&mut x`
    Ref {
        /// `&mut`
        mutable: bool,
        /// The place.
        expr: Box<Expr>,
    },
    /// `*x`
    Deref(Box<Expr>),
    /// `x as T`; `T` is the witness of this expression.
    Cast(Box<Expr>),
    /// `(a, b)`; the empty one is `()`.
    Tuple(Vec<Expr>),
    /// `[a, b, c]`
    Array(Vec<Expr>),
    /// `[x; N]`
    Repeat(Box<Expr>, ConstId),
    /// `Name { a: 1, ..base }`; the type is the witness, `variant` the last segment of the path.
    Struct {
        /// Last segment: the variant for an enum.
        name: String,
        /// In the order written.
        fields: Vec<(Member, Expr)>,
        /// `..base`
        base: Option<Box<Expr>>,
    },
    /// `{ .. }`, with a label if anything breaks out of it.
    Block(Block, Option<LabelId>),
    /// `if cond { .. } else ..`; the condition may hold `Let`s joined by `&&`.
    If {
        /// The condition.
        cond: Box<Expr>,
        /// If true.
        then: Block,
        /// A block or another `if`.
        or_else: Option<Box<Expr>>,
    },
    /// `let pat = value` inside a condition.
    Let(Pat, Box<Expr>),
    /// `match value { .. }`
    Match {
        /// What is looked at: a place, not copied.
        value: Box<Expr>,
        /// In order.
        arms: Vec<Arm>,
    },
    /// `loop { .. }`
    Loop(LabelId, Block),
    /// `while cond { .. }`; the condition may hold `Let`s.
    While(LabelId, Box<Expr>, Block),
    /// `for pat in iter { .. }`
    For {
        /// Its label.
        label: LabelId,
        /// What an element binds.
        pat: Pat,
        /// A range, an array, a slice, or a chain of `iter`, `iter_mut`, `enumerate`, `rev`, `step_by`, `zip`, `take`, `skip` over one.
        iter: Box<Expr>,
        /// The body.
        body: Block,
    },
    /// `break 'label value`; the label is always resolved.
    Break(LabelId, Option<Box<Expr>>),
    /// `continue 'label`
    Continue(LabelId),
    /// `return value`
    Return(Option<Box<Expr>>),
    /// `x?` on `Option`
    Try(Box<Expr>),
    /// `x.expect("text")` on `Option`
    Expect(Box<Expr>, String),
    /// `assert!(cond, ..)`: fails the actor. `debug_assert!` is dropped by the lowering when overflow is not checked.
    Assert {
        /// Must hold.
        cond: Box<Expr>,
        /// What to say: the text as written, or `assertion failed: cond`.
        message: String,
        /// `debug_assert!`
        debug: bool,
    },
    /// `assert_eq!(a, b)`, `assert_ne!(a, b)`
    AssertEq {
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
        /// `assert_ne!`
        negated: bool,
        /// Whether `==` is a user's function.
        method: MethodId,
        /// What to say.
        message: String,
        /// `debug_assert_eq!`
        debug: bool,
    },
    /// `panic!(..)`, `unreachable!(..)`
    Panic {
        /// What to say: the literal text.
        message: String,
    },
    /// `trace!(ctx, "text {} {x}", ..)`
    Trace {
        /// The context.
        ctx: Box<Expr>,
        /// The text between the values: one more piece than values.
        pieces: Vec<String>,
        /// The values; `Copy` scalars.
        args: Vec<Expr>,
    },
    /// `|a, (b, c)| body`, as the last argument of an operation on fields and nowhere else.
    Closure(Vec<Pat>, Box<Expr>),
    /// `matches!(value, pat if guard)`
    Matches {
        /// What is looked at.
        value: Box<Expr>,
        /// The pattern.
        pat: Pat,
        /// `if guard`
        guard: Option<Box<Expr>>,
    },
}

/// An arm of a match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Where it stands.
    pub span: Span,
    /// The pattern, alternatives included.
    pub pat: Pat,
    /// `if guard`
    pub guard: Option<Expr>,
    /// Its value.
    pub body: Expr,
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pat {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: PatKind,
}

/// The kinds of pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PatKind {
    /// `_`
    Wild,
    /// `name`, `mut name`, `ref name`, `name @ sub`
    Bind {
        /// The binding it makes. In alternatives, the same name is the same local.
        local: LocalId,
        /// The user's name.
        name: String,
        /// The binding's type: a reference under default binding modes.
        ty: TypeId,
        /// `ref` or `ref mut` was written.
        by_ref: bool,
        /// `@ sub`
        sub: Option<Box<Pat>>,
    },
    /// A literal; compared by value, and of the type that is matched.
    Lit(Lit),
    /// A constant or a unit variant by path; compared by value.
    Const(ConstId),
    /// `a..=b`, `a..b`, `a..`, `..=b`
    Range {
        /// Absent means no lower bound.
        from: Option<Box<Expr>>,
        /// Absent means no upper bound.
        to: Option<Box<Expr>>,
        /// `..=`
        inclusive: bool,
    },
    /// `(a, b)`, `(a, ..)`: `rest` is where `..` stood.
    Tuple {
        /// The elements that are written.
        elems: Vec<Pat>,
        /// How many stood before `..`.
        rest: Option<u32>,
    },
    /// `Name(a, ..)`: a tuple struct or variant by its last segment; the type is that of what is matched.
    TupleStruct {
        /// Last segment.
        name: String,
        /// The elements that are written.
        elems: Vec<Pat>,
        /// How many stood before `..`.
        rest: Option<u32>,
    },
    /// `Name { a, b: pat, .. }`
    Struct {
        /// Last segment.
        name: String,
        /// The fields that are written.
        fields: Vec<(Member, Pat)>,
    },
    /// `[a, b, ..]`, `[first, rest @ .., last]` on arrays
    Slice {
        /// The elements that are written, without the rest.
        elems: Vec<Pat>,
        /// How many stood before `..`.
        rest: Option<u32>,
        /// What binds the rest.
        rest_pat: Option<Box<Pat>>,
    },
    /// `a | b`
    Or(Vec<Pat>),
    /// `&pat`
    Ref(Box<Pat>),
    /// A path to `None`, or in camel case: a unit variant of the type that is matched, or that unit struct itself.
    UnitVariant(String),
}
