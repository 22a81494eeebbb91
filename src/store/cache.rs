//! Boards as they were last read or written, so that a reader costs one small query.
//!
//! What is kept here is always a state that was committed; it may be an old one. [`Store::board`] asks for the newest
//! number and brings it up to date from the log. A thousand readers of one board at once ask twice, not a thousand times.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU64, Ordering},
};

use app::{board::BoardState, id::BoardId, model::Seq};
use moka::{ops::compute, sync::Cache as Moka};
use sqlx::{AnyConnection, Row};
use tokio::sync::Mutex;

use super::{Missing, Store, StoreError, log, rows, sql::query};

/// A board that is further behind is loaded from its rows rather than from the log.
const MOST_CHANGES: Seq = 1_000;

/// For how many boards simultaneous readers are brought together. With more, some read more often than they need to.
const MOST_FLIGHTS: u64 = 10_000;

pub(super) struct Cache {
    states: Moka<BoardId, Arc<BoardState>>,
    flights: Moka<BoardId, Arc<Flight>>,
}

/// The readers of one board at one time.
///
/// A reader must see everything that was committed before it asked, so it may share what a read brings that *began* after
/// it asked, but not one that was under way already.
#[derive(Default)]
struct Flight {
    /// How many reads have begun.
    begun: AtomicU64,
    /// The last one that ended. Whoever holds the lock reads; the lock is one of tokio's, because that takes a while.
    ended: Mutex<Ended>,
}

#[derive(Default)]
struct Ended {
    /// Which one it was: the how many-th that began.
    number: u64,
    outcome: Outcome,
}

#[derive(Default)]
enum Outcome {
    /// There is no such board.
    #[default]
    Absent,
    /// Weak, because how much is kept is for [`Cache::states`] to say.
    Found(Weak<BoardState>),
    Failed(String),
}

impl Store {
    /// A board as it is now; `None` if there never was one. A deleted one has [`BoardState::deleted_at`].
    pub async fn board(&self, id: BoardId) -> Result<Option<Arc<BoardState>>, StoreError> {
        let flight = self.shared.cache.flights.get_with(id, Default::default);
        let asked = flight.begun.load(Ordering::SeqCst);
        let mut ended = flight.ended.lock().await;
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
        let number = flight.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let result = self.read_board(id).await;
        let outcome = match &result {
            Ok(Some(state)) => Outcome::Found(Arc::downgrade(state)),
            Ok(None) => Outcome::Absent,
            Err(error) => Outcome::Failed(error.to_string()),
        };
        *ended = Ended { number, outcome };
        result
    }

    async fn read_board(&self, id: BoardId) -> Result<Option<Arc<BoardState>>, StoreError> {
        let cache = &self.shared.cache;
        let known = cache.get(id);
        let row = query("SELECT seq FROM boards WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.shared.readers)
            .await?;
        let Some(row) = row else {
            cache.states.invalidate(&id);
            return Ok(None);
        };
        let head = rows::seq(row.try_get(0)?)?;
        if known.is_some_and(|known| known.seq() > head) {
            // An older copy of the database was put in its place.
            cache.states.invalidate(&id);
        }
        // Again, because a write may have renewed it meanwhile.
        if let Some(state) = cache.get(id) {
            if state.seq() >= head {
                return Ok(Some(state));
            }
            let mut connection = self.shared.readers.acquire().await?;
            if let Some(state) = catch_up(&mut connection, state, head).await? {
                cache.put(&state);
                return Ok(Some(state));
            }
        }
        let mut transaction = self.shared.readers.begin_with(self.shared.database.engine.begin_read()).await?;
        let state = rows::load(&mut transaction, id).await?.map(Arc::new);
        transaction.rollback().await?;
        if let Some(state) = &state {
            cache.put(state);
        }
        Ok(state)
    }
}

/// The state after at least change `head`, from an older state and the log; `None` if that would not be the shorter way.
pub(super) async fn catch_up(
    connection: &mut AnyConnection,
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
    Ok((state.seq() >= head).then_some(state))
}

impl Cache {
    /// Keeps boards with about so many tasks, all boards together.
    pub fn new(tasks: u64) -> Self {
        let weight = |_: &BoardId, state: &Arc<BoardState>| {
            u32::try_from(state.tasks().count() + state.columns().count()).unwrap_or(u32::MAX)
        };
        Self { states: Moka::builder().max_capacity(tasks).weigher(weight).build(), flights: Moka::new(MOST_FLIGHTS) }
    }

    /// A board as it was at some time.
    pub fn get(&self, id: BoardId) -> Option<Arc<BoardState>> {
        self.states.get(&id)
    }

    /// Keeps a board, unless a newer state of it is kept.
    pub fn put(&self, state: &Arc<BoardState>) {
        self.states.entry(state.id()).and_compute_with(|kept| match kept {
            Some(kept) if kept.value().seq() >= state.seq() => compute::Op::Nop,
            _ => compute::Op::Put(Arc::clone(state)),
        });
    }

    /// Forgets a board.
    pub fn forget(&self, id: BoardId) {
        self.states.invalidate(&id);
    }
}
