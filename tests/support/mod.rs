//! Helpers that the tests of the server share.

#![allow(dead_code, reason = "not every test needs all of it")]

pub mod client;
pub mod clock;
pub mod database;
pub mod engines;
pub mod log;
pub mod newer;
pub mod node;
pub mod pgbouncer;
pub mod postgres;
pub mod postgres_server;
pub mod presence_client;
pub mod proxy;
pub mod raw;
pub mod redis;
pub mod released;
pub mod served;
pub mod server;
