// SPDX-License-Identifier: GPL-2.0

//! Two lanes that are read as one.
//!
//! The clock goes on where a model says so, and otherwise stands still. What is appended to lane 0
//! and then to lane 1 must stay in order even then, so the models that are about the barriers do
//! without a clock that is finer than the appends: such a clock would hide old stamps.

use super::{
    super::{
        many::{time_passes, Many, Reader, Stamped, SPAN},
        ring::{Amount, AtHead, Ring},
    },
    append::told,
    nest::everywhere,
    Run,
};
use crate::hooks;
use loom::thread;
use std::{cell::RefCell, rc::Rc, sync::atomic::Ordering};

/// Room for two records and a tick.
const TWO: usize = 64;

/// Room for one record, and for no tick behind it.
const ONE: usize = 32;

/// Room for whatever is appended.
const MUCH: usize = 128;

/// One thread changes lanes, and the clock goes on from one append to the next.
pub fn lanes(run: &Run) {
    for order in 0..3usize.pow(5) {
        run.check(move || {
            let (many, mut reader) = Many::with_lanes(3, 256);
            let mut rest = order;
            for id in 1..=5 {
                time_passes();
                many.append(rest % 3, id);
                rest /= 3;
                if id > 1 {
                    many.must_be_ordered(id - 1, id);
                }
                if order % 2 == 0 && id == 4 {
                    assert_eq!(reader.read_some(8, 8).records, 1);
                    assert_eq!(reader.read_some(16, 16).records, 2);
                }
            }
            reader.finish();
        });
    }
}

/// A producer that changes lanes, beside a reader that finds lane 0 empty at any time. Its clock
/// has gone on, that of the producer may not.
pub fn one_producer(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(MUCH);
        many.append(1, 1);
        let producer = thread::spawn(move || many.append_both(2, 3));
        time_passes();
        reader.read();
        reader.read();
        producer.join().unwrap();
        reader.finish();
    });
}

/// The same, where lane 0 was not empty before.
pub fn drained(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(MUCH);
        many.append(0, 4);
        many.append(1, 1);
        let producer = thread::spawn(move || many.append_both(2, 3));
        time_passes();
        reader.read();
        producer.join().unwrap();
        reader.finish();
    });
}

/// The same, and the clock goes on at any time.
pub fn clock(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(MUCH);
        many.append(1, 1);
        let producer = thread::spawn(move || many.append_both(2, 3));
        let clock = thread::spawn(time_passes);
        reader.read();
        producer.join().unwrap();
        clock.join().unwrap();
        reader.finish();
    });
}

/// The same, and the clock stands still.
pub fn ties(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(MUCH);
        many.append(1, 1);
        let producer = thread::spawn(move || many.append_both(2, 3));
        reader.read();
        producer.join().unwrap();
        reader.finish();
    });
}

/// Who appends after it has heard of another's append comes after it, whatever the lanes, if the
/// clock is finer than that.
fn in_lanes(run: &Run, first: usize, second: usize) {
    run.check(move || {
        let (many, mut reader) = Many::roomy(TWO);
        let other = many.clone();
        let one = move || {
            many.append(first, 1);
        };
        let two = move |after| {
            time_passes();
            other.append(second, 2);
            if after {
                other.must_be_ordered(1, 2);
            }
        };
        told(one, two, || {
            reader.read();
        });
        reader.finish();
    });
}

pub fn causality(run: &Run) {
    in_lanes(run, 0, 1);
    in_lanes(run, 1, 0);
}

/// Two producers share lane 0, and one of them goes on in lane 1. Neither need know that the clock
/// has gone on.
pub fn two_producers(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(MUCH);
        let other = many.clone();
        let a = thread::spawn(move || many.append(0, 1));
        let b = thread::spawn(move || other.append_both(2, 3));
        time_passes();
        reader.read();
        a.join().unwrap();
        b.join().unwrap();
        reader.finish();
    });
}

/// A producer is held up wherever it can be, for as long as it takes to append elsewhere, to read
/// that, and to let the clock go on; twice. What it appends then is new.
pub fn held_up(run: &Run) {
    everywhere(|after, came| {
        everywhere(|again, both| {
            let (came, both) = (came.clone(), both.clone());
            run.check(move || {
                let (came, both) = (came.clone(), both.clone());
                let (many, reader) = Many::roomy(MUCH);
                let reader = Rc::new(RefCell::new(reader));
                let (passing, inner) = (reader.clone(), many.clone());
                let pass = move |id| {
                    time_passes();
                    inner.append(1, id);
                    time_passes();
                    let done = passing.borrow_mut().read();
                    // Until the room is taken it is in nobody's way.
                    assert!(done.records <= 2);
                };
                let once_more = pass.clone();
                hooks::interrupted(
                    after,
                    move || {
                        came.store(true, Ordering::Relaxed);
                        pass(2);
                        hooks::interrupt_again(again, move || {
                            both.store(true, Ordering::Relaxed);
                            once_more(3);
                        });
                    },
                    || assert!(many.append(0, 1)),
                );
                // It is there, and no older than what was read before.
                many.append(1, 4);
                many.must_be_ordered(1, 4);
                let reader = Rc::into_inner(reader).expect("the interrupts are over");
                reader.into_inner().finish();
            });
        });
    });
}

/// What is older than a record in the making does not wait for it.
pub fn making_newer(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(MUCH);
        many.append(1, 1);
        time_passes();
        let slot = many.reserve(0, 2, 8).expect("the lane is empty");
        time_passes();
        many.append(1, 3);
        assert_eq!(reader.check_head(), AtHead::Data, "a record is hidden");
        assert_eq!(reader.read().records, 1, "a record is hidden, or overtaken");
        many.commit(slot);
        many.must_be_ordered(2, 3);
        reader.finish();
    });
}

/// An interrupt appends to both lanes, wherever it comes, beside the reader.
pub fn nested(run: &Run) {
    everywhere(|after, came| {
        let came = came.clone();
        run.check(move || {
            let came = came.clone();
            let (many, mut reader) = Many::roomy(MUCH);
            let producer = thread::spawn(move || {
                let inner = many.clone();
                hooks::interrupted(
                    after,
                    move || {
                        came.store(true, Ordering::Relaxed);
                        time_passes();
                        inner.append_both(2, 3);
                    },
                    || {
                        many.append(0, 1);
                    },
                );
                many.append(1, 4);
                many.must_be_ordered(1, 4);
                many.must_be_ordered(3, 4);
            });
            reader.read();
            producer.join().unwrap();
            reader.finish();
        });
    });
}

/// Whole records come, and are given up, while the reader is wherever it is: they are in nobody's
/// way.
pub fn interrupted(run: &Run) {
    for by_look in [false, true] {
        everywhere(|after, came| {
            let came = came.clone();
            run.check(move || {
                let came = came.clone();
                let (many, mut reader) = Many::roomy(256);
                many.append(1, 1);
                hooks::interrupted(
                    after,
                    move || {
                        came.store(true, Ordering::Relaxed);
                        many.append(0, 2);
                        many.skip(0, 8);
                        many.append(0, 3);
                        many.append(1, 4);
                        many.must_be_ordered(3, 4);
                    },
                    || {
                        if by_look {
                            assert_eq!(reader.check_head(), AtHead::Data, "a record is hidden");
                        } else {
                            assert!(reader.read().records >= 1, "a record is hidden");
                        }
                    },
                );
                reader.finish();
            });
        });
    }
}

/// Both lanes fill, run over and wrap.
pub fn overrun(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::new(ONE);
        let producer = thread::spawn(move || {
            many.append_both(1, 2);
            many.append_both(3, 4);
            // The clock did not go on, so only what is in lane 0 is sure to be before lane 1.
            many.must_be_ordered(1, 4);
        });
        reader.read();
        reader.read();
        producer.join().unwrap();
        reader.finish();
    });
}

/// A producer finds lane 0 full, and then that it is not. The clock has gone on meanwhile, and the
/// reader has made a tick there.
pub fn full(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::new(TWO);
        many.append(0, 1);
        many.append(0, 2);
        many.append(1, 3);
        let other = many.clone();
        let producer = thread::spawn(move || other.append_both(4, 5));
        time_passes();
        many.append(1, 6);
        reader.read_some(16, 16);
        reader.read();
        producer.join().unwrap();
        reader.finish();
    });
}

/// There is no room for a tick behind a record that was seen. It is freed, and then there is.
pub fn no_room(run: &Run) {
    run.check(|| {
        for (size, records, len) in [(ONE, 1, 8), (ONE, 1, 16), (TWO, 2, 8), (TWO, 2, 16)] {
            let (many, mut reader) = Many::new(size);
            for round in 0..3 {
                let id = round * 4;
                for id in id + 1..=id + records {
                    time_passes();
                    let slot = many.reserve(0, id, len);
                    many.commit(slot.expect("there is room"));
                }
                time_passes();
                assert!(many.append(1, id + 4), "there is room");
                many.must_be_ordered(id + records, id + 4);
                assert_eq!(reader.read().records, u64::from(records) + 1);
                assert_eq!(reader.check_head(), AtHead::Empty);
            }
            reader.finish();
        }
    });
}

/// Where there is no room for a tick, what lies behind the lane is no stamp of a record in the
/// making: it is the header of one that was read and not yet freed, or its stamp.
pub fn no_room_no_stamp(run: &Run) {
    run.check(|| {
        for len in [24, 16, 8] {
            let (many, mut reader) = Many::new(TWO);
            many.append(0, 1);
            // So that what is left is nothing, a word, or just a tick.
            let slot = many.reserve(0, 2, len);
            many.commit(slot.expect("there is room"));
            time_passes();
            many.append(1, 3);
            time_passes();
            reader.peek_some(usize::MAX, usize::MAX, 1);
            let slot = many.reserve(0, 4, 8).expect("there is room");
            time_passes();
            many.append(1, 5);
            reader.read();
            assert!(reader.records() < 5, "a record is overtaken");
            many.commit(slot);
            many.must_be_ordered(4, 5);
            reader.finish();
        }
    });
}

/// Discarded records in front of all, as many as there is room for, hide nothing.
pub fn discarded(run: &Run) {
    run.check(|| {
        for lane in [0, 1] {
            let (many, mut reader) = Many::new(TWO);
            for round in 0..3 {
                let id = round * 2 + 1;
                many.append(1 - lane, id);
                many.skip(lane, 24);
                many.skip(lane, 8);
                assert!(!many.lanes[lane].ring.has_room(1));
                assert_eq!(reader.check_head(), AtHead::Data, "a record is hidden");
                assert_eq!(reader.read().records, 1, "a record is hidden");
                // The room comes back by a look alone.
                many.skip(lane, 40);
                assert_eq!(reader.check_head(), AtHead::Empty);
                time_passes();
                many.skip(lane, 8);
                many.append(lane, id + 1);
                many.must_be_ordered(id, id + 1);
                assert_eq!(reader.read().records, 1, "a record is hidden");
            }
            reader.finish();
        }
    });
}

/// Records that are discarded while the reader looks for the next one.
pub fn discard(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(MUCH);
        many.append(1, 1);
        let producer = thread::spawn(move || {
            many.skip(0, 8);
            many.append(0, 2);
            many.skip(1, 8);
            many.append(1, 3);
            many.must_be_ordered(2, 3);
        });
        time_passes();
        reader.read();
        reader.check_head();
        producer.join().unwrap();
        reader.finish();
    });
}

/// A reader that sees the end has read everything, and at rest there is an end.
pub fn shut(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(TWO);
        let (other, looker) = (many.clone(), many.clone());
        let producer = thread::spawn(move || many.append_both(1, 2));
        let owner = thread::spawn(move || other.shut());
        for _ in 0..2 {
            reader.read();
            if reader.check_head() == AtHead::Shut {
                assert_eq!(reader.read().bytes, 0, "there was more after the end");
                assert_eq!(looker.appended(), reader.records(), "there is more");
            }
        }
        producer.join().unwrap();
        owner.join().unwrap();
        assert_ne!(reader.check_head(), AtHead::Empty);
        reader.finish();
    });
}

/// A record that is in the making as its lane is shut is still to come, and before what was appended
/// after it.
pub fn shut_making(run: &Run) {
    run.check(|| {
        for lane in [0, 1] {
            let (many, mut reader) = Many::new(TWO);
            let slot = many.reserve(lane, 1, 8).expect("the lane is empty");
            time_passes();
            many.append(1 - lane, 2);
            many.shut();
            assert_eq!(reader.check_head(), AtHead::InFlight);
            assert_eq!(reader.read(), Amount::default(), "a record is overtaken");
            many.commit(slot);
            many.must_be_ordered(1, 2);
            assert_eq!(reader.check_head(), AtHead::Data);
            assert_eq!(reader.read().records, 2);
            assert_eq!(reader.check_head(), AtHead::Shut);
            reader.finish();
        }
    });
}

/// The consumer wants less than there is, and can deliver more than it wants, or less; by `read`.
fn pieces_by(run: &Run, read: fn(&mut Reader, usize, usize) -> Amount) {
    for (want, limit) in [(3, 99), (8, 99), (9, 99), (12, 0), (99, 8), (99, 11)] {
        run.check(move || {
            let (many, mut reader) = Many::roomy(MUCH);
            many.append(1, 1);
            let producer = thread::spawn(move || many.append_both(2, 3));
            read(&mut reader, want, limit);
            read(&mut reader, want, limit);
            producer.join().unwrap();
            reader.finish();
        });
    }
}

pub fn pieces(run: &Run) {
    pieces_by(run, Reader::read_some);
}

/// The same in two steps, of which the first is taken again.
pub fn peek(run: &Run) {
    pieces_by(run, |reader, want, limit| reader.peek_some(want, limit, 2));
}

/// What a peek passes, by how many bytes are wanted and how many are taken.
pub fn peek_exact(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(MUCH);
        // What is asked for, and what comes of it, for records of 8 and 5 bytes.
        let ends = [
            (9, 0, 0, 0),
            (3, 9, 0, 3),
            (5, 9, 1, 5),
            (2, 9, 0, 2),
            (9, 9, 1, 3),
        ];
        let crosses = [
            (3, 3, 0, 3),
            (7, 9, 1, 7),
            (9, 1, 0, 1),
            (9, 2, 1, 2),
            (9, 9, 0, 0),
        ];
        let whole = [(8, 9, 1, 8), (99, 99, 1, 5)];
        for (id, steps) in [(1, &ends[..]), (3, &crosses), (5, &whole), (7, &ends)] {
            many.append_of(0, id, 8);
            many.append_of(0, id + 1, 5);
            // So that the second one needs no other choice.
            time_passes();
            reader.assert_account();
            for &(want, limit, records, bytes) in steps {
                let done = reader.peek_some(want, limit, 2);
                assert_eq!(done, Amount { records, bytes });
                // Also of a record that was counted before, and of which a part was read now.
                reader.assert_account();
            }
        }
        reader.finish();
    });
}

/// A record that was read in part is read to its end before another one, even if that has the same
/// stamp and is in the lane that comes first, or another one is in the making there.
pub fn begun(run: &Run) {
    run.check(|| {
        let by_read = |reader: &mut Reader, want| reader.read_some(want, want);
        let by_peek = |reader: &mut Reader, want| reader.peek_some(want, want, 2);
        for read in [by_read, by_peek] {
            let (many, mut reader) = Many::roomy(MUCH);
            many.append(1, 1);
            assert_eq!(read(&mut reader, 3).bytes, 3);
            many.append(0, 2);
            assert_eq!(read(&mut reader, 3).bytes, 3);
            assert_eq!(read(&mut reader, 99).bytes, 10);

            many.append(1, 3);
            assert_eq!(read(&mut reader, 3).bytes, 3);
            let slot = many.reserve(0, 4, 8).expect("there is room");
            time_passes();
            many.append(1, 5);
            assert_eq!(reader.check_head(), AtHead::Data);
            assert_eq!(read(&mut reader, 99).bytes, 5);
            many.commit(slot);
            many.must_be_ordered(4, 5);
            reader.finish();
        }
    });
}

/// A copy to the reader stops short, and the clock stands still. A record with the same stamp as
/// those that were seen comes meanwhile, in the lane that comes first where stamps are equal. What
/// is freed is what was delivered, whatever would be chosen now.
pub fn short(run: &Run) {
    for limit in [0, 1, 8, 11, 16] {
        run.check(move || {
            let (many, mut reader) = Many::roomy(MUCH);
            many.append(1, 1);
            many.append(1, 2);
            let producer = thread::spawn(move || many.append_of(0, 3, 16));
            reader.read_short(usize::MAX, limit);
            reader.read_short(usize::MAX, limit);
            producer.join().unwrap();
            reader.finish();
        });
    }
}

/// The same with a record in the making there, which is committed or given up after the copy: what
/// was seen before it is free to go.
pub fn short_making(run: &Run) {
    run.check(|| {
        for limit in 0..=17 {
            for commit in [false, true] {
                let (many, mut reader) = Many::roomy(MUCH);
                many.append(1, 1);
                many.append(1, 2);
                let mut slot = None;
                let done = reader.read_short_beside(usize::MAX, limit, |many| {
                    slot = many.reserve(0, 3, 16);
                });
                assert_eq!(done.bytes as usize, limit.min(16));
                let slot = slot.expect("there is room");
                if commit {
                    many.commit(slot);
                } else {
                    many.discard(slot);
                }
                reader.finish();
            }
        }
    });
}

/// What is freed of what was seen, and the account before and after, by where the copy stops. The
/// records of three lanes take turns, two of them are the last of their lanes, and what was given
/// up lies in between.
pub fn short_exact(run: &Run) {
    let ends = [5, 13, 16, 24, 25];
    for limit in 0..=ends[4] {
        run.check(move || {
            let (many, mut reader) = Many::with_lanes(3, 256);
            for (lane, id, len) in [(0, 1, 5), (1, 2, 8), (0, 3, 3), (2, 4, 8), (1, 5, 1)] {
                time_passes();
                many.append_of(lane, id, len);
                many.skip(lane, 1);
                many.must_be_ordered(id, id + 1);
            }
            reader.assert_account();
            let done = reader.read_short(usize::MAX, limit);
            let records = ends.iter().filter(|&&end| end <= limit).count();
            let bytes = limit as u64;
            assert_eq!((done.records as usize, done.bytes), (records, bytes));
            reader.assert_account();
            time_passes();
            many.append(0, 6);
            // The rest of a record, and a part of the next one.
            let left = ends.iter().map(|end| end.saturating_sub(limit));
            let left = left.clone().find(|&left| left != 0).unwrap_or(0);
            let done = reader.read_short(left + 2, left + 1);
            assert_eq!(done.bytes as usize, left + 1);
            reader.assert_account();
            reader.finish();
        });
    }
}

/// How far one call goes: a batch is handed back, and what all lanes hold ends it.
pub fn batch(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(8192);
        for id in 1..=6 {
            time_passes();
            let slot = many.reserve(usize::from(id & 1), id, 2000);
            many.commit(slot.expect("there is room"));
            if id > 1 {
                many.must_be_ordered(id - 1, id);
            }
        }
        // No further than the record that makes it a batch.
        assert_eq!(reader.peek_some(usize::MAX, usize::MAX, 2).records, 3);
        assert_eq!(reader.read().records, 3);
        reader.finish();
    });
}

/// The same to the byte: what comes behind a whole batch is for the next peek, in either lane.
pub fn batch_exact(run: &Run) {
    for lane in [0, 1] {
        run.check(move || {
            let (many, mut reader) = Many::roomy(8192);
            for (id, lane) in [(1, 0), (2, 0), (3, lane)] {
                time_passes();
                many.append_of(lane, id, 2048);
            }
            time_passes();
            assert_eq!(reader.peek_some(usize::MAX, usize::MAX, 1).records, 2);
            reader.finish();
        });
    }
}

/// A read that is longer than a batch gets no more than it wants.
pub fn batches(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(8192);
        for id in 1..=3 {
            time_passes();
            many.append_of(0, id, 2048);
        }
        assert_eq!(reader.read_some(4100, usize::MAX).bytes, 4100);
        reader.finish();
    });
}

/// Producers that append as fast as the room comes back do not keep a read going.
pub fn endless(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::new(8192);
        let append = |many: &Many| {
            for lane in [0, 1] {
                time_passes();
                if let Some(slot) = many.reserve(lane, 1, 2000) {
                    many.commit(slot);
                }
            }
        };
        append(&many);
        let done = reader.read_watched(|many, before| {
            assert!(before < 2 * 8192 + 4096, "it goes on and on");
            append(many);
        });
        assert!(done >= 2 * 8192, "it ended early");
    });
}

/// The same to the byte: a read ends when it has passed as much as all lanes hold.
pub fn endless_exact(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::new(8192);
        let append = |many: &Many| {
            for lane in [0, 1] {
                time_passes();
                many.append_of(lane, 1, 2048);
            }
        };
        append(&many);
        let done = reader.read_watched(|many, _| append(many));
        assert_eq!(done, 2 * 8192);
    });
}

/// What is freed is free at once, in all lanes.
pub fn room(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::new(TWO);
        for (lane, id) in [(0, 1), (1, 2), (0, 3), (1, 4)] {
            time_passes();
            assert!(many.append(lane, id), "there is room");
        }
        assert!(!many.append(0, 5) && !many.append(1, 5));
        assert_eq!(many.refused(), 2);
        assert_eq!(reader.peek_some(32, 32, 1).records, 4);
        for lane in &many.lanes {
            assert!(
                lane.ring.has_room(2 * SPAN - 16),
                "the room did not come back"
            );
        }
        reader.assert_account();
    });
}

/// A tick takes room from nobody once the read that needed it is over.
pub fn tick_room(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(TWO);
        let max = many.lanes[0].ring.record_max();
        time_passes();
        many.append(1, 1);
        assert_eq!(reader.check_head(), AtHead::Data);
        assert!(many.lanes[0].ring.has_room(max), "a tick is in the way");
        let head = many.lanes[0].ring.head();
        assert!(many.lanes[0].ring.is_reserved(head), "the head is ahead");
        assert!(
            !many.lanes[0].ring.is_reserved(head + 8),
            "a tick is unread"
        );
        assert_eq!(reader.read_some(8, 8).records, 1);
        assert!(many.lanes[0].ring.has_room(max), "a tick is in the way");
        reader.finish();
    });
}

/// One tick is enough for all records that are older: another one would take room again.
pub fn one_tick(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::roomy(256);
        many.append(0, 1);
        for id in 2..=4 {
            time_passes();
            many.append(1, id);
        }
        time_passes();
        let ticked = SPAN as u64 + Ring::<Stamped>::HEADER as u64;
        let done = reader.read_short_beside(usize::MAX, usize::MAX, |many| {
            assert!(many.lanes[0].ring.is_reserved(ticked), "there is no tick");
            assert!(
                !many.lanes[0].ring.is_reserved(ticked + 8),
                "there are more"
            );
        });
        assert_eq!(done.records, 4);
        reader.finish();
    });
}

/// What is counted was appended. It may have to wait for a record in the making.
pub fn account(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::new(TWO);
        let other = many.clone();
        let producer = thread::spawn(move || {
            many.append(0, 1);
            many.skip(1, 1);
            many.append(1, 2);
        });
        let unread = reader.unread();
        assert!(unread.records as usize <= other.appended());
        let bytes = reader.read().bytes;
        assert!(bytes <= 8 * other.appended() as u64);
        producer.join().unwrap();
        reader.finish();
    });
}

/// A reader that sleeps where nothing is there gets all `count` records of the producers.
fn gets_all(run: &Run, count: usize, producers: &'static [fn(&Many)]) {
    run.check(move || {
        let (many, mut reader) = Many::with_sleepers(MUCH);
        let producers: Vec<_> = producers
            .iter()
            .map(|append| {
                let many = many.clone();
                thread::spawn(move || append(&many))
            })
            .collect();
        reader.read_all(count);
        for producer in producers {
            producer.join().unwrap();
        }
        if reader.records() < count {
            // The watch is over.
            assert_eq!(reader.check_head(), AtHead::Data, "a record is not seen");
        }
        reader.finish();
    });
}

/// A record in either lane wakes the reader.
pub fn sleep(run: &Run) {
    gets_all(run, 1, &[|many| assert!(many.append(0, 1))]);
    gets_all(run, 1, &[|many| assert!(many.append(1, 1))]);
}

/// The reader sleeps again after it was woken.
pub fn sleep_again(run: &Run) {
    gets_all(run, 2, &[|many| many.append_both(1, 2)]);
}

/// The record that waits must wait for one in the making, and the wake-up of the former is spent.
pub fn sleep_making(run: &Run) {
    gets_all(
        run,
        2,
        &[|many| {
            let first = many.reserve(0, 1, 8).expect("the lane is empty");
            many.append(1, 2);
            many.commit(first);
        }],
    );
}

/// The same, where the one in the making is given up.
pub fn sleep_discard(run: &Run) {
    gets_all(
        run,
        1,
        &[|many| {
            let first = many.reserve(0, 1, 8).expect("the lane is empty");
            many.append(1, 2);
            many.discard(first);
        }],
    );
}

/// Each lane has its producer.
pub fn sleep_two_producers(run: &Run) {
    gets_all(
        run,
        2,
        &[
            |many| assert!(many.append(0, 1)),
            |many| assert!(many.append(1, 2)),
        ],
    );
}

/// The reader sleeps as the lanes are shut, and gets what is there and then the end.
pub fn sleep_shut(run: &Run) {
    run.check(|| {
        let (many, mut reader) = Many::with_sleepers(TWO);
        let owner = thread::spawn(move || {
            many.append(1, 1);
            many.shut();
            many.queue.wake_all();
        });
        while reader.check_head() != AtHead::Shut {
            if reader.read().bytes == 0 && !reader.wait() {
                break;
            }
        }
        let ended = reader.check_head() == AtHead::Shut;
        assert!(
            !ended || reader.records() == 1,
            "the end came before the record"
        );
        owner.join().unwrap();
        reader.finish();
    });
}
