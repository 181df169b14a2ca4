// SPDX-License-Identifier: GPL-2.0

//! A producer that another one interrupts, on the same CPU, wherever it is.

use super::{
    super::world::{Plan, World},
    Run,
};
use crate::hooks;
use loom::thread;
use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
};

/// Runs `case` for each point at which an interrupt can come; it sets the flag if one came.
pub fn everywhere(mut case: impl FnMut(usize, &Arc<AtomicBool>)) {
    for after in 0.. {
        let came = Arc::new(AtomicBool::new(false));
        case(after, &came);
        if !came.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// Appends record 1, with `handler` as an interrupt after `after` operations.
fn append_interrupted(world: &Rc<World>, after: usize, handler: impl FnOnce(&World) + 'static) {
    let (outer, inner) = (world.clone(), world.clone());
    hooks::interrupted(
        after,
        move || handler(&inner),
        move || {
            outer.append(1, 8);
        },
    );
}

/// The interrupt appends two records, the ring has room for three.
pub fn nested(run: &Run) {
    everywhere(|after, came| {
        let came = came.clone();
        run.check(move || {
            let came = came.clone();
            let (world, mut reader) = World::new(Plan::new(32));
            let producer = thread::spawn(move || {
                append_interrupted(&world, after, move |world| {
                    came.store(true, Ordering::Relaxed);
                    world.append_all(&[2, 3], 8);
                });
                world.append(4, 8);
            });
            reader.read();
            reader.read();
            producer.join().unwrap();
            reader.finish();
        });
    });
}

/// The interrupt gives one record up and appends another.
pub fn nested_discard(run: &Run) {
    everywhere(|after, came| {
        let came = came.clone();
        run.check(move || {
            let came = came.clone();
            let (world, mut reader) = World::new(Plan::new(64));
            let producer = thread::spawn(move || {
                append_interrupted(&world, after, move |world| {
                    came.store(true, Ordering::Relaxed);
                    if let Ok(slot) = world.reserve(2, 8) {
                        world.discard(slot);
                    }
                    world.append(3, 8);
                });
                world.append(4, 8);
            });
            reader.read();
            reader.read();
            producer.join().unwrap();
            reader.finish();
        });
    });
}

/// Records go through the ring while a producer is held up, twice. There is room for one more at
/// each moment, so it must find it, however old what it has read is.
pub fn held_up(run: &Run) {
    everywhere(|after, came| {
        everywhere(|again, both| {
            let (came, both) = (came.clone(), both.clone());
            run.check(move || {
                let (came, both) = (came.clone(), both.clone());
                let (world, reader) = World::new(Plan::new(32));
                let reader = Rc::new(RefCell::new(reader));
                let (passing, inner) = (reader.clone(), world.clone());
                let pass = move || {
                    for id in 2..6 {
                        inner.append(id, 8);
                        passing.borrow_mut().read();
                    }
                };
                let once_more = pass.clone();
                hooks::interrupted(
                    after,
                    move || {
                        came.store(true, Ordering::Relaxed);
                        pass();
                        hooks::interrupt_again(again, move || {
                            both.store(true, Ordering::Relaxed);
                            once_more();
                        });
                    },
                    || assert!(world.append(1, 8), "there was room all the time"),
                );
                let reader = Rc::into_inner(reader).expect("the interrupts are over");
                reader.into_inner().finish();
            });
        });
    });
}

/// The interrupt is interrupted.
pub fn nested_twice(run: &Run) {
    everywhere(|after, came| {
        everywhere(|again, both| {
            let (came, both) = (came.clone(), both.clone());
            run.check(move || {
                let (came, both) = (came.clone(), both.clone());
                let (world, mut reader) = World::new(Plan::new(64));
                let producer = thread::spawn(move || {
                    let outer = world.clone();
                    append_interrupted(&world, after, move |_| {
                        came.store(true, Ordering::Relaxed);
                        let (middle, inner) = (outer.clone(), outer);
                        hooks::interrupted(
                            again,
                            move || {
                                both.store(true, Ordering::Relaxed);
                                inner.append(3, 8);
                            },
                            move || {
                                middle.append(2, 8);
                            },
                        );
                    });
                });
                reader.read();
                reader.read();
                producer.join().unwrap();
                reader.finish();
            });
        });
    });
}
