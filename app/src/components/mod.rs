//! What pages are made of.
//!
//! - Around everything: [`header`] with [`delete_board`], [`connection`], [`toasts`].
//! - The board view: [`columns`], in each column a [`lane`] of [`card`]s and a [`quick_add`]; [`column_menu`]. Cards are moved
//!   by hand and by keyboard through [`moving`].
//! - The list view: [`list_view`]. The trash: [`trash`].
//! - One task: [`task_panel`], with its description as [`markdown`].
//! - Smaller parts that several of these use: [`announcer`], [`due`], [`focus`], [`form_error`], [`icon`], [`menu`],
//!   [`name_editor`].

pub mod announcer;
pub mod card;
pub mod column_menu;
pub mod columns;
pub mod connection;
pub mod delete_board;
pub mod due;
pub mod focus;
pub mod form_error;
pub mod header;
pub mod icon;
pub mod lane;
pub mod list_view;
pub mod markdown;
pub mod menu;
pub mod moving;
pub mod name_editor;
pub mod quick_add;
pub mod task_panel;
pub mod toasts;
pub mod trash;
