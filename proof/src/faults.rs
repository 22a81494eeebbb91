//! The faults, and how they are ended.

use std::{fmt, time::Duration};

use fastrand::Rng;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use crate::{
    children::{Signal, limit_files},
    cluster::{Cluster, Node},
    proxy::{Link, Way},
};

/// How long a node may take to end after SIGTERM.
const STOPPING: Duration = Duration::from_secs(20);

/// The file size limit that simulates a full disk. The segments of PostgreSQL's write-ahead log have one megabyte, so
/// they can still be written; larger tables and indexes cannot grow.
const POSTGRES_FULL: u64 = 1024 * 1024;

/// How many seconds a wrong clock is ahead: ten minutes, or minus ten; 200 days, so that clean-up tasks run early; and
/// minus a century, which is before 1970, a time that HTTP cannot represent.
const WRONG: [i64; 4] = [600, -600, 200 * 24 * 60 * 60, -100 * 366 * 24 * 60 * 60];

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    NodeKilled,
    NodeStopped,
    NodeTerminated,
    ClockWrong,
    ClientsCut,
    ClientsSilenced,
    ClientsSlow,
    DatabaseCut,
    DatabaseSilenced,
    DatabaseFrozen,
    DatabaseSlow,
    RedisCut,
    RedisSilenced,
    RedisFrozen,
    RedisSlow,
    RedisKilled,
    RedisStopped,
    DatabaseRestarted,
    DatabaseCrashed,
    DatabaseStopped,
    DatabaseLocked,
    DatabaseDiskFull,
    LogDiskFull,
    DiskFull,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NodeKilled => "a node is killed (SIGKILL)",
            Self::NodeStopped => "a node is stopped (SIGSTOP)",
            Self::NodeTerminated => "a node is told to stop (SIGTERM)",
            Self::ClockWrong => "a node's clock is wrong",
            Self::ClientsCut => "clients: connections cut",
            Self::ClientsSilenced => "clients: connections silent for ever",
            Self::ClientsSlow => "clients: each piece late",
            Self::DatabaseCut => "node-database: cut",
            Self::DatabaseSilenced => "node-database: silent for ever",
            Self::DatabaseFrozen => "node-database: frozen",
            Self::DatabaseSlow => "node-database: each piece late",
            Self::RedisCut => "node-Redis: cut",
            Self::RedisSilenced => "node-Redis: silent for ever",
            Self::RedisFrozen => "node-Redis: frozen",
            Self::RedisSlow => "node-Redis: each piece late",
            Self::RedisKilled => "Redis killed",
            Self::RedisStopped => "Redis stopped (SIGSTOP)",
            Self::DatabaseRestarted => "database restarted",
            Self::DatabaseCrashed => "database crashed",
            Self::DatabaseStopped => "database stopped (SIGSTOP)",
            Self::DatabaseLocked => "database locked by somebody",
            Self::DatabaseDiskFull => "database's disk full",
            Self::LogDiskFull => "log's disk full",
            Self::DiskFull => "disk full",
        })
    }
}

/// The part of the cluster that a fault affects. See [`Fault::part`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Node,
    Clients,
    ToDatabase,
    ToRedis,
    Redis,
    Database,
}

/// A fault that has begun.
pub struct Ongoing {
    pub fault: Fault,
    node: usize,
    lock: Option<AnyConnection>,
}

impl Fault {
    /// The faults that are possible in a cluster.
    pub fn of(cluster: &Cluster) -> Vec<Self> {
        let everywhere = [
            Self::NodeKilled,
            Self::NodeStopped,
            Self::NodeTerminated,
            Self::ClockWrong,
            Self::ClientsCut,
            Self::ClientsSilenced,
            Self::ClientsSlow,
            Self::DatabaseLocked,
        ];
        let several = [
            Self::DatabaseCut,
            Self::DatabaseSilenced,
            Self::DatabaseFrozen,
            Self::DatabaseSlow,
            Self::RedisCut,
            Self::RedisSilenced,
            Self::RedisFrozen,
            Self::RedisSlow,
            Self::RedisKilled,
            Self::RedisStopped,
            Self::DatabaseRestarted,
            Self::DatabaseCrashed,
            Self::DatabaseStopped,
            Self::DatabaseDiskFull,
            Self::LogDiskFull,
        ];
        let rest: &[Self] = if cluster.postgres.is_some() { &several } else { &[Self::DiskFull] };
        everywhere.iter().chain(rest).copied().collect()
    }

    /// The part that the fault affects. Only faults of different parts overlap.
    pub fn part(self) -> Part {
        match self {
            Self::NodeKilled
            | Self::NodeStopped
            | Self::NodeTerminated
            | Self::ClockWrong
            | Self::LogDiskFull
            | Self::DiskFull => Part::Node,
            Self::ClientsCut | Self::ClientsSilenced | Self::ClientsSlow => Part::Clients,
            Self::DatabaseCut | Self::DatabaseSilenced | Self::DatabaseFrozen | Self::DatabaseSlow => Part::ToDatabase,
            Self::RedisCut | Self::RedisSilenced | Self::RedisFrozen | Self::RedisSlow => Part::ToRedis,
            Self::RedisKilled | Self::RedisStopped => Part::Redis,
            Self::DatabaseRestarted
            | Self::DatabaseCrashed
            | Self::DatabaseStopped
            | Self::DatabaseLocked
            | Self::DatabaseDiskFull => Part::Database,
        }
    }

    /// How long the fault lasts; 0 for one that happens in an instant.
    pub fn lasts(self, rng: &mut Rng) -> Duration {
        match self {
            Self::ClientsCut
            | Self::ClientsSilenced
            | Self::DatabaseSilenced
            | Self::RedisSilenced
            | Self::NodeTerminated => Duration::ZERO,
            // Longer than the timeout of a group of writes.
            Self::DatabaseLocked if rng.bool() => Duration::from_millis(rng.u64(5_200..6_500)),
            _ => Duration::from_millis(rng.u64(200..3_000)),
        }
    }

    pub async fn begin(self, cluster: &mut Cluster, rng: &mut Rng) -> Result<Ongoing, String> {
        let node = rng.usize(..cluster.nodes.len());
        let slow = Way::Slow(Duration::from_millis(rng.u64(20..150)));
        let mut lock = None;
        let set = |link: &Option<Link>, way| link.iter().for_each(|link| link.set(way));
        let chosen = &mut cluster.nodes[node];
        match self {
            Self::NodeKilled => chosen.process.iter_mut().for_each(|process| process.kill()),
            Self::NodeStopped => chosen.process.iter().for_each(|process| process.signal(Signal::Stop)),
            Self::NodeTerminated => cluster.terminate(node, STOPPING).await?,
            Self::ClockWrong => set_clock(chosen, WRONG[rng.usize(..WRONG.len())])?,
            Self::ClientsCut => chosen.front.drop_connections(rng.usize(1..4)),
            Self::ClientsSilenced => chosen.front.silence_connections(rng.usize(1..4)),
            Self::ClientsSlow => chosen.front.set(slow),
            Self::DatabaseCut => set(&chosen.database, Way::Cut),
            Self::DatabaseSilenced => chosen.database.iter().for_each(|link| link.silence_connections(1)),
            Self::DatabaseFrozen => set(&chosen.database, Way::Frozen),
            Self::DatabaseSlow => set(&chosen.database, slow),
            Self::RedisCut => set(&chosen.redis, Way::Cut),
            Self::RedisSilenced => chosen.redis.iter().for_each(|link| link.silence_connections(1)),
            Self::RedisFrozen => set(&chosen.redis, Way::Frozen),
            Self::RedisSlow => set(&chosen.redis, slow),
            Self::RedisKilled => cluster.redis.iter_mut().for_each(|redis| redis.kill()),
            Self::RedisStopped => cluster.redis.iter().for_each(|redis| redis.signal(Signal::Stop)),
            Self::DatabaseRestarted | Self::DatabaseCrashed => {
                if let Some(postgres) = &mut cluster.postgres {
                    postgres.end(self == Self::DatabaseCrashed).await?;
                }
            }
            Self::DatabaseStopped => cluster.postgres.iter().for_each(|postgres| postgres.signal(Signal::Stop)),
            Self::DatabaseLocked => lock = Some(lock_database(cluster).await?),
            Self::DatabaseDiskFull => {
                cluster.postgres.iter().for_each(|postgres| postgres.limit_files(Some(POSTGRES_FULL)))
            }
            Self::LogDiskFull | Self::DiskFull => {
                chosen.process.iter().for_each(|process| limit_files(process.id(), Some(0)))
            }
        }
        Ok(Ongoing { fault: self, node, lock })
    }
}

impl Ongoing {
    /// Ends the fault.
    pub async fn end(self, cluster: &mut Cluster) -> Result<(), String> {
        let node = self.node;
        let chosen = &mut cluster.nodes[node];
        match self.fault {
            Fault::NodeKilled | Fault::NodeTerminated => cluster.launch(node)?,
            Fault::ClockWrong => set_clock(chosen, 0)?,
            Fault::NodeStopped => chosen.process.iter().for_each(|process| process.signal(Signal::Continue)),
            Fault::ClientsCut | Fault::ClientsSilenced | Fault::DatabaseSilenced | Fault::RedisSilenced => {}
            Fault::ClientsSlow => chosen.front.set(Way::Open),
            Fault::DatabaseCut | Fault::DatabaseFrozen | Fault::DatabaseSlow => {
                chosen.database.iter().for_each(|link| link.set(Way::Open));
            }
            Fault::RedisCut | Fault::RedisFrozen | Fault::RedisSlow => {
                chosen.redis.iter().for_each(|link| link.set(Way::Open));
            }
            Fault::RedisKilled => {
                if let Some(redis) = &mut cluster.redis {
                    redis.restart().await?;
                }
            }
            Fault::RedisStopped => cluster.redis.iter().for_each(|redis| redis.signal(Signal::Continue)),
            Fault::DatabaseRestarted | Fault::DatabaseCrashed => {
                if let Some(postgres) = &mut cluster.postgres {
                    postgres.restart().await?;
                }
            }
            Fault::DatabaseStopped => cluster.postgres.iter().for_each(|postgres| postgres.signal(Signal::Continue)),
            Fault::DatabaseLocked => {
                if let Some(lock) = self.lock {
                    // The lock is released with the connection, even if closing fails.
                    let _ = lock.close().await;
                }
            }
            Fault::DatabaseDiskFull => cluster.postgres.iter().for_each(|postgres| postgres.limit_files(None)),
            Fault::LogDiskFull | Fault::DiskFull => {
                chosen.redis.iter().for_each(|link| link.set(Way::Open));
                chosen.process.iter().for_each(|process| limit_files(process.id(), None));
            }
        }
        Ok(())
    }
}

fn set_clock(node: &Node, ahead: i64) -> Result<(), String> {
    node.clock.set(ahead).map_err(|error| format!("the clock of {} is not set: {error}", node.name))
}

/// Locks the database, as a person does who looks into it by hand and forgets about it.
async fn lock_database(cluster: &Cluster) -> Result<AnyConnection, String> {
    let said = |error: sqlx::Error| format!("the database cannot be locked: {error}");
    let mut connection = AnyConnection::connect(&cluster.database_url()).await.map_err(said)?;
    let lock = match cluster.postgres {
        Some(_) => "BEGIN; LOCK TABLE boards IN EXCLUSIVE MODE",
        None => "PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE",
    };
    connection.execute(AssertSqlSafe(lock.to_owned())).await.map_err(said)?;
    Ok(connection)
}
