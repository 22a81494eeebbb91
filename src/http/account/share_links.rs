//! Share links: access to one board, for reading only.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header::REFERRER_POLICY},
    response::{IntoResponse, Response},
};

use super::answer::{ErrorPage, see};
use crate::{
    accounts::AccountError,
    credentials::Credentials,
    http::{Services, cookies::cookie, request_auth::MAX_LINKS},
    secret::SecretHash,
    store::Rights,
};

/// How long a browser remembers its links after one was last followed.
const LASTS: time::Duration = time::Duration::days(30);

/// `GET /share/{secret}`: stores the link in the browser and redirects to its board.
pub async fn follow(State(services): State<Arc<Services>>, Path(secret): Path<String>, headers: HeaderMap) -> Response {
    let mut response = match board(&services, &secret).await {
        Ok(path) => {
            let mut response = see(&path);
            let cookies = &services.cookies;
            let links = with(&services, &secret, cookie(&headers, &cookies.links).unwrap_or_default());
            cookies.give(&mut response, &cookies.links, &links, LASTS);
            response
        }
        Err(error) => ErrorPage::from(error).into_response(),
    };
    // There is no form here, so unlike other account pages this one can withhold even its origin.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The path of the board that a link leads to.
async fn board(services: &Services, secret: &str) -> Result<String, AccountError> {
    let hash = SecretHash::of(secret);
    let id = services.store.directory().linked_board(&hash).ok_or(AccountError::DeadLink)?;
    let board = services.store.board(id).await?.filter(|board| board.exists()).ok_or(AccountError::DeadLink)?;
    // The link is checked alone. Otherwise the check would also pass if the reader may see the board in another way.
    let mut rights = Rights::new(&services.store, Credentials { links: vec![hash], ..Credentials::stranger() });
    match rights.let_in(id, board.access()) {
        true => Ok(format!("/boards/{id}")),
        false => Err(AccountError::DeadLink),
    }
}

/// The cookie with a browser's links and one more: the newest first, and without links that have been revoked.
fn with(services: &Services, secret: &str, cookie: &str) -> String {
    let directory = services.store.directory();
    let works = |known: &&str| *known != secret && directory.linked_board(&SecretHash::of(known)).is_some();
    let known = cookie.split('.').filter(works);
    std::iter::once(secret).chain(known).take(MAX_LINKS).collect::<Vec<_>>().join(".")
}
