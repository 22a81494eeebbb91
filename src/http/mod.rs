//! The HTTP interface of the server: all routes, and what applies to each of them.
//!
//! - [`api`]: REST under `/api/v1`, and the OpenAPI document, which is generated from the same handlers.
//! - [`mod@browse`]: REST in a browser: pages around the same handlers. [`docs`]: the documentation that the server serves.
//! - [`socket`]: the live connection (WebSocket).
//! - [`health`]: liveness, readiness and metrics of the process.
//! - [`account`]: the account pages, which are plain HTML without scripts.
//! - [`admin`]: the administration pages, which the server renders.
//! - [`page`]: the pages that Leptos renders, and the server functions behind them. `backend`: the data that they show.
//! - `task_link`: the short addresses of tasks, such as `/t/WEB-42`.
//! - [`site`]: the site's static files.
//! - [`guard`]: the middleware for every request. [`origin`]: the origins whose pages may use this server. `cors`: how their scripts
//!   learn that they may use REST. [`request_auth`]: the
//!   credentials of a request. [`proxy_diagnostics`]: signs that a proxy in front is misconfigured. [`forwarded`]: the client's
//!   address when proxies stand in between. [`cookies`]: the names of our cookies. [`theme`]: light or dark, as this browser has chosen.
//! - [`connection`], [`limits`], [`admission`], [`in_flight`], [`rate`]: how much a connection, a request and a caller may cost.
//!   [`compression`]: which responses are compressed, so that their length leaks nothing.
//! - [`input`], [`conditional`], [`etag`], [`problem`], [`refusal`]: strict reading of requests; conditional requests; entity tags;
//!   errors.

pub mod account;
pub mod admin;
pub mod admission;
pub mod api;
mod backend;
pub mod browse;
pub mod compression;
pub mod conditional;
pub mod connection;
pub mod cookies;
mod cors;
pub mod docs;
pub mod etag;
pub mod exposure;
pub mod forwarded;
pub mod guard;
pub mod health;
pub mod in_flight;
pub mod input;
pub mod limits;
pub mod origin;
pub mod page;
pub mod problem;
pub mod proxy_diagnostics;
pub mod rate;
pub mod refusal;
pub mod request_auth;
mod routes;
mod shape;
pub mod site;
pub mod socket;
mod task_link;
pub mod theme;

use std::sync::Arc;

use app::account::document::Surroundings;
use axum::{
    Router,
    extract::{FromRef, OriginalUri, Request},
    handler::Handler,
    http::{Method, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use leptos::config::LeptosOptions;
use tower::util::{MapResponseLayer, option_layer};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite, service::SignedCookie};

use self::{
    cookies::CookieNames,
    exposure::Exposure,
    forwarded::Proxies,
    in_flight::InFlight,
    limits::HttpLimits,
    origin::Origins,
    problem::{Code, Problem},
    rate::Rates,
    site::Site,
    socket::SocketContext,
};
use crate::{
    accounts::{
        Accounts,
        oidc::Oidc,
        sessions::{LIFETIME_DAYS, Sessions},
    },
    backups::Backups,
    bulk::Bulk,
    hub::Hub,
    outbox::Outbox,
    settings::{Auth, runtime::RuntimeSettings},
    store::Store,
    system::System,
    writer::Writer,
};

/// Where the REST interface is mounted.
pub const API_ROOT: &str = "/api/v1";

/// The state that all handlers share.
pub struct Services {
    /// Whether the server has accounts, or is open to everybody who reaches it.
    pub auth: Auth,
    /// Runs edits of many tasks.
    pub bulk: Bulk,
    /// Accounts and sign-in.
    pub accounts: Accounts,
    /// For reading the database.
    pub store: Store,
    /// For changing boards.
    pub writer: Writer,
    /// Sends changes to their subscribers.
    pub hub: Hub,
    /// Work that follows from a commit.
    pub outbox: Outbox,
    /// Backups by a schedule.
    pub backups: Backups,
    /// The state of the installation.
    pub system: System,
    /// Warnings from other parts of the server, which `/readyz` reports.
    pub warnings: health::Warnings,
    /// The server's address as people see it in their browsers.
    pub public_url: String,
    /// The proxies in front.
    pub proxies: Proxies,
    /// Whether strangers can reach this server.
    pub exposure: Exposure,
    /// The OpenID Connect provider with which people may sign in, if there is one.
    pub oidc: Option<Arc<Oidc>>,
    /// The names of our cookies.
    pub cookies: CookieNames,
    /// What a request, a connection and a caller may cost.
    pub limits: HttpLimits,
    /// How many requests a caller may send to REST, if that is limited.
    pub api_rate: Rates,
    /// The settings that may change while the server runs.
    pub settings: RuntimeSettings,
    /// The responses that are being prepared or sent.
    pub in_flight: Arc<InFlight>,
    /// The origins whose pages may use this server.
    pub origins: Arc<Origins>,
    /// What sockets need.
    pub socket: SocketContext,
    /// The options of Leptos, with which pages name the site's files.
    pub leptos: LeptosOptions,
    /// The site's files.
    pub site: Site,
}

impl Services {
    /// What the documents around pages have to know of this server.
    pub fn surroundings(&self) -> Surroundings {
        let server = Arc::clone(&self.settings.live().now().server_name);
        Surroundings { server, options: self.leptos.clone(), theme: theme::current() }
    }
}

impl FromRef<Arc<Services>> for SocketContext {
    fn from_ref(services: &Arc<Services>) -> Self {
        services.socket.clone()
    }
}

/// All routes.
pub fn router(services: Arc<Services>) -> Router {
    mount(&services)
        .router
        .fallback(site::file)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(browse(&services), browse::answer))
        .layer(compression::layer())
        .layer(middleware::from_fn_with_state(Arc::clone(&services), guard::guard))
        .layer(middleware::from_fn_with_state(cors::layer(&services.origins), cors::answer))
        .layer(option_layer(sessions(&services)))
        .layer(MapResponseLayer::new(cookies::complete))
        .with_state(services)
}

/// The method and path of every route. Tests use the list to check that the access rights of every route are stated.
pub fn listed(services: &Arc<Services>) -> Vec<(Method, String)> {
    mount(services).listed
}

fn mount(services: &Arc<Services>) -> Routes {
    let (rest, described) = rest(services);
    let (pages, paths) = page::routes(services);
    let mut routes = Routes::default();
    routes.mount(rest, api::listed(&described));
    routes.mount(pages, paths);
    let account = account::ROUTES.iter().map(|(method, path)| (method.clone(), (*path).to_owned()));
    routes.mount(account::routes(services), account);
    let admin = admin::ROUTES.iter().map(|(method, path)| (method.clone(), (*path).to_owned()));
    routes.mount(admin::routes(services), admin);
    routes.get(&format!("{API_ROOT}/openapi.json"), api::openapi_document);
    let (documentation, paths) = docs::routes();
    routes.mount(documentation, paths);
    let socket = Router::new().route("/ws", get(socket::upgrade).post(socket::explain));
    routes.mount(socket, [Method::GET, Method::POST].map(|method| (method, "/ws".to_owned())));
    let theme = Router::new().route(app::THEME_PATH, post(theme::choose));
    routes.mount(theme, [(Method::POST, app::THEME_PATH.to_owned())]);
    routes.get(task_link::PATH, task_link::follow);
    routes.get("/healthz", health::alive);
    routes.get("/readyz", health::ready);
    routes.get("/metrics", health::metrics);
    routes
}

/// The routes of REST, and their OpenAPI description.
fn rest(services: &Arc<Services>) -> (Router<Arc<Services>>, utoipa::openapi::OpenApi) {
    let (rest, described) = api::routes();
    let rest = rest.layer(middleware::from_fn_with_state(services.api_rate.clone(), rate::limit));
    (Router::new().nest(API_ROOT, rest), described)
}

/// The pages around REST, with routes of their own for the requests that forms mean.
fn browse(services: &Arc<Services>) -> browse::Browse {
    let rest = rest(services).0.method_not_allowed_fallback(method_not_allowed);
    browse::Browse::new(Arc::clone(services), rest.with_state(Arc::clone(services)))
}

/// The routes, and a list of their methods and paths.
#[derive(Default)]
struct Routes {
    router: Router<Arc<Services>>,
    listed: Vec<(Method, String)>,
}

impl Routes {
    fn get<H: Handler<T, Arc<Services>>, T: 'static>(&mut self, path: &str, handler: H) {
        self.mount(Router::new().route(path, get(handler)), [(Method::GET, path.to_owned())]);
    }

    fn mount(&mut self, router: Router<Arc<Services>>, listed: impl IntoIterator<Item = (Method, String)>) {
        self.router = std::mem::take(&mut self.router).merge(router);
        self.listed.extend(listed);
    }
}

/// The layer that manages the sessions of browsers; none on a server without accounts.
fn sessions(services: &Services) -> Option<SessionManagerLayer<Sessions, SignedCookie>> {
    let sessions = Sessions::new(services.store.clone(), services.hub.clone());
    let key = sessions.cookie_key();
    let layer = SessionManagerLayer::new(sessions)
        .with_name(services.cookies.session.clone())
        .with_http_only(true)
        // `Lax`, so that a reader who follows a link from another site is still signed in. Requests that change something are protected
        // by the origin check instead.
        .with_same_site(SameSite::Lax)
        .with_secure(services.cookies.is_secure)
        .with_expiry(Expiry::OnInactivity(time::Duration::days(LIFETIME_DAYS)))
        .with_signed(key);
    (services.auth == Auth::Accounts).then_some(layer)
}

/// The OpenAPI document of the REST interface.
pub fn openapi_json() -> String {
    api::document().to_pretty_json().unwrap_or_default()
}

/// The AsyncAPI document of the socket.
pub fn asyncapi_json() -> String {
    docs::asyncapi::text().to_owned()
}

/// The response for an address that does not exist: problem JSON below `/api/`, a page for addresses that could be a page's, else plain
/// text.
async fn no_such_route(services: &Services, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        let detail = format!("there is nothing at {path}");
        Problem::new(Code::NoSuchRoute, detail).into_response()
    } else if page::is_wanted(request.method(), path) {
        page::render(services, request).await
    } else {
        (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response()
    }
}

/// The response for a method that a route does not have. The router adds the header `Allow`, which is also the answer to `OPTIONS`.
async fn method_not_allowed(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let detail =
        format!("{} does not support this method; the header Allow lists the methods that it supports", uri.path());
    Problem::new(Code::MethodNotAllowed, detail).into_response()
}
