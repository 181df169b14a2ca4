// SPDX-License-Identifier: GPL-2.0

//! The place that the files under test have in the kernel, and what they find around them there.

include!(concat!(env!("OUT_DIR"), "/source.rs"));

mod area;
mod many;
pub mod models;
mod queue;
mod world;
