// SPDX-License-Identifier: GPL-2.0

//! The wait queue: whoever is in it when it is woken goes on.
//!
//! Its lock orders those who come to it, as the spinlock of the kernel's does.

use loom::sync::{Condvar, Mutex};
use std::collections::VecDeque;

/// How often the queue was woken; a sleeper waits until it is more than when it joined.
#[derive(Default)]
pub struct Queue {
    wakes: Mutex<usize>,
    changed: Condvar,
}

/// What a sleeper got as it joined.
#[derive(Clone, Copy)]
pub struct Ticket(usize);

impl Queue {
    pub fn join(&self) -> Ticket {
        Ticket(*self.wakes.lock().expect("no thread has panicked"))
    }

    pub fn wake_all(&self) {
        *self.wakes.lock().expect("no thread has panicked") += 1;
        self.changed.notify_all();
    }

    /// Returns whether the queue was woken after `ticket`.
    pub fn is_woken(&self, ticket: Ticket) -> bool {
        *self.wakes.lock().expect("no thread has panicked") > ticket.0
    }

    /// Sleeps until the queue is woken after `ticket`. A wake-up that is lost makes loom find that
    /// no thread can go on.
    pub fn sleep(&self, ticket: Ticket) {
        let mut wakes = self.wakes.lock().expect("no thread has panicked");
        while *wakes <= ticket.0 {
            wakes = self.changed.wait(wakes).expect("no thread has panicked");
        }
    }
}

/// Those who sleep exclusively: whoever came first is woken first, and alone.
#[derive(Default)]
pub struct Line {
    asleep: Mutex<VecDeque<usize>>,
    changed: Condvar,
}

impl Line {
    /// Sleeps until `ready` holds for the sleeper `id`.
    pub fn wait(&self, id: usize, ready: impl Fn() -> bool) {
        loop {
            let mut asleep = self.asleep.lock().expect("no thread has panicked");
            if !asleep.contains(&id) {
                asleep.push_back(id);
            }
            drop(asleep);
            if ready() {
                break;
            }
            let mut asleep = self.asleep.lock().expect("no thread has panicked");
            while asleep.contains(&id) {
                asleep = self.changed.wait(asleep).expect("no thread has panicked");
            }
        }
        let mut asleep = self.asleep.lock().expect("no thread has panicked");
        asleep.retain(|&other| other != id);
    }

    pub fn wake_one(&self) {
        let mut asleep = self.asleep.lock().expect("no thread has panicked");
        asleep.pop_front();
        self.changed.notify_all();
    }

    pub fn wake_all(&self) {
        let mut asleep = self.asleep.lock().expect("no thread has panicked");
        asleep.clear();
        self.changed.notify_all();
    }
}
