// SPDX-License-Identifier: GPL-2.0

//! The end of a lane.

use super::{
    super::{
        ring::{AtHead, NoRoom},
        world::{Plan, World},
    },
    Run,
};
use loom::thread;

/// Whoever was told that a record is appended will see it read, and nobody is told so after the
/// end.
pub fn shut_append(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(64).roomy());
        let other = world.clone();
        let producer = thread::spawn(move || world.append_all(&[1, 2], 8));
        other.lane.ring.shut();
        assert!(other.lane.ring.is_shut());
        assert!(matches!(other.reserve(3, 8), Err(NoRoom::Shut)));
        assert!(
            !other.lane.ring.has_room(8),
            "no append finds room any more"
        );
        reader.read();
        producer.join().unwrap();
        assert!(matches!(other.reserve(3, 8), Err(NoRoom::Shut)));
        reader.finish();
    });
}

/// A reader that sees the end has read everything.
pub fn shut_read(run: &Run) {
    run.check(|| {
        let (world, mut reader) = World::new(Plan::new(32).roomy());
        let (other, looker) = (world.clone(), world.clone());
        let producer = thread::spawn(move || world.append_all(&[1, 2], 8));
        let owner = thread::spawn(move || other.lane.ring.shut());
        for _ in 0..2 {
            reader.read();
            if looker.check_head() == AtHead::Shut {
                assert_eq!(reader.read().bytes, 0, "there was more after the end");
                assert!(looker.reserve(3, 8).is_err(), "an append after the end");
                assert_eq!(looker.appended(), reader.records(), "there is more");
            }
        }
        producer.join().unwrap();
        owner.join().unwrap();
        reader.finish();
    });
}

/// A lane that is shut twice, and full, is shut.
pub fn shut_shut(run: &Run) {
    run.check(|| {
        let (world, reader) = World::new(Plan::new(32));
        assert_eq!(world.check_head(), AtHead::Empty);
        world.append_all(&[1, 2], 8);
        assert!(matches!(world.reserve(3, 8), Err(NoRoom::Full)));
        let other = world.clone();
        let owner = thread::spawn(move || other.lane.ring.shut());
        world.lane.ring.shut();
        assert!(matches!(world.reserve(3, 8), Err(NoRoom::Shut)));
        assert_eq!(world.check_head(), AtHead::Data);
        owner.join().unwrap();
        reader.finish();
    });
}
