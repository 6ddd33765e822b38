//! Cubins on disk, and what was found out about them.
//!
//! Owns a directory of entries, one file a cubin or a choice, named by the hash of everything that it depends on. An entry is
//! published by a rename, so readers of any process see all of it or nothing, and carries a checksum. Whatever is wrong
//! with a directory or an entry is a miss, said once in the log, and never an error: compiling again always works.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use super::compile::{Cubin, Source};
use super::options::{Options, Version};

/// The variable that names the directory; set and empty, there is no cache.
const VARIABLE: &str = "RINGKERNEL_CACHE_DIR";

/// What an entry begins with; the last byte is the format's number.
const MAGIC: &[u8; 8] = b"RKcubin\x01";
/// Bytes of a SHA-256.
const HASH: usize = 32;
/// Entries that are kept; a cubin has some 100 kB, so this is some 50 MB.
const MAX_ENTRIES: usize = 512;

/// The identity of a cubin.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; HASH]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl Key {
    /// The hash of all that the cubin depends on. `abi` is the number of the layout that host and device share.
    #[must_use]
    pub fn of(source: &Source<'_>, options: &Options, version: Version, abi: u32) -> Self {
        let mut hasher = Sha256::new();
        // Each part is preceded by its length, so that no two lists of parts read the same.
        let mut add = |part: &[u8]| {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        add(MAGIC);
        add(&abi.to_le_bytes());
        add(version.to_string().as_bytes());
        // The device's architecture; which of NVRTC's it becomes follows from that and the version.
        for argument in options.arguments(options.arch) {
            add(argument.as_bytes());
        }
        add(source.name.as_bytes());
        add(source.text.as_bytes());
        for (name, text) in source.headers {
            add(name.as_bytes());
            add(text.as_bytes());
        }
        Self(hasher.finalize().into())
    }
}

/// A directory of cubins, or none.
#[derive(Debug)]
pub struct Cache {
    directory: Option<PathBuf>,
    warned: AtomicBool,
}

impl Cache {
    /// In `directory`, which is created when there is something to put into it.
    #[must_use]
    pub const fn at(directory: PathBuf) -> Self {
        Self { directory: Some(directory), warned: AtomicBool::new(false) }
    }

    /// No cache: every get is a miss.
    #[must_use]
    pub const fn none() -> Self {
        Self { directory: None, warned: AtomicBool::new(false) }
    }

    /// In `RINGKERNEL_CACHE_DIR`, or in the platform's directory for caches; none if the variable is empty or the platform
    /// has no such directory.
    #[must_use]
    pub fn of_this_user() -> Self {
        match std::env::var_os(VARIABLE) {
            Some(value) if value.is_empty() => Self::none(),
            Some(value) => Self::at(value.into()),
            None => directories::ProjectDirs::from("", "", "ringkernel")
                .map_or_else(Self::none, |dirs| Self::at(dirs.cache_dir().to_owned())),
        }
    }

    /// Whether there is a directory to keep anything in.
    #[must_use]
    pub const fn keeps(&self) -> bool {
        self.directory.is_some()
    }

    /// The cubin of `key`, if it is there and whole.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Cubin> {
        let path = self.entry(key)?;
        match fs::read(&path) {
            Ok(bytes) => {
                let cubin = decode(&bytes);
                if cubin.is_none() {
                    self.warn(&path, "the entry is damaged");
                }
                cubin
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.warn(&path, &error.to_string());
                None
            }
        }
    }

    /// Keeps `cubin`, if that is possible.
    pub fn put(&self, key: &Key, cubin: &Cubin) {
        if let Some(path) = self.entry(key) {
            self.publish(&path, &encode(cubin));
            self.prune();
        }
    }

    /// What was chosen for `key`, if that is there and whole.
    #[must_use]
    pub fn choice_of(&self, key: &Key) -> Option<String> {
        let path = self.choice_entry(key)?;
        match fs::read_to_string(&path) {
            Ok(text) => {
                let choice = decode_choice(&text);
                if choice.is_none() {
                    self.warn(&path, "the entry is damaged");
                }
                choice
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.warn(&path, &error.to_string());
                None
            }
        }
    }

    /// Remembers a choice, if that is possible.
    pub fn remember_choice(&self, key: &Key, choice: &str) {
        if let Some(path) = self.choice_entry(key) {
            self.publish(&path, encode_choice(choice).as_bytes());
            self.prune();
        }
    }

    /// The version that the library file `path` had when it was last loaded, if the file has not changed since.
    #[must_use]
    pub(super) fn version_of(&self, path: &Path) -> Option<Version> {
        let text = fs::read_to_string(self.version_entry(path)?).ok()?;
        let (major, minor) = text.strip_suffix('\n')?.split_once('.')?;
        Some(Version::new(major.parse().ok()?, minor.parse().ok()?))
    }

    /// Remembers it.
    pub(super) fn remember_version(&self, path: &Path, version: Version) {
        if let Some(entry) = self.version_entry(path) {
            self.publish(&entry, format!("{version}\n").as_bytes());
        }
    }

    fn entry(&self, key: &Key) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(format!("{}.cubin", hex(&key.0))))
    }

    fn choice_entry(&self, key: &Key) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(format!("{}.choice", hex(&key.0))))
    }

    /// Named by the file's path, size and time of change. A bare name has none: the loader may give another file each time.
    fn version_entry(&self, path: &Path) -> Option<PathBuf> {
        let directory = self.directory.as_ref()?;
        let path = path.is_absolute().then(|| fs::canonicalize(path).ok())??;
        let meta = fs::metadata(&path).ok()?;
        let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
        let mut hasher = Sha256::new();
        hasher.update(changed.to_le_bytes());
        hasher.update(meta.len().to_le_bytes());
        hasher.update(path.as_os_str().as_encoded_bytes());
        let hash: [u8; HASH] = hasher.finalize().into();
        Some(directory.join(format!("{}.version", hex(&hash))))
    }

    fn publish(&self, path: &Path, bytes: &[u8]) {
        if let Err(error) = write_by_rename(path, bytes) {
            self.warn(path, &error.to_string());
        }
    }

    /// Removes the older half when there are too many. Another process that does the same is no harm.
    fn prune(&self) {
        let Some(read) = self.directory.as_ref().and_then(|directory| fs::read_dir(directory).ok()) else { return };
        let mut entries: Vec<_> = read
            .filter_map(Result::ok)
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        if entries.len() > MAX_ENTRIES {
            entries.sort();
            for (_, path) in &entries[..MAX_ENTRIES / 2] {
                let _ = fs::remove_file(path);
            }
        }
    }

    fn warn(&self, path: &Path, reason: &str) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "ringkernel",
                path = %path.display(),
                reason,
                "the cache of compiled kernels is of no use here; compiling without it"
            );
        }
    }
}

fn write_by_rename(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(directory)?;
    let unique = format!(".{}-{}.tmp", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
    let temporary = directory.join(unique);
    let written = fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Magic, checksum of the rest, length of the log, log, image.
fn encode(cubin: &Cubin) -> Vec<u8> {
    let mut rest = (cubin.log.len() as u64).to_le_bytes().to_vec();
    rest.extend_from_slice(cubin.log.as_bytes());
    rest.extend_from_slice(&cubin.bytes);
    let sum: [u8; HASH] = Sha256::digest(&rest).into();
    [MAGIC.as_slice(), &sum, &rest].concat()
}

fn decode(bytes: &[u8]) -> Option<Cubin> {
    let (sum, rest) = bytes.strip_prefix(MAGIC.as_slice())?.split_at_checked(HASH)?;
    let actual: [u8; HASH] = Sha256::digest(rest).into();
    if actual != sum {
        return None;
    }
    let (len, rest) = rest.split_first_chunk::<8>()?;
    let (log, image) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)?;
    Some(Cubin { bytes: image.to_vec(), log: String::from_utf8(log.to_vec()).ok()? })
}

/// The checksum of the choice, then the choice, a line each.
fn encode_choice(choice: &str) -> String {
    format!("{}\n{choice}\n", hex(&Sha256::digest(choice)))
}

fn decode_choice(text: &str) -> Option<String> {
    let (_, choice) = text.strip_suffix('\n')?.split_once('\n')?;
    (encode_choice(choice) == text).then(|| choice.to_owned())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
