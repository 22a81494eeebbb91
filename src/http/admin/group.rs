//! The page of one group, and the actions of its forms.

use std::collections::HashSet;

use app::{
    account::Notice,
    admin::{
        group::{BoardForm, DeleteForm, Group, Refused, RemoveForm, address, page},
        groups::{GroupForm, PATH},
    },
    id::{ActorId, BoardId},
    people::Person,
    text::folded,
};
use axum::{extract::Path, http::StatusCode, response::Response};
use serde::Deserialize;
use uuid::Uuid;

use super::{answer, board::role, listing::mistake, reader::Admin, tasks::person_of};
use crate::{
    accounts::{AccountError, groups::MembershipsSet, text_edit::TextEdit},
    http::account::{
        answer as account_answer,
        answer::ErrorPage,
        form::{Asked, Form},
    },
    store::{
        Account, Directory,
        tables::{BoardFilter, BoardOrder, Direction, Slice},
    },
};

/// How many people in the group are listed.
const PEOPLE: usize = 200;
/// How many people or boards that can be added are listed.
const FOUND: usize = 20;
/// How many failures a notice names.
const NAMED: usize = 3;

/// The parameters of the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    person: String,
    #[serde(rename = "in")]
    within: String,
    board: String,
}

/// `GET /admin/groups/{group}`
pub async fn show(
    admin: Admin,
    Path(group): Path<Uuid>,
    Asked(address): Asked<Address>,
) -> Result<Response, ErrorPage> {
    let content = content(&admin, group, address).await?;
    Ok(answer::page(&admin, page(content)))
}

/// `POST /admin/groups/{group}`
pub async fn save(admin: Admin, Path(group): Path<Uuid>, Form(form): Form<GroupForm>) -> Result<Response, ErrorPage> {
    let (accounts, credentials) = (&admin.services.accounts, &admin.credentials);
    let name = TextEdit::typed(&form.name, form.name_was.as_deref());
    let description = TextEdit::typed(&form.description, form.description_was.as_deref());
    match accounts.update_group(credentials, group, name, description).await {
        Ok(()) => Ok(admin.redirect_with_flash(&Notice::done("Name and description are saved."), &address(group))),
        Err(error) => {
            let mistake = account_answer::mistake(&error, &["name", "description"]);
            refused(&admin, group, error, |_| Refused::Settings(form, mistake)).await
        }
    }
}

/// `POST /admin/groups/{group}/people`. A browser sends a field for each person who is ticked.
pub async fn add(
    admin: Admin,
    Path(group): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ErrorPage> {
    let ticked = fields.iter().filter(|(name, _)| name == "person");
    let people: Vec<ActorId> = ticked.filter_map(|(_, person)| person.parse().ok()).collect();
    if people.is_empty() {
        let error = AccountError::invalid("person", "tick somebody first; nobody was added");
        return refused(&admin, group, error, Refused::People).await;
    }
    let services = &admin.services;
    let done = services.accounts.join_group(&admin.credentials, &services.writer, group, &people).await;
    let words = match people[..] {
        [person] => format!("{} is in the group.", person_of(&services.store.directory(), person).name),
        _ => format!("{} people are in the group.", people.len()),
    };
    tell(&admin, done, words, &address(group), group, Refused::People).await
}

/// `POST /admin/groups/{group}/people/remove`
pub async fn remove(
    admin: Admin,
    Path(group): Path<Uuid>,
    Form(RemoveForm { person }): Form<RemoveForm>,
) -> Result<Response, ErrorPage> {
    let services = &admin.services;
    let done = services.accounts.leave_group(&admin.credentials, &services.writer, group, person).await;
    let words = format!("{} is not in the group any more.", person_of(&services.store.directory(), person).name);
    tell(&admin, done, words, &address(group), group, Refused::People).await
}

/// `POST /admin/groups/{group}/boards`
pub async fn set_board(
    admin: Admin,
    Path(group): Path<Uuid>,
    Form(BoardForm { board, role: wanted }): Form<BoardForm>,
) -> Result<Response, ErrorPage> {
    let (done, words) = set(&admin, group, board, &wanted).await?;
    tell(&admin, done, words, &address(group), group, Refused::Board).await
}

/// `POST /admin/groups/{group}/delete`
pub async fn delete(
    admin: Admin,
    Path(group): Path<Uuid>,
    Form(DeleteForm { name }): Form<DeleteForm>,
) -> Result<Response, ErrorPage> {
    let services = &admin.services;
    let known = services.accounts.group(&admin.credentials, group).await.map_err(missing)?;
    if name.trim() != known.name {
        let error = AccountError::invalid("name", "this is not the name of the group, so nothing was deleted");
        let mistake = account_answer::mistake(&error, &["name"]);
        return refused(&admin, group, error, |_| Refused::Delete(mistake)).await;
    }
    let done = services.accounts.delete_group(&admin.credentials, &services.writer, group).await;
    tell(&admin, done, format!("The group “{}” is deleted.", known.name), PATH, group, Refused::Delete).await
}

/// Puts a group on a board or takes it off, for a form, and says what is so then.
pub(super) async fn set(
    admin: &Admin,
    group: Uuid,
    board: BoardId,
    wanted: &str,
) -> Result<(Result<MembershipsSet, AccountError>, String), ErrorPage> {
    let (accounts, credentials, writer) = (&admin.services.accounts, &admin.credentials, &admin.services.writer);
    Ok(match role("role", wanted)? {
        Some(role) => {
            let done = accounts.put_group(credentials, writer, group, board, role).await;
            (done, format!("The group is on the board; its people have the role {} or a higher one.", role.as_str()))
        }
        None => {
            let done = accounts.take_group(credentials, writer, group, board).await;
            (done, "The group is not on the board any more.".to_owned())
        }
    })
}

/// The notice that a change of a group is done, with what happened to memberships.
pub(super) fn notice(words: String, set: &MembershipsSet) -> Notice {
    let mut words = words;
    match set.changed() {
        0 => {}
        1 => words.push_str(" One membership of a board changed."),
        changed => words.push_str(&format!(" {changed} memberships of boards changed.")),
    }
    let failures = set.failures();
    if !failures.is_empty() {
        words.push_str(&format!(" Not possible: {}.", failures[..failures.len().min(NAMED)].join("; ")));
        if failures.len() > NAMED {
            words.push_str(" And others.");
        }
    }
    if !set.is_complete() {
        words.push_str(" Not everything was reached in time; the server does the rest by itself.");
    }
    Notice::done(words)
}

/// Answers a form of this page: with a redirect, whose page shows the notice, or with the page, which says what was refused.
async fn tell(
    admin: &Admin,
    done: Result<MembershipsSet, AccountError>,
    words: String,
    next: &str,
    group: Uuid,
    refusal: impl FnOnce(app::account::Mistake) -> Refused,
) -> Result<Response, ErrorPage> {
    match done {
        Ok(set) => Ok(admin.redirect_with_flash(&notice(words, &set), next)),
        Err(error) => refused(admin, group, error, refusal).await,
    }
}

async fn refused(
    admin: &Admin,
    group: Uuid,
    error: AccountError,
    refusal: impl FnOnce(app::account::Mistake) -> Refused,
) -> Result<Response, ErrorPage> {
    if !matches!(error, AccountError::Invalid { .. } | AccountError::Limit(_)) {
        return Err(missing(error));
    }
    let mistake = mistake(error.sentence());
    let status = ErrorPage::from(error).status;
    let content = content(admin, group, Address::default()).await?;
    Ok(answer::refused(admin, status, page(Group { refused: Some(refusal(mistake)), ..content })))
}

/// The error of something that is gone, with a way back to the groups.
fn missing(error: AccountError) -> ErrorPage {
    match error {
        AccountError::NotFound(what) => {
            let words =
                format!("There is no such {what} here. Somebody else may have removed it. Nothing was changed.");
            let way = Some((PATH.to_owned(), "All groups"));
            ErrorPage { way, ..ErrorPage::new(StatusCode::NOT_FOUND, "There is nothing here", words) }
        }
        error => error.into(),
    }
}

/// The page's content, without the outcome of a form.
async fn content(admin: &Admin, id: Uuid, address: Address) -> Result<Group, ErrorPage> {
    admin.require_accounts()?;
    let Address { person, within, board } = address;
    let (group, people, boards) =
        admin.services.accounts.group_contents(&admin.credentials, id).await.map_err(missing)?;
    let directory = admin.services.store.directory();
    let members: HashSet<ActorId> = people.iter().copied().collect();
    let mut shown: Vec<Person> = people
        .iter()
        .filter(|person| match directory.account(**person) {
            Some(account) => has_text(account, within.trim()),
            None => within.trim().is_empty(),
        })
        .map(|person| person_of(&directory, *person))
        .collect();
    shown.sort_by_key(|person| person.name.to_lowercase());
    shown.truncate(PEOPLE);
    let (found, found_more) = found(&directory, &members, &person);
    let on: HashSet<BoardId> = boards.iter().map(|board| board.board).collect();
    Ok(Group {
        reader: admin.reader(),
        id,
        name: group.name,
        description: group.description,
        created_at: group.created_at,
        people: shown,
        all_people: people.len() as u64,
        within,
        boards: boards.into_iter().map(|board| (board.board, board.name, board.role, board.refused)).collect(),
        person_search: person,
        found,
        found_more,
        found_boards: found_boards(admin, &on, &board).await?,
        board_search: board,
        refused: None,
    })
}

fn has_text(account: &Account, text: &str) -> bool {
    let text = folded(text);
    folded(&account.name).contains(&text) || folded(&account.email).contains(&text)
}

/// The people who can be added and have a text in their name or address, and whether there are more than those.
fn found(directory: &Directory, members: &HashSet<ActorId>, search: &str) -> (Vec<(Person, String)>, bool) {
    if search.trim().is_empty() {
        return (Vec::new(), false);
    }
    let can = |account: &&Account| account.is_active() && !members.contains(&account.id);
    let accounts = directory.accounts();
    let found = accounts.into_iter().filter(can).filter(|account| has_text(account, search.trim()));
    let mut found: Vec<_> = found.map(|account| (account.person(), account.email.clone())).collect();
    found.sort_by_key(|(person, _)| person.name.to_lowercase());
    let more = found.len() > FOUND;
    found.truncate(FOUND);
    (found, more)
}

/// The boards that the group is not on and that have a text in their names.
async fn found_boards(admin: &Admin, on: &HashSet<BoardId>, search: &str) -> Result<Vec<(BoardId, String)>, ErrorPage> {
    if search.trim().is_empty() {
        return Ok(Vec::new());
    }
    let filter = BoardFilter { text: search.trim().to_owned(), ..BoardFilter::default() };
    let limit = FOUND + on.len();
    let slice = Slice { order: BoardOrder::Name, direction: Direction::Ascending, after: None, limit };
    let rows = admin.services.store.boards_table(&filter, slice).await?.rows;
    let rows = rows.into_iter().filter(|row| !on.contains(&row.id)).take(FOUND);
    Ok(rows.map(|row| (row.id, row.name)).collect())
}
