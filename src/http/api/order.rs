//! The order of lists: what the parameter `order` names, with `-` before it for the reverse, and the page that follows a cursor.
//!
//! A cursor is the sort key of the last item of a page, and every key ends with an id, so that no two items have the same. Items that are
//! created, deleted or moved between two requests neither shift the others nor make them appear twice. Only an item whose own key
//! changes may appear twice or not at all.

use std::{cmp::Ordering, fmt};

use serde::{Serialize, de::DeserializeOwned};
use utoipa::openapi::{Object, ObjectBuilder, Type};

use super::cursor;
use crate::http::problem::Problem;

/// What a list may be sorted by.
pub trait By: Copy + PartialEq + 'static {
    /// Every choice with its name, the default first.
    const ALL: &'static [(&'static str, Self)];
    /// Whether the default is in descending order.
    const DEFAULT_DESCENDS: bool = false;
}

/// What to sort by, and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order<B> {
    /// What to sort by.
    pub by: B,
    descending: bool,
}

impl<B: By> Order<B> {
    /// Reads the parameter `order`.
    pub fn read(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(Self { by: B::ALL[0].1, descending: B::DEFAULT_DESCENDS }) };
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let by = B::ALL.iter().find(|(known, _)| *known == name).map(|(_, by)| Self { by: *by, descending });
        by.ok_or_else(|| {
            let names: Vec<&str> = B::ALL.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Problem::parameter("order", format!("expected one of {names}, or one of them with - before it"))
        })
    }

    /// Reads the parameter `cursor` for a list in this order. `fits` says whether the key is one of this order.
    pub fn cursor<K: DeserializeOwned>(
        self,
        list: &str,
        text: Option<&str>,
        fits: impl FnOnce(&K) -> bool,
    ) -> Result<Option<K>, Problem> {
        cursor::read(&self.name(list), text, fits)
    }

    /// The page after a key, and the `next` of the response.
    pub fn page<K: Ord + Serialize, T>(
        self,
        list: &str,
        mut items: Vec<(K, T)>,
        after: Option<&K>,
        limit: usize,
    ) -> (Vec<T>, Option<String>) {
        let compare = |a: &K, b: &K| if self.descending { b.cmp(a) } else { a.cmp(b) };
        items.retain(|(key, _)| after.is_none_or(|after| compare(key, after) == Ordering::Greater));
        let is_last = items.len() <= limit;
        if !is_last {
            // Only the items of the page have to be sorted.
            items.select_nth_unstable_by(limit, |a, b| compare(&a.0, &b.0));
            items.truncate(limit);
        }
        items.sort_unstable_by(|a, b| compare(&a.0, &b.0));
        let next = items.last().filter(|_| !is_last).map(|(key, _)| cursor::write(&self.name(list), key));
        (items.into_iter().map(|(_, item)| item).collect(), next)
    }

    /// The parameter, for OpenAPI.
    pub fn schema() -> Object {
        let names = B::ALL.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("-{name}")]);
        let names: Vec<String> = names.collect();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .default(Some(Self { by: B::ALL[0].1, descending: B::DEFAULT_DESCENDS }.to_string().into()))
            .enum_values(Some(names))
            .build()
    }

    /// The `next` of a response whose last item has this key.
    pub fn next(self, list: &str, key: &impl Serialize) -> String {
        cursor::write(&self.name(list), key)
    }

    /// Whether the last in the order is first.
    pub fn descends(self) -> bool {
        self.descending
    }

    /// The list to which the cursors of this order belong.
    fn name(self, list: &str) -> String {
        format!("{list} by {self}")
    }
}

impl<B: By> fmt::Display for Order<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = B::ALL.iter().find(|(_, by)| *by == self.by).map_or("", |(name, _)| name);
        write!(f, "{}{name}", if self.descending { "-" } else { "" })
    }
}
