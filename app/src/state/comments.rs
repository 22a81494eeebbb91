//! The comments that a copy of a board holds, which are not part of its state.
//!
//! A board's state has the number of each task's comments. A page that shows a task holds its comments from then on: it loads them in pages,
//! newest first, and changes of the log put new and changed ones in. The server holds the comments that a transaction changes. Whoever
//! holds nothing, which is every other copy of a board, keeps nothing.
//!
//! Nothing is missed or doubled, wherever the numbers of a page and of the state are:
//!
//! - A task is held before its comments are requested, so no change after the request is lost. A page that is older than that is requested
//!   again.
//! - A change contains the whole comment. Of a comment that is there, the one with the higher number stays.
//! - A comment that was deleted is held as deleted, so that an older page does not bring it back.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use super::{BoardState, Entity, Stamp, Touched};
use crate::{
    comment::{Comment, CommentPage},
    id::{CommentId, TaskId},
    model::{Seq, Task},
};

/// The comments that a state holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    tasks: BTreeMap<TaskId, HeldTask>,
    comments: BTreeMap<CommentId, Arc<Comment>>,
}

/// A task whose comments are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HeldTask {
    /// The number of the state from which on no change of the comments was missed.
    since: Seq,
    /// Every comment that was created by this change or later is held; `None` if no page was loaded yet.
    from: Option<Seq>,
}

impl BoardState {
    /// Holds the comments of a task from now on. Returns whether it did not before.
    pub fn hold_comments(&mut self, task: TaskId) -> bool {
        let held = self.newly_held(task);
        match self.held.tasks.entry(task) {
            Entry::Vacant(entry) => {
                entry.insert(held);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// Of a task without comments, all are loaded.
    fn newly_held(&self, task: TaskId) -> HeldTask {
        let has_none = self.task(task).is_some_and(|task| task.comments == 0);
        HeldTask { since: self.seq, from: has_none.then_some(0) }
    }

    /// Holds a comment, whatever task it belongs to, unless a newer copy of it is held.
    pub fn hold_comment(&mut self, comment: Arc<Comment>) {
        let known = self.held.comments.get(&comment.id);
        if known.is_none_or(|known| known.seq < comment.seq) {
            self.held.comments.insert(comment.id, comment);
        }
    }

    /// Loads a page of a task's comments. Returns false if it cannot be used: the task is not held, or changes between the page and the
    /// state were missed, or it does not continue what is loaded.
    pub fn load_comments(&mut self, page: &CommentPage) -> bool {
        let Some(held) = self.held.tasks.get_mut(&page.task) else { return false };
        if page.seq < held.since || (page.before.is_some() && page.before != held.from) {
            return false;
        }
        // The first page again, because a link was followed, does not forget the others.
        if page.before.is_some() || held.from.is_none() {
            let oldest = page.comments.last().map(|comment| comment.created_seq);
            held.from = Some(oldest.filter(|_| page.more).unwrap_or(0));
        }
        page.comments.iter().chain(&page.linked).for_each(|comment| self.hold_comment(Arc::clone(comment)));
        true
    }

    /// Stops holding the comments of a task, but for those that are `needed`.
    pub fn release_comments(&mut self, task: TaskId, needed: impl Fn(CommentId) -> bool) {
        self.held.tasks.remove(&task);
        self.held.comments.retain(|id, comment| comment.task != task || needed(*id));
    }

    /// Stops holding comments.
    pub fn release_all_comments(&mut self) {
        self.held = Held::default();
    }

    /// Whether the comments of a task are held and were loaded.
    pub fn has_comments(&self, task: TaskId) -> bool {
        self.held.tasks.get(&task).is_some_and(|held| held.from.is_some())
    }

    /// The number before which there are comments of a task that are not loaded; `None` if all are.
    pub fn older_comments(&self, task: TaskId) -> Option<Seq> {
        self.held.tasks.get(&task)?.from.filter(|from| *from > 0)
    }

    /// Returns a comment that is held, also if it was deleted.
    pub fn comment(&self, id: CommentId) -> Option<&Arc<Comment>> {
        self.held.comments.get(&id)
    }

    /// Returns the comments of a task that are loaded, newest first.
    pub fn comments(&self, task: TaskId) -> Vec<Arc<Comment>> {
        let Some(from) = self.held.tasks.get(&task).and_then(|held| held.from) else { return Vec::new() };
        let is_listed =
            |comment: &&Arc<Comment>| comment.task == task && !comment.is_deleted() && comment.created_seq >= from;
        let mut comments: Vec<_> = self.held.comments.values().filter(is_listed).cloned().collect();
        comments.sort_by_key(|comment| std::cmp::Reverse((comment.created_seq, comment.id)));
        comments
    }

    /// Puts a comment as a change leaves it, if this state holds it or its task's comments.
    pub(crate) fn put_comment(&mut self, comment: Comment, touched: &mut Touched) {
        if self.held.comments.contains_key(&comment.id) || self.held.tasks.contains_key(&comment.task) {
            touched.add(Entity::Comment(comment.task, comment.id));
            self.held.comments.insert(comment.id, Arc::new(comment));
        }
    }

    /// Notes a change of a task's comments, of which there are so many now.
    pub(crate) fn count_comments(&mut self, task: TaskId, comments: u32, stamp: Stamp, touched: &mut Touched) {
        self.edit_task(task, stamp, touched, |task: &mut Task| {
            task.comments = comments;
            task.comments_seq = stamp.seq;
        });
    }

    /// Takes over what `other` holds.
    pub(crate) fn hold_as(&mut self, other: &BoardState) {
        self.held.clone_from(&other.held);
    }

    /// Takes over what an older state of the board held. If comments of a task changed in between, they must be loaded again.
    pub(crate) fn keep_comments(&mut self, old: &BoardState) {
        let numbers = |state: &BoardState, task| state.task(task).map(|task| task.comments_seq);
        let is_same = |task| numbers(self, task) == numbers(old, task);
        let comments = old.held.comments.iter().filter(|(_, comment)| is_same(comment.task));
        let comments = comments.map(|(id, comment)| (*id, Arc::clone(comment))).collect();
        let renew = |(task, held): (&TaskId, &HeldTask)| {
            let held = if is_same(*task) { *held } else { self.newly_held(*task) };
            (*task, held)
        };
        self.held = Held { tasks: old.held.tasks.iter().map(renew).collect(), comments };
    }

    /// Copies a comment from `other`.
    pub(super) fn copy_comment(&mut self, id: CommentId, other: &BoardState) {
        match other.held.comments.get(&id) {
            Some(comment) => self.held.comments.insert(id, Arc::clone(comment)),
            None => self.held.comments.remove(&id),
        };
    }
}
