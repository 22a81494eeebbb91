//! Seeded random boards and edits.

#![allow(dead_code, reason = "not every test needs all of it")]

use app::{
    comment::Reaction,
    fields::FieldEdit,
    id::{ActorId, ChecklistId, ChecklistItemId, ColumnId, CommentId, LabelId, MutationId, TaskId},
    label::{Hue, Pattern, Tone},
    model::{ColumnKind, Place, Priority},
    ops::{
        AddChecklistItems, CreateBoard, CreateChecklist, CreateColumn, CreateComment, CreateLabel, CreateTask,
        DeleteChecklistItems, DeleteColumn, DeleteComment, DeleteLabel, DeleteTask, MergeLabels, Mutation,
        NewChecklistItem, NewColumn, Op, RestoreComment, RestoreTask, SetArchived, SetReaction, UnmergeLabel,
        UpdateBoard, UpdateChecklist, UpdateChecklistItem, UpdateColumn, UpdateComment, UpdateLabel, UpdateTask,
    },
    state::BoardState,
    time::Day,
};
use uuid::Uuid;

/// The source of all randomness: the same seed results in the same test.
pub struct Random(fastrand::Rng, Edits);

/// What [`Random::op`] edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edits {
    /// Everything but checklists, so that seeds that once showed an error still mean the same.
    WithoutChecklists,
    All,
}

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Self::of(seed, Edits::WithoutChecklists)
    }

    pub fn of(seed: u64, edits: Edits) -> Self {
        Self(fastrand::Rng::with_seed(seed), edits)
    }

    /// Whether checklists are edited, too.
    pub fn edits_checklists(&self) -> bool {
        self.1 == Edits::All
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u32) -> bool {
        self.0.u32(..n) == 0
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0.usize(..n)
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }

    pub fn uuid(&mut self) -> Uuid {
        Uuid::from_u128(self.0.u128(..))
    }

    pub fn mutation(&mut self, op: Op) -> Mutation {
        Mutation { id: MutationId(self.uuid()), op }
    }

    pub fn create_board(&mut self) -> Op {
        let columns = [("To do", ColumnKind::Open), ("Doing", ColumnKind::Active), ("Done", ColumnKind::Done)]
            .map(|(name, kind)| NewColumn { id: ColumnId(self.uuid()), name: name.to_owned(), kind });
        Op::CreateBoard(CreateBoard { name: "Board".to_owned(), columns: columns.into(), everyone: None })
    }

    /// A random operation on this board, as a person might send it. It may be refused.
    pub fn op(&mut self, state: &BoardState) -> Op {
        // Everything else would be refused.
        if state.is_archived() && self.one_in(2) {
            return Op::SetArchived(SetArchived::to(false));
        }
        if self.1 == Edits::All && self.one_in(2) {
            return self.checklist_op(state);
        }
        let columns: Vec<ColumnId> = state.columns().map(|column| column.id).collect();
        let tasks: Vec<TaskId> = state.tasks().map(|task| task.id).collect();
        let Some(task) = self.pick(&tasks).filter(|_| !self.one_in(4)) else {
            return self.create_task(&columns, &tasks, state);
        };
        match self.below(25) {
            0..=2 => Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Title(self.text()))),
            3 => Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Description(self.text()))),
            4 => {
                let due = (!self.one_in(3)).then(|| Day::parse("2026-12-24")).flatten();
                let update = UpdateTask::of(task)
                    .with(FieldEdit::Priority(self.pick(&Priority::ALL).unwrap_or_default()))
                    .with(FieldEdit::Start(due.filter(|_| self.one_in(2))))
                    .with(FieldEdit::Due(due))
                    .with(FieldEdit::Assign(self.people()))
                    .with(FieldEdit::Unassign(self.people()))
                    .with(FieldEdit::AddLabels(self.labels(state)))
                    .with(FieldEdit::RemoveLabels(self.labels(state)));
                Op::UpdateTask(update)
            }
            5..=9 => Op::UpdateTask(UpdateTask {
                column: self.pick(&columns),
                place: Some(self.place(&tasks)),
                ..UpdateTask::of(task)
            }),
            10..=11 => Op::UpdateTask(UpdateTask { completed: Some(self.one_in(2)), ..UpdateTask::of(task) }),
            12 => Op::DeleteTask(DeleteTask::of(task)),
            13..=14 => Op::RestoreTask(RestoreTask::of(task)),
            15 if self.one_in(3) => Op::UpdateBoard(UpdateBoard {
                key: self.pick(&["WEB", "SITE", "ab"]).map(str::to_owned),
                ..UpdateBoard::default()
            }),
            15 if self.1 == Edits::All && self.one_in(2) => Op::UpdateBoard(UpdateBoard {
                hue: self.one_in(2).then(|| self.pick(Hue::ALL).filter(|_| !self.one_in(3))),
                description: self.one_in(2).then(|| self.text()),
                ..UpdateBoard::default()
            }),
            15 => Op::UpdateBoard(UpdateBoard { name: Some(self.text()), ..UpdateBoard::default() }),
            16 => Op::CreateColumn(CreateColumn {
                column: ColumnId(self.uuid()),
                name: self.text(),
                kind: self.pick(&ColumnKind::ALL).unwrap_or(ColumnKind::Open),
                place: self.place(&columns),
            }),
            17 | 18 => Op::UpdateColumn(UpdateColumn {
                kind: if self.one_in(4) { self.pick(&ColumnKind::ALL) } else { None },
                place: Some(self.place(&columns)),
                ..UpdateColumn::of(columns[self.below(columns.len())])
            }),
            19 => Op::SetArchived(SetArchived::to(self.one_in(2))),
            20 => Op::DeleteColumn(DeleteColumn::of(columns[self.below(columns.len())])),
            21..=22 => Op::UpdateTask(match self.one_in(2) {
                true => UpdateTask::of(task).with(FieldEdit::AddLabels(self.labels(state))),
                false => UpdateTask::of(task).with(FieldEdit::RemoveLabels(self.labels(state))),
            }),
            _ => self.label_op(state),
        }
    }

    /// A random operation on this board, or on comments.
    pub fn op_or_comment(&mut self, state: &BoardState) -> Op {
        let tasks: Vec<TaskId> = state.tasks().map(|task| task.id).collect();
        match self.pick(&tasks) {
            Some(task) if self.one_in(6) => {
                // A few ids, so that comments are named that are not there, or belong to another task.
                let comments: Vec<CommentId> = (0..4).map(|number| CommentId(Uuid::from_u128(number))).collect();
                self.comment_op(task, &comments, None)
            }
            _ => self.op(state),
        }
    }

    /// A random operation on the comments of a task, by a person.
    pub fn comment_op(&mut self, task: TaskId, comments: &[CommentId], person: Option<ActorId>) -> Op {
        let Some(comment) = self.pick(comments).filter(|_| !self.one_in(3)) else {
            return Op::CreateComment(CreateComment { comment: CommentId(self.uuid()), task, text: self.text() });
        };
        match (self.below(4), person) {
            (0, Some(person)) => {
                let reaction = self.pick(&Reaction::ALL[..2]).unwrap_or(Reaction::Heart);
                Op::SetReaction(SetReaction { comment, reaction, person, on: !self.one_in(3) })
            }
            (0 | 1, _) => Op::UpdateComment(UpdateComment { text: self.text(), ..UpdateComment::of(comment) }),
            (2, _) => Op::DeleteComment(DeleteComment::of(comment)),
            _ => Op::RestoreComment(RestoreComment::of(comment)),
        }
    }

    /// A random operation on the labels.
    pub fn label_op(&mut self, state: &BoardState) -> Op {
        let labels: Vec<LabelId> = state.all_labels().map(|label| label.id).collect();
        let Some(label) = self.pick(&labels).filter(|_| !self.one_in(3)) else {
            return Op::CreateLabel(CreateLabel {
                tone: self.pick(Tone::ALL).unwrap_or_default(),
                pattern: self.pick(Pattern::ALL).unwrap_or_default(),
                place: self.place(&labels),
                ..CreateLabel::of(LabelId(self.uuid()), self.text(), self.pick(Hue::ALL).unwrap_or_default())
            });
        };
        match self.below(6) {
            0 => Op::DeleteLabel(DeleteLabel::of(label)),
            1 => Op::MergeLabels(MergeLabels::of(label, self.pick(&labels).unwrap_or(label))),
            2 => Op::UnmergeLabel(UnmergeLabel::of(label)),
            3 => Op::UpdateLabel(UpdateLabel { name: Some(self.text()), ..UpdateLabel::of(label) }),
            4 => Op::UpdateLabel(UpdateLabel {
                hue: self.pick(Hue::ALL),
                description: Some(self.text()),
                ..UpdateLabel::of(label)
            }),
            _ => Op::UpdateLabel(UpdateLabel { place: Some(self.place(&labels)), ..UpdateLabel::of(label) }),
        }
    }

    /// A random operation on the checklists of one of the first tasks, so that they get some.
    pub fn checklist_op(&mut self, state: &BoardState) -> Op {
        let tasks: Vec<TaskId> = state.tasks().map(|task| task.id).take(3).collect();
        let Some(task) = self.pick(&tasks) else {
            let columns: Vec<ColumnId> = state.columns().map(|column| column.id).collect();
            return self.create_task(&columns, &tasks, state);
        };
        let lists = state.task(task).and_then(|task| task.checklists()).cloned().unwrap_or_default();
        let ids: Vec<ChecklistId> = lists.all_lists().map(|list| list.id).collect();
        let items: Vec<ChecklistItemId> = lists.all_items().map(|item| item.id).collect();
        let Some(list) = self.pick(&ids).filter(|_| !self.one_in(6)) else {
            return Op::CreateChecklist(CreateChecklist {
                items: self.new_items(&items),
                place: self.place(&ids),
                ..CreateChecklist::of(task, ChecklistId(self.uuid()), self.text())
            });
        };
        let update = UpdateChecklist::of(task, list);
        match self.below(8) {
            0 => return Op::UpdateChecklist(UpdateChecklist { name: Some(self.text()), ..update }),
            1 => return Op::UpdateChecklist(UpdateChecklist { place: Some(self.place(&ids)), ..update }),
            2 => return Op::UpdateChecklist(UpdateChecklist { deleted: Some(!self.one_in(3)), ..update }),
            3 | 4 => {
                let items = self.new_items(&items);
                return Op::AddChecklistItems(AddChecklistItems { items, ..AddChecklistItems::of(task, list) });
            }
            _ => {}
        }
        let Some(item) = self.pick(&items) else {
            return Op::UpdateChecklist(UpdateChecklist { name: Some(self.text()), ..update });
        };
        let update = UpdateChecklistItem::of(task, item);
        Op::UpdateChecklistItem(match self.below(7) {
            0 | 1 => UpdateChecklistItem { done: Some(self.one_in(2)), ..update },
            2 => {
                let was = lists.item(item).filter(|_| self.one_in(2)).map(|item| item.text.clone());
                UpdateChecklistItem { text: Some(self.text()), was, ..update }
            }
            3 => UpdateChecklistItem {
                assignee: Some(self.people().pop()),
                due: Some((!self.one_in(3)).then(|| Day::parse("2026-12-24")).flatten()),
                ..update
            },
            4 => UpdateChecklistItem { place: Some(self.place(&items)), ..update },
            5 => UpdateChecklistItem { checklist: Some(list), place: Some(self.place(&items)), ..update },
            _ => {
                let items = (0..=self.below(2)).filter_map(|_| self.pick(&items)).collect();
                return Op::DeleteChecklistItems(DeleteChecklistItems { items, ..DeleteChecklistItems::of(task) });
            }
        })
    }

    fn new_items(&mut self, siblings: &[ChecklistItemId]) -> Vec<NewChecklistItem> {
        let new = |random: &mut Self| NewChecklistItem {
            done: random.one_in(3),
            place: if random.one_in(2) { Some(random.place(siblings)) } else { None },
            ..NewChecklistItem::of(ChecklistItemId(random.uuid()), random.text())
        };
        (0..self.below(4)).map(|_| new(self)).collect()
    }

    /// Some labels of the board, also such that were merged.
    fn labels(&mut self, state: &BoardState) -> Vec<LabelId> {
        let labels: Vec<LabelId> = state.all_labels().map(|label| label.id).collect();
        (0..self.below(3)).filter_map(|_| self.pick(&labels)).collect()
    }

    fn create_task(&mut self, columns: &[ColumnId], tasks: &[TaskId], state: &BoardState) -> Op {
        let create = CreateTask {
            description: if self.one_in(2) { self.text() } else { String::new() },
            column: self.pick(columns),
            place: self.place(tasks),
            ..CreateTask::of(TaskId(self.uuid()), self.text())
        };
        let assignees = if self.one_in(3) { self.people() } else { Vec::new() };
        let priority = self.pick(&Priority::ALL).unwrap_or_default();
        let labels = if self.one_in(3) { self.labels(state) } else { Vec::new() };
        let create = create.with(FieldEdit::Priority(priority)).with(FieldEdit::Assign(assignees));
        Op::CreateTask(create.with(FieldEdit::AddLabels(labels)))
    }

    /// Some people of a small team.
    fn people(&mut self) -> Vec<ActorId> {
        (0..self.below(3)).map(|_| ActorId(Uuid::from_u128(self.0.u128(1..6)))).collect()
    }

    fn place<Id: Copy>(&mut self, siblings: &[Id]) -> Place<Id> {
        match (self.below(4), self.pick(siblings)) {
            (0, Some(id)) => Place::Before(id),
            (1, Some(id)) => Place::After(id),
            (2, _) => Place::First,
            _ => Place::Last,
        }
    }

    fn text(&mut self) -> String {
        const WORDS: [&str; 8] =
            ["tea", "<b>bold</b>", "'; DROP TABLE tasks; --", "ünïcode", "日本", "🚀", "\"quotes\"", "x"];
        (0..=self.below(3)).map(|_| WORDS[self.below(WORDS.len())]).collect::<Vec<_>>().join(" ")
    }
}
