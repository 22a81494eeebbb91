//! The loading of parts that a board's outline leaves out, while the page shows them.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::LiveBoard;
use crate::{forms::load_board, state::Part};

/// The pause before the next request, after one that failed.
const PAUSE: Duration = Duration::from_secs(3);
/// The pause after a request that returned a part that is too old, because a change arrived meanwhile.
const SHORT_PAUSE: Duration = Duration::from_millis(300);

/// The loading state of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// It is loaded, or not needed.
    Done,
    /// A request is in progress.
    Asked,
    /// A request failed; it is repeated until it succeeds.
    Failing,
}

impl LiveBoard {
    /// Loads a part whenever it is needed and missing, until the current reactive owner is cleaned up.
    pub fn need(&self, part: Part, is_needed: impl Fn() -> bool + Send + Sync + 'static) -> Signal<Loading> {
        let (loaded, unavailable) = (self.loaded(), self.unavailable());
        let is_missing =
            Memo::new(move |_| is_needed() && unavailable.read().is_none() && !loaded.read().contains(&part));
        let state = RwSignal::new(if is_missing.get_untracked() { Loading::Asked } else { Loading::Done });
        let is_asked = StoredValue::new(false);
        let board = self.clone();
        Effect::new(move || match is_missing.get() {
            true if !is_asked.get_value() => {
                is_asked.set_value(true);
                state.set(Loading::Asked);
                ask(board.clone(), part, is_missing, state, is_asked);
            }
            true => {}
            false => state.set(Loading::Done),
        });
        state.into()
    }
}

/// Requests a part until it is loaded or no longer missing, or the signals are disposed.
fn ask(board: LiveBoard, part: Part, is_missing: Memo<bool>, state: RwSignal<Loading>, is_asked: StoredValue<bool>) {
    spawn_local(async move {
        let mut pause = PAUSE;
        let is_loaded = match load_board(board.id(), vec![part], true, None).await {
            // A part that is older than the state here is requested again.
            Ok(Some(loaded)) => {
                board.live().add_people(loaded.people);
                pause = SHORT_PAUSE;
                loaded.content.parts.iter().all(|part| board.load(part))
            }
            // The board does not exist for this person, or did not. The socket reports whether that is still so.
            Ok(None) => false,
            Err(_) => {
                if is_missing.try_get_untracked() == Some(true) {
                    state.try_set(Loading::Failing);
                }
                false
            }
        };
        if is_loaded || is_missing.try_get_untracked() != Some(true) {
            is_asked.try_set_value(false);
            state.try_set(Loading::Done);
            return;
        }
        let again = move || {
            if is_missing.try_get_untracked() == Some(true) {
                ask(board.clone(), part, is_missing, state, is_asked);
            } else {
                is_asked.try_set_value(false);
            }
        };
        set_timeout(again, pause);
    });
}
