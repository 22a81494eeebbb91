//! The boards on the home page: each with its colour, description, task counts and the faces of members; the starred ones first.

pub mod card;
mod star;
