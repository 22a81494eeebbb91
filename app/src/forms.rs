//! Server functions, which load the data of pages and serve forms without JavaScript.
//!
//! With JavaScript, the same forms use [`crate::live`] instead: their edits show at once and are kept until they are
//! saved.

#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function, whose fields are the documented parameters"
)]

use leptos::{prelude::*, server};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    access::{BoardRole, Principal, ShareLink},
    address::home_query::Shown,
    board::item_lines,
    comment::{CommentPage, CommentVersion},
    history::Page,
    id::{ActorId, BoardId, ChecklistId, ChecklistItemId, ColumnId, CommentId, LabelId, TaskId},
    label::{Hue, Label, Pattern, Tone},
    model::{BoardPage, Place, Priority, Seq},
    ops::{self, Op},
    people::Person,
    state::{LoadedPart, Part, Snapshot},
};

#[cfg(feature = "ssr")]
use {
    crate::{
        address::home_query::HomeQuery,
        backend::{Backend, BackendError},
        board::{Typed, take_labels},
        comment::Comment,
        fields::FieldEdit,
        id::MutationId,
        model::{ColumnKind, Task},
        ops::Mutation,
        refusal::Refusal,
        state::BoardState,
        time::Day,
    },
    http::StatusCode,
    leptos_axum::ResponseOptions,
    std::{collections::BTreeSet, sync::Arc},
};

/// The id of a page, which its forms send. A form that is sent twice, without JavaScript or before the script has
/// loaded, is applied once. Provided as a context.
#[derive(Clone, Copy)]
pub struct PageId(Uuid);

impl PageId {
    /// Provides a new id for a page.
    pub fn provide() {
        provide_context(Self(crate::new_id()));
    }
}

/// The query parameter of a form's address that contains the id of the page.
const PAGE: &str = "page";

/// Returns the address for a form on this page.
pub fn form_action(path: &str) -> String {
    match use_context::<PageId>() {
        Some(PageId(page)) => format!("{path}?{PAGE}={page}"),
        None => path.to_owned(),
    }
}

/// The data of a page, and the principal that it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Loaded<T> {
    /// The data.
    pub content: T,
    /// The people whose names the page shows.
    pub people: Vec<Person>,
    /// The principal that requested it.
    #[serde(rename = "asker")]
    pub principal: Principal,
}

/// Returns a page of the boards that the principal may see, newest first; or of the deleted boards that they may restore.
#[server(prefix = "/forms", endpoint = "list_boards")]
pub async fn list_boards(
    #[server(default)] text: String,
    #[server(default)] before: Option<String>,
    #[server(default)] shown: Shown,
) -> Result<Loaded<BoardPage>, ServerFnError> {
    let backend = backend()?;
    let query = HomeQuery { text, before: before.as_deref().and_then(HomeQuery::parse_before), shown };
    let boards = backend.boards(query).await.map_err(explain)?;
    let people = boards.contents.iter().flat_map(|contents| contents.faces.iter().copied()).collect();
    Ok(loaded(&*backend, boards, people))
}

/// The data of a board for a page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadedBoard {
    /// The outline of the board, unless only parts were requested.
    pub outline: Option<Snapshot>,
    /// The requested parts.
    pub parts: Vec<LoadedPart>,
    /// The requested comments.
    pub comments: Option<CommentPage>,
}

/// Which comments of a board are requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedComments {
    /// The task.
    pub task: TaskId,
    /// Those with lower numbers only.
    #[serde(default)]
    pub before: Option<Seq>,
    /// The comment that a link leads to.
    #[serde(default)]
    pub linked: Option<CommentId>,
}

/// Returns the current board and the requested parts and comments of it, or only these. `None` if the board does not exist (any
/// more). (One function does both, because a second one would add some KB to the WASM.)
#[server(prefix = "/forms", endpoint = "load_board")]
pub async fn load_board(
    board: BoardId,
    #[server(default)] parts: Vec<Part>,
    #[server(default)] parts_only: bool,
    #[server(default)] comments: Option<WantedComments>,
) -> Result<Option<Loaded<LoadedBoard>>, ServerFnError> {
    let backend = backend()?;
    let state = backend.board(board).await.map_err(explain)?;
    let Some(state) = state.filter(|state| state.exists()) else { return Ok(None) };
    // Each part once, so that a repeated part in the request does not multiply the response.
    let parts: Vec<LoadedPart> = BTreeSet::from_iter(parts).into_iter().map(|part| state.part(part)).collect();
    let mut people: BTreeSet<ActorId> =
        parts.iter().flat_map(|part| &part.tasks).flat_map(|task| people_of(task)).collect();
    people.extend(parts.iter().flat_map(|part| &part.tasks).flat_map(|task| people_of_items(task)));
    let comments = match comments.filter(|wanted| state.task(wanted.task).is_some()) {
        Some(WantedComments { task, before, linked }) => {
            Some(backend.comments(board, task, before, linked).await.map_err(explain)?)
        }
        None => None,
    };
    let shown = comments.iter().flat_map(|page| page.comments.iter().chain(&page.linked));
    people.extend(shown.flat_map(|comment| people_of_comment(comment)));
    if parts_only {
        return Ok(Some(loaded(&*backend, LoadedBoard { outline: None, parts, comments }, people)));
    }
    people.extend(state.access().members.keys());
    people.extend(state.tasks().flat_map(|task| people_of(task)));
    let mut loaded = loaded(&*backend, LoadedBoard { outline: Some(state.outline()), parts, comments }, people);
    if loaded.principal.may_see_people() && loaded.principal.role_on(board, state.access()) >= Some(BoardRole::Editor) {
        // They choose assignees or members from all people.
        loaded.people = backend.everybody();
    }
    Ok(Some(loaded))
}

/// Returns the events of a board or of one of its tasks, newest first, before a given change or up to now.
#[server(prefix = "/forms", endpoint = "load_history")]
pub async fn load_history(
    board: BoardId,
    task: Option<TaskId>,
    before: Option<Seq>,
) -> Result<Loaded<Page>, ServerFnError> {
    let backend = backend()?;
    let page = backend.history(board, task, before).await.map_err(explain)?;
    let people = page.events.iter().flat_map(|event| event.by.into_iter().chain(event.activity.people())).collect();
    Ok(loaded(&*backend, page, people))
}

/// Returns the people whose names a task shows.
#[cfg(feature = "ssr")]
fn people_of(task: &Task) -> impl Iterator<Item = ActorId> {
    [task.created_by, task.updated_by].into_iter().flatten().chain(task.assignees.iter().copied())
}

/// Returns the people to whom items of a task's checklists are assigned.
#[cfg(feature = "ssr")]
fn people_of_items(task: &Task) -> impl Iterator<Item = ActorId> {
    task.checklists().into_iter().flat_map(|lists| lists.all_items()).filter_map(|item| item.assignee)
}

/// Returns the people whose names a comment shows.
#[cfg(feature = "ssr")]
fn people_of_comment(comment: &Comment) -> impl Iterator<Item = ActorId> {
    comment.author.into_iter().chain(comment.reactions.iter().flat_map(|reacted| reacted.people.iter().copied()))
}

/// Returns the earlier texts of a comment, newest first.
#[server(prefix = "/forms", endpoint = "comment_versions")]
pub async fn comment_versions(board: BoardId, comment: CommentId) -> Result<Vec<CommentVersion>, ServerFnError> {
    backend()?.comment_versions(board, comment).await.map_err(explain)
}

/// Adds a comment to a task.
#[server(prefix = "/forms", endpoint = "add_comment")]
pub async fn add_comment(board: BoardId, task: TaskId, text: String) -> Result<(), ServerFnError> {
    let text = Typed::Comment.normalize(&text);
    let ids = Ids::of(&("comment", board, task, &text));
    let create = ops::CreateComment { comment: CommentId(ids.get(1)), task, text };
    write_as(MutationId(ids.get(0)), board, Op::CreateComment(create)).await
}

/// Creates a board with the three usual columns and opens it.
#[server(prefix = "/forms", endpoint = "create_board")]
pub async fn create_board(name: String, #[server(default)] everyone: Option<BoardRole>) -> Result<(), ServerFnError> {
    let name = Typed::Name.normalize(&name);
    let ids = Ids::of(&("board", &name, everyone));
    let board = BoardId(ids.get(1));
    let columns = [("To do", ColumnKind::Open), ("Doing", ColumnKind::Active), ("Done", ColumnKind::Done)];
    let columns = (2..).zip(columns);
    let columns =
        columns.map(|(id, (name, kind))| ops::NewColumn { id: ColumnId(ids.get(id)), name: name.to_owned(), kind });
    let create = ops::CreateBoard { name, columns: columns.collect(), everyone };
    write_as(MutationId(ids.get(0)), board, Op::CreateBoard(create)).await?;
    // With the focus in the field for the first task.
    leptos_axum::redirect(&format!("/boards/{board}#{FIRST_FIELD}"));
    Ok(())
}

/// The id of the field for a new task in the first column of a board.
pub const FIRST_FIELD: &str = "add";

/// Adds a task at the end of a column.
#[server(prefix = "/forms", endpoint = "add_task")]
pub async fn add_task(board: BoardId, column: ColumnId, title: String) -> Result<(), ServerFnError> {
    let title = Typed::Title.normalize(&title);
    let ids = Ids::of(&("task", board, column, &title));
    let (title, labels) = named_labels(board, title).await?;
    let create = ops::CreateTask { column: Some(column), ..ops::CreateTask::of(TaskId(ids.get(1)), title) };
    let create = create.with(FieldEdit::AddLabels(labels));
    write_as(MutationId(ids.get(0)), board, Op::CreateTask(create)).await
}

/// Completes or reopens a task.
#[server(prefix = "/forms", endpoint = "set_completed")]
pub async fn set_completed(board: BoardId, task: TaskId, completed: bool) -> Result<(), ServerFnError> {
    let update = ops::UpdateTask { completed: Some(completed), ..ops::UpdateTask::of(task) };
    write(board, Op::UpdateTask(update)).await
}

/// The fields of a task's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFields {
    /// The title.
    pub title: String,
    /// The description, in Markdown.
    pub description: String,
    /// The column.
    pub column: ColumnId,
    /// The priority.
    pub priority: Priority,
    /// The day on which work begins, such as `2026-11-23`; empty for none.
    #[serde(default)]
    pub start: String,
    /// The due date, such as `2026-11-23`; empty for none.
    pub due: String,
    /// The people that the task is assigned to.
    #[serde(default)]
    pub assignees: Vec<ActorId>,
    /// The labels of the task.
    #[serde(default)]
    pub labels: Vec<LabelId>,
}

/// Saves the fields that the person changed: those that differ between `edit` and `was`, the values with which the form
/// was rendered. `base` is the number of the newest change at that time.
#[server(prefix = "/forms", endpoint = "update_task")]
pub async fn update_task(
    board: BoardId,
    task: TaskId,
    base: Seq,
    edit: TaskFields,
    was: TaskFields,
) -> Result<(), ServerFnError> {
    let day = |field: &str, edit: &str, was: &str| match edit {
        edit if edit == was => Ok(None),
        "" => Ok(Some(None)),
        edit => match Day::parse(edit) {
            Some(day) => Ok(Some(Some(day))),
            None => {
                let message = format!("the {field} date must be a day such as 2026-11-23");
                Err(explain(Refusal::invalid(field, message).into()))
            }
        },
    };
    let is_new = |new: &str, old: &str| !same_text(new, old);
    let (title, mut labels) = match is_new(&edit.title, &was.title) {
        true => named_labels(board, Typed::Title.normalize(&edit.title)).await?,
        false => (edit.title.clone(), Vec::new()),
    };
    labels.extend(without(&edit.labels, &was.labels));
    let edits = [
        is_new(&edit.title, &was.title).then_some(FieldEdit::Title(title)),
        is_new(&edit.description, &was.description)
            .then(|| FieldEdit::Description(Typed::Description.normalize(&edit.description))),
        (edit.priority != was.priority).then_some(FieldEdit::Priority(edit.priority)),
        day("start", &edit.start, &was.start)?.map(FieldEdit::Start),
        day("due", &edit.due, &was.due)?.map(FieldEdit::Due),
        Some(FieldEdit::Assign(without(&edit.assignees, &was.assignees))),
        Some(FieldEdit::Unassign(without(&was.assignees, &edit.assignees))),
        Some(FieldEdit::AddLabels(labels)),
        Some(FieldEdit::RemoveLabels(without(&was.labels, &edit.labels))),
    ];
    let update = ops::UpdateTask {
        base: Some(base),
        fields: edits.into_iter().flatten().collect(),
        column: (edit.column != was.column).then_some(edit.column),
        ..ops::UpdateTask::of(task)
    };
    write(board, Op::UpdateTask(update)).await
}

/// Moves a task to the trash and shows its board.
#[server(prefix = "/forms", endpoint = "delete_task")]
pub async fn delete_task(board: BoardId, task: TaskId) -> Result<(), ServerFnError> {
    write(board, Op::DeleteTask(ops::DeleteTask::of(task))).await?;
    leptos_axum::redirect(&format!("/boards/{board}"));
    Ok(())
}

/// Restores a task from the trash.
#[server(prefix = "/forms", endpoint = "restore_task")]
pub async fn restore_task(board: BoardId, task: TaskId) -> Result<(), ServerFnError> {
    write(board, Op::RestoreTask(ops::RestoreTask::of(task))).await
}

/// The form about a board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardForm {
    /// The name.
    pub name: String,
    /// The colour; empty for none.
    #[serde(default)]
    pub hue: String,
    /// The description.
    #[serde(default)]
    pub description: String,
}

impl BoardForm {
    /// Returns the operation that sets what differs from `was`; `None` if nothing does.
    pub fn op(&self, was: &Self) -> Option<Op> {
        let normalized = |text: &str| crate::board::Typed::Name.normalize(text);
        let edits = |new: &str, old: &str| (new != old).then(|| normalized(new));
        let update = ops::UpdateBoard {
            name: edits(&self.name, &was.name),
            hue: (self.hue != was.hue).then(|| Hue::parse(&self.hue)),
            description: edits(&self.description, &was.description),
            ..ops::UpdateBoard::default()
        };
        (update != ops::UpdateBoard::default()).then_some(Op::UpdateBoard(update))
    }
}

/// Changes the name, the colour and the description of a board: those that differ between `edit` and `was`, the values with which the form
/// was rendered.
#[server(prefix = "/forms", endpoint = "edit_board")]
pub async fn edit_board(board: BoardId, edit: BoardForm, was: BoardForm) -> Result<(), ServerFnError> {
    match edit.op(&was) {
        Some(op) => write(board, op).await,
        None => Ok(()),
    }
}

/// Copies a board, with or without its tasks, and opens the copy.
#[server(prefix = "/forms", endpoint = "copy_board")]
pub async fn copy_board(board: BoardId, name: String, #[server(default)] tasks: bool) -> Result<(), ServerFnError> {
    let name = Typed::Name.normalize(&name);
    let id = MutationId(Ids::of(&("copy", board, &name, tasks)).get(0));
    let copy = backend()?.copy_board(board, id, name, tasks).await.map_err(explain)?;
    leptos_axum::redirect(&format!("/boards/{copy}"));
    Ok(())
}

/// Stars a board for the person who asks, or takes the star away.
#[server(prefix = "/forms", endpoint = "set_star")]
pub async fn set_star(board: BoardId, starred: bool) -> Result<(), ServerFnError> {
    backend()?.set_star(board, starred).await.map_err(explain)
}

/// Restores a deleted board and opens it.
#[server(prefix = "/forms", endpoint = "restore_board")]
pub async fn restore_board(board: BoardId) -> Result<(), ServerFnError> {
    let op = Op::RestoreBoard(ops::RestoreBoard {});
    backend()?.restore_board(board, MutationId(Ids::of(&(board, &op)).get(0))).await.map_err(explain)?;
    leptos_axum::redirect(&format!("/boards/{board}"));
    Ok(())
}

/// Archives a board, or brings it back.
#[server(prefix = "/forms", endpoint = "set_archived")]
pub async fn set_archived(board: BoardId, archived: bool) -> Result<(), ServerFnError> {
    write(board, Op::SetArchived(ops::SetArchived::to(archived))).await
}

/// The form of a label: its values, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelForm {
    /// The label; `None` creates one.
    #[serde(default)]
    pub label: Option<LabelId>,
    /// The name.
    pub name: String,
    /// The hue.
    pub hue: Hue,
    /// The tone.
    pub tone: Tone,
    /// The pattern.
    pub pattern: Pattern,
    /// The description.
    pub description: String,
    /// The label to merge into.
    #[serde(default)]
    pub into: Option<LabelId>,
    /// The label above it, where it goes when it is moved up.
    #[serde(default)]
    pub above: Option<LabelId>,
    /// The label below it.
    #[serde(default)]
    pub below: Option<LabelId>,
    /// `save`, `delete`, `merge`, `up` or `down`.
    #[serde(default)]
    pub action: String,
}

impl LabelForm {
    /// Returns the operation that the form means; `None` if it means nothing. A new label gets the id `new`. With `was`, only the values
    /// that differ from those of this label are set.
    pub fn op(&self, was: Option<&Label>, new: LabelId) -> Option<Op> {
        let Self { name, hue, tone, pattern, description, .. } = self;
        let Some(label) = self.label else {
            let (name, description) = (name.clone(), description.clone());
            let (hue, tone, pattern, place) = (*hue, *tone, *pattern, Place::Last);
            return Some(Op::CreateLabel(ops::CreateLabel {
                label: new,
                name,
                hue,
                tone,
                pattern,
                description,
                place,
            }));
        };
        let move_to = |place| Op::UpdateLabel(ops::UpdateLabel { place: Some(place), ..ops::UpdateLabel::of(label) });
        match self.action.as_str() {
            "delete" => Some(Op::DeleteLabel(ops::DeleteLabel::of(label))),
            "merge" => Some(Op::MergeLabels(ops::MergeLabels::of(label, self.into?))),
            "up" => Some(move_to(Place::Before(self.above?))),
            "down" => Some(move_to(Place::After(self.below?))),
            _ => Some(Op::UpdateLabel(ops::UpdateLabel {
                name: was.is_none_or(|was| was.name != name.trim()).then(|| name.clone()),
                hue: was.is_none_or(|was| was.hue != *hue).then_some(*hue),
                tone: was.is_none_or(|was| was.tone != *tone).then_some(*tone),
                pattern: was.is_none_or(|was| was.pattern != *pattern).then_some(*pattern),
                description: was.is_none_or(|was| was.description != description.trim()).then(|| description.clone()),
                ..ops::UpdateLabel::of(label)
            })),
        }
    }
}

/// Creates, changes, moves, merges or deletes a label.
#[server(prefix = "/forms", endpoint = "edit_label")]
pub async fn edit_label(board: BoardId, edit: LabelForm) -> Result<(), ServerFnError> {
    let new = LabelId(Ids::of(&("label", board, &edit)).get(1));
    match edit.op(None, new) {
        Some(op) => write(board, op).await,
        None => Ok(()),
    }
}

/// The form of a checklist: what to do with it, or with one of its items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistForm {
    /// The checklist; `None` creates one.
    #[serde(default)]
    pub checklist: Option<ChecklistId>,
    /// The name of a new checklist, or a new name.
    #[serde(default)]
    pub name: String,
    /// Items to add, one a line.
    #[serde(default)]
    pub text: String,
    /// An item to mark as done.
    #[serde(default)]
    pub tick: Option<ChecklistItemId>,
    /// An item to mark as not done.
    #[serde(default)]
    pub untick: Option<ChecklistItemId>,
    /// An item to delete.
    #[serde(default)]
    pub delete: Option<ChecklistItemId>,
    /// The checklist above it, where it goes when it is moved up.
    #[serde(default)]
    pub above: Option<ChecklistId>,
    /// The checklist below it.
    #[serde(default)]
    pub below: Option<ChecklistId>,
    /// `add`, `rename`, `up`, `down` or `delete`.
    #[serde(default)]
    pub action: String,
}

impl ChecklistForm {
    /// Returns the operation that the form means; `None` if it means nothing. A new checklist and new items get ids from `new`, by their
    /// number.
    pub fn op(&self, task: TaskId, new: impl Fn(u8) -> Uuid) -> Option<Op> {
        let Some(list) = self.checklist else {
            let name = if self.name.trim().is_empty() { "Checklist" } else { &self.name };
            return Some(Op::CreateChecklist(ops::CreateChecklist::of(task, ChecklistId(new(1)), name)));
        };
        let update = |item| ops::UpdateChecklistItem::of(task, item);
        if let Some(item) = self.tick {
            return Some(Op::UpdateChecklistItem(ops::UpdateChecklistItem { done: Some(true), ..update(item) }));
        }
        if let Some(item) = self.untick {
            return Some(Op::UpdateChecklistItem(ops::UpdateChecklistItem { done: Some(false), ..update(item) }));
        }
        if let Some(item) = self.delete {
            let items = vec![item];
            return Some(Op::DeleteChecklistItems(ops::DeleteChecklistItems {
                items,
                ..ops::DeleteChecklistItems::of(task)
            }));
        }
        let update = ops::UpdateChecklist::of(task, list);
        Some(match self.action.as_str() {
            "rename" => Op::UpdateChecklist(ops::UpdateChecklist { name: Some(self.name.clone()), ..update }),
            "up" => Op::UpdateChecklist(ops::UpdateChecklist { place: Some(Place::Before(self.above?)), ..update }),
            "down" => Op::UpdateChecklist(ops::UpdateChecklist { place: Some(Place::After(self.below?)), ..update }),
            "delete" => Op::UpdateChecklist(ops::UpdateChecklist { deleted: Some(true), ..update }),
            _ => {
                let lines = item_lines(&self.text).into_iter().enumerate();
                // There are ids for more than a checklist may have; beyond, the last one is refused as a second use.
                let number = |index: usize| u8::try_from(index + 2).unwrap_or(u8::MAX);
                let items = lines.map(|(index, (text, done))| ops::NewChecklistItem {
                    done,
                    ..ops::NewChecklistItem::of(ChecklistItemId(new(number(index))), text)
                });
                let items: Vec<ops::NewChecklistItem> = items.collect();
                (!items.is_empty()).then(|| {
                    Op::AddChecklistItems(ops::AddChecklistItems { items, ..ops::AddChecklistItems::of(task, list) })
                })?
            }
        })
    }
}

/// Creates, changes, moves or deletes a checklist, or one of its items.
#[server(prefix = "/forms", endpoint = "edit_checklist")]
pub async fn edit_checklist(board: BoardId, task: TaskId, edit: ChecklistForm) -> Result<(), ServerFnError> {
    let ids = Ids::of(&("checklist", board, task, &edit));
    match edit.op(task, |number| ids.get(number)) {
        Some(op) => write(board, op).await,
        None => Ok(()),
    }
}

/// Sets the role of a person on a board; without a role, removes them. If the requester can no longer see the board,
/// redirects to the list of boards.
#[server(prefix = "/forms", endpoint = "set_member")]
pub async fn set_member(
    board: BoardId,
    person: ActorId,
    #[server(default)] role: Option<BoardRole>,
) -> Result<(), ServerFnError> {
    write(board, Op::SetMember(ops::SetMember { person, role })).await?;
    if backend()?.board(board).await.map_err(explain)?.is_none() {
        leptos_axum::redirect("/");
    }
    Ok(())
}

/// Sets the role of everyone on the server on a board; without a role, the board becomes private to its members.
#[server(prefix = "/forms", endpoint = "set_everyone")]
pub async fn set_everyone(board: BoardId, #[server(default)] everyone: Option<BoardRole>) -> Result<(), ServerFnError> {
    let update = ops::UpdateBoard { everyone: Some(everyone), ..ops::UpdateBoard::default() };
    write(board, Op::UpdateBoard(update)).await
}

/// Returns the share links of a board that are not revoked, newest first.
#[server(prefix = "/forms", endpoint = "share_links")]
pub async fn share_links(board: BoardId) -> Result<Vec<ShareLink>, ServerFnError> {
    backend()?.share_links(board).await.map_err(explain)
}

/// Creates a share link and returns its address, which cannot be retrieved again.
#[server(prefix = "/forms", endpoint = "create_share_link")]
pub async fn create_share_link(board: BoardId) -> Result<String, ServerFnError> {
    backend()?.create_share_link(board).await.map_err(explain)
}

/// Revokes a share link.
#[server(prefix = "/forms", endpoint = "revoke_share_link")]
pub async fn revoke_share_link(board: BoardId, link: Uuid) -> Result<(), ServerFnError> {
    backend()?.revoke_share_link(board, link).await.map_err(explain)
}

/// Returns the state of a board.
#[cfg(feature = "ssr")]
async fn state_of(board: BoardId) -> Result<Arc<BoardState>, ServerFnError> {
    let state = backend()?.board(board).await.map_err(explain)?;
    state.ok_or_else(|| explain(Refusal::not_found(crate::refusal::Thing::Board).into()))
}

/// Takes the labels that a title names after `#` out of it.
#[cfg(feature = "ssr")]
async fn named_labels(board: BoardId, title: String) -> Result<(String, Vec<LabelId>), ServerFnError> {
    if !title.contains('#') {
        return Ok((title, Vec::new()));
    }
    let state = state_of(board).await?;
    Ok(take_labels(&title, &state))
}

#[cfg(feature = "ssr")]
fn loaded<T>(backend: &dyn Backend, content: T, mut people: BTreeSet<ActorId>) -> Loaded<T> {
    let principal = backend.principal();
    people.extend(principal.person);
    Loaded { content, people: backend.people(&people), principal }
}

#[cfg(feature = "ssr")]
fn without<Id: Copy + PartialEq>(all: &[Id], others: &[Id]) -> Vec<Id> {
    all.iter().copied().filter(|id| !others.contains(id)).collect()
}

/// Compares texts without regard to the line breaks, because forms send `\r\n`.
#[cfg(feature = "ssr")]
fn same_text(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
}

#[cfg(feature = "ssr")]
async fn write(board: BoardId, op: Op) -> Result<(), ServerFnError> {
    let id = MutationId(Ids::of(&(board, &op)).get(0));
    write_as(id, board, op).await
}

#[cfg(feature = "ssr")]
async fn write_as(id: MutationId, board: BoardId, op: Op) -> Result<(), ServerFnError> {
    let mutation = Mutation { id, op };
    backend()?.write(board, mutation).await.map_err(explain)?;
    Ok(())
}

/// The ids that a form's request uses: the same for the same page and content, different for any other form.
#[cfg(feature = "ssr")]
struct Ids {
    /// The time at which the page was made, in milliseconds, as in a UUIDv7.
    at: u64,
    content: Uuid,
}

#[cfg(feature = "ssr")]
impl Ids {
    fn of(content: &impl Serialize) -> Self {
        let parts = use_context::<http::request::Parts>();
        let query = parts.as_ref().and_then(|parts| parts.uri.query()).unwrap_or_default();
        let named = query.split('&').find_map(|pair| pair.strip_prefix(PAGE)?.strip_prefix('='));
        // A request that comes from elsewhere than one of these forms gets new ids each time.
        let page = named.and_then(|page| Uuid::parse_str(page).ok()).filter(|page| page.get_version_num() == 7);
        Self::on(page.unwrap_or_else(crate::new_id), content)
    }

    fn on(page: Uuid, content: &impl Serialize) -> Self {
        let (seconds, nanos) = page.get_timestamp().map(|at| at.to_unix()).unwrap_or_default();
        let content = serde_json::to_vec(content).unwrap_or_default();
        Self { at: seconds * 1000 + u64::from(nanos / 1_000_000), content: Uuid::new_v5(&page, &content) }
    }

    fn get(&self, number: u8) -> Uuid {
        let hash = Uuid::new_v5(&self.content, &[number]);
        let mut bits = [0; 10];
        bits.copy_from_slice(&hash.as_bytes()[6..]);
        uuid::Builder::from_unix_timestamp_millis(self.at, &bits).into_uuid()
    }
}

#[cfg(feature = "ssr")]
fn backend() -> Result<Arc<dyn Backend>, ServerFnError> {
    use_context().ok_or_else(|| ServerFnError::new("the server was started without its data"))
}

/// Converts an error to the response of a server function, and sets the status of the HTTP response.
#[cfg(feature = "ssr")]
fn explain(error: BackendError) -> ServerFnError {
    let (status, words) = match error {
        BackendError::Refused(Refusal::Forbidden) => (StatusCode::FORBIDDEN, Refusal::Forbidden.sentence()),
        BackendError::Refused(refusal @ Refusal::NotFound { .. }) => (StatusCode::NOT_FOUND, refusal.sentence()),
        BackendError::Refused(refusal) => (StatusCode::UNPROCESSABLE_ENTITY, refusal.sentence()),
        BackendError::NotFound(what) => (StatusCode::NOT_FOUND, format!("There is no such {what} any more.")),
        BackendError::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    };
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
    ServerFnError::new(words)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_is_sent_twice_asks_for_the_same_under_the_same_ids() {
        let (page, other) = (crate::new_id::<Uuid>(), crate::new_id::<Uuid>());
        let ids = |page, content: &str| [0, 1, 2].map(|number| Ids::on(page, &content).get(number));
        assert_eq!(ids(page, "Tea"), ids(page, "Tea"));
        let all = [ids(page, "Tea"), ids(page, "Milk"), ids(other, "Tea")].concat();
        assert_eq!(BTreeSet::from_iter(&all).len(), all.len(), "everything else has ids of its own");
    }

    #[test]
    fn such_ids_say_when_the_page_was_made() {
        let page = crate::new_id::<Uuid>();
        let id = Ids::on(page, &"Tea").get(0);
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.as_bytes()[..6], page.as_bytes()[..6]);
    }
}
