//! The table of all tasks.

use std::{str::FromStr, sync::Arc};

use app::{
    id::{ActorId, BoardId, ColumnId, LabelId, TaskId},
    key::TaskRef,
    label::Label,
    model::{ColumnKind, Priority, Seq},
    time::{Day, Timestamp},
};
use sqlx::{Row, any::AnyRow};

use super::{Conditions, Expression, Rows, Slice, Source, Span, pattern, rows_of};
use crate::store::{
    Store, StoreError,
    rows::{day, id, optional_id, priority, seq},
    sql::Statement,
};

/// Searches look up matching ids first. If there are fewer than this many, only these tasks are read.
const FEW: usize = 2_000;

/// Which tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Those with this text in their titles, ignoring case, and the one that it names, such as `WEB-42`. One or two letters (of ASCII) are found at the beginning of a word only.
    pub text: String,
    /// Those with these ids.
    pub only: Option<Vec<TaskId>>,
    /// Those of this board.
    pub board: Option<BoardId>,
    /// Those that have this label of the board, or one that was merged into it. It means nothing without a board.
    pub label: Option<LabelId>,
    /// Those in this state.
    pub state: TaskState,
    /// Those with this priority.
    pub priority: Option<Priority>,
    /// `Some(None)`: those that nobody is assigned to. `Some(person)`: those that this person is assigned to.
    pub assignee: Option<Option<ActorId>>,
    /// Those whose due day is in this range.
    pub due: Option<Due>,
    /// Those that were created in this span.
    pub created: Span,
    /// Those that were changed at or after this time.
    pub changed_from: Option<Timestamp>,
    /// Those that were changed before this time.
    pub changed_before: Option<Timestamp>,
}

/// The state of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskState {
    /// In a column of tasks that are not done.
    #[default]
    Open,
    /// In a column of done tasks.
    Completed,
    /// Either of both.
    Live,
    /// In the trash.
    Deleted,
    /// Any of these.
    Any,
}

/// A range of due days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// No due day.
    Never,
    /// Before this day.
    Before(Day),
    /// From the first day to the second, both included.
    Within(Day, Day),
}

/// What tasks are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskOrder {
    /// The time of the newest change.
    #[default]
    Changed,
    /// The time of creation.
    Created,
    /// The due day; tasks without one come last.
    Due,
    /// The title, ignoring case (of ASCII, on SQLite).
    Title,
    /// The priority.
    Priority,
}

/// A task in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// The task's id.
    pub id: TaskId,
    /// What people call it: `WEB-42`.
    pub reference: String,
    /// The title.
    pub title: String,
    /// The board's id.
    pub board: BoardId,
    /// The board's name.
    pub board_name: String,
    /// Whether the board is archived.
    pub is_archived: bool,
    /// The column's id.
    pub column: ColumnId,
    /// The column's name; `None` if a task in the trash has lost its column.
    pub column_name: Option<String>,
    /// Whether it is in a column of done tasks.
    pub is_completed: bool,
    /// The priority.
    pub priority: Priority,
    /// The day on which work begins.
    pub start: Option<Day>,
    /// The due day.
    pub due: Option<Day>,
    /// The assigned people.
    pub assignees: Vec<ActorId>,
    /// The labels as they are shown, in the order of the board's labels.
    pub labels: Vec<Arc<Label>>,
    /// Whether it has comments.
    pub is_commented: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it, if known.
    pub created_by: Option<ActorId>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who changed it last, if known.
    pub updated_by: Option<ActorId>,
    /// When it was put into the trash.
    pub deleted_at: Option<Timestamp>,
    /// The number of its newest change.
    pub seq: Seq,
}

const TASKS: Source = Source {
    select: "SELECT t.id, (SELECT n.number FROM task_numbers n WHERE n.task = t.id) AS number, t.title, t.board, b.key AS board_key, b.name AS board_name, b.archived_at, t.column_id, c.name AS column_name, c.kind, t.priority, \
             t.start, t.due, t.assignees, t.labels, t.comments, t.created_at, t.created_by, t.updated_at, t.updated_by, t.deleted_at, t.seq",
    // SQLite does not reorder a CROSS JOIN: the tasks are read in the order of their index.
    from: "FROM tasks t CROSS JOIN boards b LEFT JOIN columns c ON c.board = t.board AND c.id = t.column_id",
    id: "t.id",
};

impl TaskOrder {
    fn expression(self) -> Expression {
        let (sql, is_number) = match self {
            Self::Changed => ("t.updated_at", true),
            Self::Created => ("t.created_at", true),
            Self::Due => ("COALESCE(t.due, '9999-99-99')", false),
            Self::Title => ("LOWER(t.title)", false),
            Self::Priority => (PRIORITY, true),
        };
        Expression { sql, is_number }
    }
}

/// The priority as a number, as the index has it.
const PRIORITY: &str =
    "(CASE t.priority WHEN 'urgent' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END)";
const HAS_PRIORITY: &str =
    "(CASE t.priority WHEN 'urgent' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END) = ?";

/// What a statement is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A page, which is soon full in the order of its index.
    Page,
    /// A count, for which an index of the filtered column is best.
    Count,
}

impl TaskFilter {
    fn conditions(&self, found: &Found, purpose: Purpose) -> Conditions {
        let mut wanted = Conditions::default();
        wanted.add("b.id = t.board");
        wanted.add("b.deleted_at IS NULL");
        match self.state {
            TaskState::Open | TaskState::Completed | TaskState::Live => wanted.add("t.deleted_at IS NULL"),
            TaskState::Deleted => wanted.add("t.deleted_at IS NOT NULL"),
            TaskState::Any => {}
        }
        match self.state {
            // With a condition on `c.kind` alone PostgreSQL would read the columns first, and sort all of their tasks.
            TaskState::Open => wanted.add("COALESCE(c.kind, '') <> 'done'"),
            TaskState::Completed => wanted.add("COALESCE(c.kind, '') = 'done'"),
            TaskState::Live | TaskState::Deleted | TaskState::Any => {}
        }
        if let Some(only) = &self.only {
            wanted.one_of("t.id", only.iter().map(|task| task.to_string()).collect());
        }
        if let Some(board) = self.board {
            wanted.bind("t.board = ?", board.to_string());
        }
        match (&found.with_label, &found.standing_for) {
            (Some(ids), _) => wanted.one_of("t.id", ids.clone()),
            (None, Some(labels)) => wanted.has_label(labels.clone()),
            (None, None) => {}
        }
        match self.priority {
            None => {}
            Some(priority) if purpose == Purpose::Page => wanted.bind("t.priority = ?", priority.as_str()),
            Some(priority) => wanted.bind(HAS_PRIORITY, i64::from(priority as u8)),
        }
        match self.due {
            Some(_) if found.due_then.is_some() => wanted.one_of("t.id", found.due_then.clone().unwrap_or_default()),
            None => {}
            Some(Due::Never) => wanted.add("t.due IS NULL"),
            Some(Due::Before(day)) => wanted.bind("COALESCE(t.due, '9999-99-99') < ?", day.to_string()),
            Some(Due::Within(first, last)) => {
                wanted.bind("COALESCE(t.due, '9999-99-99') >= ?", first.to_string());
                wanted.bind("COALESCE(t.due, '9999-99-99') <= ?", last.to_string());
            }
        }
        if let Some(from) = self.changed_from {
            wanted.bind("t.updated_at >= ?", from.as_millis());
        }
        if let Some(before) = self.changed_before {
            wanted.bind("t.updated_at < ?", before.as_millis());
        }
        wanted.within(self.created, "t.created_at >= ?", "t.created_at < ?");
        match (self.text.trim(), &found.with_title) {
            ("", _) => {}
            (_, Some(ids)) => wanted.one_of("t.id", ids.clone()),
            (_, None) if found.named.is_some() => {
                // Also in the trash.
                let titled = patterns(&self.text)
                    .into_iter()
                    .map(|pattern| ("(LOWER(t.title) || '') LIKE ? ESCAPE '\\'", pattern));
                wanted.any(titled.chain(found.named.clone().map(|id| ("t.id = ?", id))));
            }
            // Many match: a count reads an index of titles, and a page that of its order.
            (text, None) if purpose == Purpose::Count => {
                wanted.add("LOWER(t.title) >= ''");
                wanted.any(patterns(text).into_iter().map(|pattern| ("LOWER(t.title) LIKE ? ESCAPE '\\'", pattern)));
            }
            (text, None) => {
                wanted.any(
                    patterns(text).into_iter().map(|pattern| ("(LOWER(t.title) || '') LIKE ? ESCAPE '\\'", pattern)),
                );
            }
        }
        match (self.assignee, &found.assigned_to) {
            (None, _) => {}
            (Some(None), _) => wanted.add("t.assignees = ''"),
            (Some(Some(_)), Some(ids)) => wanted.one_of("t.id", ids.clone()),
            (Some(Some(person)), None) => wanted.contains("t.assignees LIKE ? ESCAPE '\\'", &person.to_string()),
        }
        wanted
    }
}

/// What a search found, if it found few.
struct Found {
    with_title: Option<Vec<String>>,
    assigned_to: Option<Vec<String>>,
    due_then: Option<Vec<String>>,
    with_label: Option<Vec<String>>,
    /// The task that the text names, if it names one.
    named: Option<String>,
    /// The labels that stand for the wanted one, if one is wanted.
    standing_for: Option<Vec<String>>,
}

impl Conditions {
    /// Adds the condition that the task `t` has one of these labels of its board.
    fn has_label(&mut self, labels: Vec<String>) {
        // Ids hold no sign that LIKE knows. A list of ids in a condition for each would nest too deeply for SQLite.
        self.add("EXISTS (SELECT 1 FROM labels l WHERE l.board = t.board AND t.labels LIKE '%' || l.id || '%'");
        self.one_of("l.id", labels);
        self.sql.push(')');
    }
}

impl Store {
    /// A page of all tasks that match, over all boards. The caller must be allowed to see every board.
    pub async fn tasks_table(&self, filter: &TaskFilter, slice: Slice<TaskOrder>) -> Result<Rows<TaskRow>, StoreError> {
        let found = self.search(filter).await?;
        self.page(filter, &found, slice).await
    }

    /// Counts the tasks that match, up to one more than [`super::MOST_COUNTED`].
    pub async fn count_tasks(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        let found = self.search(filter).await?;
        self.count(filter, &found).await
    }

    /// A page of all tasks that match, and how many there are, with one search.
    pub async fn counted_tasks_table(
        &self,
        filter: &TaskFilter,
        slice: Slice<TaskOrder>,
    ) -> Result<(Rows<TaskRow>, u64), StoreError> {
        let found = self.search(filter).await?;
        Ok((self.page(filter, &found, slice).await?, self.count(filter, &found).await?))
    }

    async fn page(
        &self,
        filter: &TaskFilter,
        found: &Found,
        slice: Slice<TaskOrder>,
    ) -> Result<Rows<TaskRow>, StoreError> {
        let wanted = filter.conditions(found, Purpose::Page);
        let expression = slice.order.expression();
        let (statement, limit) = TASKS.page(wanted, expression, slice);
        let read = |row: &AnyRow| Ok((task(row)?, ids(row, "labels")?));
        let Rows { rows, next } = rows_of(statement.fetch_all(self.readers()).await?, limit, expression, read)?;
        let of_tasks = rows.iter().flat_map(|(row, labels)| labels.iter().map(|label| (row.board, *label)));
        let labels = self.labels(of_tasks.collect()).await?;
        let with_labels =
            |(row, ids): (TaskRow, Vec<LabelId>)| TaskRow { labels: labels.shown(row.board, &ids), ..row };
        Ok(Rows { rows: rows.into_iter().map(with_labels).collect(), next })
    }

    async fn count(&self, filter: &TaskFilter, found: &Found) -> Result<u64, StoreError> {
        TASKS.count(self, filter.conditions(found, Purpose::Count)).await
    }

    /// Looks for a text, a person or due days in an index that holds nothing else, and for a label among the tasks of its board. If few tasks
    /// match, then only these are read; if many match, then a page is soon full in any order.
    async fn search(&self, filter: &TaskFilter) -> Result<Found, StoreError> {
        // The trash is short.
        let is_live = !matches!(filter.state, TaskState::Deleted | TaskState::Any);
        let named = match TaskRef::parse(filter.text.trim()) {
            Some(name) => self.task_named(&name).await?.map(|(_, task)| task.to_string()),
            None => None,
        };
        let mut with_title = match filter.text.trim() {
            "" => None,
            text if is_live => self.few_ids(with_title(text)).await?,
            _ => None,
        };
        if let Some(ids) = &mut with_title {
            ids.extend(named.clone());
        }
        let assigned_to = match filter.assignee {
            Some(Some(person)) => {
                let person = person.to_string();
                self.few_ids(Statement::from(ASSIGNED_TO).bind(person.clone()).bind(pattern(&person))).await?
            }
            _ => None,
        };
        let (first, last) = match filter.due {
            Some(Due::Before(day)) => (String::new(), Timestamp::from_millis(day.start().as_millis() - 1).day()),
            Some(Due::Within(first, last)) => (first.to_string(), Some(last)),
            Some(Due::Never) | None => (String::new(), None),
        };
        let due_then = match last {
            Some(last) if is_live => self.few_ids(Statement::from(DUE).bind(first).bind(last.to_string())).await?,
            _ => None,
        };
        let (mut with_label, mut standing_for) = (None, None);
        if let (Some(board), Some(label)) = (filter.board, filter.label) {
            let labels = self.ids_for_label(board, label).await?;
            let mut wanted = Conditions::default();
            wanted.bind("t.board = ?", board.to_string());
            wanted.has_label(labels.clone());
            let (conditions, values) = wanted.into_parts();
            let sql = format!("SELECT t.id FROM tasks t{conditions} LIMIT ${}", values.len() + 1);
            with_label = self.few_ids(Statement::of(sql, values)).await?;
            standing_for = Some(labels);
        }
        Ok(Found { with_title, assigned_to, due_then, with_label, named, standing_for })
    }

    /// The ids that a statement finds, if they are few. Its last parameter is the number that is read.
    async fn few_ids(&self, statement: Statement) -> Result<Option<Vec<String>>, StoreError> {
        let statement = statement.bind(i64::try_from(FEW).unwrap_or(i64::MAX));
        let rows = statement.fetch_all(self.readers()).await?;
        if rows.len() == FEW {
            return Ok(None);
        }
        Ok(Some(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?))
    }
}

/// The ids of the tasks with a text in their titles; their number is bound last.
fn with_title(text: &str) -> Statement {
    let mut wanted = Conditions::default();
    wanted.add("deleted_at IS NULL");
    // The comparison with the empty text lets SQLite read the index of titles. PostgreSQL has one of trigrams.
    wanted.add("LOWER(title) >= ''");
    wanted.any(patterns(text).into_iter().map(|pattern| ("LOWER(title) LIKE ? ESCAPE '\\'", pattern)));
    let (conditions, values) = wanted.into_parts();
    let limit = values.len() + 1;
    Statement::of(format!("SELECT id FROM tasks{conditions} LIMIT ${limit}"), values)
}

/// The `LIKE` patterns of a searched text: a title must match one of them. One or two letters or digits are searched where a word begins,
/// because trigrams find nothing else that is so short.
fn patterns(text: &str) -> Vec<String> {
    let word = text.trim().to_ascii_lowercase();
    match word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => vec![format!("{word}%"), format!("% {word}%")],
        false => vec![pattern(text)],
    }
}

const ASSIGNED_TO: &str = "SELECT id FROM tasks WHERE assignees <> '' AND assignees = $1 \
                           UNION ALL SELECT id FROM tasks WHERE LENGTH(assignees) > 36 AND assignees LIKE $2 ESCAPE '\\' LIMIT $3";
const DUE: &str = "SELECT id FROM tasks WHERE deleted_at IS NULL AND COALESCE(due, '9999-99-99') >= $1 \
                   AND COALESCE(due, '9999-99-99') <= $2 LIMIT $3";

/// A task without its labels.
fn task(row: &AnyRow) -> Result<TaskRow, StoreError> {
    let kind: Option<&str> = row.try_get("kind")?;
    Ok(TaskRow {
        id: id(row.try_get("id")?)?,
        reference: match row.try_get::<Option<i64>, _>("number")? {
            Some(number) => format!("{}-{number}", row.try_get::<&str, _>("board_key")?),
            None => String::new(),
        },
        title: row.try_get("title")?,
        board: id(row.try_get("board")?)?,
        board_name: row.try_get("board_name")?,
        is_archived: row.try_get::<Option<i64>, _>("archived_at")?.is_some(),
        column: id(row.try_get("column_id")?)?,
        column_name: row.try_get("column_name")?,
        is_completed: kind.and_then(ColumnKind::parse) == Some(ColumnKind::Done),
        priority: priority(row.try_get("priority")?)?,
        start: day(row.try_get("start")?)?,
        due: day(row.try_get("due")?)?,
        assignees: ids(row, "assignees")?,
        labels: Vec::new(),
        is_commented: row.try_get::<i64, _>("comments")? > 0,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        created_by: optional_id(row.try_get("created_by")?)?,
        updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
        updated_by: optional_id(row.try_get("updated_by")?)?,
        deleted_at: row.try_get::<Option<i64>, _>("deleted_at")?.map(Timestamp::from_millis),
        seq: seq(row.try_get("seq")?)?,
    })
}

/// The ids in a column that holds several, with spaces between them.
fn ids<Id: FromStr>(row: &AnyRow, column: &str) -> Result<Vec<Id>, StoreError> {
    row.try_get::<&str, _>(column)?.split_whitespace().map(id).collect()
}
