//! The table of the jobs in the outbox.

use app::{
    account::Notice,
    admin::{
        jobs::{self as view, JobForm, PATH, page},
        parts::Listing,
        table,
    },
    people::Person,
    time::Timestamp,
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer,
    csv::ROWS_AT_A_TIME,
    listing::{Place, ROWS, back, field, file, hour_before, mapped, refused},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    clock::now,
    http::account::{
        answer::ErrorPage,
        form::{Asked, Form},
    },
    outbox::{Job, Topic},
    store::{
        Directory, Store,
        tables::{JobFilter, JobOrder, JobRow, MOST_COUNTED, Slice},
    },
};

const ORDERS: [(&str, JobOrder); 3] =
    [("due", JobOrder::Due), ("created", JobOrder::Created), ("attempts", JobOrder::Attempts)];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    topic: String,
    state: String,
    sort: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default()
            .with("topic", &self.topic)
            .with("state", &self.state)
            .with("sort", &self.sort)
            .with("after", &self.after)
    }

    fn filter(&self, now: Timestamp) -> JobFilter {
        JobFilter {
            topic: self.topic.clone(),
            has_failed: self.state == "failed",
            created_before: (self.state == "late").then(|| hour_before(now)),
        }
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "due", after: &self.after }
    }
}

/// `GET /admin/outbox`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    let now = now();
    let (filter, place) = (address.filter(now), address.place());
    if address.format == "csv" {
        let slice = place.slice(&ORDERS, ROWS_AT_A_TIME);
        let read = move |store: Store, after| {
            let (filter, slice) = (filter.clone(), Slice { after, ..slice.clone() });
            async move {
                let directory = store.directory();
                let rows = store.jobs_table(&filter, slice).await?;
                Ok(mapped(rows, |row| record(&directory, row)))
            }
        };
        return Ok(file(admin, "outbox", HEADINGS, read));
    }
    let store = &admin.services.store;
    let rows = store.jobs_table(&filter, place.slice(&ORDERS, ROWS)).await?;
    let directory = store.directory();
    let listing = Listing {
        reader: admin.reader(),
        query: address.query(),
        next: place.next(rows.next),
        rows: rows.rows.into_iter().map(|row| job(&directory, row)).collect(),
        matches: store.count_jobs(&filter).await?,
        most: MOST_COUNTED,
        now,
    };
    Ok(answer::page(&admin, page(listing, &Topic::ALL.map(Topic::name))))
}

/// A job as the page shows it. What it carries stays in the database, except for the person whom it is about.
fn job(directory: &Directory, row: JobRow) -> view::Job {
    let About { what, person, without_it } = about(directory, &row.payload);
    view::Job {
        id: row.id,
        what,
        person,
        without_it,
        topic: row.topic,
        created: row.created_at,
        due: row.due_at,
        expires: row.expires_at,
        attempts: row.attempts,
        last_error: row.last_error,
    }
}

/// What a job is about, in words.
struct About {
    what: &'static str,
    person: Option<Person>,
    without_it: &'static str,
}

fn about(directory: &Directory, payload: &str) -> About {
    match serde_json::from_str(payload) {
        Ok(Job::NewPasswordMail { email }) => About {
            what: "Mail with a link for a new password",
            person: directory.account_of(&email).map(|account| account.person()),
            without_it: "The mail is not sent. Whoever waits for it can ask again.",
        },
        Ok(Job::InvitationMail { .. }) => About {
            what: "Mail with an invitation",
            person: None,
            without_it: "The mail is not sent, so the person does not get the link. Revoke the invitation, and invite them again.",
        },
        Ok(Job::ChangedEmailMail { .. }) => About {
            what: "Mail about a changed e-mail address",
            person: None,
            without_it: "The person is not told at their former address that they have another one now.",
        },
        Ok(Job::AcceptedInvitation { person, .. }) => About {
            what: "Putting somebody on the boards of their invitation",
            person: Some(person_of(directory, person)),
            without_it: "The person is not put on the boards of the invitation. You can add them on the page of each board.",
        },
        Ok(Job::GroupMemberships) => About {
            what: "Putting people of groups on boards, and taking them off",
            person: None,
            without_it: "Somebody may stay on a board that they had from a group, until a group is changed again.",
        },
        Err(_) => About {
            what: "Something that this version of Taskwire does not know",
            person: None,
            without_it: "It is not done. A newer version of Taskwire would know what it is.",
        },
    }
}

/// `POST /admin/outbox/retry`
pub async fn retry(admin: Admin, Form(form): Form<JobForm>) -> Result<Response, ErrorPage> {
    let JobForm { id, back: to } = form;
    admin.services.accounts.hurry_job(&admin.credentials, id).await.map_err(refused)?;
    let notice = Notice::done("The job is tried now. It leaves the list when it is done.");
    Ok(admin.redirect_with_flash(&notice, &back(PATH, &to)))
}

/// `POST /admin/outbox/remove`
pub async fn remove(admin: Admin, Form(form): Form<JobForm>) -> Result<Response, ErrorPage> {
    let JobForm { id, back: to } = form;
    admin.services.accounts.remove_job(&admin.credentials, id).await.map_err(refused)?;
    Ok(admin.redirect_with_flash(&Notice::done("The job is removed."), &back(PATH, &to)))
}

const HEADINGS: &[&str] =
    &["id", "topic", "job", "person", "created_at", "due_at", "expires_at", "attempts", "last_error"];

fn record(directory: &Directory, row: JobRow) -> Vec<String> {
    let job = job(directory, row);
    vec![
        job.id.to_string(),
        job.topic,
        job.what.to_owned(),
        job.person.map(|person| person.name).unwrap_or_default(),
        field(Some(job.created)),
        field(Some(job.due)),
        field(Some(job.expires)),
        job.attempts.to_string(),
        job.last_error.unwrap_or_default(),
    ]
}
