//! The table of all groups of people.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Frame,
    parts::{Listing, choices},
    table::{Column, Filter, Row, Table, thousands},
};
use crate::{
    account::{
        Mistake,
        form::{Form, Input},
        words::day,
    },
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/groups";

/// A group in the table.
pub struct Entry {
    /// The group's id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How many people are in it.
    pub people: u64,
    /// How many boards it is on.
    pub boards: u64,
    /// When it was made.
    pub created: Timestamp,
}

/// The form for a new group, and for the name and description of one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupForm {
    /// The name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The name when the form was drawn. Absent: whatever is there is replaced.
    pub name_was: Option<String>,
    /// The description when the form was drawn.
    pub description_was: Option<String>,
}

const COLUMNS: [Column; 5] = [
    Column::sorted("name", "Name"),
    Column::plain("Description"),
    Column::plain("People").with_class("number"),
    Column::plain("Boards").with_class("number"),
    Column::sorted("created", "Created"),
];

/// The table, with the form for a new group. `refused` is a submitted form that was refused.
pub fn page(listing: Listing<Entry>, refused: Option<(GroupForm, Mistake)>) -> Frame {
    let count = listing.count("group", "groups");
    let Listing { reader, query, rows, next, .. } = listing;
    let filters = vec![Filter {
        name: "lacks",
        label: "Without",
        choices: choices(&[("", "Any"), ("people", "Without people"), ("boards", "On no board")]),
    }];
    let table = Table {
        path: PATH,
        caption: "Groups",
        query,
        search: Some("Search names and descriptions"),
        filters,
        presets: Vec::new(),
        dates: None,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "name",
        rows: rows.into_iter().map(row).collect(),
        count,
        next,
        empty: "No group matches.",
        actions: None,
    };
    let has_mistake = refused.is_some();
    let (typed, mistake) = refused.unzip();
    let body = view! {
        <p class="hint">
            "Put a group on a board, and its people are members of the board; who joins the group later gets the board, too."
        </p>
        {table.view()}
        {new_form(&typed.unwrap_or_default(), mistake.as_ref())}
    };
    Frame { has_mistake, ..Frame::new(reader, PATH, "Groups", body.into_any()) }
}

fn row(entry: Entry) -> Row {
    let Entry { id, name, description, people, boards, created } = entry;
    let cells = vec![
        group_link(id, name),
        // Without a description the cell is empty: a narrow window leaves it out.
        (!description.is_empty()).then(|| view! { <bdi>{description}</bdi> }.into_any()).into_any(),
        thousands(people).into_any(),
        thousands(boards).into_any(),
        day(created).into_any(),
    ];
    Row { id: format!("group-{id}"), cells, select: None, class: "" }
}

fn new_form(typed: &GroupForm, mistake: Option<&Mistake>) -> AnyView {
    let form = Form::new("new", mistake);
    view! {
        <section class="sheet" id="new" aria-labelledby="new-title">
            <h2 id="new-title">"New group"</h2>
            {form.summary()}
            <form class="role-form" method="post" action=PATH>
                {fields(form, typed)}
                <button class="button primary">"Make the group"</button>
            </form>
        </section>
    }
    .into_any()
}

/// The fields for name and description.
pub(super) fn fields(form: Form<'_>, typed: &GroupForm) -> AnyView {
    let name = Input { autocomplete: "off", ..Input::name(&typed.name) };
    let description = Input {
        name: "description",
        label: "Description",
        called: "description",
        value: &typed.description,
        required: false,
        ..Input::default()
    };
    view! {
        {form.input(name)}
        {form.input(description)}
    }
    .into_any()
}

/// A link to the page of a group.
pub fn group_link(id: Uuid, name: String) -> AnyView {
    view! {
        <a href=super::group::address(id)>
            <bdi>{name}</bdi>
        </a>
    }
    .into_any()
}
