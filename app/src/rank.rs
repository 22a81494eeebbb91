//! Fractional ranks: the position of an item among its siblings, as a text. There is always room for another rank
//! before, after and between existing ranks.
//!
//! Moving a task changes only that task: it gets a rank between the ranks of its new neighbours. The scheme is the one
//! that David Greenspan describes in *Implementing Fractional Indexing* (Observable, 2020). A rank begins with an
//! integer of variable length, so that ranks stay short however many items are added at either end. A fraction in base
//! 62 follows, so that there is always a rank between two others. The order of ranks is plain byte order of the text,
//! in Rust, in SQLite and in Postgres (`COLLATE "C"`).
//!
//! Ranks grow only when items are moved between the same two neighbours again and again: by one digit for about six
//! moves. [`Rank::is_long`] tells when the siblings should get new ranks from [`Rank::spread`].

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The digits, in ASCII order, so that text order is numeric order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// If a rank has more characters than this, its siblings get new ranks.
const LONG: usize = 32;

/// A position in an order. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rank(Arc<str>);

impl Rank {
    /// Wraps a rank that comes from storage. The text is not checked here; [`Rank::between`] refuses a text that is no
    /// rank.
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }

    /// The rank as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this rank is so long that its siblings should get new ranks.
    pub fn is_long(&self) -> bool {
        self.0.len() > LONG
    }

    /// A rank after `low` and before `high`; `None` for either means that there is no bound on that side.
    ///
    /// Returns `None` if there is no room: `low` and `high` are equal, in the wrong order, or not valid ranks. (Two
    /// browsers that were offline may have made the same rank.) The siblings then need [`Rank::spread`].
    pub fn between(low: Option<&Rank>, high: Option<&Rank>) -> Option<Rank> {
        let low = match low {
            Some(rank) => Some(Parts::parse(rank)?),
            None => None,
        };
        let high = match high {
            Some(rank) => Some(Parts::parse(rank)?),
            None => None,
        };
        let text = match (low, high) {
            (None, None) => "a0".to_owned(),
            (Some(low), None) => match increment(low.integer) {
                Some(integer) => integer,
                None => format!("{}{}", low.integer, midpoint(low.fraction, None)?),
            },
            (None, Some(high)) => {
                if high.fraction.is_empty() {
                    decrement(high.integer)?
                } else {
                    // The integer alone sorts before the same integer with a fraction.
                    high.integer.to_owned()
                }
            }
            (Some(low), Some(high)) => {
                if (low.integer, low.fraction) >= (high.integer, high.fraction) {
                    return None;
                }
                if low.integer == high.integer {
                    format!("{}{}", low.integer, midpoint(low.fraction, Some(high.fraction))?)
                } else {
                    match increment(low.integer) {
                        Some(next) if next.as_str() < high.integer || !high.fraction.is_empty() => next,
                        _ => format!("{}{}", low.integer, midpoint(low.fraction, None)?),
                    }
                }
            }
        };
        Some(Self(text.into()))
    }

    /// `count` short ranks in ascending order.
    pub fn spread(count: usize) -> Vec<Rank> {
        std::iter::successors(Some(Rank("a0".into())), |rank| Rank::between(Some(rank), None)).take(count).collect()
    }
}

impl fmt::Debug for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rank({})", self.0)
    }
}

/// A rank, split into its parts. The first letter of the integer encodes how many digits it has (upwards `a` one, `b`
/// two, …; downwards `Z` one, `Y` two, …). The rest is the fraction, which never ends in `0`.
struct Parts<'a> {
    integer: &'a str,
    fraction: &'a str,
}

impl<'a> Parts<'a> {
    fn parse(rank: &'a Rank) -> Option<Self> {
        let text = rank.as_str();
        let length = integer_length(*text.as_bytes().first()?)?;
        if text.len() < length
            || !text.bytes().all(|byte| DIGITS.contains(&byte))
            || text.len() > length && text.ends_with('0')
        {
            return None;
        }
        let (integer, fraction) = text.split_at(length);
        Some(Self { integer, fraction })
    }
}

/// The length of the integer in characters, including its first letter.
fn integer_length(head: u8) -> Option<usize> {
    match head {
        b'a'..=b'z' => Some(usize::from(head - b'a') + 2),
        b'A'..=b'Z' => Some(usize::from(b'Z' - head) + 2),
        _ => None,
    }
}

/// The next integer; `None` after the largest.
fn increment(integer: &str) -> Option<String> {
    let (head, digits) = integer.as_bytes().split_first()?;
    let mut digits = digits.to_vec();
    for place in digits.iter_mut().rev() {
        let digit = value(*place);
        if digit + 1 < DIGITS.len() {
            *place = DIGITS[digit + 1];
            return Some(text(*head, digits));
        }
        *place = DIGITS[0];
    }
    match head {
        b'Z' => Some("a0".to_owned()),
        b'z' => None,
        _ => {
            let head = head + 1;
            digits.resize(integer_length(head)? - 1, DIGITS[0]);
            Some(text(head, digits))
        }
    }
}

/// The previous integer; `None` before the smallest.
fn decrement(integer: &str) -> Option<String> {
    let (head, digits) = integer.as_bytes().split_first()?;
    let mut digits = digits.to_vec();
    for place in digits.iter_mut().rev() {
        let digit = value(*place);
        if digit > 0 {
            *place = DIGITS[digit - 1];
            return Some(text(*head, digits));
        }
        *place = DIGITS[DIGITS.len() - 1];
    }
    match head {
        b'a' => Some("Zz".to_owned()),
        b'A' => None,
        _ => {
            let head = head - 1;
            digits.resize(integer_length(head)? - 1, DIGITS[DIGITS.len() - 1]);
            Some(text(head, digits))
        }
    }
}

/// A fraction strictly between `low` and `high`, neither of which ends in `0`. Without `high` the upper bound is 1.
fn midpoint(low: &str, high: Option<&str>) -> Option<String> {
    if high.is_some_and(|high| low >= high) {
        return None;
    }
    let digit_of = |fraction: &str, index: usize| fraction.as_bytes().get(index).map_or(0, |digit| value(*digit));
    let mut result = String::new();
    let mut bounded = high;
    for index in 0.. {
        let below = digit_of(low, index);
        let above = bounded.map_or(DIGITS.len(), |high| digit_of(high, index));
        if above > below + 1 {
            result.push(char::from(DIGITS[(below + above) / 2]));
            return Some(result);
        }
        result.push(char::from(DIGITS[below]));
        if above > below {
            // `result` is already less than `high`, so the remaining digits need only exceed those of `low`.
            bounded = None;
        }
    }
    None
}

fn value(digit: u8) -> usize {
    DIGITS.iter().position(|candidate| *candidate == digit).unwrap_or(0)
}

fn text(head: u8, digits: Vec<u8>) -> String {
    std::iter::once(head).chain(digits).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn appending_ten_thousand_times_keeps_ranks_short() {
        let ranks = Rank::spread(10_000);
        assert!(ranks.is_sorted_by(|a, b| a < b));
        assert!(ranks.iter().all(|rank| rank.as_str().len() <= 4), "{:?}", ranks.last());
    }

    #[test]
    fn prepending_ten_thousand_times_keeps_ranks_short() {
        let mut first = Rank::between(None, None).unwrap();
        for _ in 0..10_000 {
            let before = Rank::between(None, Some(&first)).unwrap();
            assert!(before < first && before.as_str().len() <= 4);
            first = before;
        }
    }

    #[test]
    fn there_is_no_room_between_equals_or_what_is_no_rank() {
        let rank = Rank::from_stored("a0");
        assert_eq!(Rank::between(Some(&rank), Some(&rank)), None);
        assert_eq!(Rank::between(Some(&Rank::from_stored("")), None), None);
        assert_eq!(Rank::between(Some(&Rank::from_stored("é")), None), None);
        assert_eq!(Rank::between(None, Some(&Rank::from_stored("a00"))), None);
    }

    #[test]
    fn moving_between_the_same_two_grows_slowly_and_is_noticed() {
        let low = Rank::from_stored("a0");
        let mut high = Rank::from_stored("a1");
        let mut moves = 0;
        while !high.is_long() {
            high = Rank::between(Some(&low), Some(&high)).unwrap();
            moves += 1;
        }
        assert!(moves > 150, "long after {moves} moves");
    }

    proptest! {
        #[test]
        fn a_rank_between_two_is_between_them(places in prop::collection::vec(any::<prop::sample::Index>(), 1..300)) {
            let mut ranks: Vec<Rank> = Vec::new();
            for place in places {
                let index = place.index(ranks.len() + 1);
                let low = index.checked_sub(1).map(|below| &ranks[below]);
                let rank = Rank::between(low, ranks.get(index)).expect("there is always room between two that differ");
                ranks.insert(index, rank);
                prop_assert!(ranks.is_sorted_by(|a, b| a < b));
            }
        }
    }
}
