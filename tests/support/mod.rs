//! What the tests of the server share.

#![allow(dead_code, reason = "not every test needs all of it")]

pub mod database;
pub mod node;
pub mod postgres;
pub mod server;
