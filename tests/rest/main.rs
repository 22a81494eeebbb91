//! Tests the REST API over HTTP, with a whole server on a real database.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod boards;
mod bodies;
mod browsable;
mod checklists;
mod comments;
mod compression;
mod cross_origin;
mod documented;
mod events;
mod history;
mod hostile;
mod labels;
mod lists;
mod mutations;
mod nul;
mod pages;
mod rate;
mod refs;
mod streams;
mod tasks;
mod unhealthy;
