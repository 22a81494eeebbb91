//! REST: boards, columns, tasks and changes as JSON.
//!
//! A handler gets a [`Client`](client::Client) and reads the request strictly. Then it sends a mutation through the one write path, or
//! reads a board's state, and answers. There is one file per resource.
//! The OpenAPI document is generated from the same handlers and types, so every mounted route is described.

pub mod audit;
pub mod boards;
pub mod changes;
pub mod checklists;
mod client;
pub mod columns;
pub mod comments;
pub(super) mod cursor;
pub mod events;
mod fields;
pub mod groups;
pub mod invitations;
pub mod labels;
mod list;
pub mod members;
pub(crate) mod model;
mod moment;
pub mod mutations;
mod openapi;
mod order;
pub mod passwords;
pub mod people;
pub mod sessions;
pub mod settings;
pub mod share_links;
pub mod system;
pub mod tasks;
pub mod tokens;

use std::sync::Arc;

use app::model::Seq;
use axum::{
    Router,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{OpenApi, openapi::PathItem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    API_ROOT, Services,
    conditional::is_known,
    etag::etag,
    problem::{Code, Problem},
};

/// The routes of REST, to be mounted at [`API_ROOT`], and their OpenAPI description.
pub fn routes() -> (Router<Arc<Services>>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(boards::list, boards::create))
        .routes(routes!(boards::read, boards::update, boards::delete))
        .routes(routes!(boards::restore))
        .routes(routes!(boards::star, boards::unstar))
        .routes(routes!(boards::copy))
        .routes(routes!(columns::list, columns::create))
        .routes(routes!(columns::update, columns::delete))
        .routes(routes!(labels::list, labels::create))
        .routes(routes!(labels::read, labels::update, labels::delete))
        .routes(routes!(labels::merge))
        .routes(routes!(tasks::list, tasks::create))
        .routes(routes!(tasks::read, tasks::update, tasks::delete))
        .routes(routes!(tasks::restore))
        .routes(routes!(tasks::read_named))
        .routes(routes!(checklists::list, checklists::create))
        .routes(routes!(checklists::read, checklists::update, checklists::delete))
        .routes(routes!(checklists::restore))
        .routes(routes!(checklists::add_items))
        .routes(routes!(checklists::update_item, checklists::delete_item))
        .routes(routes!(comments::list, comments::create))
        .routes(routes!(comments::read, comments::update, comments::delete))
        .routes(routes!(comments::restore))
        .routes(routes!(comments::versions))
        .routes(routes!(comments::react, comments::unreact))
        .routes(routes!(changes::list))
        .routes(routes!(events::follow))
        .routes(routes!(mutations::create))
        .routes(routes!(members::list))
        .routes(routes!(members::put, members::remove))
        .routes(routes!(share_links::list, share_links::create))
        .routes(routes!(share_links::revoke))
        .routes(routes!(people::list))
        .routes(routes!(people::me))
        .routes(routes!(people::own))
        .routes(routes!(people::update))
        .routes(routes!(people::hand_over))
        .routes(routes!(people::import))
        .routes(routes!(sessions::list, sessions::end_all))
        .routes(routes!(sessions::end))
        .routes(routes!(tokens::list_of, tokens::revoke_all_of))
        .routes(routes!(tokens::revoke_of))
        .routes(routes!(passwords::new_password))
        .routes(routes!(invitations::list, invitations::create))
        .routes(routes!(invitations::revoke))
        .routes(routes!(tokens::list))
        .routes(routes!(tokens::revoke))
        .routes(routes!(changes::of_task))
        .routes(routes!(system::read))
        .routes(routes!(system::check))
        .routes(routes!(audit::list))
        .routes(routes!(settings::list, settings::update))
        .routes(routes!(settings::test_mail))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::read, groups::update, groups::delete))
        .routes(routes!(groups::join, groups::leave))
        .routes(routes!(groups::put, groups::take))
        .split_for_parts()
}

/// The method and path of every described operation.
pub fn listed(described: &utoipa::openapi::OpenApi) -> Vec<(Method, String)> {
    let item = |(path, item): (&String, &PathItem)| {
        let methods = [
            (Method::GET, &item.get),
            (Method::PUT, &item.put),
            (Method::POST, &item.post),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        let taken = methods.into_iter().filter(|(_, operation)| operation.is_some());
        taken.map(|(method, _)| (method, format!("{API_ROOT}{path}"))).collect::<Vec<_>>()
    };
    described.paths.paths.iter().flat_map(item).collect()
}

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::complete(routes().1)
}

/// Answers with the OpenAPI document.
pub async fn openapi_document() -> Response {
    json(StatusCode::OK, &document())
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => json_bytes(status, body),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            Problem::new(
                Code::Internal,
                "the request failed because of an error in the server, which is in the server's log",
            )
            .into_response()
        }
    }
}

fn json_bytes(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        // A cached response may be outdated, because others change the board. So clients must revalidate it with `If-None-Match`.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (status, headers, body).into_response()
}

/// Adds the entity tag for a change number to a response.
fn tagged(mut response: Response, seq: Seq) -> Response {
    response.headers_mut().insert(header::ETAG, etag(seq));
    response
}

/// Adds the `Location` of the created resource to a response.
fn located(mut response: Response, path: String) -> Response {
    if let Ok(location) = HeaderValue::try_from(format!("{API_ROOT}{path}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The response for a state with this number; 304 without a body if the client already has that state.
fn unless_known(headers: &HeaderMap, seq: Seq, answer: impl FnOnce() -> Response) -> Response {
    let answer = match is_known(headers, seq) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => answer(),
    };
    tagged(answer, seq)
}
