//! Compares what the clients observed with the log.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use uuid::Uuid;

use crate::{
    fold::{Fold, maker},
    record::{Fate, History, Micros, Promise, Record, Sight, digest},
    tamper::Break,
};

/// How many rows are read at once.
const PAGE: u64 = 5_000;

/// A change of a person's membership of a board: its number, its mutation, and whether they are a member from then on.
type Membership = (u64, u128, bool);

/// What has to be remembered of the logs.
#[derive(Default)]
pub struct Found {
    /// The board and change number of each mutation.
    places: HashMap<u128, (usize, u64)>,
    /// The boards and change numbers at which each title was written.
    titles: HashMap<String, Vec<(usize, u64)>>,
    /// The changes of membership, by board and person.
    members: BTreeMap<(usize, String), Vec<Membership>>,
    /// The state of each board by its log.
    pub folds: Vec<Fold>,
    pub changes: u64,
}

/// Reads the logs of all boards and compares them with what was sent.
pub async fn read_log(url: &str, record: &Record) -> Result<Found, String> {
    let said = |error: sqlx::Error| format!("the log cannot be read: {error}");
    let mut connection = AnyConnection::connect(url).await.map_err(said)?;
    let mut found = Found::default();
    let snapshots = record.snapshots();
    for (index, board) in record.boards.iter().enumerate() {
        let mut fold = Fold::default();
        let mut read = 0;
        loop {
            let select = format!(
                "SELECT seq, mutation, json FROM changes WHERE board = '{}' AND seq > {read} ORDER BY seq LIMIT {PAGE}",
                board.id
            );
            let rows = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut connection).await.map_err(said)?;
            let is_last = rows.len() < PAGE as usize;
            for row in &rows {
                let seq = u64::try_from(row.try_get::<i64, _>(0).map_err(said)?).unwrap_or(0);
                let mutation = Uuid::parse_str(row.try_get(1).map_err(said)?).map_err(|error| error.to_string())?;
                let change: Value =
                    serde_json::from_str(row.try_get(2).map_err(said)?).map_err(|error| format!("{seq}: {error}"))?;
                read = seq;
                found.take(index, seq, mutation.as_u128(), &change, record, &mut fold);
                if let Some(digest_sent) = snapshots.get(&(index, seq)).filter(|_| fold.seq == seq)
                    && digest(&fold.state()) != *digest_sent
                {
                    let words =
                        format!("a snapshot of board {index} at {seq} differs from the state that the log gives");
                    record.broke(Promise::Equal, words);
                }
            }
            if is_last {
                break;
            }
        }
        found.folds.push(fold);
    }
    // Everything was read, so an error no longer matters.
    let _ = connection.close().await;
    Ok(found)
}

/// The state of a board at a change number, by the log.
pub async fn state_at(url: &str, record: &Record, board: usize, seq: u64) -> Result<Value, String> {
    let said = |error: sqlx::Error| format!("the log cannot be read: {error}");
    let mut connection = AnyConnection::connect(url).await.map_err(said)?;
    let id = &record.boards[board].id;
    let select = format!("SELECT json FROM changes WHERE board = '{id}' AND seq <= {seq} ORDER BY seq");
    let rows = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut connection).await.map_err(said)?;
    let mut fold = Fold::default();
    for row in rows {
        let change: Value = serde_json::from_str(row.try_get(0).map_err(said)?)
            .map_err(|error| format!("a change is not JSON: {error}"))?;
        fold.take(&change)?;
    }
    // Everything was read, so an error no longer matters.
    let _ = connection.close().await;
    Ok(fold.state())
}

impl Found {
    fn take(&mut self, board: usize, seq: u64, mutation: u128, change: &Value, record: &Record, fold: &mut Fold) {
        if record.tamper.is(Break::Lost) && board == 1 && seq == 20 {
            fold.seq += 1;
            return;
        }
        self.changes += 1;
        if change["mutation"].as_str().and_then(|id| Uuid::parse_str(id).ok()).map(|id| id.as_u128()) != Some(mutation)
        {
            record.broke(Promise::Same, format!("change {seq} of board {board} has another mutation id than its row"));
        }
        if let Err(error) = fold.take(change) {
            record.broke(Promise::Holes, format!("the log of board {board} at {seq}: {error}"));
        }
        if record.digest(board, seq).is_some_and(|sent| sent != digest(change)) {
            record.broke(
                Promise::Same,
                format!("change {seq} of board {board} was sent with other content than the log has"),
            );
        }
        if self.places.insert(mutation, (board, seq)).is_some() {
            record.broke(
                Promise::Once,
                format!("a mutation is in the log twice, the second time as {seq} of board {board}"),
            );
        }
        if let Some(title) = change["title"].as_str() {
            let places = self.titles.entry(title.to_owned()).or_default();
            places.push((board, seq));
            if record.tamper.now(Break::Twice) {
                places.push((board, seq + 1));
            }
        }
        let person = match change["kind"].as_str() {
            Some("member_set") => change["person"].as_str(),
            Some("board_created") => maker(change),
            _ => None,
        };
        if let Some(person) = person {
            let is_on = change["kind"] == "board_created" || change.get("role").is_some();
            self.members.entry((board, person.to_owned())).or_default().push((seq, mutation, is_on));
        }
    }

    /// Compares the log with the mutations that the clients sent, and the answers that they got.
    pub fn compare(&mut self, histories: &mut [History], record: &Record) {
        if record.tamper.is(Break::Order) {
            self.swap(histories);
        }
        let mut asked = 0_u64;
        for history in histories.iter() {
            let mut newest: HashMap<usize, (usize, u64)> = HashMap::new();
            for (order, sent) in history.sent.iter().enumerate() {
                let place = self.places.get(&sent.id).copied();
                let id = Uuid::from_u128(sent.id);
                let who = &history.sender;
                asked += u64::from(place.is_some());
                match (sent.fate, place) {
                    (Fate::Accepted(_), None) => {
                        let words = format!("mutation {id} of {who} was acknowledged and is not in the log: lost");
                        record.broke(Promise::Kept, words);
                    }
                    (Fate::Accepted(Some(seq)), Some((board, at))) if board != sent.board || seq != at => {
                        let words = format!("mutation {id} of {who} was acknowledged as {seq}, and is {at} in the log");
                        record.broke(Promise::Kept, words);
                    }
                    (Fate::Refused, Some((board, at))) => {
                        let words =
                            format!("mutation {id} of {who} was refused, and is {at} in the log of board {board}");
                        record.broke(Promise::Refused, words);
                    }
                    (Fate::Unanswered, _) => {
                        record.broke(Promise::Answers, format!("mutation {id} of {who} was never answered"));
                    }
                    _ => {}
                }
                if sent.has_token && matches!(sent.fate, Fate::Accepted(_)) {
                    self.compare_title(&crate::record::token(who, order), place, record);
                }
                // A mutation that is in the log although it was refused is reported above, and not as an error of
                // order.
                if let Some((board, at)) = place.filter(|_| sent.fate != Fate::Refused) {
                    let before = newest.insert(board, (order, at));
                    if let Some((earlier, before)) = before.filter(|(_, before)| *before > at) {
                        let words = format!(
                            "{who} sent its mutation {order} after {earlier}, but on board {board} the log has it as {at}, before {before}"
                        );
                        record.broke(Promise::Order, words);
                    }
                }
            }
        }
        if asked < self.places.len() as u64 {
            let words = format!("{} changes in the log were requested by nobody", self.places.len() as u64 - asked);
            record.broke(Promise::Once, words);
        }
        for (title, places) in &self.titles {
            if places.len() > 1 {
                record.broke(Promise::Once, format!("“{title}” was done twice: {places:?}"));
            }
        }
    }

    fn compare_title(&self, title: &str, place: Option<(usize, u64)>, record: &Record) {
        let written = self.titles.get(title).map(Vec::as_slice).unwrap_or_default();
        if place.is_some_and(|place| !written.contains(&place)) {
            record.broke(Promise::Kept, format!("“{title}” was acknowledged, but its change has other content: lost"));
        }
    }

    /// Makes it look as if two mutations of one sender were executed in the wrong order.
    fn swap(&mut self, histories: &mut [History]) {
        for history in histories {
            let done = history.sent.iter_mut().filter(|sent| sent.board == 1 && self.places.contains_key(&sent.id));
            let mut done: Vec<_> = done.take(2).collect();
            if let [first, second] = done.as_mut_slice() {
                let (a, b) = (self.places[&first.id], self.places[&second.id]);
                self.places.insert(first.id, b);
                self.places.insert(second.id, a);
                (first.fate, second.fate) = (Fate::Accepted(None), Fate::Accepted(None));
                return;
            }
        }
    }

    /// Checks what guests were sent, who may not always see a board.
    pub fn compare_sights(&self, sights: &[Sight], grants: &HashMap<u128, Micros>, record: &Record) {
        for Sight { person, board, through, at } in sights {
            let person = if record.tamper.now(Break::Eyes) { "somebody else" } else { &**person };
            let empty = Vec::new();
            let history = self.members.get(&(*board, person.to_owned())).unwrap_or(&empty);
            let is_on = history.iter().rev().find(|(seq, ..)| seq <= through).is_some_and(|(.., is_on)| *is_on);
            // The guest may have become a member again by a later change, which may already have been made when the
            // data was sent.
            let later = history.iter().any(|(seq, mutation, is_on)| {
                seq > through && *is_on && grants.get(mutation).is_none_or(|sent| sent <= at)
            });
            if !is_on && !later {
                let words = format!("{person} was sent board {board} up to {through}, and was not on it then");
                record.broke(Promise::Eyes, words);
            }
        }
    }
}

/// Returns where two values first differ, in words.
pub fn difference(path: &str, log: &Value, other: &Value) -> Option<String> {
    match (log, other) {
        _ if log == other => None,
        (Value::Object(one), Value::Object(two)) => {
            let names = one.keys().chain(two.keys());
            let null = Value::Null;
            names
                .filter_map(|name| {
                    let (one, two) = (one.get(name).unwrap_or(&null), two.get(name).unwrap_or(&null));
                    difference(&format!("{path}.{name}"), one, two)
                })
                .next()
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            let pairs = one.iter().zip(two).enumerate();
            pairs.filter_map(|(at, (one, two))| difference(&format!("{path}[{at}]"), one, two)).next()
        }
        (Value::Array(one), Value::Array(two)) => {
            Some(format!("{path}: {} there, {} by the log", two.len(), one.len()))
        }
        _ => Some(format!("{path}: {other} there, {log} by the log")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_told_by_its_place() {
        let (log, other) = (json!({"tasks": [{"title": "a"}]}), json!({"tasks": [{"title": "b"}]}));
        assert_eq!(difference("board", &log, &log), None);
        let words = difference("board", &log, &other).unwrap();
        assert_eq!(words, "board.tasks[0].title: \"b\" there, \"a\" by the log");
    }
}
