// SPDX-License-Identifier: GPL-2.0

//! error[E0133]: pollers may still be on the queue when it is dropped.

use kernel::{fs::File, prelude::*, sync::poll::PollTable, wait::WaitQueue};

module! {
    type: Snippet,
    name: "wait_queue_polled",
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
pub fn poll(queue: &WaitQueue, file: &File, table: &PollTable<'_>) {
    queue.poll_wait(file, table);
}

#[cfg(not(refused))]
pub fn poll(queue: &WaitQueue, file: &File, table: &PollTable<'_>) {
    // SAFETY: Never called.
    unsafe { queue.poll_wait(file, table) };
}
