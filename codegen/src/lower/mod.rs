//! From syntax and rustc's types to the intermediate form: every effect becomes a statement, in Rust's order.
//!
//! An expression becomes statements that go before, and a pure expression. Checks are statements too. A part that was
//! evaluated earlier is kept in a temporary only where a later part's statements could change its value (see
//! [`operand`]). Blocks, `if`, `match` and loops are given a [`Dest`]: where their value goes.
//!
//! Guarantees that what comes out can be printed. Which functions can fail is found by `analyse`, one function after
//! the other, callees first, because callers are lowered differently for it.

mod arith;
mod assign;
mod call;
mod cast;
mod cells;
mod condition;
mod constant;
mod control;
mod drops;
mod expr;
mod function;
mod iter;
mod literal;
mod locals;
mod loops;
mod matching;
mod method;
mod operand;
mod operator;
mod pattern;
mod place;
mod runtime;
mod tiles;
mod types;

use crate::analyse;
use crate::compile::{Program, finish};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::diagnostic::{Code, Diagnostic, Sink};
use crate::ir::{Do, Expr, Function, Stmt};
use crate::model::{LabelId, LocalId, Span, TypeId};
use crate::names::Names;
use crate::resolve::{Body, Resolved};
use crate::site::{FailureKind, HostMessage, Site, TraceSite};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

#[cfg(feature = "parse")]
pub(crate) use iter::ADAPTERS;
pub(crate) use locals::{CHANGING, root, walk, walk_block};
pub(crate) use method::MethodCall;

/// All functions, and what they refer to by number.
#[derive(Debug, Default)]
pub(crate) struct Lowered {
    pub(crate) functions: Vec<Function>,
    /// The name of each function in the text.
    pub(crate) names: Vec<String>,
    /// Constants that are too big to repeat, in the order of first use.
    pub(crate) tables: Vec<Expr>,
    pub(crate) sites: Vec<Site>,
    pub(crate) traces: Vec<TraceSite>,
    pub(crate) host_messages: Vec<HostMessage>,
    /// Bytes of the largest value that a reduction over cells gives.
    pub(crate) reduction_bytes: usize,
    /// What tiles send to their neighbours, if they do.
    pub(crate) neighbours: Option<Neighbours>,
    /// Comparisons that were tried, and whether they are field by field.
    derived: Vec<(TypeDesc, bool, bool)>,
}

/// Messages of tiles to their neighbours.
#[derive(Clone, Debug)]
pub(crate) struct Neighbours {
    /// The tags of those that are sent.
    pub(crate) tags: BTreeSet<usize>,
    /// Bytes of the largest.
    pub(crate) bytes: usize,
    /// Where a tile fails that waits for a neighbour which is elsewhere.
    pub(crate) site: usize,
}

impl Neighbours {
    /// Words of sixteen bytes of a message, as `neighbours.cuh` has it: the first carries eight bytes, others twelve.
    pub(crate) const fn words(&self) -> u32 {
        1 + self.bytes.saturating_sub(8).div_ceil(12) as u32
    }
}

impl Lowered {
    /// The intermediate form for a developer of the compiler.
    pub(crate) fn dump(&self) -> String {
        self.functions.iter().fold(String::new(), |mut text, function| {
            let _ = writeln!(text, "{function:#?}");
            text
        })
    }
}

/// Lowers all functions.
pub(crate) fn lower(program: &Program, resolved: &Resolved) -> Result<Lowered, Vec<Diagnostic>> {
    let mut sink = Sink::default();
    let mut lowered = Lowered { names: function_names(program, resolved), ..Lowered::default() };
    for body in &resolved.bodies {
        let mut function = Lower::new(program, resolved, body, &mut lowered, &mut sink).function();
        analyse::analyse(&mut function, &lowered.functions);
        lowered.functions.push(function);
    }
    finish(lowered, sink)
}

/// `lerp`, `Account_deposit`, `Matrix_f32_3_get`; with its module, where two share a name.
fn function_names(program: &Program, resolved: &Resolved) -> Vec<String> {
    let in_grid = program.actors.iter().any(|actor| actor.grid.is_some());
    let name = |body: &Body| {
        let mut name = match body.owner.map(crate::ty::peel) {
            Some(T::Struct(desc)) => {
                format!("{}_{}", crate::emit::plain_name(desc.name, (desc.path)()), body.model.name)
            }
            Some(T::Enum(desc)) => format!("{}_{}", crate::emit::plain_name(desc.name, (desc.path)()), body.model.name),
            Some(ty) if crate::ty::is_scalar(ty) => format!("{}_{}", crate::ty::rust_name(ty), body.model.name),
            _ => body.model.name.clone(),
        };
        let of_trait = crate::resolve::trait_of(&body.path).and_then(crate::names::generic_suffix);
        let own = || crate::names::generic_suffix(crate::resolve::last(&body.path));
        if let Some(generics) = of_trait.or_else(own) {
            let _ = write!(name, "_{generics}");
        }
        if crate::names::is_of_the_headers(&name, in_grid) { format!("{name}_") } else { name }
    };
    let plain: Vec<String> = resolved.bodies.iter().map(name).collect();
    let mut names = Names::default();
    let mut fresh = |(body, name): (&Body, &String)| {
        let shared = plain.iter().filter(|other| *other == name).count() > 1;
        match module(body) {
            Some(module) if shared => names.fresh(&format!("{module}_{name}")),
            _ => names.fresh(name),
        }
    };
    resolved.bodies.iter().zip(&plain).map(&mut fresh).collect()
}

/// The innermost module of a function, or of the type whose method it is.
fn module(body: &Body) -> Option<&str> {
    let path = match body.owner {
        Some(T::Struct(desc)) => (desc.path)(),
        Some(T::Enum(desc)) => (desc.path)(),
        _ => &body.path,
    };
    path.split('<').next()?.rsplit("::").nth(1)
}

/// Where the value of a block, `if`, `match` or loop goes.
#[derive(Clone, Debug, PartialEq)]
enum Dest {
    /// Nowhere.
    Discard,
    /// Into this declared variable.
    Variable(Expr),
    /// Out of the function.
    Return,
}

/// How a binding of the user is reached.
#[derive(Clone, Debug)]
struct Local {
    name: String,
    ty: TypeDesc,
    form: crate::ir::Form,
}

/// A loop or labelled block that is open.
struct Frame {
    label: LabelId,
    dest: Dest,
    is_loop: bool,
    /// Name of the label after it, if a `goto` needs it.
    end: Option<String>,
    /// Name of the label before its next trip, if a `goto` needs it.
    next: Option<String>,
}

/// The lowering of one function.
pub(crate) struct Lower<'a> {
    program: &'a Program,
    resolved: &'a Resolved,
    body: &'a Body,
    lowered: &'a mut Lowered,
    sink: &'a mut Sink,
    names: Names,
    locals: BTreeMap<LocalId, Local>,
    /// The types of all bindings of the body.
    bindings: BTreeMap<LocalId, TypeId>,
    frames: Vec<Frame>,
    /// Locals that are written in any way after their declaration.
    written: BTreeSet<LocalId>,
    /// Locals that are assigned as a whole.
    assigned: BTreeSet<LocalId>,
    /// Names of variables that never change: reading them later gives the same.
    constant: BTreeSet<String>,
    /// What the body of the `for` whose head is being lowered writes.
    written_in_loop: BTreeSet<LocalId>,
    /// What the closure returns that is being lowered.
    closure: Option<TypeDesc>,
    /// The line of the statement being lowered.
    line: u32,
}

type Stmts = Vec<Stmt>;

impl<'a> Lower<'a> {
    fn new(
        program: &'a Program,
        resolved: &'a Resolved,
        body: &'a Body,
        lowered: &'a mut Lowered,
        sink: &'a mut Sink,
    ) -> Self {
        let mut names = Names::default();
        // A local of the same name would hide the function from the rest of its scope.
        for name in &lowered.names {
            names.fresh(name);
        }
        let writes = locals::writes(&body.model, &body.tables);
        Self {
            program,
            resolved,
            body,
            lowered,
            sink,
            names,
            locals: BTreeMap::new(),
            bindings: types::bindings(&body.model),
            frames: Vec::new(),
            written: writes.any,
            assigned: writes.whole,
            constant: BTreeSet::new(),
            written_in_loop: BTreeSet::new(),
            closure: None,
            line: body.model.span.line,
        }
    }

    /// What `return` takes.
    fn returned(&mut self) -> TypeDesc {
        match self.closure {
            Some(ty) => ty,
            None => self.ty(self.body.model.ret),
        }
    }

    // ---- the tables -------------------------------------------------------------------------------------------

    fn ty(&mut self, id: TypeId) -> TypeDesc {
        match self.body.tables.types.get(id.0 as usize) {
            Some(ty) => *ty,
            None => {
                self.internal(Span::default(), &format!("witness {} is missing", id.0));
                T::Never
            }
        }
    }

    // ---- errors -----------------------------------------------------------------------------------------------

    fn report(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<Option<&'static str>>) {
        self.sink.report(Diagnostic {
            code,
            file: self.body.model.file.clone(),
            span,
            message: message.into(),
            help: help.into().map(str::to_owned),
        });
    }

    /// Reports and stands in for the value.
    fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<Option<&'static str>>,
    ) -> Expr {
        self.report(code, span, message, help);
        Expr::never()
    }

    fn internal(&mut self, span: Span, message: &str) {
        let message = format!("rustc and the RingKernel compiler disagree here: {message}");
        self.report(Code::Internal, span, message, "this is a bug in RingKernel; please report it with this function");
    }

    // ---- statements -------------------------------------------------------------------------------------------

    fn push(&self, out: &mut Stmts, kind: Do) {
        out.push(Stmt { line: self.line, kind });
    }

    fn site(&mut self, kind: FailureKind, message: impl Into<String>) -> usize {
        let site = Site { kind, file: self.body.model.file.clone(), line: self.line, message: message.into() };
        if let Some(known) = self.lowered.sites.iter().position(|known| *known == site) {
            return known;
        }
        self.lowered.sites.push(site);
        self.lowered.sites.len() - 1
    }

    /// Fails the actor unless `cond` holds; `value` is what the failure carries.
    fn check(&mut self, cond: Expr, value: Expr, kind: FailureKind, message: &str, out: &mut Stmts) {
        if cond == Expr::bool(true) || cond.holds_always() {
            return;
        }
        let site = self.site(kind, message);
        self.push(out, Do::Check { cond, site, value });
    }
}

/// Whether the last statement leaves, so that nothing after it is reached.
fn diverged(out: &[Stmt]) -> bool {
    out.last().is_some_and(|last| last.kind.diverges())
}
