//! What pages are made of.
//!
//! - Around everything: [`header`], [`connection`], [`toasts`].
//! - The board view: [`columns`], in each column a [`lane`] of [`card`]s and a [`quick_add`].
//! - The list view: [`list_view`]. The trash: [`trash`].
//! - One task: [`task_panel`], with its description as [`markdown`].
//! - Smaller parts that several of these use: [`due`], [`icon`], [`menu`], [`form_error`].

pub mod card;
pub mod columns;
pub mod connection;
pub mod due;
pub mod form_error;
pub mod header;
pub mod icon;
pub mod lane;
pub mod list_view;
pub mod markdown;
pub mod menu;
pub mod quick_add;
pub mod task_panel;
pub mod toasts;
pub mod trash;
