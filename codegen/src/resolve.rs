//! From actors to the list of all functions they reach, callees before callers.
//!
//! Reads each body back from its serialised form and asks the witnesses for its types, once. Guarantees that the call
//! graph has no cycle: device code has no stack to speak of, so recursion is an error here. What a body means is left
//! to `lower`.

use crate::compile::{Program, finish};
use crate::desc::{ActorDesc, FnDesc, HandlerDesc, Tables, TypeDesc};
use crate::diagnostic::{Code, Diagnostic, Sink};
use crate::ir::FnIndex;
use crate::model::{FnModel, Span};
use std::collections::BTreeMap;

/// A function with all that is known of it.
#[derive(Debug)]
pub(crate) struct Body {
    /// The type it belongs to.
    pub(crate) owner: Option<TypeDesc>,
    /// Full name of this instance.
    pub(crate) path: String,
    pub(crate) model: FnModel,
    pub(crate) tables: Tables,
}

/// A handler: what it is to the actor, and its function.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) desc: HandlerDesc,
    pub(crate) function: FnIndex,
}

/// Everything that is reached.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// Callees before callers, so that the text needs no forward declarations.
    pub(crate) bodies: Vec<Body>,
    /// The handlers of each actor type.
    pub(crate) handlers: Vec<Vec<Handler>>,
    /// What [`resolve_functions`] was asked for.
    pub(crate) roots: Vec<FnIndex>,
    by_path: BTreeMap<String, FnIndex>,
}

impl Resolved {
    /// The function that a call refers to.
    pub(crate) fn function(&self, desc: &FnDesc) -> Option<FnIndex> {
        self.by_path.get(&key(desc)).copied()
    }
}

/// Finds all functions that the handlers of a program reach.
pub(crate) fn resolve(program: &Program) -> Result<Resolved, Vec<Diagnostic>> {
    let mut walk = Walk::default();
    for actor in &program.actors {
        let mut handlers = Vec::new();
        for handler in actor.handlers {
            if let Some(function) = walk.visit(&function_of(actor, handler)) {
                handlers.push(Handler { desc: *handler, function });
            }
        }
        walk.resolved.handlers.push(handlers);
    }
    finish(walk.resolved, walk.sink)
}

/// Finds all functions that the handlers of a grid and its step reach; the step is the only root.
pub(crate) fn resolve_grid(actor: &ActorDesc) -> Result<Resolved, Vec<Diagnostic>> {
    let mut walk = Walk::default();
    let mut handlers = Vec::new();
    for handler in actor.handlers {
        if let Some(function) = walk.visit(&function_of(actor, handler)) {
            handlers.push(Handler { desc: *handler, function });
        }
    }
    walk.resolved.handlers.push(handlers);
    if let Some(grid) = &actor.grid {
        let step = FnDesc {
            name: grid.step.name,
            owner: Some(TypeDesc::Struct(actor.state)),
            path: grid.step.name,
            model: grid.step.model,
            tables: grid.step.tables,
        };
        let step = walk.visit(&step);
        walk.resolved.roots.extend(step);
    }
    finish(walk.resolved, walk.sink)
}

/// Finds all functions that these reach.
pub(crate) fn resolve_functions(functions: &[FnDesc]) -> Result<Resolved, Vec<Diagnostic>> {
    let mut walk = Walk::default();
    for function in functions {
        if let Some(index) = walk.visit(function) {
            walk.resolved.roots.push(index);
        }
    }
    finish(walk.resolved, walk.sink)
}

/// A handler seen as a method of its actor.
fn function_of(actor: &ActorDesc, handler: &HandlerDesc) -> FnDesc {
    FnDesc {
        name: handler.name,
        owner: Some(TypeDesc::Struct(actor.state)),
        path: handler.name,
        model: handler.model,
        tables: handler.tables,
    }
}

/// The identity of a function. The path of a method may be its bare name, so its owner counts too.
fn key(desc: &FnDesc) -> String {
    match desc.owner {
        // `<Vec3 as Mul<f32>>::mul` says all.
        _ if trait_of(desc.path).is_some() => desc.path.to_owned(),
        Some(TypeDesc::Struct(owner)) => format!("{}::{}", (owner.path)(), last(desc.path)),
        Some(TypeDesc::Enum(owner)) => format!("{}::{}", (owner.path)(), last(desc.path)),
        _ => desc.path.to_owned(),
    }
}

/// What follows the last `::` outside of generic arguments.
pub(crate) fn last(path: &str) -> &str {
    let (mut depth, mut start, bytes) = (0_i32, 0, path.as_bytes());
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth -= 1,
            // The turbofish of `name::<3>` belongs to the name.
            b':' if depth == 0 && bytes.get(at + 1) != Some(&b':') && bytes.get(at + 1) != Some(&b'<') => {
                start = at + 1
            }
            _ => {}
        }
    }
    &path[start..]
}

/// The trait of `<Vec3 as Mul<f32>>::mul`.
pub(crate) fn trait_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix('<')?.strip_suffix(last(path))?.strip_suffix(">::")?;
    let (mut depth, bytes) = (0_i32, inside.as_bytes());
    let at = (0..bytes.len()).find(|at| {
        match bytes[*at] {
            b'<' => depth += 1,
            b'>' => depth -= 1,
            _ => {}
        }
        depth == 0 && inside[*at..].starts_with(" as ")
    })?;
    Some(&inside[at + 4..])
}

#[derive(Default)]
struct Walk {
    resolved: Resolved,
    sink: Sink,
    /// Functions whose callees are being visited, outermost first.
    open: Vec<(String, String)>,
}

impl Walk {
    fn visit(&mut self, desc: &FnDesc) -> Option<FnIndex> {
        let key = key(desc);
        if let Some(known) = self.resolved.by_path.get(&key) {
            return Some(*known);
        }
        let model: FnModel = match postcard::from_bytes(desc.model) {
            Ok(model) => model,
            Err(error) => {
                self.sink.report(Diagnostic {
                    code: Code::Internal,
                    file: String::new(),
                    span: Span::default(),
                    message: format!("the body of `{}` cannot be read back: {error}", desc.name),
                    help: Some("build all crates with the same version of ringkernel".into()),
                });
                return None;
            }
        };
        if let Some(first) = self.open.iter().position(|(open, _)| *open == key) {
            let mut cycle: Vec<_> = self.open[first..].iter().map(|(_, name)| format!("`{name}`")).collect();
            cycle.push(format!("`{}`", desc.name));
            self.sink.report(Diagnostic {
                code: Code::Recursion,
                file: model.file.clone(),
                span: model.span,
                message: format!("recursion in device code: {}", cycle.join(" calls ")),
                help: Some("write a loop, or send a message to continue later".into()),
            });
            return None;
        }
        self.open.push((key.clone(), desc.name.to_owned()));
        let tables = (desc.tables)();
        for callee in tables.fns.iter().chain(tables.methods.iter().flatten()) {
            self.visit(callee);
        }
        self.open.pop();
        let index = FnIndex(self.resolved.bodies.len());
        self.resolved.bodies.push(Body { owner: desc.owner, path: key.clone(), model, tables });
        self.resolved.by_path.insert(key, index);
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::{last, trait_of};

    #[test]
    fn a_function_of_a_trait_names_it() {
        assert_eq!(trait_of("<a::P<f32> as core::ops::Mul<f32>>::mul"), Some("core::ops::Mul<f32>"));
        assert_eq!(trait_of("a::P<f32>::get"), None);
    }

    #[test]
    fn the_last_segment_keeps_its_generic_arguments() {
        assert_eq!(last("a::b::lerp"), "lerp");
        assert_eq!(last("a::b::lerp::<x::Y, 3>"), "lerp::<x::Y, 3>");
        assert_eq!(last("lerp"), "lerp");
    }
}
