//! Requests that are refused before any route sees them. Programs get problem JSON. People who sent a form or asked for a page get a
//! page with words: what they typed is gone from their screen, so they must learn why, and what they can do.

use std::sync::Arc;

use app::text::sentence;
use axum::{
    extract::Request,
    http::header::{HOST, ORIGIN},
    response::{IntoResponse, Response},
};

use super::{
    Services, account, browse,
    limits::MAX_BODY_BYTES,
    page,
    problem::{Code, Problem},
};

/// What the form of a refusal depends on: kept from the request, which the handler consumes.
pub struct Asked {
    wants_page: bool,
    /// The path, if it is one of REST.
    rest: Option<String>,
    origin: Option<String>,
    host: String,
}

/// Whether a request is a form of a page that is not called by the program in a page. Pages have no other answer than pages, also for those
/// who do not say that they accept them.
fn is_form_of_page(request: &Request) -> bool {
    browse::is_urlencoded(request.headers()) && !request.uri().path().starts_with("/forms/")
}

impl Asked {
    /// Collects this from a request.
    pub fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let rest = path.starts_with("/api/").then(|| path.to_owned());
        let wants_page = match rest {
            Some(_) => browse::is_wanted(request),
            None => page::accepts_html(request.headers()) || is_form_of_page(request),
        };
        if !wants_page {
            return Self { wants_page, rest, origin: None, host: String::new() };
        }
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (origin, host) = (header(ORIGIN).filter(|origin| origin != "null"), header(HOST).unwrap_or_default());
        Self { wants_page, rest, origin, host }
    }

    /// The response that refuses the request.
    pub fn refuse(&self, services: &Arc<Services>, problem: Problem) -> Response {
        if !self.wants_page {
            return problem.into_response();
        }
        let (title, words) = match problem.code() {
            Code::CrossSite => ("The form was refused", self.about_its_origin()),
            Code::TooLarge => (
                "Too large",
                format!(
                    "What you sent is larger than {} KB, the maximum, and nothing of it was saved. Go back, shorten it, and \
                     send it again.",
                    MAX_BODY_BYTES / 1024
                ),
            ),
            Code::UnknownHost => (
                "Unknown host name",
                format!(
                    "This server does not know the name {}. If it is correct, the administrator has to start the server \
                     with --public-url and the address that your browser shows.",
                    self.host
                ),
            ),
            Code::Internal => (
                "That did not work",
                "There was an error in the server. The administrator of the server finds it in the log.".to_owned(),
            ),
            _ => ("That did not work", sentence(problem.detail())),
        };
        match &self.rest {
            Some(path) => browse::refused(services, path, title, words, &problem),
            None => account::tell(services, problem.head(), title, words),
        }
    }

    fn about_its_origin(&self) -> String {
        let Some(origin) = &self.origin else {
            return "Your browser did not tell which page the form was on (the header Origin). It may have been a page of another \
                    site, so nothing was changed. A setting or an extension for privacy may be the reason; try again without it."
                .to_owned();
        };
        format!(
            "Your browser says that the form was on a page of {origin}, and the name of this server is {}. It may have been a \
             page of another site, so nothing was changed. If {origin} is the address of this server, a proxy in front of it \
             changes the name: the administrator has to start the server with --public-url {origin}.",
            self.host
        )
    }
}
