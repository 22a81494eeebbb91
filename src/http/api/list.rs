//! The list of tasks: filters, orders and pages.

use std::{borrow::Cow, str::FromStr};

use app::{
    id::{ActorId, ColumnId, LabelId, TaskId},
    key::MAX_NUMBER,
    label::{LabelFilter, LabelMatch, MAX_TASK_LABELS},
    model::{self, Priority, Seq},
    state::BoardState,
    text,
    time::{Day, Timestamp},
};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    cursor,
    fields::Fields,
    model::Task,
    moment::{Dated, Moment},
    order::{self, Order},
};
use crate::http::problem::Problem;

/// The list to which the cursors belong.
const LIST: &str = "tasks";

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Listing {
    /// The maximum number of tasks.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<usize>,
    cursor: Option<String>,
    fields: Option<String>,
    #[param(schema_with = Order::<By>::schema)]
    order: Option<String>,
    /// Only tasks with this text in the title or description, ignoring case.
    q: Option<String>,
    /// Only tasks with this text in the title, ignoring case.
    title: Option<String>,
    /// Only the task with this number on the board.
    #[param(minimum = 1, maximum = 999999999)]
    number: Option<u32>,
    /// Only tasks in this column.
    column: Option<Uuid>,
    /// `true`: only completed tasks; `false`: only tasks that are not completed.
    completed: Option<bool>,
    /// Only tasks of this priority.
    #[param(inline)]
    priority: Option<Priority>,
    /// Only tasks that are assigned to this person; with `none`, only those that are assigned to nobody.
    #[param(value_type = Option<String>, pattern = "^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    assignee: Option<String>,
    /// Only tasks with these labels: their ids, separated by commas; with `none`, only tasks without labels.
    labels: Option<String>,
    /// Whether a task needs any of `labels` (as without it), all of them, or none of them.
    #[param(inline)]
    labels_match: Option<LabelMatch>,
    /// Only tasks on which work begins before this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    start_before: Option<Moment>,
    /// Only tasks on which work begins after this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    start_after: Option<Moment>,
    /// Only tasks that are due before this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    due_before: Option<Moment>,
    /// Only tasks that are due after this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    due_after: Option<Moment>,
    /// Only tasks that were created before this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    created_before: Option<Moment>,
    /// Only tasks that were created after this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    created_after: Option<Moment>,
    /// Only tasks that this person created.
    created_by: Option<Uuid>,
    /// Only tasks that were last changed before this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    updated_before: Option<Moment>,
    /// Only tasks that were last changed after this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    updated_after: Option<Moment>,
    /// Only tasks that this person changed last.
    updated_by: Option<Uuid>,
    /// `true` lists the trash instead.
    #[param(default = false)]
    deleted: Option<bool>,
    /// Only tasks that were deleted before this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    deleted_before: Option<Moment>,
    /// Only tasks that were deleted after this day (in UTC) or time.
    #[param(value_type = Option<String>, example = "2026-12-24")]
    deleted_after: Option<Moment>,
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
    order: Order<By>,
    fields: Fields,
    text: Option<String>,
    title: Option<String>,
    assignee: Option<Option<ActorId>>,
    labels: Option<LabelFilter>,
    rest: Listing,
}

impl Listing {
    /// Checks what the types cannot.
    pub fn check(self) -> Result<PageRequest, Problem> {
        let order = Order::<By>::read(self.order.as_deref())?;
        let fits = |key: &Key<'_>| key.sort.by() == order.by;
        let assignee = match self.assignee.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some(id) => {
                let id =
                    Uuid::from_str(id).map_err(|_| Problem::parameter("assignee", "expected a UUID, or `none`"))?;
                Some(Some(ActorId(id)))
            }
        };
        let labels = match self.labels.as_deref() {
            None => None,
            Some("none") => Some(LabelFilter { labels: Vec::new(), by: LabelMatch::None }),
            Some(ids) => {
                let ids: Result<Vec<LabelId>, _> = ids.split(',').map(|id| id.trim().parse()).collect();
                let labels =
                    ids.map_err(|_| Problem::parameter("labels", "expected UUIDs with commas between, or `none`"))?;
                if labels.len() > MAX_TASK_LABELS {
                    return Err(Problem::parameter("labels", format!("at most {MAX_TASK_LABELS} labels are allowed")));
                }
                Some(LabelFilter { labels, by: self.labels_match.unwrap_or_default() })
            }
        };
        if self.number.is_some_and(|number| !(1..=MAX_NUMBER).contains(&number)) {
            return Err(Problem::parameter("number", format!("expected a number from 1 to {MAX_NUMBER}")));
        }
        let folded =
            |text: &Option<String>| text.as_ref().map(|text| text::folded(text.trim())).filter(|text| !text.is_empty());
        Ok(PageRequest {
            limit: cursor::limit(self.limit)?,
            after: order.cursor(LIST, self.cursor.as_deref(), fits)?,
            order,
            fields: Fields::of::<Task<'_>>(self.fields.as_deref())?,
            text: folded(&self.q),
            title: folded(&self.title),
            assignee,
            labels,
            rest: self,
        })
    }
}

impl PageRequest {
    /// The response with the requested page of a board's tasks.
    pub fn answer(&self, board: &BoardState) -> Response {
        let found = board.tasks().filter(|task| self.wants(board, task));
        let found = found.map(|task| (Key { sort: self.order.by.key(board, task), id: task.id }, &**task)).collect();
        let (tasks, next) = self.order.page(LIST, found, self.after.as_ref(), self.limit);
        let tasks = tasks.into_iter().map(|task| Task::of(board, task)).collect();
        self.fields.list("tasks", &Tasks { tasks, next, seq: board.seq() })
    }

    fn wants(&self, board: &BoardState, task: &model::Task) -> bool {
        let wanted = &self.rest;
        let description = || task.description().unwrap_or_default();
        task.is_deleted() == wanted.deleted.unwrap_or_default()
            && wanted.number.is_none_or(|number| task.number == number)
            && wanted.column.is_none_or(|column| task.column == ColumnId(column))
            && wanted.completed.is_none_or(|completed| board.is_completed(task) == completed)
            && wanted.priority.is_none_or(|priority| task.priority == priority)
            && self.assignee.is_none_or(|person| match person {
                Some(person) => task.assignees.contains(&person),
                None => task.assignees.is_empty(),
            })
            && self
                .labels
                .as_ref()
                .is_none_or(|labels| labels.wants(&task.labels, |id| board.resolve_label(id).map(|label| label.id)))
            && wanted.created_by.is_none_or(|person| task.created_by == Some(ActorId(person)))
            && wanted.updated_by.is_none_or(|person| task.updated_by == Some(ActorId(person)))
            && is_between(task.start, wanted.start_after, wanted.start_before)
            && is_between(task.due, wanted.due_after, wanted.due_before)
            && is_between(Some(task.created_at), wanted.created_after, wanted.created_before)
            && is_between(Some(task.updated_at), wanted.updated_after, wanted.updated_before)
            && is_between(task.deleted_at, wanted.deleted_after, wanted.deleted_before)
            && self.title.as_deref().is_none_or(|part| text::folded(&task.title).contains(part))
            && self.text.as_deref().is_none_or(|part| {
                text::folded(&task.title).contains(part) || text::folded(description()).contains(part)
            })
    }
}

/// Whether a value is between two bounds, where there are any. Nothing is not between bounds.
fn is_between<T: Dated>(value: Option<T>, after: Option<Moment>, before: Option<Moment>) -> bool {
    after.is_none_or(|after| value.is_some_and(|value| value.is_after(after)))
        && before.is_none_or(|before| value.is_some_and(|value| value.is_before(before)))
}

/// What tasks can be sorted by. Tasks that are otherwise equal are sorted by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Position,
    Title,
    Completed,
    Priority,
    Start,
    Due,
    Assignees,
    Created,
    Creator,
    Updated,
    Updater,
    Deleted,
}

impl order::By for By {
    const ALL: &'static [(&'static str, Self)] = &[
        ("position", Self::Position),
        ("title", Self::Title),
        ("completed", Self::Completed),
        ("priority", Self::Priority),
        ("start", Self::Start),
        ("due", Self::Due),
        ("assignees", Self::Assignees),
        ("created", Self::Created),
        ("created_by", Self::Creator),
        ("updated", Self::Updated),
        ("updated_by", Self::Updater),
        ("deleted", Self::Deleted),
    ];
}

impl By {
    fn key<'a>(self, board: &'a BoardState, task: &'a model::Task) -> Sort<'a> {
        match self {
            Self::Position => {
                // The column of a task in the trash may no longer exist.
                let column = board.column(task.column).map(|column| Cow::Borrowed(column.rank.as_str()));
                Sort::Position(column.is_none(), column.unwrap_or_default(), task.column, task.rank.as_str().into())
            }
            Self::Title => Sort::Title(task.title.to_lowercase().into()),
            Self::Completed => Sort::Completed(board.is_completed(task)),
            Self::Priority => Sort::Priority(task.priority),
            Self::Start => Sort::Start(task.start.is_none(), task.start),
            Self::Due => Sort::Due(task.due.is_none(), task.due),
            Self::Assignees => Sort::Assignees(task.assignees.is_empty(), Cow::Borrowed(&task.assignees)),
            Self::Created => Sort::Created(task.created_at),
            Self::Creator => Sort::CreatedBy(task.created_by.is_none(), task.created_by),
            Self::Updated => Sort::Updated(task.updated_at),
            Self::Updater => Sort::UpdatedBy(task.updated_by.is_none(), task.updated_by),
            Self::Deleted => Sort::Deleted(task.deleted_at),
        }
    }
}

/// The sort key of a task in an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Key<'a> {
    sort: Sort<'a>,
    id: TaskId,
}

/// What a task has of what the list is sorted by. `true` is before a value that may be absent if it is: absent values come after all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Sort<'a> {
    Position(bool, Cow<'a, str>, ColumnId, Cow<'a, str>),
    Title(Cow<'a, str>),
    Completed(bool),
    Priority(Priority),
    Start(bool, Option<Day>),
    Due(bool, Option<Day>),
    Assignees(bool, Cow<'a, [ActorId]>),
    Created(Timestamp),
    CreatedBy(bool, Option<ActorId>),
    Updated(Timestamp),
    UpdatedBy(bool, Option<ActorId>),
    Deleted(Option<Timestamp>),
}

impl Sort<'_> {
    fn by(&self) -> By {
        match self {
            Self::Position(..) => By::Position,
            Self::Title(_) => By::Title,
            Self::Completed(_) => By::Completed,
            Self::Priority(_) => By::Priority,
            Self::Start(..) => By::Start,
            Self::Due(..) => By::Due,
            Self::Assignees(..) => By::Assignees,
            Self::Created(_) => By::Created,
            Self::CreatedBy(..) => By::Creator,
            Self::Updated(_) => By::Updated,
            Self::UpdatedBy(..) => By::Updater,
            Self::Deleted(_) => By::Deleted,
        }
    }
}
