//! What names mean inside one body: bindings, labels, and the items declared in it.

use proc_macro2::TokenStream;

use crate::model::{LabelId, LocalId};

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
    bindings: Vec<(String, LocalId)>,
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

    pub(super) fn declare(&mut self, name: &str, id: LocalId) {
        self.bindings.push((name.to_owned(), id));
    }

    pub(super) fn find(&self, name: &str) -> Option<LocalId> {
        self.bindings.iter().rev().find(|(bound, _)| bound == name).map(|(_, id)| *id)
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
