// SPDX-License-Identifier: GPL-2.0

//! Producers and a consumer.

use super::{
    super::world::{Plan, World},
    Run,
};
use loom::{sync::atomic::AtomicBool, thread};
use std::{rc::Rc, sync::atomic::Ordering};

/// Two records fill the ring: it fills, runs over and wraps.
pub fn one_producer(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(32));
        let producer = thread::spawn(move || world.append_all(&[1, 2, 3, 4], 8));
        reader.read();
        reader.read();
        producer.join().unwrap();
        reader.finish();
    });
}

fn two(run: &Run, plan: Plan) {
    run.check(move || {
        let (world, mut reader) = World::new(plan);
        let other = world.clone();
        let a = thread::spawn(move || world.append_all(&[1, 2], 8));
        let b = thread::spawn(move || other.append_all(&[3], 8));
        reader.read();
        reader.read();
        a.join().unwrap();
        b.join().unwrap();
        reader.finish();
    });
}

/// Nobody may be told that there is no room.
pub fn two_producers(run: &Run) {
    two(run, Plan::new(64).roomy());
}

/// The ring is too small for what both append.
pub fn two_producers_overrun(run: &Run) {
    two(run, Plan::new(16));
}

pub fn three_producers(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(32));
        let producers = [1, 2, 3].map(|id| {
            let world: Rc<World> = world.clone();
            thread::spawn(move || world.append(id, 8))
        });
        reader.read();
        reader.read();
        for producer in producers {
            producer.join().unwrap();
        }
        reader.finish();
    });
}

/// Who asks whether there is room hears that there is, if there was all the time.
pub fn room(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).roomy());
        let other = world.clone();
        let producer = thread::spawn(move || world.append_all(&[1, 2], 8));
        let asker = thread::spawn(move || {
            assert!(
                other.lane.ring.has_room(8),
                "there is room, and nobody says so"
            );
        });
        reader.read();
        producer.join().unwrap();
        asker.join().unwrap();
        reader.finish();
    });
}

/// One thread does `first` and then tells of it. Another one does `second`, which gets whether it
/// has heard of it before. `beside` is for a third.
pub fn told(
    first: impl FnOnce() + 'static,
    second: impl FnOnce(bool) + 'static,
    beside: impl FnOnce(),
) {
    let told = Rc::new(AtomicBool::new(false));
    let hears = told.clone();
    let a = thread::spawn(move || {
        first();
        told.store(true, Ordering::Release);
    });
    let b = thread::spawn(move || second(hears.load(Ordering::Acquire)));
    beside();
    a.join().unwrap();
    b.join().unwrap();
}

/// Who appends after it has heard of another's append comes after it.
pub fn causality(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).roomy());
        let other = world.clone();
        let first = move || {
            world.append(1, 8);
        };
        let second = move |after| {
            other.append(2, 8);
            if after {
                other.must_be_ordered(1, 2);
            }
        };
        told(first, second, || {
            reader.read();
        });
        reader.finish();
    });
}
