// SPDX-License-Identifier: GPL-2.0

//! A lane and all who use it, and the book of what they did.

use super::{
    area::Area,
    lane::Lane,
    loss::Loss,
    queue::{Line, Queue},
    ring::{Amount, AtHead, Consumer, NoRoom, HEADER},
    threshold::ANY,
    watermark::Wish,
};
use crate::hooks;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    slice,
};

/// How a world is made.
#[derive(Clone, Copy)]
pub struct Plan {
    size: usize,
    roomy: bool,
    sleepers: bool,
    one: bool,
    mark: u64,
    looked: bool,
    payload: fn(u8, usize) -> u8,
}

impl Plan {
    /// A ring of `size` bytes.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            roomy: false,
            sleepers: false,
            one: false,
            mark: 0,
            looked: false,
            payload: |id, index| id << 4 | (index & 15) as u8,
        }
    }

    /// There is room for all that is appended: no append may fail.
    pub fn roomy(self) -> Self {
        Self {
            roomy: true,
            ..self
        }
    }

    /// Somebody may sleep, so producers look for sleepers.
    pub fn with_sleepers(self) -> Self {
        Self {
            sleepers: true,
            ..self
        }
    }

    /// Those who sleep are in line, and one of them is woken for a record.
    pub fn one_by_one(self) -> Self {
        Self {
            one: true,
            ..self.with_sleepers()
        }
    }

    /// Readers sleep until `mark` bytes of ring are taken, and the first record is committed.
    pub fn with_mark(self, mark: u64) -> Self {
        Self {
            mark,
            ..self.with_sleepers()
        }
    }

    /// Somebody looks who is not the consumer.
    pub fn looked(self) -> Self {
        Self {
            looked: true,
            ..self
        }
    }

    /// Byte `index` of record `id` is `payload(id, index)`.
    pub fn payload(self, payload: fn(u8, usize) -> u8) -> Self {
        Self { payload, ..self }
    }
}

/// A reservation, of the record `id`.
pub struct Slot {
    id: u8,
    pos: u64,
    len: usize,
}

/// What the threads of a model did. It is no part of the model: no thread learns from it.
#[derive(Default)]
struct Book {
    /// The records by position: whose they are, and how long.
    appended: BTreeMap<u64, (u8, usize)>,
    refused: Amount,
    /// Pairs of records of which the first was appended before the second.
    order: Vec<(u8, u8)>,
}

pub struct World {
    pub lane: Lane,
    /// Of readers.
    pub queue: Queue,
    pub line: Line,
    pub wish: Wish,
    loss: Loss,
    /// The losses that readers were woken for. It is atomic in the kernel.
    told: Cell<u64>,
    area: Area,
    plan: Plan,
    book: RefCell<Book>,
}

impl World {
    pub fn new(plan: Plan) -> (Rc<Self>, Reader) {
        let area = Area::new(plan.size, plan.looked);
        let (lane, consumer) = Lane::new(area.clone());
        let world = Rc::new(Self {
            lane,
            queue: Queue::default(),
            line: Line::default(),
            wish: Wish::new(),
            loss: Loss::new(),
            told: Cell::new(0),
            area,
            plan,
            book: RefCell::default(),
        });
        let reader = Reader {
            world: world.clone(),
            consumer,
            stream: Vec::new(),
            read: Amount::default(),
        };
        (world, reader)
    }

    // --- Producers ---

    pub fn reserve(&self, id: u8, len: usize) -> Result<Slot, NoRoom> {
        let why = match self.lane.ring.reserve(len) {
            Ok(pos) => {
                if !self.plan.looked {
                    let span = (len + HEADER).next_multiple_of(8) as u64;
                    self.area.assert_zero(pos, pos + span);
                }
                return Ok(Slot { id, pos, len });
            }
            Err(why) => why,
        };
        if why == NoRoom::Full {
            assert!(
                !self.plan.roomy,
                "record {id} was refused, and there was room"
            );
            let mut book = self.book.borrow_mut();
            book.refused.records += 1;
            book.refused.bytes += len as u64;
            drop(book);
            self.loss.count(len);
            self.notify_loss();
        }
        Err(why)
    }

    /// Writes the payload of `slot`.
    pub fn fill(&self, slot: &Slot) {
        let address = self.lane.ring.payload(slot.pos);
        self.area.write(address, slot.len, |index| {
            (self.plan.payload)(slot.id, index)
        });
    }

    /// Commits `slot`, which is filled.
    pub fn commit_filled(&self, slot: Slot) {
        let mut book = self.book.borrow_mut();
        book.appended.insert(slot.pos, (slot.id, slot.len));
        drop(book);
        // SAFETY: The slot is a reservation, and is spent here.
        unsafe { self.lane.ring.commit(slot.pos, slot.len) };
        self.notify(&slot);
    }

    pub fn commit(&self, slot: Slot) {
        self.fill(&slot);
        self.commit_filled(slot);
    }

    /// Discards `slot`, of which a part was filled, as a producer that changed its mind would.
    pub fn discard(&self, slot: Slot) {
        self.fill(&slot);
        // SAFETY: The slot is a reservation, and is spent here.
        unsafe { self.lane.ring.discard(slot.pos, slot.len) };
        self.notify(&slot);
    }

    /// Appends record `id` of `len` bytes. Returns whether it was appended.
    pub fn append(&self, id: u8, len: usize) -> bool {
        let slot = self.reserve(id, len);
        slot.map(|slot| self.commit(slot)).is_ok()
    }

    /// Appends several records of `len` bytes, in this order.
    pub fn append_all(&self, ids: &[u8], len: usize) {
        for &id in ids {
            self.append(id, len);
        }
        for pair in ids.windows(2) {
            self.must_be_ordered(pair[0], pair[1]);
        }
    }

    /// Says that `first` was appended before `second`, if both were.
    pub fn must_be_ordered(&self, first: u8, second: u8) {
        self.book.borrow_mut().order.push((first, second));
    }

    /// Wakes the readers that sleep, as `Shared::notify` does.
    fn notify(&self, slot: &Slot) {
        let reach = slot.pos + slot.len as u64;
        let threshold = &self.lane.threshold;
        if self.plan.sleepers && threshold.is_reached(reach) && threshold.disarm() {
            self.work();
        }
    }

    /// Does the same for the news of a loss, as `Shared::notify_loss` does.
    fn notify_loss(&self) {
        let threshold = &self.lane.threshold;
        if self.plan.sleepers && threshold.is_armed() && threshold.disarm() {
            self.work();
        }
    }

    /// What the work does that producers queue.
    fn work(&self) {
        if self.plan.one {
            self.line.wake_one();
        } else if !self.readers_sleep_on() {
            self.wish.forget();
            self.queue.wake_all();
        }
    }

    /// Does what `Shared::readers_sleep_on` does if there is a reader, and no latency.
    fn readers_sleep_on(&self) -> bool {
        let losses = self.lost().records;
        if self.plan.mark == 0 || self.told.replace(losses) != losses {
            return false;
        }
        let is_left = |taken| self.lane.ring.taken() < taken && self.lane.arm_to(taken);
        self.wish.taken().is_none_or(is_left)
    }

    /// Arms the threshold for any record, as `Shared::arm` does.
    pub fn arm(&self) {
        self.wish.make(0, 0);
        self.lane.threshold.arm(ANY);
    }

    // --- Looking ---

    pub fn check_head(&self) -> AtHead {
        loop {
            if let Some(seen) = hooks::looking(|| self.lane.ring.check_head()) {
                return seen;
            }
        }
    }

    /// How many records are appended, or about to be within the next operation.
    pub fn appended(&self) -> usize {
        self.book.borrow().appended.len()
    }

    pub fn lost(&self) -> Amount {
        self.loss.amount()
    }
}

/// A sink that takes the first `limit` bytes of what it is offered, and adds them to `stream`. Of a
/// piece that it takes to its end it claims more, which must not be believed. What it does not take
/// to its end is the last that it may be offered.
pub fn delivered<'a>(
    areas: &'a [Area],
    stream: &'a mut Vec<u8>,
    limit: usize,
) -> impl FnMut(*const u8, usize) -> usize + 'a {
    let mut left = limit;
    let mut ended = false;
    move |address, len| {
        assert!(len > 0, "an empty piece was offered");
        assert!(!ended, "more was offered to who did not take it");
        let taken = len.min(left);
        ended = taken < len;
        left -= taken;
        let area = areas.iter().find(|area| area.has(address));
        stream.extend(area.expect("a valid address").read(address, taken));
        taken + usize::from(taken == len)
    }
}

/// The consumer, and what it has read.
pub struct Reader {
    world: Rc<World>,
    consumer: Consumer,
    stream: Vec<u8>,
    read: Amount,
}

impl Reader {
    /// Reads at most `want` bytes, of which the first `limit` can be delivered.
    pub fn read_some(&mut self, want: usize, limit: usize) -> Amount {
        let Self {
            world,
            consumer,
            stream,
            ..
        } = self;
        let sink = delivered(slice::from_ref(&world.area), stream, limit);
        let done = world.lane.ring.consume(consumer, want, sink);
        assert!(done.bytes <= want.min(limit) as u64);
        self.read.records += done.records;
        self.read.bytes += done.bytes;
        assert_eq!(self.read.bytes, self.stream.len() as u64);
        done
    }

    /// Reads what is there.
    pub fn read(&mut self) -> Amount {
        self.read_some(usize::MAX, usize::MAX)
    }

    /// Reads whole records by a peek, of at most `max` bytes each and `want` together, and frees what
    /// was seen.
    pub fn peek_some(&mut self, want: usize, max: usize) -> Amount {
        let (bytes, done) = self.peek_short(want, max, usize::MAX);
        assert_eq!(done, bytes);
        done
    }

    /// The same, where a copy to the reader stops short: of what was seen, only the first `limit`
    /// bytes are delivered, and freed. Returns what was seen as well.
    pub fn peek_short(&mut self, want: usize, max: usize, limit: usize) -> (Amount, Amount) {
        let Self {
            world, consumer, ..
        } = self;
        let mut bytes = Vec::new();
        let mut sink = delivered(slice::from_ref(&world.area), &mut bytes, want);
        let seen = world.lane.ring.peek(consumer, want, max, |address, len| {
            assert!(len <= max);
            sink(address, len);
        });
        drop(sink);
        let amount = seen.amount();
        assert_eq!(amount.bytes, bytes.len() as u64);
        bytes.truncate(limit);
        let done = world.lane.ring.accept(consumer, seen, bytes.len());
        assert_eq!(done.bytes, bytes.len() as u64);
        self.stream.extend(bytes);
        self.read.records += done.records;
        self.read.bytes += done.bytes;
        (amount, done)
    }

    /// Reads what is there, and calls `watch` with what was read before each piece. It claims to
    /// have delivered more than it got, which must not be believed.
    pub fn read_watched(mut self, watch: impl Fn(&World, usize)) {
        let Self {
            world, consumer, ..
        } = &mut self;
        let mut before = 0;
        let done = world.lane.ring.consume(consumer, usize::MAX, |_, len| {
            watch(world, before);
            before += len;
            len + 1
        });
        assert_eq!(done.bytes as usize, before);
    }

    /// How many records were read.
    pub fn records(&self) -> usize {
        self.read.records as usize
    }

    /// Looks for enough, as the kernel does for a reader that is about to sleep, and arms the
    /// threshold if there is not. If the result is `AtHead::Empty`, a producer wakes the caller
    /// when there is.
    pub fn look_and_arm(&self) -> AtHead {
        let world = &self.world;
        let seen = self.look_for_enough();
        if !seen.is_idle() {
            return seen;
        }
        let taken = world.lane.ring.head() + world.plan.mark;
        world.wish.make(taken, 0);
        let in_time = world.lane.arm_to(taken);
        if !in_time {
            world.arm();
        }
        match self.look_for_enough() {
            AtHead::InFlight if in_time => AtHead::Empty,
            seen => seen,
        }
    }

    fn look_for_enough(&self) -> AtHead {
        let ring = &self.world.lane.ring;
        match self.world.check_head() {
            AtHead::Data if ring.taken() - ring.head() < self.world.plan.mark => AtHead::Empty,
            seen => seen,
        }
    }

    pub fn unread(&mut self) -> Amount {
        self.world.lane.ring.unread(&mut self.consumer)
    }

    /// Asserts that the account adds up, while nobody appends.
    pub fn assert_account(&mut self) {
        let unread = self.unread();
        let book = self.world.book.borrow();
        let bytes = book.appended.values().map(|&(_, len)| len as u64).sum();
        let kept = Amount {
            records: self.read.records + unread.records,
            bytes: self.read.bytes + unread.bytes,
        };
        let appended = Amount {
            records: book.appended.len() as u64,
            bytes,
        };
        assert_eq!(kept, appended, "read and unread are not what was appended");
        assert_eq!(self.world.loss.amount(), book.refused, "the loss is wrong");
    }

    /// Reads what is left when no producer is, and checks the whole.
    pub fn finish(mut self) {
        self.assert_account();
        self.read();
        assert_eq!(self.unread(), Amount::default(), "not all was read at once");
        self.assert_account();

        let book = self.world.book.borrow();
        let payload = self.world.plan.payload;
        let mut expected = Vec::new();
        for &(id, len) in book.appended.values() {
            expected.extend((0..len).map(|index| payload(id, index)));
        }
        assert_eq!(
            self.stream, expected,
            "what was read is not what was appended"
        );

        let place = |id| book.appended.values().position(|&(other, _)| other == id);
        for &(first, second) in &book.order {
            if let (Some(first), Some(second)) = (place(first), place(second)) {
                assert!(first < second, "the records are out of order");
            }
        }
        drop(book);

        let world = &self.world;
        world.area.assert_zero(0, world.plan.size as u64);
        let end = if world.lane.ring.is_shut() {
            AtHead::Shut
        } else {
            AtHead::Empty
        };
        assert_eq!(world.check_head(), end, "something is left");
        let max = world.lane.ring.record_max();
        assert_eq!(
            world.lane.ring.has_room(max),
            !world.lane.ring.is_shut(),
            "room is lost"
        );
        let probe = world.lane.ring.reserve(max).is_ok();
        assert_eq!(probe, !world.lane.ring.is_shut(), "room is lost");
        assert!(
            world.lane.ring.reserve(1).is_err(),
            "more than the ring is reserved"
        );
    }
}
