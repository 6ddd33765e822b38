//! Scoping and the errors of the parser, on functions given as text.
#![cfg(feature = "parse")]

use ringkernel_codegen::model::{Expr, ExprKind, FnModel, LabelId, LocalId, PatKind, Stmt};
use ringkernel_codegen::parse::{Errors, Purpose, Source, function};

fn parse(text: &str) -> (FnModel, Errors) {
    let item: syn::ItemFn = syn::parse_str(text).expect("a function");
    let mut errors = Errors::default();
    let source = Source {
        attrs: &item.attrs,
        sig: &item.sig,
        block: &item.block,
        fma: false,
        file: "x.rs",
        purpose: Purpose::Call,
    };
    let model = function(source, &mut errors).model;
    (model, errors)
}

fn model(text: &str) -> FnModel {
    let (model, errors) = parse(text);
    assert!(errors.is_empty(), "{:?}", errors.texts());
    model
}

fn errors(text: &str) -> Vec<String> {
    parse(text).1.texts()
}

/// What `let` number `index` binds, and its initialiser.
fn binding(model: &FnModel, index: usize) -> (LocalId, &Expr) {
    match &model.body.stmts[index] {
        Stmt::Let { pat, init: Some(init), .. } => match pat.kind {
            PatKind::Bind { local, .. } => (local, init),
            _ => panic!("not a binding"),
        },
        _ => panic!("not a `let`"),
    }
}

fn value(model: &FnModel) -> &ExprKind {
    &model.body.value.as_ref().expect("a value").kind
}

#[test]
fn a_shadowed_name_is_another_local() {
    let model = model("fn f(x: u32) -> u32 { let x = x + 1; let y = { let x = 2; x }; x }");
    let (second, init) = binding(&model, 0);
    let ExprKind::Binary(_, left, ..) = &init.kind else { panic!("a sum") };
    assert_eq!(left.kind, ExprKind::Local(LocalId(0)), "the initialiser sees the parameter");
    assert_eq!(value(&model), &ExprKind::Local(second), "the inner `x` has gone out of scope");
    assert_eq!(model.locals, 4);
}

#[test]
fn what_a_condition_binds_ends_with_its_block() {
    let model = model("fn f(o: Option<u32>, x: u32) -> u32 { if let Some(x) = o && x > 1 { x } else { x } }");
    let ExprKind::If { then, or_else, .. } = value(&model) else { panic!("an `if`") };
    let inner = &then.value.as_ref().expect("a value").kind;
    let ExprKind::Block(outer, None) = &or_else.as_ref().expect("an else").kind else { panic!("a block") };
    let outer = &outer.value.as_ref().expect("a value").kind;
    assert_eq!(outer, &ExprKind::Local(LocalId(1)));
    assert_ne!(inner, outer);
}

#[test]
fn a_name_in_alternatives_is_one_local() {
    let model = model("fn f(s: Shape) -> u32 { match s { Shape::A(n) | Shape::B(_, n) => n, _ => 0 } }");
    assert_eq!(model.locals, 2);
}

#[test]
fn jumps_find_their_loops() {
    let model = model("fn f() { 'a: loop { for _ in 0..3 { if g() { break 'a; } 'b: { break 'b; } continue; } } }");
    let text = format!("{model:?}");
    assert!(text.contains(&format!("Break({:?}, None)", LabelId(0))), "{text}");
    assert!(text.contains(&format!("Continue({:?})", LabelId(1))), "a labelled block is not a loop: {text}");
    assert!(text.contains(&format!("Break({:?}, None)", LabelId(2))), "{text}");
}

#[test]
fn capitals_are_constants_and_camel_case_is_a_variant() {
    let model =
        model("fn f(x: T) -> u32 { match x { LIMIT => 0, Shape::Empty => 1, Dir::N => 2, None => 3, other => 4 } }");
    let ExprKind::Match { arms, .. } = value(&model) else { panic!("a `match`") };
    assert!(matches!(arms[0].pat.kind, PatKind::Const(_)));
    assert!(matches!(&arms[1].pat.kind, PatKind::UnitVariant(name) if name == "Empty"));
    assert!(matches!(arms[2].pat.kind, PatKind::Const(_)));
    assert!(matches!(&arms[3].pat.kind, PatKind::UnitVariant(name) if name == "None"));
    assert!(matches!(arms[4].pat.kind, PatKind::Bind { .. }));
}

#[test]
fn a_minus_belongs_to_its_literal() {
    let text = format!("{:?}", model("fn f() -> i8 { match -128i8 { -1 => -2.5f32 as i8, -5..=-2 => - 3, _ => 0 } }"));
    for part in
        ["value: 128, negative: true", "value: 1, negative: true", "Float(\"-2.5\")", "value: 5, negative: true"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("Unary"), "{text}");
}

#[test]
fn a_model_survives_being_embedded() {
    let model = model("/// Doc.\nfn f(a: [u32; 4]) -> u32 { let [x, rest @ ..] = a; assert!(x > 0, \"x\"); x }");
    assert_eq!(model.doc, ["Doc."]);
    let bytes = model.to_bytes().expect("bytes");
    assert_eq!(FnModel::from_bytes(&bytes), Ok(model));
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = errors(
        "fn f(x: impl Copy) { let a = |y| y; println!(\"\"); (b, c) = (1, 2); async { }; std::process::exit(1) }",
    );
    let codes: Vec<_> = found.iter().filter_map(|text| Some(text.split_once('[')?.1.split_once(']')?.0)).collect();
    assert_eq!(codes, ["RK0006", "RK0010", "RK0014", "RK0016", "RK0011", "RK0017"]);
}

#[test]
fn a_text_of_trace_is_cut_at_its_values() {
    let model = model("fn f(ctx: &mut Context<A>, x: u32) { trace!(ctx, \"a {} b {x} {{}}\", x + 1); }");
    let Stmt::Expr(Expr { kind: ExprKind::Trace { pieces, args, .. }, .. }) = &model.body.stmts[0] else {
        panic!("a trace")
    };
    assert_eq!(pieces, &["a ", " b ", " {}"]);
    assert_eq!(args.len(), 2);
}
