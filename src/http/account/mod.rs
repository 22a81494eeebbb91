//! The account pages, with which people get, use and manage accounts, and the actions of their forms.
//!
//! [`app::account`] defines their content, and [`Accounts`](crate::accounts::Accounts) the rules. The code here reads requests, and answers
//! with a page or a redirect. Only a page that shows a secret has a script, which copies it: none of them is live, and all of them work in every
//! browser.
//!
//! - [`ROUTES`]: all routes. [`middleware`]: what applies to each.
//! - [`first_visit`], [`sign_in`], [`oidc`], [`join`], [`forgot_password`], [`new_password`]: the ways to get or enter an account.
//!   [`share_links`]: access to one board, for reading only.
//! - [`own`]: the page of the reader's own account; [`people`]: the page of all accounts. The actions of their forms are in the file of the
//!   resource: [`passwords`], [`sessions`], [`tokens`], [`invitations`].
//! - [`signed_in`]: requires that the reader is signed in. [`form`]: reads forms and queries. [`answer`]: makes responses.

pub mod answer;
pub mod first_visit;
pub mod forgot_password;
pub mod form;
pub mod invitations;
pub mod join;
pub mod new_password;
pub mod oidc;
pub mod own;
pub mod passwords;
pub mod people;
pub mod sessions;
pub mod share_links;
pub mod sign_in;
pub mod signed_in;
pub mod tokens;

use std::sync::Arc;

use app::account::message::{self, Message};
use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};

use self::{answer::ErrorPage, signed_in::current_user_of};
use super::{Services, compression::Plain, routes::list_of_routes};
use crate::settings::Auth;

list_of_routes! {
    GET "/first-visit" => first_visit::show;
    POST "/first-visit" => first_visit::create;
    GET "/sign-in" => sign_in::show;
    POST "/sign-in" => sign_in::sign_in;
    GET "/sign-in/elsewhere" => oidc::start;
    GET "/sign-in/elsewhere/callback" => oidc::callback;
    GET "/forgot-password" => forgot_password::show;
    POST "/forgot-password" => forgot_password::send;
    POST "/sign-out" => sign_in::sign_out;
    GET "/join/{secret}" => join::show;
    POST "/join/{secret}" => join::accept;
    GET "/new-password/{secret}" => new_password::show;
    POST "/new-password/{secret}" => new_password::save;
    GET "/share/{secret}" => share_links::follow;
    GET "/account" => own::show;
    POST "/account/name" => own::rename;
    POST "/account/email" => own::change_email;
    POST "/account/password" => passwords::change;
    POST "/account/sessions/end" => sessions::end;
    POST "/account/sessions/end-others" => sessions::end_others;
    POST "/account/tokens" => tokens::create;
    POST "/account/tokens/revoke" => tokens::revoke;
    GET "/people" => people::show;
    POST "/people/role" => people::set_role;
    POST "/people/deactivate" => people::deactivate;
    POST "/people/reactivate" => people::reactivate;
    POST "/people/new-password" => passwords::make_link;
    POST "/people/invitations" => invitations::create;
    POST "/people/invitations/revoke" => invitations::revoke;
}

/// The routes.
pub fn routes(services: &Arc<Services>) -> Router<Arc<Services>> {
    mounted().method_not_allowed_fallback(back).route_layer(from_fn_with_state(Arc::clone(services), middleware))
}

/// The Content-Security-Policy of a page that shows a secret: it may also load the script of the button that copies it.
const POLICY_OF_SECRETS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);
/// The Content-Security-Policy of the others: a page may load its style and the icon. There are no scripts.
pub(super) const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);
/// Some of these pages' addresses hold a secret, so other sites must not get to know them. (`no-referrer` is too strict: browsers would
/// then send `Origin: null` with a page's own form, and the origin check refuses that as another site's.)
const NO_ADDRESS: HeaderValue = HeaderValue::from_static("strict-origin");

/// What applies to each of these pages: without accounts there is none of them, errors become a page, and nothing is cached.
async fn middleware(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let current_user = current_user_of(&services, request.extensions());
    let mut response = match services.auth {
        Auth::Open => ErrorPage::no_accounts().into_response(),
        Auth::Accounts => next.run(request).await,
    };
    if let Some(error_page) = response.extensions_mut().remove::<ErrorPage>() {
        let ErrorPage { title, words, way, .. } = error_page;
        let page = message::page(Message { current_user, title, words, way });
        response = answer::with_page(&services, response, page);
    }
    keep_close(&mut response);
    response.headers_mut().entry(REFERRER_POLICY).or_insert(NO_ADDRESS);
    response
}

/// Shows a message on an account page, for a request that no route handles. `head` is the response without a body.
pub fn tell(services: &Arc<Services>, head: Response, title: &'static str, words: String) -> Response {
    let way = Some(("/".to_owned(), "All boards"));
    let mut response =
        answer::with_page(services, head, message::page(Message { current_user: None, title, words, way }));
    keep_close(&mut response);
    response
}

/// Adds the headers of an account page: it is not cached, loads nothing but its style and the icon, and is not compressed.
fn keep_close(response: &mut Response) {
    response.extensions_mut().insert(Plain);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
}

/// When a form is refused, its address stays in the browser's address bar. A reader who opens that address wants the page of the form.
async fn back(request: Request) -> Response {
    let path = request.uri().path();
    let wants_page = request.headers().get(ACCEPT).is_some_and(|kinds| kinds.as_bytes().starts_with(b"text/html"));
    let page = ["/account", "/people"].into_iter().find(|page| path.starts_with(page)).unwrap_or("/");
    match request.method().is_safe() && wants_page {
        true => Redirect::to(page).into_response(),
        false => {
            let words = "This address only receives forms.";
            ErrorPage::new(StatusCode::METHOD_NOT_ALLOWED, "There is no page here", words).into_response()
        }
    }
}
