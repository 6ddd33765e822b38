//! Runs functions natively and as emitted C++, and compares.

use crate::inputs::{Any, Rng};
use libloading::Library;
use ringkernel::DeviceValue;
use ringkernel_codegen::compile::{CompiledFunctions, compile_functions};
use ringkernel_codegen::desc::{FloatType, FnDesc, TypeDesc};
use ringkernel_codegen::layout;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

/// Inputs that each function is called with.
const INPUTS: usize = 600;

/// A function under test. Its parameters are values; what takes references is called by it.
pub(crate) struct Case {
    /// The row of `docs/language.md` that it stands for.
    pub(crate) row: &'static str,
    pub(crate) name: &'static str,
    pub(crate) desc: FnDesc,
    /// The parameters as one tuple in canonical layout.
    pub(crate) generate: fn(&mut Rng) -> Vec<u8>,
    /// The function itself, on such bytes.
    pub(crate) native: fn(&[u8]) -> Vec<u8>,
    /// By how many units in the last place floats of the result may differ; 0 means the same bits.
    pub(crate) ulps: u64,
}

/// `case!("row", name(u32, f32))`, `case!("row", name(u32, f32), 2 ulps)`
macro_rules! case {
    ($row:literal, $name:ident($($ty:ty),*)) => { $crate::harness::case!($row, $name($($ty),*), 0 ulps) };
    ($row:literal, $name:ident($($ty:ty),*), $ulps:literal ulps) => {
        $crate::harness::Case {
            row: $row,
            name: stringify!($name),
            desc: <$name as ::ringkernel::__private::DeviceFn>::desc(),
            generate: |rng| $crate::harness::bytes(&($(<$ty as $crate::inputs::Any>::any(rng),)*)),
            native: |bytes| {
                let call: ($($ty,)*) = $crate::harness::value(bytes);
                $crate::harness::bytes(&$crate::harness::Spread::spread(call, $name))
            },
            ulps: $ulps,
        }
    };
}
pub(crate) use case;

/// Calls a function with the elements of a tuple.
pub(crate) trait Spread<F> {
    type Output;
    fn spread(self, f: F) -> Self::Output;
}
macro_rules! spread {
    ($($ty:ident)*) => {
        impl<$($ty,)* R, F: Fn($($ty),*) -> R> Spread<F> for ($($ty,)*) {
            type Output = R;
            #[allow(non_snake_case)]
            fn spread(self, f: F) -> R {
                let ($($ty,)*) = self;
                f($($ty),*)
            }
        }
    };
}
spread!(A);
spread!(A B);
spread!(A B C);
spread!(A B C D);
spread!(A B C D E);

pub(crate) fn bytes<T: DeviceValue>(value: &T) -> Vec<u8> {
    let mut bytes = vec![0; T::SIZE];
    value.encode(&mut bytes);
    bytes
}

pub(crate) fn value<T: DeviceValue>(bytes: &[u8]) -> T {
    T::decode(bytes).expect("bytes that were just made")
}

#[allow(dead_code)]
fn assert_any<T: Any>() {}

/// What a call gave: bytes, or the words of a failure.
type Outcome = Result<Vec<u8>, String>;

/// Compares all cases over all inputs.
pub(crate) fn run(cases: &[Case]) {
    let descs: Vec<FnDesc> = cases.iter().map(|case| case.desc).collect();
    let compiled = match compile_functions(&descs, cfg!(debug_assertions)) {
        Ok(compiled) => compiled,
        Err(errors) => panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>()),
    };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let text = format!("{PRELUDE}{}{}", compiled.text, wrappers(&compiled));
    if let Ok(keep) = std::env::var("RINGKERNEL_DUMP") {
        std::fs::write(Path::new(&keep).join("conform.cpp"), &text).expect("the dump's directory");
    }
    let library = build(dir.path(), &text);
    std::panic::set_hook(Box::new(|_| {}));
    let mut wrong = String::new();
    for (index, case) in cases.iter().enumerate() {
        let mut rng = Rng::new(0x5eed + index as u64);
        for _ in 0..INPUTS {
            let input = (case.generate)(&mut rng);
            let native = native(case, &input, compiled.functions[index].ret);
            let emitted = emitted(&library, index, &input, &compiled);
            let same = match (&native, &emitted) {
                (Ok(a), Ok(b)) => close(compiled.functions[index].ret, a, b, case.ulps),
                // Rust adds the values to some messages.
                (Err(a), Err(b)) => says(a, b),
                _ => false,
            };
            if !same {
                let _ = writeln!(
                    wrong,
                    "{} ({}): input {input:x?}\n  native  {native:x?}\n  emitted {emitted:x?}",
                    case.name, case.row
                );
                break;
            }
        }
    }
    let _ = std::panic::take_hook();
    assert!(wrong.is_empty(), "{wrong}");
}

fn native(case: &Case, input: &[u8], ret: TypeDesc) -> Outcome {
    match catch_unwind(AssertUnwindSafe(|| (case.native)(input))) {
        Ok(bytes) => Ok(canonical(ret, &bytes)),
        Err(panic) => Err(match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(text), _) => text.clone(),
            (None, Some(text)) => (*text).to_owned(),
            (None, None) => "?".to_owned(),
        }),
    }
}

fn emitted(library: &Library, index: usize, input: &[u8], compiled: &CompiledFunctions) -> Outcome {
    type Wrapper = unsafe extern "C" fn(*const u8, *mut u8, *mut u32) -> u32;
    let ret = compiled.functions[index].ret;
    let mut out = vec![0; layout::size_of(ret)];
    let mut site = 0;
    let name = format!("case_{index}");
    // SAFETY: the library was just built from wrappers of this signature, which read and write as many bytes as the
    // canonical layouts of the parameters and the result have.
    let status = unsafe {
        let wrapper = library.get::<Wrapper>(name.as_bytes()).expect("the wrapper");
        wrapper(input.as_ptr(), out.as_mut_ptr(), &raw mut site)
    };
    if status == 0 { Ok(canonical(ret, &out)) } else { Err(compiled.sites[site as usize].message.clone()) }
}

/// The bytes that mean something, with zeros for padding and for the data of other variants. All NaNs are one: their
/// payloads are not promised.
fn canonical(ty: TypeDesc, from: &[u8]) -> Vec<u8> {
    let mut to = vec![0; layout::size_of(ty)];
    copy(ty, from, &mut to);
    to
}

fn copy(ty: TypeDesc, from: &[u8], to: &mut [u8]) {
    let mut fields = |types: &mut dyn Iterator<Item = TypeDesc>, start: usize| {
        let types: Vec<TypeDesc> = types.collect();
        let (_, offsets) = layout::fields(types.iter().copied());
        for (ty, at) in types.into_iter().zip(offsets) {
            copy(ty, &from[start + at..], &mut to[start + at..]);
        }
    };
    match ty {
        TypeDesc::Tuple(elems) => fields(&mut elems.iter().copied(), 0),
        TypeDesc::Struct(desc) => fields(&mut desc.fields.iter().map(|field| field.ty), 0),
        TypeDesc::Array(elem, len) => fields(&mut std::iter::repeat_n(*elem, len), 0),
        TypeDesc::Option(some) => {
            if from[0] == 1 {
                fields(&mut std::iter::once(*some), layout::data_offset(ty));
            }
            to[..4].copy_from_slice(&from[..4]);
        }
        TypeDesc::Enum(desc) => {
            let variant = &desc.variants[from[0] as usize];
            fields(&mut variant.fields.iter().map(|field| field.ty), layout::data_offset(ty));
            to[..4].copy_from_slice(&from[..4]);
        }
        TypeDesc::Float(FloatType::F32) if f32::from_le_bytes(array(from)).is_nan() => {
            to[..4].copy_from_slice(&f32::NAN.to_le_bytes());
        }
        TypeDesc::Float(FloatType::F64) if f64::from_le_bytes(array(from)).is_nan() => {
            to[..8].copy_from_slice(&f64::NAN.to_le_bytes());
        }
        _ => {
            let size = layout::size_of(ty);
            to[..size].copy_from_slice(&from[..size]);
        }
    }
}

/// Whether all words of the short message stand in the long one, in order.
fn says(long: &str, short: &str) -> bool {
    // Which end of a range is blamed first differs.
    if long.contains("slice") && short.contains("slice") {
        return true;
    }
    let plain = |text| str::split_whitespace(text).map(|word| word.trim_end_matches(['.', ':']));
    let mut words = plain(long);
    plain(short).all(|wanted| words.any(|word| word == wanted))
}

/// Whether two canonical values are the same, but for so many units in the last place of their floats.
fn close(ty: TypeDesc, a: &[u8], b: &[u8], ulps: u64) -> bool {
    if ulps == 0 || a == b {
        return a == b;
    }
    let all = |types: Vec<TypeDesc>| {
        let (_, offsets) = layout::fields(types.iter().copied());
        types
            .into_iter()
            .zip(offsets)
            .all(|(ty, at)| close(ty, &a[at..at + layout::size_of(ty)], &b[at..at + layout::size_of(ty)], ulps))
    };
    match ty {
        TypeDesc::Tuple(elems) => all(elems.to_vec()),
        TypeDesc::Array(elem, len) => all(vec![*elem; len]),
        TypeDesc::Float(FloatType::F32) => {
            u64::from(u32::from_le_bytes(array(a)).abs_diff(u32::from_le_bytes(array(b)))) <= ulps
        }
        TypeDesc::Float(FloatType::F64) => u64::from_le_bytes(array(a)).abs_diff(u64::from_le_bytes(array(b))) <= ulps,
        _ => false,
    }
}

fn array<const N: usize>(from: &[u8]) -> [u8; N] {
    from[..N].try_into().expect("as many bytes")
}

/// What emitted functions expect around them, without a device.
const PRELUDE: &str = r#"#include "types.cuh"
namespace rk {
typedef u32 Status;
constexpr Status OK = 0, FAILED = 1, KILLED = 2;
struct Context { u64 me, sender, reply; u32 site; u64 value; };
static inline Status fail(Context& ctx, u32 site, u64 value) { ctx.site = site; ctx.value = value; return FAILED; }
static inline Status safepoint(Context&) { return OK; }
static inline void drop_reply(Context&, u64) {}
}
#define RK_CHECK(COND, CTX, SITE, VALUE) do { if (!(COND)) return rk::fail(CTX, SITE, (u64)(VALUE)); } while (0)
#define RK_TRY(STATUS) do { rk::Status status_ = (STATUS); if (status_ != rk::OK) return status_; } while (0)
"#;

/// One function of a fixed signature around each case.
fn wrappers(compiled: &CompiledFunctions) -> String {
    let mut text = String::from("\n// ---- Wrappers\n");
    for (index, function) in compiled.functions.iter().enumerate() {
        let (_, offsets) = layout::fields(function.params.iter().copied());
        let _ = writeln!(text, "extern \"C\" u32 case_{index}(const u8* in, u8* out, u32* site) {{");
        let _ = writeln!(text, "    rk::Context ctx{{}};");
        let mut args = Vec::new();
        if function.needs_context {
            args.push("ctx".to_owned());
        }
        if function.can_fail {
            args.push("result".to_owned());
        }
        for (at, (ty, offset)) in function.param_types.iter().zip(offsets).enumerate() {
            let _ = writeln!(text, "    {ty} p{at}; RK_COPY(&p{at}, in + {offset}, sizeof(p{at}));");
            args.push(format!("p{at}"));
        }
        let call = format!("{}({})", function.name, args.join(", "));
        if function.can_fail {
            let _ = writeln!(text, "    {} result; rk::Status status = {call};", function.ret_type);
            let _ = writeln!(text, "    if (status != rk::OK) {{ *site = ctx.site; return status; }}");
        } else {
            let _ = writeln!(text, "    {} result = {call};", function.ret_type);
        }
        let _ = writeln!(text, "    RK_COPY(out, &result, sizeof(result)); (void)site; (void)ctx; return 0;\n}}");
    }
    text
}

fn build(dir: &Path, text: &str) -> Library {
    let source = dir.join("conform.cpp");
    let target = dir.join("conform.so");
    std::fs::write(&source, text).expect("the source");
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates");
    let output = Command::new("g++")
        .args(["-std=c++17", "-O1", "-fPIC", "-shared", "-ffp-contract=off", "-Wall", "-Wno-unused-function"])
        // Undefined behaviour of C++ would be a bug of the compiler.
        .args(["-fsanitize=undefined", "-fno-sanitize-recover", "-static-libubsan"])
        .arg("-I")
        .arg(&templates)
        .arg(&source)
        .arg("-o")
        .arg(&target)
        .output()
        .expect("g++");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    if !log.is_empty() {
        println!("{log}");
    }
    // SAFETY: the library has no initialisers of its own.
    unsafe { Library::new(&target).expect("the built library") }
}
