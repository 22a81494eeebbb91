//! Deleting a board, which is not final: the message after it offers an undo, and home lists the deleted boards that one may restore.

pub mod dialog;
pub mod list;
