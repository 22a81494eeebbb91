//! Copies of boards as they were last read or written, so that a reader costs one small query.
//!
//! A copy is always a committed state, possibly an old one. [`Store::board`] queries the newest change number and brings the
//! copy up to date from the log. A thousand concurrent readers of one board cause two reads, not a thousand.

use std::sync::{
    Arc, PoisonError, RwLock, Weak,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use app::{id::BoardId, model::Seq, state::BoardState};
use moka::sync::Cache as Moka;
use sqlx::Row;
use tokio::sync::Mutex;

use super::{
    Missing, Store, StoreError,
    connection::{Connection, read},
    log, rows,
    sql::query,
};

/// A copy that is further behind than this is loaded from the board's rows rather than from the log.
const MOST_CHANGES: Seq = 1_000;

pub(super) struct Cache {
    slots: Moka<BoardId, Arc<Slot>>,
}

/// The entry of one board.
#[derive(Default)]
struct Slot {
    /// Held only to take the state out or put one in.
    state: RwLock<Option<Arc<BoardState>>>,
    /// The number of tasks with which [`Cache::slots`] last weighed this entry.
    weight: AtomicU32,
    single_flight: SingleFlight,
}

/// Combines the concurrent readers of one board.
///
/// A reader must see everything that was committed before it asked. So it may share the result of a read that *began* after it
/// asked, but not of one that was already under way.
#[derive(Default)]
struct SingleFlight {
    /// How many reads have begun.
    begun: AtomicU64,
    /// The last read that ended. The reader that holds this lock does the read, which takes a while: hence tokio's lock.
    ended: Mutex<Ended>,
}

#[derive(Default)]
struct Ended {
    /// The number of that read, in the order in which reads began.
    number: u64,
    outcome: Outcome,
}

#[derive(Default)]
enum Outcome {
    /// There is no such board.
    #[default]
    Absent,
    /// Weak, because [`Cache::slots`] decides what is kept in memory.
    Found(Weak<BoardState>),
    Failed(String),
}

impl Store {
    /// A board as it is now; `None` if it never existed. A deleted board has [`BoardState::deleted_at`].
    pub async fn board(&self, id: BoardId) -> Result<Option<Arc<BoardState>>, StoreError> {
        let slot = self.shared.cache.slot(id);
        slot.single_flight.join(|| self.read_board(id)).await
    }

    async fn read_board(&self, id: BoardId) -> Result<Option<Arc<BoardState>>, StoreError> {
        let cache = &self.shared.cache;
        let known = cache.get(id);
        let row =
            query("SELECT seq FROM boards WHERE id = $1").bind(id.to_string()).fetch_optional(self.readers()).await?;
        let Some(row) = row else {
            cache.forget(id);
            return Ok(None);
        };
        let head = rows::seq(row.try_get(0)?)?;
        if known.is_some_and(|known| known.seq() > head) {
            // The cached state is ahead of the database, so the database was restored from an older copy.
            cache.forget(id);
        }
        // Read the cache again, because a write may have updated it in the meantime.
        if let Some(state) = cache.get(id) {
            if state.seq() >= head {
                return Ok(Some(state));
            }
            let caught_up = read!(self.readers(), |reader| catch_up(reader, Arc::clone(&state), head).await)?;
            if let Some(state) = caught_up {
                cache.put(&state);
                return Ok(Some(state));
            }
        }
        let state = read!(self.readers(), |reader| load(reader, id).await)?.map(Arc::new);
        if let Some(state) = &state {
            cache.put(state);
        }
        Ok(state)
    }
}

/// Loads a board's rows as of one moment.
async fn load(reader: &mut Connection, id: BoardId) -> Result<Option<BoardState>, StoreError> {
    reader.begin_here().await?;
    let state = rows::load(reader, id).await?;
    reader.rollback().await?;
    Ok(state)
}

impl SingleFlight {
    /// The result of a read that begins after this call: the caller's own read, or one that it shares.
    async fn join<Reading>(&self, read: impl FnOnce() -> Reading) -> Result<Option<Arc<BoardState>>, StoreError>
    where
        Reading: Future<Output = Result<Option<Arc<BoardState>>, StoreError>>,
    {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut ended = self.ended.lock().await;
        if ended.number > asked {
            match &ended.outcome {
                Outcome::Absent => return Ok(None),
                Outcome::Found(state) => {
                    if let Some(state) = state.upgrade() {
                        return Ok(Some(state));
                    }
                }
                Outcome::Failed(error) => return Err(StoreError::Shared(error.clone())),
            }
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let result = read().await;
        let outcome = match &result {
            Ok(Some(state)) => Outcome::Found(Arc::downgrade(state)),
            Ok(None) => Outcome::Absent,
            Err(error) => Outcome::Failed(error.to_string()),
        };
        *ended = Ended { number, outcome };
        result
    }
}

/// Brings an older state up to change `head` or later, from the log; `None` if the state should be loaded from the rows instead.
pub(super) async fn catch_up(
    connection: &mut Connection,
    mut state: Arc<BoardState>,
    head: Seq,
) -> Result<Option<Arc<BoardState>>, StoreError> {
    if head.saturating_sub(state.seq()) > MOST_CHANGES {
        return Ok(None);
    }
    let limit = MOST_CHANGES as usize;
    let Missing::Changes(changes) = log::missing(&mut *connection, state.id(), state.seq(), limit).await? else {
        return Ok(None);
    };
    let newest = Arc::make_mut(&mut state);
    for logged in &changes {
        newest.apply(&rows::change(logged)?).map_err(StoreError::corrupt)?;
    }
    // A change that this version does not know makes the state incomplete; the rows still contain its effect.
    Ok((state.seq() >= head && state.is_whole()).then_some(state))
}

impl Cache {
    /// Keeps boards with about this many tasks in total.
    pub fn new(tasks: u64) -> Self {
        let weight = |_: &BoardId, slot: &Arc<Slot>| slot.weight.load(Ordering::Relaxed).max(1);
        Self { slots: Moka::builder().max_capacity(tasks).weigher(weight).build() }
    }

    /// The cached state of a board, which may be old.
    pub fn get(&self, id: BoardId) -> Option<Arc<BoardState>> {
        self.slots.get(&id)?.get()
    }

    /// Caches a state of a board, unless a newer one is cached.
    pub fn put(&self, state: &Arc<BoardState>) {
        let slot = self.slot(state.id());
        slot.put(state);
        let tasks = u32::try_from(state.tasks().size_hint().0).unwrap_or(u32::MAX);
        let known = slot.weight.load(Ordering::Relaxed);
        if tasks.abs_diff(known) > 16 + known / 8 {
            slot.weight.store(tasks, Ordering::Relaxed);
            // Insert the entry again, so that the cache weighs it again.
            self.slots.insert(state.id(), slot);
        }
    }

    /// Removes the cached state of a board.
    pub fn forget(&self, id: BoardId) {
        if let Some(slot) = self.slots.get(&id) {
            slot.state.write().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    fn slot(&self, id: BoardId) -> Arc<Slot> {
        self.slots.get_with(id, Default::default)
    }
}

impl Slot {
    fn get(&self) -> Option<Arc<BoardState>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, state: &Arc<BoardState>) {
        let mut kept = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|kept| kept.seq() < state.seq()) {
            let old = kept.replace(Arc::clone(state));
            drop(kept);
            // Freeing the old state takes a while if nobody else holds it, so it is not done under the lock.
            drop(old);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thousand_readers_at_once_cost_two_reads() {
        let single_flight = Arc::new(SingleFlight::default());
        let reads = Arc::new(AtomicU64::new(0));
        let board = Arc::new(BoardState::empty(app::new_id::<BoardId>()));
        let readers = (0..1_000).map(|_| {
            let (single_flight, reads, board) = (Arc::clone(&single_flight), Arc::clone(&reads), Arc::clone(&board));
            tokio::spawn(async move {
                let read = async || {
                    reads.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                    Ok(Some(board))
                };
                single_flight.join(read).await.expect("the board").expect("it exists")
            })
        });
        for state in join_all(readers).await {
            assert!(Arc::ptr_eq(&state.expect("no reader failed"), &board));
        }
        assert_eq!(reads.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_reader_does_not_share_a_read_that_began_before_it_asked() {
        let single_flight = SingleFlight::default();
        let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
        let first = single_flight.join(|| async {
            wait.await.expect("told to go on");
            Err(StoreError::Raced)
        });
        let second = single_flight.join(async || Ok(None));
        let late = async {
            tokio::task::yield_now().await;
            go_on.send(()).expect("the first reads");
        };
        let (first, second, ()) = tokio::join!(first, second, late);
        assert!(first.is_err());
        assert!(second.expect("its own read went well").is_none());
    }

    #[tokio::test]
    async fn a_reader_that_gives_up_leaves_the_others_alone() {
        let single_flight = SingleFlight::default();
        let stuck = single_flight.join(std::future::pending);
        tokio::time::timeout(std::time::Duration::from_millis(10), stuck).await.expect_err("it never ends");
        assert!(single_flight.join(async || Ok(None)).await.expect("a read of its own").is_none());
    }
}
