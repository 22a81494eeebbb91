//! The documentation that the server serves: the interactive OpenAPI document, the catalogue of errors, and the socket with a console.
//!
//! - [`asyncapi`]: the AsyncAPI document of the socket.
//!
//! The library of the interactive document is one of the site's files, because the site's build compresses them. The scripts of our own
//! are small, and in every build.

pub mod asyncapi;

use std::sync::Arc;

use app::browse::{
    docs::{self, ErrorLine, Library, Message, SocketPage},
    json::{self, Json},
};
use axum::{
    Json as JsonBody, Router,
    extract::{Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::{API_ROOT, Services, browse, problem::Code};

/// The names of the library's files in the site.
const LIBRARY: [&str; 2] = ["swagger-ui.js", "swagger-ui.css"];

/// The paths of the routes.
pub const PATHS: [&str; 7] = [
    API_ROOT,
    "/api/v1/asyncapi.json",
    docs::PATH,
    docs::ERRORS,
    docs::SOCKET,
    docs::INTERACTIVE_SCRIPT,
    docs::CONSOLE_SCRIPT,
];

/// The routes.
pub fn routes() -> (Router<Arc<Services>>, impl Iterator<Item = (Method, String)>) {
    let router = Router::new()
        .route(PATHS[0], get(entry))
        .route(PATHS[1], get(asyncapi_document))
        .route(PATHS[2], get(interactive))
        .route(PATHS[3], get(errors))
        .route(PATHS[4], get(socket))
        .route(PATHS[5], get(async || script(include_str!("interactive.js"))))
        .route(PATHS[6], get(async || script(include_str!("console.js"))));
    (router, PATHS.into_iter().map(|path| (Method::GET, path.to_owned())))
}

/// What a program finds at the root of the interface. A browser gets the page of all addresses.
async fn entry() -> impl IntoResponse {
    JsonBody(json!({
        "documentation": docs::PATH,
        "openapi": format!("{API_ROOT}/openapi.json"),
        "asyncapi": PATHS[1],
    }))
}

async fn asyncapi_document() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
    (headers, asyncapi::text())
}

async fn interactive(State(services): State<Arc<Services>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let library = services.site.paths(LIBRARY).map(|[script, style]| Library { script, style });
    let html = docs::interactive(&browse::reader(&services, &parts), library, services.surroundings());
    with_scripts(browse::page(StatusCode::OK, html))
}

async fn errors(State(services): State<Arc<Services>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let line = |code: &Code| ErrorLine { status: code.status().as_u16(), code: code.as_str(), meaning: code.meaning() };
    let lines = Code::ALL.iter().map(line).collect();
    let html = docs::errors(&browse::reader(&services, &parts), lines, services.surroundings());
    browse::page(StatusCode::OK, html)
}

async fn socket(State(services): State<Arc<Services>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let document = asyncapi::document();
    let text = |names: &[&str]| document.at(names).and_then(Json::as_str).unwrap_or_default().to_owned();
    let (sent, received) = (messages(document, "receive"), messages(document, "send"));
    let examples = asyncapi::examples();
    let templates = examples.iter().filter(|(name, _)| sent.iter().any(|message| message.name == *name));
    let content = SocketPage {
        reader: browse::reader(&services, &parts),
        description: text(&["info", "description"]),
        templates: templates.map(|(name, example)| (name.clone(), example.indented())).collect(),
        sent,
        received,
    };
    with_scripts(browse::page(StatusCode::OK, docs::socket(content, services.surroundings())))
}

/// The messages of an operation of the document: `receive` or `send`, as the server sees it.
fn messages(document: &'static Json, operation: &str) -> Vec<Message> {
    let named = document.at(&["operations", operation, "messages"]).map(Json::items).unwrap_or_default();
    let names = named.iter().filter_map(|message| message.text("$ref")?.rsplit('/').next());
    let message = |name: &'static str| {
        let message = document.at(&["components", "messages", name])?;
        let name = message.text("name").unwrap_or(name);
        let payload = message.get("payload")?;
        let examples = message.get("examples").map(Json::items).unwrap_or_default();
        let examples = examples.iter().filter_map(|example| example.get("payload"));
        Some(Message {
            name: name.to_owned(),
            description: message.text("description").unwrap_or_default().to_owned(),
            fields: asyncapi::members(payload),
            examples: examples.map(|example| json::html(example, &|_, _| None)).collect(),
        })
    };
    names.filter_map(message).collect()
}

fn script(text: &'static str) -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}

/// The page may run the scripts of this server, which may connect to it.
fn with_scripts(mut response: Response) -> Response {
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
    );
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}
