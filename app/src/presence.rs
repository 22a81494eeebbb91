//! Presence: who has a board open, and who is editing which task.
//!
//! Presence is a hint about people and not part of the board: it is in no log and on no disk, it may be some seconds old, and nothing
//! depends on it. The server first sends a [`PresenceState`] and then each [`PresenceChange`]. Applying one of them twice does no harm.

use serde::{Deserialize, Serialize};

use crate::id::{ActorId, TabId, TaskId};

/// The most people that a presence state lists for a client; the remaining people are counted.
pub const LISTED_PEOPLE: usize = 100;

/// The most edits in progress that a presence state lists; the remaining edits are left out.
pub const LISTED_EDITS: usize = 100;

/// The people who have a board open. A person is listed once, however many tabs they have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceState {
    /// People with an account, by id.
    pub people: Vec<ActorId>,
    /// The number of people beyond those that are listed.
    pub more: u32,
    /// The number of tabs that guests (visitors without an account) have open. A state that is sent to a guest counts everybody here.
    pub guests: u32,
    /// The edits in progress, in order.
    pub editing: Vec<Editing>,
}

/// What is being edited in a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The task.
    pub task: TaskId,
    /// Whether it is a comment on the task.
    pub comment: bool,
}

impl From<TaskId> for Edited {
    fn from(task: TaskId) -> Self {
        Self { task, comment: false }
    }
}

/// A task that is being edited in a tab.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Editing {
    /// The task.
    pub task: TaskId,
    /// The person; `None` for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<ActorId>,
    /// The tab, so that a tab can tell its own edits from those of other tabs.
    pub tab: TabId,
    /// Whether it is a comment on the task that is being written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub comment: bool,
}

/// The difference between two presence states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresenceChange {
    /// People who are listed now and were not before.
    pub joined: Vec<ActorId>,
    /// People who were listed before and are not now.
    pub left: Vec<ActorId>,
    /// The new value of [`PresenceState::more`].
    pub more: u32,
    /// The new value of [`PresenceState::guests`].
    pub guests: u32,
    /// The new value of [`PresenceState::editing`]; `None` if it has not changed.
    pub editing: Option<Vec<Editing>>,
}

impl PresenceState {
    /// Whether nobody has the board open.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.more == 0 && self.guests == 0
    }

    /// The change that turns this presence state into `new`.
    pub fn change_to(&self, new: &Self) -> PresenceChange {
        let missing = |from: &[ActorId], of: &[ActorId]| {
            of.iter().filter(|person| from.binary_search(person).is_err()).copied().collect()
        };
        PresenceChange {
            joined: missing(&self.people, &new.people),
            left: missing(&new.people, &self.people),
            more: new.more,
            guests: new.guests,
            editing: (self.editing != new.editing).then(|| new.editing.clone()),
        }
    }

    /// Applies a change.
    pub fn apply(&mut self, change: PresenceChange) {
        self.people.retain(|person| !change.left.contains(person));
        for person in change.joined {
            if let Err(place) = self.people.binary_search(&person) {
                self.people.insert(place, person);
            }
        }
        self.more = change.more;
        self.guests = change.guests;
        if let Some(editing) = change.editing {
            self.editing = editing;
        }
    }

    /// The presence state to send to a guest, who may know how many people there are but not who they are.
    pub fn without_names(&self) -> Self {
        let people = (self.people.len() as u32).saturating_add(self.more);
        Self {
            people: Vec::new(),
            more: 0,
            guests: self.guests.saturating_add(people),
            editing: self.editing.iter().map(|editing| Editing { person: None, ..*editing }).collect(),
        }
    }

    /// Whether [`Self::without_names`] would leave something out.
    pub fn has_names(&self) -> bool {
        !self.people.is_empty() || self.more > 0 || self.editing.iter().any(|editing| editing.person.is_some())
    }

    /// The presence state without the reader, who is `me` or, without an account, one of the guests; and without the edits in progress.
    pub fn others(&self, me: Option<ActorId>) -> Self {
        let mut others = Self { editing: Vec::new(), ..self.clone() };
        match me.map(|me| others.people.binary_search(&me)) {
            Some(Ok(place)) => drop(others.people.remove(place)),
            // There are more people than are listed, and the reader is not among those that are.
            Some(Err(_)) => others.more = others.more.saturating_sub(1),
            None => others.guests = others.guests.saturating_sub(1),
        }
        others
    }

    /// Who else is editing a task, or writing a comment on it: each person once, then `None` for each tab of a guest.
    pub fn editors(&self, edited: Edited, me: Option<ActorId>, tab: TabId) -> Vec<Option<ActorId>> {
        let mut editors = Vec::new();
        let mut guests = 0;
        let is_this = |editing: &&Editing| editing.task == edited.task && editing.comment == edited.comment;
        for editing in self.editing.iter().filter(is_this).filter(|editing| editing.tab != tab) {
            match editing.person {
                None => guests += 1,
                person if person == me || editors.contains(&person) => {}
                person => editors.push(person),
            }
        }
        editors.resize(editors.len() + guests, None);
        editors
    }
}

/// The editors that are open in a tab. The tab reports that it is editing the task whose editor was opened last.
#[derive(Clone, Debug, Default)]
pub struct OpenEditors {
    open: Vec<Edited>,
    /// Whether nobody has looked at the tab for a while. A person who left an editor open in such a tab is not typing.
    pub unseen: bool,
}

impl OpenEditors {
    /// Call when an editor for a text of a task opens.
    pub fn open(&mut self, edited: Edited) {
        self.open.push(edited);
    }

    /// Call when an editor for a text of a task closes.
    pub fn close(&mut self, edited: Edited) {
        if let Some(place) = self.open.iter().rposition(|open| *open == edited) {
            self.open.remove(place);
        }
    }

    /// What the tab reports to be editing.
    pub fn editing(&self) -> Option<Edited> {
        self.open.last().copied().filter(|_| !self.unseen)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ANA: ActorId = ActorId(Uuid::from_u128(1));
    const BEN: ActorId = ActorId(Uuid::from_u128(2));
    const CAT: ActorId = ActorId(Uuid::from_u128(3));
    const MY_TAB: TabId = TabId(Uuid::from_u128(10));
    const TAB: TabId = TabId(Uuid::from_u128(11));
    const TEA: TaskId = TaskId(Uuid::from_u128(20));
    const MILK: TaskId = TaskId(Uuid::from_u128(21));

    fn presence_state(people: &[ActorId], guests: u32) -> PresenceState {
        PresenceState { people: people.to_vec(), guests, ..PresenceState::default() }
    }

    fn editing(task: TaskId, person: Option<ActorId>, tab: TabId) -> Editing {
        Editing { task, person, tab, comment: false }
    }

    #[test]
    fn without_names_it_is_as_large() {
        let named =
            PresenceState { more: 2, editing: vec![editing(TEA, Some(ANA), TAB)], ..presence_state(&[ANA, BEN], 1) };
        let nameless = PresenceState { editing: vec![editing(TEA, None, TAB)], ..presence_state(&[], 5) };
        assert_eq!(named.without_names(), nameless);
        assert!(named.has_names() && !nameless.has_names());
        assert_eq!(nameless.without_names(), nameless);
    }

    #[test]
    fn a_change_makes_one_presence_state_the_other_also_when_it_comes_twice() {
        let presence_states = [
            PresenceState::default(),
            presence_state(&[ANA], 0),
            presence_state(&[ANA, CAT], 2),
            PresenceState { editing: vec![editing(TEA, Some(BEN), TAB)], more: 7, ..presence_state(&[BEN], 1) },
            PresenceState { editing: vec![editing(MILK, None, TAB)], ..presence_state(&[ANA, BEN, CAT], 0) },
        ];
        for before in &presence_states {
            for after in &presence_states {
                let change = before.change_to(after);
                let mut now = before.clone();
                now.apply(change.clone());
                assert_eq!(now, *after);
                now.apply(change);
                assert_eq!(now, *after);
            }
        }
    }

    #[test]
    fn nobody_is_told_of_themselves() {
        assert_eq!(presence_state(&[ANA, BEN], 1).others(Some(ANA)), presence_state(&[BEN], 1));
        assert_eq!(presence_state(&[ANA, BEN], 1).others(None), presence_state(&[ANA, BEN], 0));
        let many = PresenceState { more: 40, ..presence_state(&[ANA], 0) };
        assert_eq!(many.others(Some(CAT)), PresenceState { more: 39, ..presence_state(&[ANA], 0) });
        assert_eq!(PresenceState::default().others(None), PresenceState::default());
    }

    #[test]
    fn the_editors_of_a_task_are_the_others_who_edit_it_each_person_once() {
        let other_tab = TabId(Uuid::from_u128(12));
        let edits = [
            editing(TEA, None, MY_TAB),
            editing(TEA, None, TAB),
            editing(TEA, Some(ANA), TAB),
            editing(TEA, Some(BEN), TAB),
            editing(TEA, Some(BEN), other_tab),
            editing(MILK, Some(CAT), TAB),
        ];
        let presence_state = PresenceState { editing: edits.to_vec(), ..PresenceState::default() };
        assert_eq!(presence_state.editors(TEA.into(), Some(ANA), MY_TAB), [Some(BEN), None]);
        assert_eq!(presence_state.editors(MILK.into(), Some(ANA), MY_TAB), [Some(CAT)]);
        assert_eq!(presence_state.editors(MILK.into(), Some(CAT), MY_TAB), []);
        let comment = Edited { task: TEA, comment: true };
        assert_eq!(presence_state.editors(comment, Some(ANA), MY_TAB), []);
        let writing = Editing { comment: true, ..editing(TEA, Some(CAT), TAB) };
        let presence_state = PresenceState { editing: vec![writing], ..PresenceState::default() };
        assert_eq!(presence_state.editors(comment, Some(ANA), MY_TAB), [Some(CAT)]);
        assert_eq!(presence_state.editors(TEA.into(), Some(ANA), MY_TAB), []);
    }

    #[test]
    fn a_tab_edits_the_task_whose_editor_was_opened_last() {
        let mut editors = OpenEditors::default();
        assert_eq!(editors.editing(), None);
        editors.open(TEA.into());
        editors.open(MILK.into());
        editors.open(MILK.into());
        assert_eq!(editors.editing(), Some(MILK.into()));
        editors.close(MILK.into());
        assert_eq!(editors.editing(), Some(MILK.into()));
        editors.close(MILK.into());
        editors.close(MILK.into());
        assert_eq!(editors.editing(), Some(TEA.into()));
    }

    #[test]
    fn a_tab_that_nobody_looks_at_edits_nothing() {
        let mut editors = OpenEditors::default();
        editors.open(TEA.into());
        editors.unseen = true;
        assert_eq!(editors.editing(), None);
        editors.unseen = false;
        assert_eq!(editors.editing(), Some(TEA.into()));
    }
}
