//! From CUDA text to something that runs here: g++ compiles it against the templates and `device/`, and it is loaded.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io};

use libloading::Library;
use ringkernel_codegen::abi::{self, Params};
use sha2::{Digest, Sha256};

use crate::calls::{CALLS, Calls};

/// Text to compile.
#[derive(Clone, Debug)]
pub struct Source {
    /// The translation unit.
    pub text: String,
    /// Macros, `NAME=VALUE`.
    pub defines: Vec<String>,
    /// All headers by name.
    pub headers: Vec<(String, String)>,
}

/// A compiled kernel.
pub struct Kernel {
    main: unsafe extern "C" fn(Params),
    // Keeps the code mapped.
    _library: Library,
}

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// True if there is a C++ compiler; tests that need one are skipped without.
#[must_use]
pub fn compiler_exists() -> bool {
    Command::new("g++").arg("--version").output().is_ok_and(|o| o.status.success())
}

/// Puts `device/traced.cuh` between the headers of a program and what it defines; its lines keep their numbers.
fn traced(text: String) -> String {
    let lines = text.lines().collect::<Vec<_>>();
    match lines.iter().rposition(|line| line.starts_with("#include ")) {
        Some(last) if text.contains("#include \"ringkernel.cuh\"") => {
            let (above, below) = lines.split_at(last + 1);
            let more = format!("#include \"traced.cuh\"\n#line {} \"kernel.cu\"", last + 2);
            format!("{}\n{more}\n{}\n", above.join("\n"), below.join("\n"))
        }
        _ => text,
    }
}

impl Source {
    /// `text` with the templates as they are, for blocks of `block_threads`.
    ///
    /// # Errors
    /// When a template cannot be read.
    pub fn new(text: impl Into<String>, block_threads: u32) -> io::Result<Self> {
        let mut headers = vec![("abi.cuh".to_string(), abi::header().to_string())];
        for folder in ["templates", "sim/device"] {
            let mut files: Vec<PathBuf> =
                fs::read_dir(root().join(folder))?.map(|f| f.map(|f| f.path())).collect::<Result<_, _>>()?;
            files.sort();
            for file in files {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                headers.retain(|(n, _)| *n != name);
                headers.push((name, fs::read_to_string(&file)?));
            }
        }
        let defines = vec![
            format!("RK_BLOCK_THREADS={block_threads}"),
            // States are always copied with simulated loads and stores, however large.
            "RK_COPY_ALL_STATES=true".into(),
        ];
        Ok(Self { text: traced(text.into()), defines, headers })
    }

    /// Adds a macro.
    #[must_use]
    pub fn define(mut self, define: impl Into<String>) -> Self {
        self.defines.push(define.into());
        self
    }

    /// Compiles, or takes what an earlier run compiled from the same text, and loads it.
    ///
    /// # Errors
    /// When there is no compiler, or it refuses the text: its own words.
    pub fn build(&self) -> Result<Kernel, String> {
        let mut hash = Sha256::new();
        for part in [&self.text, &self.defines.join(" ")].into_iter().chain(self.headers.iter().map(|(_, text)| text)) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let key = hash.finalize().iter().take(12).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let folder =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from).join("sim").join(key);
        let library = folder.join("kernel.so");
        if !library.exists() {
            self.compile(&folder)?;
        }
        // SAFETY: the library was compiled from device code, which has no initialisers.
        let loaded = unsafe { Library::new(&library) }.map_err(|e| e.to_string())?;
        // SAFETY: `device/simulator.h` defines it with this signature.
        let bind =
            unsafe { loaded.get::<unsafe extern "C" fn(*const Calls)>(b"rk_sim_bind") }.map_err(|e| e.to_string())?;
        // SAFETY: `CALLS` is static.
        unsafe { bind(&raw const CALLS) };
        // SAFETY: every kernel's entry has this signature.
        let main =
            *unsafe { loaded.get::<unsafe extern "C" fn(Params)>(b"ringkernel_main") }.map_err(|e| e.to_string())?;
        Ok(Kernel { main, _library: loaded })
    }

    /// Compiles in a folder that is nobody else's, and moves it to `folder` when it is complete.
    fn compile(&self, folder: &Path) -> Result<(), String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let io = |e: io::Error| format!("cannot write the kernel's text: {e}");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let own = folder.with_extension(format!("{}.{number}", std::process::id()));
        fs::create_dir_all(&own).map_err(io)?;
        for (name, text) in &self.headers {
            fs::write(own.join(name), text).map_err(io)?;
        }
        fs::write(own.join("kernel.cu"), &self.text).map_err(io)?;
        let output = Command::new("g++")
            .args([
                "-shared",
                "-fPIC",
                "-O1",
                "-std=c++17",
                "-ffp-contract=off",
                "-fno-exceptions",
                "-fno-rtti",
                "-nostdlib",
            ])
            .args(["-Wno-unknown-pragmas", "-include", "simulator.h"])
            .args(self.defines.iter().map(|d| format!("-D{d}")))
            .arg("-I")
            .arg(&own)
            .args(["-x", "c++"])
            .arg(own.join("kernel.cu"))
            .arg("-o")
            .arg(own.join("kernel.so"))
            .output()
            .map_err(|e| format!("cannot run g++: {e}"))?;
        if !output.status.success() {
            fs::remove_dir_all(&own).map_err(io)?;
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        // Somebody else may have been faster, with the same text.
        fs::rename(&own, folder)
            .or_else(|error| if folder.join("kernel.so").exists() { fs::remove_dir_all(&own) } else { Err(error) })
            .map_err(io)
    }
}

impl Kernel {
    /// What each lane runs.
    pub(crate) fn body(&self, params: &Params) -> Box<dyn FnOnce()> {
        let (main, params) = (self.main, Box::new(*params));
        // SAFETY: the library outlives the run, and the fibers end with the run; faults are reported, not unwound.
        Box::new(move || unsafe { main(*params) })
    }
}
