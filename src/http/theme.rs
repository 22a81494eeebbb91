//! The theme of a browser: the cookie that remembers it, and the form that sets it.
//!
//! Every document says its theme, also one that refuses a request before any route has seen it. So the guard reads the cookie for all of them,
//! and whoever makes a document asks [`current`].

use std::sync::Arc;

use app::Theme;
use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, Uri, header::REFERER, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    Services,
    account::{self, answer::see, sign_in::way},
    cookies::{CookieNames, cookie},
};

/// How long a browser keeps the choice.
const LASTS: time::Duration = time::Duration::days(400);

tokio::task_local! {
    static CURRENT: Theme;
}

/// Answers a request in the theme of its browser.
pub async fn within<F: Future>(theme: Theme, answer: F) -> F::Output {
    CURRENT.scope(theme, answer).await
}

/// The theme of the browser whose request this task answers.
pub fn current() -> Theme {
    CURRENT.try_with(|theme| *theme).unwrap_or_default()
}

/// The theme that a request asks for.
pub fn chosen(names: &CookieNames, headers: &HeaderMap) -> Theme {
    cookie(headers, &names.theme).and_then(Theme::named).unwrap_or_default()
}

/// The fields of the form.
#[derive(Deserialize)]
pub struct ThemeForm {
    theme: String,
    /// The path to return to; without it, the page that the form was on.
    #[serde(default)]
    next: String,
}

/// `POST /theme`
pub async fn choose(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    form: Result<Form<ThemeForm>, FormRejection>,
) -> Response {
    let refuse = |status: StatusCode| {
        let words = "The theme is one of “system”, “light” and “dark”.".to_owned();
        account::tell(&services, status.into_response(), "There is no such theme", words)
    };
    let ThemeForm { theme, next } = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return refuse(rejection.status()),
    };
    let Some(theme) = Theme::named(&theme) else { return refuse(StatusCode::UNPROCESSABLE_ENTITY) };
    let mut response = match next.as_str() {
        "" => see(way(&here(&headers))),
        next => see(way(next)),
    };
    services.cookies.give(&mut response, &services.cookies.theme, theme.as_str(), LASTS);
    response
}

/// The path of the page that a request came from. Only the path counts, because only this server's own pages may post here.
fn here(headers: &HeaderMap) -> String {
    let address = headers.get(REFERER).and_then(|address| address.to_str().ok()?.parse::<Uri>().ok());
    address.as_ref().and_then(Uri::path_and_query).map_or("/", PathAndQuery::as_str).to_owned()
}
