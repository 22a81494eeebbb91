//! The checklists of a task: their part of the task's panel, and the mark on its card.
//!
//! Each checklist is one form, so that it works without JavaScript. With JavaScript the same buttons do the same, and a few listeners serve
//! all items: a task may have thousands.

mod adding;
mod editor;
mod item;
mod list;
mod moving;
pub mod progress;
pub mod section;

use leptos::prelude::*;
use uuid::Uuid;

use crate::id::{ActorId, ChecklistItemId};

/// What the checklists need from the panel around them.
#[derive(Clone, Copy)]
pub struct Around {
    /// Whether nothing can be edited, because the task is in the trash.
    pub deleted: Signal<bool>,
    /// The people who can be assigned, with their names.
    pub people: Memo<Vec<(ActorId, String)>>,
    /// Reads the kept text of a field, by the id of what the field is for.
    pub kept: Callback<Uuid, String>,
    /// Keeps the text of a field while the panel is closed.
    pub keep: Callback<(Uuid, String)>,
}

/// A selector for the box of an item.
fn box_of(item: ChecklistItemId) -> String {
    format!(".checklists [data-item='{item}'] .item-check")
}
