// SPDX-License-Identifier: GPL-2.0

//! error[E0133]: an init() that fails after this frees a module with open files.

use kernel::{
    chrdev::{Class, Operations, Region, Registration},
    fs::File,
    prelude::*,
    sync::Arc,
};

module! {
    type: Snippet,
    name: "chrdev_may_fail",
    authors: ["Bufflink"],
    license: "GPL",
}

struct Snippet {
    _files: Registration<Device>,
}

static CLASS: Class = Class::new(c"snippet");

struct Device;

#[vtable]
impl Operations for Device {
    type Ptr = KBox<u32>;

    fn open(minor: u32, _file: &File) -> Result<KBox<u32>> {
        Ok(KBox::new(minor, GFP_KERNEL)?)
    }
}

impl kernel::Module for Snippet {
    #[cfg(refused)]
    fn init(module: &'static ThisModule) -> Result<Self> {
        let region = Arc::new(Region::new(&CLASS, 0, 1)?, GFP_KERNEL)?;
        let _files: Registration<Device> = Registration::new(region, module)?;
        Err(EINVAL)
    }

    #[cfg(not(refused))]
    fn init(module: &'static ThisModule) -> Result<Self> {
        let region = Arc::new(Region::new(&CLASS, 0, 1)?, GFP_KERNEL)?;
        // SAFETY: This is the module with the code of `Device`, and nothing fails after this.
        let _files = unsafe { Registration::new(region, module)? };
        Ok(Self { _files })
    }
}
