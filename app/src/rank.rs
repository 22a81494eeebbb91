//! Fractional ranks: where a thing stands among its siblings, as a text that leaves room before, after and between.
//!
//! Moving one task writes one task: it gets a rank between its new neighbours', and nobody else's changes. The scheme is
//! the one David Greenspan describes in *Implementing Fractional Indexing* (Observable, 2020): a rank is an integer of
//! variable length, so that adding at either end for ever keeps ranks short, then a fraction in base 62, so that there is
//! always something between two. Plain text order is the order of ranks, in Rust, in SQLite and in Postgres (`COLLATE
//! "C"`).
//!
//! Only moving things between the same two neighbours again and again makes ranks grow, by a digit for about six moves.
//! [`Rank::is_long`] tells when it is time to number the siblings anew with [`Rank::spread`].

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The digits, in ASCII order: text order is number order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Past this many characters a column's ranks are spread anew.
const LONG: usize = 32;

/// A place in an order. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rank(Arc<str>);

impl Rank {
    /// Takes a rank that was stored before.
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }

    /// The rank as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the siblings should be numbered anew: the rank has grown long.
    pub fn is_long(&self) -> bool {
        self.0.len() > LONG
    }

    /// A rank after `low` and before `high`, where `None` is the open end.
    ///
    /// `None` when there is no room: the two are equal, the wrong way round, or not ranks at all. (Two browsers that were
    /// offline may have made the same rank.) The siblings then need [`Rank::spread`].
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
                    // The bare integer sorts before the integer with a fraction.
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

/// A rank taken apart: the head letter tells how many digits the integer has (`a` one, `b` two, … upwards; `Z` one, `Y`
/// two, … downwards), the rest is the fraction, which never ends in `0`.
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

/// How many characters the integer has, its head included.
fn integer_length(head: u8) -> Option<usize> {
    match head {
        b'a'..=b'z' => Some(usize::from(head - b'a') + 2),
        b'A'..=b'Z' => Some(usize::from(b'Z' - head) + 2),
        _ => None,
    }
}

/// The next integer, or `None` after the very last.
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

/// The integer before, or `None` before the very first.
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

/// A fraction strictly between two, neither ending in `0`; an open `high` is 1.
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
            // From here on anything larger than what is left of `low` is also smaller than `high`.
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
