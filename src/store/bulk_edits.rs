//! Bulk edits and their steps, as rows. [`crate::bulk`] says what they are, and does them.

use std::{collections::HashSet, time::Duration};

use app::{
    id::{ActorId, BoardId, MutationId, TaskId},
    model::Seq,
    ops::Op,
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    Store, StoreError, rows,
    sql::{Record, Statement, Table, column, query},
};

/// A bulk edit.
#[derive(Clone, Debug)]
pub struct BulkEdit {
    /// Its id.
    pub id: Uuid,
    /// Who asked for it, if the server has accounts.
    pub person: Option<ActorId>,
    /// What is done to each task, as JSON.
    pub action: String,
    /// The bulk edit that this one undoes.
    pub undoes: Option<Uuid>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When a node last worked at it.
    pub worked_at: Timestamp,
    /// When it was finished.
    pub finished_at: Option<Timestamp>,
}

/// A step of a bulk edit: one mutation of one task.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkStep {
    /// Steps of a later phase come after all steps of the earlier ones.
    pub phase: i64,
    /// Its position in the phase.
    pub position: i64,
    /// The board.
    pub board: BoardId,
    /// The task.
    pub task: TaskId,
    /// The position, in the phase before, of the step without which this one is not done: always its own position.
    pub needs: Option<i64>,
    /// The id of the mutation, once it is decided on.
    pub mutation: Option<MutationId>,
    /// The operation, once it is decided on.
    pub op: Option<Op>,
    /// The operation that undoes it.
    pub inverse: Option<Op>,
    /// What came of it.
    pub outcome: Option<StepOutcome>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// It was done, with the change of this number.
    Done(Seq),
    /// It was not done, for this reason.
    Refused(String),
}

/// How far a bulk edit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkProgress {
    /// The tasks: each is one step, or two at the same position.
    pub tasks: u64,
    /// Those of which all steps were done.
    pub done: u64,
    /// Those of which a step was not done, for a reason.
    pub refused: u64,
    /// Those of the refused ones of which one step was done all the same.
    pub halves: u64,
    /// All steps.
    pub steps: u64,
    /// All steps that have an outcome.
    pub settled: u64,
}

const STEPS: Table = Table {
    name: "bulk_edit_steps",
    columns: &[
        "bulk_edit",
        "phase",
        "position",
        "board",
        "task",
        "needs",
        "mutation",
        "op",
        "inverse",
        "seq",
        "refusal",
    ],
    key: &["bulk_edit", "phase", "position"],
    kept: &[],
    overwrites: "",
};

impl BulkStep {
    /// A step of which only the task is known.
    pub fn of(phase: i64, position: i64, board: BoardId, task: TaskId) -> Self {
        Self { phase, position, board, task, needs: None, mutation: None, op: None, inverse: None, outcome: None }
    }

    fn record(&self, edit: Uuid) -> Record {
        // Operations always serialize.
        let json = |op: &Option<Op>| op.as_ref().map(|op| serde_json::to_string(op).unwrap_or_default());
        let (seq, refusal) = match &self.outcome {
            None => (None, None),
            Some(StepOutcome::Done(seq)) => (i64::try_from(*seq).ok(), None),
            Some(StepOutcome::Refused(words)) => (None, Some(words.clone())),
        };
        vec![
            column("bulk_edit", edit.to_string()),
            column("phase", self.phase),
            column("position", self.position),
            column("board", self.board.to_string()),
            column("task", self.task.to_string()),
            column("needs", self.needs),
            column("mutation", self.mutation.map(|id| id.to_string())),
            column("op", json(&self.op)),
            column("inverse", json(&self.inverse)),
            column("seq", seq),
            column("refusal", refusal),
        ]
    }
}

impl Store {
    /// Stores a new bulk edit with its steps. Returns `false` if there is one with this id already.
    pub async fn add_bulk_edit(&self, edit: &BulkEdit, steps: &[BulkStep]) -> Result<bool, StoreError> {
        let mut note = self.note().await?;
        let connection = note.connection();
        let added = query(
            "INSERT INTO bulk_edits (id, person, action, undoes, created_at, worked_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(edit.id.to_string())
        .bind(edit.person.map(|person| person.to_string()))
        .bind(edit.action.clone())
        .bind(edit.undoes.map(|id| id.to_string()))
        .bind(edit.created_at.as_millis())
        .bind(0)
        .execute(&mut *connection)
        .await?;
        let is_new = added.rows_affected() > 0;
        if is_new {
            STEPS.put(connection, steps.iter().map(|step| step.record(edit.id)).collect()).await?;
        }
        note.commit().await?;
        Ok(is_new)
    }

    /// Takes a bulk edit for a runner, unless it is finished, or another one worked at it within the lease. A runner calls this again and
    /// again while it works, so that it keeps the bulk edit.
    pub async fn claim_bulk_edit(
        &self,
        id: Uuid,
        runner: Uuid,
        now: Timestamp,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let mut note = self.note().await?;
        let before = now.as_millis() - i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let claimed = query(
            "UPDATE bulk_edits SET runner = $2, worked_at = $3 \
             WHERE id = $1 AND finished_at IS NULL AND (runner = $2 OR worked_at < $4)",
        )
        .bind(id.to_string())
        .bind(runner.to_string())
        .bind(now.as_millis())
        .bind(before)
        .execute(note.connection())
        .await?;
        note.commit().await?;
        Ok(claimed.rows_affected() > 0)
    }

    /// Stores what a bulk edit does, with what was found out about it since.
    pub async fn set_bulk_action(&self, id: Uuid, action: String) -> Result<(), StoreError> {
        let mut note = self.note().await?;
        query("UPDATE bulk_edits SET action = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(action)
            .execute(note.connection())
            .await?;
        note.commit().await
    }

    /// Stores what is known of some steps.
    pub async fn put_bulk_steps(&self, edit: Uuid, steps: &[BulkStep]) -> Result<(), StoreError> {
        let mut note = self.note().await?;
        STEPS.put(note.connection(), steps.iter().map(|step| step.record(edit)).collect()).await?;
        note.commit().await
    }

    /// Gives a bulk edit back that a runner had, so that another one can continue it at once.
    pub async fn release_bulk_edit(&self, id: Uuid, runner: Uuid) -> Result<(), StoreError> {
        let mut note = self.note().await?;
        // 0 is for those that nobody has worked at yet.
        query("UPDATE bulk_edits SET worked_at = 1 WHERE id = $1 AND runner = $2 AND finished_at IS NULL")
            .bind(id.to_string())
            .bind(runner.to_string())
            .execute(note.connection())
            .await?;
        note.commit().await
    }

    /// Marks a bulk edit as finished.
    pub async fn finish_bulk_edit(&self, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let mut note = self.note().await?;
        query("UPDATE bulk_edits SET finished_at = $2, worked_at = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(now.as_millis())
            .execute(note.connection())
            .await?;
        note.commit().await
    }

    /// The next steps without an outcome, in order: of one phase, and of one block of positions. All phases of a block come before the next
    /// block, so that at any moment only few tasks have one step behind them and one ahead.
    pub async fn next_bulk_steps(&self, edit: Uuid, block: i64) -> Result<Vec<BulkStep>, StoreError> {
        let condition =
            "bulk_edit = $1 AND seq IS NULL AND refusal IS NULL ORDER BY position / $2, phase, position LIMIT $2";
        let statement = STEPS.select(condition).bind(edit.to_string()).bind(block);
        let mut steps = self.steps(statement).await?;
        let next = steps.first().map(|step| (step.position / block, step.phase));
        steps.retain(|step| Some((step.position / block, step.phase)) == next);
        Ok(steps)
    }

    /// The steps of a phase at these positions, whatever came of them.
    pub async fn bulk_steps_at(&self, edit: Uuid, phase: i64, from: i64, to: i64) -> Result<Vec<BulkStep>, StoreError> {
        let condition = "bulk_edit = $1 AND phase = $2 AND position >= $3 AND position <= $4 ORDER BY position";
        let statement = STEPS.select(condition).bind(edit.to_string()).bind(phase).bind(from).bind(to);
        self.steps(statement).await
    }

    /// The steps that were not done, in the order of their positions.
    pub async fn refused_bulk_steps(&self, edit: Uuid, limit: i64) -> Result<Vec<BulkStep>, StoreError> {
        let condition = "bulk_edit = $1 AND refusal IS NOT NULL ORDER BY position, phase LIMIT $2";
        self.steps(STEPS.select(condition).bind(edit.to_string()).bind(limit)).await
    }

    /// All steps that were done, in order.
    pub async fn done_bulk_steps(&self, edit: Uuid) -> Result<Vec<BulkStep>, StoreError> {
        let condition = "bulk_edit = $1 AND seq IS NOT NULL ORDER BY phase, position";
        self.steps(STEPS.select(condition).bind(edit.to_string())).await
    }

    async fn steps(&self, statement: Statement) -> Result<Vec<BulkStep>, StoreError> {
        statement.fetch_all(self.readers()).await?.iter().map(step).collect()
    }

    /// A bulk edit, and how far it is.
    pub async fn bulk_edit(&self, id: Uuid) -> Result<Option<(BulkEdit, BulkProgress)>, StoreError> {
        let select =
            "SELECT id, person, action, undoes, created_at, worked_at, finished_at FROM bulk_edits WHERE id = $1";
        let Some(row) = query(select).bind(id.to_string()).fetch_optional(self.readers()).await? else {
            return Ok(None);
        };
        let count = "SELECT COUNT(*) AS tasks, COUNT(CASE WHEN done = steps THEN 1 END) AS done, \
                     COUNT(CASE WHEN refused > 0 THEN 1 END) AS refused, \
                     COUNT(CASE WHEN refused > 0 AND done > 0 THEN 1 END) AS halves, \
                     CAST(COALESCE(SUM(steps), 0) AS BIGINT) AS steps, \
                     CAST(COALESCE(SUM(done + refused), 0) AS BIGINT) AS settled FROM \
                     (SELECT COUNT(*) AS steps, COUNT(seq) AS done, COUNT(refusal) AS refused FROM bulk_edit_steps \
                     WHERE bulk_edit = $1 GROUP BY position) AS of_tasks";
        let counted = query(count).bind(id.to_string()).fetch_one(self.readers()).await?;
        let number = |name: &str| counted.try_get::<i64, _>(name).map(i64::unsigned_abs);
        let progress = BulkProgress {
            tasks: number("tasks")?,
            done: number("done")?,
            refused: number("refused")?,
            halves: number("halves")?,
            steps: number("steps")?,
            settled: number("settled")?,
        };
        Ok(Some((edit(&row)?, progress)))
    }

    /// The tasks that a bulk edit was asked to change. The copies that it makes on other boards are not among them.
    pub async fn bulk_edit_tasks(&self, id: Uuid) -> Result<HashSet<TaskId>, StoreError> {
        let select = "SELECT task FROM bulk_edit_steps WHERE bulk_edit = $1 AND NOT (phase = 0 AND EXISTS \
                      (SELECT 1 FROM bulk_edit_steps AS second WHERE second.bulk_edit = bulk_edit_steps.bulk_edit \
                      AND second.phase = 1 AND second.position = bulk_edit_steps.position))";
        let found = query(select).bind(id.to_string()).fetch_all(self.readers()).await?;
        found.iter().map(|row| rows::id(row.try_get(0)?)).collect()
    }

    /// The newest bulk edits.
    pub async fn newest_bulk_edits(&self, limit: i64) -> Result<Vec<BulkEdit>, StoreError> {
        let select = "SELECT id, person, action, undoes, created_at, worked_at, finished_at FROM bulk_edits \
                      ORDER BY created_at DESC, id DESC LIMIT $1";
        query(select).bind(limit).fetch_all(self.readers()).await?.iter().map(edit).collect()
    }

    /// Deletes bulk edits that were asked for before a time. From then on they cannot be undone.
    pub async fn forget_bulk_edits(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut note = self.note().await?;
        for sql in [
            "DELETE FROM bulk_edit_steps WHERE bulk_edit IN (SELECT id FROM bulk_edits WHERE created_at < $1)",
            "DELETE FROM bulk_edits WHERE created_at < $1",
        ] {
            query(sql).bind(before.as_millis()).execute(note.connection()).await?;
        }
        note.commit().await
    }
}

fn edit(row: &AnyRow) -> Result<BulkEdit, StoreError> {
    let time = |name: &str| Ok::<_, StoreError>(Timestamp::from_millis(row.try_get(name)?));
    Ok(BulkEdit {
        id: rows::id(row.try_get("id")?)?,
        person: rows::optional_id(row.try_get("person")?)?,
        action: row.try_get("action")?,
        undoes: rows::optional_id(row.try_get("undoes")?)?,
        created_at: time("created_at")?,
        worked_at: time("worked_at")?,
        finished_at: row.try_get::<Option<i64>, _>("finished_at")?.map(Timestamp::from_millis),
    })
}

fn step(row: &AnyRow) -> Result<BulkStep, StoreError> {
    let op = |name: &str| {
        let json: Option<String> = row.try_get(name)?;
        let read = |json: String| {
            serde_json::from_str::<Op>(&json)
                .map_err(|error| StoreError::corrupt(format_args!("an operation of a bulk edit: {error}")))
        };
        json.map(read).transpose()
    };
    let (seq, refusal): (Option<i64>, Option<String>) = (row.try_get("seq")?, row.try_get("refusal")?);
    Ok(BulkStep {
        phase: row.try_get("phase")?,
        position: row.try_get("position")?,
        board: rows::id(row.try_get("board")?)?,
        task: rows::id(row.try_get("task")?)?,
        needs: row.try_get("needs")?,
        mutation: rows::optional_id(row.try_get("mutation")?)?,
        op: op("op")?,
        inverse: op("inverse")?,
        outcome: match (seq, refusal) {
            (Some(seq), _) => Some(StepOutcome::Done(rows::seq(seq)?)),
            (None, Some(words)) => Some(StepOutcome::Refused(words)),
            (None, None) => None,
        },
    })
}
