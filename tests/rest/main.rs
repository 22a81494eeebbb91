//! REST, asked over HTTP: a whole server on a real database.

#[path = "../support/mod.rs"]
mod support;

mod boards;
mod documented;
mod hostile;
mod lists;
mod pages;
mod tasks;
mod unhealthy;
