//! One version after another: what an older server does beside a newer one, and that what an older one stored stays readable.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod newer;
mod old_data;
mod rolling;
