// SPDX-License-Identifier: GPL-2.0

//! What the consumer does with what it is offered.

use super::{
    super::{
        ring::Amount,
        world::{Plan, Reader, World},
    },
    Run,
};
use loom::thread;

/// Every length that fits, at every place of the ring, and no other.
pub fn lengths(run: &Run) {
    for len in 1..=24 {
        run.check(move || {
            let (world, mut reader) = World::new(Plan::new(32));
            assert_eq!(world.lane.ring.record_max(), 24);
            for id in 1..=5 {
                assert!(world.append(id, len), "there is room");
                reader.assert_account();
                // Fill what is left of the ring, and no more.
                let span = (len + 15) / 8 * 8;
                let left = 32 - span;
                assert_eq!(
                    world.lane.ring.has_room(left.saturating_sub(8).max(1)),
                    left >= 16
                );
                if left >= 16 {
                    assert!(!world.lane.ring.has_room(left - 7), "there is no room");
                    assert!(world.append(id + 5, left - 8), "there is room");
                }
                assert!(!world.append(id, 1), "there is no room");
                reader.read();
                // So that the next round begins elsewhere.
                let slot = world.reserve(1, 8).expect("the ring is empty");
                world.discard(slot);
                assert_eq!(reader.read_some(0, 0).bytes, 0);
            }
            reader.finish();
        });
    }
}

/// Reads some times, by `read` with each of the `cases`, while records come.
fn bit_by_bit(
    run: &Run,
    cases: [(usize, usize); 7],
    times: usize,
    read: fn(&mut Reader, usize, usize) -> Amount,
) {
    for (want, limit) in cases {
        run.check(move || {
            let (world, mut reader) = World::new(Plan::new(32));
            let producer = thread::spawn(move || {
                world.append_all(&[1, 2], 8);
                world.append(3, 5);
            });
            for _ in 0..times {
                read(&mut reader, want, limit);
            }
            producer.join().unwrap();
            reader.finish();
        });
    }
}

/// The consumer wants less than there is, and can deliver more than it wants, or less.
pub fn pieces(run: &Run) {
    let cases = [(3, 99), (8, 5), (8, 99), (9, 99), (12, 0), (20, 11), (1, 1)];
    bit_by_bit(run, cases, 3, Reader::read_some);
}

/// However the consumer ends, the room of what it has read is free.
pub fn early_way_out(run: &Run) {
    // All of the first record and then: none or some of the second, or no wish for more.
    for (want, limit) in [(16, 8), (16, 11), (8, 8), (11, 11), (15, 15)] {
        run.check(move || {
            let (world, mut reader) = World::new(Plan::new(32));
            world.append_all(&[1, 2], 8);
            assert!(!world.append(3, 8), "there is no room");
            assert_eq!(reader.read_some(want, limit).records, 1);
            reader.assert_account();
            assert!(world.lane.ring.has_room(8), "the room did not come back");
            assert!(world.append(3, 8), "the room did not come back");
            reader.finish();
        });
    }
    // Nothing is delivered, but what was discarded is passed.
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(32));
        let slot = world.reserve(1, 8).expect("the ring is empty");
        world.discard(slot);
        world.append(2, 8);
        reader.read_some(0, 0);
        assert!(world.append(3, 8), "the room did not come back");
        reader.read_some(8, 0);
        reader.finish();
    });
}

/// A read of much hands room back on its way, not only at its end.
pub fn long_batch(run: &Run) {
    run.check(|| {
        let (world, reader) = World::new(Plan::new(8192));
        for id in 1..=4 {
            assert!(world.append(id, 2040), "there is room");
        }
        reader.read_watched(|world, before| {
            // After 4096 bytes, and not before: it is dear for the producers.
            assert_eq!(world.lane.ring.has_room(8), before >= 4080);
        });
    });
}

/// A producer that appends as fast as the room comes back does not keep a read going.
pub fn endless(run: &Run) {
    run.check(|| {
        let (world, reader) = World::new(Plan::new(8192));
        for id in 1..=4 {
            assert!(world.append(id, 2040), "there is room");
        }
        reader.read_watched(|world, before| {
            assert!(before < 4 * 2040, "it went around the ring twice");
            world.append(5, 2040);
        });
    });
}

/// The same in two steps: the consumer sees whole records, and frees them together. What is longer
/// than it wants at once it does not see.
pub fn peek(run: &Run) {
    let cases = [
        (3, 99),
        (8, 99),
        (9, 99),
        (16, 99),
        (99, 7),
        (99, 8),
        (99, 99),
    ];
    bit_by_bit(run, cases, 2, Reader::peek_some);
}

/// The same, and a copy of what was seen stops short, wherever it may.
pub fn short(run: &Run) {
    let cases = [
        (99, 0),
        (99, 1),
        (99, 8),
        (99, 11),
        (16, 15),
        (99, 16),
        (8, 7),
    ];
    bit_by_bit(run, cases, 2, |reader, want, limit| {
        reader.peek_short(want, 99, limit).1
    });
}

/// What is freed of what was seen, and the account before and after, by where the copy stops.
pub fn short_exact(run: &Run) {
    for limit in 0..=18 {
        run.check(move || {
            let (world, mut reader) = World::new(Plan::new(128));
            let skipped = |id, len| {
                let slot = world.reserve(id, len).expect("there is room");
                world.discard(slot);
            };
            world.append(1, 8);
            skipped(2, 3);
            world.append(3, 5);
            world.append(4, 5);
            skipped(5, 8);
            reader.assert_account();
            let (seen, done) = reader.peek_short(99, 99, limit);
            assert_eq!((seen.records, seen.bytes), (3, 18));
            // The records that end there, and no other.
            let records = [8, 13, 18].iter().filter(|&&end| end <= limit).count();
            let bytes = limit as u64;
            assert_eq!((done.records, done.bytes), (records as u64, bytes));
            reader.assert_account();
            assert!(world.append(6, 8), "there is room");
            reader.assert_account();
            // What is left of a record is not seen in a peek, so none of it is freed.
            let (seen, _) = reader.peek_short(99, 99, 0);
            assert_eq!(seen.bytes == 0, ![0, 8, 13, 18].contains(&limit));
            reader.read_some(3, 3);
            reader.assert_account();
            reader.finish();
        });
    }
}

/// What a peek passes, by how many bytes are wanted together and of each record.
pub fn peek_exact(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64));
        let skipped = |id| {
            let slot = world.reserve(id, 3).expect("there is room");
            world.discard(slot);
        };
        // What is asked for, and what comes of it, for records of 8 and 5 bytes.
        let one_by_one = [(7, 99, 0, 0), (99, 7, 0, 0), (12, 99, 1, 8), (5, 5, 1, 5)];
        let together = [(13, 8, 2, 13), (99, 99, 0, 0)];
        for steps in [&one_by_one[..], &together, &one_by_one] {
            skipped(1);
            world.append(2, 8);
            world.append(3, 5);
            reader.assert_account();
            for &(want, max, records, bytes) in steps {
                assert_eq!(reader.peek_some(want, max), Amount { records, bytes });
                reader.assert_account();
            }
            // Only what is behind them is data, but their room is free.
            skipped(4);
            skipped(5);
            assert_eq!(reader.peek_some(0, 0), Amount::default());
            assert!(world.lane.ring.has_room(world.lane.ring.record_max()));
        }
        // What was read in part is not seen, nor is what is behind it.
        world.append(2, 8);
        world.append(3, 5);
        assert_eq!(reader.read_some(3, 99).bytes, 3);
        assert_eq!(reader.peek_some(99, 99), Amount::default());
        reader.assert_account();
        assert_eq!(reader.read_some(5, 99).bytes, 5);
        assert_eq!(reader.peek_some(99, 99).bytes, 5);
        reader.finish();
    });
}

/// A peek goes around the ring once at most, and what it frees is free at once.
pub fn peek_all(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64));
        for _ in 0..3 {
            for id in 1..=4 {
                assert!(world.append(id, 8), "there is room");
            }
            assert!(!world.append(5, 1), "there is no room");
            let done = reader.peek_some(99, 99);
            assert_eq!((done.records, done.bytes), (4, 32));
            assert!(world.lane.ring.has_room(world.lane.ring.record_max()));
        }
        reader.finish();
    });
}
