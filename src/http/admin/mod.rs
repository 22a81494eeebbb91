//! The administration pages: for owners and admins, and for everybody on a server without accounts.
//!
//! [`app::admin`] defines their content. The code here reads requests, checks that the reader may administer, and answers with a page or a
//! redirect. Boards are changed by the one write path, and accounts by [`Accounts`](crate::accounts::Accounts), so everything that is changed
//! here is live everywhere, and authorised where it is done.
//!
//! - [`ROUTES`]: all routes. [`middleware`]: what applies to each.
//! - [`reader`]: requires that the reader may administer. [`answer`]: makes responses. [`csv`]: tables as files.
//! - [`tasks`]: the table of all tasks. [`task`]: one task. [`bulk_edits`]: one action on many tasks.
//! - [`boards`], [`people`], [`sessions`], [`tokens`], [`invitations`], [`share_links`], [`jobs`]: the other tables, and the actions on their
//!   rows. [`listing`]: what they have in common.
//! - [`board`], [`person`]: the page of one board, and of one person.
//! - [`groups`]: the table of groups of people. [`group`]: the page of one.
//! - [`deleted_boards`]: boards that can be restored. [`person_account`]: one person's account. [`import`]: many people at once.
//! - [`settings`]: the settings of the server.
//! - [`system`]: the state of the installation. [`audit`]: the audit log.

pub mod answer;
pub mod audit;
pub mod board;
pub mod boards;
pub mod bulk_edits;
pub mod csv;
pub mod deleted_boards;
pub mod group;
pub mod groups;
pub mod import;
pub mod invitations;
pub mod jobs;
pub mod listing;
pub mod people;
pub mod person;
pub mod person_account;
pub mod reader;
pub mod sessions;
pub mod settings;
pub mod share_links;
pub mod system;
pub mod task;
pub mod tasks;
pub mod tokens;

use std::sync::Arc;

use app::audit::Action;
use axum::{
    Router,
    extract::{FromRequestParts, RawPathParams, Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
        request::Parts,
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Services, account::answer::ErrorPage, compression::Plain, request_auth::RequestAuth, routes::list_of_routes,
};

list_of_routes! {
    GET "/admin" => start;
    GET "/admin/tasks" => tasks::show;
    POST "/admin/tasks/bulk" => bulk_edits::choose;
    GET "/admin/tasks/{task}" => task::show;
    POST "/admin/tasks/{task}" => tasks::save;
    GET "/admin/boards" => listing::show::<boards::Boards>;
    GET "/admin/boards/{board}" => board::show;
    POST "/admin/boards/{board}/name" => board::rename;
    POST "/admin/boards/{board}/everyone" => board::set_everyone;
    POST "/admin/boards/{board}/members" => board::set_member;
    POST "/admin/boards/{board}/links/revoke" => board::revoke_link;
    POST "/admin/boards/{board}/archived" => board::set_archived;
    POST "/admin/boards/{board}/put-back" => board::put_back;
    POST "/admin/boards/{board}/delete" => board::delete;
    GET "/admin/people" => listing::show::<people::People>;
    POST "/admin/people/role" => person::set_role;
    POST "/admin/people/deactivate" => person::deactivate;
    POST "/admin/people/reactivate" => person::reactivate;
    POST "/admin/people/new-password" => person::make_link;
    GET "/admin/people/{person}" => person::show;
    GET "/admin/sessions" => listing::show::<sessions::Sessions>;
    POST "/admin/sessions/end" => sessions::end;
    GET "/admin/tokens" => listing::show::<tokens::Tokens>;
    POST "/admin/tokens/revoke" => tokens::revoke;
    GET "/admin/invitations" => listing::show::<invitations::Invitations>;
    POST "/admin/invitations/revoke" => invitations::revoke;
    GET "/admin/share-links" => listing::show::<share_links::ShareLinks>;
    POST "/admin/share-links/revoke" => share_links::revoke;
    GET "/admin/outbox" => listing::show::<jobs::Jobs>;
    POST "/admin/outbox/retry" => jobs::retry;
    POST "/admin/outbox/remove" => jobs::remove;
    GET "/admin/system" => system::show;
    GET "/admin/system/checks" => system::check;
    POST "/admin/tasks/{task}/put-back" => task::put_back;
    POST "/admin/tasks/{task}/delete" => task::delete;
    POST "/admin/tasks/{task}/restore" => task::restore;
    GET "/admin/bulk-edits" => bulk_edits::list;
    GET "/admin/bulk-edits/{id}" => bulk_edits::show;
    POST "/admin/bulk-edits/{id}/continue" => bulk_edits::resume;
    POST "/admin/bulk-edits/{id}/undo" => bulk_edits::undo;
    GET "/admin/boards/deleted" => deleted_boards::show;
    POST "/admin/boards/{board}/restore" => deleted_boards::restore;
    GET "/admin/people/import" => import::show;
    POST "/admin/people/import" => import::import;
    GET "/admin/people/{person}/account" => person_account::show;
    POST "/admin/people/{person}/account" => person_account::change;
    POST "/admin/people/{person}/account/hand-over" => person_account::hand_over;
    GET "/admin/audit" => audit::show;
    GET "/admin/settings" => settings::show;
    POST "/admin/settings" => settings::save;
    POST "/admin/settings/default" => settings::use_default;
    POST "/admin/settings/test-mail" => settings::test_mail;
    GET "/admin/groups" => listing::show::<groups::Groups>;
    POST "/admin/groups" => groups::create;
    GET "/admin/groups/{group}" => group::show;
    POST "/admin/groups/{group}" => group::save;
    POST "/admin/groups/{group}/people" => group::add;
    POST "/admin/groups/{group}/people/remove" => group::remove;
    POST "/admin/groups/{group}/boards" => group::set_board;
    POST "/admin/groups/{group}/delete" => group::delete;
    POST "/admin/boards/{board}/groups" => board::set_group;
}

/// The routes.
pub fn routes(services: &Arc<Services>) -> Router<Arc<Services>> {
    mounted().route_layer(from_fn_with_state(Arc::clone(services), middleware))
}

/// The Content-Security-Policy: a page may load its style, the icon and the script of these pages, which requests the page again.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'",
);

/// What applies to each of these pages: only readers who may administer get one, errors become a page, and nothing is cached.
async fn middleware(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = parts.extensions.get::<RequestAuth>().cloned();
    let uri = parts.uri.clone();
    let asked = parts.clone();
    let mut response = match reader::refusal(&services, &parts) {
        None if !names_ids(&mut parts).await => nothing_here().into_response(),
        None => next.run(Request::from_parts(parts, body)).await,
        Some(response) => response,
    };
    if let Some(csv::File(table)) = response.extensions_mut().remove()
        && let Some(visitor) = visitor
        // Nothing leaves the server with the answer to a HEAD.
        && asked.method == Method::GET
    {
        // A download of a table is an export, which the audit log has, whatever else fails.
        let details = json!({ "what": table, "format": "csv", "filter": uri.query() });
        response = match services.socket.admit(&asked, visitor.person) {
            // It takes as long as its reader likes, so it is counted like a socket.
            Err(problem) => too_many(problem.code().status()).into_response(),
            Ok(admission) => match services.accounts.record(&visitor.credentials, Action::Exported, details).await {
                Ok(_) => response.map(|body| csv::counted(body, admission)),
                Err(error) => ErrorPage::from(error).into_response(),
            },
        };
    }
    response = answer::with_errors(&services, response);
    response.extensions_mut().insert(Plain);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// Whether the variable parts of an address are ids. All of them are, on these pages.
async fn names_ids(request: &mut Parts) -> bool {
    match RawPathParams::from_request_parts(request, &()).await {
        Ok(parameters) => parameters.iter().all(|(_, value)| value.parse::<Uuid>().is_ok()),
        Err(_) => false,
    }
}

fn nothing_here() -> ErrorPage {
    let words = "Nothing has this address. Perhaps a part of it was lost when it was copied.";
    let way = Some((app::admin::tasks::PATH.to_owned(), "Administration"));
    ErrorPage { way, ..ErrorPage::new(StatusCode::NOT_FOUND, "There is nothing here", words) }
}

/// The refusal of a download while the reader or the server has too many open.
fn too_many(status: StatusCode) -> ErrorPage {
    let words = "Too many downloads or live pages are open. Try again when one of them has ended.";
    ErrorPage::new(status, "This cannot be downloaded now", words)
}

/// `GET /admin`
async fn start() -> Response {
    Redirect::to(app::admin::tasks::PATH).into_response()
}
