//! One loaded NVRTC: a table of its functions.
//!
//! Owns the library's handle, which is never given back: NVRTC keeps threads and exit handlers of its own, so unloading it is
//! not safe. Each [`Nvrtc`] stands alone, so several versions live beside each other in one process. Which file to open
//! is left to [`super::find`].

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use libloading::Library;

use super::options::{Arch, Version};

/// `nvrtcResult`; 0 is success.
pub(super) type Status = c_int;
/// `nvrtcProgram`.
pub(super) type Program = *mut c_void;

/// Why a library that was found could not be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot use NVRTC at {}: {reason}", path.display())]
pub struct OpenError {
    /// What was opened.
    pub path: PathBuf,
    /// What went wrong, in the loader's words.
    pub reason: String,
}

/// The functions of NVRTC's C interface that we call, by the library's own names.
pub(super) struct Functions {
    pub(super) create: unsafe extern "C" fn(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> Status,
    pub(super) destroy: unsafe extern "C" fn(*mut Program) -> Status,
    pub(super) compile: unsafe extern "C" fn(Program, c_int, *const *const c_char) -> Status,
    pub(super) cubin_size: unsafe extern "C" fn(Program, *mut usize) -> Status,
    pub(super) cubin: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    pub(super) ptx_size: unsafe extern "C" fn(Program, *mut usize) -> Status,
    pub(super) ptx: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    pub(super) log_size: unsafe extern "C" fn(Program, *mut usize) -> Status,
    pub(super) log: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    error_string: unsafe extern "C" fn(Status) -> *const c_char,
    version: unsafe extern "C" fn(*mut c_int, *mut c_int) -> Status,
    count_archs: unsafe extern "C" fn(*mut c_int) -> Status,
    archs: unsafe extern "C" fn(*mut c_int) -> Status,
}

/// A loaded NVRTC.
pub struct Nvrtc {
    path: PathBuf,
    version: Version,
    archs: Vec<Arch>,
    pub(super) fns: Functions,
    /// Kept loaded for the life of the process.
    _library: ManuallyDrop<Library>,
}

impl std::fmt::Debug for Nvrtc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nvrtc").field("path", &self.path).field("version", &self.version).finish_non_exhaustive()
    }
}

impl Nvrtc {
    /// Loads the library `path`, a file or a bare name that the system's loader searches, after the `builtins` that it
    /// will ask the loader for (NVRTC finds them only if they are loaded or on the loader's path).
    ///
    /// # Errors
    /// If the file is not there, is not an NVRTC of CUDA 11.3 or newer, or does not answer.
    pub fn open(path: &Path, builtins: &[PathBuf]) -> Result<Self, OpenError> {
        let fail = |reason: String| OpenError { path: path.to_owned(), reason };
        for file in builtins {
            // A version that does not load may be of another CUDA in the same directory; if it is the needed one, compiling says so.
            let _ = load(file.as_os_str()).map(ManuallyDrop::new);
        }
        let library = ManuallyDrop::new(load(path.as_os_str()).map_err(|e| fail(describe(&e)))?);
        let fns = Functions::of(&library).map_err(|e| fail(describe(&e)))?;
        let version = fns.read_version().map_err(fail)?;
        let archs = fns.read_archs().map_err(fail)?;
        Ok(Self { path: path.to_owned(), version, archs, fns, _library: library })
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What it was opened as.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The architectures that it makes cubins for, ascending.
    #[must_use]
    pub fn supported_archs(&self) -> &[Arch] {
        &self.archs
    }
}

impl Functions {
    fn of(library: &Library) -> Result<Self, libloading::Error> {
        // SAFETY: the types above are those of `nvrtc.h`, unchanged since CUDA 11.3 (nvrtcResult is a C int, nvrtcProgram a
        // pointer), and the library stays loaded as long as the process.
        unsafe {
            Ok(Self {
                create: *library.get(b"nvrtcCreateProgram\0")?,
                destroy: *library.get(b"nvrtcDestroyProgram\0")?,
                compile: *library.get(b"nvrtcCompileProgram\0")?,
                cubin_size: *library.get(b"nvrtcGetCUBINSize\0")?,
                cubin: *library.get(b"nvrtcGetCUBIN\0")?,
                ptx_size: *library.get(b"nvrtcGetPTXSize\0")?,
                ptx: *library.get(b"nvrtcGetPTX\0")?,
                log_size: *library.get(b"nvrtcGetProgramLogSize\0")?,
                log: *library.get(b"nvrtcGetProgramLog\0")?,
                error_string: *library.get(b"nvrtcGetErrorString\0")?,
                version: *library.get(b"nvrtcVersion\0")?,
                count_archs: *library.get(b"nvrtcGetNumSupportedArchs\0")?,
                archs: *library.get(b"nvrtcGetSupportedArchs\0")?,
            })
        }
    }

    /// NVRTC's name for a status.
    pub(super) fn describe(&self, status: Status) -> String {
        // SAFETY: takes any status; returns a static string, or null.
        let text = unsafe { (self.error_string)(status) };
        if text.is_null() {
            return format!("NVRTC status {status}");
        }
        // SAFETY: not null, and a C string of the library's static data.
        unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
    }

    fn ok(&self, status: Status, what: &str) -> Result<(), String> {
        if status == 0 { Ok(()) } else { Err(format!("{what} answered {}", self.describe(status))) }
    }

    fn read_version(&self) -> Result<Version, String> {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: both point to a C int.
        self.ok(unsafe { (self.version)(&raw mut major, &raw mut minor) }, "nvrtcVersion")?;
        Ok(Version::new(major.unsigned_abs(), minor.unsigned_abs()))
    }

    fn read_archs(&self) -> Result<Vec<Arch>, String> {
        let mut count = 0;
        // SAFETY: points to a C int.
        self.ok(unsafe { (self.count_archs)(&raw mut count) }, "nvrtcGetNumSupportedArchs")?;
        let mut numbers: Vec<c_int> = vec![0; usize::try_from(count).unwrap_or(0)];
        // SAFETY: NVRTC writes exactly as many as it just counted.
        self.ok(unsafe { (self.archs)(numbers.as_mut_ptr()) }, "nvrtcGetSupportedArchs")?;
        let mut archs: Vec<_> = numbers.into_iter().map(|n| Arch::from_number(n.unsigned_abs())).collect();
        archs.sort_unstable();
        Ok(archs)
    }
}

fn load(name: &OsStr) -> Result<Library, libloading::Error> {
    // SAFETY: NVRTC's initialisers touch nothing of ours; that the file is NVRTC is what the search and the symbols check.
    unsafe { Library::new(name) }
}

/// The loader's own words, which the error type keeps one level down.
fn describe(error: &libloading::Error) -> String {
    use std::error::Error;
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
