// SPDX-License-Identifier: GPL-2.0

//! Readers who sleep until there is more than a record. A lost wake-up shows as a reader that nobody
//! will wake any more.

use super::{
    super::{
        asleep::{Asleep, ANY},
        many::Many,
        mark::Wish,
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
                let seen = reader.look_and_raise();
                assert!(!seen.is_nothing(), "the mark is not seen");
            }
            Look::Discarded => _ = reader.read_some(0, 0),
            _ => break,
        }
    }
    let taken = world.lane.taken() - world.lane.head();
    assert!(taken >= TWO, "the mark is not reached");
    assert!(reader.read().records != 0, "there is nothing to read");
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
            assert_eq!(world.lane.taken(), end);
            world.lane.shut();
            assert!(world.lane.is_reserved(end + 8));
            assert_eq!(world.lane.taken(), end);
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
            assert_eq!(reader.look_and_raise(), Look::Nothing);
            world.append(1, 8);
            assert!(world.asleep.is_raised() && !world.queue.is_woken(ticket));
            // As if the flag was up for somebody else.
            world.asleep.raise(ANY);
            world.append(2, 8);
            assert!(!world.asleep.is_raised() && world.queue.is_woken(ticket));
            assert_eq!(reader.read().records, 2);
            let ticket = world.queue.join();
            assert_eq!(reader.look_and_raise(), Look::Nothing);
            world.asleep.raise(ANY);
            world.append(3, 8);
            assert!(world.asleep.is_raised() && !world.queue.is_woken(ticket));
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
            waits.raise();
            if waits.look() != Look::Nothing {
                break;
            }
            waits.queue.sleep(ticket);
        });
        let seen = reader.look_and_raise();
        assert_eq!(seen, Look::Nothing, "there is one record at most");
        producer.join().unwrap();
        less.join().unwrap();
        reader.finish();
    });
}

/// The flag was up already, for less than the mark, when the reader made its wish. The work that
/// takes it down sees the wish, or the reader raises the flag.
pub fn wish(run: &Run) {
    run.check(|| {
        let asleep = Rc::new(Asleep::new());
        let wish = Rc::new(Wish::new());
        asleep.raise(ANY);
        let (flag, seen) = (asleep.clone(), wish.clone());
        let work = thread::spawn(move || {
            let taken = flag.take();
            assert!(taken);
            (seen.taken(), seen.patience())
        });
        wish.make(TWO, 1000);
        asleep.raise(ANY);
        let seen = work.join().unwrap();
        assert!(
            asleep.is_raised() || seen == (Some(TWO), Some(1000)),
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
            if many.is_enough() || !many.raise_to_mark() {
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

/// The news of a loss comes to who is far from the mark, also while the work has the flag down.
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
            world.raise();
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
        let wish = Rc::new(Wish::new());
        wish.make(TWO, 1000);
        wish.something_waits();
        asleep.raise(ANY);
        let (flag, waited) = (asleep.clone(), wish.clone());
        // As `Sleepers::notify`, and `Waking::is_patience_over`.
        let work = thread::spawn(move || {
            if flag.is_raised() && flag.take() {
                waited.something_waits();
            }
        });
        // As `Shared::end_time`.
        wish.nothing_waits();
        asleep.raise(ANY);
        work.join().unwrap();
        assert!(
            wish.time_left(1000).is_some() || asleep.is_raised(),
            "the next record has no time"
        );
    });
}
