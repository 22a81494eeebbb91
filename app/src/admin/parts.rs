//! What several administration pages have: links to boards and people, buttons, facts and small tables.

use leptos::prelude::*;

use super::{
    Reader,
    dates::Dates,
    table::{Query, Table, counted},
};
use crate::{
    access::BoardRole,
    account::{document::avatar, words::seen_ago},
    id::{ActorId, BoardId},
    people::{Person, called},
    time::Timestamp,
};

/// The data of a page with a table.
pub struct Listing<T> {
    /// The reader.
    pub reader: Reader,
    /// What the reader chose.
    pub query: Query,
    /// The rows.
    pub rows: Vec<T>,
    /// How many rows match, counted up to `most`.
    pub matches: u64,
    /// The number up to which matches are counted.
    pub most: u64,
    /// The value of `after` for the next rows.
    pub next: Option<String>,
    /// The periods by which it can be narrowed down.
    pub dates: Option<Dates>,
    /// How many rows each of the offered views has.
    pub counts: Vec<u64>,
    /// The time of the request.
    pub now: Timestamp,
}

impl<T> Listing<T> {
    /// The same with other rows.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Listing<U> {
        let Self { reader, query, rows, matches, most, next, dates, counts, now } = self;
        Listing { reader, query, rows: rows.into_iter().map(make).collect(), matches, most, next, dates, counts, now }
    }

    /// The same with the rows that something can be made of.
    pub fn filter_map<U>(self, make: impl FnMut(T) -> Option<U>) -> Listing<U> {
        let Self { reader, query, rows, matches, most, next, dates, counts, now } = self;
        let rows = rows.into_iter().filter_map(make).collect();
        Listing { reader, query, rows, matches, most, next, dates, counts, now }
    }

    /// How many rows match, in words.
    pub fn count(&self, one: &str, many: &str) -> String {
        match self.matches {
            0 => format!("No {many}"),
            1 => format!("1 {one}"),
            matches => format!("{} {many}", counted(matches, self.most)),
        }
    }
}

/// A link to the page of a board.
pub fn board_link(board: BoardId, name: String) -> AnyView {
    view! {
        <a href=super::board::address(board)>
            <bdi>{name}</bdi>
        </a>
    }
    .into_any()
}

/// A link to the page of a person, with their avatar.
pub fn person_link(person: &Person) -> AnyView {
    let state = person.deactivated.then(|| view! { <span class="chip bad">"Deactivated"</span> }.into_any());
    view! {
        <span class="person-link">
            {avatar(person)} <a href=super::person::address(person.id)>
                <bdi>{person.name.clone()}</bdi>
            </a> {state}
        </span>
    }
    .into_any()
}

/// Who did something, if it was no known person.
pub fn no_person(by: Option<ActorId>) -> AnyView {
    view! { <span class="hint">{called(by, |_| None)}</span> }.into_any()
}

/// Links to several people, of whom the first few are shown.
pub fn person_links(people: &[Person]) -> AnyView {
    const SHOWN: usize = 3;
    let links: Vec<_> = people.iter().take(SHOWN).map(person_link).collect();
    let more = people.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| view! { <span class="hint">{format!("and {more} more")}</span> }.into_any());
    view! { <span class="person-links">{links} {more}</span> }.into_any()
}

/// Who may open a board, in few words.
pub fn openness(everyone: Option<BoardRole>) -> &'static str {
    match everyone {
        None => "Private",
        Some(BoardRole::Viewer) => "Everyone reads",
        Some(_) => "Everyone edits",
    }
}

/// When somebody was last seen or a token was last used, or a word if that is not known.
pub fn seen_or(time: Option<Timestamp>, now: Timestamp, none: &'static str) -> AnyView {
    match time {
        Some(time) => seen_ago(time, now),
        None => view! { <span class="hint">{none}</span> }.into_any(),
    }
}

/// How long it is until a time, rounded to what matters.
pub fn until(time: Timestamp, now: Timestamp) -> AnyView {
    const MINUTE: i64 = 60 * 1_000;
    let words = match time.as_millis() - now.as_millis() {
        ..=0 => "now".to_owned(),
        left if left < MINUTE => "in less than a minute".to_owned(),
        left if left < 2 * MINUTE => "in a minute".to_owned(),
        left if left < 60 * MINUTE => format!("in {} minutes", left / MINUTE),
        left if left < 2 * 60 * MINUTE => "in an hour".to_owned(),
        left if left < 48 * 60 * MINUTE => format!("in {} hours", left / (60 * MINUTE)),
        left => format!("in {} days", left / (24 * 60 * MINUTE)),
    };
    let whole = time.to_string();
    let title = format!("{} {} UTC", &whole[..10], &whole[11..16]);
    view! {
        <time datetime=whole title=title>
            {words}
        </time>
    }
    .into_any()
}

/// A form that is only a button, with hidden fields. `label` is what screen readers say, and names the object.
pub fn button(action: String, fields: &[(&'static str, String)], words: &'static str, label: String) -> AnyView {
    let fields: Vec<_> = fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone() /> }.into_any())
        .collect();
    view! {
        <form class="row-action" method="post" action=action>
            {fields}
            <button class="button small" aria-label=label>
                {words}
            </button>
        </form>
    }
    .into_any()
}

/// Names and values.
pub fn facts(facts: Vec<(&'static str, AnyView)>) -> AnyView {
    let facts: Vec<_> = facts
        .into_iter()
        .map(|(name, value)| {
            view! {
                <dt>{name}</dt>
                <dd>{value}</dd>
            }
            .into_any()
        })
        .collect();
    view! { <dl class="facts">{facts}</dl> }.into_any()
}

/// A section of the page of one thing, of which the part named `live` is kept up to date.
pub fn section(id: &'static str, title: String, live: &'static str, body: AnyView, below: Option<AnyView>) -> AnyView {
    let heading = format!("{id}-title");
    let label = heading.clone();
    view! {
        <section class="sheet" id=id aria-labelledby=label>
            <div class="live-part" data-live=live>
                <h2 id=heading>{title}</h2>
                {body}
            </div>
            {below}
        </section>
    }
    .into_any()
}

/// A small table within a section; a sentence if it has no rows. Each row has an element id and its cells.
pub fn small_table(
    caption: &'static str,
    headings: &'static [&'static str],
    rows: Vec<(String, Vec<AnyView>)>,
    empty: &'static str,
) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="hint">{empty}</p> }.into_any();
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(id, cells)| {
            let cells: Vec<_> = cells
                .into_iter()
                .zip(headings)
                .enumerate()
                .map(|(index, (cell, heading))| match index {
                    0 => view! { <th scope="row">{cell}</th> }.into_any(),
                    _ => view! { <td data-column=*heading>{cell}</td> }.into_any(),
                })
                .collect();
            view! { <tr id=id>{cells}</tr> }.into_any()
        })
        .collect();
    let headings: Vec<_> =
        headings.iter().map(|heading| view! { <th scope="col">{*heading}</th> }.into_any()).collect();
    view! {
        <div class="table-scroll flat" tabindex="0" role="region" aria-label=caption>
            <table class="table">
                <thead>
                    <tr>{headings}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Choices of a select field: values with labels, with the default first.
pub fn choices(choices: &[(&str, &str)]) -> Vec<(String, String)> {
    choices.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect()
}

/// A field that names the view to which an action returns: the part of its address that begins with `?`.
pub fn back(query: &Query) -> (&'static str, String) {
    ("back", query.address(""))
}

/// The path of a filter's person, if the table shows one person's rows only: a hint above the table.
pub fn only_of(person: Option<Person>, path: &'static str) -> AnyView {
    let Some(person) = person else { return ().into_any() };
    view! { <p class="hint only-of">"Only those of " {person_link(&person)} " " <a href=path>"Show all"</a></p> }
        .into_any()
}

/// A table with a hint before it.
pub fn with_hint(hint: AnyView, table: Table) -> AnyView {
    view! {
        {hint}
        {table.view()}
    }
    .into_any()
}
