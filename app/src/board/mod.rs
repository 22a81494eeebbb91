//! A board as one person sees it, with their unsaved edits, undo and lists.
//!
//! - [`OptimisticBoard`] shows edits that are not saved yet.
//! - The module `undo` reverts a person's own edits, unless somebody changed the same parts later.
//! - [`Typed`] converts typed and pasted text to text that can be saved.
//! - [`item_lines()`] makes items of a checklist from several lines.
//! - [`Listing`] is a filtered and sorted list of the tasks, which is updated with each change.

mod hash_labels;
mod item_lines;
mod listing;
mod optimistic;
mod typed;
mod undo;

pub use hash_labels::take_labels;
pub use item_lines::item_lines;
pub use listing::{Listing, Sort, Wanted};
pub use optimistic::{OptimisticBoard, Received, Settled, TextBase};
pub use typed::Typed;
pub use undo::{Direction, NotUndone, Undone};
