//! Which actor types a set of actors can talk to.
//!
//! Follows the types that rustc inferred in the bodies of handlers and of what they call: an address of an actor type
//! anywhere means that its handlers must be known. A system is given all its types by its builder; this is for looking at
//! the text of one actor alone.

use crate::compile::Program;
use crate::desc::{ActorDesc, TypeDesc};
use crate::diagnostic::Diagnostic;
use crate::resolve::resolve;

/// `actors`, then all that they reach, in the order in which they are found.
///
/// # Errors
/// As [`compile`](crate::compile()).
pub fn reach(mut actors: Vec<ActorDesc>) -> Result<Vec<ActorDesc>, Vec<Diagnostic>> {
    loop {
        let known = actors.len();
        let resolved = resolve(&Program { actors: actors.clone(), ..Program::default() })?;
        let states = actors.iter().map(|actor| TypeDesc::Struct(actor.state)).collect::<Vec<_>>();
        let messages = actors.iter().flat_map(|actor| actor.handlers).map(|handler| handler.message);
        let types = resolved.bodies.iter().flat_map(|body| body.tables.types.iter().copied());
        for ty in states.into_iter().chain(messages.collect::<Vec<_>>()).chain(types) {
            links(ty, &mut actors);
        }
        if actors.len() == known {
            return Ok(actors);
        }
    }
}

/// Adds the actors whose addresses a type holds.
fn links(ty: TypeDesc, actors: &mut Vec<ActorDesc>) {
    match ty {
        TypeDesc::Addr(link) | TypeDesc::Context(link) => {
            if !actors.iter().any(|actor| (actor.state.path)() == (link.path)()) {
                actors.push((link.desc)());
            }
        }
        TypeDesc::Tuple(elems) => elems.iter().for_each(|elem| links(*elem, actors)),
        TypeDesc::Struct(desc) => desc.fields.iter().for_each(|field| links(field.ty, actors)),
        TypeDesc::Enum(desc) => {
            desc.variants.iter().flat_map(|variant| variant.fields).for_each(|field| links(field.ty, actors));
        }
        TypeDesc::Array(of, _)
        | TypeDesc::Slice(of)
        | TypeDesc::Ref { to: of, .. }
        | TypeDesc::Option(of)
        | TypeDesc::Reply(of)
        | TypeDesc::SharedSlice(of)
        | TypeDesc::SharedAtomics(of)
        | TypeDesc::TryTell(of)
        | TypeDesc::Range(of)
        | TypeDesc::Iter(of) => links(*of, actors),
        _ => {}
    }
}
