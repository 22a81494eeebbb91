//! Pages, rendered by Leptos, and the server functions behind them.
//!
//! The `app` crate knows neither the database nor the hub; here it is handed what it needs. Every page gets a policy of
//! its own (CSP), with a nonce that only its own scripts carry.

use std::sync::Arc;

use app::{
    App,
    backend::{Backend, BackendError, BackendFuture},
    board::BoardState,
    history::{Deed, Event, Older, Page},
    id::{BoardId, TaskId},
    model::{BoardSummary, Seq},
    mutation::{Mutation, Refusal, Thing},
};
use axum::{
    RequestExt, Router,
    extract::Request,
    handler::Handler,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION},
    },
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use leptos::{config::LeptosOptions, context::provide_context, nonce::use_nonce, prelude::use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, handle_server_fns_with_context};

use super::Services;
use crate::{
    store::{Entries, Store, StoreError},
    writer::{WriteError, Writer},
};

/// How much of a history is read at a time.
const EVENTS: usize = 50;

/// The pages and the server functions.
pub fn routes<S>(services: &Services) -> Router<S> {
    let options = services.leptos.clone();
    let context = context(services);
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
    // Leptos would mount the server functions once more, each under its path; those are here already.
    let server_functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let (listed, _) = leptos_axum::generate_route_list_with_exclusions_and_ssg(App, Some(server_functions));
    router.leptos_routes_with_context(&options, listed, context, shell).with_state(options)
}

/// Answers with the page that the app shows at this address; where it has none, it says so and sets the status.
pub async fn render(services: &Services, request: Request) -> Response {
    let options = services.leptos.clone();
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let render = leptos_axum::render_app_async_with_context(context(services), shell);
    render.call(request, options).await
}

/// Whether a request may be for a page, as opposed to a file or data.
pub fn is_wanted(method: &Method, path: &str) -> bool {
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    matches!(*method, Method::GET | Method::HEAD) && !is_file
}

async fn server_function(context: impl Fn() + Clone + Send + 'static, request: Request) -> Response {
    let is_form = accepts_html(request.headers());
    // Leptos reads whatever comes, unless it is bounded before.
    let mut response = handle_server_fns_with_context(context, request.with_limited_body()).await.into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_form {
        // A form ends on a page: where it was told to, where it came from, or, if the browser does not say, at the start.
        // (Leptos takes its own errors out of the address it goes back to, and leaves the question mark.)
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok()).unwrap_or("/");
        let location = HeaderValue::from_str(location.trim_end_matches('?')).unwrap_or(HeaderValue::from_static("/"));
        headers.insert(LOCATION, location);
        *response.status_mut() = StatusCode::SEE_OTHER;
    } else if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        // The functions say themselves what went wrong in them; this is Leptos's word for what it could not read.
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|kinds| kinds.contains("text/html"))
}

/// What every page and every server function finds in its context.
fn context(services: &Services) -> impl Fn() + Clone + Send + Sync + 'static {
    let backend: Arc<dyn Backend> = Arc::new(Local { store: services.store.clone(), writer: services.writer.clone() });
    let reload = std::env::var_os("LEPTOS_WATCH").map(|_| services.leptos.reload_port);
    move || {
        provide_context(Arc::clone(&backend));
        let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else { return };
        if let Ok(policy) = HeaderValue::try_from(policy(&nonce, reload)) {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
        // A page shows a board as it is now.
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// What a page may load. `reload` is the port of `cargo leptos watch`.
fn policy(nonce: &str, reload: Option<u32>) -> String {
    let reload = reload.map(|port| format!(" ws://localhost:{port} ws://127.0.0.1:{port}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         manifest-src 'self'; connect-src 'self'{reload}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
         object-src 'none'"
    )
}

/// The pages' way to the data of this process.
struct Local {
    store: Store,
    writer: Writer,
}

impl Backend for Local {
    fn boards(&self) -> BackendFuture<'_, Vec<BoardSummary>> {
        Box::pin(async { self.store.boards().await.map_err(unreadable) })
    }

    fn board(&self, id: BoardId) -> BackendFuture<'_, Option<Arc<BoardState>>> {
        Box::pin(async move { self.store.board(id).await.map_err(unreadable) })
    }

    fn history(&self, board: BoardId, task: Option<TaskId>, before: Option<Seq>) -> BackendFuture<'_, Page> {
        Box::pin(async move {
            let state = self.store.board(board).await.map_err(unreadable)?.filter(|state| state.exists());
            let state = state.ok_or(Refusal::not_found(Thing::Board))?;
            if task.is_some_and(|task| state.task(task).is_none()) {
                return Err(Refusal::not_found(Thing::Task).into());
            }
            let found = match task {
                Some(task) => self.store.task_history(task, before, EVENTS).await,
                None => self.store.newest_changes(board, before, EVENTS).await,
            };
            let Entries { entries, more } = found.map_err(unreadable)?;
            let events = entries.iter().map(|entry| entry.event(&state)).collect::<Result<Vec<_>, _>>();
            let events = events.map_err(unreadable)?;
            let is_first = |event: &Event| match task {
                Some(_) => matches!(event.told.deeds[..], [Deed::Created(_)]),
                None => event.seq == 1,
            };
            let older = match events.last() {
                _ if more => Older::More,
                Some(oldest) if is_first(oldest) => Older::Nothing,
                _ => Older::Forgotten,
            };
            Ok(Page { events, older })
        })
    }

    fn write(&self, board: BoardId, mutation: Mutation) -> BackendFuture<'_, Seq> {
        Box::pin(async move {
            match self.writer.write(board, mutation, None).await {
                Ok(accepted) => Ok(accepted.seq),
                Err(WriteError::Refused(refusal)) => Err(refusal.into()),
                // The writer has logged why.
                Err(WriteError::Unavailable(_)) => Err(BackendError::Unavailable),
            }
        })
    }
}

fn unreadable(error: StoreError) -> BackendError {
    tracing::error!(%error, "a page could not read the database");
    BackendError::Unavailable
}
