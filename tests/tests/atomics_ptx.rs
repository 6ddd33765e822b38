//! Every atomic operation of user code, in every order and scope, is the PTX instruction that it should be.

use ringkernel_runtime::cuda::nvrtc::{Arch, Options, Source};
use ringkernel_tests::{nvrtc, skip};

const TYPES: [(&str, &str, &str); 4] =
    [("u32", "u32", "b32"), ("u64", "u64", "b64"), ("i32", "s32", "b32"), ("i64", "s64", "b64")];
const ORDERS: [(&str, &str); 5] = [
    ("Relaxed", "relaxed"),
    ("Acquire", "acquire"),
    ("Release", "release"),
    ("AcqRel", "acq_rel"),
    ("SeqCst", "acq_rel"),
];
const SCOPES: [(&str, &str); 3] = [("Block", "cta"), ("Device", "gpu"), ("System", "sys")];

/// The operation's name, and its instruction for a type.
fn operations((_, number, bits): (&str, &str, &str)) -> Vec<(&'static str, String)> {
    let unsigned = if bits == "b32" { "u32" } else { "u64" };
    vec![
        ("fetch_add", format!("add.{unsigned}")),
        ("fetch_sub", format!("add.{unsigned}")),
        ("fetch_min", format!("min.{number}")),
        ("fetch_max", format!("max.{number}")),
        ("fetch_and", format!("and.{bits}")),
        ("fetch_or", format!("or.{bits}")),
        ("fetch_xor", format!("xor.{bits}")),
        ("swap", format!("exch.{bits}")),
    ]
}

#[test]
fn each_operation_has_its_order_and_scope() {
    let Some(nvrtc) = nvrtc::all().pop() else { skip!("no NVRTC") };
    let (mut text, mut expected) = (String::from("#include \"atomics.cuh\"\nusing namespace rk;\n"), Vec::new());
    for ty in TYPES {
        for (order, ptx_order) in ORDERS {
            for (scope, ptx_scope) in SCOPES {
                let generic = format!("<{order}, {scope}>");
                let mut kernel = |name: &str, body: String, instruction: String| {
                    let kernel = format!("k_{name}_{}_{order}_{scope}", ty.0);
                    text += &format!("extern \"C\" __global__ void {kernel}({}* p) {{ {body} }}\n", ty.0);
                    expected.push((kernel, instruction, (order == "SeqCst").then(|| format!("fence.sc.{ptx_scope}"))));
                };
                for (name, instruction) in operations(ty) {
                    let body = format!("p[1] = atomic_{name}{generic}(p, p[2]);");
                    kernel(name, body, format!("atom.{ptx_order}.{ptx_scope}.global.{instruction}"));
                }
                let body = format!("p[1] = atomic_compare_exchange{generic}(p, p[2], p[3]);");
                kernel("cas", body, format!("atom.{ptx_order}.{ptx_scope}.global.cas.{}", ty.2));
                if matches!(order, "Relaxed" | "Acquire" | "SeqCst") {
                    let kind = if order == "Relaxed" { "relaxed" } else { "acquire" };
                    let body = format!("p[1] = atomic_load{generic}(p);");
                    kernel("load", body, format!("ld.{kind}.{ptx_scope}.global.{}", ty.2));
                }
                if matches!(order, "Relaxed" | "Release" | "SeqCst") {
                    let kind = if order == "Relaxed" { "relaxed" } else { "release" };
                    let body = format!("atomic_store{generic}(p, p[1]);");
                    kernel("store", body, format!("st.{kind}.{ptx_scope}.global.{}", ty.2));
                }
            }
        }
    }
    let source = Source { name: "atomics.cu", text: &text, headers: ringkernel_codegen::templates::headers() };
    let ptx = nvrtc.compile_ptx(&source, &Options::for_arch(Arch::new(7, 5))).unwrap();
    for (kernel, instruction, fence) in &expected {
        let start = ptx.find(&format!(".entry {kernel}(")).unwrap_or_else(|| panic!("{kernel} is missing"));
        let body = &ptx[start..];
        let body = &body[..body.find("ret;").unwrap_or(body.len())];
        assert!(body.contains(instruction.as_str()), "{kernel}: wanted {instruction} in\n{body}");
        if let Some(fence) = fence {
            assert!(body.contains(fence.as_str()), "{kernel}: wanted {fence} in\n{body}");
        }
    }
    assert!(expected.len() > 500, "{}", expected.len());
}
