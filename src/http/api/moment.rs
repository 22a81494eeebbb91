//! A bound of time in a query, which is a day or a time whatever is compared with it.

use app::time::{Day, Timestamp};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A day in UTC, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A whole day.
    Day(Day),
    /// A time.
    Time(Timestamp),
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let day = Day::parse(&text).map(Self::Day);
        day.or_else(|| Timestamp::parse(&text).map(Self::Time)).ok_or_else(|| {
            D::Error::custom(format_args!("`{text}` is neither a day such as 2026-12-24 nor an RFC 3339 time"))
        })
    }
}

/// What can be compared with a [`Moment`]. Neither of the two includes the moment itself.
pub trait Dated: Copy {
    /// Whether it is before the moment.
    fn is_before(self, moment: Moment) -> bool;

    /// Whether it is after the moment.
    fn is_after(self, moment: Moment) -> bool;
}

impl Dated for Timestamp {
    fn is_before(self, moment: Moment) -> bool {
        match moment {
            Moment::Day(day) => self < day.start(),
            Moment::Time(time) => self < time,
        }
    }

    fn is_after(self, moment: Moment) -> bool {
        match moment {
            Moment::Day(day) => self >= day.end(),
            Moment::Time(time) => self > time,
        }
    }
}

/// A day is compared with the day of a time.
impl Dated for Day {
    fn is_before(self, moment: Moment) -> bool {
        day_of(moment).is_some_and(|day| self < day)
    }

    fn is_after(self, moment: Moment) -> bool {
        day_of(moment).is_some_and(|day| self > day)
    }
}

fn day_of(moment: Moment) -> Option<Day> {
    match moment {
        Moment::Day(day) => Some(day),
        Moment::Time(time) => time.day(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        serde_json::from_value(text.into()).unwrap()
    }

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_time_is_before_a_day_until_it_begins_and_after_it_when_it_has_ended() {
        let day = moment("2026-12-24");
        for (text, is_before, is_after) in [
            ("2026-12-23T23:59:59.999Z", true, false),
            ("2026-12-24T00:00:00Z", false, false),
            ("2026-12-24T23:59:59.999Z", false, false),
            ("2026-12-25T00:00:00Z", false, true),
        ] {
            assert_eq!((time(text).is_before(day), time(text).is_after(day)), (is_before, is_after), "{text}");
        }
        let noon = moment("2026-12-24T12:00:00Z");
        assert!(time("2026-12-24T11:00:00Z").is_before(noon) && time("2026-12-24T13:00:00Z").is_after(noon));
        assert!(!time("2026-12-24T12:00:00Z").is_before(noon) && !time("2026-12-24T12:00:00Z").is_after(noon));
    }

    #[test]
    fn a_day_is_compared_with_the_day_of_a_time() {
        let [eve, day, next] = ["2026-12-23", "2026-12-24", "2026-12-25"].map(|text| Day::parse(text).unwrap());
        for moment in [moment("2026-12-24"), moment("2026-12-24T12:00:00Z"), moment("2026-12-25T00:30:00+01:00")] {
            assert!(eve.is_before(moment) && !day.is_before(moment) && !next.is_before(moment), "{moment:?}");
            assert!(!eve.is_after(moment) && !day.is_after(moment) && next.is_after(moment), "{moment:?}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "tomorrow", "2026-02-30", "2026-12-24T12:00:00", "2026-12-24T25:00:00Z"] {
            assert!(serde_json::from_value::<Moment>(text.into()).is_err(), "{text}");
        }
    }
}
