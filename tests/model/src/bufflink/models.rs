// SPDX-License-Identifier: GPL-2.0

//! The models, and how one is run.

mod account;
mod append;
mod end;
mod look;
mod mark;
mod merge;
mod nest;
mod read;
mod sleep;
mod turns;

use crate::sync;
use std::{
    cell::Cell,
    fmt,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
};

/// A model: a few threads, and what must hold however they interleave.
pub struct Model {
    pub name: &'static str,
    pub check: fn(&Run),
    /// Preemptions in an interleaving, where not all interleavings are tried.
    pub bound: Option<usize>,
    /// Full barriers are more than acquire and release; see `sync.rs`.
    pub strong: bool,
    /// A compare-exchange that fails may find an old value; see `sync.rs`.
    pub stale: bool,
}

impl Model {
    const fn new(name: &'static str, check: fn(&Run)) -> Self {
        Self {
            name,
            check,
            bound: None,
            strong: false,
            stale: false,
        }
    }

    const fn bounded(self, bound: usize) -> Self {
        Self {
            bound: Some(bound),
            ..self
        }
    }

    /// Somebody sleeps, and full barriers are what keeps the wake-up.
    const fn strong(self) -> Self {
        Self {
            strong: true,
            ..self
        }
    }

    const fn stale(self) -> Self {
        Self {
            stale: true,
            ..self
        }
    }
}

pub const MODELS: &[Model] = &[
    Model::new("one-producer", append::one_producer),
    Model::new("two-producers", append::two_producers),
    Model::new("two-producers-overrun", append::two_producers_overrun),
    Model::new("three-producers", append::three_producers).bounded(2),
    Model::new("room", append::room),
    Model::new("causality", append::causality),
    Model::new("commit-and-discard", turns::commit_and_discard),
    Model::new("nested", nest::nested),
    Model::new("nested-discard", nest::nested_discard),
    Model::new("nested-twice", nest::nested_twice),
    Model::new("held-up", nest::held_up),
    Model::new("lengths", read::lengths),
    Model::new("pieces", read::pieces),
    Model::new("early-way-out", read::early_way_out),
    Model::new("long-batch", read::long_batch),
    Model::new("endless", read::endless),
    Model::new("peek", read::peek),
    Model::new("peek-exact", read::peek_exact),
    Model::new("peek-all", read::peek_all),
    Model::new("short", read::short),
    Model::new("short-exact", read::short_exact),
    Model::new("account", account::account),
    Model::new("account-pieces", account::pieces),
    Model::new("shut-append", end::shut_append),
    Model::new("shut-read", end::shut_read).bounded(3),
    Model::new("shut-shut", end::shut_shut),
    Model::new("look-moves", look::moves),
    Model::new("look-leaps", look::leaps),
    Model::new("look-discarded", look::discarded).bounded(2),
    Model::new("look-reused", look::reused),
    Model::new("look-end", look::end),
    Model::new("sleep-flag", sleep::flag).strong(),
    Model::new("sleep-shut", sleep::shut).strong().bounded(3),
    Model::new("sleep-commit", sleep::commit).strong(),
    Model::new("sleep-again", sleep::again).strong().bounded(3),
    Model::new("sleep-discard", sleep::discard).strong(),
    Model::new("sleep-loss", sleep::loss).strong(),
    Model::new("sleep-two-producers", sleep::two_producers)
        .strong()
        .bounded(3),
    Model::new("sleep-rearm", sleep::rearm).strong().bounded(3),
    Model::new("sleep-two-readers", sleep::two_readers)
        .strong()
        .bounded(3),
    Model::new("sleep-one-by-one", sleep::one_by_one)
        .strong()
        .bounded(3),
    Model::new("sleep-reused", sleep::reused).strong(),
    Model::new("mark-lengths", mark::lengths),
    Model::new("mark-early", mark::early),
    Model::new("mark-one-producer", mark::one_producer).strong(),
    Model::new("mark-two-producers", mark::two_producers)
        .strong()
        .bounded(3),
    Model::new("mark-discard", mark::discard)
        .strong()
        .bounded(3),
    Model::new("mark-first-record", mark::first_record)
        .strong()
        .bounded(3),
    Model::new("mark-again", mark::again).strong().bounded(3),
    Model::new("mark-less", mark::less).strong().bounded(3),
    Model::new("mark-wish", mark::wish).strong().stale(),
    Model::new("mark-lanes", mark::lanes).strong().bounded(3),
    Model::new("mark-one-of-the-lanes", mark::one_of_the_lanes)
        .strong()
        .bounded(3),
    Model::new("mark-fast-lanes", mark::fast_lanes),
    Model::new("mark-loss", mark::loss).strong().bounded(3),
    Model::new("mark-time", mark::time).strong().stale(),
    Model::new("merge-lanes", merge::lanes),
    Model::new("merge-one-producer", merge::one_producer).bounded(3),
    Model::new("merge-drained", merge::drained).bounded(3),
    Model::new("merge-clock", merge::clock).bounded(3),
    Model::new("merge-ties", merge::ties).bounded(3),
    Model::new("merge-causality", merge::causality).bounded(3),
    Model::new("merge-two-producers", merge::two_producers).bounded(3),
    Model::new("merge-held-up", merge::held_up),
    Model::new("merge-making-newer", merge::making_newer),
    Model::new("merge-nested", merge::nested).bounded(3),
    Model::new("merge-interrupted", merge::interrupted),
    Model::new("merge-overrun", merge::overrun).bounded(3),
    Model::new("merge-full", merge::full).bounded(3),
    Model::new("merge-no-room", merge::no_room),
    Model::new("merge-no-stamp", merge::no_room_no_stamp),
    Model::new("merge-discarded", merge::discarded),
    Model::new("merge-discard", merge::discard).bounded(2),
    Model::new("merge-shut", merge::shut).bounded(2),
    Model::new("merge-shut-making", merge::shut_making),
    Model::new("merge-pieces", merge::pieces).bounded(3),
    Model::new("merge-peek", merge::peek).bounded(2),
    Model::new("merge-peek-exact", merge::peek_exact),
    Model::new("merge-begun", merge::begun),
    Model::new("merge-short", merge::short).bounded(3),
    Model::new("merge-short-making", merge::short_making),
    Model::new("merge-short-exact", merge::short_exact),
    Model::new("merge-batch", merge::batch),
    Model::new("merge-batch-exact", merge::batch_exact),
    Model::new("merge-batches", merge::batches),
    Model::new("merge-endless", merge::endless),
    Model::new("merge-endless-exact", merge::endless_exact),
    Model::new("merge-room", merge::room),
    Model::new("merge-tick-room", merge::tick_room),
    Model::new("merge-one-tick", merge::one_tick),
    Model::new("merge-account", merge::account).bounded(3),
    Model::new("merge-sleep", merge::sleep).strong(),
    Model::new("merge-sleep-again", merge::sleep_again)
        .strong()
        .bounded(3),
    Model::new("merge-sleep-making", merge::sleep_making)
        .strong()
        .bounded(3),
    Model::new("merge-sleep-discard", merge::sleep_discard)
        .strong()
        .bounded(3),
    Model::new("merge-sleep-two-producers", merge::sleep_two_producers)
        .strong()
        .bounded(2),
    Model::new("merge-sleep-shut", merge::sleep_shut)
        .strong()
        .bounded(3),
];

/// A run of a model: how it is to be checked, and what came of it.
pub struct Run {
    bound: Option<usize>,
    strong: bool,
    stale: bool,
    interleavings: Cell<usize>,
}

impl Run {
    pub fn new(model: &Model) -> Self {
        Self {
            bound: model.bound,
            strong: model.strong,
            stale: model.stale,
            interleavings: Cell::new(0),
        }
    }

    /// Runs `case` in all its interleavings.
    pub fn check(&self, case: impl Fn() + Sync + Send + 'static) {
        sync::set_barriers_strong(self.strong);
        sync::set_failures_stale(self.stale);
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = self.bound;
        builder.max_branches = 10_000;
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        builder.check(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            case();
        });
        let before = self.interleavings.get();
        self.interleavings
            .set(before + count.load(Ordering::Relaxed));
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bound {
            Some(bound) => write!(f, "at most {bound} preemptions")?,
            None => write!(f, "exhaustive")?,
        }
        write!(f, ", {} interleavings", self.interleavings.get())
    }
}
