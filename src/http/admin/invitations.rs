//! The table of all invitations.

use app::{
    account::Notice,
    admin::{
        Frame,
        invitations::{self as view, PATH, RevokeForm, State, page},
        parts::Listing,
        table::Query,
    },
    time::Timestamp,
};
use axum::response::Response;

use super::{
    listing::{Dated, Listed, back, field, name, refused, span},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    accounts::invitations::Invitation,
    http::{
        Services,
        account::{answer::ErrorPage, form::Form},
    },
    store::{
        Directory, Store, StoreError,
        tables::{InvitationFilter, InvitationOrder, InvitationRow, InvitationState, Rows, Slice},
    },
};

/// The table.
pub struct Invitations;

impl Listed for Invitations {
    const PATH: &'static str = PATH;
    const NAME: &'static str = "invitations";
    const PARAMETERS: &'static [&'static str] = &["q", "state"];
    const DEFAULT_SORT: &'static str = "-created";
    const ORDERS: &'static [(&'static str, InvitationOrder)] =
        &[("created", InvitationOrder::Created), ("expires", InvitationOrder::Expires)];
    const HEADINGS: &'static [&'static str] =
        &["id", "note", "email", "role", "boards", "created_by", "created_at", "expires_at", "used_at", "used_by"];
    const DATED: Option<Dated<Self>> = Some(("Created", InvitationOrder::Created, |row| row.link.created_at));

    type Order = InvitationOrder;
    type Filter = InvitationFilter;
    type Row = InvitationRow;

    fn filter(query: &Query, _: Timestamp) -> InvitationFilter {
        let state = match query.get("state") {
            "used" => InvitationState::Used,
            "expired" => InvitationState::Expired,
            "any" => InvitationState::Any,
            _ => InvitationState::Waiting,
        };
        InvitationFilter { text: query.get("q").to_owned(), state, host: None, created: span(query) }
    }

    fn everything(_: Timestamp) -> InvitationFilter {
        InvitationFilter { state: InvitationState::Any, ..InvitationFilter::default() }
    }

    async fn rows(
        store: &Store,
        filter: &InvitationFilter,
        slice: Slice<InvitationOrder>,
        now: Timestamp,
    ) -> Result<Rows<InvitationRow>, StoreError> {
        store.invitations_table(filter, slice, now).await
    }

    async fn count(store: &Store, filter: &InvitationFilter, now: Timestamp) -> Result<u64, StoreError> {
        store.count_invitations(filter, now).await
    }

    fn record(services: &Services, directory: &Directory, row: InvitationRow) -> Vec<String> {
        let InvitationRow { link, used_at, used_by } = row;
        let invitation = services.accounts.read_invitation(&link).map(|(invitation, _)| invitation);
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
            field(used_at),
            used_by.map(|person| name(directory, person)).unwrap_or_default(),
        ]
    }

    fn page(admin: &Admin, directory: &Directory, listing: Listing<InvitationRow>) -> Frame {
        let now = listing.now;
        page(listing.filter_map(|row| invitation(admin, directory, row, now)))
    }
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
