//! Memory of the device, and of the host where the device sees it too.
//!
//! Owns allocation, copies and release; on an emulated device all of it is the process's own memory. What lies in mapped
//! memory is `mapped.rs`'s business.

use std::alloc::{self, Layout};
use std::ptr;
use std::sync::Arc;

use cudarc::driver::sys;

use super::{Device, DriverError, Free, Stream, check};

/// Device memory.
#[derive(Debug)]
pub(crate) struct DeviceMemory {
    address: u64,
    bytes: usize,
    device: Arc<Device>,
}

impl DeviceMemory {
    /// Zeroed memory. The zeroing is ordered on `stream`.
    pub(crate) fn zeroed(stream: &Stream, bytes: usize) -> Result<Self, DriverError> {
        stream.device.enter()?;
        let bytes = bytes.max(16);
        let mut address = 0;
        if stream.device.is_emulated() {
            let address = heap_zeroed(bytes)?.as_ptr() as u64;
            return Ok(Self { address, bytes, device: Arc::clone(&stream.device) });
        }
        call!(cuMemAlloc_v2(&raw mut address, bytes))?;
        let memory = Self { address, bytes, device: Arc::clone(&stream.device) };
        call!(cuMemsetD8Async(address, 0, bytes, stream.handle))?;
        Ok(memory)
    }

    pub(crate) const fn address(&self) -> u64 {
        self.address
    }

    /// Zeroes a part of it before what is put on the stream next, without waiting.
    pub(crate) fn clear(&self, stream: &Stream, address: u64, bytes: usize) -> Result<(), DriverError> {
        let offset = self.offset(address, bytes);
        if self.device.is_emulated() {
            // SAFETY: in bounds, as was just checked, and of memory that `zeroed` allocated; nothing runs on it now.
            unsafe { (self.address as *mut u8).add(offset).write_bytes(0, bytes) };
            return Ok(());
        }
        self.device.enter()?;
        call!(cuMemsetD8Async(address, 0, bytes, stream.handle))
    }

    /// Where `len` bytes at an address lie in it.
    fn offset(&self, address: u64, len: usize) -> usize {
        let offset = address.wrapping_sub(self.address) as usize;
        assert!(offset <= self.bytes && len <= self.bytes - offset, "a copy past the end of device memory");
        offset
    }

    /// Copies `data` to an address in it and waits.
    pub(crate) fn write(&self, stream: &Stream, address: u64, data: &[u8]) -> Result<(), DriverError> {
        let offset = self.offset(address, data.len());
        if self.device.is_emulated() {
            // SAFETY: in bounds, as was just checked, and of memory that `zeroed` allocated; nothing runs on it now.
            unsafe { ptr::copy_nonoverlapping(data.as_ptr(), (self.address as *mut u8).add(offset), data.len()) };
            return Ok(());
        }
        self.device.enter()?;
        call!(cuMemcpyHtoDAsync_v2(address, data.as_ptr().cast(), data.len(), stream.handle))?;
        stream.synchronize()
    }

    /// Copies from an address in it and waits. Only when no kernel runs on the stream.
    pub(crate) fn read(&self, stream: &Stream, address: u64, out: &mut [u8]) -> Result<(), DriverError> {
        let offset = self.offset(address, out.len());
        if self.device.is_emulated() {
            // SAFETY: as in `write`.
            unsafe { ptr::copy_nonoverlapping((self.address as *const u8).add(offset), out.as_mut_ptr(), out.len()) };
            return Ok(());
        }
        self.device.enter()?;
        call!(cuMemcpyDtoHAsync_v2(out.as_mut_ptr().cast(), address, out.len(), stream.handle))?;
        stream.synchronize()
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        if self.device.is_emulated() {
            heap_free(self.address as *mut u8, self.bytes);
        } else {
            // SAFETY: called once, with the address that `zeroed` got; whatever used it has ended.
            self.device.discard(self.address, "cuMemFree", |address| unsafe { sys::cuMemFree_v2(address) });
        }
    }
}

/// Page-locked host memory that the device sees at an address of its own. Not write-combined, since the host reads it too.
#[derive(Debug)]
pub(crate) struct Pinned {
    host: ptr::NonNull<u8>,
    device_address: u64,
    bytes: usize,
    device: Arc<Device>,
}

// SAFETY: the memory is owned, and only `mapped.rs` gives access to it, through atomics.
unsafe impl Send for Pinned {}
// SAFETY: as above.
unsafe impl Sync for Pinned {}

impl Pinned {
    /// Zeroed memory, at least 4096 bytes and so aligned.
    pub(crate) fn zeroed(device: &Arc<Device>, bytes: usize) -> Result<Self, DriverError> {
        device.enter()?;
        let bytes = bytes.next_multiple_of(4096).max(4096);
        if device.is_emulated() {
            let host = heap_zeroed(bytes)?;
            let device_address = host.as_ptr() as u64;
            return Ok(Self { host, device_address, bytes, device: Arc::clone(device) });
        }
        let mut host = ptr::null_mut();
        call!(cuMemHostAlloc(&raw mut host, bytes, sys::CU_MEMHOSTALLOC_PORTABLE | sys::CU_MEMHOSTALLOC_DEVICEMAP))?;
        let Some(host) = ptr::NonNull::new(host.cast::<u8>()) else {
            return Err(DriverError { call: "cuMemHostAlloc", code: 0, text: "no memory and no error".to_owned() });
        };
        // SAFETY: the driver just gave `bytes` bytes at `host`, and nobody else knows of them yet.
        unsafe { host.as_ptr().write_bytes(0, bytes) };
        let mut device_address = 0;
        let mapped = call!(cuMemHostGetDevicePointer_v2(&raw mut device_address, host.as_ptr().cast(), 0));
        let memory = Self { host, device_address, bytes, device: Arc::clone(device) };
        mapped.map(|()| memory)
    }

    pub(crate) const fn host(&self) -> ptr::NonNull<u8> {
        self.host
    }

    pub(crate) const fn device_address(&self) -> u64 {
        self.device_address
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if self.device.is_emulated() {
            heap_free(self.host.as_ptr(), self.bytes);
        } else {
            // SAFETY: called once, with the address that `zeroed` got; the kernel that used it has ended.
            let free: Free = |host| unsafe { sys::cuMemFreeHost(host as _) };
            self.device.discard(self.host.as_ptr() as u64, "cuMemFreeHost", free);
        }
    }
}

/// Memory of an emulated device.
fn heap_layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 4096).unwrap_or(Layout::new::<[u128; 256]>())
}

fn heap_zeroed(bytes: usize) -> Result<ptr::NonNull<u8>, DriverError> {
    // SAFETY: callers ask for at least 16 bytes.
    let memory = unsafe { alloc::alloc_zeroed(heap_layout(bytes)) };
    ptr::NonNull::new(memory).ok_or_else(|| DriverError::emulated("no memory".to_owned()))
}

fn heap_free(memory: *mut u8, bytes: usize) {
    // SAFETY: `memory` came from `heap_zeroed` with this size, and its owner is being dropped.
    unsafe { alloc::dealloc(memory, heap_layout(bytes)) };
}
