//! The filters, the order and the length of a list, as they stand in its address. So a list can be shared as a link, and works as a plain
//! form without JavaScript.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::{
    board::{Sort, Wanted},
    id::{BoardId, TaskId},
    label::{LabelFilter, LabelMatch},
};

/// How many rows are drawn at first, and how many more at a time.
pub const ROWS: usize = 50;

/// The query of a list: `?view=list&q=tea&column={id}&completed=false&assignee={id}&label={id}&label={id}&labels=all&sort=due&rows=200`.
/// All but `view` may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// The filters and the order.
    pub wanted: Wanted,
    /// How many rows are drawn.
    pub rows: usize,
}

impl ListQuery {
    /// The query of the current page.
    pub fn of_page() -> Memo<Self> {
        let query = use_query_map();
        Memo::new(move |_| Self::read(&query.read()))
    }

    /// Parses a query. Invalid parts of it are ignored.
    pub fn read(query: &ParamsMap) -> Self {
        Self {
            wanted: Wanted {
                text: query.get("q").unwrap_or_default(),
                column: query.get("column").and_then(|id| id.parse().ok()),
                completed: query.get("completed").and_then(|completed| completed.parse().ok()),
                assignee: query.get("assignee").and_then(|id| id.parse().ok()),
                labels: LabelFilter {
                    labels: query.get_all("label").into_iter().flatten().filter_map(|id| id.parse().ok()).collect(),
                    by: query.get("labels").and_then(|by| LabelMatch::parse(&by)).unwrap_or_default(),
                },
                sort: query.get("sort").and_then(|sort| Sort::parse(&sort)).unwrap_or_default(),
            },
            rows: query.get("rows").and_then(|rows| rows.parse().ok()).unwrap_or(ROWS).max(ROWS),
        }
    }

    /// The address of the list.
    pub fn path(&self, board: BoardId) -> String {
        format!("/boards/{board}{}", self.query())
    }

    /// The address of a task, opened over the list.
    pub fn task_path(&self, board: BoardId, task: TaskId) -> String {
        format!("/boards/{board}/tasks/{task}{}", self.query())
    }

    /// The query string, from the question mark on.
    pub fn query(&self) -> String {
        let Self { wanted, rows } = self;
        let mut query = ParamsMap::new();
        query.insert("view", "list".to_owned());
        if !wanted.text.trim().is_empty() {
            query.insert("q", wanted.text.clone());
        }
        if let Some(column) = wanted.column {
            query.insert("column", column.to_string());
        }
        if let Some(completed) = wanted.completed {
            query.insert("completed", completed.to_string());
        }
        if let Some(person) = wanted.assignee {
            query.insert("assignee", person.to_string());
        }
        for label in &wanted.labels.labels {
            query.insert("label", label.to_string());
        }
        if !wanted.labels.by.is_default() {
            query.insert("labels", wanted.labels.by.as_str().to_owned());
        }
        if wanted.sort != Sort::default() {
            query.insert("sort", wanted.sort.as_str().to_owned());
        }
        if *rows > ROWS {
            query.insert("rows", rows.to_string());
        }
        query.to_query_string()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::{ActorId, ColumnId, LabelId};

    #[test]
    fn a_query_reads_back_as_what_it_was_made_of() {
        let column = Some(ColumnId(Uuid::from_u128(7)));
        let assignee = Some(ActorId(Uuid::from_u128(8)));
        let ids = [9, 10].map(|id| LabelId(Uuid::from_u128(id)));
        let labels = LabelFilter { labels: ids.to_vec(), by: LabelMatch::All };
        let wanted =
            Wanted { text: "tea".to_owned(), column, completed: Some(false), assignee, labels, sort: Sort::Due };
        let query = ListQuery { wanted, rows: 200 };
        let written = query.query();
        let pairs = written.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
        let read = ParamsMap::from_iter(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(ListQuery::read(&read), query);
        assert!(written.starts_with("?view=list&"), "{written}");
    }

    #[test]
    fn nonsense_is_passed_over() {
        let query = [("view", "list"), ("completed", "perhaps"), ("sort", "?"), ("rows", "-1"), ("column", "x")];
        let read =
            ListQuery::read(&ParamsMap::from_iter(query.map(|(name, value)| (name.to_owned(), value.to_owned()))));
        assert_eq!(read, ListQuery { wanted: Wanted::default(), rows: ROWS });
        assert_eq!(read.query(), "?view=list");
    }
}
