//! What happened: on a board, day by day, and to one task.

pub mod activity;
pub mod events;
