//! The page of one group: the people in it, its boards, and what can be done with it.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Frame, Reader,
    groups::{self, GroupForm, fields},
    parts::{board_link, button, facts, person_link, section, small_table},
    table::thousands,
};
use crate::{
    access::BoardRole,
    account::{
        Mistake,
        form::{Form, Input},
        words::day,
    },
    features::members::view::role_words,
    id::{ActorId, BoardId},
    people::Person,
    time::Timestamp,
};

/// The address of the page of a group.
pub fn address(group: Uuid) -> String {
    format!("{}/{group}", groups::PATH)
}

/// The data of the page.
pub struct Group {
    /// The reader.
    pub reader: Reader,
    /// The group's id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The people in it that are shown, by name.
    pub people: Vec<Person>,
    /// How many people are in it.
    pub all_people: u64,
    /// What was typed to find people who are in it.
    pub within: String,
    /// Its boards: id, name, role, and how many of its people could not be put on the board.
    pub boards: Vec<(BoardId, String, BoardRole, u64)>,
    /// What was typed to find people who can be added.
    pub person_search: String,
    /// The people who were found, with their addresses.
    pub found: Vec<(Person, String)>,
    /// Whether more people were found than are listed.
    pub found_more: bool,
    /// What was typed to find boards.
    pub board_search: String,
    /// The boards that were found.
    pub found_boards: Vec<(BoardId, String)>,
    /// A submitted form that was refused.
    pub refused: Option<Refused>,
}

/// A submitted form that was refused, with what was typed.
pub enum Refused {
    /// The form for name and description.
    Settings(GroupForm, Mistake),
    /// A form for people.
    People(Mistake),
    /// A form for a board.
    Board(Mistake),
    /// The form for deleting the group.
    Delete(Mistake),
}

/// The form for removing a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveForm {
    /// The person.
    pub person: ActorId,
}

/// The form for putting the group on a board, changing its role there, or taking it off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardForm {
    /// The board.
    pub board: BoardId,
    /// The role; empty to take the group off the board.
    pub role: String,
}

/// The form for deleting the group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteForm {
    /// The name of the group, typed as confirmation.
    pub name: String,
}

/// Renders the page.
pub fn page(group: Group) -> Frame {
    let has_mistake = group.refused.is_some();
    let path = address(group.id);
    let main = view! {
        {people_section(&group, &path)}
        {boards_section(&group, &path)}
    };
    let side = view! {
        {facts_section(&group)}
        {settings_section(&group, &path)}
        {delete_section(&group, &path)}
    };
    let body = view! {
        <div class="object">
            <div class="object-main">{main}</div>
            <div class="object-side">{side}</div>
        </div>
    };
    let Group { reader, name, .. } = group;
    let above = vec![(groups::PATH.to_owned(), "Groups".to_owned())];
    Frame { above, has_mistake, ..Frame::new(reader, groups::PATH, name, body.into_any()) }
}

fn facts_section(group: &Group) -> AnyView {
    let description = match group.description.is_empty() {
        true => view! { <span class="hint">"None"</span> }.into_any(),
        false => view! { <bdi>{group.description.clone()}</bdi> }.into_any(),
    };
    let known = vec![
        ("Description", description),
        ("People", thousands(group.all_people).into_any()),
        ("Boards", thousands(group.boards.len() as u64).into_any()),
        ("Created", day(group.created_at).into_any()),
        ("Id", view! { <code>{group.id.to_string()}</code> }.into_any()),
    ];
    section("facts", "The group".to_owned(), "facts", facts(known), None)
}

fn settings_section(group: &Group, path: &str) -> AnyView {
    let (name, description) = (group.name.clone(), group.description.clone());
    let (mut typed, mut mistake) = (GroupForm { name, description, ..GroupForm::default() }, None);
    // What was typed stays. The next attempt starts from what is there now.
    if let Some(Refused::Settings(form, why)) = &group.refused {
        let is_typed = |to: &String, was: &Option<String>| was.as_ref() != Some(to);
        if is_typed(&form.name, &form.name_was) {
            typed.name.clone_from(&form.name);
        }
        if is_typed(&form.description, &form.description_was) {
            typed.description.clone_from(&form.description);
        }
        mistake = Some(why);
    }
    let form = Form::new("settings", mistake);
    view! {
        <section class="sheet" id="settings" aria-labelledby="settings-title">
            <h2 id="settings-title">"Settings"</h2>
            {form.summary()}
            <form class="role-form" method="post" action=path.to_owned()>
                {fields(form, &typed)}
                <input type="hidden" name="name_was" value=group.name.clone() />
                <input type="hidden" name="description_was" value=group.description.clone() />
                <button class="button" aria-label="Save name and description">
                    "Save"
                </button>
            </form>
        </section>
    }
    .into_any()
}

fn people_section(group: &Group, path: &str) -> AnyView {
    let Group { people, all_people, within, .. } = group;
    let rows = people
        .iter()
        .map(|person| {
            let label = format!("Remove from the group: {}", person.name);
            let fields = [("person", person.id.to_string())];
            let remove = button(format!("{path}/people/remove"), &fields, "Remove from the group", label);
            (format!("person-{}", person.id), vec![person_link(person), remove])
        })
        .collect();
    let empty = match within.is_empty() {
        true => "Nobody is in the group yet.",
        false => "Nobody in the group has that in their name or address.",
    };
    let table = small_table("People in the group", &["Name", "Action"], rows, empty);
    let shown = people.len() as u64;
    let find = (shown < *all_people || !within.is_empty()).then(|| {
        let field = Input {
            name: "in",
            label: "Find somebody who is in the group",
            called: "in",
            kind: "search",
            value: within,
            required: false,
            ..Input::default()
        };
        view! {
            <form class="search" action=format!("{path}#people")>
                {Form::new("within", None).input(field)}
                <button class="button">"Find"</button>
            </form>
        }
        .into_any()
    });
    let hidden = (shown < *all_people).then(|| {
        view! { <p class="hint">{format!("{} of {} are shown.", thousands(shown), thousands(*all_people))}</p> }
            .into_any()
    });
    let mistake = match &group.refused {
        Some(Refused::People(mistake)) => Some(mistake),
        _ => None,
    };
    let below = view! {
        {hidden}
        {find}
        {add_people_form(group, path)}
    };
    view! {
        {Form::new("people", mistake).summary()}
        {section("people", format!("People ({})", thousands(*all_people)), "people", table, Some(below.into_any()))}
    }
    .into_any()
}

/// A field to search for people, and then a form with those who were found. Several can be added at once.
fn add_people_form(group: &Group, path: &str) -> AnyView {
    let Group { person_search, found, found_more, .. } = group;
    let field = Input {
        name: "person",
        label: "Add people: name or e-mail address",
        called: "person",
        kind: "search",
        value: person_search,
        required: false,
        ..Input::default()
    };
    let more = found_more
        .then(|| view! { <p class="hint">"These are the first; type more of the name to see others."</p> }.into_any());
    let is_only = found.len() == 1;
    let rows = found
        .iter()
        .map(|(person, email)| {
            let id = format!("add-{}", person.id);
            let pick = view! {
                <label class="pick" for=id.clone()>
                    <input type="checkbox" id=id.clone() name="person" value=person.id.to_string() checked=is_only />
                    " "
                    <bdi>{person.name.clone()}</bdi>
                </label>
            };
            (format!("found-{}", person.id), vec![pick.into_any(), email.clone().into_any()])
        })
        .collect();
    let result = match (person_search.is_empty(), found.is_empty()) {
        (true, _) => None,
        (false, true) => Some(
            view! { <p class="hint">"Nobody who is not in the group already has that in their name or address."</p> }
                .into_any(),
        ),
        (false, false) => Some(
            view! {
                <form method="post" action=format!("{path}/people")>
                    {small_table("People who can be added", &["Name", "E-mail address"], rows, "")}
                    <button class="button primary">"Add to the group"</button>
                </form>
                {more}
            }
            .into_any(),
        ),
    };
    view! {
        <form class="search" action=format!("{path}#people")>
            {Form::new("find", None).input(field)}
            <button class="button">"Search"</button>
        </form>
        {result}
    }
    .into_any()
}

fn boards_section(group: &Group, path: &str) -> AnyView {
    let action = format!("{path}/boards");
    let rows = group
        .boards
        .iter()
        .map(|(board, name, role, refused)| {
            let change = role_form(&action, ("board", board.to_string()), *role, &format!("on {name}"));
            let take = take_form(&action, ("board", board.to_string()), name);
            let failed = (*refused > 0).then(|| {
                let words = match refused {
                    1 => "1 membership could not be set".to_owned(),
                    many => format!("{} memberships could not be set", thousands(*many)),
                };
                view! { <span class="chip bad">{words}</span> }.into_any()
            });
            let role = view! {
                {change}
                {failed}
            };
            (format!("board-{board}"), vec![board_link(*board, name.clone()), role.into_any(), take])
        })
        .collect();
    let headings = &["Board", "Role", "Action"];
    let table = small_table("Boards of the group", headings, rows, "The group is on no board yet.");
    let field = Input {
        name: "board",
        label: "Put the group on a board: its name",
        called: "board",
        kind: "search",
        value: &group.board_search,
        required: false,
        ..Input::default()
    };
    let found: Vec<_> = group.found_boards.iter().map(|(board, name)| (board.to_string(), name.clone())).collect();
    let result = match (group.board_search.is_empty(), found.is_empty()) {
        (true, _) => ().into_any(),
        (false, true) => {
            view! { <p class="hint">"No board that the group is not on already has that in its name."</p> }.into_any()
        }
        (false, false) => put_form(&action, ("board", "Board"), found, "Put on the board"),
    };
    let below = view! {
        <form class="search" action=format!("{path}#boards")>
            {Form::new("find", None).input(field)}
            <button class="button">"Search"</button>
        </form>
        {result}
    };
    let mistake = match &group.refused {
        Some(Refused::Board(mistake)) => Some(mistake),
        _ => None,
    };
    let title = format!("Boards ({})", thousands(group.boards.len() as u64));
    view! {
        {Form::new("boards", mistake).summary()}
        {section("boards", title, "boards", table, Some(below.into_any()))}
    }
    .into_any()
}

/// A form that changes the role of a group on a board. The hidden field names the one of them that the page is not about.
pub(super) fn role_form(action: &str, (name, id): (&'static str, String), role: BoardRole, of: &str) -> AnyView {
    view! {
        <form class="row-action" method="post" action=action.to_owned()>
            <input type="hidden" name=name value=id />
            <select name="role" aria-label=format!("Role {of}")>
                {role_options(role)}
            </select>
            <button class="button small" aria-label=format!("Save role {of}")>
                "Save"
            </button>
        </form>
    }
    .into_any()
}

/// A form that takes a group off a board: `of` is the name of the one of them that the page is not about. An empty role does that; `button`
/// leaves empty fields out.
pub(super) fn take_form(action: &str, (name, id): (&'static str, String), of: &str) -> AnyView {
    view! {
        <form class="row-action" method="post" action=action.to_owned()>
            <input type="hidden" name=name value=id />
            <input type="hidden" name="role" value="" />
            <button class="button small quiet" aria-label=format!("Take off the board: {of}")>
                "Take off the board"
            </button>
        </form>
    }
    .into_any()
}

/// A form that puts a group on a board, with those that were found as choices.
pub(super) fn put_form(
    action: &str,
    (name, label): (&'static str, &'static str),
    found: Vec<(String, String)>,
    words: &'static str,
) -> AnyView {
    let (id, role_id) = (format!("put-{name}"), format!("put-{name}-role"));
    let options: Vec<_> =
        found.into_iter().map(|(value, words)| view! { <option value=value>{words}</option> }.into_any()).collect();
    view! {
        <form class="role-form" method="post" action=action.to_owned()>
            <div class="field">
                <label for=id.clone()>{label}</label>
                <select id=id.clone() name=name>
                    {options}
                </select>
            </div>
            <div class="field">
                <label for=role_id.clone()>"Role"</label>
                <select id=role_id.clone() name="role">
                    {role_options(BoardRole::Editor)}
                </select>
            </div>
            <button class="button primary">{words}</button>
        </form>
    }
    .into_any()
}

fn role_options(chosen: BoardRole) -> AnyView {
    let options: Vec<_> = BoardRole::ALL
        .into_iter()
        .map(|role| {
            view! {
                <option value=role.as_str() selected=role == chosen>
                    {role_words(role)}
                </option>
            }
            .into_any()
        })
        .collect();
    options.into_any()
}

fn delete_section(group: &Group, path: &str) -> AnyView {
    let mistake = match &group.refused {
        Some(Refused::Delete(mistake)) => Some(mistake),
        _ => None,
    };
    let form = Form::new("delete", mistake);
    let hint = format!("To confirm, type the name: {}", group.name);
    let input = Input { name: "name", label: "Name of the group", called: "name", hint: &hint, ..Input::default() };
    view! {
        <section class="sheet" id="delete" aria-labelledby="delete-title">
            <h2 id="delete-title">"Delete"</h2>
            {form.summary()}
            <details class="confirm-box" open=mistake.is_some()>
                <summary class="button danger">"Delete the group…"</summary>
                <form method="post" action=format!("{path}/delete")>
                    <p>
                        {format!(
                            "Whoever has a role on a board from this group alone loses it (people: {}, boards: {}). Nothing else is deleted.",
                            thousands(group.all_people),
                            thousands(group.boards.len() as u64),
                        )}
                    </p>
                    {form.input(input)}
                    <button class="button danger">"Delete the group"</button>
                </form>
            </details>
        </section>
    }
    .into_any()
}
