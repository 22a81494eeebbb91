//! The table of the jobs in the outbox: work that follows from something that was saved, and that failed or waits.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Frame,
    parts::{Listing, back, button, choices, person_link, until},
    table::{Column, Filter, Row, Table},
};
use crate::{account::words::time_ago, people::Person, time::Timestamp};

/// The path of the page.
pub const PATH: &str = "/admin/outbox";
/// The path that the form for trying a job now posts to.
pub const RETRY: &str = "/admin/outbox/retry";
/// The path that the form for removing a job posts to.
pub const REMOVE: &str = "/admin/outbox/remove";

/// A job.
pub struct Job {
    /// Identifies the job.
    pub id: Uuid,
    /// What is to be done, in words.
    pub what: &'static str,
    /// The person whom it is about, if that is known.
    pub person: Option<Person>,
    /// What happens if it is removed, as a sentence.
    pub without_it: &'static str,
    /// Which nodes can do it.
    pub topic: String,
    /// When it was enqueued.
    pub created: Timestamp,
    /// From when on a node may try it.
    pub due: Timestamp,
    /// From when on it is given up.
    pub expires: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
    /// Why it failed last.
    pub last_error: Option<String>,
}

/// The form for trying a job now, or for removing it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobForm {
    /// Identifies the job.
    pub id: Uuid,
    /// The view to which the reader returns.
    #[serde(default)]
    pub back: String,
}

const COLUMNS: [Column; 7] = [
    Column::plain("Job"),
    Column::plain("Topic"),
    Column::sorted("created", "Enqueued"),
    Column::sorted("attempts", "Attempts").with_class("number"),
    Column::sorted("due", "Next attempt"),
    Column::plain("Last error").with_class("wide"),
    Column::plain("Action"),
];

/// The table. `topics` are those that there are.
pub fn page(listing: Listing<Job>, topics: &[&str]) -> Frame {
    let count = listing.count("job", "jobs");
    let Listing { reader, query, rows, next, now, .. } = listing;
    let filters = vec![
        Filter {
            name: "topic",
            label: "Topic",
            choices: std::iter::once((String::new(), "Any".to_owned()))
                .chain(topics.iter().map(|topic| ((*topic).to_owned(), (*topic).to_owned())))
                .collect(),
        },
        Filter {
            name: "state",
            label: "State",
            choices: choices(&[
                ("", "Any"),
                ("failed", "Failed at least once"),
                ("late", "Waits for more than an hour"),
            ]),
        },
    ];
    let returns = back(&query);
    let table = Table {
        path: PATH,
        caption: "Jobs in the outbox",
        query,
        search: Some("Search people and errors"),
        filters,
        presets: Vec::new(),
        dates: None,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "due",
        rows: rows.into_iter().map(|job| row(job, &returns, now)).collect(),
        count,
        next,
        empty: "Nothing waits: all jobs are done.",
        actions: None,
    };
    let body = view! {
        <p class="hint">
            "Mail, and what else follows from something that was saved. A job that fails is tried again after growing pauses, until it is done or expires."
        </p>
        {table.view()}
    };
    Frame::new(reader, PATH, "Outbox", body.into_any())
}

fn row(job: Job, back: &(&'static str, String), now: Timestamp) -> Row {
    let Job { id, what, person, without_it, topic, created, due, expires, attempts, last_error } = job;
    let fields = [("id", id.to_string()), back.clone()];
    let person = person.map(|person| {
        view! {
            ": "
            {person_link(&person)}
        }
        .into_any()
    });
    let retry = button(RETRY.to_owned(), &fields, "Try now", format!("Try now: {what}, {id}"));
    let remove = button(REMOVE.to_owned(), &fields, "Remove it", format!("Remove: {what}, {id}"));
    let cells = vec![
        view! {
            {what}
            {person}
        }
        .into_any(),
        topic.into_any(),
        time_ago(created, now),
        attempts.into_any(),
        view! {
            {until(due, now)}
            <span class="hint below">"Given up " {until(expires, now)}</span>
        }
        .into_any(),
        last_error.into_any(),
        view! {
            <div class="row-actions">
                {retry} <details class="row-confirm">
                    <summary class="button small quiet" aria-label=format!("Remove…: {what}, {id}")>
                        "Remove…"
                    </summary>
                    <p>{without_it}</p>
                    {remove}
                </details>
            </div>
        }
        .into_any(),
    ];
    Row { id: format!("job-{id}"), cells, select: None, class: "" }
}
