// SPDX-License-Identifier: GPL-2.0

//! error[E0478]: a work that was leaked while it was queued runs after the borrow has ended.

use kernel::{
    impl_has_irq_work,
    irq_work::{IrqWork, IrqWorkCallback},
    prelude::*,
    sync::atomic::Atomic,
};

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

#[pin_data]
struct Borrows<'a> {
    count: &'a Atomic<u32>,
    #[pin]
    work: IrqWork<Self>,
}

impl_has_irq_work! {
    impl{'a} HasIrqWork for Borrows<'a> { self.work }
}

#[cfg(refused)]
impl<'a> IrqWorkCallback for Borrows<'a> {
    fn run(this: Pin<&Self>) {
        let _ = this.count;
    }
}

#[cfg(not(refused))]
impl IrqWorkCallback for Borrows<'static> {
    fn run(this: Pin<&Self>) {
        let _ = this.count;
    }
}
