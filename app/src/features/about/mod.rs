//! What tells a board from others: its name, its colour and its description.

pub mod mark;
pub mod view;
