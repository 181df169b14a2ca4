// SPDX-License-Identifier: GPL-2.0

//! The memory of a lane, word by word, so that loom sees every access.
//!
//! The addresses are not real: [`Area::write`] and [`Area::read`] make words of them again.

use crate::sync::atomic::Atomic;
use std::{ptr, rc::Rc};

/// Where the mapping of the first area would be, and how far from there that of the next one.
const BASE: usize = 1 << 20;

#[derive(Clone)]
pub struct Area {
    words: Rc<[Atomic<u64>]>,
    base: usize,
}

impl Area {
    /// An area of `size` bytes, a power of two. A lane that is `looked` at costs more time.
    pub fn new(size: usize, looked: bool) -> Self {
        assert!(size.is_power_of_two() && size >= 8);
        Self {
            words: (0..size / 8).map(|_| Atomic::new_word(looked)).collect(),
            base: BASE,
        }
    }

    /// Makes it the area number `index` of several.
    pub fn numbered(self, index: usize) -> Self {
        Self {
            base: BASE * (index + 1),
            ..self
        }
    }

    pub fn size(&self) -> usize {
        self.words.len() * 8
    }

    pub fn at(&self, pos: u64) -> *mut u8 {
        let offset = pos as usize & (self.size() - 1);
        ptr::without_provenance_mut(self.base + offset)
    }

    pub fn header(&self, pos: u64) -> &Atomic<u64> {
        assert!(pos.is_multiple_of(8), "no header is at {pos}");
        self.word(pos as usize)
    }

    /// # Safety
    ///
    /// None is needed here: loom fails the model where the caller does not own the memory.
    pub unsafe fn zero(&self, from: u64, to: u64) {
        let len = to.wrapping_sub(from) as usize;
        assert!(len <= self.size(), "{len} bytes to clear are too many");
        for offset in (0..len).step_by(8) {
            self.word(from as usize + offset).plain_write(|_| 0);
        }
    }

    /// The word at `offset`, in either of the two mappings.
    fn word(&self, offset: usize) -> &Atomic<u64> {
        &self.words[offset / 8 % self.words.len()]
    }

    /// Whether `address` is one of this area's.
    pub fn has(&self, address: *const u8) -> bool {
        address.addr() / BASE == self.base / BASE
    }

    /// The offset of `address`; `len` bytes from there must be mapped.
    fn offset(&self, address: *const u8, len: usize) -> usize {
        let offset = address.addr().checked_sub(self.base);
        let offset = offset.expect("a valid address");
        assert!(offset + len <= 2 * self.size(), "{len} bytes at {offset}");
        offset
    }

    /// Writes `len` bytes at `address`; `byte` says which.
    pub fn write(&self, address: *mut u8, len: usize, byte: impl Fn(usize) -> u8) {
        let offset = self.offset(address, len);
        let mut index = 0;
        while index < len {
            self.word(offset + index).plain_write(|word| {
                let mut bytes = word.to_le_bytes();
                while index < len {
                    let at = (offset + index) % 8;
                    bytes[at] = byte(index);
                    index += 1;
                    if at == 7 {
                        break;
                    }
                }
                u64::from_le_bytes(bytes)
            });
        }
    }

    /// Reads `len` bytes at `address`.
    pub fn read(&self, address: *const u8, len: usize) -> Vec<u8> {
        let offset = self.offset(address, len);
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let from = offset + bytes.len();
            let word = self.word(from).plain_read().to_le_bytes();
            let left = len - bytes.len();
            bytes.extend(word.into_iter().skip(from % 8).take(left));
        }
        bytes
    }

    /// Asserts that the memory from position `from` to `to` is zero.
    pub fn assert_zero(&self, from: u64, to: u64) {
        for pos in (from..to).step_by(8) {
            let word = self.word(pos as usize).plain_read();
            assert_eq!(word, 0, "free space at {pos} is not zero");
        }
    }
}
