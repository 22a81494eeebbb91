//! What is wrong with an installation, and what to do about it: `taskwire doctor`.
//!
//! One file for each group of checks: [`settings`], [`database`], [`files`], [`backups`], [`redis`], [`mail`], [`sign_in`] and
//! [`server`]. A check only reads and connects, as the server itself does, and uses the server's own code for that. So it may run beside a
//! running server, and within one ([`Depth::Running`]), and what it reports is what the server would meet. Each check has a limit of time. A
//! check that does not apply to the settings is left out; one that could not be done says why.

pub mod backups;
pub mod database;
pub mod files;
mod mail;
pub mod redis;
pub mod server;
pub mod settings;
mod sign_in;

use std::{path::PathBuf, time::Duration};

pub use app::system::{Finding, Status};

use self::settings::Given;
use crate::{
    settings::{Settings, runtime},
    store::{Inspection, StoreSettings, StoredSettings, missing_file},
};

/// How long a check may take that asks somebody over the network.
const NETWORK: Duration = Duration::from_secs(10);

/// What to check.
#[derive(Clone, Debug)]
pub struct Examination {
    /// The settings of the server, and where they come from.
    pub given: Given,
    /// Files with secrets, whose permissions are checked besides those of the database.
    pub secret_files: Vec<PathBuf>,
    /// How long each of the checks may take that read the whole database.
    pub time_limit: Duration,
    /// How much of the database is read.
    pub depth: Depth,
}

/// How much of the database is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// All of it.
    Whole,
    /// Only what takes a moment, for a check within a server that has other things to do.
    Running,
}

impl Examination {
    /// Does all checks. Those that ask others come first and at once; so reading the database does not slow down what is measured.
    pub async fn run(&self) -> Vec<Finding> {
        let stored = stored(&self.given.settings).await;
        let settings = &runtime::effective(&self.given, &stored);
        let (redis, mail, sign_in, server) = tokio::join!(
            redis::check(settings),
            mail::check(settings),
            sign_in::check(settings),
            server::check(settings)
        );
        let database = database::check(settings, self.time_limit, self.depth).await;
        let backups = backups::check(settings).await;
        let files = files::check(settings, &self.secret_files);
        [settings::check(&self.given, &stored, settings), database, files, backups, redis, mail, sign_in, server]
            .concat()
    }
}

/// The settings that were changed while servers run; none if the database cannot be read, which is reported elsewhere.
async fn stored(settings: &Settings) -> StoredSettings {
    let read = async {
        let settings = StoreSettings { readers: 1, ..settings.store() };
        let inspection = Inspection::open(&settings).await.ok()?;
        let stored = inspection.settings().await.ok();
        inspection.close().await;
        stored
    };
    match missing_file(&settings.database) {
        Some(_) => StoredSettings::new(),
        None => within(NETWORK, read).await.ok().flatten().unwrap_or_default(),
    }
}

/// Awaits something for a limited time. The error says that there was no answer.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, String> {
    tokio::time::timeout(limit, work).await.map_err(|_| format!("no answer within {} s", limit.as_secs()))
}

/// A time in words, in the largest unit of which there are two.
pub fn counted_time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => counted(seconds, "second"),
        120..7_200 => counted(seconds / 60, "minute"),
        7_200..172_800 => counted(seconds / 3_600, "hour"),
        _ => counted(seconds / 86_400, "day"),
    }
}

/// A number of things, such as `1 board` or `2 boards`.
fn counted(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
