//! Runs functions natively and as emitted C++, and compares.

use crate::inputs::Rng;
use cudarc::driver::{LaunchConfig, PushKernelArg};
use cudarc::nvrtc::Ptx;
use libloading::Library;
use ringkernel::DeviceValue;
use ringkernel_codegen::compile::{CompiledFunctions, compile_functions};
use ringkernel_codegen::desc::{FloatType, FnDesc, TypeDesc};
use ringkernel_codegen::{layout, templates};
use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_tests::{device, nvrtc, skip};
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

/// What a call gave: bytes, or the words of a failure.
type Outcome = Result<Vec<u8>, String>;

/// All cases as one text: the emitted functions, and one of a fixed signature around each.
pub(crate) struct Emitted {
    compiled: CompiledFunctions,
    text: String,
}

pub(crate) fn emit(cases: &[Case]) -> Emitted {
    let descs: Vec<FnDesc> = cases.iter().map(|case| case.desc).collect();
    let compiled = match compile_functions(&descs, cfg!(debug_assertions)) {
        Ok(compiled) => compiled,
        Err(errors) => panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>()),
    };
    let text = format!("{PRELUDE}{}{}", compiled.text, wrappers(&compiled));
    if let Ok(keep) = std::env::var("RINGKERNEL_DUMP") {
        std::fs::write(Path::new(&keep).join("conform.cu"), &text).expect("the dump's directory");
    }
    Emitted { compiled, text }
}

/// Compares all cases over all inputs, emitted text by this CPU.
pub(crate) fn run_on_cpu(cases: &[Case]) {
    if Command::new("g++").arg("--version").output().is_err() {
        skip!("no g++");
    }
    let emitted = emit(cases);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let library = build(dir.path(), &emitted.text);
    compare(cases, &emitted, |index, inputs| {
        inputs.iter().map(|input| on_cpu(&library, index, input, &emitted.compiled)).collect()
    });
}

/// Whether the text compiles for the devices.
pub(crate) fn compile_for_devices(cases: &[Case]) {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    let emitted = emit(cases);
    for nvrtc in &all {
        let source = Source { name: "conform.cu", text: &emitted.text, headers: templates::headers() };
        if let Err(error) = nvrtc.compile_ptx(&source, &Options::for_arch(nvrtc::ARCHS[0])) {
            panic!("NVRTC {}: {error}", nvrtc.version());
        }
    }
}

/// Compares all cases over all inputs, emitted text by the GPU.
pub(crate) fn run_on_gpu(cases: &[Case]) {
    let context = match device::first() {
        Ok(context) => context,
        Err(reason) => skip!("{reason}"),
    };
    let Some(nvrtc) = nvrtc::all().pop() else { skip!("no NVRTC") };
    let emitted = emit(cases);
    let arch = device::arch(&context).expect("an architecture");
    let source = Source { name: "conform.cu", text: &emitted.text, headers: templates::headers() };
    let cubin = match nvrtc.compile(&source, &Options::for_arch(arch)) {
        Ok(cubin) => cubin,
        Err(error) => panic!("{error}"),
    };
    let module = context.load_module(Ptx::from_binary(cubin.bytes)).expect("a module");
    let stream = context.new_stream().expect("a stream");
    compare(cases, &emitted, |index, inputs| {
        let function = &emitted.compiled.functions[index];
        let (in_bytes, out_bytes) = (inputs[0].len(), layout::size_of(function.ret));
        let kernel = module.load_function(&format!("conform_{index}")).expect("the kernel");
        let given = stream.clone_htod(&inputs.concat()).expect("inputs");
        let mut out = stream.alloc_zeros::<u8>(out_bytes * inputs.len()).expect("outputs");
        let mut status = stream.alloc_zeros::<u32>(2 * inputs.len()).expect("statuses");
        let (in_size, out_size, count) = (in_bytes as u32, out_bytes as u32, inputs.len() as u32);
        let mut launch = stream.launch_builder(&kernel);
        launch.arg(&given).arg(&in_size).arg(&mut out).arg(&out_size).arg(&mut status).arg(&count);
        let shape = LaunchConfig { grid_dim: (count.div_ceil(64), 1, 1), block_dim: (64, 1, 1), shared_mem_bytes: 0 };
        // SAFETY: the kernel reads and writes one element of these sizes for each of `count` threads.
        unsafe { launch.launch(shape) }.expect("a launch");
        let out = stream.clone_dtoh(&out).expect("outputs");
        let status = stream.clone_dtoh(&status).expect("statuses");
        (0..inputs.len())
            .map(|i| match status[2 * i] {
                0 => Ok(canonical(function.ret, &out[i * out_bytes..(i + 1) * out_bytes])),
                _ => Err(emitted.compiled.sites[status[2 * i + 1] as usize].message.clone()),
            })
            .collect()
    });
}

/// Compares what `run` gives for the inputs of each case with what Rust does.
fn compare(cases: &[Case], emitted: &Emitted, mut run: impl FnMut(usize, &[Vec<u8>]) -> Vec<Outcome>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut wrong = String::new();
    for (index, case) in cases.iter().enumerate() {
        let ret = emitted.compiled.functions[index].ret;
        let mut rng = Rng::new(0x5eed + index as u64);
        let inputs: Vec<_> = (0..INPUTS).map(|_| (case.generate)(&mut rng)).collect();
        let outcomes = run(index, &inputs);
        for (input, emitted) in inputs.iter().zip(outcomes) {
            let native = native(case, input, ret);
            let same = match (&native, &emitted) {
                (Ok(a), Ok(b)) => close(ret, a, b, case.ulps),
                // Rust adds the values to some messages.
                (Err(a), Err(b)) => says(a, b),
                _ => false,
            };
            if !same {
                let (name, row) = (case.name, case.row);
                let _ =
                    writeln!(wrong, "{name} ({row}): input {input:x?}\n  native  {native:x?}\n  emitted {emitted:x?}");
                break;
            }
        }
    }
    std::panic::set_hook(before);
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

fn on_cpu(library: &Library, index: usize, input: &[u8], compiled: &CompiledFunctions) -> Outcome {
    type Wrapper = unsafe extern "C" fn(*const u8, *mut u8, *mut u32) -> u32;
    let ret = compiled.functions[index].ret;
    let mut out = vec![0; layout::size_of(ret)];
    let mut site = 0;
    let name = format!("run_{index}");
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
        TypeDesc::Float(FloatType::F16) if ringkernel::f16::from_le_bytes(array(from)).is_nan() => {
            to[..2].copy_from_slice(&ringkernel::f16::NAN.to_le_bytes());
        }
        TypeDesc::Float(FloatType::Bf16) if ringkernel::bf16::from_le_bytes(array(from)).is_nan() => {
            to[..2].copy_from_slice(&ringkernel::bf16::NAN.to_le_bytes());
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
RK_DEVICE Status fail(Context& ctx, u32 site, u64 value) { ctx.site = site; ctx.value = value; return FAILED; }
RK_DEVICE Status safepoint(Context&) { return OK; }
RK_DEVICE void drop_reply(Context&, u64) {}
}
#define RK_CHECK(COND, CTX, SITE, VALUE) do { if (!(COND)) return rk::fail(CTX, SITE, (u64)(VALUE)); } while (0)
#define RK_TRY(STATUS) do { rk::Status rk_status = (STATUS); if (rk_status != rk::OK) return rk_status; } while (0)
#if defined(__CUDACC__)
#define ENTRY(N) extern "C" __global__ void conform_##N(const u8* in, u32 in_size, u8* out, u32 out_size, u32* status, u32 n) { \
    u32 i = ::blockIdx.x * ::blockDim.x + ::threadIdx.x; \
    if (i < n) status[2 * i] = case_##N(in + i * in_size, out + i * out_size, &status[2 * i + 1]); }
#else
#define ENTRY(N) extern "C" u32 run_##N(const u8* in, u8* out, u32* site) { return case_##N(in, out, site); }
#endif
"#;

/// One function of a fixed signature around each case.
fn wrappers(compiled: &CompiledFunctions) -> String {
    let mut text = String::from("\n// ---- Wrappers\nnamespace app {\n");
    for (index, function) in compiled.functions.iter().enumerate() {
        let (_, offsets) = layout::fields(function.params.iter().copied());
        let _ = writeln!(text, "RK_FUNCTION u32 case_{index}(const u8* in, u8* out, u32* site) {{");
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
        let _ = writeln!(
            text,
            "    RK_COPY(out, &result, sizeof(result)); (void)site; (void)ctx; return 0;\n}}\nENTRY({index})"
        );
    }
    text + "}\n"
}

fn build(dir: &Path, text: &str) -> Library {
    let source = dir.join("conform.cpp");
    let target = dir.join("conform.so");
    std::fs::write(&source, text).expect("the source");
    for (name, text) in templates::headers() {
        std::fs::write(dir.join(name), text).expect("a header");
    }
    let output = Command::new("g++")
        .args(["-std=c++17", "-O1", "-fPIC", "-shared", "-ffp-contract=off", "-Wall", "-Wno-unused-function"])
        // Undefined behaviour of C++ would be a bug of the compiler.
        .args(["-fsanitize=undefined", "-fno-sanitize-recover", "-static-libubsan"])
        .arg("-I")
        .arg(dir)
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
