// SPDX-License-Identifier: GPL-2.0

//! error[E0133]: a file that is on the list when it is freed stays there.

use kernel::{
    fs::{fasync::FasyncList, File},
    prelude::*,
};

module! {
    type: Snippet,
    name: "fasync_forgotten",
    authors: ["Bufflink"],
    license: "GPL",
}

struct Snippet;

impl kernel::Module for Snippet {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}

#[cfg(refused)]
pub fn fasync(list: &FasyncList, file: &File) -> Result {
    list.update(0, file, true)
}

#[cfg(not(refused))]
pub fn fasync(list: &FasyncList, file: &File) -> Result {
    // SAFETY: Never called.
    unsafe { list.update(0, file, true) }
}
