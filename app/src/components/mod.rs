//! What pages are made of.
//!
//! - Around everything: [`header`] with [`delete_board`], [`connection`], [`account_menu`]; [`toasts`]; who else is here, and
//!   edits what, in [`presence`].
//! - The board view: [`columns`], in each column a [`lane`] of [`card`]s and a [`quick_add`]; [`column_menu`]. Cards are moved
//!   by hand and by keyboard through [`moving`].
//! - The list view: [`list_view`] of [`list_row`]s with [`list_filters`]. What happened: [`activity`], and of one task
//!   [`history`]. The trash: [`trash`].
//! - One task: [`task_panel`] with its [`task_fields`] and, without JavaScript, its [`task_form`]; its texts, the description
//!   as [`markdown`], are edited in a [`text_editor`], kept in [`drafts`], and when two people did so at once, [`conflict`].
//! - Whose tasks are: [`assignees`].
//! - Who has access: [`members`] with [`share_links`]. What only some may do stands in an [`if_may`].
//! - Edits are taken back and done again by [`undoing`]. Those that were refused are told in [`toasts`], in the words of
//!   [`problem`].
//! - What somebody means by a key is told by [`keyboard`], by a click by [`mod@pointer`], and by what they type or paste by [`Typed`](crate::board::Typed).
//! - Smaller parts that several of these use: [`announcer`], [`choice`], [`confirm`], [`due`], [`flash`], [`focus`], [`form_error`],
//!   [`icon`], [`menu`], [`name_editor`], [`person`], [`redrawn`], [`rows`], [`show_more`], [`unavailable`].

pub mod account_menu;
pub mod activity;
pub mod announcer;
pub mod assignees;
pub mod card;
pub mod choice;
pub mod column_menu;
pub mod columns;
pub mod confirm;
pub mod conflict;
pub mod connection;
pub mod delete_board;
pub mod drafts;
pub mod due;
pub mod flash;
pub mod focus;
pub mod form_error;
pub mod header;
pub mod history;
pub mod icon;
pub mod if_may;
pub mod keyboard;
pub mod lane;
pub mod list_filters;
pub mod list_row;
pub mod list_view;
pub mod markdown;
pub mod members;
pub mod menu;
pub mod moving;
pub mod name_editor;
pub mod person;
pub mod pointer;
pub mod presence;
pub mod problem;
pub mod quick_add;
pub mod redrawn;
pub mod rows;
pub mod share_links;
pub mod show_more;
pub mod task_fields;
pub mod task_form;
pub mod task_panel;
pub mod text_editor;
pub mod toasts;
pub mod trash;
pub mod unavailable;
pub mod undoing;
