//! The tasks of a board as one list, with filters.

pub mod filters;
pub mod row;
pub mod view;
