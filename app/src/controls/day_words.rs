//! Reads a day as people type it: `fri`, `tomorrow`, `3 dec`, `in 2 weeks`, `2026-12-03`. The words are English, as the pages are.

use time::{Date, Duration, Month, Weekday};

use super::due;
use crate::time::Day;

/// The day that a text means, seen from today; `None` if it means none. A day without a year is the next one that is not in the past.
pub fn read(text: &str, today: Day) -> Option<Day> {
    let text = text.trim().to_lowercase();
    if let Some(day) = Day::parse(&text).filter(|day| day.date().year() >= 1000) {
        return Some(day);
    }
    let words: Vec<&str> = text
        .split(|char: char| char.is_whitespace() || matches!(char, ',' | '.'))
        .filter(|word| !word.is_empty())
        .collect();
    let from = today.date();
    let date = match words.as_slice() {
        ["today" | "tod"] => Some(from),
        ["tomorrow" | "tom"] => from.next_day(),
        ["yesterday"] => from.previous_day(),
        ["next", "week"] => Some(monday_after(from)?),
        ["next", "month"] => months_later(from.replace_day(1).ok()?, 1),
        ["next", day] => {
            let since_monday = weekday(day)?.number_days_from_monday();
            monday_after(from)?.checked_add(Duration::days(i64::from(since_monday)))
        }
        [day] => {
            let days = (weekday(day)?.number_days_from_monday() + 7 - from.weekday().number_days_from_monday()) % 7;
            // Who says “friday” on a Friday means the next one.
            from.checked_add(Duration::days(if days == 0 { 7 } else { i64::from(days) }))
        }
        ["in", count, unit] | [count, unit] if unit_of(unit).is_some() => {
            later(from, count.parse().ok()?, unit_of(unit)?)
        }
        [first, second] => in_year(day_and_month(first, second)?, None, from),
        [first, second, year] => in_year(day_and_month(first, second)?, Some(year_of(year)?), from),
        _ => None,
    };
    Day::of(date?)
}

/// A day with its weekday, such as `Fri 4 Dec`, or `Fri 4 Dec 2027` in another year.
pub fn with_weekday(day: Day, today: Option<Day>) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let weekday = DAYS[usize::from(day.date().weekday().number_days_from_monday())];
    format!("{weekday} {}", due::day_and_month(day, today))
}

/// The Monday of the next week.
pub fn monday_after(date: Date) -> Option<Date> {
    date.checked_add(Duration::days(7 - i64::from(date.weekday().number_days_from_monday())))
}

#[derive(Clone, Copy)]
enum Unit {
    Days,
    Weeks,
    Months,
}

fn unit_of(word: &str) -> Option<Unit> {
    Some(match word {
        "d" | "day" | "days" => Unit::Days,
        "w" | "week" | "weeks" => Unit::Weeks,
        "month" | "months" => Unit::Months,
        _ => return None,
    })
}

fn later(from: Date, count: u16, unit: Unit) -> Option<Date> {
    let count = i64::from(count);
    match unit {
        Unit::Days => from.checked_add(Duration::days(count)),
        Unit::Weeks => from.checked_add(Duration::weeks(count)),
        Unit::Months => months_later(from, count),
    }
}

/// The same day of a later month, or the last day of that month if it is shorter.
fn months_later(from: Date, count: i64) -> Option<Date> {
    let months = i64::from(from.year()) * 12 + i64::from(u8::from(from.month())) - 1 + count;
    let year = i32::try_from(months / 12).ok()?;
    let month = Month::try_from(u8::try_from(months % 12 + 1).ok()?).ok()?;
    let day = from.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).ok()
}

/// A weekday by at least two of its first letters.
fn weekday(word: &str) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    DAYS.into_iter().find(|(name, _)| word.len() >= 2 && name.starts_with(word)).map(|(_, day)| day)
}

/// A month by at least three of its first letters.
fn month(word: &str) -> Option<Month> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
    Month::try_from(u8::try_from(at + 1).ok()?).ok()
}

/// `3 dec`, `dec 3`, `3rd december`, and `3.12.`, which was split at its dots.
fn day_and_month(first: &str, second: &str) -> Option<(u8, Month)> {
    let day = |word: &str| word.trim_end_matches(|char: char| char.is_ascii_alphabetic()).parse::<u8>().ok();
    match (month(first), month(second)) {
        (Some(month), None) => Some((day(second)?, month)),
        (None, Some(month)) => Some((day(first)?, month)),
        _ => Some((first.parse().ok()?, Month::try_from(second.parse::<u8>().ok()?).ok()?)),
    }
}

/// A year is written with four digits: nobody means the year 26.
fn year_of(word: &str) -> Option<i32> {
    let year: u16 = word.parse().ok()?;
    (1000..=9999).contains(&year).then(|| i32::from(year))
}

fn in_year((day, month): (u8, Month), year: Option<i32>, from: Date) -> Option<Date> {
    match year {
        Some(year) => Date::from_calendar_date(year, month, day).ok(),
        // The 29th of February comes once in eight years at the latest.
        None => (0..=8)
            .filter_map(|later| Date::from_calendar_date(from.year() + later, month, day).ok())
            .find(|date| *date >= from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text means on Sunday the 29th of November 2026.
    fn on_a_sunday(text: &str) -> Option<String> {
        read(text, Day::parse("2026-11-29").unwrap()).map(|day| day.to_string())
    }

    #[test]
    fn a_day_is_read_as_people_type_it() {
        for (text, day) in [
            ("today", "2026-11-29"),
            (" Tomorrow ", "2026-11-30"),
            ("tom", "2026-11-30"),
            ("yesterday", "2026-11-28"),
            ("fri", "2026-12-04"),
            ("Friday", "2026-12-04"),
            ("mo", "2026-11-30"),
            ("sun", "2026-12-06"),
            ("next week", "2026-11-30"),
            ("next fri", "2026-12-04"),
            ("next sunday", "2026-12-06"),
            ("next month", "2026-12-01"),
            ("in 3 days", "2026-12-02"),
            ("2 weeks", "2026-12-13"),
            ("in 1 w", "2026-12-06"),
            ("3 months", "2027-02-28"),
            ("3 dec", "2026-12-03"),
            ("dec 3", "2026-12-03"),
            ("3rd December", "2026-12-03"),
            ("3 jan", "2027-01-03"),
            ("29 nov", "2026-11-29"),
            ("28 nov", "2027-11-28"),
            ("29 feb", "2028-02-29"),
            ("Dec 3, 2027", "2027-12-03"),
            ("3 dec 2025", "2025-12-03"),
            ("3.12.", "2026-12-03"),
            ("3.12.2027", "2027-12-03"),
            ("2026-12-03", "2026-12-03"),
        ] {
            assert_eq!(on_a_sunday(text).as_deref(), Some(day), "{text}");
        }
    }

    #[test]
    fn what_means_no_day_or_two_is_not_read() {
        for text in [
            "",
            "soon",
            "m",
            "3",
            "30 feb",
            "3 dec 26",
            "3/12",
            "12/3/2026",
            "in days",
            "in 99999999 weeks",
            "next",
            "0002-01-01",
            "31.4.",
            "99 dec",
            "dec dec",
            "3 ju",
            "\u{130}",
            "é",
        ] {
            assert_eq!(on_a_sunday(text), None, "{text}");
        }
    }

    #[test]
    fn a_weekday_is_never_today_and_at_most_a_week_away() {
        let mut date = Day::parse("2026-11-23").unwrap().date();
        for _ in 0..14 {
            let today = Day::of(date).unwrap();
            for word in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
                let days = (read(word, today).unwrap().date() - date).whole_days();
                assert!((1..=7).contains(&days), "{word} on {today}: {days}");
            }
            date = date.next_day().unwrap();
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let words = ["next", "in", "3", "999", "dec", "fri", "week", "-", ".", "0", "2026", "month", "é"];
        let last = Day::parse("9999-12-31").unwrap();
        for first in words {
            for second in words {
                for third in words {
                    for separator in [" ", ".", "-", ""] {
                        read(&[first, second, third].join(separator), last);
                    }
                }
            }
        }
    }
}
