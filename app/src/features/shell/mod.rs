//! The parts around every view of a board: the header, the state of the connection, messages.

pub mod account_menu;
pub mod archived;
pub mod connection;
pub mod header;
pub mod keys;
pub mod keys_dialog;
pub mod problem;
pub mod toasts;
