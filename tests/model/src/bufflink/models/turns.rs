// SPDX-License-Identifier: GPL-2.0

//! Reservations that are committed and discarded in every order.

use super::{
    super::world::{Plan, World},
    Run,
};
use loom::thread;

const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

/// Three reservations at a time, each either committed or discarded, beside the consumer; then
/// one more, which needs the room of the first.
pub fn commit_and_discard(run: &Run) {
    for order in ORDERS {
        for discarded in 0..8u8 {
            run.check(move || {
                let (world, mut reader) = World::new(Plan::new(64));
                let producer = thread::spawn(move || {
                    let mut slots = [1u8, 2, 3].map(|id| world.reserve(id, id.into()).ok());
                    for index in order {
                        let slot = slots[index].take().expect("the ring was empty");
                        if discarded & 1 << index == 0 {
                            world.commit(slot);
                        } else {
                            world.discard(slot);
                        }
                    }
                    world.append(4, 16);
                });
                reader.read();
                reader.read_some(0, 0);
                reader.read();
                producer.join().unwrap();
                reader.finish();
            });
        }
    }
}
