// SPDX-License-Identifier: GPL-2.0

//! Several lanes that are read as one, all who use them, and the book of what they did.

use super::{
    area::Area,
    lane::{self, Lane},
    merge::{Input, Merge, Order},
    queue::Queue,
    ring::{Amount, AtHead, NoRoom, Ring, Stamps},
    threshold::{self, ANY},
    watermark::Wish,
    world::delivered,
};
use crate::hooks;
use loom::sync::atomic::AtomicU64;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, sync::atomic::Ordering};

loom::lazy_static! {
    static ref CLOCK: AtomicU64 = AtomicU64::new(0);
}

/// Lets the clock go on. That orders nothing but the clock.
pub fn time_passes() {
    CLOCK.fetch_add(1, Ordering::Relaxed);
}

/// The clock of the models stands still unless one lets it go on. A look at it may find an old time,
/// but none that is older than what is known to who looks: that is all that the clock promises.
pub struct Stamped;

impl Stamps for Stamped {
    const THERE: bool = true;

    fn now() -> u64 {
        hooks::point();
        CLOCK.load(Ordering::Relaxed)
    }
}

/// Bytes of ring that a record of 8 bytes takes here.
pub const SPAN: usize = 24;

/// A reservation, of the record `id`.
pub struct Slot {
    lane: usize,
    id: u8,
    pos: u64,
    len: usize,
}

/// What the threads of a model did. It is no part of the model: no thread learns from it.
#[derive(Default)]
struct Book {
    /// The records by lane and position: whose they are, how long, and their stamps.
    appended: BTreeMap<(usize, u64), (u8, usize, u64)>,
    refused: usize,
    /// Pairs of records of which the first was appended before the second.
    order: Vec<(u8, u8)>,
}

pub struct Many {
    pub lanes: Vec<Lane<Stamped>>,
    pub queue: Queue,
    wish: Wish,
    /// How many bytes of ring readers sleep for; 0 is any.
    mark: u64,
    areas: Vec<Area>,
    /// Somebody may sleep, so producers look for sleepers.
    sleepers: bool,
    /// There is room for all that is appended.
    roomy: bool,
    book: RefCell<Book>,
}

impl Many {
    /// Two lanes of `size` bytes each.
    pub fn new(size: usize) -> (Rc<Self>, Reader) {
        Self::with(2, size, false, false, 0)
    }

    /// The same, where no append may fail.
    pub fn roomy(size: usize) -> (Rc<Self>, Reader) {
        Self::with(2, size, true, false, 0)
    }

    /// The same, where somebody sleeps.
    pub fn with_sleepers(size: usize) -> (Rc<Self>, Reader) {
        Self::with(2, size, true, true, 0)
    }

    /// Two lanes, and a reader that sleeps until there are so many records of 8 bytes in them.
    pub fn with_mark(records: u64) -> Rc<Self> {
        Self::with(2, 128, true, true, records * SPAN as u64).0
    }

    /// More lanes than two, where no append may fail.
    pub fn with_lanes(lanes: usize, size: usize) -> (Rc<Self>, Reader) {
        Self::with(lanes, size, true, false, 0)
    }

    fn with(
        lanes: usize,
        size: usize,
        roomy: bool,
        sleepers: bool,
        mark: u64,
    ) -> (Rc<Self>, Reader) {
        // So that no other thread is the first one.
        let _ = Stamped::now();
        let areas: Vec<_> = (0..lanes)
            .map(|index| Area::new(size, false).numbered(index))
            .collect();
        let (lanes, inputs) = areas
            .iter()
            .map(|area| {
                let (lane, consumer) = Lane::new(area.clone());
                (lane, Input::new(consumer))
            })
            .unzip();
        let many = Rc::new(Self {
            lanes,
            queue: Queue::default(),
            wish: Wish::new(),
            mark,
            areas,
            sleepers,
            roomy,
            book: RefCell::default(),
        });
        let reader = Reader {
            many: many.clone(),
            inputs,
            order: Order::new(),
            stream: Vec::new(),
            read: Amount::default(),
        };
        (many, reader)
    }

    // --- Producers ---

    pub fn reserve(&self, lane: usize, id: u8, len: usize) -> Option<Slot> {
        match self.lanes[lane].ring.reserve(len) {
            Ok(pos) => {
                let header = Ring::<Stamped>::HEADER as u64;
                let end = (pos + header + len as u64).next_multiple_of(8);
                self.areas[lane].assert_zero(pos, pos + 8);
                self.areas[lane].assert_zero(pos + header, end);
                Some(Slot { lane, id, pos, len })
            }
            Err(NoRoom::Full) => {
                assert!(!self.roomy, "record {id} was refused, and there was room");
                self.book.borrow_mut().refused += 1;
                None
            }
            Err(NoRoom::Shut) => None,
        }
    }

    fn fill(&self, slot: &Slot) {
        let address = self.lanes[slot.lane].ring.payload(slot.pos);
        self.areas[slot.lane].write(address, slot.len, |index| byte(slot.id, index));
    }

    pub fn commit(&self, slot: Slot) {
        self.fill(&slot);
        let address = self.areas[slot.lane].at(slot.pos + 8);
        let stamp = self.areas[slot.lane].read(address, 8);
        let stamp = u64::from_le_bytes(stamp.try_into().expect("it has 8 bytes"));
        let mut book = self.book.borrow_mut();
        book.appended
            .insert((slot.lane, slot.pos), (slot.id, slot.len, stamp));
        drop(book);
        // SAFETY: The slot is a reservation, and is spent here.
        unsafe { self.lanes[slot.lane].ring.commit(slot.pos, slot.len) };
        self.notify(&slot);
    }

    pub fn discard(&self, slot: Slot) {
        self.fill(&slot);
        // SAFETY: The slot is a reservation, and is spent here.
        unsafe { self.lanes[slot.lane].ring.discard(slot.pos, slot.len) };
        self.notify(&slot);
    }

    /// Appends record `id` of 8 bytes. Returns whether it was appended.
    pub fn append(&self, lane: usize, id: u8) -> bool {
        self.append_of(lane, id, 8)
    }

    /// The same with a record of `len` bytes.
    pub fn append_of(&self, lane: usize, id: u8, len: usize) -> bool {
        let slot = self.reserve(lane, id, len);
        slot.map(|slot| self.commit(slot)).is_some()
    }

    /// Gives a record of `len` bytes up, if there is room for it.
    pub fn skip(&self, lane: usize, len: usize) {
        if let Some(slot) = self.reserve(lane, 0, len) {
            self.discard(slot);
        }
    }

    /// Appends record `first` to lane 0, and then `second` to lane 1. As lane 0 is the one that
    /// comes first where stamps are equal, they stay in order even then.
    pub fn append_both(&self, first: u8, second: u8) {
        self.append(0, first);
        self.append(1, second);
        self.must_be_ordered(first, second);
    }

    /// Says that `first` was appended before `second`, if both were.
    pub fn must_be_ordered(&self, first: u8, second: u8) {
        self.book.borrow_mut().order.push((first, second));
    }

    pub fn shut(&self) {
        self.lanes.iter().for_each(|lane| lane.ring.shut());
    }

    /// How many records are appended, or about to be within the next operation.
    pub fn appended(&self) -> usize {
        self.book.borrow().appended.len()
    }

    pub fn refused(&self) -> usize {
        self.book.borrow().refused
    }

    /// Wakes the readers that sleep, as `Shared::notify` and its work do.
    fn notify(&self, slot: &Slot) {
        let threshold = &self.lanes[slot.lane].threshold;
        let reach = slot.pos + slot.len as u64;
        let is_reached = self.sleepers && threshold.is_reached(reach);
        if is_reached && threshold.disarm() && !self.readers_sleep_on() {
            self.wish.forget();
            for lane in &self.lanes {
                if lane.threshold.is_armed() {
                    lane.threshold.disarm();
                }
            }
            self.queue.wake_all();
        }
    }

    /// Does what `Shared::readers_sleep_on` does if there is a reader, and no latency.
    fn readers_sleep_on(&self) -> bool {
        let is_left = |taken| lane::arm_together(&self.lanes, taken);
        self.mark != 0 && self.wish.taken().is_none_or(is_left)
    }

    /// Returns whether enough is taken of the lanes, of which nothing was read.
    pub fn is_enough(&self) -> bool {
        lane::taken(&self.lanes) >= self.mark
    }

    /// Arms the thresholds at the watermark, as `Shared::arm_taken` does.
    pub fn arm_to_mark(&self) -> bool {
        self.wish.make(self.mark, 0);
        lane::arm_together(&self.lanes, self.mark)
    }

    /// Arms the thresholds for any record, as `Lanes::arm` does.
    pub fn arm(&self) {
        self.lanes.iter().for_each(|lane| lane.threshold.lower(ANY));
        threshold::arm_barrier();
    }
}

/// The byte at `index` of record `id`.
fn byte(id: u8, index: usize) -> u8 {
    id << 4 | (index & 15) as u8
}

/// The consumer of the lanes, and what it has read.
pub struct Reader {
    many: Rc<Many>,
    inputs: Vec<Input>,
    order: Order,
    stream: Vec<u8>,
    read: Amount,
}

impl Reader {
    /// Reads at most `want` bytes, of which the first `limit` can be delivered.
    pub fn read_some(&mut self, want: usize, limit: usize) -> Amount {
        let sink = delivered(&self.many.areas, &mut self.stream, limit);
        let mut merge = Merge::new(&self.many.lanes, &mut self.inputs, &mut self.order);
        let done = merge.consume(want, sink);
        self.add(done, want.min(limit))
    }

    /// Reads what is there.
    pub fn read(&mut self) -> Amount {
        self.read_some(usize::MAX, usize::MAX)
    }

    /// The same in two steps. The first may be taken more than once.
    pub fn peek_some(&mut self, want: usize, limit: usize, times: usize) -> Amount {
        let mut merge = Merge::new(&self.many.lanes, &mut self.inputs, &mut self.order);
        let start = self.stream.len();
        let mut bytes = 0;
        for _ in 0..times {
            self.stream.truncate(start);
            let sink = delivered(&self.many.areas, &mut self.stream, limit);
            bytes = merge.peek(want, sink);
            assert_eq!(bytes, self.stream.len() - start);
        }
        let done = merge.accept(bytes);
        self.add(done, want.min(limit))
    }

    /// The same, where a copy to the reader stops short: of what was seen, only the first `limit`
    /// bytes are delivered, and freed.
    pub fn read_short(&mut self, want: usize, limit: usize) -> Amount {
        self.read_short_beside(want, limit, |_| ())
    }

    /// The same, with `meanwhile` after what was seen and before it is freed.
    pub fn read_short_beside(
        &mut self,
        want: usize,
        limit: usize,
        meanwhile: impl FnOnce(&Many),
    ) -> Amount {
        let mut bytes = Vec::new();
        let mut merge = Merge::new(&self.many.lanes, &mut self.inputs, &mut self.order);
        let sink = delivered(&self.many.areas, &mut bytes, usize::MAX);
        assert_eq!(merge.peek(want, sink), bytes.len());
        meanwhile(&self.many);
        bytes.truncate(limit);
        let done = merge.accept(bytes.len());
        assert_eq!(
            done.bytes,
            bytes.len() as u64,
            "what is freed is not what was delivered"
        );
        self.stream.extend(bytes);
        self.add(done, want.min(limit))
    }

    /// Reads what is there, and calls `watch` with what was read before each piece. Returns how many
    /// bytes were read.
    pub fn read_watched(&mut self, watch: impl Fn(&Many, usize)) -> usize {
        let mut before = 0;
        let mut merge = Merge::new(&self.many.lanes, &mut self.inputs, &mut self.order);
        let done = merge.consume(usize::MAX, |_, len| {
            watch(&self.many, before);
            before += len;
            len
        });
        assert_eq!(done.bytes as usize, before);
        before
    }

    fn add(&mut self, done: Amount, most: usize) -> Amount {
        assert!(done.bytes <= most as u64);
        self.read = self.read.plus(done);
        assert_eq!(self.read.bytes, self.stream.len() as u64);
        done
    }

    pub fn check_head(&mut self) -> AtHead {
        Merge::new(&self.many.lanes, &mut self.inputs, &mut self.order).check_head()
    }

    /// How many records were read.
    pub fn records(&self) -> usize {
        self.read.records as usize
    }

    /// Reads until `count` records are read, and sleeps where none is to be had.
    pub fn read_all(&mut self, count: usize) {
        while self.records() < count {
            if self.read().bytes == 0 && !self.wait() {
                return;
            }
        }
    }

    /// Sleeps until there is something to read, as `Shared::wait_data` does. Returns `false` if a
    /// record is in the making: then there is a watch, which is over when all producers have ended.
    pub fn wait(&mut self) -> bool {
        loop {
            let ticket = self.many.queue.join();
            self.many.arm();
            match self.check_head() {
                AtHead::Empty => self.many.queue.sleep(ticket),
                seen => return seen != AtHead::InFlight,
            }
        }
    }

    pub fn unread(&mut self) -> Amount {
        let both = self.many.lanes.iter().zip(&mut self.inputs);
        both.fold(Amount::default(), |sum, (lane, input)| {
            sum.plus(lane.ring.unread(&mut input.consumer))
        })
    }

    /// Asserts that the account adds up, while nobody appends.
    pub fn assert_account(&mut self) {
        let unread = self.unread();
        let book = self.many.book.borrow();
        let bytes = book.appended.values().map(|&(_, len, _)| len as u64).sum();
        let appended = Amount {
            records: book.appended.len() as u64,
            bytes,
        };
        assert_eq!(
            self.read.plus(unread),
            appended,
            "read and unread are not what was appended"
        );
    }

    /// The records that were read, in order; each must be whole, the last one may not be.
    fn records_read(&self) -> Vec<u8> {
        let book = self.many.book.borrow();
        let mut rest = self.stream.iter();
        let mut ids = Vec::new();
        while let Some(&first) = rest.next() {
            let id = first >> 4;
            let len = book.appended.values().find(|&&(other, ..)| other == id);
            let &(_, len, _) = len.expect("a record that nobody appended");
            assert_eq!(first, byte(id, 0), "it is not the begin of a record");
            for index in 1..len {
                let next = rest.next();
                assert!(
                    next.is_none_or(|&next| next == byte(id, index)),
                    "a record is torn"
                );
            }
            ids.push(id);
        }
        ids
    }

    /// Reads what is left when no producer is, and checks the whole.
    pub fn finish(mut self) {
        self.assert_account();
        self.read();
        assert_eq!(self.unread(), Amount::default(), "not all was read at once");
        self.assert_account();

        let ids = self.records_read();
        let many = self.many.clone();
        let place = |id| ids.iter().position(|&other| other == id);
        let book = many.book.borrow();
        assert_eq!(ids.len(), book.appended.len());
        let mut before = None;
        let mut stamps = vec![0; ids.len()];
        for (&(lane, _), &(id, _, stamp)) in &book.appended {
            let now = place(id).expect("all are read");
            stamps[now] = stamp;
            if let Some((other, earlier)) = before.replace((lane, now)) {
                assert!(other != lane || earlier < now, "a lane is out of order");
            }
        }
        assert!(
            stamps.is_sorted(),
            "the stamps are out of order: {stamps:?}"
        );
        for &(first, second) in &book.order {
            if let (Some(first), Some(second)) = (place(first), place(second)) {
                assert!(first < second, "the lanes are out of order");
            }
        }
        drop(book);

        let shut = many.lanes[0].ring.is_shut();
        let end = if shut { AtHead::Shut } else { AtHead::Empty };
        assert_eq!(self.check_head(), end, "something is left");
        for (lane, area) in many.lanes.iter().zip(&many.areas) {
            area.assert_zero(0, area.size() as u64);
            let max = lane.ring.record_max();
            assert_eq!(lane.ring.has_room(max), !shut, "room is lost");
            assert_eq!(lane.ring.reserve(max).is_ok(), !shut, "room is lost");
        }
    }
}
