//! The table of all groups, and the form for a new one.

use app::{
    account::{Mistake, Notice},
    admin::{
        group::address,
        groups::{Entry, GroupForm, PATH, page},
        parts::Listing,
        table,
    },
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer,
    csv::ROWS_AT_A_TIME,
    listing::{Place, ROWS, field, file, mapped},
    reader::Admin,
};
use crate::{
    accounts::AccountError,
    clock::now,
    http::account::{
        answer as account_answer,
        answer::ErrorPage,
        form::{Asked, Form},
    },
    store::{
        Group, Store,
        tables::{GroupFilter, GroupOrder, MOST_COUNTED, Slice},
    },
};

const ORDERS: [(&str, GroupOrder); 2] = [("name", GroupOrder::Name), ("created", GroupOrder::Created)];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    lacks: String,
    sort: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default()
            .with("q", self.q.trim())
            .with("lacks", &self.lacks)
            .with("sort", &self.sort)
            .with("after", &self.after)
    }

    fn filter(&self) -> GroupFilter {
        GroupFilter {
            text: self.q.trim().to_owned(),
            without_people: self.lacks == "people",
            without_boards: self.lacks == "boards",
        }
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "name", after: &self.after }
    }
}

/// `GET /admin/groups`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    admin.require_accounts()?;
    if address.format == "csv" {
        let (filter, slice) = (address.filter(), address.place().slice(&ORDERS, ROWS_AT_A_TIME));
        let read = move |store: Store, after| {
            let (filter, slice) = (filter.clone(), Slice { after, ..slice.clone() });
            async move { Ok(mapped(store.groups_table(&filter, slice).await?, |row| record(&row))) }
        };
        return Ok(file(admin, "groups", HEADINGS, read));
    }
    Ok(answer::page(&admin, page(listing(&admin, &address).await?, None)))
}

/// `POST /admin/groups`
pub async fn create(admin: Admin, Form(form): Form<GroupForm>) -> Result<Response, ErrorPage> {
    admin.require_accounts()?;
    match admin.services.accounts.create_group(&admin.credentials, &form.name, &form.description).await {
        Ok(group) => {
            let notice = Notice::done(format!("The group “{}” is made. Add people and boards.", group.name));
            Ok(admin.redirect_with_flash(&notice, &address(group.id)))
        }
        Err(error @ (AccountError::Invalid { .. } | AccountError::Limit(_))) => {
            let mistake: Mistake = account_answer::mistake(&error, &["name", "description"]);
            let status = ErrorPage::from(error).status;
            let listing = listing(&admin, &Address::default()).await?;
            Ok(answer::refused(&admin, status, page(listing, Some((form, mistake)))))
        }
        Err(error) => Err(error.into()),
    }
}

async fn listing(admin: &Admin, address: &Address) -> Result<Listing<Entry>, ErrorPage> {
    let (store, filter, place) = (&admin.services.store, address.filter(), address.place());
    let rows = store.groups_table(&filter, place.slice(&ORDERS, ROWS)).await?;
    Ok(Listing {
        reader: admin.reader(),
        query: address.query(),
        next: place.next(rows.next),
        rows: rows.rows.into_iter().map(entry).collect(),
        matches: store.count_groups(&filter).await?,
        most: MOST_COUNTED,
        now: now(),
    })
}

fn entry(group: Group) -> Entry {
    let Group { id, name, description, created_at, people, boards } = group;
    Entry { id, name, description, people, boards, created: created_at }
}

const HEADINGS: &[&str] = &["id", "name", "description", "people", "boards", "created_at"];

fn record(group: &Group) -> Vec<String> {
    vec![
        group.id.to_string(),
        group.name.clone(),
        group.description.clone(),
        group.people.to_string(),
        group.boards.to_string(),
        field(Some(group.created_at)),
    ]
}
