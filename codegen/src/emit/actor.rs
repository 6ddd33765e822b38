//! What a worker is instantiated with: an actor's type, its dispatch, and the kernel.

use super::spelling::Spelling;
use super::writer::Writer;
use crate::compile::{CompiledActor, Program};
use crate::desc::{ActorDesc, TypeDesc as T};
use crate::layout;
use crate::lower::Lowered;
use crate::resolve::Handler;
use crate::ty;

/// `struct Account_actor`
pub(super) fn actor(
    out: &mut Writer,
    spelling: &Spelling,
    lowered: &Lowered,
    index: usize,
    actor: &ActorDesc,
    handlers: &[Handler],
    plan: &CompiledActor,
) {
    let state = spelling.of(T::Struct(actor.state));
    let sends = plan.max_sends.map_or("rk::UNBOUNDED".to_owned(), |sends| sends.to_string());
    out.text(&format!("struct {state}_actor {{"));
    out.open();
    out.text(&format!("using State = {state};"));
    out.text(&format!("static constexpr u32 TYPE = {index}, SLOT_BYTES = {}, MAX_SENDS = {sends};", plan.slot_bytes));
    out.text(&format!("static constexpr bool TELLS_HOST = {};", plan.tells_host));
    let in_registers = plan.state_size <= REGISTER_STATE_BYTES && !has_array(T::Struct(actor.state));
    out.text(&format!(
        "static constexpr bool IN_REGISTERS = {in_registers};  // where the state is while a handler runs"
    ));
    out.blank();
    out.text("// Words of 16 bytes that a message takes, its header included.");
    out.text("RK_MEMBER static u32 words_of(u32 tag) {");
    out.open();
    out.text("switch (tag) {");
    for (tag, handler) in handlers.iter().enumerate() {
        // A message without bytes is its header alone, though C++ gives its struct a size of one.
        let bytes = match layout::size_of(handler.desc.message) {
            0 => "0".to_owned(),
            _ => format!("sizeof({})", spelling.of(handler.desc.message)),
        };
        out.text(&format!("case {tag}: return rk::words_for({bytes});"));
    }
    out.text("default: return 1;");
    out.text("}");
    out.close();
    out.text("}");
    out.blank();
    let state_type = T::Struct(actor.state);
    if ty::needs_drop(state_type) {
        out.text("// Lets go of the questions that a failed actor keeps.");
        out.text("RK_MEMBER static void release(State& self, rk::Context& ctx) { self.rk_drop(ctx); }");
    } else {
        out.text("RK_MEMBER static void release(State&, rk::Context&) {}");
    }
    discard(out, spelling, handlers);
    dispatch(out, spelling, lowered, "dispatch", handlers.iter().enumerate());
    out.close();
    out.text("};");
}

/// What runs the handler of a message, of those with these tags.
pub(super) fn dispatch<'h>(
    out: &mut Writer,
    spelling: &Spelling,
    lowered: &Lowered,
    name: &str,
    handlers: impl Iterator<Item = (usize, &'h Handler)>,
) {
    out.blank();
    out.text("template <class rk_Payload>");
    out.text(&format!(
        "RK_MEMBER static rk::Status {name}(State& self, u32 tag, const rk_Payload& payload, rk::Context& ctx) {{"
    ));
    out.open();
    out.text("switch (tag) {");
    for (tag, handler) in handlers {
        one(out, spelling, lowered, tag, handler);
    }
    out.text("default: return rk::fail(ctx, rk::SITE_BAD_TAG, tag);");
    out.text("}");
    out.close();
    out.text("}");
}

/// Lets go of the questions in a message that found nobody.
fn discard(out: &mut Writer, spelling: &Spelling, handlers: &[Handler]) {
    let carrying: Vec<_> =
        handlers.iter().enumerate().filter(|(_, handler)| ty::needs_drop(handler.desc.message)).collect();
    out.text("template <class rk_Payload>");
    if carrying.is_empty() {
        out.text("RK_MEMBER static void discard(u32, const rk_Payload&, rk::Context&) {}");
        return;
    }
    out.text("RK_MEMBER static void discard(u32 tag, const rk_Payload& payload, rk::Context& ctx) {");
    out.open();
    for (tag, handler) in carrying {
        let message = spelling.of(handler.desc.message);
        out.text(&format!("if (tag == {tag}) rk::discard(ctx, payload.template read<{message}>());"));
    }
    out.close();
    out.text("}");
}

/// The largest state that is kept in registers while its actor runs, bytes.
const REGISTER_STATE_BYTES: usize = 64;

/// Whether a value holds an array: what is indexed by a variable cannot live in registers.
fn has_array(ty: T) -> bool {
    match ty {
        T::Array(..) => true,
        T::Tuple(elems) => elems.iter().any(|elem| has_array(*elem)),
        T::Struct(desc) => desc.fields.iter().any(|field| has_array(field.ty)),
        T::Enum(desc) => desc.variants.iter().flat_map(|variant| variant.fields).any(|field| has_array(field.ty)),
        T::Option(some) => has_array(*some),
        _ => false,
    }
}

/// One message: read it, run the handler, answer.
fn one(out: &mut Writer, spelling: &Spelling, lowered: &Lowered, tag: usize, handler: &Handler) {
    let function = &lowered.functions[handler.function.0];
    let name = &lowered.names[handler.function.0];
    out.text(&format!("case {tag}: {{"));
    out.open();
    let mut args = Vec::new();
    if function.facts.needs_context {
        args.push("ctx".to_owned());
    }
    let has_value = !ty::is_zero_sized(function.ret);
    if function.facts.can_fail && has_value {
        args.push("value".to_owned());
    }
    let keeps_reply = function.params.iter().any(|param| matches!(param.ty, T::Reply(_)));
    for (at, param) in function.params.iter().enumerate() {
        args.push(match param.ty {
            // The question is now the handler's.
            T::Reply(_) => format!("{}{{reply}}", spelling.of(param.ty)),
            _ if at == 0 => "self".to_owned(),
            _ => format!("payload.template read<{}>()", spelling.of(param.ty)),
        });
    }
    let call = format!("{name}({})", args.join(", "));
    if keeps_reply {
        out.text("const u64 reply = ctx.reply;");
        out.text("ctx.reply = 0;");
    }
    match (function.facts.can_fail, has_value) {
        (true, true) => {
            out.text(&format!("{} value;", spelling.of(function.ret)));
            out.text(&format!("RK_TRY({call});"));
            out.text("rk::answer(ctx, ctx.reply, value);");
        }
        (false, true) => out.text(&format!("rk::answer(ctx, ctx.reply, {call});")),
        (true, false) => out.text(&format!("RK_TRY({call});")),
        (false, false) => out.text(&format!("{call};")),
    }
    if !has_value && !keeps_reply {
        out.text("rk::answer_unit(ctx, ctx.reply);");
    }
    out.text("return rk::OK;");
    out.close();
    out.text("}");
}

/// The kernel.
pub(super) fn main(out: &mut Writer, spelling: &Spelling, program: &Program) {
    let actors: Vec<_> =
        program.actors.iter().map(|actor| format!("app::{}_actor", spelling.of(T::Struct(actor.state)))).collect();
    out.text("extern \"C\" __global__ void __launch_bounds__(RK_BLOCK_THREADS, RK_MIN_BLOCKS)");
    out.text("ringkernel_main(const __grid_constant__ rk::Params params) {");
    out.open();
    out.text(&format!("rk::run<{}>(params);", actors.join(", ")));
    out.close();
    out.text("}");
}
