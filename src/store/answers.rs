//! The answers to mutations. They ensure that each mutation is applied at most once, and never after it was refused.
//!
//! The log of changes has the accepted mutations. The table `answers` has those that are not in the log (any more): the refused
//! ones, and the accepted ones whose change was trimmed. Both are queried in one statement, together with the time before which
//! answers may have been deleted. A mutation without a known answer whose id is older than that time is rejected, because it
//! may have been applied.
//!
//! An id of version 7 contains its own time, so this holds for ever, however late a mutation is repeated. Mutations with other
//! ids are remembered for the same length of time after they arrived, and count as new after that.

use std::collections::HashMap;

use app::{id::MutationId, model::Seq, refusal::Refusal, time::Timestamp};
use sqlx::Row;

use super::{
    Store, StoreError,
    connection::Connection,
    rows,
    sql::{Table, column, fetch_from_all_by_ids, query},
};

/// How many rows one transaction deletes, as the `LIMIT` of its statement says too: few enough that writers hardly wait.
const FORGET_STEP: u64 = 5_000;

const ANSWERS: Table = Table {
    name: "answers",
    columns: &["mutation", "fingerprint", "refusal", "at"],
    key: &[],
    kept: &[],
    overwrites: "",
};

/// The answer to a mutation.
pub(super) enum Answer {
    Accepted(Seq),
    Refused(Refusal),
}

/// The known answers to some mutations, from earlier transactions and from this one.
pub(super) struct Answers {
    known: HashMap<MutationId, (i64, Answer)>,
    /// Answers to mutations with older ids may have been deleted. In milliseconds.
    forgotten_before: i64,
}

impl Answers {
    /// Looks up the answers to these mutations.
    pub async fn to(connection: &mut Connection, ids: &[MutationId]) -> Result<Self, StoreError> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let selects = [
            "SELECT mutation, fingerprint, seq, CAST(NULL AS TEXT) AS refusal FROM changes WHERE mutation",
            " UNION ALL SELECT mutation, fingerprint, seq, refusal FROM answers WHERE mutation",
        ];
        let horizon = " UNION ALL SELECT CAST(NULL AS TEXT), forgotten_before, CAST(NULL AS BIGINT), \
                       CAST(NULL AS TEXT) FROM upkeep";
        let mut answers = Self { known: HashMap::new(), forgotten_before: 0 };
        for row in fetch_from_all_by_ids(connection, &selects, horizon, &ids).await? {
            let number: i64 = row.try_get(1)?;
            let Some(id) = row.try_get::<Option<&str>, _>(0)? else {
                answers.forgotten_before = number;
                continue;
            };
            let answer = match (row.try_get::<Option<i64>, _>(2)?, row.try_get::<Option<&str>, _>(3)?) {
                (Some(seq), _) => Answer::Accepted(rows::seq(seq)?),
                (None, Some(refusal)) => Answer::Refused(serde_json::from_str(refusal).map_err(StoreError::corrupt)?),
                (None, None) => return Err(StoreError::corrupt(format_args!("no answer to mutation {id}"))),
            };
            let id = rows::id(id)?;
            // If an id was used at the same time on two boards, it may have an acceptance and a refusal; the acceptance counts.
            if !matches!(answers.known.get(&id), Some((_, Answer::Accepted(_)))) {
                answers.add(id, number, answer);
            }
        }
        Ok(answers)
    }

    /// The fingerprint of the mutation with this id that was answered, and its answer.
    pub fn get(&self, id: MutationId) -> Option<(i64, &Answer)> {
        self.known.get(&id).map(|(fingerprint, answer)| (*fingerprint, answer))
    }

    pub fn add(&mut self, id: MutationId, fingerprint: i64, answer: Answer) {
        self.known.insert(id, (fingerprint, answer));
    }

    /// Whether a mutation without a known answer may have been answered, and the answer deleted.
    pub fn may_be_forgotten(&self, id: MutationId) -> bool {
        made_at(id).is_some_and(|at| at < self.forgotten_before)
    }
}

/// A mutation that was refused.
pub(super) struct Refused {
    pub mutation: MutationId,
    pub fingerprint: i64,
    pub refusal: Refusal,
    pub at: Timestamp,
}

/// Stores final refusals.
pub(super) async fn put_refused(connection: &mut Connection, refused: &[Refused]) -> Result<(), StoreError> {
    let json = |refusal: &Refusal| {
        let mut refusal = refusal.clone();
        if let Refusal::Conflict { theirs, .. } = &mut refusal {
            // The text may be long, and is read anew when the refusal is repeated.
            theirs.clear();
        }
        serde_json::to_string(&refusal).map_err(StoreError::corrupt)
    };
    let record = |refused: &Refused| {
        Ok(vec![
            column("mutation", refused.mutation.to_string()),
            column("fingerprint", refused.fingerprint),
            column("refusal", json(&refused.refusal)?),
            column("at", refused.at.as_millis()),
        ])
    };
    let records = refused.iter().map(record).collect::<Result<Vec<_>, StoreError>>()?;
    ANSWERS.put(connection, records).await?;
    Ok(())
}

/// Keeps the answers to a board's changes that are about to be trimmed: those with a number less than `end`.
pub(super) async fn keep_answers(connection: &mut Connection, board: &str, end: Seq) -> Result<(), StoreError> {
    let row = query("SELECT forgotten_before FROM upkeep").fetch_one(&mut *connection).await?;
    let forgotten_before: i64 = row.try_get(0)?;
    query(
        "INSERT INTO answers (mutation, fingerprint, seq, at) \
         SELECT mutation, fingerprint, seq, at FROM changes WHERE board = $1 AND seq < $2 \
         AND (at >= $3 OR (substr(mutation, 15, 1) = '7' AND mutation >= $4)) ON CONFLICT (mutation) DO NOTHING",
    )
    .bind(board.to_owned())
    .bind(end as i64)
    .bind(forgotten_before)
    .bind(first_id_of(forgotten_before))
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Deletes the answers from before a time, and rejects older ids from then on. Returns how many were deleted.
    pub async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.as_millis();
        let mut forgotten = 0;
        loop {
            let mut transaction = self.shared.writer.begin().await?;
            // This comes first, so that no id is both without its answer and still accepted.
            query("UPDATE upkeep SET forgotten_before = $1 WHERE forgotten_before < $1")
                .bind(before)
                .execute(&mut transaction)
                .await?;
            // An id whose time is in the future keeps its answer until that time has passed too.
            let step = query(
                "DELETE FROM answers WHERE mutation IN (SELECT mutation FROM answers WHERE at < $1 \
                 AND (substr(mutation, 15, 1) <> '7' OR mutation < $2) ORDER BY at LIMIT 5000)",
            )
            .bind(before)
            .bind(first_id_of(before))
            .execute(&mut transaction)
            .await?
            .rows_affected();
            transaction.commit().await?;
            forgotten += step;
            if step < FORGET_STEP {
                return Ok(forgotten);
            }
        }
    }
}

/// The time at which an id was made, in milliseconds, by the clock of its maker; only ids of version 7 contain it.
fn made_at(id: MutationId) -> Option<i64> {
    (id.0.get_version_num() == 7).then(|| (id.0.as_u128() >> 80) as i64)
}

/// A text that sorts before all ids of version 7 made at a time or later, and after all made earlier.
fn first_id_of(millis: i64) -> String {
    let digits = format!("{:012x}", millis.max(0));
    format!("{}-{}", &digits[..8], &digits[8..])
}

#[cfg(test)]
mod tests {
    use uuid::{NoContext, Uuid};

    use super::*;

    fn made(seconds: u64, millis: u32) -> MutationId {
        MutationId(Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, millis * 1_000_000)))
    }

    #[test]
    fn an_id_tells_when_it_was_made_and_sorts_by_it() {
        let id = made(1_795_400_235, 7);
        assert_eq!(made_at(id), Some(1_795_400_235_007));
        assert!(id.to_string() >= first_id_of(1_795_400_235_007));
        assert!(id.to_string() < first_id_of(1_795_400_235_008));
        assert_eq!(made_at(MutationId(Uuid::new_v5(&Uuid::NAMESPACE_URL, b"a"))), None);
    }
}
