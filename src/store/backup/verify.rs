//! Compares the boards of a database with their logs.

use app::{id::BoardId, model::Seq, state::BoardState};
use sqlx::Row;

use super::{Mismatch, Progress};
use crate::store::{Missing, Store, StoreError, log::missing, rows, sql::query};

/// How many changes are read at once.
const BLOCK: usize = 1_000;

impl Store {
    /// Returns the boards whose rows are not what their log says, or whose log has a gap. The beginning of a log may have been trimmed; then
    /// only its numbers can be checked.
    pub async fn boards_unlike_their_logs(&self, progress: Progress<'_>) -> Result<Vec<Mismatch>, StoreError> {
        let boards = query("SELECT id FROM boards ORDER BY id").fetch_all(self.readers()).await?;
        let mut mismatches = Vec::new();
        let mut checked = 0;
        for board in boards {
            let board: BoardId = rows::id(board.try_get(0)?)?;
            match self.compare_with_log(board, &mut checked, &mut *progress).await {
                Ok(()) => {}
                Err(StoreError::Corrupt(why)) => mismatches.push(Mismatch { board, why }),
                Err(error) => return Err(error),
            }
        }
        Ok(mismatches)
    }

    async fn compare_with_log(
        &self,
        board: BoardId,
        checked: &mut u64,
        progress: Progress<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.readers().begin().await?;
        let select = "SELECT seq, log_start FROM boards WHERE id = $1";
        let row = query(select).bind(board.to_string()).fetch_one(&mut transaction).await?;
        let (head, start) = (rows::seq(row.try_get(0)?)?, rows::seq(row.try_get(1)?)?);
        let mut seq: Seq = start.saturating_sub(1);
        let mut replayed = (start == 1).then(|| BoardState::empty(board));
        while seq < head {
            // It returns an error if a number is missing.
            let Missing::Changes(changes) = missing(&mut transaction, board, seq, BLOCK).await? else {
                return Err(StoreError::corrupt(format_args!("the log of board {board} begins too late")));
            };
            for logged in changes {
                seq = logged.seq;
                *checked += 1;
                let Some(state) = &mut replayed else { continue };
                let change = rows::change(&logged)?;
                let applied = state.apply(&change);
                applied
                    .map_err(|error| StoreError::corrupt(format_args!("change {seq} of board {board}: {error:?}")))?;
            }
            progress("changes", *checked);
        }
        let loaded = rows::load(&mut transaction, board).await?;
        transaction.rollback().await?;
        // A state with changes of an unknown kind in it cannot be compared.
        match (replayed.filter(BoardState::is_whole), loaded) {
            (Some(mut replayed), Some(loaded)) => {
                replayed.adopt_numbers(&loaded);
                if replayed == loaded {
                    return Ok(());
                }
                Err(StoreError::corrupt(format_args!("the rows of board {board} are not what its log says")))
            }
            _ => Ok(()),
        }
    }
}
