//! The history of one task, field by field: what each change set, and what was there before.

use std::collections::BTreeMap;

use crate::{
    fields::{Field, FieldEdit, TaskPatch},
    id::{ActorId, ColumnId, LabelId, TaskId},
    model::{Priority, Seq, Task},
    ops::{Change, ChangeKind, UpdateTask},
    state::BoardState,
    time::{Day, Timestamp},
};

/// What a change did to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The number of the change.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// The person who made it, where that is known.
    pub by: Option<ActorId>,
    /// What was done to the task as a whole.
    pub event: RevisionEvent,
    /// The fields that were set.
    pub fields: Vec<FieldRevision>,
}

/// What a change did to a task as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionEvent {
    /// It was created.
    Created,
    /// Fields of it were changed.
    Edited,
    /// It was moved within its column.
    Reordered,
    /// It was put into the trash.
    Deleted,
    /// It was restored from the trash.
    Restored,
    /// Its checklists were changed.
    Checklists,
    /// Somebody wrote, edited, deleted or restored a comment on it, or reacted to one.
    Comment,
    /// It was changed by a later version of Taskwire, in a way that this version does not know.
    Unknown,
}

/// What a change did to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRevision {
    /// The field. [`Field::Place`] stands for the column.
    pub field: Field,
    /// The value before; `None` if the log no longer has the change that set it.
    pub before: Option<Value>,
    /// The value since.
    pub after: Value,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A title or a description.
    Text(String),
    /// A priority.
    Priority(Priority),
    /// A day, or none.
    Day(Option<Day>),
    /// The assigned people.
    People(Vec<ActorId>),
    /// The labels.
    Labels(Vec<LabelId>),
    /// The column.
    Column(ColumnId),
}

/// The revisions of a task, from its changes in their order. (The first changes may be missing, because the log was trimmed.)
pub fn revisions<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<Revision> {
    let mut known = Known::default();
    let revision = |Change { seq, at, by, kind, .. }: &Change| {
        let (event, fields) = known.take(kind);
        Revision { seq: *seq, at: *at, by: *by, event, fields }
    };
    changes.into_iter().map(revision).collect()
}

/// The values of the fields, as far as the log tells.
#[derive(Default)]
struct Known(BTreeMap<Field, Value>);

impl Known {
    fn take(&mut self, kind: &ChangeKind) -> (RevisionEvent, Vec<FieldRevision>) {
        match kind {
            ChangeKind::TaskCreated(created) => {
                self.0 = [
                    (Field::Description, Value::Text(String::new())),
                    (Field::Priority, Value::Priority(Priority::None)),
                    (Field::Start, Value::Day(None)),
                    (Field::Due, Value::Day(None)),
                    (Field::Assignees, Value::People(Vec::new())),
                    (Field::Labels, Value::Labels(Vec::new())),
                ]
                .into();
                let mut fields = vec![self.set(Field::Title, Value::Text(created.title.clone()))];
                if !created.description.is_empty() {
                    fields.push(self.set(Field::Description, Value::Text(created.description.clone())));
                }
                fields.push(self.set(Field::Place, Value::Column(created.column)));
                fields.extend(self.edit(&created.fields));
                // There was nothing before.
                fields.iter_mut().for_each(|field| field.before = None);
                (RevisionEvent::Created, fields)
            }
            ChangeKind::TaskUpdated(updated) => {
                let mut fields = self.edit(&updated.fields);
                fields.extend(updated.column.map(|column| self.set(Field::Place, Value::Column(column))));
                let event = if fields.is_empty() { RevisionEvent::Reordered } else { RevisionEvent::Edited };
                (event, fields)
            }
            ChangeKind::TaskDeleted(_) => (RevisionEvent::Deleted, Vec::new()),
            ChangeKind::TaskRestored(restored) => {
                let column = Value::Column(restored.column);
                let moved = self.0.get(&Field::Place).is_some_and(|before| *before != column);
                let place = self.set(Field::Place, column);
                (RevisionEvent::Restored, if moved { vec![place] } else { Vec::new() })
            }
            ChangeKind::ChecklistsUpdated(_) => (RevisionEvent::Checklists, Vec::new()),
            ChangeKind::CommentCreated(_) | ChangeKind::CommentUpdated(_) | ChangeKind::CommentDeleted(_) => {
                (RevisionEvent::Comment, Vec::new())
            }
            _ => (RevisionEvent::Unknown, Vec::new()),
        }
    }

    fn set(&mut self, field: Field, after: Value) -> FieldRevision {
        let before = self.0.insert(field, after.clone());
        FieldRevision { field, before, after }
    }

    fn edit(&mut self, patch: &TaskPatch) -> Vec<FieldRevision> {
        let mut fields: Vec<FieldRevision> = Vec::new();
        for edit in patch.edits() {
            let after = match edit {
                FieldEdit::Title(text) | FieldEdit::Description(text) => Value::Text(text.clone()),
                FieldEdit::Priority(priority) => Value::Priority(*priority),
                FieldEdit::Start(day) | FieldEdit::Due(day) => Value::Day(*day),
                // These are differences: without the people before, the people after are not known either.
                FieldEdit::Assign(people) => {
                    let Some(Value::People(before)) = self.0.get(&Field::Assignees) else { continue };
                    let added = people.iter().filter(|person| !before.contains(person));
                    Value::People(before.iter().chain(added).copied().collect())
                }
                FieldEdit::Unassign(people) => {
                    let Some(Value::People(before)) = self.0.get(&Field::Assignees) else { continue };
                    Value::People(before.iter().filter(|person| !people.contains(person)).copied().collect())
                }
                FieldEdit::AddLabels(labels) => {
                    let Some(Value::Labels(before)) = self.0.get(&Field::Labels) else { continue };
                    let added = labels.iter().filter(|label| !before.contains(label));
                    Value::Labels(before.iter().chain(added).copied().collect())
                }
                FieldEdit::RemoveLabels(labels) => {
                    let Some(Value::Labels(before)) = self.0.get(&Field::Labels) else { continue };
                    Value::Labels(before.iter().filter(|label| !labels.contains(label)).copied().collect())
                }
            };
            let revision = self.set(edit.field(), after);
            // People can be assigned and unassigned in one change.
            match fields.last_mut().filter(|last| last.field == revision.field) {
                Some(last) => last.after = revision.after,
                None => fields.push(revision),
            }
        }
        fields
    }
}

impl FieldRevision {
    /// The request that gives the field of a task the value before this revision. `None` if that value is not known, or is the value now.
    /// Labels are compared as the board shows them, and those that were deleted are left out.
    pub fn put_back(&self, id: TaskId, now: &Task, board: &BoardState) -> Option<UpdateTask> {
        let update = UpdateTask::of(id);
        let update = match (self.field, self.before.as_ref()?) {
            (Field::Title, Value::Text(text)) => update.with(FieldEdit::Title(text.clone())),
            (Field::Description, Value::Text(text)) => update.with(FieldEdit::Description(text.clone())),
            (Field::Priority, Value::Priority(priority)) => update.with(FieldEdit::Priority(*priority)),
            (Field::Start, Value::Day(day)) => update.with(FieldEdit::Start(*day)),
            (Field::Due, Value::Day(day)) => update.with(FieldEdit::Due(*day)),
            (Field::Assignees, Value::People(people)) => update
                .with(FieldEdit::Assign(without(people, &now.assignees)))
                .with(FieldEdit::Unassign(without(&now.assignees, people))),
            (Field::Labels, Value::Labels(labels)) => update
                .with(FieldEdit::AddLabels(without_shown(labels, &now.labels, board)))
                .with(FieldEdit::RemoveLabels(without_shown(&now.labels, labels, board))),
            (Field::Place, Value::Column(column)) => {
                UpdateTask { column: (now.column != *column).then_some(*column), ..update }
            }
            _ => return None,
        };
        let changes = update.column.is_some() || update.fields.edits().any(|edit| edit.changes(now));
        changes.then_some(update)
    }
}

fn without<Id: Copy + PartialEq>(all: &[Id], others: &[Id]) -> Vec<Id> {
    all.iter().filter(|id| !others.contains(id)).copied().collect()
}

/// The labels that are shown and are not among the others, which may be others that stand for the same ones.
fn without_shown(all: &[LabelId], others: &[LabelId], board: &BoardState) -> Vec<LabelId> {
    let shown = |id: &LabelId| board.resolve_label(*id).map(|label| label.id);
    let others: Vec<LabelId> = others.iter().filter_map(shown).collect();
    all.iter().filter(|id| shown(id).is_some_and(|label| !others.contains(&label))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::MutationId,
        label::Hue,
        new_id,
        ops::{CreateLabel, CreateTask, DeleteLabel, MergeLabels, Op, decide},
    };

    /// Decides operations one after the other, and returns the changes with the resulting state.
    fn log(mut state: BoardState, ops: &[Op]) -> (BoardState, Vec<Change>) {
        let mut changes = Vec::new();
        for op in ops {
            let kind = decide(&state, op).expect("an operation that is accepted");
            let (at, mutation) = (Timestamp::from_millis(1), MutationId(new_id()));
            let change = Change { seq: state.seq() + 1, at, by: None, mutation, kind };
            state.apply(&change).expect("the next number");
            changes.push(change);
        }
        (state, changes)
    }

    fn board() -> BoardState {
        let id = new_id();
        let create = serde_json::json!({
            "op": "create_board", "name": "Board",
            "columns": [
                { "id": new_id::<uuid::Uuid>(), "name": "To do", "kind": "open" },
                { "id": new_id::<uuid::Uuid>(), "name": "Done", "kind": "done" },
            ],
        });
        let create: Op = serde_json::from_value(create).expect("an operation");
        log(BoardState::empty(id), &[create]).0
    }

    #[test]
    fn each_field_has_the_value_before_and_can_be_put_back() {
        let task = TaskId(new_id());
        let (ana, ben) = (ActorId(new_id()), ActorId(new_id()));
        let edit = |edit| Op::UpdateTask(UpdateTask::of(task).with(edit));
        let (state, changes) = log(
            board(),
            &[
                Op::CreateTask(CreateTask::of(task, "Tea")),
                edit(FieldEdit::Title("Green tea".to_owned())),
                edit(FieldEdit::Assign(vec![ana])),
                Op::UpdateTask(
                    UpdateTask::of(task).with(FieldEdit::Assign(vec![ben])).with(FieldEdit::Unassign(vec![ana])),
                ),
                Op::UpdateTask(UpdateTask { completed: Some(true), ..UpdateTask::of(task) }),
            ],
        );
        let revisions = revisions(&changes);
        let fields: Vec<_> = revisions.iter().map(|revision| (revision.event, revision.fields.len())).collect();
        assert_eq!(
            fields,
            [
                (RevisionEvent::Created, 2),
                (RevisionEvent::Edited, 1),
                (RevisionEvent::Edited, 1),
                (RevisionEvent::Edited, 1),
                (RevisionEvent::Edited, 1),
            ]
        );
        assert_eq!(revisions[0].fields[0].before, None, "there was nothing before");
        assert_eq!(revisions[1].fields[0].before, Some(Value::Text("Tea".to_owned())));
        assert_eq!(revisions[3].fields[0].before, Some(Value::People(vec![ana])));
        assert_eq!(revisions[3].fields[0].after, Value::People(vec![ben]));

        let now = state.task(task).expect("the task");
        let back: Vec<Op> = revisions[1..]
            .iter()
            .map(|revision| {
                Op::UpdateTask(revision.fields[0].put_back(task, now, &state).expect("something to put back"))
            })
            .collect();
        let (state, _) = log(state.clone(), &[back[0].clone(), back[2].clone(), back[3].clone()]);
        let task = state.task(task).expect("the task");
        assert_eq!((task.title.as_str(), &*task.assignees, state.is_completed(task)), ("Tea", &[ana][..], false));
    }

    #[test]
    fn labels_are_put_back_as_they_are_shown_now() {
        let task = TaskId(new_id());
        let [bug, defect, docs, gone] = [(); 4].map(|()| LabelId(new_id()));
        let label = |id, name| Op::CreateLabel(CreateLabel::of(id, name, Hue::Red));
        let edit = |edit| Op::UpdateTask(UpdateTask::of(task).with(edit));
        let (state, changes) = log(
            board(),
            &[
                label(bug, "Bug"),
                label(defect, "Defect"),
                label(docs, "Docs"),
                label(gone, "Gone"),
                Op::CreateTask(CreateTask::of(task, "Tea").with(FieldEdit::AddLabels(vec![defect, gone]))),
                edit(FieldEdit::RemoveLabels(vec![gone])),
                edit(FieldEdit::RemoveLabels(vec![defect])),
                edit(FieldEdit::AddLabels(vec![bug, docs])),
                Op::DeleteLabel(DeleteLabel::of(gone)),
                Op::MergeLabels(MergeLabels::of(defect, bug)),
            ],
        );
        let revisions: Vec<_> =
            revisions(&changes).into_iter().filter(|revision| !revision.fields.is_empty()).collect();
        let back = |index: usize, state: &BoardState| {
            let now = state.task(task).expect("the task");
            let back = revisions[index].fields.last().expect("labels").put_back(task, now, state);
            back.map(|update| log(state.clone(), &[Op::UpdateTask(update)]).0)
        };
        let names = |state: &BoardState| {
            let labels = state.task_labels(state.task(task).expect("the task"));
            labels.iter().map(|label| label.name.clone()).collect::<Vec<_>>()
        };
        // The labels before are one that was deleted, and one that stands for another now, which the task has.
        let mut before = vec![defect, gone];
        before.sort();
        assert_eq!(revisions[1].fields[0].before, Some(Value::Labels(before)));
        let state = back(1, &state).expect("something to put back");
        assert_eq!(names(&state), ["Bug"]);
        assert_eq!(back(1, &state), None, "it is so already");
        assert_eq!(names(&back(3, &state).expect("something to put back")), Vec::<String>::new());
    }

    #[test]
    fn what_was_trimmed_off_the_log_is_not_known() {
        let task = TaskId(new_id());
        let edit = |edit| Op::UpdateTask(UpdateTask::of(task).with(edit));
        let (state, changes) = log(
            board(),
            &[
                Op::CreateTask(CreateTask::of(task, "Tea")),
                edit(FieldEdit::Title("Green tea".to_owned())),
                edit(FieldEdit::Title("Black tea".to_owned())),
            ],
        );
        let revisions = revisions(&changes[1..]);
        let now = state.task(task).expect("the task");
        assert_eq!(revisions[0].fields[0].before, None);
        assert_eq!(revisions[0].fields[0].put_back(task, now, &state), None);
        assert_eq!(revisions[1].fields[0].before, Some(Value::Text("Green tea".to_owned())));
        let nothing: Vec<Revision> = super::revisions(&[]);
        assert!(nothing.is_empty());
    }
}
