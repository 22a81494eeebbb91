//! The table of the jobs in the outbox.

use app::{
    account::Notice,
    admin::{
        Frame,
        jobs::{self as view, JobForm, PATH, page},
        parts::Listing,
        table::Query,
    },
    people::Person,
    time::Timestamp,
};
use axum::response::Response;

use super::{
    listing::{Listed, back, field, hour_before, refused},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    http::{
        Services,
        account::{answer::ErrorPage, form::Form},
    },
    outbox::{Job, Topic},
    store::{
        Directory, Store, StoreError,
        tables::{JobFilter, JobOrder, JobRow, Rows, Slice},
    },
};

/// The table.
pub struct Jobs;

impl Listed for Jobs {
    const PATH: &'static str = PATH;
    const NAME: &'static str = "outbox";
    const PARAMETERS: &'static [&'static str] = &["q", "topic", "state"];
    const DEFAULT_SORT: &'static str = "due";
    const ORDERS: &'static [(&'static str, JobOrder)] =
        &[("due", JobOrder::Due), ("created", JobOrder::Created), ("attempts", JobOrder::Attempts)];
    const HEADINGS: &'static [&'static str] =
        &["id", "topic", "job", "person", "created_at", "due_at", "expires_at", "attempts", "last_error"];
    const NEEDS_ACCOUNTS: bool = false;

    type Order = JobOrder;
    type Filter = JobFilter;
    type Row = JobRow;

    fn filter(query: &Query, now: Timestamp) -> JobFilter {
        JobFilter {
            text: query.get("q").to_owned(),
            topic: query.get("topic").to_owned(),
            has_failed: query.get("state") == "failed",
            created_before: (query.get("state") == "late").then(|| hour_before(now)),
        }
    }

    async fn rows(
        store: &Store,
        filter: &JobFilter,
        slice: Slice<JobOrder>,
        _: Timestamp,
    ) -> Result<Rows<JobRow>, StoreError> {
        store.jobs_table(filter, slice).await
    }

    async fn count(store: &Store, filter: &JobFilter, _: Timestamp) -> Result<u64, StoreError> {
        store.count_jobs(filter).await
    }

    fn record(_: &Services, directory: &Directory, row: JobRow) -> Vec<String> {
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

    fn page(_: &Admin, directory: &Directory, listing: Listing<JobRow>) -> Frame {
        page(listing.map(|row| job(directory, row)), &Topic::ALL.map(Topic::name))
    }
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
