//! Tables over everything on the server, for the administration: filtered, sorted, and read in pages.
//!
//! A page continues after the sort key of the last row of the page before ([`Key`]), so it costs the same wherever it is. Each order has an
//! index (`migrations/both/{0014_tables,0018_more_tables}.sql`). The names of columns and the texts of conditions are constants here; values that come from a
//! request are always bound.

mod boards;
mod groups;
mod invitations;
mod jobs;
mod labels;
mod people;
mod sessions;
mod share_links;
mod tasks;
mod tokens;

use app::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Row, any::AnyRow};

use super::{
    Store, StoreError,
    sql::{Statement, Value},
};

pub use self::boards::{BoardFilter, BoardOrder, BoardRow};
pub(super) use self::boards::{DONE_COLUMNS, TASKS_BY_COLUMN};
pub use self::groups::{GroupFilter, GroupOrder};
pub use self::invitations::{InvitationFilter, InvitationOrder, InvitationRow, InvitationState};
pub use self::jobs::{JobFilter, JobOrder, JobRow};
pub use self::people::{Identity, Membership, PersonFilter, PersonOrder, PersonRow};
pub use self::sessions::{SessionEntry, SessionFilter, SessionOrder};
pub use self::share_links::{ShareLinkFilter, ShareLinkOrder, ShareLinkRow};
pub use self::tasks::{Due, TaskFilter, TaskOrder, TaskRow, TaskState};
pub use self::tokens::{TokenFilter, TokenOrder, TokenRow, TokenState};

/// Matches are counted up to this number.
pub const MOST_COUNTED: u64 = 1_000;

/// The direction of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The smallest, oldest or first in the alphabet first.
    #[default]
    Ascending,
    /// The largest, newest or last in the alphabet first.
    Descending,
}

impl Direction {
    /// As SQL says it.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }
}

/// The sort key of a row: the value by which the table is sorted, and the row's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key(pub SortValue, pub String);

impl Key {
    /// The key of a row that has its sort key and its id.
    pub(super) fn of(row: &AnyRow, expression: Expression) -> Result<Self, StoreError> {
        let value = match expression.is_number {
            true => SortValue::Number(row.try_get("sort_key")?),
            false => SortValue::Text(row.try_get("sort_key")?),
        };
        Ok(Self(value, row.try_get("id")?))
    }

    /// Whether it can be a key of this order: one of the other kind is none.
    pub(super) fn fits(&self, expression: Expression) -> bool {
        matches!(self.0, SortValue::Number(_)) == expression.is_number
    }
}

/// A value by which a table is sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortValue {
    /// A number, such as a time in milliseconds.
    Number(i64),
    /// A text.
    Text(String),
}

/// The part of a table that is read.
#[derive(Clone, Debug)]
pub struct Slice<Order> {
    /// What the table is sorted by.
    pub order: Order,
    /// In which direction.
    pub direction: Direction,
    /// The rows after this key; from the first one if it is `None`.
    pub after: Option<Key>,
    /// The maximum number of rows.
    pub limit: usize,
}

/// The rows of a [`Slice`].
#[derive(Clone, Debug)]
pub struct Rows<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// The key after which the next rows are found, if there are more.
    pub next: Option<Key>,
}

/// A span of time; without limits by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// At or after this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
}

/// A sort key's SQL expression, and whether it is a number.
#[derive(Clone, Copy)]
pub(super) struct Expression {
    pub sql: &'static str,
    pub is_number: bool,
}

/// The conditions of a statement, with their values.
#[derive(Clone, Default)]
pub(super) struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// No conditions yet, for a part of a statement that has these values already.
    pub fn with(values: Vec<Value>) -> Self {
        Self { sql: String::new(), values }
    }

    /// The text, and the values of the statement so far.
    pub fn into_parts(self) -> (String, Vec<Value>) {
        (self.sql, self.values)
    }

    /// Adds a condition without a value.
    pub fn add(&mut self, condition: &'static str) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }

    /// Adds a condition in which each `?` stands for the value.
    pub fn bind(&mut self, condition: &'static str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.add("");
        self.sql.push_str(&condition.replace('?', &format!("${}", self.values.len())));
    }

    /// Adds an alternative to the last condition, in which each `?` stands for the value. The parentheses around both are in their texts.
    pub fn or(&mut self, condition: &'static str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.sql.push_str(" OR");
        self.sql.push_str(&condition.replace('?', &format!("${}", self.values.len())));
    }

    /// Adds the condition that a text contains another, ignoring case. Each `?` stands for the pattern in the database's own lower case, so
    /// that a text in the database's lower case contains itself: engines and locales differ in what `LOWER` does outside of ASCII.
    fn contains(&mut self, condition: &'static str, text: &str) {
        self.values.push(pattern(text).into());
        self.add("");
        self.sql.push_str(&condition.replace('?', &format!("LOWER(${})", self.values.len())));
    }

    /// Adds the conditions that a time is in a span: `from` and `before` compare it with a `?`.
    fn within(&mut self, span: Span, from: &'static str, before: &'static str) {
        if let Some(time) = span.from {
            self.bind(from, time.as_millis());
        }
        if let Some(time) = span.before {
            self.bind(before, time.as_millis());
        }
    }

    /// Adds the condition that one of several holds, in each of which `?` stands for its text in the database's own lower case.
    fn any(&mut self, conditions: impl IntoIterator<Item = (&'static str, String)>) {
        let mut all = String::new();
        for (condition, value) in conditions {
            self.values.push(value.into());
            if !all.is_empty() {
                all.push_str(" OR ");
            }
            all.push_str(&condition.replace('?', &format!("LOWER(${})", self.values.len())));
        }
        self.add("");
        self.sql.push_str(&format!("({all})"));
    }

    /// Adds the condition that a column has one of these values. The list is filled up to a power of two by repeating the last, because
    /// each statement that differs is prepared and kept.
    pub fn one_of(&mut self, column: &'static str, mut values: Vec<String>) {
        let first = self.values.len() + 1;
        if let Some(last) = values.last().cloned() {
            values.resize(values.len().next_power_of_two(), last);
        }
        self.values.extend(values.into_iter().map(Value::from));
        let placeholders: Vec<String> = (first..=self.values.len()).map(|number| format!("${number}")).collect();
        self.add("");
        match placeholders.is_empty() {
            true => self.sql.push_str("1 = 0"),
            false => self.sql.push_str(&format!("{column} IN ({})", placeholders.join(", "))),
        }
    }

    /// Restricts the rows to those after a key.
    pub fn after(&mut self, expression: Expression, id: &'static str, direction: Direction, key: Key) {
        let Key(value, of) = key;
        let sign = match direction {
            Direction::Ascending => ">",
            Direction::Descending => "<",
        };
        self.values.push(match value {
            SortValue::Number(number) => number.into(),
            SortValue::Text(text) => text.into(),
        });
        self.values.push(of.into());
        self.add("");
        let (first, second) = (self.values.len() - 1, self.values.len());
        self.sql.push_str(&format!("({}, {id}) {sign} (${first}, ${second})", expression.sql));
    }
}

/// The `LIKE` pattern (with `\` as escape character) for texts that contain a text. Only ASCII is in lower case here, because the database
/// has to do the rest: see [`Conditions::contains`]. Control characters are removed: no title contains one.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for char in text.trim().to_ascii_lowercase().chars().filter(|char| !char.is_control()) {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

/// The statements of a table.
struct Source {
    /// `SELECT …`, without the sort key.
    select: &'static str,
    /// `FROM …` with its joins.
    from: &'static str,
    /// The id of a row.
    id: &'static str,
}

impl Source {
    fn page<Order>(&self, mut wanted: Conditions, expression: Expression, slice: Slice<Order>) -> (Statement, usize) {
        let Slice { direction, after, limit, .. } = slice;
        if let Some(key) = after.filter(|key| key.fits(expression)) {
            wanted.after(expression, self.id, direction, key);
        }
        let direction = direction.sql();
        let Conditions { sql: conditions, mut values } = wanted;
        // One more than wanted, to know whether there are more.
        values.push(i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX).into());
        let Self { select, from, id } = self;
        let key = expression.sql;
        let sql = format!(
            "{select}, {key} AS sort_key {from}{conditions} ORDER BY {key} {direction}, {id} {direction} LIMIT ${}",
            values.len()
        );
        (Statement::of(sql, values), limit)
    }

    /// Counts the matches, up to one more than [`MOST_COUNTED`].
    async fn count(&self, store: &Store, wanted: Conditions) -> Result<u64, StoreError> {
        let Conditions { sql: conditions, values } = wanted;
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 AS one {}{conditions} LIMIT {}) AS counted",
            self.from,
            MOST_COUNTED + 1
        );
        let count: i64 = Statement::of(sql, values).fetch_one(store.readers()).await?.try_get(0)?;
        Ok(count.unsigned_abs())
    }
}

/// Turns the rows of a statement of [`Source::page`] into values.
fn rows_of<T>(
    mut found: Vec<AnyRow>,
    limit: usize,
    expression: Expression,
    read: impl Fn(&AnyRow) -> Result<T, StoreError>,
) -> Result<Rows<T>, StoreError> {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = match found.last().filter(|_| more) {
        Some(last) => Some(Key::of(last, expression)?),
        None => None,
    };
    Ok(Rows { rows: found.iter().map(read).collect::<Result<_, _>>()?, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_searched_text_stands_for_itself() {
        assert_eq!(pattern(" 100%_\\ÄA\0 "), "%100\\%\\_\\\\Äa%");
    }

    #[test]
    fn values_are_numbered_in_their_order() {
        let mut wanted = Conditions::default();
        wanted.add("a IS NULL");
        wanted.bind("b = ?", 1);
        let by = Expression { sql: "c", is_number: true };
        wanted.after(by, "id", Direction::Descending, Key(SortValue::Number(7), "x".to_owned()));
        assert_eq!(wanted.sql, " WHERE a IS NULL AND b = $1 AND (c, id) < ($2, $3)");
    }
}
