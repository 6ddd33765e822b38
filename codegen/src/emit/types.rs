//! Definitions of structs, enums and tuples in canonical layout, with the assertions that they have it.

use super::spelling::Spelling;
use super::writer::Writer;
use crate::desc::{EnumDesc, FieldDesc, TypeDesc, TypeDesc as T, VariantDesc};
use crate::{layout, names, ty};

/// Defines all types.
pub(super) fn types(out: &mut Writer, spelling: &Spelling) {
    if !spelling.defined.is_empty() {
        out.section("Types");
    }
    for ty in &spelling.defined {
        out.blank();
        match ty {
            T::Struct(desc) => {
                out.doc(desc.doc);
                let fields: Vec<_> = desc.fields.iter().map(|f| (f.name.to_owned(), f.ty, f.doc)).collect();
                structure(out, spelling, *ty, &fields);
            }
            T::Tuple(elems) => {
                let none: &[&str] = &[];
                let fields: Vec<_> = elems.iter().enumerate().map(|(i, ty)| (i.to_string(), *ty, none)).collect();
                structure(out, spelling, *ty, &fields);
            }
            T::Enum(desc) => enumeration(out, spelling, *ty, desc),
            _ => {}
        }
    }
}

fn structure(out: &mut Writer, spelling: &Spelling, ty: TypeDesc, fields: &[(String, TypeDesc, &[&str])]) {
    let name = spelling.of(ty);
    if fields.iter().any(|field| matches!(field.1, T::Field(..))) {
        return tile(out, spelling, &name, fields);
    }
    let (_, offsets) = layout::fields(fields.iter().map(|field| field.1));
    out.text(&format!("struct {name} {{"));
    out.open();
    // What has no bytes is no member: in C++ it would have one.
    let members: Vec<_> = fields.iter().zip(offsets).filter(|(field, _)| !ty::is_zero_sized(field.1)).collect();
    for ((field, ty, doc), _) in &members {
        out.doc(doc);
        out.text(&format!("{} {};", spelling.of(*ty), names::member(field)));
    }
    if spelling.is_compared(ty) {
        let equal: Vec<_> =
            members.iter().map(|((field, ..), _)| format!("rk::equal({0}, other.{0})", names::member(field))).collect();
        let equal = if equal.is_empty() { "true".into() } else { equal.join(" && ") };
        out.text(&format!("RK_MEMBER bool operator==(const {name}& other) const {{ return {equal}; }}"));
    }
    if spelling.is_ordered(ty) {
        out.text(&format!("RK_MEMBER i32 rk_compare(const {name}& other) const {{"));
        out.open();
        for ((field, ..), _) in &members {
            let field = names::member(field);
            out.text(&format!("if (i32 rk_said = rk::compare({field}, other.{field})) return rk_said;"));
        }
        out.text("return 0;");
        out.close();
        out.text("}");
    }
    if ty::needs_drop(ty) {
        let drops = members.iter().filter(|(field, _)| ty::needs_drop(field.1));
        let drops: Vec<_> = drops.map(|((field, ..), _)| format!("rk::drop(ctx, {});", names::member(field))).collect();
        out.text(&format!("RK_MEMBER void rk_drop(rk::Context& ctx) {{ {} }}", drops.join(" ")));
    }
    out.close();
    out.text("};");
    if members.is_empty() {
        return;
    }
    let whole = layout::of(ty);
    out.text(&format!(
        "static_assert(sizeof({name}) == {} && alignof({name}) == {}, \"layout of {name}\");",
        whole.size, whole.align
    ));
    for ((field, ..), offset) in &members {
        let field = names::member(field);
        out.text(&format!("static_assert(RK_OFFSET_OF({name}, {field}) == {offset}, \"offset of {name}::{field}\");"));
    }
}

/// What each tile of a grid has; where its fields are is up to the headers.
fn tile(out: &mut Writer, spelling: &Spelling, name: &str, fields: &[(String, TypeDesc, &[&str])]) {
    let is_field = |ty: TypeDesc| matches!(ty, T::Field(..));
    let plain = || fields.iter().filter(|field| !is_field(field.1) && !ty::is_zero_sized(field.1));
    out.text(&format!("struct {name} {{"));
    out.open();
    for (field, ty, doc) in plain() {
        out.doc(doc);
        out.text(&format!("{} {};", spelling.of(*ty), names::member(field)));
    }
    for (number, (field, ty, doc)) in fields.iter().filter(|field| is_field(field.1)).enumerate() {
        let T::Field(elem, dims) = ty else { continue };
        out.doc(doc);
        let of = format!("rk::Field<{}, {dims}, {number}>", spelling.of(**elem));
        let reach = spelling.reaches.get(field).map_or(String::new(), |reach| format!("  // {reach}"));
        out.text(&format!("{of} {};{reach}", names::member(field)));
    }
    if plain().any(|field| ty::needs_drop(field.1)) {
        let drops = plain().filter(|field| ty::needs_drop(field.1));
        let drops: Vec<_> = drops.map(|(field, ..)| format!("rk::drop(ctx, {});", names::member(field))).collect();
        out.text(&format!("RK_MEMBER void rk_drop(rk::Context& ctx) {{ {} }}", drops.join(" ")));
    }
    out.close();
    out.text("};");
}

/// The name of a variant inside of its enum.
pub(super) fn variant_name(spelling: &Spelling, variant: &str) -> String {
    let name = names::cpp(variant);
    // It would hide a type of the same name from the fields, as in `Circle(Circle)`.
    if spelling.is_type(&name) || name == "tag" { format!("{name}_") } else { name }
}

fn has_bytes(fields: &[FieldDesc]) -> bool {
    fields.iter().any(|field| !ty::is_zero_sized(field.ty))
}

fn enumeration(out: &mut Writer, spelling: &Spelling, ty: TypeDesc, desc: &EnumDesc) {
    let name = spelling.of(ty);
    let variants: Vec<_> = desc.variants.iter().map(|v| (variant_name(spelling, v.name), v)).collect();
    out.doc(desc.doc);
    out.text(&format!("struct {name} {{"));
    out.open();
    let tags: Vec<_> = variants.iter().map(|(variant, _)| variant.clone()).collect();
    out.text(&format!("enum : u32 {{ {} }};", tags.join(", ")));
    out.text("u32 tag;");
    if variants.iter().any(|(_, variant)| has_bytes(variant.fields)) {
        out.text("union {");
        out.open();
        for (_, variant) in variants.iter().filter(|(_, variant)| has_bytes(variant.fields)) {
            let members: Vec<_> = variant
                .fields
                .iter()
                .filter(|field| !ty::is_zero_sized(field.ty))
                .map(|field| format!("{} {};", spelling.of(field.ty), names::member(field.name)))
                .collect();
            out.text(&format!("struct {{ {} }} as_{};", members.join(" "), names::cpp(variant.name)));
        }
        out.close();
        out.text("};");
    }
    if spelling.is_tabled(ty) {
        constants(out, spelling, &name, &variants);
    }
    out.blank();
    for (tag, variant) in &variants {
        make(out, spelling, &name, tag, &names::cpp(variant.name), variant.fields);
    }
    let plain = desc.variants.iter().enumerate().all(|(index, variant)| variant.discriminant == index as i128);
    let fieldless = variants.iter().all(|(_, variant)| variant.fields.is_empty());
    if !plain && fieldless {
        out.text("RK_MEMBER i64 discriminant() const {");
        out.open();
        for (tag, variant) in &variants {
            // The least i64 has no literal of its own in C++.
            let value = match variant.discriminant as i64 {
                i64::MIN => "-9223372036854775807ll - 1".to_owned(),
                value => format!("{value}ll"),
            };
            out.text(&format!("if (tag == {tag}) return {value};"));
        }
        out.text("return 0;");
        out.close();
        out.text("}");
    }
    if spelling.is_compared(ty) {
        out.text(&format!("RK_MEMBER bool operator==(const {name}& other) const {{"));
        out.open();
        let with_bytes: Vec<_> = variants.iter().filter(|(_, variant)| has_bytes(variant.fields)).collect();
        if with_bytes.is_empty() {
            out.text("return tag == other.tag;");
        } else {
            out.text("if (tag != other.tag) return false;");
        }
        for (tag, variant) in &with_bytes {
            let equal: Vec<_> = variant
                .fields
                .iter()
                .filter(|field| !ty::is_zero_sized(field.ty))
                .map(|field| {
                    format!(
                        "rk::equal(as_{0}.{1}, other.as_{0}.{1})",
                        names::cpp(variant.name),
                        names::member(field.name)
                    )
                })
                .collect();
            out.text(&format!("if (tag == {tag}) return {};", equal.join(" && ")));
        }
        if !with_bytes.is_empty() {
            out.text("return true;");
        }
        out.close();
        out.text("}");
    }
    if spelling.is_ordered(ty) {
        out.text(&format!("RK_MEMBER i32 rk_compare(const {name}& other) const {{"));
        out.open();
        let number = if plain || !fieldless { "tag" } else { "discriminant()" };
        out.text(&format!("if (tag != other.tag) return {number} < other.{number} ? -1 : 1;"));
        for (tag, variant) in variants.iter().filter(|(_, variant)| has_bytes(variant.fields)) {
            out.text(&format!("if (tag == {tag}) {{"));
            out.open();
            for field in variant.fields.iter().filter(|field| !ty::is_zero_sized(field.ty)) {
                let field = format!("as_{}.{}", names::cpp(variant.name), names::member(field.name));
                out.text(&format!("if (i32 rk_said = rk::compare({field}, other.{field})) return rk_said;"));
            }
            out.close();
            out.text("}");
        }
        out.text("return 0;");
        out.close();
        out.text("}");
    }
    if ty::needs_drop(ty) {
        out.text("RK_MEMBER void rk_drop(rk::Context& ctx) {");
        out.open();
        for (tag, variant) in &variants {
            for field in variant.fields.iter().filter(|field| ty::needs_drop(field.ty)) {
                let field = names::member(field.name);
                out.text(&format!("if (tag == {tag}) rk::drop(ctx, as_{}.{field});", names::cpp(variant.name)));
            }
        }
        out.close();
        out.text("}");
    }
    out.close();
    out.text("};");
    let whole = layout::of(ty);
    out.text(&format!(
        "static_assert(sizeof({name}) == {} && alignof({name}) == {}, \"layout of {name}\");",
        whole.size, whole.align
    ));
    let data = layout::data_offset(ty);
    for (_, variant) in variants.iter().filter(|(_, variant)| has_bytes(variant.fields)) {
        out.text(&format!(
            "static_assert(RK_OFFSET_OF({name}, as_{0}) == {data}, \"offset of {name}::{0}\");",
            names::cpp(variant.name)
        ));
    }
}

/// Constructors for tables of constants: a union has no other way to begin with one of its variants.
fn constants(out: &mut Writer, spelling: &Spelling, name: &str, variants: &[(String, &VariantDesc)]) {
    let first = variants.iter().find(|(_, variant)| has_bytes(variant.fields));
    out.blank();
    out.text(&format!("{name}() = default;"));
    for (tag, variant) in variants {
        let fields: Vec<_> = variant.fields.iter().filter(|field| !ty::is_zero_sized(field.ty)).collect();
        let mut params = vec![format!("In_{}", names::cpp(variant.name))];
        params.extend(fields.iter().enumerate().map(|(index, field)| format!("{} f{index}", spelling.of(field.ty))));
        let values: Vec<_> = (0..fields.len()).map(|index| format!("f{index}")).collect();
        let begun = if fields.is_empty() { first.map_or("", |(_, first)| first.name) } else { variant.name };
        let begun = names::cpp(begun);
        out.text(&format!("struct In_{} {{}};", names::cpp(variant.name)));
        out.text(&format!(
            "RK_MEMBER constexpr {name}({}) : tag({tag}), as_{begun}{{{}}} {{}}",
            params.join(", "),
            values.join(", ")
        ));
    }
}

/// A function that makes one variant.
fn make(out: &mut Writer, spelling: &Spelling, name: &str, tag: &str, variant: &str, fields: &[FieldDesc]) {
    let fields: Vec<_> = fields.iter().filter(|field| !ty::is_zero_sized(field.ty)).collect();
    let params: Vec<_> =
        fields.iter().enumerate().map(|(index, field)| format!("{} field_{index}", spelling.of(field.ty))).collect();
    out.text(&format!("RK_MEMBER static {name} make_{variant}({}) {{", params.join(", ")));
    out.open();
    out.text(&format!("{name} made{{}};"));
    out.text(&format!("made.tag = {tag};"));
    for (index, field) in fields.iter().enumerate() {
        out.text(&format!("made.as_{variant}.{} = field_{index};", names::member(field.name)));
    }
    out.text("return made;");
    out.close();
    out.text("}");
}
