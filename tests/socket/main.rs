//! The live connection over a real SQLite: what it delivers, and what it withstands.

#[path = "../support/mod.rs"]
mod support;

mod delivery;
mod document;
mod goodbye;
mod hostile;
mod slow;
mod storm;
