//! What the server answers over HTTP.
//!
//! - [`socket`]: the live connection.

pub mod socket;
