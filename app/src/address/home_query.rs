//! Which boards the home page lists, as it stands in its address.

use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::{id::BoardId, time::Timestamp};

/// Which boards the home page lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Those that are neither archived nor deleted.
    #[default]
    InUse,
    /// Those that are archived.
    Archived,
    /// The deleted boards that the reader may restore.
    Deleted,
}

impl Shown {
    /// The parameter of the address that asks for these boards.
    pub fn parameter(self) -> Option<&'static str> {
        match self {
            Self::InUse => None,
            Self::Archived => Some("archived"),
            Self::Deleted => Some("deleted"),
        }
    }
}

/// The query of the home page: `?archived=true&q=spring&before=1764320400000.{id}`. Each may be missing, and `deleted=true` may stand in place
/// of `archived=true`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HomeQuery {
    /// What is looked for in the names of boards.
    pub text: String,
    /// Only boards that are older than this one: when it was created (or deleted, among deleted boards), and its id.
    pub before: Option<(Timestamp, BoardId)>,
    /// Which boards it lists.
    pub shown: Shown,
}

impl HomeQuery {
    /// Reads a query. What makes no sense in it is passed over.
    pub fn read(query: &ParamsMap) -> Self {
        Self {
            text: query.get("q").unwrap_or_default(),
            before: query.get("before").as_deref().and_then(Self::parse_before),
            shown: [Shown::Archived, Shown::Deleted]
                .into_iter()
                .find(|shown| shown.parameter().is_some_and(|name| query.get(name).as_deref() == Some("true")))
                .unwrap_or_default(),
        }
    }

    /// Reads [`Self::before`] as it stands in an address.
    pub fn parse_before(text: &str) -> Option<(Timestamp, BoardId)> {
        let (millis, id) = text.split_once('.')?;
        Some((Timestamp::from_millis(millis.parse().ok()?), id.parse().ok()?))
    }

    /// [`Self::before`] as it stands in an address.
    pub fn before_text(&self) -> Option<String> {
        self.before.map(|(created_at, id)| format!("{}.{id}", created_at.as_millis()))
    }

    /// Whether it asks for the newest boards in use.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it asks for the newest boards of its kind.
    pub fn is_whole_list(&self) -> bool {
        *self == Self::of(self.shown)
    }

    /// The query for the newest boards of one kind.
    pub fn of(shown: Shown) -> Self {
        Self { shown, ..Self::default() }
    }

    /// The address of the page.
    pub fn path(&self) -> String {
        let mut query = ParamsMap::new();
        if let Some(name) = self.shown.parameter() {
            query.insert(name, "true".to_owned());
        }
        if !self.text.is_empty() {
            query.insert("q", self.text.clone());
        }
        if let Some(before) = self.before_text() {
            query.insert("before", before);
        }
        format!("/{}", query.to_query_string())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_query_reads_back_as_what_it_was_made_of() {
        let before = Some((Timestamp::from_millis(1_764_320_400_000), BoardId(Uuid::from_u128(7))));
        let query = HomeQuery { text: "tea".to_owned(), before, shown: Shown::Archived };
        let path = query.path();
        let pairs = path.trim_start_matches("/?").split('&').filter_map(|pair| pair.split_once('='));
        let read = ParamsMap::from_iter(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(HomeQuery::read(&read), query, "{path}");
        assert_eq!(HomeQuery::default().path(), "/");
        assert_eq!(HomeQuery::of(Shown::Deleted).path(), "/?deleted=true");
        let nonsense = ParamsMap::from_iter([("before".to_owned(), "yesterday".to_owned())]);
        assert!(HomeQuery::read(&nonsense).is_default());
    }
}
