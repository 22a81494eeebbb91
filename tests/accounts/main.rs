//! Tests accounts as people create, use and manage them in browsers, against a whole server over HTTP.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod admin_pages;
mod administration;
mod audit;
mod browsable;
mod browser;
mod cookies;
mod first_visit;
mod groups;
mod hostile;
mod invitations;
mod own;
mod people;
mod secrets;
mod settings;
mod share_links;
mod signing_in;
mod strangers;
mod tokens;
mod waiting;
