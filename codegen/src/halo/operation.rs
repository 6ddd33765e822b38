//! Operations over cells: which fields one writes and reads, and what its closures read of their views.

use std::collections::BTreeMap;

use super::value::Value;
use super::walk::Walk;
use super::{MAX_OFFSET, Operation, Source};
use crate::desc::TypeDesc;
use crate::diagnostic::Code;
use crate::model::{Expr, ExprKind, Span};

impl<'a> Walk<'a, '_> {
    /// A view of a source is looked at.
    pub(super) fn read(&mut self, source: usize, name: &str, offset: Option<&Value>, arg: Option<&Expr>, span: Span) {
        let dims = self.dims();
        let cells = match name {
            "here" => vec![0; dims],
            "at" => {
                let span = arg.map_or(span, |arg| arg.span);
                let Some(cells) = offset.and_then(Value::offset) else {
                    self.report(
                        Code::OffsetNotConstant,
                        span,
                        "the offset of a neighbour is not a constant".to_owned(),
                        "write numbers, constants, or variables of loops over constants: which neighbours are read decides what \
                         tiles exchange, before anything runs",
                    );
                    return;
                };
                if let Some(far) = cells.iter().find(|cells| cells.unsigned_abs() > u128::from(MAX_OFFSET)) {
                    self.report(
                        Code::OffsetTooFar,
                        span,
                        format!("an offset of {far} cells"),
                        "a cell reads at most 4 cells away along each axis: take two steps, or make the cells larger",
                    );
                    return;
                }
                cells.into_iter().map(|cells| cells as i32).collect()
            }
            _ => return,
        };
        if let Some(reads) = self.reads.get_mut(source) {
            reads.entry(cells).or_insert(span.line);
        }
    }

    fn dims(&self) -> usize {
        let owner = self.resolved.roots.first().and_then(|root| self.resolved.bodies[root.0].owner);
        let Some(TypeDesc::Struct(state)) = owner else { return 0 };
        let dims = state.fields.iter().find_map(|field| match field.ty {
            TypeDesc::Field(_, dims) => Some(dims),
            _ => None,
        });
        dims.unwrap_or(0)
    }

    /// An operation over cells.
    pub(super) fn operation(&mut self, expr: &Expr, receiver: &'a Expr, kind: &str, args: &'a [Expr]) {
        let writes = if kind == "update" { self.fields(receiver) } else { Vec::new() };
        let Some(sources) = args.first() else { return };
        let read = self.fields(sources);
        let outer = std::mem::replace(self.reads, vec![BTreeMap::new(); read.len()]);
        let before = self.env.clone();
        for arg in &args[1..] {
            let ExprKind::Closure(params, body) = &arg.kind else { continue };
            let mut views = params.iter();
            if kind == "update" {
                views.next().into_iter().for_each(|own| self.bind(own, Value::Unknown));
            }
            // What joins values comes after the first closure.
            let is_first = std::ptr::eq(arg, &raw const args[1]);
            for param in views {
                let view = match &sources.kind {
                    _ if !is_first => Value::Unknown,
                    ExprKind::Tuple(_) => Value::Parts((0..read.len()).map(Value::Near).collect()),
                    _ => Value::Near(0),
                };
                self.bind(param, view);
            }
            self.value(body);
        }
        self.env = before;
        let reads = std::mem::replace(self.reads, outer);
        let sources = read.into_iter().zip(reads).map(|(field, offsets)| Source { field, offsets }).collect();
        let (file, line, column) = (self.body.model.file.clone(), expr.span.line, expr.span.column);
        self.found.operations.push(Operation { kind: kind.to_owned(), file, line, column, writes, sources });
    }

    /// The names of the fields of an argument.
    fn fields(&mut self, arg: &'a Expr) -> Vec<String> {
        let parts = match self.value(arg) {
            Value::Parts(parts) => parts,
            part => vec![part],
        };
        let mut names = Vec::new();
        for part in parts {
            match part {
                Value::Field(name) => names.push(name),
                _ => {
                    self.report(
                        Code::FieldNotNamed,
                        arg.span,
                        "which field this is cannot be told before anything runs".to_owned(),
                        "name fields as `self.field`, also in methods that the step calls",
                    );
                    names.push(String::new());
                }
            }
        }
        names
    }
}
