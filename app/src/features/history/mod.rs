//! The history of a board, day by day, and the history of one task.

pub mod activity;
pub mod events;
