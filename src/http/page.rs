//! Pages, rendered by Leptos, and the server functions behind them.
//!
//! The `app` crate knows neither the database nor the hub. It gets its data through [`Backend`](super::backend), which is provided here.
//! Every page gets its own Content-Security-Policy (CSP), with a nonce that only the page's own scripts carry.

use std::sync::Arc;

use app::{App, ServerName, backend::Backend};
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    handler::Handler,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION},
        request::Parts,
        uri::PathAndQuery,
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodFilter, on},
};
use leptos::{
    config::LeptosOptions, context::provide_context, nonce::use_nonce, prelude::use_context,
    reactive::owner::with_context,
};
use leptos_axum::{LeptosRoutes, ResponseOptions, handle_server_fns_with_context};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::{
    Services, admission::ClientKey, backend::Local, in_flight::InFlight, limits::MAX_COLLECTED_BYTES, problem::Problem,
    request_auth::RequestAuth, shape, theme,
};
use crate::accounts::Accounts;

/// The routes of the pages and of the server functions, and the list of their methods and paths.
pub fn routes<S: Clone + Send + Sync + 'static>(services: &Services) -> (Router<S>, Vec<(Method, String)>) {
    let options = services.leptos.clone();
    let context = context(services);
    let of_page = {
        let context = context.clone();
        move || context(auth_of_page())
    };
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let mut router: Router<LeptosOptions> = Router::new();
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        let Ok(filter) = MethodFilter::try_from(method) else { continue };
        let context = context.clone();
        router = router.route(path, on(filter, move |request: Request| server_function(context.clone(), request)));
    }
    // Leptos would mount the server functions a second time, each under its path. They are mounted above.
    let server_functions: Vec<_> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let (listed, _) = leptos_axum::generate_route_list_with_exclusions_and_ssg(App, Some(server_functions.clone()));
    let mut paths: Vec<(Method, String)> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, method)| (method, path.to_owned())).collect();
    // The list contains the excluded paths as well.
    let pages =
        listed.iter().map(|route| route.path()).filter(|path| !server_functions.iter().any(|left| left == path));
    paths.extend(pages.map(|path| (Method::GET, path.to_owned())));
    let router = router
        .leptos_routes_with_context(&options, listed, of_page, shell)
        .with_state(options)
        .layer(from_fn_with_state(Arc::clone(&services.in_flight), in_turn))
        .layer(from_fn_with_state(services.accounts.clone(), known_only));
    (router, paths)
}

/// Admits known callers. Strangers are redirected to sign in, and return to this address afterwards.
async fn known_only(State(accounts): State<Accounts>, request: Request, next: Next) -> Response {
    match is_known(&request) {
        true => whole(next.run(request).await).await,
        false => sign_in_redirect(&accounts, &request.into_parts().0),
    }
}

/// Lets few pages be rendered at once, and fewer for one caller. That is as fast as rendering all at once, and takes the memory of
/// the few largest pages instead of that of all requested ones.
async fn in_turn(State(in_flight): State<Arc<InFlight>>, request: Request, next: Next) -> Response {
    // A form waits for the writer only; it must not queue behind pages.
    let is_form = !request.method().is_safe() && accepts_html(request.headers());
    let who = request.extensions().get::<ClientKey>().copied().filter(|_| !is_form);
    let _turn = match who {
        Some(who) => in_flight.turn(who).await,
        None => None,
    };
    next.run(request).await
}

/// Collects a page into one piece and writes its shape into it. (Leptos streams a page in pieces, and keeps everything it needed for
/// them until the last piece is taken. With a slow reader that is long, and with one who has left it is for ever.)
async fn whole(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    match to_bytes(body, MAX_COLLECTED_BYTES).await {
        Ok(bytes) => Response::from_parts(parts, shape::seal(bytes.into()).into()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Problem::unavailable("the page could not be rendered; try again in a moment").into_response()
        }
    }
}

fn is_known(request: &Request) -> bool {
    request.extensions().get().is_some_and(RequestAuth::is_known)
}

/// Redirects a stranger to sign in. A request that changes something and does not come from a form gets a problem instead.
pub fn sign_in_redirect(accounts: &Accounts, request: &Parts) -> Response {
    let is_page = request.method.is_safe();
    if !is_page && !accepts_html(&request.headers) {
        return Problem::not_signed_in().into_response();
    }
    let path = request.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let way = match accounts.is_first_visit() {
        true => "/first-visit".to_owned(),
        // Returning to a form's address would not submit the form again, so there is nothing to return to.
        false if !is_page || path == "/" => "/sign-in".to_owned(),
        false => format!("/sign-in?next={}", percent_encode(path)),
    };
    Redirect::to(&way).into_response()
}

/// The characters that are percent-encoded in the value of a query parameter.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Encodes a text as the value of a query parameter (RFC 3986, 2.1).
pub(super) fn percent_encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, IN_QUERY)
}

/// Answers with the page that the app has for this address. If it has none, the app shows that and sets the status.
pub async fn render(services: &Services, request: Request) -> Response {
    if !is_known(&request) {
        return sign_in_redirect(&services.accounts, &request.into_parts().0);
    }
    let options = services.leptos.clone();
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let context = context(services);
    let render = leptos_axum::render_app_async_with_context(move || context(auth_of_page()), shell);
    whole(render.call(request, options).await).await
}

/// Whether a request may be for a page, as opposed to a file or data.
pub fn is_wanted(method: &Method, path: &str) -> bool {
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    matches!(*method, Method::GET | Method::HEAD) && !is_file
}

async fn server_function(context: impl Fn(Option<RequestAuth>) + Clone + Send + 'static, request: Request) -> Response {
    let visitor = request.extensions().get::<RequestAuth>().cloned();
    let context = move || context(visitor.clone());
    let is_form = accepts_html(request.headers());
    let mut response = handle_server_fns_with_context(context, request).await.into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_form {
        // A form ends on a page: where the function redirected, where the form came from, or, if the browser does not say, at the start.
        // (When it redirects back, Leptos removes its own errors from the address, but leaves the question mark.)
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok()).unwrap_or("/");
        let location = HeaderValue::from_str(location.trim_end_matches('?')).unwrap_or(HeaderValue::from_static("/"));
        headers.insert(LOCATION, location);
        *response.status_mut() = StatusCode::SEE_OTHER;
    } else if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        // The server functions report their own errors. This status is what Leptos sets when it could not read the request.
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}

/// Whether the client prefers a page to data.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|kinds| kinds.contains("text/html"))
}

/// The credentials of the request whose page is being rendered.
fn auth_of_page() -> Option<RequestAuth> {
    use_context::<Parts>()?.extensions.get().cloned()
}

/// Provides the context that every page and every server function uses.
fn context(services: &Services) -> impl Fn(Option<RequestAuth>) + Clone + Send + Sync + 'static {
    let (store, writer, accounts) = (services.store.clone(), services.writer.clone(), services.accounts.clone());
    let public_url: Arc<str> = services.public_url.as_str().into();
    let settings = services.settings.live().clone();
    let cookies = services.cookies.clone();
    let reload = std::env::var_os("LEPTOS_WATCH").map(|_| services.leptos.reload_port);
    move |visitor| {
        let visitor = visitor.unwrap_or_else(RequestAuth::stranger);
        let (store, writer, accounts) = (store.clone(), writer.clone(), accounts.clone());
        let local = Local { store, writer, accounts, public_url: Arc::clone(&public_url), visitor };
        let backend: Arc<dyn Backend> = Arc::new(local);
        provide_context(backend);
        provide_context(ServerName(Arc::clone(&settings.now().server_name)));
        let theme = with_context(|request: &Parts| theme::chosen(&cookies, &request.headers));
        provide_context(theme.unwrap_or_default());
        let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else { return };
        if let Ok(policy) = HeaderValue::try_from(policy(&nonce, reload)) {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
        // A page shows a board's current state.
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The Content-Security-Policy of a page. `reload` is the port of `cargo leptos watch`.
fn policy(nonce: &str, reload: Option<u32>) -> String {
    let reload = reload.map(|port| format!(" ws://localhost:{port} ws://127.0.0.1:{port}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         manifest-src 'self'; connect-src 'self'{reload}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
         object-src 'none'"
    )
}
