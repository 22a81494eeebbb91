//! The order of siblings by their ranks.

use std::collections::BTreeSet;

use crate::{model::Place, rank::Rank};

/// Siblings ordered by rank; equal ranks are ordered by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order<Id: Ord>(BTreeSet<(Rank, Id)>);

/// The position of a new or moved item.
pub(crate) struct Placement<Id> {
    pub rank: Rank,
    /// New ranks of siblings, to make room. Empty unless ranks were equal or too long.
    pub ranks: Vec<(Id, Rank)>,
}

impl<Id> Placement<Id> {
    /// The position of an item that stays where it is.
    pub fn unmoved(rank: &Rank) -> Self {
        Self { rank: rank.clone(), ranks: Vec::new() }
    }
}

impl<Id: Ord> Default for Order<Id> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<Id: Ord + Copy> Order<Id> {
    pub fn insert(&mut self, rank: Rank, id: Id) {
        self.0.insert((rank, id));
    }

    pub fn remove(&mut self, rank: &Rank, id: Id) {
        self.0.remove(&(rank.clone(), id));
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn ids(&self) -> impl DoubleEndedIterator<Item = Id> + '_ {
        self.0.iter().map(|(_, id)| *id)
    }

    /// Finds a rank at `place` for `moving`, which may be one of these siblings or come from elsewhere. `rank_of`
    /// returns the rank of a sibling, and `None` for an id that is not one.
    pub fn place(&self, place: Place<Id>, moving: Id, rank_of: impl Fn(Id) -> Option<Rank>) -> Placement<Id> {
        let others = || self.0.iter().filter(|(_, id)| *id != moving);
        let anchor = |id: Id| (id != moving).then(|| rank_of(id)).flatten().map(|rank| (rank, id));
        let last = || (others().next_back(), None);
        let (low, high) = match place {
            Place::First => (None, others().next()),
            Place::Last => last(),
            Place::After(id) => match anchor(id) {
                Some(anchor) => {
                    let low = self.0.get(&anchor);
                    let mut above = self.0.range(anchor..).skip(1).filter(|(_, id)| *id != moving);
                    (low, above.next())
                }
                None => last(),
            },
            Place::Before(id) => match anchor(id) {
                Some(anchor) => {
                    let high = self.0.get(&anchor);
                    let mut below = self.0.range(..anchor).rev().filter(|(_, id)| *id != moving);
                    (below.next(), high)
                }
                None => last(),
            },
        };
        // What is there already keeps its rank, so that a move to the same place changes nothing, and there is nothing to undo.
        let own = rank_of(moving).map(|rank| (rank, moving)).filter(|own| self.0.contains(own));
        if let Some(own) = own
            && self.0.range(..&own).next_back() == low
            && self.0.range(&own..).nth(1) == high
        {
            return Placement::unmoved(&own.0);
        }
        match Rank::between(low.map(|(rank, _)| rank), high.map(|(rank, _)| rank)) {
            Some(rank) if !rank.is_long() => Placement { rank, ranks: Vec::new() },
            _ => self.spread(moving, low.map(|(_, id)| *id)),
        }
    }

    /// Gives all siblings new ranks, with `moving` directly after `after`; first, without `after`.
    fn spread(&self, moving: Id, after: Option<Id>) -> Placement<Id> {
        let mut ids: Vec<Id> = self.ids().filter(|id| *id != moving).collect();
        let index = after.and_then(|after| ids.iter().position(|id| *id == after)).map_or(0, |index| index + 1);
        ids.insert(index, moving);
        let mut ranks: Vec<(Id, Rank)> = ids.into_iter().zip(Rank::spread(self.len() + 1)).collect();
        let (_, rank) = ranks.remove(index);
        Placement { rank, ranks }
    }
}
