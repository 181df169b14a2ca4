// SPDX-License-Identifier: GPL-2.0

//! Readers who sleep until there is more than a record. A lost wake-up shows as a reader that nobody
//! will wake any more.

use super::{
    super::{
        lane,
        many::{Many, Stamped, SPAN},
        ring::{AtHead, Ring, Unstamped},
        threshold::{Threshold, ANY},
        watermark::Wish,
        world::{Plan, Reader, World},
    },
    Run,
};
use crate::hooks;
use loom::thread::{self, JoinHandle};
use std::rc::Rc;

/// Two records of 8 bytes.
const TWO: u64 = 32;

/// Sleeps until the watermark is reached, as `Reader::read` does, and reads what is there then. If
/// a record is in the making, there is a watch, which is over when the `producers` have ended.
fn read_at_mark(world: &World, reader: &mut Reader, producers: &mut Vec<JoinHandle<()>>) {
    loop {
        let ticket = world.queue.join();
        match reader.look_and_arm() {
            AtHead::Empty => world.queue.sleep(ticket),
            AtHead::InFlight => {
                join(producers);
                let seen = reader.look_and_arm();
                assert!(!seen.is_idle(), "the mark is not seen");
            }
            AtHead::Discarded => _ = reader.read_some(0, 0),
            _ => break,
        }
    }
    let taken = world.lane.ring.taken() - world.lane.ring.head();
    assert!(taken >= TWO, "the mark is not reached");
    assert!(reader.read().records != 0, "there is nothing to read");
}

fn join(producers: &mut Vec<JoinHandle<()>>) {
    for producer in producers.drain(..) {
        producer.join().unwrap();
    }
}

/// A record reaches the threshold just if it ends where the threshold was armed, or behind.
pub fn lengths(run: &Run) {
    run.check(|| {
        for len in 1..=24 {
            let (world, mut reader) = World::new(Plan::new(64).with_sleepers());
            assert!(world.append(1, 8));
            let end = 16 + (8 + len as u64).next_multiple_of(8);
            for (target, is_reached) in [(end - 8, true), (end, true), (end + 8, false)] {
                world.lane.threshold.disarm();
                world.lane.threshold.arm(Ring::<Unstamped>::reach(target));
                let reach = 16 + len as u64;
                assert_eq!(
                    world.lane.threshold.is_reached(reach),
                    is_reached,
                    "{len} bytes"
                );
            }
            assert!(!world.lane.ring.is_reserved(end));
            assert!(world.append(2, len));
            assert!(world.lane.ring.is_reserved(end) && !world.lane.ring.is_reserved(end + 8));
            assert_eq!(reader.read_some(8, 8).records, 1);
            assert_eq!(world.lane.ring.head(), 16);
            assert_eq!(world.lane.ring.taken(), end);
            world.lane.ring.shut();
            assert!(world.lane.ring.is_reserved(end + 8));
            assert_eq!(world.lane.ring.taken(), end);
            reader.finish();
        }
    });
}

/// Nobody is woken before the record that reaches the mark, neither at first nor later.
pub fn early(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_mark(TWO));
        for _ in 0..2 {
            let ticket = world.queue.join();
            assert_eq!(reader.look_and_arm(), AtHead::Empty);
            world.append(1, 8);
            assert!(world.lane.threshold.is_armed() && !world.queue.is_woken(ticket));
            // As if somebody else had armed the threshold.
            world.lane.threshold.arm(ANY);
            world.append(2, 8);
            assert!(!world.lane.threshold.is_armed() && world.queue.is_woken(ticket));
            assert_eq!(reader.read().records, 2);
            let ticket = world.queue.join();
            assert_eq!(reader.look_and_arm(), AtHead::Empty);
            world.lane.threshold.arm(ANY);
            world.append(3, 8);
            assert!(world.lane.threshold.is_armed() && !world.queue.is_woken(ticket));
            world.append(4, 8);
            assert!(world.queue.is_woken(ticket));
            reader.read();
        }
        reader.finish();
    });
}

/// A reader sleeps at the mark while `producers` append two records between them.
fn woken(run: &Run, producers: &'static [fn(&World)]) {
    run.check(move || {
        let (world, mut reader) = World::new(Plan::new(64).with_mark(TWO));
        let mut producers: Vec<_> = producers
            .iter()
            .map(|append| {
                let world = world.clone();
                thread::spawn(move || append(&world))
            })
            .collect();
        read_at_mark(&world, &mut reader, &mut producers);
        join(&mut producers);
        reader.finish();
    });
}

pub fn one_producer(run: &Run) {
    woken(run, &[|world| world.append_all(&[1, 2], 8)]);
}

/// The records are committed in any order. The one that reaches the watermark may be there before
/// the reader arms the threshold, and the one in front of it not.
pub fn two_producers(run: &Run) {
    woken(
        run,
        &[
            |world| assert!(world.append(1, 8)),
            |world| assert!(world.append(2, 8)),
        ],
    );
}

/// A record in front of those that reach the mark is discarded.
pub fn discard(run: &Run) {
    woken(
        run,
        &[|world| {
            let first = world.reserve(1, 8).expect("the ring is empty");
            world.append(2, 8);
            world.append(3, 8);
            world.discard(first);
        }],
    );
}

/// The threshold is armed for any record, so that the first one starts the timer: its producer
/// disarms the threshold, and the work arms it again, while the second record is appended.
pub fn first_record(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_mark(TWO));
        let mut producers = Vec::from([1, 2].map(|id| {
            let world = world.clone();
            thread::spawn(move || assert!(world.append(id, 8)))
        }));
        world.lane.threshold.arm(ANY);
        read_at_mark(&world, &mut reader, &mut producers);
        join(&mut producers);
        reader.finish();
    });
}

/// The same with the ring in use: the target moves on with the head.
pub fn again(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_mark(TWO));
        world.append(1, 8);
        let other = world.clone();
        let mut producers = vec![thread::spawn(move || other.append_all(&[2, 3, 4], 8))];
        read_at_mark(&world, &mut reader, &mut producers);
        while reader.records() <= 2 {
            read_at_mark(&world, &mut reader, &mut producers);
        }
        join(&mut producers);
        reader.finish();
    });
}

/// A reader waits for any record beside one at the mark: who waits for less is woken first.
pub fn less(run: &Run) {
    run.check(|| {
        let (world, reader) = World::new(Plan::new(64).with_mark(TWO));
        let (other, waits) = (world.clone(), world.clone());
        let producer = thread::spawn(move || assert!(other.append(1, 8)));
        let less = thread::spawn(move || loop {
            let ticket = waits.queue.join();
            waits.arm();
            if waits.check_head() != AtHead::Empty {
                break;
            }
            waits.queue.sleep(ticket);
        });
        let seen = reader.look_and_arm();
        assert_eq!(seen, AtHead::Empty, "there is one record at most");
        producer.join().unwrap();
        less.join().unwrap();
        reader.finish();
    });
}

/// The threshold was armed already, for less than the watermark, when the reader made its wish. The
/// task that disarms it sees the wish, or the reader arms it.
pub fn wish(run: &Run) {
    run.check(|| {
        let threshold = Rc::new(Threshold::new());
        let wish = Rc::new(Wish::new());
        threshold.arm(ANY);
        let (other, seen) = (threshold.clone(), wish.clone());
        let work = thread::spawn(move || {
            let disarmed = other.disarm();
            assert!(disarmed);
            (seen.taken(), seen.patience())
        });
        wish.make(TWO, 1000);
        threshold.arm(ANY);
        let seen = work.join().unwrap();
        assert!(
            threshold.is_armed() || seen == (Some(TWO), Some(1000)),
            "nobody knows of it"
        );
    });
}

/// Two producers fill two lanes between them, or one of these alone.
fn together(run: &Run, lanes: [usize; 3]) {
    run.check(move || {
        let many = Many::with_mark(3);
        let (first, rest) = (many.clone(), many.clone());
        let producers = [
            thread::spawn(move || assert!(first.append(lanes[0], 1))),
            thread::spawn(move || {
                assert!(rest.append(lanes[1], 2));
                assert!(rest.append(lanes[2], 3));
            }),
        ];
        loop {
            let ticket = many.queue.join();
            if many.is_enough() || !many.arm_to_mark() {
                break;
            }
            many.queue.sleep(ticket);
        }
        assert!(many.is_enough(), "the mark is not reached");
        for producer in producers {
            producer.join().unwrap();
        }
    });
}

pub fn lanes(run: &Run) {
    together(run, [0, 1, 0]);
}

pub fn one_of_the_lanes(run: &Run) {
    together(run, [1, 1, 1]);
}

/// Appends a record to the last lane, and the next one `after` operations later.
fn append_again(many: Rc<Many>, after: usize) {
    many.append(1, 1);
    hooks::interrupt_again(after, move || append_again(many, after));
}

/// Arms two lanes for `target` bytes of both. An interrupt appends records all the time, if `after`
/// operations are given. Returns the lanes, and whether they were armed in time.
fn arm_beside(target: u64, interrupts: Option<(usize, usize)>) -> (Rc<Many>, bool) {
    let (many, _) = Many::roomy(512);
    let mut in_time = false;
    match interrupts {
        None => in_time = lane::arm_together(&many.lanes, target),
        Some((first, after)) => {
            let handler = many.clone();
            hooks::interrupted(
                first,
                move || append_again(handler, after),
                || in_time = lane::arm_together(&many.lanes, target),
            );
        }
    }
    (many, in_time)
}

/// Each time that the thresholds were armed there is more than before, so the reader waits for any
/// record. What comes meanwhile may be enough.
pub fn fast_lanes(run: &Run) {
    const FAR: u64 = 20 * SPAN as u64;
    // From the first count of a try to the end of the second are 7 operations at least.
    for after in 2..=5 {
        for first in 0..=after {
            for target in (SPAN as u64..FAR).step_by(SPAN) {
                run.check(move || {
                    let (many, in_time) = arm_beside(target, Some((first, after)));
                    // The last operation is a look at the lane that is appended to.
                    let taken = lane::taken(&many.lanes);
                    assert_eq!(in_time, taken < target, "{taken} bytes are taken");
                    let mut lanes = many.lanes.iter();
                    assert!(
                        !in_time || lanes.all(|lane| lane.threshold.is_reached(ANY)),
                        "a record wakes nobody"
                    );
                });
            }
        }
    }
    // Without that, each lane has its half of what is missing.
    run.check(|| {
        let (many, in_time) = arm_beside(FAR, None);
        assert!(in_time);
        for lane in &many.lanes {
            let reach = Ring::<Stamped>::reach(FAR / 2);
            let threshold = &lane.threshold;
            assert!(threshold.is_reached(reach) && !threshold.is_reached(reach - 1));
        }
    });
}

/// The news of a loss comes to a reader that is far from its watermark, also while the work of
/// another record has the threshold disarmed.
pub fn loss(run: &Run) {
    run.check(|| {
        let (world, reader) = World::new(Plan::new(32).with_mark(1 << 10));
        world.append(1, 8);
        // One of them finds room.
        let producers = [2, 3].map(|id| {
            let world = world.clone();
            thread::spawn(move || world.append(id, 8))
        });
        loop {
            let ticket = world.queue.join();
            world.arm();
            let seen = reader.look_and_arm();
            assert_eq!(seen, AtHead::Empty, "the mark is far away");
            if world.lost().records != 0 {
                break;
            }
            world.queue.sleep(ticket);
        }
        for producer in producers {
            producer.join().unwrap();
        }
        reader.finish();
    });
}

/// The time ends as all is read, while the work of a record that was read looks at it. Whatever
/// comes next has a time: it has begun already, or the threshold is armed for it.
pub fn time(run: &Run) {
    run.check(|| {
        let threshold = Rc::new(Threshold::new());
        let wish = Rc::new(Wish::new());
        wish.make(TWO, 1000);
        wish.start_waiting();
        threshold.arm(ANY);
        let (other, waited) = (threshold.clone(), wish.clone());
        // As `Shared::notify` and its work.
        let work = thread::spawn(move || {
            if other.is_armed() && other.disarm() {
                waited.start_waiting();
            }
        });
        // As `Shared::end_latency`.
        wish.stop_waiting();
        threshold.arm(ANY);
        work.join().unwrap();
        assert!(
            wish.time_left(1000).is_some() || threshold.is_armed(),
            "the next record has no time"
        );
    });
}
