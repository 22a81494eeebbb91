//! The only way to the database once it is open: connections on which nothing waits for ever.
//!
//! Every statement, every connect and every wait for a connection has a time limit. The limits are enforced here and nowhere
//! else: a [`Connection`] does not give access to the connection that it wraps. A connection is reused only if its last
//! statement was answered and its transaction has ended. It is closed if it broke or did not respond, or if
//! the future of a statement was dropped.
//!
//! A peer that drops packets (a failover, a firewall) looks like a slow query. So on a reused connection a statement has only a
//! short limit ([`Limits::silence`]). After that, this connection and all idle ones are dropped, and a read is repeated on a
//! fresh connection, with a longer limit ([`Limits::statement`]). A slow query costs one needless connection; a dead network
//! costs a moment.
//!
//! This is not sqlx's pool. That one pings a returned connection and waits for the response without a limit, while the
//! connection occupies its place: after four unresponsive connections, nothing could be read any more.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use sqlx::{AnyConnection, Connection as _, Sqlite, any::AnyQueryResult, any::AnyRow};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use super::{
    StoreError,
    connect::{Database, Engine},
    error::{is_broken, is_transient},
    sql::Statement,
};

/// How long closing the connections may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long to wait after a failed attempt to connect.
const CONNECT_PAUSE: Duration = Duration::from_millis(50);

/// The time limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the response to a statement on a reused connection, over a network.
    pub silence: Duration,
    /// For the response to a statement on a fresh connection, or on any connection to a file.
    pub statement: Duration,
    /// For waiting until a connection is free, including the time to open a new one.
    pub acquire: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            silence: Duration::from_millis(750),
            statement: Duration::from_secs(10),
            acquire: Duration::from_secs(5),
        }
    }
}

/// The purpose of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading: several connections.
    Read,
    /// Writing: a single connection.
    Write,
}

/// The connections for one purpose.
pub(super) struct Connections {
    database: Arc<Database>,
    purpose: Purpose,
    limits: Limits,
    most: u32,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<AnyConnection>>,
}

impl Connections {
    /// At most `most` connections, of which `first` are already open.
    pub fn new(
        database: Arc<Database>,
        purpose: Purpose,
        most: u32,
        limits: Limits,
        first: Vec<AnyConnection>,
    ) -> Self {
        let most = most.max(1);
        let permits = Arc::new(Semaphore::new(most as usize));
        Self { database, purpose, limits, most, permits, idle: Mutex::new(first) }
    }

    /// A connection, once one is free.
    pub async fn acquire(self: &Arc<Self>) -> Result<Connection, StoreError> {
        let acquired = timeout(self.limits.acquire, async {
            let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let idle = self.idle().pop();
            let is_reused = idle.is_some();
            let raw = match idle {
                Some(raw) => raw,
                None => self.connect().await?,
            };
            let home = Arc::clone(self);
            Ok(Connection {
                raw: Some(raw),
                is_reused,
                is_busy: false,
                is_dead: false,
                in_transaction: false,
                home,
                _permit: permit,
            })
        });
        acquired.await.unwrap_or(Err(sqlx::Error::PoolTimedOut.into()))
    }

    /// Begins a transaction: one that sees a single moment (`Read`) or one that writes (`Write`).
    pub async fn begin(self: &Arc<Self>) -> Result<Connection, StoreError> {
        if self.purpose == Purpose::Write {
            metrics::counter!("taskwire_store_transactions_total").increment(1);
        }
        loop {
            let mut connection = self.acquire().await?;
            let begun = connection.begin_here().await;
            // The transaction has done nothing yet, so it may begin again on another connection, whatever its purpose.
            if begun.is_err() && connection.is_worth_another() {
                continue;
            }
            return begun.map(|()| connection);
        }
    }

    /// Closes the connections after their current operations. Later requests fail.
    pub async fn close(&self) {
        let all = timeout(GOODBYE, self.permits.acquire_many(self.most)).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        let closing = idle.into_iter().map(AnyConnection::close).collect::<FuturesUnordered<_>>();
        // What was committed is durable, so it does not matter whether the connections close cleanly.
        let _ = timeout(GOODBYE, closing.for_each(|_| std::future::ready(()))).await;
    }

    /// Opens a new connection. One attempt may hang where the next one would not, because packets were lost or the server
    /// responds late. So a new attempt starts at short intervals while the earlier ones continue, and the first to succeed is
    /// used.
    async fn connect(&self) -> Result<AnyConnection, StoreError> {
        self.database.check_file()?;
        let mut attempts = FuturesUnordered::new();
        let attempt = |after: Duration| async move {
            sleep(after).await;
            self.database.connect(self.purpose).await
        };
        attempts.push(attempt(Duration::ZERO));
        loop {
            let again = sleep(self.limits.silence.max(CONNECT_PAUSE));
            tokio::select! {
                Some(outcome) = attempts.next() => match outcome {
                    Ok(mut connection) => {
                        self.database.initialize(&mut connection, self.purpose).await?;
                        return Ok(connection);
                    }
                    // The writer has its own retries, and must learn of the error.
                    Err(error) if is_transient(&error) && self.purpose == Purpose::Read => {
                        attempts.push(attempt(CONNECT_PAUSE));
                    }
                    Err(error) => return Err(error.into()),
                },
                () = again => attempts.push(attempt(Duration::ZERO)),
            }
        }
    }

    fn limit(&self, is_reused: bool) -> Duration {
        match self.database.engine {
            Engine::Postgres if is_reused => self.limits.silence,
            _ => self.limits.statement,
        }
    }

    // No code that can panic runs while this lock is held.
    fn idle(&self) -> MutexGuard<'_, Vec<AnyConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Evaluates an expression that only reads, with a connection of `$readers` bound to `$reader`. If a reused connection turns
/// out to be dead, the read is repeated on another. (A macro and not a function: the compiler cannot prove that an async
/// closure which borrows its argument is `Send`.)
macro_rules! read {
    ($readers:expr, |$reader:ident| $read:expr) => {
        loop {
            let mut connection = $readers.acquire().await?;
            let $reader = &mut connection;
            let outcome = $read;
            if outcome.is_ok() || !connection.is_worth_another() {
                break outcome;
            }
        }
    };
}
pub(super) use read;

/// A connection in use.
pub(super) struct Connection {
    /// `None` only while it is being dropped.
    raw: Option<AnyConnection>,
    /// Whether it was used before: then it may be dead without this being known.
    is_reused: bool,
    /// A statement is under way, or its future was dropped.
    is_busy: bool,
    /// It broke, or did not respond in time.
    is_dead: bool,
    in_transaction: bool,
    home: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    /// Whether the engine is SQLite, for statements that differ.
    pub fn is_sqlite(&self) -> bool {
        use sqlx::Database as _;
        self.raw.as_ref().is_some_and(|raw| raw.backend_name() == Sqlite::NAME)
    }

    /// Runs a statement and returns its rows.
    pub async fn fetch(&mut self, statement: Statement) -> Result<Vec<AnyRow>, StoreError> {
        let raw = self.raw.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.is_busy = true;
        let limit = self.home.limit(self.is_reused);
        let outcome = timeout(limit, statement.query().fetch_all(raw)).await;
        self.settle(outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut)), limit)
    }

    /// Runs a statement.
    pub async fn execute(&mut self, statement: Statement) -> Result<AnyQueryResult, StoreError> {
        let raw = self.raw.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.is_busy = true;
        let limit = self.home.limit(self.is_reused);
        let outcome = timeout(limit, statement.query().execute(raw)).await;
        self.settle(outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut)), limit)
    }

    /// Commits the transaction.
    pub async fn commit(&mut self) -> Result<(), StoreError> {
        self.execute("COMMIT".into()).await?;
        self.in_transaction = false;
        // A commit is not reported as durable if it went to a file that was removed or replaced.
        self.check_file()
    }

    /// Rolls the transaction back. (Dropping the connection also does that, but closes the connection.)
    pub async fn rollback(&mut self) -> Result<(), StoreError> {
        self.execute("ROLLBACK".into()).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Begins a transaction on this connection.
    pub async fn begin_here(&mut self) -> Result<(), StoreError> {
        let engine = self.home.database.engine;
        let begin = match self.home.purpose {
            Purpose::Read => engine.begin_read(),
            Purpose::Write => engine.begin_write(),
        };
        self.check_file()?;
        if self.home.purpose == Purpose::Write {
            self.home.database.schema.check()?;
        }
        self.in_transaction = true;
        self.execute(begin.into()).await?;
        Ok(())
    }

    fn check_file(&self) -> Result<(), StoreError> {
        match self.home.purpose {
            Purpose::Read => Ok(()),
            Purpose::Write => self.home.database.check_file(),
        }
    }

    /// Whether it failed because it was already dead when it was reused, so that another connection may work.
    pub fn is_worth_another(&self) -> bool {
        self.is_dead && self.is_reused
    }

    /// Updates the state of the connection after a statement.
    fn settle<T>(&mut self, outcome: Result<T, sqlx::Error>, limit: Duration) -> Result<T, StoreError> {
        match outcome {
            Ok(value) => {
                self.is_busy = false;
                Ok(value)
            }
            // This error stands for the timeout of this statement: no sqlx pool is involved.
            Err(sqlx::Error::PoolTimedOut) => {
                self.is_dead = true;
                Err(StoreError::TimedOut(limit))
            }
            Err(error) => {
                self.is_busy = false;
                self.is_dead = is_broken(&error);
                Err(error.into())
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(raw) = self.raw.take() else { return };
        let mut idle = self.home.idle();
        if self.is_dead {
            // The cause of this failure has most likely broken the idle connections too.
            idle.clear();
        }
        let is_fit = !self.is_dead && !self.is_busy && !self.in_transaction;
        if is_fit && !self.home.permits.is_closed() {
            idle.push(raw);
        } else {
            self.home.database.closed(self.home.purpose);
        }
    }
}
