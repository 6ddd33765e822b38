//! Data that all actors see: slices that all read, arrays of atomic numbers that all write.
//!
//! Both are handles: clones share the data. In the canonical layout a handle is the number of the data and its length;
//! a table in the process finds the data by that number, for the CPU backend when it decodes a message, for a device
//! when it uploads. Data whose handle was encoded while a system lives is kept until the last system has ended, since
//! the bytes may still travel; other data goes with its last handle.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use ringkernel_codegen::desc::TypeDesc;

use super::atomic::{Atomic, AtomicNumber};
use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::scope::Scope;

/// What a device backend needs of shared data.
#[allow(dead_code)] // for backends that upload
pub(crate) trait SharedData: Any + Send + Sync {
    /// Bytes in the canonical layout.
    fn size(&self) -> usize;
    /// Alignment of an element.
    fn align(&self) -> usize;
    /// Writes all elements.
    fn encode(&self, out: &mut [u8]);
    /// Whether actors can write it.
    fn writable(&self) -> bool {
        false
    }
    /// Takes over what a device wrote; only atomics do.
    fn write_back(&self, bytes: &[u8]);
    /// For reading it back in its type.
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

struct Entry {
    data: Weak<dyn SharedData>,
    /// Keeps the data while bytes that name it may travel.
    kept: Option<Arc<dyn SharedData>>,
}

#[derive(Default)]
struct Table {
    entries: HashMap<u32, Entry>,
    next: u32,
    systems: usize,
}

fn table() -> MutexGuard<'static, Table> {
    static TABLE: OnceLock<Mutex<Table>> = OnceLock::new();
    TABLE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// While one of these lives, data whose handle was encoded is kept.
#[derive(Debug)]
pub(crate) struct KeepShared(());

impl KeepShared {
    pub(crate) fn new() -> Self {
        table().systems += 1;
        Self(())
    }
}

impl Drop for KeepShared {
    fn drop(&mut self) {
        let mut kept = Vec::new();
        {
            let mut table = table();
            table.systems -= 1;
            if table.systems == 0 {
                kept.extend(table.entries.values_mut().filter_map(|entry| entry.kept.take()));
            }
        }
        // Dropped after the table is free again: data removes itself from it.
        drop(kept);
    }
}

/// The data with this number.
pub(crate) fn find(id: u32) -> Option<Arc<dyn SharedData>> {
    table().entries.get(&id)?.data.upgrade()
}

/// The data whose handles were encoded since the first of the systems that live: what a device must have.
#[cfg_attr(loom, allow(dead_code))]
pub(crate) fn kept() -> Vec<(u32, Arc<dyn SharedData>)> {
    let table = table();
    let mut kept: Vec<_> =
        table.entries.iter().filter_map(|(id, entry)| Some((*id, Arc::clone(entry.kept.as_ref()?)))).collect();
    kept.sort_by_key(|(id, _)| *id);
    kept
}

fn keep(id: u32) {
    let mut table = table();
    if table.systems > 0
        && let Some(entry) = table.entries.get_mut(&id)
        && entry.kept.is_none()
    {
        entry.kept = entry.data.upgrade();
    }
}

/// The data of a handle and its number, which it gives back in the end.
struct Numbered<D: ?Sized> {
    id: u32,
    data: D,
}

impl<D: ?Sized> Drop for Numbered<D> {
    fn drop(&mut self) {
        table().entries.remove(&self.id);
    }
}

fn register<D>(data: D) -> Arc<Numbered<D>>
where
    Numbered<D>: SharedData,
{
    let mut table = table();
    let mut id = table.next;
    while table.entries.contains_key(&id) {
        id = id.wrapping_add(1);
    }
    table.next = id.wrapping_add(1);
    let data = Arc::new(Numbered { id, data });
    let weak: Weak<Numbered<D>> = Arc::downgrade(&data);
    table.entries.insert(id, Entry { data: weak, kept: None });
    data
}

fn encode_handle(id: u32, len: usize, out: &mut [u8]) {
    keep(id);
    id.encode(&mut out[..4]);
    (len as u32).encode(&mut out[4..]);
}

fn decode_handle<D: 'static>(bytes: &[u8], what: &'static str) -> Result<Arc<Numbered<D>>, DecodeError>
where
    Numbered<D>: SharedData,
{
    let Some((id, _)) = bytes.split_at_checked(4) else {
        return Err(DecodeError::new(what, bytes.len() as u64));
    };
    let id = u32::decode(id)?;
    find(id).and_then(|data| data.as_any().downcast::<Numbered<D>>().ok()).ok_or(DecodeError::new(what, u64::from(id)))
}

/// A slice that all actors read; made before the system starts, and uploaded once.
///
/// ```
/// # use ringkernel_runtime::lang::SharedSlice;
/// let weights = SharedSlice::from(vec![0.5f32, 0.25]);
/// assert_eq!(weights.len(), 2);
/// assert_eq!(weights[1], 0.25);
/// ```
pub struct SharedSlice<T: DeviceValue + Send + Sync>(Arc<Numbered<Vec<T>>>);

impl<T: DeviceValue + Send + Sync> From<Vec<T>> for SharedSlice<T> {
    fn from(data: Vec<T>) -> Self {
        Self(register(data))
    }
}

impl<T: DeviceValue + Send + Sync> SharedData for Numbered<Vec<T>> {
    fn size(&self) -> usize {
        self.data.len() * T::SIZE
    }
    fn align(&self) -> usize {
        T::ALIGN
    }
    fn encode(&self, out: &mut [u8]) {
        if T::SIZE > 0 {
            self.data.iter().zip(out.chunks_exact_mut(T::SIZE)).for_each(|(value, out)| value.encode(out));
        }
    }
    fn write_back(&self, _: &[u8]) {}
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<T: DeviceValue + Send + Sync> Deref for SharedSlice<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0.data
    }
}

impl<T: DeviceValue + Send + Sync> Clone for SharedSlice<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: DeviceValue + Send + Sync> fmt::Debug for SharedSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedSlice({} elements)", self.len())
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeviceValue + Send + Sync> DeviceType for SharedSlice<T> {
    const DESC: TypeDesc = TypeDesc::SharedSlice(&T::DESC);
}

#[diagnostic::do_not_recommend]
impl<T: DeviceValue + Send + Sync> DeviceValue for SharedSlice<T> {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;
    fn encode(&self, out: &mut [u8]) {
        encode_handle(self.0.id, self.len(), out);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_handle(bytes, "a shared slice").map(Self)
    }
}

/// An array of atomic numbers that all actors read and write; made before the system starts.
///
/// ```
/// # use ringkernel_runtime::lang::{Scope, SharedAtomics};
/// # use std::sync::atomic::Ordering::Relaxed;
/// let histogram = SharedAtomics::<u32>::zeros(16);
/// histogram[3].fetch_add(1, Relaxed, Scope::Device);
/// assert_eq!(histogram[3].load(Relaxed, Scope::System), 1);
/// ```
pub struct SharedAtomics<T: AtomicNumber>(Arc<Numbered<Vec<Atomic<T>>>>);

impl<T: AtomicNumber + Default> SharedAtomics<T> {
    /// `len` zeros.
    #[must_use]
    pub fn zeros(len: usize) -> Self {
        Self::from(vec![T::default(); len])
    }
}

impl<T: AtomicNumber> From<Vec<T>> for SharedAtomics<T> {
    fn from(values: Vec<T>) -> Self {
        Self(register(values.into_iter().map(Atomic::new).collect()))
    }
}

impl<T: AtomicNumber> SharedData for Numbered<Vec<Atomic<T>>> {
    fn size(&self) -> usize {
        self.data.len() * T::SIZE
    }
    fn align(&self) -> usize {
        T::ALIGN
    }
    fn encode(&self, out: &mut [u8]) {
        for (value, out) in self.data.iter().zip(out.chunks_exact_mut(T::SIZE)) {
            value.load(Ordering::Relaxed, Scope::System).encode(out);
        }
    }
    fn writable(&self) -> bool {
        true
    }
    fn write_back(&self, bytes: &[u8]) {
        for (value, bytes) in self.data.iter().zip(bytes.chunks_exact(T::SIZE)) {
            if let Ok(new) = T::decode(bytes) {
                value.store(new, Ordering::Relaxed, Scope::System);
            }
        }
    }
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<T: AtomicNumber> Deref for SharedAtomics<T> {
    type Target = [Atomic<T>];
    fn deref(&self) -> &[Atomic<T>] {
        &self.0.data
    }
}

impl<T: AtomicNumber> Clone for SharedAtomics<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: AtomicNumber> fmt::Debug for SharedAtomics<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedAtomics({} elements)", self.len())
    }
}

#[diagnostic::do_not_recommend]
impl<T: AtomicNumber> DeviceType for SharedAtomics<T> {
    const DESC: TypeDesc = TypeDesc::SharedAtomics(&T::DESC);
}

#[diagnostic::do_not_recommend]
impl<T: AtomicNumber> DeviceValue for SharedAtomics<T> {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;
    fn encode(&self, out: &mut [u8]) {
        encode_handle(self.0.id, self.len(), out);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_handle(bytes, "shared atomics").map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_that_was_encoded_is_kept_while_a_system_lives() {
        let system = KeepShared::new();
        let mut bytes = [0; 8];
        SharedSlice::from(vec![1u32, 2, 3]).encode(&mut bytes);
        assert_eq!(&SharedSlice::<u32>::decode(&bytes).unwrap()[..], [1, 2, 3]);
        assert!(SharedSlice::<u64>::decode(&bytes).is_err(), "a handle of another type");
        drop(system);
    }

    #[test]
    fn a_device_uploads_and_writes_back_by_number() {
        let counts = SharedAtomics::from(vec![1u32, 2]);
        let data = find(counts.0.id).unwrap();
        let mut bytes = vec![0; data.size()];
        data.encode(&mut bytes);
        assert_eq!(bytes, [1, 0, 0, 0, 2, 0, 0, 0]);
        bytes[0] = 9;
        data.write_back(&bytes);
        assert_eq!(counts[0].load(Ordering::Relaxed, Scope::System), 9);
    }
}
