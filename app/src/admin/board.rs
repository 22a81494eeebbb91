//! The page of one board: what it is, what belongs to it, and what can be done with it.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Frame, Reader,
    board_history::{Revisions, revisions_section},
    boards, deleted_boards,
    group::{put_form, role_form, take_form},
    groups::group_link,
    parts::{button, facts, no_person, openness, person_link, section, small_table},
    share_links::{ShareLink, of_link},
    table::{Query, thousands},
    tasks,
};
use crate::{
    access::BoardRole,
    account::{
        Mistake,
        form::{Form, Input},
        words::{day, moment, time_ago},
    },
    features::members::view::{everyone_words, role_words},
    history::Event,
    id::{ActorId, BoardId},
    model::Seq,
    people::{Person, mentioned},
    time::Timestamp,
};

/// The address of the page of a board.
pub fn address(board: BoardId) -> String {
    format!("{}/{board}", boards::PATH)
}

/// The data of the page.
pub struct Board {
    /// The reader.
    pub reader: Reader,
    /// The board's id.
    pub id: BoardId,
    /// The name.
    pub name: String,
    /// The key.
    pub key: String,
    /// The number of its newest change.
    pub seq: Seq,
    /// The role of everyone on the server.
    pub everyone: Option<BoardRole>,
    /// When it was archived, if it is.
    pub archived_at: Option<Timestamp>,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The number of tasks that are not done.
    pub open_tasks: u64,
    /// The number of tasks that are not in the trash.
    pub tasks: u64,
    /// The number of tasks in the trash.
    pub in_trash: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// The members with their roles.
    pub members: Vec<(Person, BoardRole)>,
    /// What was typed to find people who can be added.
    pub search: String,
    /// The people who were found.
    pub found: Vec<Person>,
    /// Whether more people were found than are listed.
    pub found_more: bool,
    /// The groups that are on it: id, name, role, and how many people are in it.
    pub groups: Vec<(Uuid, String, BoardRole, u64)>,
    /// What was typed to find groups.
    pub group_search: String,
    /// The groups that were found.
    pub found_groups: Vec<(Uuid, String)>,
    /// The share links.
    pub links: Vec<ShareLink>,
    /// The newest events of its history, newest first.
    pub events: Vec<Event>,
    /// The people whom these events name.
    pub people: Vec<Person>,
    /// Whether the log has older events than these.
    pub older: bool,
    /// What was done to its own fields, newest first.
    pub revisions: Revisions,
    /// Whether these are all since the board was created.
    pub revisions_are_whole: bool,
    /// A submitted form that was refused.
    pub refused: Option<Refused>,
    /// The time of the request.
    pub now: Timestamp,
}

/// A submitted form that was refused, with what was typed.
pub enum Refused {
    /// The form for the name.
    Name(String, Mistake),
    /// The form for access of everyone.
    Everyone(Mistake),
    /// A form for a member.
    Member(Mistake),
    /// A form for a group.
    Group(Mistake),
    /// The form for revoking a share link.
    Link(Mistake),
    /// The form that archives the board or brings it back.
    Archived(Mistake),
    /// A form that puts an earlier value back.
    PutBack(Mistake),
    /// The form for deleting the board.
    Delete(Mistake),
}

/// The form for the name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameForm {
    /// The new name.
    pub name: String,
    /// The board's newest change when the page was made.
    pub seq: Seq,
}

/// The form for the access of everyone on the server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EveryoneForm {
    /// The role; empty if the board is private.
    pub everyone: String,
}

/// The form for adding a member, changing a role or removing a member.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberForm {
    /// The person.
    pub person: ActorId,
    /// The role; empty to remove the person from the board.
    pub role: String,
}

/// The form for putting a group on the board, changing its role or taking it off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardGroupForm {
    /// The group.
    pub group: Uuid,
    /// The role; empty to take the group off the board.
    pub role: String,
}

/// The form for revoking a share link.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkForm {
    /// Identifies the link.
    pub id: Uuid,
}

/// The form that archives the board or brings it back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchivedForm {
    /// Whether the board is to be archived.
    pub archived: bool,
}

/// The form that puts an earlier value of a field back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutBackForm {
    /// The change before which the field had the value.
    pub seq: Seq,
    /// Which of the fields that the change set.
    pub field: usize,
    /// The board's newest change when the page was made.
    pub seen: Seq,
}

/// The form for deleting the board.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteForm {
    /// The name of the board, typed as confirmation.
    pub name: String,
}

/// Renders the page.
pub fn page(board: Board) -> Frame {
    let has_accounts = board.reader.current_user.is_some();
    let has_mistake = board.refused.is_some();
    let path = address(board.id);
    let of = |which: fn(&Refused) -> Option<&Mistake>| board.refused.as_ref().and_then(which);
    let main = view! {
        {has_accounts
            .then(|| members_section(
                &board,
                &path,
                of(|refused| match refused {
                    Refused::Member(mistake) => Some(mistake),
                    _ => None,
                }),
            ))}
        {has_accounts
            .then(|| groups_section(
                &board,
                &path,
                of(|refused| match refused {
                    Refused::Group(mistake) => Some(mistake),
                    _ => None,
                }),
            ))}
        {has_accounts
            .then(|| links_section(
                &board,
                &path,
                of(|refused| match refused {
                    Refused::Link(mistake) => Some(mistake),
                    _ => None,
                }),
            ))}
        {Form::new(
                "put-back",
                of(|refused| match refused {
                    Refused::PutBack(mistake) => Some(mistake),
                    _ => None,
                }),
            )
            .summary()}
        {revisions_section(&board, &path)}
        {history_section(&board)}
    };
    let side = view! {
        {facts_section(&board, has_accounts)}
        {settings_section(&board, &path, has_accounts)}
        {archive_section(
            &board,
            &path,
            of(|refused| match refused {
                Refused::Archived(mistake) => Some(mistake),
                _ => None,
            }),
        )}
        {delete_section(
            &board,
            &path,
            of(|refused| match refused {
                Refused::Delete(mistake) => Some(mistake),
                _ => None,
            }),
        )}
    };
    let body = view! {
        <div class="object">
            <div class="object-main">{main}</div>
            <div class="object-side">{side}</div>
        </div>
    };
    let Board { reader, name, .. } = board;
    let above = vec![(boards::PATH.to_owned(), "Boards".to_owned())];
    Frame { above, has_mistake, ..Frame::new(reader, boards::PATH, name, body.into_any()) }
}

fn facts_section(board: &Board, has_accounts: bool) -> AnyView {
    let Board { id, open_tasks, tasks, in_trash, columns, created_at, changed_at, seq, now, .. } = board;
    let of = |state: &str| {
        let query = Query::default().with("board", id.to_string()).with("state", state);
        query.address(tasks::PATH)
    };
    let trash = match in_trash {
        0 => "0".into_any(),
        count => view! { <a href=of("deleted")>{thousands(*count)}</a> }.into_any(),
    };
    let state = match board.archived_at {
        None => "Active".into_any(),
        Some(at) => view! {
            "Archived "
            {time_ago(at, *now)}
        }
        .into_any(),
    };
    let mut known = vec![
        ("State", state),
        ("Open tasks", view! { <a href=of("")>{thousands(*open_tasks)}</a> }.into_any()),
        ("All tasks", view! { <a href=of("live")>{thousands(*tasks)}</a> }.into_any()),
        ("In the trash", trash),
        ("Columns", columns.join(", ").into_any()),
    ];
    if has_accounts {
        known.push(("Access", openness(board.everyone).into_any()));
        known.push(("Members", thousands(board.members.len() as u64).into_any()));
    }
    known.extend([
        ("Created", day(*created_at).into_any()),
        ("Last change", time_ago(*changed_at, *now)),
        ("Key", board.key.clone().into_any()),
        ("Changes", thousands(*seq).into_any()),
        ("Id", view! { <code>{id.to_string()}</code> }.into_any()),
    ]);
    let open = view! {
        <a class="button" href=format!("/boards/{id}")>
            "Open the board"
        </a>
    };
    section("facts", "The board".to_owned(), "facts", facts(known), Some(open.into_any()))
}

fn settings_section(board: &Board, path: &str, has_accounts: bool) -> AnyView {
    let (typed, of_name, of_everyone) = match &board.refused {
        Some(Refused::Name(typed, mistake)) => (typed.as_str(), Some(mistake), None),
        Some(Refused::Everyone(mistake)) => (board.name.as_str(), None, Some(mistake)),
        _ => (board.name.as_str(), None, None),
    };
    let (name, everyone) = (Form::new("name", of_name), Form::new("everyone", of_everyone));
    let choice = |role: Option<BoardRole>| {
        let value = role.map(BoardRole::as_str).unwrap_or_default();
        (value.to_owned(), everyone_words(role).to_owned(), board.everyone == role)
    };
    let choices = vec![choice(None), choice(Some(BoardRole::Viewer)), choice(Some(BoardRole::Editor))];
    let access = has_accounts.then(|| {
        view! {
            {everyone.summary()}
            <form class="role-form" method="post" action=format!("{path}/everyone")>
                {everyone.select("everyone".to_owned(), "Who may open it".to_owned(), "everyone", choices)}
                <button class="button" aria-label="Save who may open it">
                    "Save"
                </button>
            </form>
        }
        .into_any()
    });
    let input = Input { autocomplete: "off", ..Input::name(typed) };
    let rename = match board.archived_at {
        None => view! {
            <form class="role-form" method="post" action=format!("{path}/name")>
                <input type="hidden" name="seq" value=board.seq.to_string() />
                {name.input(input)}
                <button class="button" aria-label="Save name">
                    "Save"
                </button>
            </form>
        }
        .into_any(),
        Some(_) => view! { <p class="hint">"The board is archived, so it cannot be renamed."</p> }.into_any(),
    };
    view! {
        <section class="sheet" id="settings" aria-labelledby="settings-title">
            <h2 id="settings-title">"Settings"</h2>
            {name.summary()}
            {rename}
            {access}
        </section>
    }
    .into_any()
}

fn members_section(board: &Board, path: &str, mistake: Option<&Mistake>) -> AnyView {
    let action = format!("{path}/members");
    let rows = board
        .members
        .iter()
        .map(|(person, role)| {
            let options: Vec<_> = BoardRole::ALL
                .into_iter()
                .map(|each| {
                    view! {
                        <option value=each.as_str() selected=each == *role>
                            {role_words(each)}
                        </option>
                    }
                    .into_any()
                })
                .collect();
            let name = person.name.clone();
            let change = view! {
                <form class="row-action" method="post" action=action.clone()>
                    <input type="hidden" name="person" value=person.id.to_string() />
                    <select name="role" aria-label=format!("Role of {name}")>
                        {options}
                    </select>
                    <button class="button small" aria-label=format!("Save role of {name}")>
                        "Save"
                    </button>
                </form>
            };
            // An empty role removes the person; `button` leaves empty fields out.
            let remove = view! {
                <form class="row-action" method="post" action=action.clone()>
                    <input type="hidden" name="person" value=person.id.to_string() />
                    <input type="hidden" name="role" value="" />
                    <button class="button small quiet" aria-label=format!("Take off the board: {name}")>
                        "Take off the board"
                    </button>
                </form>
            };
            let cells = vec![person_link(person), change.into_any(), remove.into_any()];
            (format!("member-{}", person.id), cells)
        })
        .collect();
    let empty = match board.everyone {
        None => "Nobody. Only owners and admins of the server can open this board.",
        Some(_) => "Nobody was added; everyone on the server may open this board.",
    };
    let table = small_table("Members", &["Name", "Role", "Action"], rows, empty);
    let fields = Form::new("members", mistake);
    let add = add_form(board, path, &action);
    let below = view! { {add} };
    let summary = fields.summary();
    let title = format!("Members ({})", thousands(board.members.len() as u64));
    let body = section("members", title, "members", table, Some(below.into_any()));
    view! {
        {summary}
        {body}
    }
    .into_any()
}

/// A field to search for people, and then a form with those who were found.
fn add_form(board: &Board, path: &str, action: &str) -> AnyView {
    let Board { search, found, found_more, .. } = board;
    let field = Input {
        name: "person",
        label: "Add somebody: name or e-mail address",
        called: "person",
        kind: "search",
        value: search,
        required: false,
        ..Input::default()
    };
    let options: Vec<_> = found
        .iter()
        .map(|person| view! { <option value=person.id.to_string()>{person.name.clone()}</option> }.into_any())
        .collect();
    let roles: Vec<_> = BoardRole::ALL
        .into_iter()
        .map(|role| {
            view! {
                <option value=role.as_str() selected=role == BoardRole::Editor>
                    {role_words(role)}
                </option>
            }
            .into_any()
        })
        .collect();
    let more = found_more
        .then(|| view! { <p class="hint">"These are the first; type more of the name to see others."</p> }.into_any());
    let result = match (search.is_empty(), found.is_empty()) {
        (true, _) => None,
        (false, true) => Some(
            view! { <p class="hint">"Nobody who is not a member already has that in their name or address."</p> }
                .into_any(),
        ),
        (false, false) => Some(
            view! {
                <form class="role-form" method="post" action=action.to_owned()>
                    <div class="field">
                        <label for="add-person">"Person"</label>
                        <select id="add-person" name="person">
                            {options}
                        </select>
                    </div>
                    <div class="field">
                        <label for="add-role">"Role"</label>
                        <select id="add-role" name="role">
                            {roles}
                        </select>
                    </div>
                    <button class="button primary">"Add to the board"</button>
                </form>
                {more}
            }
            .into_any(),
        ),
    };
    view! {
        <form class="search" action=format!("{path}#members")>
            {Form::new("find", None).input(field)}
            <button class="button">"Search"</button>
        </form>
        {result}
    }
    .into_any()
}

fn groups_section(board: &Board, path: &str, mistake: Option<&Mistake>) -> AnyView {
    let action = format!("{path}/groups");
    let rows = board
        .groups
        .iter()
        .map(|(group, name, role, people)| {
            let change = role_form(&action, ("group", group.to_string()), *role, &format!("of {name}"));
            let take = take_form(&action, ("group", group.to_string()), name);
            let cells = vec![group_link(*group, name.clone()), thousands(*people).into_any(), change, take];
            (format!("group-{group}"), cells)
        })
        .collect();
    let table = small_table("Groups", &["Group", "People", "Role", "Action"], rows, "No group is on this board.");
    let field = Input {
        name: "group",
        label: "Put a group on the board: its name",
        called: "group",
        kind: "search",
        value: &board.group_search,
        required: false,
        ..Input::default()
    };
    let found: Vec<_> = board.found_groups.iter().map(|(group, name)| (group.to_string(), name.clone())).collect();
    let result = match (board.group_search.is_empty(), found.is_empty()) {
        (true, _) => ().into_any(),
        (false, true) => {
            view! { <p class="hint">"No group that is not on the board already has that in its name."</p> }.into_any()
        }
        (false, false) => put_form(&action, ("group", "Group"), found, "Put on the board"),
    };
    let below = view! {
        <form class="search" action=format!("{path}#groups")>
            {Form::new("find", None).input(field)}
            <button class="button">"Search"</button>
        </form>
        {result}
    };
    let title = format!("Groups ({})", board.groups.len());
    view! {
        {Form::new("groups", mistake).summary()}
        {section("groups", title, "groups", table, Some(below.into_any()))}
    }
    .into_any()
}

fn links_section(board: &Board, path: &str, mistake: Option<&Mistake>) -> AnyView {
    let rows = board
        .links
        .iter()
        .map(|link| {
            let action = format!("{path}/links/revoke");
            let label = format!("Revoke the share link of {}", day(link.created));
            let [maker, created, works] = of_link(link, board.now);
            let revoke = button(action, &[("id", link.id.to_string())], "Revoke", label);
            (format!("link-{}", link.id), vec![maker, created, works, revoke])
        })
        .collect();
    let empty = "None. People with an account who manage this board can make links for reading it.";
    let table = small_table("Share links", &["Made by", "Created", "State", "Action"], rows, empty);
    view! {
        {Form::new("links", mistake).summary()}
        {section("links", "Share links".to_owned(), "links", table, None)}
    }
    .into_any()
}

fn history_section(board: &Board) -> AnyView {
    let known = |id| board.people.iter().find(|person| person.id == id);
    let name = |id: ActorId| mentioned(Some(id), |id| known(id).map(|person| person.name.as_str()));
    let rows = board
        .events
        .iter()
        .filter(|event| !event.activity.items.is_empty())
        .map(|event| {
            let own = event.activity.of_oneself(event.by);
            let (before, after) = match &own {
                Some(words) => (words.clone(), String::new()),
                None => event.activity.of_some_task(&name),
            };
            let object = match (event.activity.person(), event.task) {
                _ if own.is_some() => ().into_any(),
                (Some(person), _) => view! { <bdi>{name(person)}</bdi> }.into_any(),
                (None, Some(task)) => view! {
                    <a href=tasks::address(task)>
                        <bdi>{event.activity.title.clone()}</bdi>
                    </a>
                }
                .into_any(),
                (None, None) => ().into_any(),
            };
            let by = event.by.and_then(known).map_or_else(|| no_person(event.by), person_link);
            let what = view! { <span class="event">{before} {object} {after}</span> };
            let cells = vec![moment(event.at), by, what.into_any(), event.seq.into_any()];
            (format!("event-{}", event.seq), cells)
        })
        .collect();
    let table = small_table("History", &["When", "Who", "What", "Change"], rows, "Nothing is in the log.");
    let all = board
        .older
        .then(|| view! { <a href=format!("/boards/{}?view=activity", board.id)>"The whole history"</a> }.into_any());
    section("history", "Newest changes".to_owned(), "history", table, all)
}

/// The button that archives the board, or brings it back.
fn archive_section(board: &Board, path: &str, mistake: Option<&Mistake>) -> AnyView {
    let (words, label, to) = match board.archived_at {
        None => (
            "An archived board can be read by those who can read it now, and nobody edits it. Lists of boards leave it out.",
            "Archive the board",
            true,
        ),
        Some(_) => ("The board can be read, but not edited.", "Bring it back", false),
    };
    view! {
        <section class="sheet" id="archive" aria-labelledby="archive-title">
            <h2 id="archive-title">"Archive"</h2>
            {Form::new("archive", mistake).summary()}
            <p>{words}</p>
            <form method="post" action=format!("{path}/archived")>
                <input type="hidden" name="archived" value=to.to_string() />
                <button class="button">{label}</button>
            </form>
        </section>
    }
    .into_any()
}

fn delete_section(board: &Board, path: &str, mistake: Option<&Mistake>) -> AnyView {
    let fields = Form::new("delete", mistake);
    let hint = format!("To confirm, type the name: {}", board.name);
    let input = Input { name: "name", label: "Name of the board", called: "name", hint: &hint, ..Input::default() };
    view! {
        <section class="sheet" id="delete" aria-labelledby="delete-title">
            <h2 id="delete-title">"Delete"</h2>
            {fields.summary()}
            <details class="confirm-box" open=mistake.is_some()>
                <summary class="button danger">"Delete the board…"</summary>
                <form method="post" action=format!("{path}/delete")>
                    <p>
                        {format!(
                            "Nobody can open it any more, nor its {} tasks. ",
                            thousands(board.tasks + board.in_trash),
                        )} "For some weeks it can be restored: see " <a href=deleted_boards::PATH>"Deleted boards"</a>
                        "."
                    </p>
                    {fields.input(input)}
                    <button class="button danger">"Delete the board"</button>
                </form>
            </details>
        </section>
    }
    .into_any()
}
