//! Pagination of lists: page size and cursor.
//!
//! A cursor is the sort key of the last item of a page. It is encoded, so that clients do not try to construct one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::http::problem::Problem;

const MAX_LIMIT: usize = 500;
const DEFAULT_LIMIT: usize = 100;

/// Checks the requested page size, or gives the default.
pub fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::parameter("limit", format!("expected a number from 1 to {MAX_LIMIT}")))
    }
}

/// The `next` of a response: the cursor for a key.
pub fn write(key: &impl Serialize) -> String {
    // Keys are plain data, which always serializes.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Reads the `cursor` of a request. `fits` says whether the key belongs to the requested list and order.
pub fn read<K: DeserializeOwned>(text: Option<&str>, fits: impl FnOnce(&K) -> bool) -> Result<Option<K>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let key = URL_SAFE_NO_PAD.decode(text).ok().and_then(|json| serde_json::from_slice(&json).ok()).filter(fits);
    key.map(Some).ok_or_else(|| Problem::parameter("cursor", "expected the `next` of a response to the same query"))
}
