//! The administration pages: for owners and admins, and for everybody on a server without accounts.
//!
//! The server renders them, and they work without scripts, like the account pages ([`crate::account`]): their forms post and redirect. One
//! small script (`public/admin.js`) keeps the parts that are marked as live up to date; another one copies what is shown once. Each module has one page, or one table with its rows.
//!
//! - [`frame`]: what is around each page. [`table`]: a table that can be sorted, searched, filtered, and read in pages.
//!   [`dates`]: narrowing one down by date.
//! - [`tasks`]: the tasks of all boards. [`task`]: one task. [`bulk_edits`]: one action on many tasks.
//! - [`boards`], [`people`], [`sessions`], [`tokens`], [`invitations`], [`share_links`], [`jobs`]: the other tables.
//! - [`board`], [`person`]: the page of one board, and of one person.
//! - [`groups`]: the table of groups of people. [`group`]: the page of one.
//! - [`parts`]: what several of these pages have.
//! - [`deleted_boards`]: boards that can be restored. [`person_account`]: one person's account. [`import`]: many people at once.
//! - [`settings`]: the settings of the server.
//! - [`system`]: the state of the installation, with a [`mod@chart`] of each number. [`audit`]: the audit log.

pub mod audit;
pub mod board;
pub mod board_history;
pub mod boards;
pub mod bulk_edits;
pub mod chart;
pub mod dates;
pub mod deleted_boards;
pub mod frame;
pub mod group;
pub mod groups;
pub mod import;
pub mod invitations;
pub mod jobs;
pub mod parts;
pub mod people;
pub mod person;
pub mod person_account;
pub mod sessions;
pub mod settings;
pub mod share_links;
pub mod system;
pub mod table;
pub mod task;
pub mod tasks;
pub mod tokens;

pub use frame::{Frame, Reader};
