//! The Taskwire server.
//!
//! - [`store`]: boards, tasks and the numbered log in SQLite or PostgreSQL. The database is the truth.
//! - [`writer`]: the one write path: groups mutations into transactions, then tells the hub.
//! - [`http`]: the routes.
//! - [`hub`]: who is to be told of which board's changes, on this node and, over Redis, on the others.

pub mod http;
pub mod hub;
pub mod store;
pub mod writer;
