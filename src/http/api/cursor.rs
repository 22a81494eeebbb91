//! Pagination of lists: page size and cursor.
//!
//! A cursor is the sort key of the last item of a page. It is encoded, so that clients do not try to construct one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::http::problem::Problem;

const MAX_LIMIT: usize = 500;
const DEFAULT_LIMIT: usize = 100;

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// The maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<usize>,
    pub cursor: Option<String>,
    pub fields: Option<String>,
}

/// Checks the requested page size, or gives the default.
pub fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::parameter("limit", format!("expected a number from 1 to {MAX_LIMIT}")))
    }
}

/// A page of a list that is in memory, in the order of its keys: the items after the key, and the `next` of the response.
pub fn page<T, K: PartialOrd + Serialize>(
    list: &str,
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
    after: Option<&K>,
    limit: usize,
) -> (Vec<T>, Option<String>) {
    let mut rest = items.into_iter().skip_while(|item| after.is_some_and(|after| key(item) <= *after));
    let page: Vec<T> = rest.by_ref().take(limit).collect();
    let next = page.last().filter(|_| rest.next().is_some()).map(|last| write(list, &key(last)));
    (page, next)
}

/// The `next` of a response: the cursor for a key of a list.
pub fn write(list: &str, key: &impl Serialize) -> String {
    // Keys are plain data, which always serializes.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(list, key)).unwrap_or_default())
}

/// Reads the `cursor` of a request for a list: that of another list, or of another order, is refused. `fits` says whether the key has the
/// right form.
pub fn read<K: DeserializeOwned>(
    list: &str,
    text: Option<&str>,
    fits: impl FnOnce(&K) -> bool,
) -> Result<Option<K>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let cursor = URL_SAFE_NO_PAD.decode(text).ok().and_then(|json| serde_json::from_slice::<(String, K)>(&json).ok());
    let key = cursor.filter(|(of, key)| of == list && fits(key)).map(|(_, key)| key);
    key.map(Some).ok_or_else(|| Problem::parameter("cursor", "expected the `next` of a response to the same query"))
}
