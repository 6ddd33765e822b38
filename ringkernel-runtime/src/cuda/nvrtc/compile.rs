//! One compilation: text, headers and options in, a cubin out.
//!
//! Owns the life of an NVRTC program. The text comes from our own compiler, so a rejection is our bug: [`CompileError`] says
//! so and, since every emitted statement carries a `#line`, names the Rust lines. Caching is left to [`super::jit`].

use std::ffi::{CString, c_char};
use std::fmt;
use std::ptr;

use super::library::{Nvrtc, Program, Status};
use super::options::{Arch, Options, Version};
use super::resources::Resources;

/// What is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The name of the text in messages, where no `#line` says otherwise.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
    /// Headers by the name that `#include` gives them.
    pub headers: &'a [(&'a str, &'a str)],
}

/// A compiled text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cubin {
    /// The ELF image that a driver loads.
    pub bytes: Vec<u8>,
    /// NVRTC's log: warnings, registers, spills.
    pub log: String,
}

impl Cubin {
    /// What each function needs, as far as the log tells.
    #[must_use]
    pub fn resources(&self) -> Vec<Resources> {
        Resources::parse(&self.log)
    }
}

/// A line that NVRTC complained about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A Rust file, a header of ours, or [`Source::name`].
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// What NVRTC said about it.
    pub message: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Why there is no cubin.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CompileError {
    /// NVRTC is too old or too new for the device.
    #[error(
        "NVRTC {version} cannot compile for {arch}; it knows {}. {}",
        join(supported),
        if supported.last().is_some_and(|newest| newest < arch) {
            "Install a newer one: `pip install nvidia-cuda-nvrtc`, or the CUDA toolkit."
        } else {
            "Install an older one: `pip install nvidia-cuda-nvrtc-cu12`, or an older CUDA toolkit."
        }
    )]
    UnknownArch {
        /// The device's.
        arch: Arch,
        /// NVRTC's.
        version: Version,
        /// What it knows, ascending.
        supported: Vec<Arch>,
    },
    /// NVRTC does not accept the text.
    #[error(
        "NVRTC {version} does not accept the CUDA text that RingKernel made for {arch} ({status}). \
         This is a bug in RingKernel, not in your program: please report it with the text, which RINGKERNEL_DUMP=<directory> \
         writes.{}\nNVRTC's log:\n{log}",
        lines(places)
    )]
    Rejected {
        /// NVRTC's version.
        version: Version,
        /// What it was compiling for.
        arch: Arch,
        /// NVRTC's name for what happened.
        status: String,
        /// The errors with their places, in the log's order.
        places: Vec<Place>,
        /// All it said.
        log: String,
    },
}

impl CompileError {
    /// The lines that were rejected, if that is what happened.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        match self {
            Self::UnknownArch { .. } => &[],
            Self::Rejected { places, .. } => places,
        }
    }
}

fn join(archs: &[Arch]) -> String {
    archs.iter().map(Arch::to_string).collect::<Vec<_>>().join(", ")
}

fn lines(places: &[Place]) -> String {
    places.iter().fold(String::new(), |text, place| format!("{text}\n  {place}"))
}

impl Nvrtc {
    /// Compiles to a cubin.
    ///
    /// # Errors
    /// If no cubin for the device can be made at all, or the text is not accepted.
    pub fn compile(&self, source: &Source<'_>, options: &Options) -> Result<Cubin, CompileError> {
        let built = self.build(source, options)?;
        let bytes = built.read(self.fns.cubin_size, self.fns.cubin).map_err(|status| built.rejected(status))?;
        Ok(Cubin { bytes, log: built.log() })
    }

    /// Compiles to PTX, for tests and for people; the driver is never given PTX.
    ///
    /// # Errors
    /// As [`Nvrtc::compile`].
    pub fn compile_ptx(&self, source: &Source<'_>, options: &Options) -> Result<String, CompileError> {
        let built = self.build(source, options)?;
        let bytes = built.read(self.fns.ptx_size, self.fns.ptx).map_err(|status| built.rejected(status))?;
        Ok(text_of(&bytes))
    }

    fn build(&self, source: &Source<'_>, options: &Options) -> Result<Built<'_>, CompileError> {
        let arch = options.arch.best_of(self.supported_archs()).ok_or_else(|| CompileError::UnknownArch {
            arch: options.arch,
            version: self.version(),
            supported: self.supported_archs().to_vec(),
        })?;
        let mut built = Built { nvrtc: self, arch, program: ptr::null_mut() };
        let strings = Strings::of(source, &options.arguments(arch)).ok_or_else(|| CompileError::Rejected {
            version: self.version(),
            arch,
            status: "not given to it".to_owned(),
            places: Vec::new(),
            log: "a text, a name or an option contains a NUL character".to_owned(),
        })?;
        let (headers, names, arguments) =
            (pointers(&strings.headers), pointers(&strings.names), pointers(&strings.arguments));
        // SAFETY: all pointers are to NUL-terminated strings that live in `strings` until after the call; both arrays have as
        // many elements as the count says; NVRTC copies what it keeps.
        let status = unsafe {
            (self.fns.create)(
                &raw mut built.program,
                strings.text.as_ptr(),
                strings.name.as_ptr(),
                count(&headers),
                headers.as_ptr(),
                names.as_ptr(),
            )
        };
        if status != 0 {
            return Err(built.rejected(status));
        }
        // SAFETY: the program was created; the arguments are NUL-terminated strings that outlive the call.
        let status = unsafe { (self.fns.compile)(built.program, count(&arguments), arguments.as_ptr()) };
        if status == 0 { Ok(built) } else { Err(built.rejected(status)) }
    }
}

/// The C strings of one compilation.
struct Strings {
    name: CString,
    text: CString,
    names: Vec<CString>,
    headers: Vec<CString>,
    arguments: Vec<CString>,
}

impl Strings {
    /// `None` if one of them has a NUL inside.
    fn of(source: &Source<'_>, arguments: &[String]) -> Option<Self> {
        let all = |it: &mut dyn Iterator<Item = &str>| it.map(CString::new).collect::<Result<Vec<_>, _>>().ok();
        Some(Self {
            name: CString::new(source.name).ok()?,
            text: CString::new(source.text).ok()?,
            names: all(&mut source.headers.iter().map(|(name, _)| *name))?,
            headers: all(&mut source.headers.iter().map(|(_, text)| *text))?,
            arguments: all(&mut arguments.iter().map(String::as_str))?,
        })
    }
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|s| s.as_ptr()).collect()
}

fn count<T>(list: &[T]) -> i32 {
    i32::try_from(list.len()).unwrap_or(i32::MAX)
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

/// An NVRTC program, destroyed at the end.
struct Built<'a> {
    nvrtc: &'a Nvrtc,
    arch: Arch,
    program: Program,
}

impl Built<'_> {
    fn read(
        &self,
        size: unsafe extern "C" fn(Program, *mut usize) -> Status,
        fill: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    ) -> Result<Vec<u8>, Status> {
        let mut len = 0;
        // SAFETY: the program exists and `len` is a size_t.
        let status = unsafe { size(self.program, &raw mut len) };
        if status != 0 {
            return Err(status);
        }
        let mut bytes = vec![0_u8; len];
        // SAFETY: the buffer has the size that NVRTC just gave.
        let status = unsafe { fill(self.program, bytes.as_mut_ptr().cast()) };
        if status == 0 { Ok(bytes) } else { Err(status) }
    }

    fn log(&self) -> String {
        if self.program.is_null() {
            return String::new();
        }
        self.read(self.nvrtc.fns.log_size, self.nvrtc.fns.log).map(|bytes| text_of(&bytes)).unwrap_or_default()
    }

    fn rejected(&self, status: Status) -> CompileError {
        let log = self.log();
        CompileError::Rejected {
            version: self.nvrtc.version(),
            arch: self.arch,
            status: self.nvrtc.fns.describe(status),
            places: places(&log),
            log,
        }
    }
}

impl Drop for Built<'_> {
    fn drop(&mut self) {
        if !self.program.is_null() {
            // SAFETY: created once, destroyed once. A failure leaves nothing to do.
            let _ = unsafe { (self.nvrtc.fns.destroy)(&raw mut self.program) };
        }
    }
}

/// The errors in a log: `file(line): error: message`.
fn places(log: &str) -> Vec<Place> {
    let place = |line: &str| {
        let (head, message) = line.split_once("): ")?;
        let (file, number) = head.rsplit_once('(')?;
        message.contains("error").then_some(())?;
        Some(Place { file: file.to_owned(), line: number.parse().ok()?, message: message.to_owned() })
    };
    log.lines().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_their_rust_lines() {
        let log = "src/bank.rs(12): error: identifier \"x\" is undefined\n    x = 1;\n    ^\n\n\
            src/bank.rs(14): warning #177-D: variable \"y\" was declared but never referenced\n\
            1 error detected in the compilation of \"ringkernel.cu\".\n";
        let place = Place {
            file: "src/bank.rs".to_owned(),
            line: 12,
            message: "error: identifier \"x\" is undefined".to_owned(),
        };
        assert_eq!(places(log), [place]);
    }

    #[test]
    fn an_unknown_architecture_says_which_way_to_go() {
        let error = |arch| CompileError::UnknownArch {
            arch,
            version: Version::new(12, 9),
            supported: vec![Arch::new(7, 5), Arch::new(12, 1)],
        };
        assert!(error(Arch::new(13, 0)).to_string().contains("sm_75, sm_121. Install a newer"));
        assert!(error(Arch::new(6, 0)).to_string().contains("Install an older"));
    }
}
