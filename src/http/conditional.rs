//! Conditional requests: `If-Match` and `If-None-Match` name the state that the client has.

use app::model::Seq;
use axum::http::{
    HeaderMap, HeaderName,
    header::{IF_MATCH, IF_NONE_MATCH},
};

use super::problem::Problem;

/// Whether the client already has the state with this number, so that a 304 is enough.
pub fn is_known(headers: &HeaderMap, seq: Seq) -> bool {
    tags(headers, &IF_NONE_MATCH).any(|tag| tag == "*" || number(tag) == Some(seq))
}

/// The highest number in `If-Match`. `None` without the header, or if it only requires that something exists (`*`).
pub fn base(headers: &HeaderMap) -> Result<Option<Seq>, Problem> {
    let mut newest = None;
    for tag in tags(headers, &IF_MATCH).filter(|tag| *tag != "*") {
        match number(tag) {
            Some(seq) => newest = newest.max(Some(seq)),
            None => return Err(Problem::parameter("If-Match", "expected an ETag of this server, such as \"12\"")),
        }
    }
    Ok(newest)
}

fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter();
    values.flat_map(|value| value.to_str().unwrap_or("?").split(',')).map(str::trim)
}

/// A compressing proxy turns `"12"` into `W/"12"`; both mean the same number.
fn number(tag: &str) -> Option<Seq> {
    tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn what_is_known_is_the_number_in_quotes() {
        assert!(is_known(&headers(IF_NONE_MATCH, "\"3\", W/\"12\""), 12));
        assert!(is_known(&headers(IF_NONE_MATCH, "*"), 12));
        assert!(!is_known(&headers(IF_NONE_MATCH, "\"abc\""), 12));
        assert!(!is_known(&HeaderMap::new(), 12));
    }

    #[test]
    fn the_newest_number_is_the_base() {
        assert_eq!(base(&HeaderMap::new()).unwrap(), None);
        assert_eq!(base(&headers(IF_MATCH, "*")).unwrap(), None);
        assert_eq!(base(&headers(IF_MATCH, "\"3\", \"12\"")).unwrap(), Some(12));
        assert!(base(&headers(IF_MATCH, "12")).is_err());
        assert!(base(&headers(IF_MATCH, "\"x\"")).is_err());
    }
}
