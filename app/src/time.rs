//! Points in time and calendar dates, as they travel and are stored.
//!
//! Nothing here reads a clock: whoever has one passes the time in.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::{
    Date, OffsetDateTime, UtcOffset,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

const INSTANT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// A point in time: milliseconds since the Unix epoch, UTC. In JSON an RFC 3339 text with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest time RFC 3339 can write (year 9999), in milliseconds.
    const MAX_MILLIS: i64 = 253_402_300_799_999;

    /// From milliseconds since the Unix epoch; what lies outside the years 1970 to 9999 is moved to the nearest end.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, Self::MAX_MILLIS))
    }

    /// Milliseconds since the Unix epoch.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().format(INSTANT).map_err(|_| fmt::Error)?)
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
        let time = OffsetDateTime::parse(&text, &Rfc3339)
            .map_err(|_| D::Error::custom(format_args!("`{text}` is not an RFC 3339 time")))?
            .to_offset(UtcOffset::UTC);
        Ok(Self::from_millis((time.unix_timestamp_nanos() / 1_000_000) as i64))
    }
}

/// A calendar date without a time or a zone: the day a task is due. In JSON `2026-11-23`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DueDate(Date);

impl DueDate {
    /// Reads `2026-11-23`.
    pub fn parse(text: &str) -> Option<Self> {
        Date::parse(text, DATE).ok().filter(|date| (1..=9999).contains(&date.year())).map(Self)
    }

    /// The date itself.
    pub fn date(self) -> Date {
        self.0
    }
}

impl fmt::Display for DueDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(DATE).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for DueDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DueDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DueDate {
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
    fn a_date_that_does_not_exist_is_refused() {
        assert!(DueDate::parse("2026-02-29").is_none());
        assert!(serde_json::from_str::<DueDate>("\"23.11.2026\"").is_err());
        assert_eq!(DueDate::parse("2028-02-29").unwrap().to_string(), "2028-02-29");
    }
}
