//! Functions and their statements.

use super::expr::Printer;
use super::spelling::Spelling;
use super::writer::Writer;
use crate::desc::TypeDesc as T;
use crate::ir::{Cells, Closure, Do, Expr, Form, Function, Head, Kind, Loop, Stmt};
use crate::lower::Lowered;
use crate::ty;

/// One function.
pub(super) fn function(out: &mut Writer, spelling: &Spelling, lowered: &Lowered, index: usize, function: &Function) {
    out.doc(&function.doc);
    let body = Body { spelling, printer: Printer { spelling, lowered }, lowered, function };
    let params = function.params.iter().enumerate().filter(|(_, param)| is_of_cells(param.ty));
    let classes: Vec<String> = params.map(|(at, _)| format!("class rk_Class{at}")).collect();
    let template = if classes.is_empty() { String::new() } else { format!("template <{}> ", classes.join(", ")) };
    out.users(&function.file, function.line, &format!("{template}{} {{", body.signature(&lowered.names[index])));
    out.open();
    body.block(out, &function.body);
    if function.facts.can_fail && !function.body.last().is_some_and(|last| last.kind.diverges()) {
        out.text("return rk::OK;");
    }
    out.close();
    out.text("}");
}

struct Body<'a> {
    spelling: &'a Spelling,
    printer: Printer<'a>,
    lowered: &'a Lowered,
    function: &'a Function,
}

impl Body<'_> {
    fn signature(&self, name: &str) -> String {
        let function = self.function;
        let mut params = Vec::new();
        if function.facts.needs_context {
            params.push("rk::Context& ctx".to_owned());
        }
        let has_value = !ty::is_zero_sized(function.ret);
        if function.facts.can_fail && has_value {
            params.push(format!("{}& result", self.spelling.of(function.ret)));
        }
        params.extend(function.params.iter().enumerate().map(|(at, param)| match param.ty {
            ty if !is_of_cells(ty) => self.spelling.parameter(ty, &param.name),
            T::Ref { mutable: true, .. } => format!("rk_Class{at}& {}", param.name),
            _ => format!("const rk_Class{at}& {}", param.name),
        }));
        let ret = match (function.facts.can_fail, has_value) {
            (true, _) => "rk::Status".to_owned(),
            (false, true) => self.spelling.of(function.ret),
            (false, false) => "void".to_owned(),
        };
        format!("RK_FUNCTION {ret} {name}({})", params.join(", "))
    }

    fn block(&self, out: &mut Writer, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(out, stmt);
        }
    }

    fn print(&self, expr: &Expr) -> String {
        self.printer.print(expr)
    }

    fn stmt(&self, out: &mut Writer, stmt: &Stmt) {
        let file = &self.function.file;
        let mut say = |text: &str| out.users(file, stmt.line, text);
        match &stmt.kind {
            Do::Declare { name, ty, form, constant, init } => {
                say(&self.declare(name, *ty, *form, *constant, init.as_ref()))
            }
            Do::Guard { name, ty } => {
                say(&format!("rk::Guard<{}> {name}_guard{{ctx, {name}}};", self.spelling.of(*ty)));
            }
            Do::Assign(place, value) => say(&format!("{} = {};", self.print(place), self.print(value))),
            Do::Compound(op, place, value) => say(&format!("{} {op} {};", self.print(place), self.print(value))),
            Do::Eval(expr) => say(&format!("{};", self.print(expr))),
            Do::Send(expr) => say(&format!("RK_TRY({});", self.print(expr))),
            Do::TryFn { function, result, args } => {
                let callee = &self.lowered.functions[function.0];
                let args = self.printer.arguments(callee, result.as_deref(), args);
                say(&format!("RK_TRY({}({args}));", self.lowered.names[function.0]));
            }
            Do::Check { cond, site, value } => {
                let value = match value.kind {
                    Kind::Int { value, negative: false } => value.to_string(),
                    _ => self.print(value),
                };
                say(&format!("RK_CHECK({}, ctx, {site}, {value});", parenthesised(&self.print(cond))));
            }
            Do::Fail { site } => say(&format!("return rk::fail(ctx, {site}, 0);")),
            Do::If { .. } => self.conditional(out, stmt, ""),
            Do::Loop(inner) => self.loop_statement(out, stmt.line, inner),
            // Braces that hold no declaration would say nothing.
            Do::Block(body) if !body.iter().any(declares) => self.block(out, body),
            Do::Block(body) => {
                say("{");
                out.open();
                self.block(out, body);
                out.close();
                out.text("}");
            }
            Do::Cells(cells) => self.cells(out, stmt.line, cells),
            Do::Break => say("break;"),
            Do::Continue => say("continue;"),
            Do::Goto(label) => say(&format!("goto {label};")),
            Do::Label(label) => out.text(&format!("{label}:;")),
            Do::Return(value) => self.leave(out, stmt.line, value.as_ref()),
        }
    }

    /// An operation over cells: its closures, then the call.
    fn cells(&self, out: &mut Writer, line: u32, cells: &Cells) {
        for closure in std::iter::once(&cells.each).chain(&cells.join) {
            self.closure(out, line, closure);
        }
        let list = |fields: &[Expr]| fields.iter().map(|field| self.print(field)).collect::<Vec<_>>().join(", ");
        let mut args = vec!["ctx".to_owned(), cells.site.to_string()];
        args.extend(cells.overflow.map(|site| site.to_string()));
        args.extend(cells.result.clone());
        if cells.result.is_none() {
            args.push(format!("rk::fields({})", list(&cells.writes)));
        }
        let read = |(k, field): (usize, &Expr)| match cells.around.get(k) {
            Some(Some(number)) => format!("rk::around<{number}>({})", self.print(field)),
            _ => self.print(field),
        };
        let reads: Vec<_> = cells.reads.iter().enumerate().map(read).collect();
        args.push(format!("rk::fields({})", reads.join(", ")));
        args.extend(std::iter::once(&cells.each).chain(&cells.join).map(|closure| {
            let Function { facts, ret, .. } = &closure.function;
            if facts.can_fail {
                format!("rk::fallible<{}>({})", self.spelling.of(*ret), closure.name)
            } else {
                closure.name.clone()
            }
        }));
        out.users(&self.function.file, line, &format!("RK_TRY({}({}));", cells.name, args.join(", ")));
    }

    fn closure(&self, out: &mut Writer, line: u32, closure: &Closure) {
        let function = &closure.function;
        let ret = self.spelling.of(function.ret);
        let mut params: Vec<String> = Vec::new();
        if function.facts.can_fail {
            params.push(format!("{ret}& result"));
        }
        params.extend(function.params.iter().map(|param| self.spelling.parameter(param.ty, &param.name)));
        let ret = if function.facts.can_fail { "rk::Status" } else { &ret };
        let head = format!("const auto {} = [&]({}) -> {ret} {{", closure.name, params.join(", "));
        out.users(&self.function.file, line, &head);
        out.open();
        let body = Body { function, printer: Printer { ..self.printer }, ..*self };
        body.block(out, &function.body);
        out.close();
        out.text("};");
    }

    fn declare(
        &self,
        name: &str,
        ty: crate::desc::TypeDesc,
        form: Form,
        constant: bool,
        init: Option<&Expr>,
    ) -> String {
        if form == Form::Reference {
            let left = self.spelling.parameter(ty, name);
            return match init {
                Some(init) => format!("{left} = {};", self.print(&init.clone().deref())),
                None => format!("{left};"),
            };
        }
        let constant = if constant { "const " } else { "" };
        let spelled = self.spelling.of(ty);
        match init {
            // `T x = T{..};` says its type twice.
            Some(Expr { kind: Kind::Construct(parts), ty: made })
                if parts.is_empty() && *made == ty && !ty::is_scalar(ty) =>
            {
                format!("{constant}{spelled} {name}{{}};")
            }
            Some(init) => format!("{constant}{spelled} {name} = {};", self.print(init)),
            None if ty::needs_drop(ty) => format!("{spelled} {name}{{}};"),
            None => format!("{spelled} {name};"),
        }
    }

    /// `return`: through the result parameter, if the function can fail.
    fn leave(&self, out: &mut Writer, line: u32, value: Option<&Expr>) {
        let file = &self.function.file;
        let value = value.filter(|value| !ty::is_zero_sized(value.ty));
        match (self.function.facts.can_fail, value) {
            (true, Some(value)) => {
                out.users(file, line, &format!("result = {};", self.print(value)));
                out.text("return rk::OK;");
            }
            (true, None) => out.users(file, line, "return rk::OK;"),
            (false, Some(value)) => out.users(file, line, &format!("return {};", self.print(value))),
            (false, None) => out.users(file, line, "return;"),
        }
    }

    fn conditional(&self, out: &mut Writer, stmt: &Stmt, before: &str) {
        let Do::If { cond, then, or_else } = &stmt.kind else { return };
        let head = format!("{before}if ({}) {{", self.print(cond));
        // After `} else ` no directive may stand.
        if before.is_empty() {
            out.users(&self.function.file, stmt.line, &head)
        } else {
            out.text(&head)
        }
        out.open();
        self.block(out, then);
        out.close();
        match or_else.as_slice() {
            [] => out.text("}"),
            [only @ Stmt { kind: Do::If { .. }, .. }] => self.conditional(out, only, "} else "),
            _ => {
                out.text("} else {");
                out.open();
                self.block(out, or_else);
                out.close();
                out.text("}");
            }
        }
    }

    fn loop_statement(&self, out: &mut Writer, line: u32, inner: &Loop) {
        let file = &self.function.file;
        if let Some(counter) = &inner.safe_point {
            out.users(file, line, &format!("u32 {counter} = 0;"));
        }
        let head = match &inner.head {
            Head::Forever => "while (true) {".to_owned(),
            Head::While(cond) => format!("while ({}) {{", self.print(cond)),
            Head::Count { name, ty, from, to } => format!(
                "for ({} {name} = {}; {name} < {}; ++{name}) {{",
                self.spelling.of(*ty),
                self.print(from),
                self.printer.print(&Expr::compare("<", Expr::var("", T::Bool), to.clone())).trim_start_matches(" < ")
            ),
            Head::Inclusive { name, ty, from, to } => format!(
                "for (rk::RangeInclusive<{}> {name}({}, {}); {name}.more; {name}.step()) {{",
                self.spelling.of(*ty),
                self.print(from),
                self.print(to)
            ),
        };
        out.users(file, line, &head);
        out.open();
        if let Some(counter) = &inner.safe_point {
            out.users(file, line, &format!("RK_SAFE_POINT(ctx, {counter});"));
        }
        self.block(out, &inner.body);
        out.close();
        out.text("}");
    }
}

/// Whether a type belongs to the way in which fields are kept.
fn is_of_cells(ty: crate::desc::TypeDesc) -> bool {
    matches!(ty::peel(ty), T::Own(..) | T::Near(..) | T::Field(..))
}

/// Whether a statement declares something in the block that it stands in.
fn declares(stmt: &Stmt) -> bool {
    match &stmt.kind {
        Do::Declare { .. } | Do::Guard { .. } | Do::Cells(_) => true,
        Do::Loop(inner) => inner.safe_point.is_some(),
        _ => false,
    }
}

/// A macro's argument: a comma of template arguments or braces must stand inside of parentheses.
fn parenthesised(text: &str) -> String {
    let mut depth = 0_i32;
    let comma = text.chars().any(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    if comma { format!("({text})") } else { text.to_owned() }
}
