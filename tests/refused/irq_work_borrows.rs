// SPDX-License-Identifier: GPL-2.0

//! error[E0478]: a work that was leaked while it was queued runs after the borrow has ended.

use kernel::{irq_work::Handler, prelude::*, sync::atomic::Atomic};

module! {
    type: Snippet,
    name: "irq_work_borrows",
    authors: ["Bufflink"],
    license: "GPL",
}

struct Snippet;

impl kernel::Module for Snippet {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}

struct Work<'a>(&'a Atomic<u32>);

#[cfg(refused)]
impl<'a> Handler for Work<'a> {
    fn run(&self) {
        let _ = self.0;
    }
}

#[cfg(not(refused))]
impl Handler for Work<'static> {
    fn run(&self) {
        let _ = self.0;
    }
}
