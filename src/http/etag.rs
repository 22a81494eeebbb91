//! Entity tags. The tag of a task is the number of its newest change; that of a board is the number of the board's newest change. So
//! `If-Match` carries the same base as an edit in the page.

use app::model::Seq;
use axum::http::HeaderValue;

/// The entity tag for the number of the newest change.
pub fn etag(seq: Seq) -> HeaderValue {
    // Digits between quotes are always a valid header.
    HeaderValue::try_from(format!("\"{seq}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_number_in_quotes() {
        assert_eq!(etag(12), "\"12\"");
    }
}
