//! What the tables of the administration have in common: sort and cursor from an address, filters by time, files, and the way back.

use std::{future::Future, sync::Arc};

use app::{account::Mistake, id::ActorId, people::Person, time::Timestamp};
use axum::{http::StatusCode, response::Response};

use super::{csv, reader::Admin, tasks::person_of};
use crate::{
    accounts::AccountError,
    http::{account::answer::ErrorPage, api::cursor},
    store::{
        Directory, Store, StoreError,
        tables::{Direction, Key, Rows, Slice},
    },
};

/// How many rows a page has.
pub const ROWS: usize = 50;
/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What an address says about the order of a table, and where the page begins.
pub struct Place<'a> {
    /// The path of the table.
    pub path: &'static str,
    /// The chosen order, such as `-changed`; empty for the default.
    pub sort: &'a str,
    /// The order if none is chosen.
    pub default: &'static str,
    /// The cursor; empty for the first page.
    pub after: &'a str,
}

impl Place<'_> {
    /// The part of the table. An order that does not exist, and a cursor of another table or order, are ignored, because people edit
    /// addresses by hand.
    pub fn slice<Order: Copy, const N: usize>(&self, orders: &[(&str, Order); N], limit: usize) -> Slice<Order> {
        const { assert!(N > 0) };
        let find = |sort: &str| {
            let (name, direction) = match sort.strip_prefix('-') {
                Some(name) => (name, Direction::Descending),
                None => (sort, Direction::Ascending),
            };
            orders.iter().find(|(known, _)| *known == name).map(|(_, order)| (*order, direction))
        };
        let first = || (orders[0].1, Direction::Ascending);
        let (order, direction) = find(self.sort).or_else(|| find(self.default)).unwrap_or_else(first);
        let after = cursor::read::<Key>(&self.list(), Some(self.after), |_| true).ok().flatten();
        Slice { order, direction, after, limit }
    }

    /// The cursor for the rows after a key.
    pub fn next(&self, key: Option<Key>) -> Option<String> {
        key.map(|key| cursor::write(&self.list(), &key))
    }

    /// The list to which the cursors belong.
    fn list(&self) -> String {
        format!("{} by {}", self.path, self.sort)
    }
}

/// The time some days before another, for filters.
pub fn days_before(now: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_sub(days.saturating_mul(DAY)))
}

/// The time an hour before another, for filters.
pub fn hour_before(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_sub(DAY / 24))
}

/// A table as a file. `read` returns the rows after a key, as fields of the file.
pub fn file<F>(
    admin: Admin,
    name: &'static str,
    headings: &'static [&'static str],
    read: impl Fn(Store, Option<Key>) -> F + Send + Sync + 'static,
) -> Response
where
    F: Future<Output = Result<Rows<Vec<String>>, StoreError>> + Send + 'static,
{
    let admin = Arc::new(admin);
    let read = move |after| {
        let (admin, rows) = (Arc::clone(&admin), read(admin.services.store.clone(), after));
        async move {
            match admin.principal().may_administer() {
                true => Some(rows.await),
                false => None,
            }
        }
    };
    csv::file(name, headings, read, Vec::clone)
}

/// The rows of a page, each made into something else.
pub fn mapped<T, U>(Rows { rows, next }: Rows<T>, make: impl FnMut(T) -> U) -> Rows<U> {
    Rows { rows: rows.into_iter().map(make).collect(), next }
}

/// A time as a field of a file.
pub fn field(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

/// The name of a person as a field of a file.
pub fn name(directory: &Directory, person: ActorId) -> String {
    directory.account(person).map_or_else(|| person.to_string(), |account| account.name.clone())
}

/// The person whose rows an address asks for, if it names one.
pub fn only_of(directory: &Directory, person: &str) -> Option<Person> {
    person.parse().ok().map(|person| person_of(directory, person))
}

/// The address to which an action returns: a view of the table, or another administration page. Anything else leads to the table.
pub fn back(path: &'static str, back: &str) -> String {
    let is_plain = back.bytes().all(|byte| byte.is_ascii_graphic());
    match back {
        query if is_plain && query.starts_with('?') => format!("{path}{query}"),
        page if is_plain && page.starts_with("/admin/") => page.to_owned(),
        _ => path.to_owned(),
    }
}

/// The error of an action on accounts, as a page: the thing is gone, or the reader may not do that.
pub fn refused(error: AccountError) -> ErrorPage {
    match error {
        AccountError::NotFound(_) => {
            let words =
                "It is gone already: somebody else was quicker, or it has ended by itself. Nothing was changed.";
            ErrorPage::new(StatusCode::NOT_FOUND, "There is nothing here", words)
        }
        error => error.into(),
    }
}

/// A mistake that is about a whole form.
pub fn mistake(words: impl Into<String>) -> Mistake {
    Mistake { field: None, words: words.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_returns_to_these_pages_only() {
        assert_eq!(back("/admin/tokens", "?scope=read&sort=-used"), "/admin/tokens?scope=read&sort=-used");
        assert_eq!(back("/admin/tokens", "/admin/people/1"), "/admin/people/1");
        for foreign in ["", "//example.com", "https://example.com", "/people", "?a b", "?a\r\nx: y", "javascript:1"] {
            assert_eq!(back("/admin/tokens", foreign), "/admin/tokens", "{foreign:?}");
        }
    }

    #[test]
    fn an_unknown_order_is_the_default_one() {
        let place = |sort| Place { path: "/admin/x", sort, default: "-b", after: "" };
        let orders = [("a", 1), ("b", 2)];
        let of = |sort| {
            let slice = place(sort).slice(&orders, 9);
            (slice.order, slice.direction)
        };
        assert_eq!(of("a"), (1, Direction::Ascending));
        assert_eq!(of("-a"), (1, Direction::Descending));
        assert_eq!(of(""), (2, Direction::Descending));
        assert_eq!(of("c; DROP TABLE x"), (2, Direction::Descending));
    }
}
