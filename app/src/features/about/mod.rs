//! What tells a board from others: its name, its colour and its description; and a copy of it.

mod copy;
pub mod mark;
pub mod view;
