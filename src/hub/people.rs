//! Who has an account on this server, for the sockets that want to know, and what is different from what they were told.
//!
//! Everybody's directory changes with each sign-out, token and link; what others see of people seldom does. So the list counts its
//! own versions, and each person has the version in which they last changed: whoever has an older one is told of those alone.

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

/// How many frames are kept to be shared by sockets that have the same version.
const SHARED_FRAMES: usize = 8;

/// The newest list.
#[derive(Default)]
pub(super) struct People {
    version: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The revision of the directory it was made from.
    revision: i64,
    version: u64,
    people: BTreeMap<ActorId, Listed>,
    /// What is new since an older version.
    frames: VecDeque<(u64, Frame)>,
}

struct Listed {
    person: Person,
    /// When they became what they are.
    version: u64,
}

impl People {
    /// Takes in who is there. Versions begin with 1.
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

    /// Everybody, and the version that is.
    pub(super) fn all(&self) -> (Vec<Person>, u64) {
        let state = self.state();
        (state.people.values().map(|listed| listed.person.clone()).collect(), state.version)
    }

    /// Those who changed since a version, ready to be sent, and the version that leads to.
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

    // A panic while this was held left at worst a list that is old.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
