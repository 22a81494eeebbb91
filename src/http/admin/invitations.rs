//! The table of all invitations.

use app::{
    account::Notice,
    admin::{
        invitations::{self as view, PATH, RevokeForm, State, page},
        parts::Listing,
        table,
    },
    time::Timestamp,
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer,
    csv::ROWS_AT_A_TIME,
    listing::{Place, ROWS, back, field, file, mapped, name, refused},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    accounts::{Accounts, invitations::Invitation},
    clock::now,
    http::account::{
        answer::ErrorPage,
        form::{Asked, Form},
    },
    store::{
        Directory, Store,
        tables::{InvitationFilter, InvitationOrder, InvitationRow, InvitationState, MOST_COUNTED, Slice},
    },
};

const ORDERS: [(&str, InvitationOrder); 2] =
    [("created", InvitationOrder::Created), ("expires", InvitationOrder::Expires)];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    state: String,
    sort: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default().with("state", &self.state).with("sort", &self.sort).with("after", &self.after)
    }

    fn filter(&self) -> InvitationFilter {
        let state = match &*self.state {
            "used" => InvitationState::Used,
            "expired" => InvitationState::Expired,
            "any" => InvitationState::Any,
            _ => InvitationState::Waiting,
        };
        InvitationFilter { state, host: None }
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "-created", after: &self.after }
    }
}

/// `GET /admin/invitations`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    admin.require_accounts()?;
    let now = now();
    let (filter, place) = (address.filter(), address.place());
    if address.format == "csv" {
        let slice = place.slice(&ORDERS, ROWS_AT_A_TIME);
        let accounts = admin.services.accounts.clone();
        let read = move |store: Store, after| {
            let (filter, slice, accounts) = (filter.clone(), Slice { after, ..slice.clone() }, accounts.clone());
            async move {
                let directory = store.directory();
                let rows = store.invitations_table(&filter, slice, now).await?;
                Ok(mapped(rows, |row| record(&accounts, &directory, &row)))
            }
        };
        return Ok(file(admin, "invitations", HEADINGS, read));
    }
    let store = &admin.services.store;
    let rows = store.invitations_table(&filter, place.slice(&ORDERS, ROWS), now).await?;
    let directory = store.directory();
    let listing = Listing {
        reader: admin.reader(),
        query: address.query(),
        next: place.next(rows.next),
        rows: rows.rows.into_iter().filter_map(|row| invitation(&admin, &directory, row, now)).collect(),
        matches: store.count_invitations(&filter, now).await?,
        most: MOST_COUNTED,
        now,
    };
    Ok(answer::page(&admin, page(listing)))
}

fn invitation(admin: &Admin, directory: &Directory, row: InvitationRow, now: Timestamp) -> Option<view::Invitation> {
    let InvitationRow { link, used_at, used_by } = row;
    let (invitation, stands) = admin.services.accounts.read_invitation(&link)?;
    let is_open = used_at.is_none() && link.expires_at > now;
    let state = match used_at {
        Some(_) => State::Used(used_by.map(|person| person_of(directory, person))),
        None if !is_open => State::Expired,
        None if !stands => State::Dead,
        None => State::Waiting,
    };
    Some(view::Invitation {
        id: link.id,
        may_revoke: is_open && admin.principal().may_manage(invitation.role),
        note: invitation.note,
        email: invitation.email,
        role: invitation.role,
        boards: invitation.boards.len(),
        host: link.created_by.map(|person| person_of(directory, person)),
        created: link.created_at,
        expires: link.expires_at,
        state,
    })
}

/// `POST /admin/invitations/revoke`
pub async fn revoke(admin: Admin, Form(form): Form<RevokeForm>) -> Result<Response, ErrorPage> {
    let RevokeForm { id, back: to } = form;
    admin.services.accounts.revoke_invitation(&admin.credentials, id).await.map_err(refused)?;
    let notice = Notice::done("The invitation is revoked and does not work any more.");
    Ok(admin.redirect_with_flash(&notice, &back(PATH, &to)))
}

const HEADINGS: &[&str] =
    &["id", "note", "email", "role", "boards", "created_by", "created_at", "expires_at", "used_at", "used_by"];

fn record(accounts: &Accounts, directory: &Directory, row: &InvitationRow) -> Vec<String> {
    let InvitationRow { link, used_at, used_by } = row;
    let invitation = accounts.read_invitation(link).map(|(invitation, _)| invitation);
    let of = |text: fn(&Invitation) -> String| invitation.as_ref().map(text).unwrap_or_default();
    vec![
        link.id.to_string(),
        of(|invitation| invitation.note.clone()),
        of(|invitation| invitation.email.clone().unwrap_or_default()),
        of(|invitation| invitation.role.as_str().to_owned()),
        of(|invitation| invitation.boards.len().to_string()),
        link.created_by.map(|person| name(directory, person)).unwrap_or_default(),
        field(Some(link.created_at)),
        field(Some(link.expires_at)),
        field(*used_at),
        used_by.map(|person| name(directory, person)).unwrap_or_default(),
    ]
}
