// SPDX-License-Identifier: GPL-2.0

//! Readers who sleep until there is more than a record. A lost wake-up shows as a reader that nobody
//! will wake any more.

use super::{
    super::{
        asleep::{Asleep, ANY},
        mark::{Mark, Waited},
        ring::{Lane, Look, Unstamped},
        world::{Plan, Reader, World},
    },
    Run,
};
use loom::thread::{self, JoinHandle};
use std::rc::Rc;

/// Two records of 8 bytes.
const TWO: u64 = 32;

/// Sleeps until the mark is reached, as `Shared::read` does, and reads what is there then. If a
/// record is in the making, there is a watch, which is over when the `producers` have ended.
fn read_at_mark(world: &World, reader: &mut Reader, producers: &mut Vec<JoinHandle<()>>) {
    loop {
        let ticket = world.queue.join();
        match reader.look_and_raise() {
            Look::Nothing => world.queue.sleep(ticket),
            Look::Making => {
                join(producers);
                assert_eq!(reader.look_and_raise(), Look::Data, "the mark is not seen");
            }
            _ => break,
        }
    }
    assert!(reader.read().records >= 2, "the mark is not reached");
}

fn join(producers: &mut Vec<JoinHandle<()>>) {
    for producer in producers.drain(..) {
        producer.join().unwrap();
    }
}

/// A record reaches the flag just if it ends where the flag was raised to, or behind.
pub fn lengths(run: &Run) {
    run.check(|| {
        for len in 1..=24 {
            let (world, mut reader) = World::new(Plan::new(64).with_sleepers());
            assert!(world.append(1, 8));
            let end = 16 + (8 + len as u64).next_multiple_of(8);
            for (target, is_reached) in [(end - 8, true), (end, true), (end + 8, false)] {
                world.asleep.take();
                world.asleep.raise(Lane::<Unstamped>::reach(target));
                let reach = 16 + len as u64;
                assert_eq!(world.asleep.is_reached(reach), is_reached, "{len} bytes");
            }
            assert!(!world.lane.is_reserved(end));
            assert!(world.append(2, len));
            assert!(world.lane.is_reserved(end) && !world.lane.is_reserved(end + 8));
            assert_eq!(reader.read_some(8, 8).records, 1);
            assert_eq!(world.lane.head(), 16);
            world.lane.shut();
            assert!(world.lane.is_reserved(end + 8));
            reader.finish();
        }
    });
}

/// No work is queued before the record that reaches the mark, as it was raised in time.
pub fn early(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_mark(TWO));
        let ticket = world.queue.join();
        assert_eq!(reader.look_and_raise(), Look::Nothing);
        world.append(1, 8);
        assert!(world.asleep.is_raised() && !world.queue.is_woken(ticket));
        world.append(2, 8);
        assert!(!world.asleep.is_raised() && world.queue.is_woken(ticket));
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

/// The records are committed in any order. The one that reaches the mark may be there before the
/// flag is raised, and the one in front of it not.
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

/// The flag was raised for any record, so that the first one starts the timer: the work takes it
/// down and raises it again, while the second is appended.
pub fn first_record(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_mark(TWO));
        let mut producers = Vec::from([1, 2].map(|id| {
            let world = world.clone();
            thread::spawn(move || assert!(world.append(id, 8)))
        }));
        world.asleep.raise(ANY);
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
        if reader.records() <= 2 {
            read_at_mark(&world, &mut reader, &mut producers);
        }
        join(&mut producers);
        reader.finish();
    });
}

/// A writer waits for any news beside a reader at the mark: who waits for less is woken first.
pub fn writer(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).with_mark(TWO));
        let (other, waits) = (world.clone(), world.clone());
        let producer = thread::spawn(move || assert!(other.append(1, 8)));
        let writer = thread::spawn(move || loop {
            let ticket = waits.writers.join();
            waits.asleep.raise(ANY);
            if waits.look() != Look::Nothing {
                break;
            }
            waits.writers.sleep(ticket);
        });
        let seen = reader.look_and_raise();
        assert_eq!(seen, Look::Nothing, "there is one record at most");
        producer.join().unwrap();
        writer.join().unwrap();
        reader.finish();
    });
}

/// The news of a loss comes to who is far from the mark, also while the work has the flag down.
pub fn loss(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(32).with_mark(1 << 10));
        world.append(1, 8);
        // One of them finds room.
        let producers = [2, 3].map(|id| {
            let world = world.clone();
            thread::spawn(move || world.append(id, 8))
        });
        loop {
            let ticket = world.queue.join();
            world.asleep.raise(ANY);
            let seen = reader.look_and_raise();
            assert_eq!(seen, Look::Nothing, "the mark is far away");
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
/// comes next has a time: it has begun already, or the flag is up for it.
pub fn time(run: &Run) {
    run.check(|| {
        let asleep = Rc::new(Asleep::new());
        let mark = Rc::new(Mark::new());
        mark.set(TWO, 1000);
        assert!(mark.something_waits() == Waited::Begins);
        asleep.raise(ANY);
        let (flag, waited) = (asleep.clone(), mark.clone());
        // As `Sleepers::notify`, and `Waking::is_within_latency`.
        let work = thread::spawn(move || {
            flag.is_raised() && flag.take() && waited.something_waits() == Waited::Begins
        });
        // As `Shared::time_first`.
        mark.nothing_waits();
        asleep.raise(ANY);
        let begun = work.join().unwrap();
        assert!(begun || asleep.is_raised(), "the next record has no time");
    });
}

/// The time begins for the latency that holds, if another one was set meanwhile.
pub fn latency(run: &Run) {
    run.check(|| {
        let mark = Rc::new(Mark::new());
        mark.set(TWO, 1000);
        assert!(mark.something_waits() == Waited::Begins);
        let waited = mark.clone();
        let work = thread::spawn(move || {
            (waited.something_waits() == Waited::Begins).then(|| waited.latency())
        });
        mark.set(TWO, 2000);
        let latency = work.join().unwrap();
        assert!(latency.is_none_or(|latency| latency == 2000), "it is old");
        assert!(
            latency.is_some() || mark.something_waits() == Waited::Begins,
            "the time has not ended"
        );
    });
}
