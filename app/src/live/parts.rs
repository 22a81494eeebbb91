//! Parts of a board that its outline leaves out, loaded while something on the page shows them.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::LiveBoard;
use crate::{forms::load_board, state::Part};

/// How long to wait before asking a server again that did not answer.
const PAUSE: Duration = Duration::from_secs(3);

/// How a part stands that the page needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// It is loaded, or not needed.
    Done,
    /// The server was asked for it.
    Asked,
    /// The server did not answer; it is asked again and again.
    Failing,
}

impl LiveBoard {
    /// Loads a part whenever it is needed and not loaded, until the current reactive owner is cleaned up.
    pub fn need(&self, part: Part, is_needed: impl Fn() -> bool + Send + Sync + 'static) -> Signal<Loading> {
        let loaded = self.loaded();
        let is_missing = Memo::new(move |_| is_needed() && !loaded.read().contains(&part));
        let state = RwSignal::new(if is_missing.get_untracked() { Loading::Asked } else { Loading::Done });
        let is_asked = StoredValue::new(false);
        let board = self.clone();
        Effect::new(move || match is_missing.get() {
            true if !is_asked.get_value() => {
                is_asked.set_value(true);
                state.set(Loading::Asked);
                ask(board.clone(), part, state, is_asked);
            }
            true => {}
            false => state.set(Loading::Done),
        });
        state.into()
    }
}

/// Asks until the part is there, or nobody needs it any more.
fn ask(board: LiveBoard, part: Part, state: RwSignal<Loading>, is_asked: StoredValue<bool>) {
    spawn_local(async move {
        let is_done = match load_board(board.id(), vec![part], true).await {
            // Where it is from before what is known here by now, it is read again.
            Ok(Some(loaded)) => {
                board.live().add_people(loaded.people);
                loaded.content.parts.iter().all(|part| board.load(part))
            }
            // The board is not there for this person; the socket says so.
            Ok(None) => true,
            Err(_) => {
                state.try_set(Loading::Failing);
                false
            }
        };
        if is_done {
            is_asked.try_set_value(false);
            state.try_set(Loading::Done);
        } else {
            let again = move || {
                if state.try_get_untracked().is_some() {
                    ask(board.clone(), part, state, is_asked);
                }
            };
            set_timeout(again, PAUSE);
        }
    });
}
