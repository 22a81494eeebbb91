//! Updates: an older server next to a newer one, and data stored by older versions stays readable.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod newer;
mod numbers;
mod old_data;
mod rolling;
