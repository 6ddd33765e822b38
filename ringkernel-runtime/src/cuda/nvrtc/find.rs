//! Where NVRTC may lie on a machine.
//!
//! Owns the search order and the words of the error when there is none. It only lists files; nothing is loaded here, so
//! that a warm start needs no more than this. Order: `RINGKERNEL_NVRTC` alone if set, the toolkit by its variables and
//! usual directories, the wheels of Python environments, and last what the system's loader knows.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that names the library, or its directory, and ends the search.
pub(super) const VARIABLE: &str = "RINGKERNEL_NVRTC";

/// Bare names for the system's loader, newest first.
#[cfg(not(windows))]
const LOADER_NAMES: &[&str] = &["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"];
#[cfg(windows)]
const LOADER_NAMES: &[&str] = &["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"];

/// A candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// A file, or a bare name for the system's loader.
    pub library: PathBuf,
    /// The built-ins beside it, to be loaded first.
    pub builtins: Vec<PathBuf>,
}

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Files, or directories of files, in order of preference.
    pub paths: Vec<PathBuf>,
    /// Bare names to ask the system's loader for.
    pub names: Vec<String>,
}

/// There is no NVRTC that can be used.
#[derive(Clone, Debug)]
pub struct NotFound {
    /// All that was searched.
    pub search: Search,
    /// Candidates that were there, each with what was wrong.
    pub rejected: Vec<String>,
}

impl std::error::Error for NotFound {}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "no usable NVRTC (the CUDA compiler library that RingKernel needs at start) was found")?;
        for path in &self.search.paths {
            writeln!(f, "  searched: {}", path.display())?;
        }
        if !self.search.names.is_empty() {
            writeln!(f, "  asked the system's loader for: {}", self.search.names.join(", "))?;
        }
        for reason in &self.rejected {
            writeln!(f, "  {reason}")?;
        }
        write!(
            f,
            "get it by `pip install nvidia-cuda-nvrtc` or with the CUDA toolkit, or set {VARIABLE} to the library or its directory"
        )
    }
}

impl Search {
    /// For this machine, by its environment and the usual directories.
    #[must_use]
    pub fn of_this_machine() -> Self {
        Self::with(&|name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn with(var: &dyn Fn(&str) -> Option<OsString>) -> Self {
        if let Some(path) = var(VARIABLE) {
            return Self { paths: vec![path.into()], names: Vec::new() };
        }
        let mut paths = Vec::new();
        for home in ["CUDA_HOME", "CUDA_PATH", "CUDA_ROOT"].into_iter().filter_map(var).map(PathBuf::from) {
            paths.extend(library_directories(&home));
        }
        for home in toolkits(Path::new("/usr/local")) {
            paths.extend(library_directories(&home));
        }
        for home in ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(var).map(PathBuf::from) {
            paths.push(home.join("lib"));
            paths.extend(wheels(&home));
        }
        if let Some(home) = var("HOME") {
            paths.extend(wheels(&Path::new(&home).join(".local")));
        }
        if let Some(prefix) = var("PATH").and_then(|path| python_prefix(&path)) {
            paths.extend(wheels(&prefix));
        }
        let mut seen = Vec::new();
        paths.retain(|path| {
            !seen.contains(path) && {
                seen.push(path.clone());
                true
            }
        });
        Self { paths, names: LOADER_NAMES.iter().map(|&name| name.to_owned()).collect() }
    }

    /// All candidates, in order of preference; in one directory the newest first.
    #[must_use]
    pub fn candidates(&self) -> Vec<Found> {
        let files = self.paths.iter().flat_map(|path| candidates_at(path));
        let names = self.names.iter().map(|name| Found { library: name.into(), builtins: Vec::new() });
        files.chain(names).collect()
    }
}

fn library_directories(home: &Path) -> [PathBuf; 2] {
    if cfg!(windows) {
        [home.join("bin"), home.join("bin").join("x64")]
    } else {
        [home.join("lib64"), home.join("lib")]
    }
}

/// `/usr/local/cuda`, then `/usr/local/cuda-*`, the newest first.
fn toolkits(parent: &Path) -> Vec<PathBuf> {
    let mut versioned = entries(parent, |name| name.starts_with("cuda-"));
    versioned.sort_by_key(|path| std::cmp::Reverse(numbers(path)));
    let plain = parent.join("cuda");
    plain.exists().then_some(plain).into_iter().chain(versioned).collect()
}

/// The directories of NVIDIA's wheels under the prefix of a Python.
fn wheels(prefix: &Path) -> Vec<PathBuf> {
    let mut sites = Vec::new();
    for lib in ["lib", "lib64"].map(|lib| prefix.join(lib)) {
        for python in entries(&lib, |name| name.starts_with("python")) {
            sites.extend(["site-packages", "dist-packages"].map(|site| python.join(site).join("nvidia")));
        }
    }
    sites.push(prefix.join("Lib").join("site-packages").join("nvidia"));
    let of_site = |site: &PathBuf| {
        let number = |name: &str| name.strip_prefix("cu").is_some_and(|n| n.parse::<u32>().is_ok());
        let mut found = entries(site, |name| number(name) || name == "cuda_nvrtc");
        found.sort_by_key(|path| std::cmp::Reverse(numbers(path)));
        found
            .into_iter()
            .map(|path| path.join(if cfg!(windows) { "bin" } else { "lib" }))
            .filter(|path| path.is_dir())
            .collect::<Vec<_>>()
    };
    sites.iter().flat_map(of_site).collect()
}

/// The prefix of the `python3` that a shell would run; a virtual environment's own, so links are not followed.
fn python_prefix(path: &OsString) -> Option<PathBuf> {
    let name = if cfg!(windows) { "python.exe" } else { "python3" };
    let directory = env::split_paths(path).find(|directory| directory.join(name).is_file())?;
    if cfg!(windows) { Some(directory) } else { directory.parent().map(Path::to_owned) }
}

fn candidates_at(path: &Path) -> Vec<Found> {
    let (directory, mut libraries) = if path.is_dir() {
        (path.to_owned(), entries(path, is_library))
    } else if path.is_file() {
        (path.parent().map(Path::to_owned).unwrap_or_default(), vec![path.to_owned()])
    } else {
        return Vec::new();
    };
    libraries.sort_by_key(|file| std::cmp::Reverse(numbers(file)));
    // One library has several names: libnvrtc.so, libnvrtc.so.13, libnvrtc.so.13.0.88.
    let mut seen = Vec::new();
    libraries.retain(|file| {
        let real = fs::canonicalize(file).unwrap_or_else(|_| file.clone());
        !seen.contains(&real) && {
            seen.push(real);
            true
        }
    });
    let builtins = entries(&directory, is_builtins);
    libraries.into_iter().map(|library| Found { library, builtins: builtins.clone() }).collect()
}

fn is_library(name: &str) -> bool {
    // Not libnvrtc.alt.so, which needs an alternative built-ins file and is the same compiler.
    name.starts_with("libnvrtc.so") || (name.starts_with("nvrtc64_") && !name.contains("alt"))
}

fn is_builtins(name: &str) -> bool {
    !name.contains("alt") && (name.starts_with("libnvrtc-builtins.so") || name.starts_with("nvrtc-builtins64_"))
}

/// Absolute paths of a directory's entries, in alphabetical order; none if it cannot be read.
fn entries(directory: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(read) = fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<_> = read
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(&wanted))
        .map(|entry| std::path::absolute(entry.path()).unwrap_or_else(|_| entry.path()))
        .collect();
    found.sort();
    found
}

/// The numbers in a file's name, for ordering by version.
fn numbers(path: &Path) -> Vec<u32> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: PathBuf) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }

    fn names(found: &[Found]) -> Vec<String> {
        found.iter().map(|f| f.library.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_variable_ends_the_search() {
        let search = Search::with(&|name| (name == VARIABLE).then(|| "/nowhere/at-all".into()));
        assert_eq!(search.paths, [PathBuf::from("/nowhere/at-all")]);
        assert!(search.names.is_empty() && search.candidates().is_empty());
    }

    #[test]
    fn a_directory_gives_the_newest_first_and_each_file_once() {
        let dir = tempfile::tempdir().unwrap();
        for name in
            ["libnvrtc.so.11.2", "libnvrtc.so.12", "libnvrtc.alt.so.12", "libnvrtc-builtins.so.12.9", "libcudart.so"]
        {
            touch(dir.path().join(name));
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("libnvrtc.so.12"), dir.path().join("libnvrtc.so")).unwrap();
        let found = candidates_at(dir.path());
        assert_eq!(names(&found), ["libnvrtc.so.12", "libnvrtc.so.11.2"]);
        assert_eq!(found[0].builtins, [dir.path().join("libnvrtc-builtins.so.12.9")]);
    }

    #[test]
    fn toolkits_and_wheels_are_found_by_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path().join("toolkit/lib64/libnvrtc.so.12"));
        touch(dir.path().join("venv/lib/python3.12/site-packages/nvidia/cu13/lib/libnvrtc.so.13"));
        touch(dir.path().join("home/.local/lib/python3.9/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.11.2"));
        touch(dir.path().join("python/bin/python3"));
        touch(dir.path().join("python/lib/python3.11/dist-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12"));
        let search = Search::with(&|name| {
            let at = |path: &str| Some(dir.path().join(path).into_os_string());
            match name {
                "CUDA_HOME" => at("toolkit"),
                "VIRTUAL_ENV" => at("venv"),
                "HOME" => at("home"),
                "PATH" => at("python/bin"),
                _ => None,
            }
        });
        let mut ours = search.candidates();
        ours.retain(|found| found.library.starts_with(dir.path()));
        assert_eq!(names(&ours), ["libnvrtc.so.12", "libnvrtc.so.13", "libnvrtc.so.11.2", "libnvrtc.so.12"]);
    }

    #[test]
    fn the_error_lists_what_was_searched_and_how_to_get_it() {
        let search = Search { paths: vec!["/opt/x".into()], names: vec!["libnvrtc.so.13".to_owned()] };
        let text = NotFound { search, rejected: vec!["/opt/x/libnvrtc.so.13: too new".to_owned()] }.to_string();
        for part in ["/opt/x\n", "libnvrtc.so.13", "too new", "pip install nvidia-cuda-nvrtc", VARIABLE] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
