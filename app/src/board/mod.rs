//! A board as one person has it: with edits that are shown before they are saved, and what they can take back.
//!
//! - [`OptimisticBoard`] is a board with edits that are shown but not yet saved.
//! - An edit of one's own can be taken back, unless somebody changed the same later (`undo`).
//! - What people type and paste becomes a text that can be saved by [`Typed`].
//! - [`Listing`] is a filtered, sorted list of its tasks that keeps up with changes.

mod listing;
mod optimistic;
mod typed;
mod undo;

pub use listing::{Listing, Sort, Wanted};
pub use optimistic::{OptimisticBoard, Received, Settled, TextBase};
pub use typed::Typed;
pub use undo::{Direction, NotUndone, Undone};
