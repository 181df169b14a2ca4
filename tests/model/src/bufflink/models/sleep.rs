// SPDX-License-Identifier: GPL-2.0

//! Readers who sleep. A lost wake-up shows as a reader that nobody will wake any more.

use super::{
    super::{
        ring::AtHead,
        threshold::ANY,
        world::{Plan, Reader, World},
    },
    Run,
};
use loom::{sync::Mutex, thread};
use std::rc::Rc;

/// Sleeps until `look` sees something, as `Shared::wait_data` does. Returns `false` if a record is
/// in the making: then there is a watch, which is over when all producers have ended.
fn wait(world: &World, look: impl Fn() -> AtHead) -> bool {
    loop {
        let ticket = world.queue.join();
        world.lane.threshold.arm(ANY);
        match look() {
            AtHead::Empty => world.queue.sleep(ticket),
            seen => return seen != AtHead::InFlight,
        }
    }
}

/// Reads until `count` records are read, and sleeps where nothing is there.
fn read_all(world: &World, reader: &mut Reader, count: usize) {
    while reader.records() < count {
        if reader.read().bytes == 0 && !wait(world, || world.check_head()) {
            return;
        }
    }
}

/// The threshold is armed and disarmed, and only one of the tasks that disarm it is told so.
pub fn flag(run: &Run) {
    run.check(|| {
        let (world, _) = World::new(Plan::new(32));
        let threshold = &world.lane.threshold;
        assert!(
            !threshold.is_armed() && !threshold.is_reached(u64::MAX / 2) && !threshold.disarm()
        );
        threshold.arm(24);
        assert!(threshold.is_armed() && threshold.is_reached(24) && !threshold.is_reached(23));
        threshold.arm(ANY);
        assert!(threshold.is_armed() && threshold.is_reached(1));
        let other = world.clone();
        let thread = thread::spawn(move || other.lane.threshold.disarm());
        let disarmed = threshold.disarm();
        assert_ne!(thread.join().unwrap(), disarmed, "one of the two wakes");
        assert!(!threshold.is_armed() && !threshold.is_reached(1));
    });
}

/// The reader sleeps as the lane is shut, and gets what is there and then the end.
pub fn shut(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_sleepers());
        let other = world.clone();
        let owner = thread::spawn(move || {
            other.append(1, 8);
            other.lane.ring.shut();
            other.queue.wake_all();
        });
        let ended = loop {
            if world.check_head() == AtHead::Shut {
                break true;
            }
            if reader.read().bytes == 0 && !wait(&world, || world.check_head()) {
                break false;
            }
        };
        assert!(
            !ended || reader.records() == 1,
            "the end came before the record"
        );
        owner.join().unwrap();
        reader.finish();
    });
}

/// A reader that sleeps where nothing is there gets all `count` records of `producer`.
fn gets_all(run: &Run, count: usize, producer: fn(&World)) {
    run.check(move || {
        let (world, mut reader) = World::new(Plan::new(64).with_sleepers());
        let other = world.clone();
        let producer = thread::spawn(move || producer(&other));
        read_all(&world, &mut reader, count);
        producer.join().unwrap();
        if reader.records() < count {
            // The watch is over.
            assert!(!world.check_head().is_idle(), "a record is not seen");
        }
        reader.finish();
    });
}

pub fn commit(run: &Run) {
    gets_all(run, 1, |world| {
        world.append(1, 8);
    });
}

/// The reader sleeps again after it was woken.
pub fn again(run: &Run) {
    gets_all(run, 2, |world| world.append_all(&[1, 2], 8));
}

/// The record behind a discarded one was committed, and its wake-up spent, before.
pub fn discard(run: &Run) {
    gets_all(run, 1, |world| {
        let first = world.reserve(1, 8).expect("the ring is empty");
        world.append(2, 8);
        world.discard(first);
    });
}

/// A poller waits for the news of a loss.
pub fn loss(run: &Run) {
    run.check(|| {
        let (world, reader) = World::new(Plan::new(16).with_sleepers());
        world.append(1, 8);
        let other = world.clone();
        let producer = thread::spawn(move || other.append(2, 8));
        wait(&world, || match world.lost().records {
            0 => AtHead::Empty,
            _ => AtHead::Data,
        });
        assert!(!producer.join().unwrap());
        reader.finish();
    });
}

pub fn two_producers(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_sleepers());
        let producers = [1, 2].map(|id| {
            let world = world.clone();
            thread::spawn(move || world.append(id, 8))
        });
        read_all(&world, &mut reader, 2);
        for producer in producers {
            producer.join().unwrap();
        }
        reader.finish();
    });
}

/// A poller arms the threshold though there is something to read, beside a reader that sleeps.
pub fn rearm(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_sleepers().looked());
        let (other, polled) = (world.clone(), world.clone());
        let producer = thread::spawn(move || other.append_all(&[1, 2], 8));
        let poller = thread::spawn(move || {
            let ticket = polled.queue.join();
            polled.lane.threshold.arm(ANY);
            (ticket, polled.check_head())
        });
        while reader.read_some(8, 8).records == 0 {
            if !wait(&world, || world.check_head()) {
                break;
            }
        }
        producer.join().unwrap();
        let (ticket, seen) = poller.join().unwrap();
        // What a poller was not told of, it is woken for, or has a watch.
        assert!(
            seen != AtHead::Empty || world.queue.is_woken(ticket),
            "a wake-up is lost"
        );
        reader.finish();
    });
}

/// Two readers share what there is, a record each.
pub fn two_readers(run: &Run) {
    run.check(|| {
        let (world, reader) = World::new(Plan::new(64).with_sleepers().looked());
        let reader = Rc::new(Mutex::new(reader));
        let readers = [0, 1].map(|_| {
            let (world, reader) = (world.clone(), reader.clone());
            thread::spawn(move || loop {
                if reader.lock().unwrap().read_some(8, 8).bytes != 0
                    || !wait(&world, || world.check_head())
                {
                    return;
                }
            })
        });
        world.append_all(&[1, 2], 8);
        for reader in readers {
            reader.join().unwrap();
        }
        let reader = Rc::into_inner(reader).expect("the readers have ended");
        reader.into_inner().unwrap().finish();
    });
}

/// Two readers sleep, and one of them is woken for a record. Each reads one, and wakes the next one
/// if it was woken and leaves something.
pub fn one_by_one(run: &Run) {
    run.check(|| {
        let plan = Plan::new(64).one_by_one().looked();
        let (world, reader) = World::new(plan);
        let reader = Rc::new(Mutex::new(reader));
        let watch = Rc::new(Mutex::new(Watch::None));
        let readers = [0, 1].map(|id| {
            let (world, reader, watch) = (world.clone(), reader.clone(), watch.clone());
            // As `Shared::arm_and_check` does.
            let is_readable_soon = move |world: &World| {
                world.lane.threshold.arm(ANY);
                match world.check_head() {
                    AtHead::InFlight => watch.lock().unwrap().is_over(),
                    seen => !seen.is_idle(),
                }
            };
            // As `Reader::read` does.
            thread::spawn(move || {
                let mut slept = false;
                while reader.lock().unwrap().read_some(8, 8).bytes == 0 {
                    slept = true;
                    world.line.wait(id, || is_readable_soon(&world));
                }
                // The producer may have disarmed the threshold while this reader was about to look.
                if slept {
                    world.lane.threshold.arm(ANY);
                    if !world.check_head().is_empty() {
                        world.line.wake_one();
                    }
                }
            })
        });
        world.append_all(&[1, 2], 8);
        if watch.lock().unwrap().end() {
            world.line.wake_all();
        }
        for reader in readers {
            reader.join().unwrap();
        }
        let reader = Rc::into_inner(reader).expect("the readers have ended");
        reader.into_inner().unwrap().finish();
    });
}

/// The watch of those who find a record in the making: when it is over, nothing is any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    None,
    On,
    Over,
}

impl Watch {
    /// Begins it. Returns whether it is over already.
    fn is_over(&mut self) -> bool {
        if *self == Self::None {
            *self = Self::On;
        }
        *self == Self::Over
    }

    /// Returns whether there was one.
    fn end(&mut self) -> bool {
        let was = *self;
        *self = Self::Over;
        was == Self::On
    }
}

/// The ring is used again while a reader looks: it may read payload where a header was, and be
/// wrong for a moment, but not sleep over a record.
pub fn reused(run: &Run) {
    run.check(|| {
        let plan = Plan::new(64).with_sleepers().looked().payload(|_, _| 0);
        let (world, mut reader) = World::new(plan);
        world.append_all(&[1, 2], 8);
        let (other, polled) = (world.clone(), world.clone());
        let producer = thread::spawn(move || other.append(3, 32));
        let poller = thread::spawn(move || {
            let ticket = polled.queue.join();
            polled.lane.threshold.arm(ANY);
            (ticket, polled.check_head())
        });
        reader.read_some(8, 8);
        producer.join().unwrap();
        let (ticket, seen) = poller.join().unwrap();
        assert!(
            seen != AtHead::Empty || world.queue.is_woken(ticket),
            "a wake-up is lost"
        );
        reader.finish();
    });
}
