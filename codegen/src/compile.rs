//! The compiler's pipeline: from the actors of a program to the text of its kernel.

use crate::desc::{ActorDesc, FnDesc, TypeDesc};
use crate::diagnostic::{Code, Diagnostic, Sink};
use crate::exchange::Exchange;
use crate::halo::Halos;
use crate::lower::Neighbours;
use crate::model::Span;
use crate::site::{HostMessage, Site, TraceSite};
use crate::{emit, exchange, layout, lower, resolve, templates};

/// What is compiled.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The actor types of the system; the index of one is its type number on the device.
    pub actors: Vec<ActorDesc>,
    /// Overflow fails the actor, as with debug assertions; otherwise it wraps.
    pub overflow_checks: bool,
    /// Settings that do not change what the program means.
    pub options: Options,
}

/// Settings that do not change what the program means.
#[derive(Clone, Debug)]
pub struct Options {
    /// Write `#line` directives, so that every tool speaks of the user's lines.
    pub line_directives: bool,
    /// Also describe the intermediate form: [`Compiled::dump`].
    pub dump: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { line_directives: true, dump: false }
    }
}

/// The text of a kernel, and what the host must know to run it.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The whole CUDA translation unit.
    pub text: String,
    /// The headers it includes, by name.
    pub headers: &'static [(&'static str, &'static str)],
    /// Where an actor can fail; a failure carries the index.
    pub sites: Vec<Site>,
    /// What is traced; a trace carries the index.
    pub traces: Vec<TraceSite>,
    /// Types of messages to the host; a message carries the index.
    pub host_messages: Vec<HostMessage>,
    /// In the order of [`Program::actors`].
    pub actors: Vec<CompiledActor>,
    /// The intermediate form, if it was asked for.
    pub dump: Option<String>,
}

/// What the host must know of an actor type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledActor {
    /// Full name of the type of its state.
    pub path: &'static str,
    /// Its state in canonical layout, bytes.
    pub state_size: usize,
    /// Alignment of its state, bytes.
    pub state_align: usize,
    /// Size of a mailbox slot: 32, 64, 128 or 256 bytes.
    pub slot_bytes: u32,
    /// Messages that one run of a handler sends at most; `None` if a loop decides.
    pub max_sends: Option<u32>,
    /// A handler tells the host something.
    pub tells_host: bool,
}

/// Compiles the actors of a program to one kernel.
///
/// # Errors
/// All that device code has no meaning for and that rustc and the macros could not see, each with its place.
pub fn compile(program: &Program) -> Result<Compiled, Vec<Diagnostic>> {
    without_grids(program)?;
    let resolved = resolve::resolve(program)?;
    let lowered = lower::lower(program, &resolved)?;
    let actors = emit::plan_actors(program, &resolved, &lowered)?;
    let text = emit::kernel(program, &resolved, &lowered, &actors);
    Ok(Compiled {
        text,
        headers: templates::headers(),
        dump: program.options.dump.then(|| lowered.dump()),
        sites: lowered.sites,
        traces: lowered.traces,
        host_messages: lowered.host_messages,
        actors,
    })
}

/// Whether the actors of a program could be compiled, without doing it.
///
/// # Errors
/// As [`compile`].
pub fn check(program: &Program) -> Result<(), Vec<Diagnostic>> {
    without_grids(program)?;
    let resolved = resolve::resolve(program)?;
    let lowered = lower::lower(program, &resolved)?;
    emit::plan_actors(program, &resolved, &lowered).map(drop)
}

/// Reports grids among actors, which are a kernel of their own.
fn without_grids(program: &Program) -> Result<(), Vec<Diagnostic>> {
    let mut sink = Sink::default();
    for actor in program.actors.iter().filter(|actor| actor.grid.is_some()) {
        sink.report(Diagnostic {
            code: Code::UnsupportedType,
            file: String::new(),
            span: Span::default(),
            message: format!("`{}` is a grid, and a system of actors has none so far", actor.state.name),
            help: Some("give it to the `.grid(..)` of a system of its own".into()),
        });
    }
    sink.into_result()
}

/// The text of plain functions without any actor, and what a caller outside of a kernel needs to call them.
#[derive(Clone, Debug)]
pub struct CompiledFunctions {
    /// Types, constants and functions; includes only the headers that do not need a device.
    pub text: String,
    /// Where they can fail.
    pub sites: Vec<Site>,
    /// In the order given.
    pub functions: Vec<CompiledFunction>,
}

/// How a function of [`CompiledFunctions`] is called.
#[derive(Clone, Debug, PartialEq)]
pub struct CompiledFunction {
    /// Its name in the text.
    pub name: String,
    /// Types of its parameters, in order.
    pub params: Vec<TypeDesc>,
    /// What it returns.
    pub ret: TypeDesc,
    /// It returns a status, and its result through a reference.
    pub can_fail: bool,
    /// Its first parameter is the context.
    pub needs_context: bool,
    /// Each parameter as the text spells it.
    pub param_types: Vec<String>,
    /// The result as the text spells it.
    pub ret_type: String,
}

/// Compiles `#[ring_fn]`s alone, for tests that call them one by one.
///
/// # Errors
/// As [`compile`].
pub fn compile_functions(functions: &[FnDesc], overflow_checks: bool) -> Result<CompiledFunctions, Vec<Diagnostic>> {
    let program = Program { actors: Vec::new(), overflow_checks, options: Options::default() };
    let resolved = resolve::resolve_functions(functions)?;
    let lowered = lower::lower(&program, &resolved)?;
    let (text, functions) = emit::functions(&program, &resolved, &lowered);
    Ok(CompiledFunctions { text, sites: lowered.sites, functions })
}

/// Ends a stage: its value if it reported nothing.
pub(crate) fn finish<T>(value: T, sink: Sink) -> Result<T, Vec<Diagnostic>> {
    sink.into_result().map(|()| value)
}

/// Reports handlers that hold the grid: one runs in its tile alone, while neighbours may be in the midst of a step.
fn handlers_do_not_hold(resolved: &resolve::Resolved, lowered: &lower::Lowered) -> Result<(), Vec<Diagnostic>> {
    let mut sink = Sink::default();
    for handler in resolved.handlers.iter().flatten() {
        let model = &resolved.bodies[handler.function.0].model;
        if lowered.functions[handler.function.0].facts.holds {
            sink.report(Diagnostic {
                code: Code::HoldInHandler,
                file: model.file.clone(),
                span: model.span,
                message: format!("the handler `{}` holds the grid, in a function that it calls", model.name),
                help: Some(crate::codes::HOLD_IN_HANDLER.help.into()),
            });
        }
    }
    sink.into_result()
}

/// The text of a grid's kernel, and what the host must know to run it.
#[derive(Clone, Debug)]
pub struct CompiledGrid {
    /// The whole CUDA translation unit.
    pub text: String,
    /// The headers it includes, by name.
    pub headers: &'static [(&'static str, &'static str)],
    /// Where a tile can fail; a failure carries the index.
    pub sites: Vec<Site>,
    /// Bytes of what a tile keeps, [`layout::of_tile`].
    pub tile_bytes: usize,
    /// Where in it the numbers of its fields' arrays are, in the order of members.
    pub field_offsets: Vec<usize>,
    /// Of each field, bytes of a cell.
    pub cell_bytes: Vec<usize>,
    /// Bytes of the largest value that a reduction gives; 0 if there is none.
    pub reduction_bytes: usize,
    /// Payload bytes of the largest message.
    pub message_bytes: usize,
    /// What is traced; a trace carries the index.
    pub traces: Vec<TraceSite>,
    /// Types of messages to the host; a message carries the index.
    pub host_messages: Vec<HostMessage>,
    /// Words of sixteen bytes of a message between tiles that touch; 0 if they send none.
    pub neighbour_words: u32,
    /// Which neighbours the step reads.
    pub halos: Halos,
    /// What tiles send each other if fields are on the chip.
    pub exchanges: Vec<Exchange>,
    /// A handler has an operation over cells: it needs fields where steps have them.
    pub handlers_over_cells: bool,
    /// The step may ask the grid to hold.
    pub holds: bool,
}

/// Compiles a grid to a kernel of its own.
///
/// # Errors
/// As [`compile`], and what [`halo::halos`](crate::halo::halos) says.
pub fn compile_grid(
    actor: &ActorDesc,
    overflow_checks: bool,
    options: Options,
) -> Result<CompiledGrid, Vec<Diagnostic>> {
    let Some(halos) = crate::halo::halos(actor)? else {
        return Err(vec![Diagnostic {
            code: Code::UnsupportedType,
            file: String::new(),
            span: Span::default(),
            message: format!("`{}` is no grid", actor.state.name),
            help: Some("give it to `.actors(..)`".into()),
        }]);
    };
    let program = Program { actors: vec![*actor], overflow_checks, options };
    let resolved = resolve::resolve_grid(actor)?;
    let mut lowered = lower::lower(&program, &resolved)?;
    handlers_do_not_hold(&resolved, &lowered)?;
    let exchanges = exchange::number(&mut lowered.functions, &halos);
    let handlers_over_cells =
        resolved.handlers.iter().flatten().any(|handler| lowered.functions[handler.function.0].facts.over_cells);
    let text = emit::grid(&program, &resolved, &lowered, actor, &halos);
    let members = actor.state.fields.iter().map(|field| field.ty);
    let cell_bytes: Vec<usize> = members
        .clone()
        .filter_map(|ty| match ty {
            TypeDesc::Field(elem, _) => Some(layout::size_of(*elem)),
            _ => None,
        })
        .collect();
    let (tile, mut offsets) = layout::of_tile(members);
    Ok(CompiledGrid {
        text,
        headers: templates::headers(),
        tile_bytes: tile.size,
        field_offsets: offsets.split_off(offsets.len() - cell_bytes.len()),
        cell_bytes,
        reduction_bytes: lowered.reduction_bytes,
        message_bytes: actor.handlers.iter().map(|handler| layout::size_of(handler.message)).max().unwrap_or(0),
        neighbour_words: lowered.neighbours.as_ref().map_or(0, Neighbours::words),
        sites: lowered.sites,
        traces: lowered.traces,
        host_messages: lowered.host_messages,
        halos,
        exchanges,
        handlers_over_cells,
        holds: lowered.functions.iter().any(|function| function.facts.holds),
    })
}
