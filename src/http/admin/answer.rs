//! Makes the responses of the administration pages.

use std::sync::Arc;

use app::{
    account::message::{self, Message},
    admin::Frame,
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::reader::Admin;
use crate::http::{
    Services,
    account::answer::{self, ErrorPage},
};

/// What a page says if a change could not be stored.
pub const UNAVAILABLE: &str = "The server cannot reach its database at the moment. Nothing was changed; try again.";

/// A response with a page, which shows the notice that was left for it.
pub fn page(admin: &Admin, frame: Frame) -> Response {
    let notice = frame.notice.clone().or_else(|| admin.take_flash());
    with_status(admin, Response::new(Body::empty()), Frame { notice, ..frame })
}

/// A response with a page whose form was refused.
pub fn refused(admin: &Admin, status: StatusCode, frame: Frame) -> Response {
    with_status(admin, status.into_response(), Frame { has_mistake: true, ..frame })
}

fn with_status(admin: &Admin, head: Response, frame: Frame) -> Response {
    let document = frame.document(admin.services.surroundings());
    let mut response = head.map(|_| Body::from(document));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Turns the error in a response into a page.
pub(super) fn with_errors(services: &Arc<Services>, mut response: Response) -> Response {
    match response.extensions_mut().remove::<ErrorPage>() {
        Some(ErrorPage { title, words, way, .. }) => {
            let page = message::page(Message { current_user: None, title, words, way });
            answer::with_page(services, response, page)
        }
        None => response,
    }
}
