//! Labels: chips on cards and in rows, the field of a task, the page of a board's labels, the filter, and the keys.

pub mod chips;
pub mod choosing;
pub mod field;
pub mod filter;
pub mod keys;
pub mod manage;
