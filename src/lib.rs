//! The Taskwire server.
//!
//! - [`settings`], [`telemetry`]: what the person who runs it decides, and what it tells that person.
//! - [`store`]: boards, tasks and the numbered log in SQLite or PostgreSQL. The database is the truth.
//! - [`writer`]: the one write path: groups mutations into transactions, then tells the hub.
//! - [`hub`]: who is to be told of which board's changes, on this node and, over Redis, on the others.
//! - [`http`]: pages, REST, files and the state of the process, for whoever asks.
//! - [`accounts`]: who is who on this server.
//! - [`credentials`], [`secret`]: who asks, and what they carry to prove it.
//! - [`backups`]: backups by a schedule.
//! - [`command`]: the command line: what can be asked of the executable, and what it does besides serving.
//! - [`bulk`]: one action on many tasks, in the background.
//! - [`copies`]: copies of boards. [`task_copy`]: a copy of a task for another board.
//! - [`doctor`]: what is wrong with an installation, and what to do about it.
//! - [`clock`]: what time it is.
//! - [`http_client`]: requests to other servers.
//! - [`mail`]: what is sent to people's mailboxes.
//! - [`sample`]: the board that an empty database starts with.
//! - [`supervise`]: the tasks without which it cannot work, and what happens when one ends.
//! - [`system`]: the state of the installation.
//! - [`mod@serve`]: puts these together, and takes them apart again when the process is told to stop.

#![warn(clippy::print_stdout, clippy::print_stderr)] // They panic when nobody reads: see `telemetry`.

pub mod accounts;
pub mod backups;
pub mod bulk;
pub mod clock;
pub mod command;
pub mod copies;
pub mod credentials;
pub mod doctor;
pub mod http;
pub mod http_client;
pub mod hub;
pub mod live_settings;
pub mod mail;
pub mod outbox;
pub mod sample;
pub mod secret;
pub mod serve;
pub mod settings;
pub mod store;
pub mod supervise;
pub mod system;
pub mod task_copy;
pub mod telemetry;
pub mod writer;
