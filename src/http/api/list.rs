//! The paginated list of tasks.
//!
//! A cursor is the sort key of the last task of a page. So tasks that are created, deleted or moved between two requests neither shift the
//! others nor make them appear twice. Only a task that itself moves past the cursor may appear twice or not at all.

use std::{borrow::Cow, cmp::Ordering, fmt, str::FromStr};

use app::{
    id::{ActorId, ColumnId, TaskId},
    model::{self, Priority, Seq},
    state::BoardState,
    time::{Day, Timestamp},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{cursor, model::Task};
use crate::http::problem::Problem;

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Listing {
    /// The maximum number of tasks.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<usize>,
    /// Where to continue: the `next` of an earlier response.
    cursor: Option<String>,
    /// `true`: only completed tasks; `false`: only tasks that are not completed.
    completed: Option<bool>,
    /// Only tasks in this column.
    column: Option<Uuid>,
    /// Only tasks that are assigned to this person.
    assignee: Option<Uuid>,
    /// Only tasks with this text in the title or description, ignoring case.
    q: Option<String>,
    /// `true` lists the trash instead.
    #[param(default = false)]
    deleted: Option<bool>,
    /// `position` (as on the board), `created`, `updated`, `start`, `due`, `priority` or `title`; with `-` before it, in reverse.
    #[param(default = "position")]
    order: Option<String>,
}

/// A page of tasks.
#[derive(Serialize, ToSchema)]
pub struct Tasks<'a> {
    /// The tasks, in the requested order.
    tasks: Vec<Task<'a>>,
    /// The value of `cursor` with which to get more; `null` if these are all.
    next: Option<String>,
    /// The number of the board's newest change when the tasks were read.
    seq: Seq,
}

/// A [`Listing`] that was checked.
pub struct PageRequest {
    limit: usize,
    after: Option<Key<'static>>,
    completed: Option<bool>,
    column: Option<ColumnId>,
    assignee: Option<ActorId>,
    needle: Option<String>,
    deleted: bool,
    order: Order,
}

impl Listing {
    /// Checks what the types cannot.
    pub fn check(self) -> Result<PageRequest, Problem> {
        let limit = cursor::limit(self.limit)?;
        let order = match self.order {
            Some(text) => text.parse().map_err(|message: &str| Problem::parameter("order", message))?,
            None => Order { by: By::Position, descending: false },
        };
        let fits = |key: &Key<'_>| key.sort.is_for(order.by);
        let after = cursor::read(&list(order), self.cursor.as_deref(), fits)?;
        Ok(PageRequest {
            limit,
            after,
            completed: self.completed,
            column: self.column.map(ColumnId),
            assignee: self.assignee.map(ActorId),
            needle: self.q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()),
            deleted: self.deleted.unwrap_or_default(),
            order,
        })
    }
}

impl PageRequest {
    /// The requested page of a board's tasks.
    pub fn page_of<'a>(&self, board: &'a BoardState) -> Tasks<'a> {
        let mut found: Vec<(Key<'a>, &model::Task)> = board
            .tasks()
            .filter(|task| self.wants(board, task))
            .map(|task| (self.order.key(board, task), &**task))
            .filter(|(key, _)| self.after.as_ref().is_none_or(|after| self.order.compare(key, after).is_gt()))
            .collect();
        let compare = |a: &(Key<'_>, _), b: &(Key<'_>, _)| self.order.compare(&a.0, &b.0);
        let is_last = found.len() <= self.limit;
        if !is_last {
            // Only the tasks of the page have to be sorted.
            found.select_nth_unstable_by(self.limit, compare);
            found.truncate(self.limit);
        }
        found.sort_unstable_by(compare);
        let next = match found.pop() {
            Some(last) => {
                let key = last.0.clone();
                found.push(last);
                (!is_last).then(|| cursor::write(&list(self.order), &key))
            }
            None => None,
        };
        Tasks { tasks: found.iter().map(|(_, task)| Task::of(board, task)).collect(), next, seq: board.seq() }
    }

    fn wants(&self, board: &BoardState, task: &model::Task) -> bool {
        task.is_deleted() == self.deleted
            && self.column.is_none_or(|column| task.column == column)
            && self.assignee.is_none_or(|person| task.assignees.contains(&person))
            && self.completed.is_none_or(|completed| board.is_completed(task) == completed)
            && self.needle.as_deref().is_none_or(|needle| {
                [task.title.as_str(), task.description().unwrap_or_default()]
                    .iter()
                    .any(|text| text.to_lowercase().contains(needle))
            })
    }
}

/// What to sort by, and in which direction. Tasks that are otherwise equal are sorted by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Order {
    by: By,
    descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Position,
    Created,
    Updated,
    Start,
    Due,
    Priority,
    Title,
}

impl By {
    const ALL: [(&'static str, Self); 7] = [
        ("position", Self::Position),
        ("created", Self::Created),
        ("updated", Self::Updated),
        ("start", Self::Start),
        ("due", Self::Due),
        ("priority", Self::Priority),
        ("title", Self::Title),
    ];
}

impl Order {
    fn key<'a>(self, board: &'a BoardState, task: &'a model::Task) -> Key<'a> {
        let sort = match self.by {
            By::Position => {
                // The column of a task in the trash may no longer exist.
                let column = board.column(task.column).map(|column| Cow::Borrowed(column.rank.as_str()));
                Sort::Position(column.is_none(), column.unwrap_or_default(), task.column, task.rank.as_str().into())
            }
            By::Created => Sort::Created(task.created_at),
            By::Updated => Sort::Updated(task.updated_at),
            By::Start => Sort::Start(task.start.is_none(), task.start),
            By::Due => Sort::Due(task.due.is_none(), task.due),
            By::Priority => Sort::Priority(task.priority),
            By::Title => Sort::Title(task.title.to_lowercase().into()),
        };
        Key { sort, id: task.id }
    }

    fn compare(self, a: &Key<'_>, b: &Key<'_>) -> Ordering {
        let ordering = a.cmp(b);
        if self.descending { ordering.reverse() } else { ordering }
    }
}

impl FromStr for Order {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let by = By::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, by)| by);
        by.map(|by| Self { by, descending }).ok_or(
            "expected position, created, updated, start, due, priority or title, or one of them with - before it",
        )
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = By::ALL.into_iter().find(|(_, by)| *by == self.by).map_or("", |(name, _)| name);
        write!(f, "{}{name}", if self.descending { "-" } else { "" })
    }
}

/// The sort key of a task in an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Key<'a> {
    sort: Sort<'a>,
    id: TaskId,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Sort<'a> {
    Position(bool, Cow<'a, str>, ColumnId, Cow<'a, str>),
    Created(Timestamp),
    Updated(Timestamp),
    /// Tasks without a day come after all others.
    Start(bool, Option<Day>),
    /// Tasks without a day come after all others.
    Due(bool, Option<Day>),
    Priority(Priority),
    Title(Cow<'a, str>),
}

/// The list to which the cursors of an order belong.
fn list(order: Order) -> String {
    format!("tasks by {order}")
}

impl Sort<'_> {
    fn is_for(&self, by: By) -> bool {
        match self {
            Self::Position(..) => by == By::Position,
            Self::Created(_) => by == By::Created,
            Self::Updated(_) => by == By::Updated,
            Self::Start(..) => by == By::Start,
            Self::Due(..) => by == By::Due,
            Self::Priority(_) => by == By::Priority,
            Self::Title(_) => by == By::Title,
        }
    }
}
