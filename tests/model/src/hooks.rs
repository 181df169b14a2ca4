// SPDX-License-Identifier: GPL-2.0

//! What happens to a thread of a model between two of its atomic operations.

use std::cell::{Cell, RefCell};

/// An interrupt: after so many more atomic operations, its handler runs.
struct Interrupt {
    after: usize,
    handler: Box<dyn FnOnce()>,
}

loom::thread_local! {
    static PENDING: RefCell<Option<Interrupt>> = RefCell::new(None);
    static LOOKING: Cell<bool> = Cell::new(false);
}

std::thread_local! {
    // Spares the models that have no interrupts the way to `PENDING`.
    static IN_USE: Cell<bool> = const { Cell::new(false) };
}

/// Called before each atomic operation of the code under test.
pub fn point() {
    if !IN_USE.get() {
        return;
    }
    let due = PENDING.with(|pending| {
        let mut pending = pending.borrow_mut();
        match pending.as_mut() {
            Some(interrupt) if interrupt.after > 0 => {
                interrupt.after -= 1;
                None
            }
            _ => pending.take(),
        }
    });
    if let Some(interrupt) = due {
        (interrupt.handler)();
    }
}

/// Runs `body`, and `handler` as an interrupt of it after `after` atomic operations.
///
/// Interrupts nest: `handler` may call this as well.
pub fn interrupted(after: usize, handler: impl FnOnce() + 'static, body: impl FnOnce()) {
    IN_USE.set(true);
    interrupt_again(after, handler);
    body();
    PENDING.with(|pending| *pending.borrow_mut() = None);
}

/// For a handler, as the last thing it does: `handler` is the next interrupt of the same `body`.
pub fn interrupt_again(after: usize, handler: impl FnOnce() + 'static) {
    let handler = Box::new(handler);
    PENDING.with(|pending| *pending.borrow_mut() = Some(Interrupt { after, handler }));
}

/// Runs `look`, whose loads may find payload where a header was.
pub fn looking<R>(look: impl FnOnce() -> R) -> R {
    LOOKING.with(|looking| looking.set(true));
    let result = look();
    LOOKING.with(|looking| looking.set(false));
    result
}

/// Returns whether the thread is within [`looking`].
pub fn is_looking() -> bool {
    LOOKING.with(Cell::get)
}
