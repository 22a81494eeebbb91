//! The board as one list, with its filters.

pub mod filters;
pub mod row;
pub mod view;
