// SPDX-License-Identifier: GPL-2.0

//! The kernel's monotonic clock, which stands still here.

use std::marker::PhantomData;

pub struct Monotonic;

pub struct Instant<C>(PhantomData<C>);

impl<C> Instant<C> {
    pub fn now() -> Self {
        Self(PhantomData)
    }

    pub fn as_nanos(&self) -> i64 {
        1
    }
}
