// SPDX-License-Identifier: GPL-2.0

//! The account of what waits, while producers append.

use super::{
    super::world::{Plan, World},
    Run,
};
use loom::thread;

/// What is counted was appended, and is counted once.
pub fn account(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(32));
        let book = world.clone();
        let producer = thread::spawn(move || {
            world.append(1, 8);
            if let Ok(slot) = world.reserve(2, 1) {
                world.discard(slot);
            }
            world.append(3, 8);
        });
        for _ in 0..2 {
            let unread = reader.unread();
            assert!(reader.records() + unread.records as usize <= book.appended());
            // What was counted is there to be read.
            assert!(
                reader.read().bytes >= unread.bytes,
                "counted, but not there"
            );
        }
        producer.join().unwrap();
        reader.finish();
    });
}

/// The account of a record that was read in part, of a full ring, and of one that was counted
/// before it was read.
pub fn pieces(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(32));
        for round in 0..4 {
            world.append(round * 3 + 1, 8);
            reader.assert_account();
            world.append(round * 3 + 2, 5);
            for limit in [3, 1, 6, 0] {
                reader.read_some(limit, limit);
                reader.assert_account();
            }
            let slot = world.reserve(0, 8).expect("there is room");
            world.discard(slot);
            reader.assert_account();
            reader.read();
            reader.assert_account();
            // So that the next round begins elsewhere.
            world.append(round * 3 + 3, 1 + usize::from(round) * 8 % 24);
            reader.read();
        }
        reader.finish();
    });
}
