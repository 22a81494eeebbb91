//! A table narrowed down by date: first a year, then a month of it, then a day.

use std::fmt;

use leptos::prelude::*;

use super::table::{Query, thousands};
use crate::time::{Day, Timestamp};

/// The parameter of an address that names the period.
pub const PARAMETER: &str = "on";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A year, a month or a day in UTC, written `2026`, `2026-11` or `2026-11-28`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A year.
    Year(u16),
    /// A month, from 1 to 12.
    Month(u16, u8),
    /// A day.
    Day(Day),
}

impl Period {
    /// Parses a period.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return None;
        }
        // The length decides, so that each period is written in one way.
        match text.len() {
            4 => first_of(text.parse().ok()?, 1).map(|_| Self::Year(text.parse().unwrap_or_default())),
            7 => {
                let (year, month) = text.split_once('-')?;
                let (year, month) = (year.parse().ok()?, month.parse().ok()?);
                first_of(year, month).map(|_| Self::Month(year, month))
            }
            _ => Day::parse(text).map(Self::Day),
        }
    }

    /// The time at which it begins, and the time at which the next one begins. `None` for the last year that can be written.
    pub fn span(self) -> Option<(Timestamp, Timestamp)> {
        let (first, next) = match self {
            Self::Year(year) => (first_of(year, 1)?, first_of(year + 1, 1)?),
            Self::Month(year, 12) => (first_of(year, 12)?, first_of(year + 1, 1)?),
            Self::Month(year, month) => (first_of(year, month)?, first_of(year, month + 1)?),
            Self::Day(day) => return Some((day.start(), day.end())),
        };
        Some((first.start(), next.start()))
    }

    /// The periods that it consists of; a day has none.
    pub fn parts(self) -> Vec<Self> {
        match self {
            Self::Year(year) => (1..=12).map(|month| Self::Month(year, month)).collect(),
            Self::Month(year, month) => (1..=31)
                .filter_map(|day| Day::parse(&format!("{year:04}-{month:02}-{day:02}")))
                .map(Self::Day)
                .collect(),
            Self::Day(_) => Vec::new(),
        }
    }

    /// The periods that contain it, the largest first.
    pub fn above(self) -> Vec<Self> {
        match self {
            Self::Year(_) => Vec::new(),
            Self::Month(year, _) => vec![Self::Year(year)],
            Self::Day(day) => match Self::parse(&day.to_string()[..7]) {
                Some(month) => [month.above(), vec![month]].concat(),
                None => Vec::new(),
            },
        }
    }

    /// The periods to begin with for rows of the time between two: years, or the months of one year, or the days of one month.
    pub fn between(oldest: Timestamp, newest: Timestamp) -> Vec<Self> {
        let (Some(first), Some(last)) = (oldest.day(), newest.day()) else { return Vec::new() };
        let (first, last) = (first.to_string(), last.to_string());
        let of = |text: &str| Self::parse(text).map(Self::parts).unwrap_or_default();
        if first[..7] == last[..7] {
            return of(&first[..7]);
        }
        if first[..4] == last[..4] {
            return of(&first[..4]);
        }
        let year = |text: &str| text[..4].parse().unwrap_or_default();
        (year(&first)..=year(&last)).map(Self::Year).collect()
    }

    /// Its name beside those of the same larger period.
    fn words(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Month(_, month) => MONTHS[usize::from(month) - 1].to_owned(),
            Self::Day(day) => day.date().day().to_string(),
        }
    }

    /// Its whole name.
    fn whole(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Month(year, _) => format!("{} {year}", self.words()),
            Self::Day(day) => {
                let date = day.date();
                format!("{} {} {}", date.day(), MONTHS[usize::from(u8::from(date.month())) - 1], date.year())
            }
        }
    }
}

/// The first day of a month.
fn first_of(year: u16, month: u8) -> Option<Day> {
    Day::parse(&format!("{year:04}-{month:02}-01"))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(day) => fmt::Display::fmt(day, f),
        }
    }
}

/// The periods that a table offers.
#[derive(Clone, Debug)]
pub struct Dates {
    /// What happened at the time, such as "Created".
    pub label: &'static str,
    /// The chosen period.
    pub chosen: Option<Period>,
    /// The periods within it, or those to begin with. Each has the number of its rows, in words, if they were counted.
    pub periods: Vec<(Period, Option<String>)>,
}

/// The number of rows of a period in words, for counts that end at a limit.
pub fn counted(count: u64, most: u64) -> String {
    match count > most {
        true => format!("{}+", thousands(most)),
        false => thousands(count),
    }
}

/// Links that narrow a table down, and widen it again.
pub fn view(dates: Dates, query: &Query, path: &str) -> AnyView {
    let Dates { label, chosen, periods } = dates;
    let query = query.with("after", "").with("edit", "");
    let address = |period: Option<Period>| {
        query.with(PARAMETER, period.map(|period| period.to_string()).unwrap_or_default()).address(path)
    };
    let way: Vec<_> = chosen
        .iter()
        .flat_map(|period| period.above().into_iter().map(Some))
        .map(|period| (address(period), period.map(Period::whole).unwrap_or_default()))
        .collect();
    let way = chosen.map(|_| {
        let links = std::iter::once((address(None), "Any time".to_owned())).chain(way);
        let links: Vec<_> = links.map(|(address, words)| view! { <a href=address>{words}</a> }.into_any()).collect();
        links
    });
    let here = chosen.map(|period| view! { <strong aria-current="date">{period.whole()}</strong> }.into_any());
    let links: Vec<_> = periods
        .into_iter()
        .map(|(period, count)| {
            let count = count.map(|count| view! { <span class="chip">{count}</span> }.into_any());
            // Within a period the rest of the name is known.
            let words = if chosen.is_some() { period.words() } else { period.whole() };
            view! {
                <a href=address(Some(period)) title=period.whole()>
                    {words}
                    {count}
                </a>
            }
            .into_any()
        })
        .collect();
    view! {
        <nav class="table-dates" aria-label=format!("{label}, by date") data-live="dates">
            <span class="hint">{label} ":"</span>
            {way}
            {here}
            {links}
        </nav>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_written_in_one_way() {
        for text in ["2026", "2026-11", "2026-11-28", "2024-02-29"] {
            assert_eq!(Period::parse(text).map(|period| period.to_string()).as_deref(), Some(text));
        }
        for text in ["", "26", "0000", "2026-13", "2026-1", "2026-00", "2026-02-30", "+026", "2026-+1", "20261128", "x"]
        {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn periods_follow_each_other_without_a_gap() {
        for text in ["2024", "2024-02", "2026-12"] {
            let period = Period::parse(text).unwrap();
            let (begin, end) = period.span().unwrap();
            let mut at = begin;
            for part in period.parts() {
                let (first, next) = part.span().unwrap();
                assert_eq!(first, at, "{part}");
                assert_eq!(part.above().last(), Some(&period));
                at = next;
            }
            assert_eq!(at, end, "{text}");
        }
        assert_eq!(Period::Year(9999).span(), None);
    }

    #[test]
    fn one_begins_with_the_largest_periods_that_differ() {
        let between = |first: &str, last: &str| {
            let time = |text| Day::parse(text).unwrap().start();
            let periods = Period::between(time(first), time(last));
            (periods.len(), periods[0].to_string())
        };
        assert_eq!(between("2024-12-31", "2026-01-01"), (3, "2024".to_owned()));
        assert_eq!(between("2026-01-31", "2026-11-01"), (12, "2026-01".to_owned()));
        assert_eq!(between("2026-02-03", "2026-02-03"), (28, "2026-02-01".to_owned()));
    }
}
