//! Structures that host and device share: each is written once, as Rust, and printed as CUDA with its size and offsets asserted.

macro_rules! shared_structs {
    ($( $(#[doc = $doc:literal])* pub struct $name:ident { $( $(#[doc = $fdoc:literal])* pub $field:ident : $ty:ident $([$len:expr])?, )* } )*) => {
        $(
            $(#[doc = $doc])*
            #[repr(C)]
            #[derive(Clone, Copy, Debug, Default)]
            pub struct $name { $( $(#[doc = $fdoc])* pub $field: shared_structs!(@ty $ty $($len)?), )* }
        )*

        /// The CUDA text of all shared structures.
        #[must_use]
        pub fn header() -> &'static str {
            static TEXT: OnceLock<String> = OnceLock::new();
            TEXT.get_or_init(|| {
                let mut text = String::from(
                    "// Structures shared with the host. Generated from codegen/src/abi.rs.\n#pragma once\n#include \"types.cuh\"\n\nnamespace rk {\n",
                );
                let _ = writeln!(text, "\nconstexpr u32 ABI = {ABI};\nconstexpr u32 MAX_TYPES = {MAX_TYPES}, MAX_RINGS = {MAX_RINGS}, MAX_EXCHANGES = {MAX_EXCHANGES};\nconstexpr u32 NEIGHBOUR_DEPTH = {NEIGHBOUR_DEPTH};\nconstexpr u32 MAX_GROUPS = {MAX_GROUPS}, NO_GROUP = {NO_GROUP}u, GROUP_COUNTERS = {GROUP_COUNTERS};\nconstexpr u64 PAUSE = {PAUSE}u;\nconstexpr u32 TIMED = {TIMED}u;");
                $(
                    text.push('\n');
                    $( let _ = writeln!(text, "//{}", $doc); )*
                    let _ = writeln!(text, "struct {} {{", stringify!($name));
                    $(
                        $( let _ = writeln!(text, "    //{}", $fdoc); )*
                        let _ = writeln!(text, "    {} {}{};", stringify!($ty), stringify!($field), shared_structs!(@len $($len)?));
                    )*
                    text.push_str("};\n");
                    let _ = writeln!(text, "static_assert(sizeof({0}) == {1}, \"{0}\");", stringify!($name), size_of::<$name>());
                    $( let _ = writeln!(text, "static_assert(RK_OFFSET_OF({0}, {1}) == {2}, \"{0}::{1}\");",
                        stringify!($name), stringify!($field), std::mem::offset_of!($name, $field)); )*
                )*
                text.push_str("\n}  // namespace rk\n");
                text
            })
        }
    };
    (@ty $ty:ident) => { $ty };
    (@ty $ty:ident $len:expr) => { [$ty; $len] };
    (@len) => { "" };
    (@len $len:expr) => { format!("[{}]", $len) };
}
