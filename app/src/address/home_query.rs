//! Which boards the home page lists, as it stands in its address.

use leptos_router::params::ParamsMap;

use crate::{id::BoardId, time::Timestamp};

/// The query of the home page: `?archived=true&q=spring&before=1764320400000.{id}`. Each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HomeQuery {
    /// What is looked for in the names of boards.
    pub text: String,
    /// Only boards that are older than this one: when it was created, and its id.
    pub before: Option<(Timestamp, BoardId)>,
    /// Whether it lists the archived boards, instead of those that are not archived.
    pub archived: bool,
}

impl HomeQuery {
    /// Reads a query. What makes no sense in it is passed over.
    pub fn read(query: &ParamsMap) -> Self {
        Self {
            text: query.get("q").unwrap_or_default(),
            before: query.get("before").as_deref().and_then(Self::parse_before),
            archived: query.get("archived").as_deref() == Some("true"),
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

    /// Whether it asks for the newest boards that are not archived.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it asks for the newest archived boards.
    pub fn is_all_archived(&self) -> bool {
        *self == Self { archived: true, ..Self::default() }
    }

    /// The address of the page.
    pub fn path(&self) -> String {
        let mut query = ParamsMap::new();
        if self.archived {
            query.insert("archived", "true".to_owned());
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
        let query = HomeQuery { text: "tea".to_owned(), before, archived: true };
        let path = query.path();
        let pairs = path.trim_start_matches("/?").split('&').filter_map(|pair| pair.split_once('='));
        let read = ParamsMap::from_iter(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(HomeQuery::read(&read), query, "{path}");
        assert_eq!(HomeQuery::default().path(), "/");
        let nonsense = ParamsMap::from_iter([("before".to_owned(), "yesterday".to_owned())]);
        assert!(HomeQuery::read(&nonsense).is_default());
    }
}
