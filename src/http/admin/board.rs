//! The page of one board, and the actions of its forms.

use std::sync::Arc;

use app::{
    access::BoardRole,
    account::{Mistake, Notice},
    admin::{
        board::{
            ArchivedForm, Board, BoardGroupForm, DeleteForm, EveryoneForm, LinkForm, MemberForm, NameForm, PutBackForm,
            Refused, address, page,
        },
        boards::PATH,
        share_links::ShareLink,
    },
    history::{
        Event,
        board_revisions::{BoardField, BoardRevision, board_revisions},
    },
    id::{ActorId, BoardId, MutationId},
    model::Seq,
    new_id,
    ops::{Change, ChangeKind, DeleteBoard, Mutation, Op, RevokeShareLink, SetArchived, SetMember, UpdateBoard},
    people::Person,
    refusal::Refusal,
    state::BoardState,
    text::{folded, sentence},
};
use axum::{extract::Path, http::StatusCode, response::Response};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    answer, group,
    listing::{self, mistake},
    reader::Admin,
    tasks::{person_of, status},
};
use crate::{
    accounts::AccountError,
    clock::now,
    http::account::{
        answer::ErrorPage,
        form::{Asked, Form},
    },
    settings::Auth,
    store::{
        Directory, Entries, Store,
        tables::{Direction, GroupFilter, GroupOrder, Slice},
    },
    writer::WriteError,
};

/// How many events of the history the page has.
const EVENTS: usize = 30;
/// How many changes of its own fields are read: without those before, the value before is not known.
const READ_REVISIONS: usize = 1_000;
/// How many of these the page shows: the newest.
const REVISIONS: usize = 100;
/// How many people who can be added are listed.
const FOUND: usize = 20;

/// Why a value was not put back.
const CHANGED_MEANWHILE: &str =
    "Somebody changed this in the meantime. The page shows it now; put the value back again if you still want to.";
const NOT_PUT_BACK: &str =
    "This value cannot be put back: the board has it already, is archived, or the value is not known any more.";

/// The parameters of the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    person: String,
    group: String,
}

/// `GET /admin/boards/{board}`
pub async fn show(
    admin: Admin,
    Path(board): Path<BoardId>,
    Asked(address): Asked<Address>,
) -> Result<Response, ErrorPage> {
    let content = content(&admin, board, address).await?;
    Ok(answer::page(&admin, page(content)))
}

/// `POST /admin/boards/{board}/name`
pub async fn rename(
    admin: Admin,
    Path(board): Path<BoardId>,
    Form(NameForm { name, seq }): Form<NameForm>,
) -> Result<Response, ErrorPage> {
    let update = UpdateBoard { guard: Some(seq), name: Some(name.clone()), ..UpdateBoard::default() };
    let written = write(&admin, board, Op::UpdateBoard(update)).await;
    let done = Notice::done("The name is saved.");
    tell(&admin, board, written, done, |words| {
        let mistake = Mistake { field: Some("name"), words };
        Refused::Name(name, mistake)
    })
    .await
}

/// `POST /admin/boards/{board}/everyone`
pub async fn set_everyone(
    admin: Admin,
    Path(board): Path<BoardId>,
    Form(EveryoneForm { everyone }): Form<EveryoneForm>,
) -> Result<Response, ErrorPage> {
    let everyone = role("everyone", &everyone)?;
    let update = UpdateBoard { everyone: Some(everyone), ..UpdateBoard::default() };
    let written = write(&admin, board, Op::UpdateBoard(update)).await;
    let done = Notice::done(match everyone {
        None => "Only people who are added may open the board now.",
        Some(BoardRole::Viewer) => "Everyone on this server may look at the board now.",
        Some(_) => "Everyone on this server may edit the board now.",
    });
    tell(&admin, board, written, done, |words| Refused::Everyone(mistake(words))).await
}

/// `POST /admin/boards/{board}/members`
pub async fn set_member(
    admin: Admin,
    Path(board): Path<BoardId>,
    Form(MemberForm { person, role: wanted }): Form<MemberForm>,
) -> Result<Response, ErrorPage> {
    let role = role("role", &wanted)?;
    let written = write(&admin, board, Op::SetMember(SetMember { person, role })).await;
    let name = person_of(&admin.services.store.directory(), person).name;
    let done = Notice::done(match role {
        Some(BoardRole::Viewer) => format!("{name} is a viewer of the board now."),
        Some(BoardRole::Editor) => format!("{name} is an editor of the board now."),
        Some(BoardRole::Manager) => format!("{name} is a manager of the board now."),
        None => format!("{name} is not on the board any more."),
    });
    tell(&admin, board, written, done, |words| Refused::Member(mistake(words))).await
}

/// `POST /admin/boards/{board}/groups`
pub async fn set_group(
    admin: Admin,
    Path(board): Path<BoardId>,
    Form(BoardGroupForm { group, role: wanted }): Form<BoardGroupForm>,
) -> Result<Response, ErrorPage> {
    admin.require_accounts()?;
    let (done, words) = group::set(&admin, group, board, &wanted).await?;
    match done {
        Ok(set) => Ok(admin.redirect_with_flash(&group::notice(words, &set), &address(board))),
        Err(error @ AccountError::Limit(_)) => {
            let refused = Refused::Group(mistake(error.sentence()));
            let content = Board { refused: Some(refused), ..content(&admin, board, Address::default()).await? };
            Ok(answer::refused(&admin, StatusCode::CONFLICT, page(content)))
        }
        Err(error) => Err(listing::refused(error)),
    }
}

/// `POST /admin/boards/{board}/links/revoke`
pub async fn revoke_link(
    admin: Admin,
    Path(board): Path<BoardId>,
    Form(LinkForm { id }): Form<LinkForm>,
) -> Result<Response, ErrorPage> {
    let written = write(&admin, board, Op::RevokeShareLink(RevokeShareLink { link: id })).await;
    let done = Notice::done("The share link is revoked. Those who read the board with it have lost access.");
    tell(&admin, board, written, done, |words| Refused::Link(mistake(words))).await
}

/// `POST /admin/boards/{board}/archived`
pub async fn set_archived(
    admin: Admin,
    Path(board): Path<BoardId>,
    Form(ArchivedForm { archived }): Form<ArchivedForm>,
) -> Result<Response, ErrorPage> {
    let written = write(&admin, board, Op::SetArchived(SetArchived::to(archived))).await;
    let done = Notice::done(match archived {
        true => "The board is archived. It can be read, and nobody edits it until it is brought back.",
        false => "The board is back. It can be edited again.",
    });
    tell(&admin, board, written, done, |words| Refused::Archived(mistake(words))).await
}

/// `POST /admin/boards/{board}/put-back`: gives a field the value that it had before a change.
pub async fn put_back(
    admin: Admin,
    Path(id): Path<BoardId>,
    Form(PutBackForm { seq, field, seen }): Form<PutBackForm>,
) -> Result<Response, ErrorPage> {
    let board = state(&admin, id).await?;
    let (revisions, _) = revisions(&admin, id).await?;
    let revision = revisions.iter().find(|revision| revision.seq == seq);
    let revision = revision.and_then(|revision| revision.fields.get(field));
    // A change of the same field that the reader of the page has not seen.
    let newer = revision.and_then(|revision| newest_of(&revisions, revision.field)).filter(|newest| *newest > seen);
    let op = revision.filter(|_| newer.is_none()).and_then(|revision| revision.put_back(&board, seen));
    let Some(op) = op else {
        let words = if newer.is_some() { CHANGED_MEANWHILE } else { NOT_PUT_BACK };
        let content = content(&admin, id, Address::default()).await?;
        let frame = page(Board { refused: Some(Refused::PutBack(mistake(words))), ..content });
        return Ok(answer::refused(&admin, StatusCode::CONFLICT, frame));
    };
    // The role of everyone has no number of its own on the board, so nothing on the board may change in between.
    let op = match op {
        Op::UpdateBoard(update) if update.everyone.is_some() => {
            Op::UpdateBoard(UpdateBoard { base: Some(board.seq()), ..update })
        }
        op => op,
    };
    let written = write(&admin, id, op).await;
    let is_stale = matches!(written, Err(WriteError::Refused(Refusal::Stale { .. })));
    let done = Notice::done("The earlier value is back.");
    let refused =
        |words: String| Refused::PutBack(mistake(if is_stale { CHANGED_MEANWHILE.to_owned() } else { words }));
    tell(&admin, id, written, done, refused).await
}

/// `POST /admin/boards/{board}/delete`
pub async fn delete(
    admin: Admin,
    Path(board): Path<BoardId>,
    Form(DeleteForm { name }): Form<DeleteForm>,
) -> Result<Response, ErrorPage> {
    let state = state(&admin, board).await?;
    if name.trim() != state.name() {
        let mistake = Mistake::at("name", "This is not the name of the board, so nothing was deleted.");
        let content =
            Board { refused: Some(Refused::Delete(mistake)), ..content(&admin, board, Address::default()).await? };
        return Ok(answer::refused(&admin, StatusCode::UNPROCESSABLE_ENTITY, page(content)));
    }
    match write(&admin, board, Op::DeleteBoard(DeleteBoard::default())).await {
        Ok(()) => Ok(admin.redirect_with_flash(&Notice::done(format!("“{}” is deleted.", state.name())), PATH)),
        refused => tell(&admin, board, refused, Notice::done(""), |words| Refused::Delete(mistake(words))).await,
    }
}

async fn write(admin: &Admin, board: BoardId, op: Op) -> Result<(), WriteError> {
    let mutation = Mutation { id: MutationId(new_id()), op };
    admin.services.writer.write(board, mutation, admin.credentials.clone()).await.map(|_| ())
}

/// Answers a form of this page: with a redirect to the page, which shows the notice, or with the page, which says what was refused.
async fn tell(
    admin: &Admin,
    board: BoardId,
    written: Result<(), WriteError>,
    done: Notice,
    refused: impl FnOnce(String) -> Refused,
) -> Result<Response, ErrorPage> {
    let error = match written {
        Ok(()) => return Ok(admin.redirect_with_flash(&done, &address(board))),
        Err(error) => error,
    };
    let content = content(admin, board, Address::default()).await?;
    let refused = refused(words(&error, &content.name));
    Ok(answer::refused(admin, status(&error), page(Board { refused: Some(refused), ..content })))
}

/// Why a change was refused, as a sentence.
fn words(error: &WriteError, name: &str) -> String {
    let WriteError::Refused(refusal) = error else {
        return "The server cannot reach its database at the moment. Nothing was changed; try again.".to_owned();
    };
    match refusal {
        Refusal::Stale { .. } => format!(
            "Somebody else renamed the board in the meantime: it is “{name}” now. Save again to replace that, or reload the \
             page to keep it."
        ),
        Refusal::Invalid { message, .. } => sentence(message),
        other => sentence(&other.to_string()),
    }
}

/// The role that a form names; `None` if the field is empty.
pub(super) fn role(field: &'static str, name: &str) -> Result<Option<BoardRole>, ErrorPage> {
    match (name, BoardRole::parse(name)) {
        ("", _) => Ok(None),
        (_, Some(role)) => Ok(Some(role)),
        _ => {
            let words = format!("The field “{field}” must be empty, or one of viewer, editor and manager.");
            Err(ErrorPage::new(StatusCode::UNPROCESSABLE_ENTITY, "This form cannot be read", words))
        }
    }
}

/// What was done to the board's own fields, in the order of its changes; and whether that is all since it was created.
async fn revisions(admin: &Admin, board: BoardId) -> Result<(Vec<BoardRevision>, bool), ErrorPage> {
    let Entries { mut entries, .. } = admin.services.store.changes_of_board(board, READ_REVISIONS).await?;
    entries.reverse();
    let changes: Vec<Change> = entries.iter().map(|entry| entry.change()).collect::<Result<_, _>>()?;
    let is_whole = changes.first().is_some_and(|change| matches!(change.kind, ChangeKind::BoardCreated(_)));
    Ok((board_revisions(&changes), is_whole))
}

/// The number of the newest change of a field.
fn newest_of(revisions: &[BoardRevision], field: BoardField) -> Option<Seq> {
    let sets = |revision: &&BoardRevision| revision.fields.iter().any(|revision| revision.field == field);
    revisions.iter().rfind(sets).map(|revision| revision.seq)
}

async fn state(admin: &Admin, board: BoardId) -> Result<Arc<BoardState>, ErrorPage> {
    let state = admin.services.store.board(board).await?.filter(|state| state.exists());
    state.ok_or_else(|| {
        let words = "There is no board at this address. It may have been deleted.";
        let way = Some((PATH.to_owned(), "All boards"));
        ErrorPage { way, ..ErrorPage::new(StatusCode::NOT_FOUND, "There is nothing here", words) }
    })
}

/// The page's content, without the outcome of a form.
async fn content(admin: &Admin, id: BoardId, address: Address) -> Result<Board, ErrorPage> {
    let Address { person: search, group: group_search } = address;
    let store = &admin.services.store;
    let state = state(admin, id).await?;
    let directory = store.directory();
    let log = store.newest_changes(id, None, EVENTS).await?;
    let (all, is_whole) = revisions(admin, id).await?;
    let revisions_are_whole = is_whole && all.len() <= REVISIONS;
    let revisions: Vec<(BoardRevision, Vec<bool>)> = all
        .into_iter()
        .rev()
        .take(REVISIONS)
        .map(|revision| {
            let can = revision.fields.iter().map(|field| field.put_back(&state, state.seq()).is_some()).collect();
            (revision, can)
        })
        .collect();
    let events = log.entries.iter().map(|entry| entry.event(&state)).collect::<Result<Vec<_>, _>>()?;
    let has_accounts = admin.services.auth == Auth::Accounts;
    let links = match has_accounts {
        true => admin.services.accounts.share_links(&admin.credentials, id).await?,
        false => Vec::new(),
    };
    let groups = store.groups_on(id).await?;
    let on: Vec<Uuid> = groups.iter().map(|(group, _)| group.id).collect();
    let found_groups = found_groups(store, &on, &group_search).await?;
    let share_link = |link: app::access::ShareLink| ShareLink {
        id: link.id,
        board: (id, state.name().to_owned()),
        maker: link.created_by.map(|person| person_of(&directory, person)),
        created: link.created_at,
        works: link.works,
    };
    let member = |(person, role): (&ActorId, &BoardRole)| (person_of(&directory, *person), *role);
    let mut members: Vec<_> = state.access().members.iter().map(member).collect();
    members.sort_by_key(|(person, role)| (std::cmp::Reverse(*role), person.name.to_lowercase()));
    let (found, found_more) = found(&directory, &state, &search);
    let in_trash = state.tasks().filter(|task| task.is_deleted()).count() as u64;
    let open = |task: &&Arc<app::model::Task>| !task.is_deleted() && !state.is_completed(task);
    Ok(Board {
        reader: admin.reader(),
        id,
        name: state.name().to_owned(),
        key: state.key().map(ToString::to_string).unwrap_or_default(),
        seq: state.seq(),
        everyone: state.access().everyone,
        archived_at: state.archived_at(),
        columns: state.columns().map(|column| column.name.clone()).collect(),
        open_tasks: state.tasks().filter(open).count() as u64,
        tasks: state.live_len() as u64,
        in_trash,
        created_at: state.created_at(),
        changed_at: events.first().map_or(state.created_at(), |event| event.at),
        members,
        search,
        found,
        found_more,
        groups: groups.into_iter().map(|(group, role)| (group.id, group.name, role, group.people)).collect(),
        group_search,
        found_groups,
        links: links.into_iter().map(share_link).collect(),
        people: named(&directory, &events, &revisions),
        revisions,
        revisions_are_whole,
        older: log.more,
        events,
        refused: None,
        now: now(),
    })
}

/// The people whom events and revisions name.
fn named(directory: &Directory, events: &[Event], revisions: &[(BoardRevision, Vec<bool>)]) -> Vec<Person> {
    let mut ids: Vec<ActorId> = events.iter().filter_map(|event| event.by).collect();
    ids.extend(revisions.iter().filter_map(|(revision, _)| revision.by));
    ids.extend(revisions.iter().flat_map(|(revision, _)| &revision.fields).filter_map(|field| match field.field {
        BoardField::Member(person) => Some(person),
        _ => None,
    }));
    ids.extend(events.iter().flat_map(|event| event.activity.people()));
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter_map(|id| Some(directory.account(id)?.person())).collect()
}

/// The people who can be added and have a text in their name or address, and whether there are more than those.
fn found(directory: &Directory, state: &BoardState, search: &str) -> (Vec<Person>, bool) {
    let text = folded(search.trim());
    if text.is_empty() {
        return (Vec::new(), false);
    }
    let members = &state.access().members;
    let mut found: Vec<Person> = directory
        .accounts()
        .into_iter()
        .filter(|account| account.is_active() && !members.contains_key(&account.id))
        .filter(|account| folded(&account.name).contains(&text) || account.email.contains(&text))
        .map(|account| account.person())
        .collect();
    found.sort_by_key(|person| person.name.to_lowercase());
    let more = found.len() > FOUND;
    found.truncate(FOUND);
    (found, more)
}

/// The groups that are not on the board and have a text in their names or descriptions.
async fn found_groups(store: &Store, on: &[Uuid], search: &str) -> Result<Vec<(Uuid, String)>, ErrorPage> {
    if search.trim().is_empty() {
        return Ok(Vec::new());
    }
    let filter = GroupFilter { text: search.trim().to_owned(), ..GroupFilter::default() };
    let limit = FOUND + on.len();
    let slice = Slice { order: GroupOrder::Name, direction: Direction::Ascending, after: None, limit };
    let rows = store.groups_table(&filter, slice).await?.rows;
    let rows = rows.into_iter().filter(|group| !on.contains(&group.id)).take(FOUND);
    Ok(rows.map(|group| (group.id, group.name)).collect())
}
