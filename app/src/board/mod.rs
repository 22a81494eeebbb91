//! The state of a board, and the only ways to change it.
//!
//! - [`BoardState`] is what a log amounts to. [`BoardState::apply`] is the one way a change reaches it, wherever the
//!   change comes from; applying a change twice does nothing, and a gap is an error.
//! - [`decide()`] says what a mutation does to a board, or why it is refused. The server decides for good, under the
//!   board's lock; the browser decides the same way to show an edit before it is saved.
//! - A board holds only so much, and its trash as well (`room`).
//! - [`OptimisticBoard`] is a board with edits that are shown but not yet saved.
//! - What people type and paste becomes a text that can be saved by [`Typed`].
//! - An edit of one's own can be taken back, unless somebody changed the same later (`undo`).
//! - [`Listing`] is a filtered, sorted list of its tasks that keeps up with changes.

mod decide;
mod listing;
mod optimistic;
mod order;
mod room;
mod state;
mod typed;
mod undo;

pub use decide::{
    MAX_ASSIGNEES, MAX_COLUMNS, MAX_DESCRIPTION_BYTES, MAX_MEMBERS, MAX_NAME_CHARS, MAX_TITLE_CHARS, decide,
    is_invisible, line, turns_text,
};
pub use listing::{Listing, Sort, Wanted};
pub use optimistic::{OptimisticBoard, Received, Settled, TextBase};
pub use room::{MAX_BOARD_BYTES, MAX_BOARDS_OF_ONE, MAX_TASKS, MAX_TRASH_BYTES, MAX_TRASH_TASKS};
pub use state::{Applied, BoardState, Contents, Gap, Snapshot, Stamp, Touched};
pub use typed::Typed;
pub use undo::{Direction, NotUndone, Part, Undone, shortened};
