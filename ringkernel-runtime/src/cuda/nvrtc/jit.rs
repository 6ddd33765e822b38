//! From text to cubin with as little work as the machine allows.
//!
//! Owns the choice of one NVRTC for a driver and the order: cache first, compiler second. Loading NVRTC maps 100 MB, so
//! a start whose cubin is cached does without: the version of a file that was once loaded is remembered in the cache.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::cache::{Cache, Key};
use super::compile::{CompileError, Cubin, Source};
use super::find::{Found, NotFound, Search};
use super::library::{Nvrtc, OpenError};
use super::options::{Options, Version};

/// Why there is no cubin.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JitError {
    /// The library was there a moment ago.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It has no cubin for us.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

/// A chosen NVRTC, loaded when first needed, and the cache in front of it.
#[derive(Debug)]
pub struct Jit {
    found: Found,
    version: Version,
    cache: Cache,
    loaded: OnceLock<Nvrtc>,
    /// Held while loading, so that it is loaded once.
    loading: Mutex<()>,
}

impl Jit {
    /// Takes the first NVRTC of `search` that can be used and whose cubins the driver can load: of a CUDA major that is not
    /// newer than `driver` supports (any, if `None`).
    ///
    /// # Errors
    /// If there is none; the error lists all that was searched and why each candidate was rejected.
    pub fn find(search: Search, driver: Option<Version>, cache: Cache) -> Result<Self, NotFound> {
        let mut rejected = Vec::new();
        for found in search.candidates() {
            let loaded = OnceLock::new();
            let version = match cache.version_of(&found.library) {
                Some(version) => version,
                None => match Nvrtc::open(&found.library, &found.builtins) {
                    Ok(nvrtc) => {
                        let version = nvrtc.version();
                        cache.remember_version(&found.library, version);
                        let _ = loaded.set(nvrtc);
                        version
                    }
                    // A bare name is not a candidate unless the loader knows it.
                    Err(_) if found.library.components().count() == 1 => continue,
                    Err(error) => {
                        rejected.push(error.to_string());
                        continue;
                    }
                },
            };
            if driver.is_some_and(|driver| version.major > driver.major) {
                let supported = driver.map(|driver| driver.to_string()).unwrap_or_default();
                rejected.push(format!(
                    "{} is of CUDA {version}, but the driver supports CUDA {supported} at most; \
                     an older NVRTC or a newer driver is needed",
                    found.library.display()
                ));
                continue;
            }
            tracing::debug!(target: "ringkernel", library = %found.library.display(), %version, "NVRTC found");
            return Ok(Self { found, version, cache, loaded, loading: Mutex::new(()) });
        }
        Err(NotFound { search, rejected })
    }

    /// The version of the chosen NVRTC.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The chosen NVRTC itself, loaded now if it was not.
    ///
    /// # Errors
    /// If it can no longer be loaded.
    pub fn nvrtc(&self) -> Result<&Nvrtc, OpenError> {
        if let Some(nvrtc) = self.loaded.get() {
            return Ok(nvrtc);
        }
        let _one_at_a_time = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nvrtc) = self.loaded.get() {
            return Ok(nvrtc);
        }
        let nvrtc = Nvrtc::open(&self.found.library, &self.found.builtins)?;
        Ok(self.loaded.get_or_init(|| nvrtc))
    }

    /// A cubin of `source`, from the cache or compiled and then cached. `abi` is the number of the layout that host and
    /// device share.
    ///
    /// # Errors
    /// If NVRTC cannot be loaded or does not compile it.
    pub fn compile(&self, source: &Source<'_>, options: &Options, abi: u32) -> Result<Cubin, JitError> {
        let key = Key::of(source, options, self.version, abi);
        if let Some(cubin) = self.cache.get(&key) {
            return Ok(cubin);
        }
        let cubin = self.nvrtc()?.compile(source, options)?;
        self.cache.put(&key, &cubin);
        Ok(cubin)
    }
}
