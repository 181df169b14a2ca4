// SPDX-License-Identifier: GPL-2.0

//! Looks at the head of the ring by a thread that is not the consumer.

use super::{
    super::{
        ring::AtHead,
        world::{Plan, Reader, World},
    },
    Run,
};
use loom::{sync::atomic::AtomicBool, thread};
use std::{rc::Rc, sync::atomic::Ordering};

/// The payload of a record looks as the header of a committed one would, of 8 bytes.
fn mimic(_: u8, index: usize) -> u8 {
    [8, 0, 0, 0, 1, 0, 0, 0][index % 8]
}

/// The payload of a record looks as free space does.
fn zeroes(_: u8, _: usize) -> u8 {
    0
}

/// While the consumer goes on by what `read` does, there is always a record to see.
fn goes_on(run: &Run, read: fn(&mut Reader)) {
    run.check(move || {
        let (world, mut reader) = World::new(Plan::new(64).looked());
        world.append_all(&[1, 2, 3], 8);
        let looker = thread::spawn(move || {
            assert_eq!(
                world.check_head(),
                AtHead::Data,
                "a record is there all the time"
            );
        });
        read(&mut reader);
        looker.join().unwrap();
        reader.finish();
    });
}

/// From one record to the next.
pub fn moves(run: &Run) {
    goes_on(run, |reader| {
        reader.read_some(8, 8);
        reader.read_some(8, 8);
    });
}

/// From the first record to the last in one step.
pub fn leaps(run: &Run) {
    goes_on(run, |reader| {
        reader.peek_some(16, 16);
    });
}

/// Discarded records do not hide what is behind them, nor are they taken for it.
pub fn discarded(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).looked());
        let first = world.reserve(1, 8).expect("the ring is empty");
        world.discard(first);
        assert_eq!(world.check_head(), AtHead::Discarded);
        let other = world.clone();
        let looker = thread::spawn(move || {
            let before = other.appended();
            let seen = other.check_head();
            assert_ne!(seen, AtHead::Shut);
            // The book may be ahead of what the looker can know, but is never behind.
            if seen == AtHead::Data {
                assert!(before + other.appended() > 0, "there is no record");
            }
        });
        let producer = thread::spawn(move || {
            let slot = world.reserve(2, 8).expect("the ring is empty");
            world.discard(slot);
            world.append(3, 8);
        });
        reader.read();
        looker.join().unwrap();
        producer.join().unwrap();
        reader.finish();
    });
}

/// A look as the ring is used again: it may read payload where a header was, and not see that
/// `head` has moved on. The kernel's memory model and this one allow that, as the payload is not
/// published yet, though no known machine does it. So while the record is in the making a look may
/// be wrong, whatever the payload; but it ends, and is right once the record is committed.
pub fn reused(run: &Run) {
    for payload in [zeroes, mimic] {
        run.check(move || {
            let (world, mut reader) = World::new(Plan::new(64).looked().payload(payload));
            world.append_all(&[1, 2], 8);
            let (other, looker) = (world.clone(), world.clone());
            let told = Rc::new(AtomicBool::new(false));
            let hears = told.clone();
            // It covers the header of record 1.
            let producer = thread::spawn(move || {
                other.append(3, 32);
                told.store(true, Ordering::Release);
            });
            let looker = thread::spawn(move || {
                let committed = hears.load(Ordering::Acquire);
                let seen = looker.check_head();
                assert_ne!(seen, AtHead::Shut);
                assert!(seen == AtHead::Data || !committed, "a record is not seen");
            });
            reader.read_some(8, 8);
            producer.join().unwrap();
            looker.join().unwrap();
            assert_eq!(world.check_head(), AtHead::Data);
            reader.finish();
        });
    }
}

/// The end is not seen while anything is left, and a shut lane that is empty is at its end.
pub fn end(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(32).looked());
        world.append_all(&[1, 2], 8);
        world.lane.ring.shut();
        let looker = thread::spawn(move || {
            assert_eq!(
                world.check_head(),
                AtHead::Data,
                "a record is there all the time"
            );
        });
        reader.read_some(8, 8);
        looker.join().unwrap();
        reader.finish();
    });
}
