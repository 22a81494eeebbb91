//! The places of checklists and of their items.

use std::collections::BTreeMap;

use super::{Order, Placement};
use crate::{
    checklist::Checklists,
    id::{ChecklistId, ChecklistItemId},
    model::Place,
    rank::Rank,
};

/// The places of several new or moved items of one checklist.
pub(crate) struct ItemPlaces {
    /// The ranks of these items.
    pub ranks: Vec<Rank>,
    /// New ranks of the other items, to make room.
    pub others: Vec<(ChecklistItemId, Rank)>,
}

impl Checklists {
    /// Finds a rank for a checklist at a place.
    pub(crate) fn place_list(&self, place: Place<ChecklistId>, list: ChecklistId) -> Placement<ChecklistId> {
        let ranks: BTreeMap<ChecklistId, Rank> = self.lists().map(|list| (list.id, list.rank.clone())).collect();
        order(&ranks).place(place, list, |id| ranks.get(&id).cloned())
    }

    /// Finds ranks in a checklist for items, each at its place, one after another.
    pub(crate) fn place_items(
        &self,
        list: ChecklistId,
        items: impl IntoIterator<Item = (ChecklistItemId, Place<ChecklistItemId>)>,
    ) -> ItemPlaces {
        let before: BTreeMap<ChecklistItemId, Rank> =
            self.items_of(list).map(|item| (item.id, item.rank.clone())).collect();
        let mut ranks = before.clone();
        let mut siblings = order(&ranks);
        let mut placed = Vec::new();
        for (id, place) in items {
            let Placement { rank, ranks: others } = siblings.place(place, id, |id| ranks.get(&id).cloned());
            for (id, rank) in others.into_iter().chain([(id, rank)]) {
                if let Some(old) = ranks.insert(id, rank.clone()) {
                    siblings.remove(&old, id);
                }
                siblings.insert(rank, id);
            }
            placed.push(id);
        }
        let mut rank_of = |id: &ChecklistItemId| ranks.remove(id);
        let placed_ranks = placed.iter().filter_map(&mut rank_of).collect();
        let others = ranks.into_iter().filter(|(id, rank)| before.get(id) != Some(rank)).collect();
        ItemPlaces { ranks: placed_ranks, others }
    }
}

fn order<Id: Ord + Copy>(ranks: &BTreeMap<Id, Rank>) -> Order<Id> {
    let mut order = Order::default();
    ranks.iter().for_each(|(id, rank)| order.insert(rank.clone(), *id));
    order
}
