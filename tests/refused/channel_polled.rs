// SPDX-License-Identifier: GPL-2.0

//! error[E0133]: the channel may be gone before the file that is polled.

use kernel::{bufflink::Shared, fs::File, prelude::*, sync::poll::PollTable};

module! {
    type: Snippet,
    name: "channel_polled",
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
pub fn poll(channel: &Shared, file: &File, table: &PollTable<'_>) {
    channel.readers().poll_wait(file, table);
}

#[cfg(not(refused))]
pub fn poll(channel: &Shared, file: &File, table: &PollTable<'_>) {
    // SAFETY: Never called.
    unsafe { channel.readers().poll_wait(file, table) };
}
