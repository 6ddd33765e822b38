//! What the headers' grid is instantiated with: the tile's state, its step, its handlers, and the kernel.

use super::actor;
use super::spelling::Spelling;
use super::writer::Writer;
use crate::desc::{ActorDesc, TypeDesc as T};
use crate::lower::Lowered;
use crate::resolve::Resolved;
use crate::{layout, names, ty};

/// `struct Wave_grid`; gives its name.
pub(super) fn grid(
    out: &mut Writer,
    spelling: &Spelling,
    resolved: &Resolved,
    lowered: &Lowered,
    actor: &ActorDesc,
) -> String {
    let state = spelling.of(T::Struct(actor.state));
    let name = format!("{state}_grid");
    let handlers = resolved.handlers.first().map(Vec::as_slice).unwrap_or_default();
    out.text(&format!("struct {name} {{"));
    out.open();
    out.text(&format!("using State = {state};"));
    let dims = actor.grid.map_or(0, |grid| grid.dims);
    out.text(&format!("static constexpr u32 DIMS = {dims};"));
    out.text(&format!(
        "static constexpr bool HAS_HANDLERS = {};  // then tiles also meet between steps",
        !handlers.is_empty()
    ));
    let of_neighbours = |tag: usize| lowered.neighbours.as_ref().is_some_and(|all| all.tags.contains(&tag));
    if let Some(neighbours) = &lowered.neighbours {
        out.text(&format!(
            "static constexpr u32 ROUND_SITE = {};  // where a tile waits for what neighbours say",
            neighbours.site
        ));
        let reach = handlers.iter().enumerate().filter(|(tag, _)| of_neighbours(*tag));
        let reach = reach.map(|(_, handler)| lowered.functions[handler.function.0].facts.single_cells);
        out.text(&format!(
            "static constexpr bool NEARBY_CELLS = {};  // handlers of that reach for cells",
            reach.fold(false, |any, reaches| any | reaches)
        ));
    }
    out.blank();
    let members = actor.state.fields.iter().map(|field| (field.name, field.ty));
    let (_, offsets) = layout::of_tile(members.clone().map(|member| member.1));
    let is_field = |ty: T| matches!(ty, T::Field(..));
    let plain = members.clone().filter(|member| !is_field(member.1) && !ty::is_zero_sized(member.1));
    out.text("// What a tile has, and where it is kept from one launch to the next.");
    out.text("template <class rk_Visit> RK_MEMBER static void members(State& self, const rk_Visit& visit) {");
    out.open();
    for ((member, _), offset) in plain.chain(members.filter(|member| is_field(member.1))).zip(offsets) {
        out.text(&format!("visit(self.{}, {offset});", names::member(member)));
    }
    out.close();
    out.text("}");
    out.blank();
    if let Some(root) = resolved.roots.first() {
        let function = &lowered.functions[root.0];
        let ctx = if function.facts.needs_context { ("ctx", "ctx, ") } else { ("", "") };
        out.text(&format!("RK_MEMBER static rk::Status step(rk::Context& {}, State& self) {{", ctx.0));
        out.open();
        let call = format!("{}({}self)", lowered.names[root.0], ctx.1);
        if function.facts.can_fail {
            out.text(&format!("return {call};"));
        } else {
            out.text(&format!("{call};"));
            out.text("return rk::OK;");
        }
        out.close();
        out.text("}");
    }
    let all = || handlers.iter().enumerate();
    actor::dispatch(out, spelling, lowered, "dispatch", all());
    if lowered.neighbours.is_some() {
        actor::dispatch(out, spelling, lowered, "dispatch_nearby", all().filter(|(tag, _)| of_neighbours(*tag)));
    }
    out.close();
    out.text("};");
    name
}

/// The kernel.
pub(super) fn main(out: &mut Writer, name: &str) {
    out.text("extern \"C\" __global__ void __launch_bounds__(RK_BLOCK_THREADS, RK_MIN_BLOCKS)");
    out.text("ringkernel_grid(const __grid_constant__ rk::GridParams params) {");
    out.open();
    out.text(&format!("rk::run_grid<app::{name}>(params);"));
    out.close();
    out.text("}");
}
