//! Points in time and calendar dates, with their serialized forms.
//!
//! Nothing here reads a clock; the caller passes the time in. The two formats are written by hand: the format descriptions of the `time`
//! crate, which provides the calendar, would take many times the space in the WebAssembly file.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::{Date, Month};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;

/// A point in time: milliseconds since the Unix epoch, UTC. In JSON an RFC 3339 string with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest time that RFC 3339 can express (end of the year 9999), in milliseconds.
    const MAX_MILLIS: i64 = 253_402_300_799_999;

    /// Creates a time from milliseconds since the Unix epoch. A time outside the years 1970 to 9999 is clamped to that range.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, Self::MAX_MILLIS))
    }

    /// Milliseconds since the Unix epoch.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// The day in UTC.
    pub fn day(self) -> Option<Day> {
        // Within the years that `from_millis` allows, every day has a date.
        Date::from_julian_day(EPOCH + (self.0 / DAY) as i32).ok().map(Day)
    }

    /// The time to the minute, for people: `2026-11-23 09:31 UTC`. It is in UTC because the server does not know the reader's time zone.
    pub fn to_minute(self) -> String {
        let text = self.to_string();
        format!("{} {} UTC", &text[..10], &text[11..16])
    }

    /// Parses an RFC 3339 time.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = (text.get(..10)?, text.get(11..)?);
        let separator = text.as_bytes()[10];
        let zone = time.find(['Z', 'z', '+', '-'])?;
        let (time, zone) = time.split_at(zone);
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
        let offset = || numbers(&zone[1..], ':', [2, 2]).and_then(|[hours, minutes]| clock(hours, minutes, 0));
        let ahead = match zone.as_bytes()[0] {
            b'+' => offset()?,
            b'-' => -offset()?,
            _ if zone.len() == 1 => 0,
            _ => return None,
        };
        let is_number = !fraction.is_empty() && fraction.bytes().all(|digit| digit.is_ascii_digit());
        if !matches!(separator, b'T' | b't' | b' ') || !is_number {
            return None;
        }
        // Milliseconds are exactly three digits: the fraction is padded with zeros or cut.
        let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
        let days = i64::from(Day::parse(date)?.0.to_julian_day() - EPOCH);
        Some(Self::from_millis(days * DAY + clock(hour, minute, second)? + millis - ahead))
    }
}

/// The time since midnight, in milliseconds; `None` if there is no such time of day.
fn clock(hour: u16, minute: u16, second: u16) -> Option<i64> {
    let exists = hour < 24 && minute < 60 && second < 60;
    exists.then(|| i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second) * SECOND)
}

/// Parses numbers that have exactly the given counts of digits.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[u16; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part =
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.day().ok_or(fmt::Error)?;
        let (hour, minute, second) = (self.0 % DAY / HOUR, self.0 % HOUR / MINUTE, self.0 % MINUTE / SECOND);
        write!(f, "{day}T{hour:02}:{minute:02}:{second:02}.{:03}Z", self.0 % SECOND)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is not an RFC 3339 time")))
    }
}

/// A calendar date without a time or a zone, such as the day a task is due. In JSON `2026-11-23`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// Parses a date such as `2026-11-23`.
    pub fn parse(text: &str) -> Option<Self> {
        let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
        Self::of(date)
    }

    /// A date of the calendar; `None` before the year 1.
    pub fn of(date: Date) -> Option<Self> {
        (date.year() > 0).then_some(Self(date))
    }

    /// The time at which the day begins in UTC.
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(i64::from(self.0.to_julian_day() - EPOCH) * DAY)
    }

    /// The time at which the day ends in UTC.
    pub fn end(self) -> Timestamp {
        Timestamp::from_millis(self.start().as_millis() + DAY)
    }

    /// The date as a type of the `time` crate.
    pub fn date(self) -> Date {
        self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is not a date such as 2026-11-23")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_travels_as_rfc_3339_with_milliseconds() {
        let time = Timestamp::from_millis(1_795_400_235_007);
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(json, "\"2026-11-23T02:17:15.007Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
    }

    #[test]
    fn a_time_with_an_offset_is_read_as_utc() {
        let time: Timestamp = serde_json::from_str("\"1970-01-01T01:00:00+01:00\"").unwrap();
        assert_eq!(time.as_millis(), 0);
    }

    #[test]
    fn every_way_of_writing_a_time_is_read() {
        let read =
            |text: &str| serde_json::from_str::<Timestamp>(&format!("\"{text}\"")).ok().map(Timestamp::as_millis);
        let time = Some(1_795_400_235_000);
        for same in [
            "2026-11-23T02:17:15Z",
            "2026-11-23t02:17:15.000000000z",
            "2026-11-22 23:47:15.0-02:30",
            "2026-11-23T02:17:15+00:00",
        ] {
            assert_eq!(read(same), time, "{same}");
        }
        assert_eq!(read("1970-01-01T00:00:00.1Z"), Some(100));
        assert_eq!(read("1970-01-01T00:00:00.0129Z"), Some(12));
        assert_eq!(read("9999-12-31T23:59:59.999Z"), Some(Timestamp::MAX_MILLIS));
        assert_eq!(read("0001-01-01T00:00:00Z"), Some(0));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in [
            "",
            "2026-11-23",
            "2026-11-23T02:17:15",
            "2026-11-23T02:17Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T02:60:00Z",
            "2026-11-23T02:17:15.Z",
            "2026-11-23T02:17:15Z ",
            "2026-11-23T02:17:15+",
            "2026-11-23T02:17:15+1:00",
            "2026-02-29T02:17:15Z",
            "2026-11-23é02:17:15Z",
        ] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_calendar_has_leap_years() {
        let written = |millis| Timestamp::from_millis(millis).to_string();
        assert_eq!(written(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(written(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(written(i64::MAX), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused() {
        assert!(Day::parse("2026-02-29").is_none());
        assert!(serde_json::from_str::<Day>("\"23.11.2026\"").is_err());
        for wrong in ["0000-01-01", "2026-13-01", "2026-00-01", "2026-1-01", "+2026-01-01", "2026-01-01-01", "2026-01"]
        {
            assert!(Day::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(Day::parse("2028-02-29").unwrap().to_string(), "2028-02-29");
    }
}
