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

    /// Fills a part of it before what is put on the stream next, without waiting.
    pub(crate) fn fill(&self, stream: &Stream, address: u64, bytes: usize, value: u8) -> Result<(), DriverError> {
        let offset = self.offset(address, bytes);
        if self.device.is_emulated() {
            // SAFETY: in bounds, as was just checked, and of memory that `zeroed` allocated; nothing runs on it now.
            unsafe { (self.address as *mut u8).add(offset).write_bytes(value, bytes) };
            return Ok(());
        }
        self.device.enter()?;
        call!(cuMemsetD8Async(address, value, bytes, stream.handle))
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

/// Rows of bytes in device memory, at regular distances: a box of an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    /// The first byte of the first row.
    pub(crate) address: u64,
    /// Bytes of a row.
    pub(crate) bytes: usize,
    /// Rows of a plane, and planes.
    pub(crate) count: [usize; 2],
    /// From one row to the next one, and from one plane to the next one.
    pub(crate) distance: [u64; 2],
}

impl Rows {
    /// Bytes of all rows.
    pub(crate) const fn total(&self) -> usize {
        self.bytes * self.count[0] * self.count[1]
    }

    /// The same bytes in as few and long rows as can be.
    fn joined(mut self) -> Self {
        if self.count[0] > 1 && self.distance[0] == self.bytes as u64 {
            (self.bytes, self.count[0]) = (self.bytes * self.count[0], 1);
        }
        if self.count[0] == 1 {
            (self.count, self.distance[0]) = ([self.count[1], 1], self.distance[1]);
            if self.distance[0] == self.bytes as u64 {
                (self.bytes, self.count[0]) = (self.bytes * self.count[0], 1);
            }
        }
        self
    }

    /// The address of each row.
    fn each(self) -> impl Iterator<Item = u64> {
        let row = move |plane: usize, row: usize| {
            self.address + plane as u64 * self.distance[1] + row as u64 * self.distance[0]
        };
        (0..self.count[1]).flat_map(move |plane| (0..self.count[0]).map(move |at| row(plane, at)))
    }

    /// What the driver is told of them, if it takes such distances.
    fn shape(&self) -> Option<sys::CUDA_MEMCPY3D> {
        const MOST_PITCH: u64 = i32::MAX as u64;
        let [row, plane] = self.distance;
        let whole = row <= MOST_PITCH && (self.count[1] == 1 || plane.is_multiple_of(row));
        // Zero is no kind of memory, so the struct has to be written out.
        whole.then(|| sys::CUDA_MEMCPY3D {
            srcXInBytes: 0,
            srcY: 0,
            srcZ: 0,
            srcLOD: 0,
            srcMemoryType: sys::CUmemorytype_enum::CU_MEMORYTYPE_HOST,
            srcHost: std::ptr::null(),
            srcDevice: 0,
            srcArray: std::ptr::null_mut(),
            reserved0: std::ptr::null_mut(),
            srcPitch: 0,
            srcHeight: 0,
            dstXInBytes: 0,
            dstY: 0,
            dstZ: 0,
            dstLOD: 0,
            dstMemoryType: sys::CUmemorytype_enum::CU_MEMORYTYPE_HOST,
            dstHost: std::ptr::null_mut(),
            dstDevice: 0,
            dstArray: std::ptr::null_mut(),
            reserved1: std::ptr::null_mut(),
            dstPitch: 0,
            dstHeight: 0,
            WidthInBytes: self.bytes,
            Height: self.count[0],
            Depth: self.count[1],
        })
    }
}

/// Copies of boxes. The rows stand one after the other on the host.
impl DeviceMemory {
    /// Copies rows and waits. Not on the stream of a kernel that runs.
    pub(crate) fn read_rows(&self, stream: &Stream, rows: &Rows, out: &mut [u8]) -> Result<(), DriverError> {
        let rows = rows.joined();
        if rows.total() == 0 {
            return Ok(());
        }
        if rows.count == [1, 1] {
            return self.read(stream, rows.address, &mut out[..rows.bytes]);
        }
        let shape = if self.device.is_emulated() { None } else { rows.shape() };
        let Some(mut shape) = shape else {
            let mut out = out.chunks_exact_mut(rows.bytes);
            return rows.each().zip(&mut out).try_for_each(|(at, out)| self.read(stream, at, out));
        };
        self.check_rows(&rows, out.len());
        shape.srcMemoryType = sys::CUmemorytype_enum::CU_MEMORYTYPE_DEVICE;
        shape.srcDevice = rows.address;
        (shape.srcPitch, shape.srcHeight) = pitch(&rows);
        shape.dstMemoryType = sys::CUmemorytype_enum::CU_MEMORYTYPE_HOST;
        shape.dstHost = out.as_mut_ptr().cast();
        (shape.dstPitch, shape.dstHeight) = (rows.bytes, rows.count[0]);
        self.device.enter()?;
        call!(cuMemcpy3DAsync_v2(&raw const shape, stream.handle))?;
        stream.synchronize()
    }

    /// The other way.
    pub(crate) fn write_rows(&self, stream: &Stream, rows: &Rows, data: &[u8]) -> Result<(), DriverError> {
        let rows = rows.joined();
        if rows.total() == 0 {
            return Ok(());
        }
        if rows.count == [1, 1] {
            return self.write(stream, rows.address, &data[..rows.bytes]);
        }
        let shape = if self.device.is_emulated() { None } else { rows.shape() };
        let Some(mut shape) = shape else {
            let data = data.chunks_exact(rows.bytes);
            return rows.each().zip(data).try_for_each(|(at, data)| self.write(stream, at, data));
        };
        self.check_rows(&rows, data.len());
        shape.dstMemoryType = sys::CUmemorytype_enum::CU_MEMORYTYPE_DEVICE;
        shape.dstDevice = rows.address;
        (shape.dstPitch, shape.dstHeight) = pitch(&rows);
        shape.srcMemoryType = sys::CUmemorytype_enum::CU_MEMORYTYPE_HOST;
        shape.srcHost = data.as_ptr().cast();
        (shape.srcPitch, shape.srcHeight) = (rows.bytes, rows.count[0]);
        self.device.enter()?;
        call!(cuMemcpy3DAsync_v2(&raw const shape, stream.handle))?;
        stream.synchronize()
    }

    /// Panics unless all rows lie in it and in so many bytes of the host.
    fn check_rows(&self, rows: &Rows, len: usize) {
        assert!(rows.total() <= len, "a copy past the end of the host's memory");
        if let Some(last) = rows.each().last() {
            self.offset(rows.address, rows.bytes);
            self.offset(last, rows.bytes);
        }
    }
}

/// The distance of rows, and how many of them the next plane is away.
const fn pitch(rows: &Rows) -> (usize, usize) {
    let height = if rows.count[1] == 1 { rows.count[0] } else { (rows.distance[1] / rows.distance[0]) as usize };
    (rows.distance[0] as usize, height)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: usize, count: [usize; 2], distance: [u64; 2]) -> Rows {
        Rows { address: 1000, bytes, count, distance }
    }

    #[test]
    fn rows_that_touch_are_one() {
        assert_eq!(rows(8, [4, 3], [8, 32]).joined().count, [1, 1]);
        assert_eq!(rows(8, [4, 3], [8, 32]).joined().bytes, 96);
        let planes = rows(8, [4, 3], [8, 100]).joined();
        assert_eq!((planes.bytes, planes.count, planes.distance[0]), (32, [3, 1], 100));
        let slice = rows(4, [5, 2], [40, 400]).joined();
        assert_eq!((slice.bytes, slice.count), (4, [5, 2]));
        assert_eq!(slice.each().collect::<Vec<_>>()[4..6], [1160, 1400]);
        assert_eq!(pitch(&slice), (40, 10));
    }
}
