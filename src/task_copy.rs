//! A copy of a task for another board.

use app::{
    fields::FieldEdit,
    id::{ActorId, ColumnId, LabelId, TaskId},
    label::Label,
    model::{Priority, Task},
    ops::{CreateTask, NewChecklist, NewChecklistItem},
    state::BoardState,
};

/// The request for a copy of a task, with its checklists and without its comments. Of the assigned people it has those whom `sees` accepts, and
/// of the labels those for which `label` knows one of the other board.
pub fn copy_of(
    (source, task): (&BoardState, &Task),
    (id, column): (TaskId, ColumnId),
    sees: impl Fn(&ActorId) -> bool + Copy,
    label: impl Fn(&Label) -> Option<LabelId>,
) -> CreateTask {
    let assignees: Vec<ActorId> = task.assignees.iter().copied().filter(sees).collect();
    let mut fields = Vec::new();
    if task.priority != Priority::None {
        fields.push(FieldEdit::Priority(task.priority));
    }
    if task.start.is_some() {
        fields.push(FieldEdit::Start(task.start));
    }
    if task.due.is_some() {
        fields.push(FieldEdit::Due(task.due));
    }
    fields.push(FieldEdit::Assign(assignees));
    fields.push(FieldEdit::AddLabels(source.task_labels(task).iter().filter_map(|of| label(of)).collect()));
    let checklists = task.checklists().into_iter().flat_map(|lists| {
        lists.lists().map(move |list| {
            let items = lists.items_of(list.id).map(|item| NewChecklistItem {
                done: item.done,
                assignee: item.assignee.filter(sees),
                due: item.due,
                ..NewChecklistItem::of(item.id, item.text.clone())
            });
            NewChecklist { checklist: list.id, name: list.name.clone(), items: items.collect() }
        })
    });
    CreateTask {
        checklists: checklists.collect(),
        description: task.description().unwrap_or_default().to_owned(),
        column: Some(column),
        fields: fields.into_iter().collect(),
        ..CreateTask::of(id, task.title.clone())
    }
}
