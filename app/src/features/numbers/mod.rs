//! What people call tasks, such as `WEB-42`: on cards, in lists and in the panel, copied by a key, and followed where a text has it.

pub mod copying;
pub mod links;
pub mod name;
