//! What the tables of the administration have in common: a table says what its columns, filters and orders are ([`Listed`]), and everything
//! else is done here: the address, the page, the file, the views with their counts, and narrowing down by date. And the way back to a table.

use std::{collections::HashMap, future::Future, str::FromStr, sync::Arc};

use app::{
    account::Mistake,
    admin::{
        Frame,
        dates::{self, Dates, Period},
        parts::Listing,
        table::Query,
    },
    id::ActorId,
    people::{Person, called},
    time::Timestamp,
};
use axum::{http::StatusCode, response::Response};
use uuid::Uuid;

use super::{answer, csv, reader::Admin};
use crate::{
    accounts::AccountError,
    clock,
    http::{
        Services,
        account::{answer::ErrorPage, form::Asked},
        api::cursor,
    },
    store::{
        Directory, Store, StoreError,
        tables::{Direction, Key, MOST_COUNTED, Rows, Slice, Span},
    },
};

/// How many rows a page has.
pub const ROWS: usize = 50;
/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Views that a table offers as links: their labels, and the parameters with their values.
pub type Views = &'static [(&'static str, &'static [(&'static str, &'static str)])];

/// The time by which a table is narrowed down: what happened then, the order by it, and the time of a row.
pub type Dated<T> = (&'static str, <T as Listed>::Order, fn(&<T as Listed>::Row) -> Timestamp);

/// A table of the administration. [`show`] answers requests for it.
pub trait Listed: 'static {
    /// The path of its page.
    const PATH: &'static str;
    /// The name of its file, and of its export in the audit log.
    const NAME: &'static str;
    /// The parameters of its address that filter it. Every table also has `sort`, `after` and `format`, and `on` if it is [dated](Self::DATED).
    const PARAMETERS: &'static [&'static str];
    /// The order if none is chosen, as a value of `sort`.
    const DEFAULT_SORT: &'static str;
    /// The orders with their names in `sort`.
    const ORDERS: &'static [(&'static str, Self::Order)];
    /// The headings of its file.
    const HEADINGS: &'static [&'static str];
    /// Whether it is about accounts, which not every server has.
    const NEEDS_ACCOUNTS: bool = true;
    /// The views of which rows are counted.
    const VIEWS: Views = &[];
    /// The time by which it can be narrowed down.
    const DATED: Option<Dated<Self>> = None;

    /// What it is sorted by.
    type Order: Copy + Send + Sync + 'static;
    /// Which rows are wanted.
    type Filter: Clone + Send + Sync + 'static;
    /// A row as it is stored.
    type Row: Send + 'static;

    /// The filter of an address. What it names is read by [`named`]; other values that mean nothing are ignored, because people edit addresses by
    /// hand.
    fn filter(query: &Query, now: Timestamp) -> Self::Filter;

    /// The filter for everything that any filter finds.
    fn everything(now: Timestamp) -> Self::Filter {
        Self::filter(&Query::default(), now)
    }

    /// Reads a part of the rows.
    fn rows(
        store: &Store,
        filter: &Self::Filter,
        slice: Slice<Self::Order>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Rows<Self::Row>, StoreError>> + Send;

    /// Counts the rows, up to one more than [`MOST_COUNTED`].
    fn count(
        store: &Store,
        filter: &Self::Filter,
        now: Timestamp,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// A row as fields of the file.
    fn record(services: &Services, directory: &Directory, row: Self::Row) -> Vec<String>;

    /// The page.
    fn page(admin: &Admin, directory: &Directory, listing: Listing<Self::Row>) -> Frame;
}

/// `GET` of the page of a table, or of its file.
pub async fn show<T: Listed>(
    admin: Admin,
    Asked(asked): Asked<HashMap<String, String>>,
) -> Result<Response, ErrorPage> {
    const { assert!(!T::ORDERS.is_empty(), "a table has an order") };
    if T::NEEDS_ACCOUNTS {
        admin.require_accounts()?;
    }
    let given = |name: &str| asked.get(name).map_or("", |value| value.trim());
    let dated = T::DATED.map(|_| dates::PARAMETER);
    let names = T::PARAMETERS.iter().copied().chain(dated).chain(["sort", "after"]);
    let query = names.fold(Query::default(), |query, name| query.with(name, given(name)));
    if given("format") == "csv" {
        let now = clock::now();
        let (filter, slice) = (T::filter(&query, now), place::<T>(&query).slice(T::ORDERS, csv::ROWS_AT_A_TIME));
        let services = Arc::clone(&admin.services);
        let read = move |store: Store, after| {
            let (filter, slice, services) = (filter.clone(), Slice { after, ..slice.clone() }, Arc::clone(&services));
            async move {
                let rows = T::rows(&store, &filter, slice, now).await?;
                let directory = store.directory();
                Ok(mapped(rows, |row| T::record(&services, &directory, row)))
            }
        };
        return Ok(file(admin, T::NAME, T::HEADINGS, read));
    }
    let listing = listing::<T>(&admin, query).await?;
    let frame = T::page(&admin, &admin.services.store.directory(), listing);
    Ok(answer::page(&admin, frame))
}

/// The data of a table's page.
pub async fn listing<T: Listed>(admin: &Admin, query: Query) -> Result<Listing<T::Row>, StoreError> {
    let now = clock::now();
    let filter = T::filter(&query, now);
    let place = place::<T>(&query);
    let store = &admin.services.store;
    let Rows { rows, next } = T::rows(store, &filter, place.slice(T::ORDERS, ROWS), now).await?;
    let mut counts = Vec::with_capacity(T::VIEWS.len());
    for (_, parameters) in T::VIEWS {
        let view = parameters.iter().fold(Query::default(), |query, (name, value)| query.with(name, *value));
        counts.push(T::count(store, &T::filter(&view, now), now).await?);
    }
    Ok(Listing {
        reader: admin.reader(),
        matches: T::count(store, &filter, now).await?,
        most: MOST_COUNTED,
        next: place.next(next),
        dates: dates_of::<T>(store, &query, now).await?,
        query,
        rows,
        counts,
        now,
    })
}

fn place<T: Listed>(query: &Query) -> Place<'_> {
    Place { path: T::PATH, sort: query.get("sort"), default: T::DEFAULT_SORT, after: query.get("after") }
}

/// The periods by which a table can be narrowed down; `None` if it has no rows.
async fn dates_of<T: Listed>(store: &Store, query: &Query, now: Timestamp) -> Result<Option<Dates>, StoreError> {
    let Some((label, order, time)) = T::DATED else { return Ok(None) };
    let everything = T::everything(now);
    let first = |direction| Slice { order, direction, after: None, limit: 1 };
    let oldest = T::rows(store, &everything, first(Direction::Ascending), now).await?.rows.first().map(time);
    let newest = T::rows(store, &everything, first(Direction::Descending), now).await?.rows.first().map(time);
    let Some(ends) = oldest.zip(newest) else { return Ok(None) };
    let count = |period: Period| {
        let filter = T::filter(&query.with(dates::PARAMETER, period.to_string()), now);
        async move { T::count(store, &filter, now).await.map(Some) }
    };
    dates(label, query, T::PARAMETERS, ends, count).await.map(Some)
}

/// The periods in which there may be rows: those within the chosen one, or those to begin with. Their rows are counted while none of the
/// filters is used: counting in any filter might read the whole table once for each period.
pub async fn dates<E, F>(
    label: &'static str,
    query: &Query,
    filters: &[&str],
    (oldest, newest): (Timestamp, Timestamp),
    count: impl Fn(Period) -> F,
) -> Result<Dates, E>
where
    F: Future<Output = Result<Option<u64>, E>>,
{
    let chosen = Period::parse(query.get(dates::PARAMETER));
    let counts = filters.iter().all(|name| query.get(name).is_empty());
    let mut periods = Vec::new();
    for period in chosen.map_or_else(|| Period::between(oldest, newest), Period::parts) {
        let Some((begin, end)) = period.span().filter(|(begin, end)| *begin <= newest && *end > oldest) else {
            continue;
        };
        debug_assert!(begin < end);
        let count = if counts { count(period).await? } else { None };
        // What is known to be empty leads nowhere.
        if count != Some(0) {
            periods.push((period, count.map(|count| dates::counted(count, MOST_COUNTED))));
        }
    }
    Ok(Dates { label, chosen, periods })
}

/// The time of the period that an address names.
pub fn span(query: &Query) -> Span {
    match Period::parse(query.get(dates::PARAMETER)).and_then(Period::span) {
        Some((from, before)) => Span { from: Some(from), before: Some(before) },
        None => Span::default(),
    }
}

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
    /// There must be an order.
    pub fn slice<Order: Copy>(&self, orders: &[(&str, Order)], limit: usize) -> Slice<Order> {
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
    match directory.account(person) {
        Some(account) => account.name.clone(),
        None if person.is_person() => person.to_string(),
        None => called(Some(person), |_| None),
    }
}

/// The id that an address names, if it names one. What is no id is the one that nothing has: so a filter by it finds nothing, rather than
/// everything.
pub fn named<Id: FromStr + From<Uuid>>(text: &str) -> Option<Id> {
    match text {
        "" => None,
        text => Some(text.parse().unwrap_or_else(|_| Uuid::max().into())),
    }
}

/// The person whose rows an address asks for, if it names one.
pub fn only_of(directory: &Directory, person: &str) -> Option<Person> {
    let person: ActorId = named(person)?;
    let gone = || Person { id: person, name: "a person who is not here".to_owned(), deactivated: false };
    Some(directory.account(person).map_or_else(gone, |account| account.person()))
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
    fn what_names_nothing_is_not_everything() {
        assert_eq!(named::<Uuid>(""), None);
        assert_eq!(named::<Uuid>("rubbish"), Some(Uuid::max()));
        let ana = Uuid::from_u128(7);
        assert_eq!(named(&ana.to_string()), Some(ana));
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
