//! Lists, page by page: how many at a time, and where to go on.
//!
//! A cursor is the sort key of the last item of a page, in a form that nobody is tempted to make up.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::http::problem::Problem;

const MAX_LIMIT: usize = 500;
const DEFAULT_LIMIT: usize = 100;

/// How many items a page has at most.
pub fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::parameter("limit", format!("must be from 1 to {MAX_LIMIT}")))
    }
}

/// What to answer as `next`.
pub fn write(key: &impl Serialize) -> String {
    // Keys are plain data, which does not fail.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// What came back as `cursor`. `fits` says whether it belongs to the question that is asked.
pub fn read<K: DeserializeOwned>(text: Option<&str>, fits: impl FnOnce(&K) -> bool) -> Result<Option<K>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let key = URL_SAFE_NO_PAD.decode(text).ok().and_then(|json| serde_json::from_slice(&json).ok()).filter(fits);
    key.map(Some).ok_or_else(|| Problem::parameter("cursor", "is not the `next` of an answer to the same question"))
}
