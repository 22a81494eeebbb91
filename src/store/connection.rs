//! The only way to the database once it is open: connections on which nothing waits for ever.
//!
//! Every statement, every connect and every wait for a connection has a limit, kept here and nowhere else: a
//! [`Connection`] does not give away what it wraps. A connection is used again only if its last statement was answered
//! and its transaction was ended; one whose future was dropped half-way, or that broke, or that stayed silent, is closed.
//!
//! A peer that swallows packets (a failover, a firewall) says nothing, and neither does a query that takes long. So on a
//! connection that was used before, a statement is given only a moment ([`Limits::silence`]); after that the connection,
//! and all idle ones with it, are given up, and what reads is done again on a fresh one, with a longer limit
//! ([`Limits::statement`]). A slow query costs one needless connection; a dead network costs a moment.
//!
//! This is no pool of sqlx's, because that asks a connection which comes back whether it is well and waits for the answer
//! without a limit, holding its place meanwhile: four silent connections, and nothing is ever read again.

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

/// How long the goodbye to the database may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long to wait after an attempt to connect failed at once.
const CONNECT_PAUSE: Duration = Duration::from_millis(50);

/// How long what may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The answer to a statement on a connection that was used before, over a network.
    pub silence: Duration,
    /// The answer to a statement on a fresh connection, or on any to a file.
    pub statement: Duration,
    /// Waiting for a connection to come free, and then for a new one.
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

/// What connections are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// They read, several at once.
    Read,
    /// There is one, which writes.
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
    /// At most so many. `first` are there already.
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

    /// A connection, when one is free.
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

    /// Begins a transaction that sees one moment (`Read`) or will write (`Write`).
    pub async fn begin(self: &Arc<Self>) -> Result<Connection, StoreError> {
        if self.purpose == Purpose::Write {
            metrics::counter!("taskwire_store_transactions_total").increment(1);
        }
        loop {
            let mut connection = self.acquire().await?;
            let begun = connection.begin_here().await;
            // Nothing was done yet, so this may be tried again whatever the transaction is for.
            if begun.is_err() && connection.is_worth_another() {
                continue;
            }
            return begun.map(|()| connection);
        }
    }

    /// Closes the connections, after what is under way. What is asked for later fails.
    pub async fn close(&self) {
        let all = timeout(GOODBYE, self.permits.acquire_many(self.most)).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        let closing = idle.into_iter().map(AnyConnection::close).collect::<FuturesUnordered<_>>();
        // What was committed is durable; how the goodbye went does not matter.
        let _ = timeout(GOODBYE, closing.for_each(|_| std::future::ready(()))).await;
    }

    /// A new connection. One attempt may hang where the next would not, be it that its packets were lost or that the
    /// server answers late; so there is a new one every moment, beside those that wait, and the first that is through wins.
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
                    // The writer tries again by itself, and has to know.
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

    // Nothing is done while this is held that can panic.
    fn idle(&self) -> MutexGuard<'_, Vec<AnyConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an expression that only reads brings, on a connection of `$readers` that it calls `$reader`. Where one that was used
/// before turns out to be dead, it is read again on another. (A macro, because of an async closure that borrows what it is
/// given the compiler cannot tell that it may change threads.)
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

/// A connection that somebody uses.
pub(super) struct Connection {
    /// `None` only while it is being dropped.
    raw: Option<AnyConnection>,
    /// Whether it was used before, so that it may be dead without our knowing.
    is_reused: bool,
    /// A statement is under way, or its future was dropped.
    is_busy: bool,
    /// It broke, or did not answer in time.
    is_dead: bool,
    in_transaction: bool,
    home: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    /// Which engine this is, as far as it matters for statements.
    pub fn is_sqlite(&self) -> bool {
        use sqlx::Database as _;
        self.raw.as_ref().is_some_and(|raw| raw.backend_name() == Sqlite::NAME)
    }

    /// The rows a statement brings.
    pub async fn fetch(&mut self, statement: Statement) -> Result<Vec<AnyRow>, StoreError> {
        let raw = self.raw.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.is_busy = true;
        let limit = self.home.limit(self.is_reused);
        let outcome = timeout(limit, statement.query().fetch_all(raw)).await;
        self.settle(outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut)), limit)
    }

    /// Does what a statement says.
    pub async fn execute(&mut self, statement: Statement) -> Result<AnyQueryResult, StoreError> {
        let raw = self.raw.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.is_busy = true;
        let limit = self.home.limit(self.is_reused);
        let outcome = timeout(limit, statement.query().execute(raw)).await;
        self.settle(outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut)), limit)
    }

    /// Makes what was done in the transaction durable.
    pub async fn commit(&mut self) -> Result<(), StoreError> {
        self.execute("COMMIT".into()).await?;
        self.in_transaction = false;
        // Nothing is called durable that went to a file without a name.
        self.check_file()
    }

    /// Takes it back. (So does dropping the connection, but then it is closed.)
    pub async fn rollback(&mut self) -> Result<(), StoreError> {
        self.execute("ROLLBACK".into()).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Begins a transaction on a connection that one has already.
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

    /// Whether it failed because it was dead from the start, so that another one may do.
    pub fn is_worth_another(&self) -> bool {
        self.is_dead && self.is_reused
    }

    /// Takes note of how a statement ended.
    fn settle<T>(&mut self, outcome: Result<T, sqlx::Error>, limit: Duration) -> Result<T, StoreError> {
        match outcome {
            Ok(value) => {
                self.is_busy = false;
                Ok(value)
            }
            // Of this connection alone: nothing above is a pool.
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
            // What killed this one has most likely killed those that were there with it.
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
