//! The keys of boards: which are taken, which one a new board gets, and where the name of a task such as `WEB-42` leads.
//!
//! A key belongs to one board for ever, also after the board got another one or was purged. Transactions that create boards or change keys wait
//! for each other, so what one of them reads here stays true until it ends. All others never ask.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use app::{
    id::{BoardId, TaskId},
    key::{BoardKey, TaskRef},
    ops::{ChangeKind, Op},
    refusal::{Refusal, Thing},
    state::BoardState,
};
use sqlx::{Any, Row, Transaction};

use super::{
    Store, StoreError, Write,
    connect::Engine,
    connection::Connection,
    rows,
    sql::{Table, column, fetch_by_ids, inserts, query},
};

/// How many moves to other boards a name follows.
const MOVES: usize = 8;
/// How many proposals are looked up at a time.
const PROPOSALS: usize = 256;
/// The key of a board whose name gives none.
const FALLBACK: [u8; 3] = *b"BRD";
/// How many of the keys from that one on are tried.
const FALLBACKS: u32 = 150;

const BOARD_KEYS: Table = Table { name: "board_keys", columns: &["key", "board"], key: &[], kept: &[], overwrites: "" };

/// The keys that the writes of a transaction name or need.
#[derive(Default)]
pub(super) struct Keys {
    /// The boards of those that are taken.
    taken: HashMap<BoardKey, BoardId>,
    /// The keys of the boards that the writes create.
    new: HashMap<BoardId, BoardKey>,
    /// Those that boards get by this transaction, for the first time.
    given: Vec<(BoardKey, BoardId)>,
}

impl Keys {
    /// Reads which keys are taken, and chooses those of new boards. Others who give keys wait until this transaction has ended.
    pub async fn read(connection: &mut Connection, engine: Engine, writes: &[Write]) -> Result<Self, StoreError> {
        let wanted: Vec<String> =
            writes.iter().filter_map(|write| chosen(&write.mutation.op)).map(|key| key.to_string()).collect();
        let new: Vec<(BoardId, &str)> =
            writes.iter().filter_map(|write| Some((write.board, name_of_new(&write.mutation.op)?))).collect();
        let mut keys = Self::default();
        if wanted.is_empty() && new.is_empty() {
            return Ok(keys);
        }
        // The transaction locks this row later anyway: see `rows::renew_listing`. (SQLite has one writer.)
        if engine == Engine::Postgres {
            query("SELECT revision FROM board_list FOR UPDATE").fetch_one(&mut *connection).await?;
        }
        keys.look_up(connection, &wanted).await?;
        for (board, name) in new {
            let mut proposals = proposals(name, board);
            // They never end.
            while !keys.new.contains_key(&board) {
                let some: Vec<BoardKey> = proposals.by_ref().take(PROPOSALS).collect();
                keys.look_up(connection, &some.iter().map(ToString::to_string).collect::<Vec<_>>()).await?;
                if let Some(free) = some.into_iter().find(|key| !keys.taken.contains_key(key)) {
                    keys.taken.insert(free.clone(), board);
                    keys.new.insert(board, free);
                }
            }
        }
        Ok(keys)
    }

    async fn look_up(&mut self, connection: &mut Connection, keys: &[String]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        for row in fetch_by_ids(connection, "SELECT key, board FROM board_keys WHERE key", "", keys).await? {
            self.taken.insert(key(row.try_get(0)?)?, rows::id(row.try_get(1)?)?);
        }
        Ok(())
    }

    /// Checks that no other board has the key that an operation chooses.
    pub fn check(&self, board: BoardId, op: &Op) -> Result<(), Refusal> {
        match chosen(op).and_then(|key| self.taken.get(&key)) {
            Some(other) if *other != board => Err(Refusal::Exists { what: Thing::Key }),
            _ => Ok(()),
        }
    }

    /// Puts the key of a board that is created into the change that creates it, and notes the keys that a change gives.
    pub fn assign(&mut self, board: BoardId, kind: &mut ChangeKind) {
        let given = match kind {
            ChangeKind::BoardCreated(created) => {
                created.key = self.new.get(&board).cloned();
                created.key.clone()
            }
            // A board may go back to a key that it had.
            ChangeKind::BoardUpdated(updated) => updated.key.clone().filter(|key| !self.taken.contains_key(key)),
            _ => None,
        };
        if let Some(key) = given {
            self.taken.insert(key.clone(), board);
            self.given.push((key, board));
        }
    }

    /// Writes the keys that boards get. The boards' own rows come first.
    pub async fn store(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let record =
            |(key, board): &(BoardKey, BoardId)| vec![column("key", key.as_str()), column("board", board.to_string())];
        BOARD_KEYS.put(connection, self.given.iter().map(record).collect()).await?;
        Ok(())
    }
}

/// The key that an operation chooses for its board.
fn chosen(op: &Op) -> Option<BoardKey> {
    match op {
        Op::UpdateBoard(update) => BoardKey::parse(update.key.as_deref()?.trim()),
        _ => None,
    }
}

fn name_of_new(op: &Op) -> Option<&str> {
    match op {
        Op::CreateBoard(create) => Some(&create.name),
        _ => None,
    }
}

/// A key, from its stored form.
pub(super) fn key(text: &str) -> Result<BoardKey, StoreError> {
    BoardKey::parse(text)
        .ok_or_else(|| StoreError::corrupt(format_args!("`{text}` where the key of a board is expected")))
}

/// A key that may be missing, from its stored form.
pub(super) fn optional_key(text: &str) -> Result<Option<BoardKey>, StoreError> {
    if text.is_empty() { Ok(None) } else { key(text).map(Some) }
}

impl Store {
    /// The board and the task that a name leads to: `WEB-42`, also with a key that the board had before. The task may be in the trash, and
    /// the board deleted.
    pub async fn task_named(&self, name: &TaskRef) -> Result<Option<(BoardId, TaskId)>, StoreError> {
        let select = query(
            "SELECT task_numbers.board, task_numbers.task FROM board_keys \
             JOIN task_numbers ON task_numbers.board = board_keys.board AND task_numbers.number = $2 WHERE board_keys.key = $1",
        );
        let row = select.bind(name.key.as_str()).bind(i64::from(name.number)).fetch_optional(self.readers()).await?;
        row.map(|row| Ok((rows::id(row.try_get(0)?)?, rows::id(row.try_get(1)?)?))).transpose()
    }

    /// The task that a name leads somebody to, on its board, if they see the board. A task in the trash that a bulk edit moved to another board
    /// leads to the new one there, if they see that board, too.
    pub async fn find_task(
        &self,
        name: &TaskRef,
        sees: impl Fn(&BoardState) -> bool,
    ) -> Result<Option<(Arc<BoardState>, TaskId)>, StoreError> {
        let mut found = None;
        let mut next = self.task_named(name).await?;
        for _ in 0..MOVES {
            let Some((board, task)) = next else { break };
            let Some(state) = self.board(board).await?.filter(|state| state.exists() && sees(state)) else { break };
            let Some(is_in_trash) = state.task(task).map(|task| task.is_deleted()) else { break };
            found = Some((state, task));
            next = if is_in_trash { self.moved_to(task).await? } else { None };
        }
        Ok(found)
    }

    /// The task that a bulk edit made of one that it deleted.
    async fn moved_to(&self, task: TaskId) -> Result<Option<(BoardId, TaskId)>, StoreError> {
        // A deletion that needs a step before it is the second half of a move, or of the undo of one.
        let select = query(
            "SELECT made.board, made.task FROM bulk_edit_steps AS gone JOIN bulk_edits ON bulk_edits.id = gone.bulk_edit \
             JOIN bulk_edit_steps AS made ON made.bulk_edit = gone.bulk_edit AND made.phase = 0 AND made.position = gone.needs \
             WHERE gone.task = $1 AND gone.needs IS NOT NULL AND gone.seq IS NOT NULL \
             ORDER BY bulk_edits.created_at DESC, bulk_edits.id DESC LIMIT 1",
        );
        let row = select.bind(task.to_string()).fetch_optional(self.readers()).await?;
        row.map(|row| Ok((rows::id(row.try_get(0)?)?, rows::id(row.try_get(1)?)?))).transpose()
    }
}

/// Gives keys to the boards that have none, the oldest first: those from before there were keys. The caller migrates the database, so nobody
/// else writes.
pub(super) async fn give_missing(engine: Engine, transaction: &mut Transaction<'_, Any>) -> Result<(), StoreError> {
    // A board that was purged has no name from which to make one, and no task that needs one.
    let boards = sqlx::query("SELECT id, name FROM boards WHERE key = '' AND log_start <= seq ORDER BY created_at, id")
        .fetch_all(&mut **transaction)
        .await?;
    if boards.is_empty() {
        return Ok(());
    }
    let mut taken = HashSet::new();
    for row in sqlx::query("SELECT key FROM board_keys").fetch_all(&mut **transaction).await? {
        taken.insert(key(row.try_get(0)?)?);
    }
    let mut given = Vec::with_capacity(boards.len());
    for row in &boards {
        let (board, name): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        // They never end.
        if let Some(free) = proposals(name, rows::id(board)?).find(|key| !taken.contains(key)) {
            given.push(vec![free.as_str().into(), board.into()]);
            taken.insert(free);
        }
    }
    for statement in inserts(BOARD_KEYS.name, BOARD_KEYS.columns, given, engine) {
        statement.query().execute(&mut **transaction).await?;
    }
    sqlx::query(
        "UPDATE boards SET key = board_keys.key FROM board_keys WHERE board_keys.board = boards.id AND boards.key = ''",
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Keys for a board with this name, the best first, without end: the initials of its words or the first letters, then those with other
/// letters after them, then BRD, BRE and so on, and then any.
fn proposals(name: &str, board: BoardId) -> impl Iterator<Item = BoardKey> + use<> {
    let words: Vec<String> =
        name.split(|sign: char| !sign.is_alphanumeric()).map(letters).filter(|word| !word.is_empty()).collect();
    let initials: String = words.iter().filter_map(|word| word.chars().next()).take(4).collect();
    let all: String = words.concat();
    let first = words.first().cloned().unwrap_or_default();
    let of_first = |count: usize| first.chars().take(count).collect::<String>();
    let of_all = |count: usize| all.chars().take(count).collect::<String>();
    let mut best = Vec::new();
    if first.len() == 4 && words.len() == 1 {
        best.push(first.clone());
    }
    if words.len() > 1 {
        best.push(initials.clone());
    }
    best.extend([of_first(3), of_first(4), of_all(3), of_all(4), of_first(2), of_first(5), of_all(5)]);
    // The same stem with a letter after it, and with two.
    let stem = if words.len() > 1 { initials } else { of_all(3) };
    let alphabet = || (b'A'..=b'Z').map(char::from);
    let stem = (!stem.is_empty()).then_some(stem);
    let longer: Vec<String> =
        stem.iter().flat_map(|stem| alphabet().map(move |letter| format!("{stem}{letter}"))).collect();
    let two = stem.filter(|stem| stem.len() <= 3);
    let longest = two.into_iter().flat_map(move |stem| {
        (0..26 * 26).map(move |number: u32| format!("{stem}{}{}", letter(number / 26), letter(number % 26)))
    });
    let fallback = (0..FALLBACKS).map(|number| {
        let first =
            u32::from(FALLBACK[0] - b'A') * 676 + u32::from(FALLBACK[1] - b'A') * 26 + u32::from(FALLBACK[2] - b'A');
        let number = first + number;
        [number / 676, number / 26, number].map(letter).into_iter().collect()
    });
    best.into_iter()
        .chain(longer)
        .chain(longest)
        .chain(fallback)
        .chain(any(board))
        .filter_map(|key| BoardKey::parse(&key))
}

/// Five letters again and again, which follow from the id of the board, so that boards with the same name try different ones.
fn any(board: BoardId) -> impl Iterator<Item = String> {
    let mut seed = board.0.as_u64_pair().1;
    std::iter::repeat_with(move || {
        // Knuth's generator: https://en.wikipedia.org/wiki/Linear_congruential_generator
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let number = (seed >> 33) as u32;
        [456_976, 17_576, 676, 26, 1].map(|place| letter(number / place)).into_iter().collect()
    })
}

fn letter(number: u32) -> char {
    char::from(b'A' + (number % 26) as u8)
}

/// The capital letters from A to Z of a word. Letters with accents count as those without.
fn letters(word: &str) -> String {
    let plain = |letter: char| match letter {
        'A'..='Z' | 'a'..='z' => Some(letter.to_ascii_uppercase()),
        'À'..='Æ' | 'à'..='æ' => Some('A'),
        'Ç' | 'ç' => Some('C'),
        'Ð' | 'ð' => Some('D'),
        'È'..='Ë' | 'è'..='ë' => Some('E'),
        'Ì'..='Ï' | 'ì'..='ï' => Some('I'),
        'Ñ' | 'ñ' => Some('N'),
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' => Some('O'),
        'Ù'..='Ü' | 'ù'..='ü' => Some('U'),
        'Ý' | 'ý' | 'ÿ' => Some('Y'),
        'ß' => Some('S'),
        _ => None,
    };
    word.chars().filter_map(plain).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn first(name: &str, count: usize) -> Vec<String> {
        proposals(name, BoardId(Uuid::from_u128(7))).take(count).map(|key| key.to_string()).collect()
    }

    #[test]
    fn the_key_is_made_from_the_name() {
        for (name, key) in [
            ("Website", "WEB"),
            ("Website relaunch", "WR"),
            ("the new web site of us", "TNWS"),
            ("Team", "TEAM"),
            ("Ops", "OPS"),
            ("QA", "QA"),
            ("Q3 plan", "QP"),
            ("Café Ölmühle", "CO"),
            ("Übersicht", "UBE"),
            ("release-notes", "RN"),
            ("X", "XA"),
            // It would look like the name of a standard.
            ("ISO", "IS"),
            ("Planung 計画", "PLA"),
        ] {
            assert_eq!(first(name, 1), [key], "{name}");
        }
    }

    #[test]
    fn a_name_without_latin_letters_gives_brd() {
        assert_eq!(first("計画", 4), ["BRD", "BRE", "BRF", "BRG"]);
        assert_eq!(first("2026", 2), ["BRD", "BRE"]);
        assert_eq!(first("", 1), ["BRD"]);
    }

    #[test]
    fn many_boards_with_one_name_find_keys_quickly() {
        for name in ["Website", "Website relaunch", "計画", "X"] {
            let mut taken = HashSet::new();
            for board in 0..3_000_u128 {
                let board = BoardId(Uuid::from_u128(board.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834)));
                let (tried, free) = proposals(name, board).enumerate().find(|(_, key)| !taken.contains(key)).unwrap();
                assert!(tried < 1_100, "{name}: {tried}");
                taken.insert(free);
            }
        }
    }
}
