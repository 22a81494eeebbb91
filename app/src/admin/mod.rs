//! The administration pages: for owners and admins, and for everybody on a server without accounts.
//!
//! The server renders them, and they work without scripts, like the account pages ([`crate::account`]): their forms post and redirect. One
//! small script (`public/admin.js`) keeps the parts that are marked as live up to date. Each module has one page, or one table with its rows.
//!
//! - [`frame`]: what is around each page. [`table`]: a table that can be sorted, searched, filtered, and read in pages.
//! - [`tasks`]: the tasks of all boards. [`task`]: one task. [`bulk_edits`]: one action on many tasks.
//! - [`audit`]: the audit log.

pub mod audit;
pub mod bulk_edits;
pub mod frame;
pub mod table;
pub mod task;
pub mod tasks;

pub use frame::{Frame, Reader};
