//! Server functions: what a page loads, and what its forms do without JavaScript.
//!
//! With JavaScript the same forms go through [`crate::live`] instead: at once, and kept until they are saved.

#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function, whose fields are the documented parameters"
)]

use leptos::{prelude::*, server};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    access::{BoardRole, Principal, ShareLink},
    history::Page,
    id::{ActorId, BoardId, ColumnId, TaskId},
    model::{BoardPage, Priority, Seq},
    people::Person,
    state::{LoadedPart, Part, Snapshot},
};

#[cfg(feature = "ssr")]
use {
    crate::{
        address::home_query::HomeQuery,
        backend::{Backend, BackendError},
        board::Typed,
        fields::FieldEdit,
        id::MutationId,
        model::{ColumnKind, Task},
        ops::{self, Mutation, Op},
        refusal::Refusal,
        time::Day,
    },
    http::StatusCode,
    leptos_axum::ResponseOptions,
    std::{collections::BTreeSet, sync::Arc},
};

/// This page, as its forms name it: a form that is sent twice, without JavaScript or before it has come, is done once. A
/// context.
#[derive(Clone, Copy)]
pub struct PageId(Uuid);

impl PageId {
    /// A new one for each page.
    pub fn provide() {
        provide_context(Self(crate::new_id()));
    }
}

/// The parameter of a form's address that names the page it stands on.
const PAGE: &str = "page";

/// Where a form is sent that stands on this page.
pub fn form_action(path: &str) -> String {
    match use_context::<PageId>() {
        Some(PageId(page)) => format!("{path}?{PAGE}={page}"),
        None => path.to_owned(),
    }
}

/// What a page shows, and whom it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Loaded<T> {
    /// What it shows.
    pub content: T,
    /// The people whose names stand on it.
    pub people: Vec<Person>,
    /// Whoever asked for it, and what they may do.
    #[serde(rename = "asker")]
    pub principal: Principal,
}

/// A page of the boards that whoever asks may see, newest first.
#[server(prefix = "/forms", endpoint = "list_boards")]
pub async fn list_boards(
    #[server(default)] text: String,
    #[server(default)] before: Option<String>,
) -> Result<Loaded<BoardPage>, ServerFnError> {
    let backend = backend()?;
    let query = HomeQuery { text, before: before.as_deref().and_then(HomeQuery::parse_before) };
    let boards = backend.boards(query).await.map_err(explain)?;
    Ok(loaded(&*backend, boards, BTreeSet::new()))
}

/// A board as a page gets it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadedBoard {
    /// Its outline, unless only parts were asked for.
    pub outline: Option<Snapshot>,
    /// What the page shows besides.
    pub parts: Vec<LoadedPart>,
}

/// A board as it is now, with those parts that the page shows at once, or only these; `None` if there is no such board, or none any
/// more. (One function for both: a second one costs the WASM some KB.)
#[server(prefix = "/forms", endpoint = "load_board")]
pub async fn load_board(
    board: BoardId,
    #[server(default)] parts: Vec<Part>,
    #[server(default)] parts_only: bool,
) -> Result<Option<Loaded<LoadedBoard>>, ServerFnError> {
    let backend = backend()?;
    let state = backend.board(board).await.map_err(explain)?;
    let Some(state) = state.filter(|state| state.exists()) else { return Ok(None) };
    // Each once, so that nobody gets more than the board has by asking for the same again and again.
    let parts: Vec<LoadedPart> = BTreeSet::from_iter(parts).into_iter().map(|part| state.part(part)).collect();
    let mut people: BTreeSet<ActorId> =
        parts.iter().flat_map(|part| &part.tasks).flat_map(|task| people_of(task)).collect();
    if parts_only {
        return Ok(Some(loaded(&*backend, LoadedBoard { outline: None, parts }, people)));
    }
    people.extend(state.access().members.keys());
    people.extend(state.tasks().flat_map(|task| people_of(task)));
    let mut loaded = loaded(&*backend, LoadedBoard { outline: Some(state.outline()), parts }, people);
    if loaded.principal.may_see_people() && loaded.principal.role_on(board, state.access()) >= Some(BoardRole::Editor) {
        // They choose among everybody.
        loaded.people = backend.everybody();
    }
    Ok(Some(loaded))
}

/// What happened on a board, or to one of its tasks, newest first, before a change or until now.
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

/// Those whose names stand on a task.
#[cfg(feature = "ssr")]
fn people_of(task: &Task) -> impl Iterator<Item = ActorId> {
    [task.created_by, task.updated_by].into_iter().flatten().chain(task.assignees.iter().copied())
}

/// Makes a board with the three usual columns and opens it.
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
    leptos_axum::redirect(&format!("/boards/{board}"));
    Ok(())
}

/// Adds a task at the end of a column.
#[server(prefix = "/forms", endpoint = "add_task")]
pub async fn add_task(board: BoardId, column: ColumnId, title: String) -> Result<(), ServerFnError> {
    let title = Typed::Title.normalize(&title);
    let ids = Ids::of(&("task", board, column, &title));
    let create = ops::CreateTask { column: Some(column), ..ops::CreateTask::of(TaskId(ids.get(1)), title) };
    write_as(MutationId(ids.get(0)), board, Op::CreateTask(create)).await
}

/// Completes or reopens a task.
#[server(prefix = "/forms", endpoint = "set_completed")]
pub async fn set_completed(board: BoardId, task: TaskId, completed: bool) -> Result<(), ServerFnError> {
    let update = ops::UpdateTask { completed: Some(completed), ..ops::UpdateTask::of(task) };
    write(board, Op::UpdateTask(update)).await
}

/// What the form of a task holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFields {
    /// The title.
    pub title: String,
    /// The description, in Markdown.
    pub description: String,
    /// The column.
    pub column: ColumnId,
    /// How urgent it is.
    pub priority: Priority,
    /// The day work on it begins, such as `2026-11-23`; empty for none.
    #[serde(default)]
    pub start: String,
    /// The day it is due, such as `2026-11-23`; empty for none.
    pub due: String,
    /// Whose it is.
    #[serde(default)]
    pub assignees: Vec<ActorId>,
}

/// Saves the fields of a task that the person changed: those that differ from what the form was sent out with. `base` is
/// the number of the newest change that form had seen.
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
    let edits = [
        is_new(&edit.title, &was.title).then(|| FieldEdit::Title(Typed::Title.normalize(&edit.title))),
        is_new(&edit.description, &was.description)
            .then(|| FieldEdit::Description(Typed::Description.normalize(&edit.description))),
        (edit.priority != was.priority).then_some(FieldEdit::Priority(edit.priority)),
        day("start", &edit.start, &was.start)?.map(FieldEdit::Start),
        day("due", &edit.due, &was.due)?.map(FieldEdit::Due),
        Some(FieldEdit::Assign(without(&edit.assignees, &was.assignees))),
        Some(FieldEdit::Unassign(without(&was.assignees, &edit.assignees))),
    ];
    let update = ops::UpdateTask {
        base: Some(base),
        fields: edits.into_iter().flatten().collect(),
        column: (edit.column != was.column).then_some(edit.column),
        ..ops::UpdateTask::of(task)
    };
    write(board, Op::UpdateTask(update)).await
}

/// Puts a task into the trash and shows its board.
#[server(prefix = "/forms", endpoint = "delete_task")]
pub async fn delete_task(board: BoardId, task: TaskId) -> Result<(), ServerFnError> {
    write(board, Op::DeleteTask(ops::DeleteTask::of(task))).await?;
    leptos_axum::redirect(&format!("/boards/{board}"));
    Ok(())
}

/// Takes a task out of the trash.
#[server(prefix = "/forms", endpoint = "restore_task")]
pub async fn restore_task(board: BoardId, task: TaskId) -> Result<(), ServerFnError> {
    write(board, Op::RestoreTask(ops::RestoreTask::of(task))).await
}

/// Says what somebody is on a board; without a role, takes them off it. Whoever leaves it by that is led to the other boards.
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

/// Says what everyone on the server is on a board; without a role, it is private to its members.
#[server(prefix = "/forms", endpoint = "set_everyone")]
pub async fn set_everyone(board: BoardId, #[server(default)] everyone: Option<BoardRole>) -> Result<(), ServerFnError> {
    let update = ops::UpdateBoard { everyone: Some(everyone), ..ops::UpdateBoard::default() };
    write(board, Op::UpdateBoard(update)).await
}

/// The share links of a board that work, newest first.
#[server(prefix = "/forms", endpoint = "share_links")]
pub async fn share_links(board: BoardId) -> Result<Vec<ShareLink>, ServerFnError> {
    backend()?.share_links(board).await.map_err(explain)
}

/// Makes a share link; its address, which nobody can find out again.
#[server(prefix = "/forms", endpoint = "create_share_link")]
pub async fn create_share_link(board: BoardId) -> Result<String, ServerFnError> {
    backend()?.create_share_link(board).await.map_err(explain)
}

/// Takes a share link back.
#[server(prefix = "/forms", endpoint = "revoke_share_link")]
pub async fn revoke_share_link(board: BoardId, link: Uuid) -> Result<(), ServerFnError> {
    backend()?.revoke_share_link(board, link).await.map_err(explain)
}

#[cfg(feature = "ssr")]
fn loaded<T>(backend: &dyn Backend, content: T, mut people: BTreeSet<ActorId>) -> Loaded<T> {
    let principal = backend.principal();
    people.extend(principal.person);
    Loaded { content, people: backend.people(&people), principal }
}

#[cfg(feature = "ssr")]
fn without(people: &[ActorId], others: &[ActorId]) -> Vec<ActorId> {
    people.iter().copied().filter(|person| !others.contains(person)).collect()
}

/// Forms send line breaks as `\r\n`.
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

/// The ids of what a form asks for: the same ones for the same page and content, and those of no other form.
#[cfg(feature = "ssr")]
struct Ids {
    /// When the page was made, in milliseconds; as UUIDv7 has it.
    at: u64,
    content: Uuid,
}

#[cfg(feature = "ssr")]
impl Ids {
    fn of(content: &impl Serialize) -> Self {
        let parts = use_context::<http::request::Parts>();
        let query = parts.as_ref().and_then(|parts| parts.uri.query()).unwrap_or_default();
        let named = query.split('&').find_map(|pair| pair.strip_prefix(PAGE)?.strip_prefix('='));
        // What is sent by something else than a form of ours is another thing each time.
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

/// What to answer, be it to a program that called the function or on the page that is being made.
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
