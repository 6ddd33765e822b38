//! What names mean inside one body: bindings, labels, and the items declared in it.

use proc_macro2::{Ident, TokenStream};

use crate::model::{LabelId, LocalId};

/// A name as rustc tells names apart: two of the same letters differ if a user's macro made one of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    letters: String,
    /// Which expansion the name comes from; empty where the compiler does not say. There is no stable way to compare
    /// the hygiene of two spans but how they are shown, so this only decides between names that are both in scope.
    origin: String,
}

impl Name {
    pub(super) fn new(ident: &Ident) -> Self {
        let span = format!("{:?}", ident.span());
        let origin = span.split(' ').next().filter(|origin| origin.starts_with('#')).unwrap_or_default().to_owned();
        Self { letters: ident.to_string(), origin }
    }
}

/// One loop or labelled block around the current place.
#[derive(Debug)]
struct Target {
    name: Option<String>,
    id: LabelId,
    is_loop: bool,
}

/// Bindings in scope, innermost last.
#[derive(Debug, Default)]
pub(super) struct Scope {
    bindings: Vec<(Name, LocalId)>,
    items: Vec<TokenStream>,
    targets: Vec<Target>,
    next_local: u32,
    next_label: u32,
}

/// How much was in scope, to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    bindings: usize,
    items: usize,
}

impl Scope {
    pub(super) fn fresh(&mut self) -> LocalId {
        let id = LocalId(self.next_local);
        self.next_local += 1;
        id
    }

    pub(super) fn locals(&self) -> u32 {
        self.next_local
    }

    pub(super) fn declare(&mut self, name: Name, id: LocalId) {
        self.bindings.push((name, id));
    }

    pub(super) fn find(&self, ident: &Ident) -> Option<LocalId> {
        let name = Name::new(ident);
        let innermost =
            |same: &dyn Fn(&Name) -> bool| self.bindings.iter().rev().find(|(bound, _)| same(bound)).map(|(_, id)| *id);
        innermost(&|bound| *bound == name).or_else(|| innermost(&|bound| bound.letters == name.letters))
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { bindings: self.bindings.len(), items: self.items.len() }
    }

    pub(super) fn reset(&mut self, mark: Mark) {
        self.bindings.truncate(mark.bindings);
        self.items.truncate(mark.items);
    }

    /// A `const` or `use` inside the body: constants that are read outside of the shadow need it repeated.
    pub(super) fn declare_item(&mut self, item: TokenStream) {
        self.items.push(item);
    }

    pub(super) fn items(&self) -> &[TokenStream] {
        &self.items
    }

    pub(super) fn enter(&mut self, name: Option<String>, is_loop: bool) -> LabelId {
        let id = LabelId(self.next_label);
        self.next_label += 1;
        self.targets.push(Target { name, id, is_loop });
        id
    }

    pub(super) fn leave(&mut self) {
        self.targets.pop();
    }

    /// What `break` or `continue` refers to. None if rustc will complain.
    pub(super) fn target(&self, name: Option<&str>) -> Option<LabelId> {
        self.targets
            .iter()
            .rev()
            .find(|target| match name {
                Some(name) => target.name.as_deref() == Some(name),
                None => target.is_loop,
            })
            .map(|target| target.id)
    }
}
