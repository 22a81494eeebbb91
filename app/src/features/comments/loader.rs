//! The loading of a task's comments: the newest, older ones on demand, and the one that a link leads to.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use crate::{
    forms::{WantedComments, load_board},
    id::{CommentId, TaskId},
    live::{Live, LiveBoard, Loading},
    model::Seq,
    state::BoardState,
};

/// The pause before the next request, after one that failed or returned a page that is too old.
const PAUSE: Duration = Duration::from_secs(3);

/// The comments of a task, as far as they are loaded.
#[derive(Clone, Copy)]
pub struct Loader {
    board: StoredValue<LiveBoard>,
    task: TaskId,
    /// Counts the changes of the comments.
    changes: Signal<u64>,
    loading: RwSignal<Loading>,
    /// Whether a request is in progress, or will be repeated.
    is_asking: StoredValue<bool>,
    /// The comment that a link leads to.
    linked: StoredValue<Option<CommentId>>,
    /// The page's connection, which learns the names of the authors. Kept here because a request has no reactive owner.
    live: StoredValue<Option<Live>>,
}

impl Loader {
    /// Holds the comments of a task and loads the newest, until the current reactive owner is cleaned up.
    pub fn follow(board: &LiveBoard, task: TaskId) -> Self {
        let changes = board.hold_comments(task).into();
        let is_loaded = board.with(|board| board.has_comments(task));
        let loading = RwSignal::new(if is_loaded { Loading::Done } else { Loading::Asked });
        let loader = Self {
            board: StoredValue::new(board.clone()),
            task,
            changes,
            loading,
            is_asking: StoredValue::new(false),
            linked: StoredValue::new(None),
            live: StoredValue::new(use_context::<Live>()),
        };
        // After a snapshot, they may have to be loaded again.
        Effect::new(move || {
            if !loader.read(|board| board.has_comments(task)) {
                loader.load(None);
            }
        });
        let board = board.clone();
        on_cleanup(move || board.release_comments(task));
        loader
    }

    /// Reads the board, and follows changes of the comments.
    pub fn read<T>(self, look: impl FnOnce(&BoardState) -> T) -> T {
        self.changes.track();
        self.board.with_value(|board| board.with(look))
    }

    /// The loading state.
    pub fn loading(self) -> Signal<Loading> {
        self.loading.into()
    }

    /// Loads the page before those that are loaded.
    pub fn load_older(self) {
        let before = untrack(|| self.read(|board| board.older_comments(self.task)));
        if before.is_some() {
            self.load(before);
        }
    }

    /// Whether the comment that a link leads to was requested.
    pub fn is_wanted(self, comment: CommentId) -> bool {
        self.linked.get_value() == Some(comment)
    }

    /// Loads the comment that a link leads to.
    pub fn load_linked(self, comment: CommentId) {
        self.linked.set_value(Some(comment));
        self.load(None);
    }

    /// Requests a page, unless one is being requested.
    fn load(self, before: Option<Seq>) {
        if !self.is_asking.get_value() {
            self.is_asking.set_value(true);
            self.loading.set(Loading::Asked);
            self.ask(before);
        }
    }

    fn ask(self, before: Option<Seq>) {
        let Some(board) = self.board.try_get_value() else { return };
        let linked = self.linked.get_value().filter(|_| before.is_none());
        let live = self.live.get_value();
        let wanted = WantedComments { task: self.task, before, linked };
        spawn_local(async move {
            let is_loaded = match load_board(board.id(), Vec::new(), true, Some(wanted)).await {
                Ok(Some(loaded)) => {
                    if let Some(live) = live {
                        live.add_people(loaded.people);
                    }
                    // A task that is not there has no comments. The panel says so.
                    loaded.content.comments.is_none_or(|page| board.load_comments(&page))
                }
                // The board does not exist for this person. The socket reports whether that is still so.
                Ok(None) => true,
                Err(_) => {
                    self.loading.try_set(Loading::Failing);
                    false
                }
            };
            if is_loaded {
                self.is_asking.try_set_value(false);
                self.loading.try_set(Loading::Done);
                // A link may have been followed meanwhile.
                let missed = self.linked.try_get_value().flatten().filter(|_| before.is_some());
                if let Some(missed) = missed.filter(|missed| board.with(|board| board.comment(*missed).is_none())) {
                    self.load_linked(missed);
                }
                return;
            }
            let again = move || {
                if self.loading.try_get_untracked().is_some() {
                    // What was loaded meanwhile decides what comes before it.
                    let older = untrack(|| self.read(|board| board.older_comments(self.task)));
                    self.ask(before.and(older));
                }
            };
            set_timeout(again, PAUSE);
        });
    }
}
