//! The pages with which people get, use and manage accounts, and what their forms do.
//!
//! What they look like is said by [`app::account`], and what may be done by [`Accounts`](crate::accounts::Accounts); here
//! requests are read, and answered with a page or the way to the next. They come without scripts, so nothing of them is live
//! and all of them works everywhere.
//!
//! - [`ROUTES`]: all of them. [`middleware`]: what holds for each.
//! - [`first_visit`], [`sign_in`], [`oidc`], [`join`], [`forgot_password`], [`new_password`]: the ways in. [`share_links`]: the way in
//!   for those who only read one board.
//! - [`own`]: the page of one's own account; [`people`]: of everybody's. What their forms do is in the file of what they are about:
//!   [`passwords`], [`sessions`], [`tokens`], [`invitations`].
//! - [`signed_in`]: who one has to be for some. [`form`]: what is posted. [`answer`]: what is answered.

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
        HeaderValue, Method, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodFilter, on},
};

use self::{answer::ErrorPage, signed_in::current_user_of};
use super::{Services, compression::Plain};
use crate::settings::Auth;

macro_rules! routes {
    ($($method:ident $path:literal => $handler:path;)*) => {
        /// The method and the path of each route. The router is made of the same list, so none is missing here.
        pub const ROUTES: &[(Method, &str)] = &[$((Method::$method, $path)),*];

        fn mounted() -> Router<Arc<Services>> {
            Router::new()$(.route($path, on(MethodFilter::$method, $handler)))*
        }
    };
}

routes! {
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

/// What a page may load: its style, and the icon. There are no scripts.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);
/// Some of these addresses hold a secret, and none is anybody else's business. (With `no-referrer` browsers would also send
/// `Origin: null` with a page's own form, which is what forms of other sites come with.)
const NO_ADDRESS: HeaderValue = HeaderValue::from_static("strict-origin");

/// What holds for each of these pages: there is none where there are no accounts, errors are told on a page, and none is kept.
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

/// Tells something on a page where there is none of the app's. `head` is the answer without a body.
pub fn tell(services: &Arc<Services>, head: Response, title: &'static str, words: String) -> Response {
    let way = Some(("/".to_owned(), "All boards"));
    let mut response =
        answer::with_page(services, head, message::page(Message { current_user: None, title, words, way }));
    keep_close(&mut response);
    response
}

/// Such a page is kept nowhere, loads nothing but its style, and is as long as it is.
fn keep_close(response: &mut Response) {
    response.extensions_mut().insert(Plain);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
}

/// Where a form was refused, its address stands in the browser's bar; who goes there again wants the page it was on.
async fn back(request: Request) -> Response {
    let path = request.uri().path();
    let wants_page = request.headers().get(ACCEPT).is_some_and(|kinds| kinds.as_bytes().starts_with(b"text/html"));
    let page = ["/account", "/people"].into_iter().find(|page| path.starts_with(page)).unwrap_or("/");
    match request.method().is_safe() && wants_page {
        true => Redirect::to(page).into_response(),
        false => {
            let words = "This address takes forms only.";
            ErrorPage::new(StatusCode::METHOD_NOT_ALLOWED, "There is nothing to see here", words).into_response()
        }
    }
}
