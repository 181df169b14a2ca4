// SPDX-License-Identifier: GPL-2.0

//! The kernel's atomics, as far as the lane uses them, on top of loom's.
//!
//! # From the kernel's memory model to that of loom
//!
//! | kernel                        | here                                          |
//! |-------------------------------|-----------------------------------------------|
//! | load, store                   | the same, with the same order                 |
//! | `Relaxed`, `Acquire`, `Release` exchange | the same                           |
//! | `Full` exchange               | fence, acquire and release exchange, fence    |
//! | compare-exchange that fails   | relaxed load: the kernel promises no order.   |
//! |                               | After [`set_failures_stale`]`(true)` it may   |
//! |                               | find an old value, as such a load may         |
//! | `smp_mb()`                    | sequentially consistent fence                 |
//! | `smp_wmb()`                   | release fence                                 |
//!
//! After [`set_barriers_strong`]`(false)`, a `Full` exchange has no fences. What
//! holds then holds with them as well; and as loom's fences order all threads that have one, far
//! more than the kernel's do, faults would hide behind them.

use crate::hooks;
use std::cell::Cell;

std::thread_local! {
    // loom runs all threads of a model in one of the system's.
    static STRONG: Cell<bool> = const { Cell::new(true) };
    static STALE: Cell<bool> = const { Cell::new(false) };
}

/// Says whether full barriers are more than acquire and release, from now on.
pub fn set_barriers_strong(strong: bool) {
    STRONG.set(strong);
}

/// Says whether a compare-exchange may fail because of a value that was there before, from now on.
pub fn set_failures_stale(stale: bool) {
    STALE.set(stale);
}

fn full_barrier() {
    if STRONG.get() {
        loom::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    }
}

pub mod barrier {
    pub use super::atomic::Full;

    pub struct Write;

    pub trait Order {
        fn order();
    }

    impl Order for Full {
        fn order() {
            super::full_barrier();
        }
    }

    impl Order for Write {
        fn order() {
            loom::sync::atomic::fence(std::sync::atomic::Ordering::Release);
            // loom counts operations: what follows without one would belong to what is fenced.
            loom::sync::atomic::AtomicBool::new(false).load(std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// The kernel's barriers between CPUs.
    pub fn smp_mb<O: Order>(_: O) {
        super::hooks::point();
        O::order();
    }
}

pub mod atomic {
    use super::{full_barrier, hooks, STALE};
    use loom::cell::UnsafeCell;
    use loom::sync::atomic::AtomicU64;
    use std::marker::PhantomData;
    use std::mem::ManuallyDrop;
    use std::ptr;
    use std::sync::atomic::Ordering;

    pub struct Relaxed;
    pub struct Acquire;
    pub struct Release;
    pub struct Full;

    /// An order that an exchange may have.
    pub trait Order {
        const EXCHANGE: Ordering;
        const FULL: bool = false;
    }
    impl Order for Relaxed {
        const EXCHANGE: Ordering = Ordering::Relaxed;
    }
    impl Order for Acquire {
        const EXCHANGE: Ordering = Ordering::Acquire;
    }
    impl Order for Release {
        const EXCHANGE: Ordering = Ordering::Release;
    }
    impl Order for Full {
        const EXCHANGE: Ordering = Ordering::AcqRel;
        const FULL: bool = true;
    }

    /// An order that a load may have.
    pub trait LoadOrder: Order {}
    impl LoadOrder for Relaxed {}
    impl LoadOrder for Acquire {}

    /// An order that a store may have.
    pub trait StoreOrder: Order {}
    impl StoreOrder for Relaxed {}
    impl StoreOrder for Release {}

    /// What an [`Atomic`] may hold.
    pub trait Value: Copy {
        fn pack(self) -> u64;
        fn unpack(word: u64) -> Self;
    }
    impl Value for u64 {
        fn pack(self) -> u64 {
            self
        }
        fn unpack(word: u64) -> Self {
            word
        }
    }
    impl Value for bool {
        fn pack(self) -> u64 {
            self.into()
        }
        fn unpack(word: u64) -> Self {
            word != 0
        }
    }

    pub struct Atomic<T> {
        word: AtomicU64,
        /// Finds races, where the word is accessed plainly as well and `word` cannot do it alone.
        race: Option<UnsafeCell<()>>,
        _value: PhantomData<T>,
    }

    impl<T: Value> Atomic<T> {
        pub fn new(value: T) -> Self {
            Self {
                word: AtomicU64::new(value.pack()),
                race: None,
                _value: PhantomData,
            }
        }

        /// An access that must not be at the same time as a plain write.
        fn atomic_access(&self) {
            hooks::point();
            if let Some(race) = &self.race {
                if !hooks::is_looking() {
                    race.with(|_| ());
                }
            }
        }

        pub fn load<O: LoadOrder>(&self, _: O) -> T {
            self.atomic_access();
            T::unpack(self.word.load(O::EXCHANGE))
        }

        pub fn store<O: StoreOrder>(&self, value: T, _: O) {
            self.atomic_access();
            self.word.store(value.pack(), O::EXCHANGE);
        }

        pub fn xchg<O: Order>(&self, value: T, _: O) -> T {
            self.atomic_access();
            Self::exchange::<O, _>(|| self.word.swap(value.pack(), O::EXCHANGE)).0
        }

        pub fn cmpxchg<O: Order>(&self, old: T, new: T, _: O) -> Result<T, T> {
            self.atomic_access();
            if STALE.get() {
                // loom's compare-exchange finds the newest value, always.
                let seen = self.word.load(Ordering::Relaxed);
                if seen != old.pack() {
                    return Err(T::unpack(seen));
                }
            }
            let (value, done) = Self::exchange::<O, _>(|| {
                let (old, new) = (old.pack(), new.pack());
                self.word
                    .compare_exchange(old, new, O::EXCHANGE, Ordering::Relaxed)
            });
            if done {
                Ok(value)
            } else {
                Err(value)
            }
        }

        fn exchange<O: Order, R: Outcome>(run: impl FnOnce() -> R) -> (T, bool) {
            if O::FULL {
                full_barrier();
            }
            let (word, done) = run().outcome();
            if O::FULL && done {
                full_barrier();
            }
            (T::unpack(word), done)
        }
    }

    /// What an exchange found, and whether it was done.
    trait Outcome {
        fn outcome(self) -> (u64, bool);
    }
    impl Outcome for u64 {
        fn outcome(self) -> (u64, bool) {
            (self, true)
        }
    }
    impl Outcome for Result<u64, u64> {
        fn outcome(self) -> (u64, bool) {
            (self.unwrap_or_else(|now| now), self.is_ok())
        }
    }

    impl Atomic<u64> {
        /// A word of an area. If it is `looked` at, a load in a look may find it in any use.
        pub fn new_word(looked: bool) -> Self {
            Self {
                race: looked.then(|| UnsafeCell::new(())),
                ..Self::new(0)
            }
        }

        pub fn fetch_add<O: Order>(&self, value: u64, _: O) -> u64 {
            self.atomic_access();
            Self::exchange::<O, _>(|| self.word.fetch_add(value, O::EXCHANGE)).0
        }

        pub fn add(&self, value: u64, _: Relaxed) {
            self.fetch_add(value, Relaxed);
        }

        /// A plain access that writes: `change` gets what is there, and says what shall be.
        pub fn plain_write(&self, change: impl FnOnce(u64) -> u64) {
            if let Some(race) = &self.race {
                race.with_mut(|_| ());
                let value = self.word.load(Ordering::Relaxed);
                self.word.store(change(value), Ordering::Relaxed);
            } else {
                // SAFETY: The twin is never dropped, and is nothing but a handle of loom's. loom
                // fails the model if another access is at the same time.
                let mut twin = ManuallyDrop::new(unsafe { ptr::read(&self.word) });
                twin.with_mut(|value| *value = change(*value));
            }
        }

        /// A plain access that reads.
        pub fn plain_read(&self) -> u64 {
            if let Some(race) = &self.race {
                race.with(|_| ());
                self.word.load(Ordering::Relaxed)
            } else {
                // SAFETY: loom fails the model if a write is at the same time.
                unsafe { self.word.unsync_load() }
            }
        }
    }
}
