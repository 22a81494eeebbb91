//! The people who have an account on this server, for the sockets that watch that list, and the differences since an older
//! version of it.
//!
//! The directory changes with each sign-out, token and link; what others see of people seldom changes. So this list has its own
//! versions, and each person has the version in which they last changed. A socket with an older version is sent only the people
//! who changed since.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use app::{id::ActorId, people::Person, protocol::ServerMessage};

use super::frame::Frame;
use crate::store::Directory;

/// How many frames are kept, to be shared by sockets that have the same version.
const SHARED_FRAMES: usize = 8;

/// The newest list of people.
#[derive(Default)]
pub(super) struct People {
    version: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The revision of the directory that the list was made from.
    revision: i64,
    version: u64,
    people: BTreeMap<ActorId, Listed>,
    /// For older versions, the frame with the people who changed since.
    frames: VecDeque<(u64, Frame)>,
}

struct Listed {
    person: Person,
    /// The version of the list in which this person last changed.
    version: u64,
}

impl People {
    /// Updates the list from a directory. Versions begin with 1.
    pub(super) fn take(&self, directory: &Directory) {
        let mut state = self.state();
        if state.version > 0 && directory.revision() <= state.revision {
            return;
        }
        state.revision = directory.revision();
        let version = state.version + 1;
        let changed: Vec<Person> = directory
            .people()
            .into_iter()
            .filter(|person| state.people.get(&person.id).is_none_or(|listed| listed.person != *person))
            .collect();
        if changed.is_empty() && state.version > 0 {
            return;
        }
        state.people.extend(changed.into_iter().map(|person| (person.id, Listed { person, version })));
        state.version = version;
        state.frames.clear();
        self.version.store(version, Ordering::Release);
    }

    /// The newest version.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Everybody, and the version of that list.
    pub(super) fn all(&self) -> (Vec<Person>, u64) {
        let state = self.state();
        (state.people.values().map(|listed| listed.person.clone()).collect(), state.version)
    }

    /// A frame with the people who changed since a version, and the version that it leads to.
    pub(super) fn since(&self, version: u64) -> (Frame, u64) {
        let mut state = self.state();
        if let Some((_, frame)) = state.frames.iter().find(|(since, _)| *since == version) {
            return (frame.clone(), state.version);
        }
        let newer = state.people.values().filter(|listed| listed.version > version);
        let people = newer.map(|listed| listed.person.clone()).collect();
        let frame = Frame::of(&ServerMessage::PeopleChanged { people, you: None });
        if state.frames.len() == SHARED_FRAMES {
            state.frames.pop_front();
        }
        state.frames.push_back((version, frame.clone()));
        (frame, state.version)
    }

    // If a thread panics while it holds this lock, the worst result is an outdated list.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
