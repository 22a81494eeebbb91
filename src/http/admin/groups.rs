//! The table of all groups, and the form for a new one.

use app::{
    account::{Mistake, Notice},
    admin::{
        Frame,
        group::address,
        groups::{Entry, GroupForm, PATH, page},
        parts::Listing,
        table::Query,
    },
    time::Timestamp,
};
use axum::response::Response;

use super::{
    answer,
    listing::{Listed, field, listing},
    reader::Admin,
};
use crate::{
    accounts::AccountError,
    http::{
        Services,
        account::{answer as account_answer, answer::ErrorPage, form::Form},
    },
    store::{
        Directory, Group, Store, StoreError,
        tables::{GroupFilter, GroupOrder, Rows, Slice},
    },
};

/// The table.
pub struct Groups;

impl Listed for Groups {
    const PATH: &'static str = PATH;
    const NAME: &'static str = "groups";
    const PARAMETERS: &'static [&'static str] = &["q", "lacks"];
    const DEFAULT_SORT: &'static str = "name";
    const ORDERS: &'static [(&'static str, GroupOrder)] =
        &[("name", GroupOrder::Name), ("created", GroupOrder::Created)];
    const HEADINGS: &'static [&'static str] = &["id", "name", "description", "people", "boards", "created_at"];

    type Order = GroupOrder;
    type Filter = GroupFilter;
    type Row = Group;

    fn filter(query: &Query, _: Timestamp) -> GroupFilter {
        GroupFilter {
            text: query.get("q").to_owned(),
            without_people: query.get("lacks") == "people",
            without_boards: query.get("lacks") == "boards",
        }
    }

    async fn rows(
        store: &Store,
        filter: &GroupFilter,
        slice: Slice<GroupOrder>,
        _: Timestamp,
    ) -> Result<Rows<Group>, StoreError> {
        store.groups_table(filter, slice).await
    }

    async fn count(store: &Store, filter: &GroupFilter, _: Timestamp) -> Result<u64, StoreError> {
        store.count_groups(filter).await
    }

    fn record(_: &Services, _: &Directory, group: Group) -> Vec<String> {
        vec![
            group.id.to_string(),
            group.name,
            group.description,
            group.people.to_string(),
            group.boards.to_string(),
            field(Some(group.created_at)),
        ]
    }

    fn page(_: &Admin, _: &Directory, listing: Listing<Group>) -> Frame {
        page(listing.map(entry), None)
    }
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
            let listing = listing::<Groups>(&admin, Query::default()).await?;
            Ok(answer::refused(&admin, status, page(listing.map(entry), Some((form, mistake)))))
        }
        Err(error) => Err(error.into()),
    }
}

fn entry(group: Group) -> Entry {
    let Group { id, name, description, created_at, people, boards } = group;
    Entry { id, name, description, people, boards, created: created_at }
}
