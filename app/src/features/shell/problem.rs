//! Describes a refused edit to the person: what failed, and what they had typed.

use std::borrow::Cow;

use crate::{
    fields::FieldEdit,
    id::TaskId,
    model::TextField,
    ops::{Op, UpdateTask},
    state::BoardState,
    text::shortened,
};

/// Which edit failed, as a sentence without its full stop.
pub fn what_failed(op: &Op, board: &BoardState) -> String {
    let title = |id: TaskId| match board.task(id) {
        Some(task) => format!("“{}”", shortened(&task.title)),
        None => "A task".to_owned(),
    };
    match op {
        Op::CreateBoard(_) => "The board was not created".to_owned(),
        Op::UpdateBoard(update) if update.name.is_some() => "The board was not renamed".to_owned(),
        Op::UpdateBoard(update) if update.key.is_some() => "The board keeps its key".to_owned(),
        Op::UpdateBoard(update) if update.description.is_some() => "The board keeps its description".to_owned(),
        Op::UpdateBoard(update) if update.hue.is_some() => "The board keeps its colour".to_owned(),
        Op::UpdateBoard(_) | Op::SetMember(_) => "Access to the board was not changed".to_owned(),
        Op::DeleteBoard(_) => "The board was not deleted".to_owned(),
        Op::RestoreBoard(_) => "The board was not restored".to_owned(),
        Op::SetArchived(set) if set.archived => "The board was not archived".to_owned(),
        Op::SetArchived(_) => "The board was not brought back".to_owned(),
        Op::CreateShareLink(_) => "The share link was not made".to_owned(),
        Op::RevokeShareLink(_) => "The share link was not revoked".to_owned(),
        Op::CreateColumn(create) => format!("The column “{}” was not added", shortened(&create.name)),
        Op::UpdateColumn(update) if update.name.is_some() => "The column was not renamed".to_owned(),
        Op::UpdateColumn(update) if update.place.is_some() => "The column was not moved".to_owned(),
        Op::UpdateColumn(_) => "The column was not changed".to_owned(),
        Op::DeleteColumn(_) => "The column was not deleted".to_owned(),
        Op::CreateLabel(_) => "The label was not added".to_owned(),
        Op::UpdateLabel(_) => "The label was not changed".to_owned(),
        Op::DeleteLabel(_) => "The label was not deleted".to_owned(),
        Op::MergeLabels(_) | Op::UnmergeLabel(_) => "The labels stay as they are".to_owned(),
        Op::CreateTask(create) => format!("“{}” was not added", shortened(&create.title)),
        Op::UpdateTask(update) => format!("{} {}", title(update.task), what_stayed(update)),
        Op::DeleteTask(delete) => format!("{} was not deleted", title(delete.task)),
        Op::RestoreTask(restore) => format!("{} was not restored", title(restore.task)),
        Op::CreateChecklist(create) => format!("The checklist “{}” was not added", shortened(&create.name)),
        Op::UpdateChecklist(_) => "The checklist was not changed".to_owned(),
        Op::AddChecklistItems(add) if add.items.len() > 1 => format!("{} items were not added", add.items.len()),
        Op::AddChecklistItems(_) => "The item was not added".to_owned(),
        Op::UpdateChecklistItem(_) => "The item was not changed".to_owned(),
        Op::DeleteChecklistItems(_) => "The item was not deleted".to_owned(),
        Op::CreateComment(create) => format!("Your comment on {} was not added", title(create.task)),
        Op::UpdateComment(_) => "The comment was not changed".to_owned(),
        Op::DeleteComment(_) => "The comment was not deleted".to_owned(),
        Op::RestoreComment(_) => "The comment was not restored".to_owned(),
        Op::SetReaction(_) => "Your reaction was not saved".to_owned(),
    }
}

/// The text that the person typed, if the edit has one.
pub fn typed_text(op: &Op) -> Option<Cow<'_, str>> {
    if let Op::AddChecklistItems(add) = op {
        return Some(add.items.iter().map(|item| &*item.text).collect::<Vec<_>>().join("\n").into());
    }
    one_text(op).map(Cow::Borrowed)
}

/// The same, of an edit that has at most one text.
fn one_text(op: &Op) -> Option<&str> {
    match op {
        Op::CreateBoard(create) => Some(&create.name),
        Op::UpdateBoard(update) => update.name.as_deref().or(update.key.as_deref()).or(update.description.as_deref()),
        Op::CreateColumn(create) => Some(&create.name),
        Op::UpdateColumn(update) => update.name.as_deref(),
        Op::CreateLabel(create) => Some(&create.name),
        Op::UpdateLabel(update) => update.name.as_deref().or(update.description.as_deref()),
        Op::CreateTask(create) => Some(&create.title),
        Op::UpdateTask(update) => update.fields.text(TextField::Description).or(update.fields.text(TextField::Title)),
        Op::CreateChecklist(create) => Some(&create.name),
        Op::UpdateChecklist(update) => update.name.as_deref(),
        Op::UpdateChecklistItem(update) => update.text.as_deref(),
        Op::CreateComment(create) => Some(&create.text),
        Op::UpdateComment(update) => Some(&update.text),
        Op::DeleteBoard(_)
        | Op::RestoreBoard(_)
        | Op::SetArchived(_)
        | Op::SetMember(_)
        | Op::CreateShareLink(_)
        | Op::RevokeShareLink(_)
        | Op::DeleteColumn(_)
        | Op::DeleteLabel(_)
        | Op::MergeLabels(_)
        | Op::UnmergeLabel(_)
        | Op::DeleteTask(_)
        | Op::RestoreTask(_)
        | Op::AddChecklistItems(_)
        | Op::DeleteChecklistItems(_)
        | Op::DeleteComment(_)
        | Op::RestoreComment(_)
        | Op::SetReaction(_) => None,
    }
}

/// The predicate that says what did not happen to a task. Texts come first in a patch, so they decide where there are several edits.
fn what_stayed(update: &UpdateTask) -> &'static str {
    match (update, update.fields.edits().next()) {
        (_, Some(FieldEdit::Title(_))) => "keeps its title",
        (_, Some(FieldEdit::Description(_))) => "keeps its description",
        (UpdateTask { completed: Some(true), .. }, _) => "was not completed",
        (UpdateTask { completed: Some(false), .. }, _) => "was not reopened",
        (UpdateTask { column: Some(_), .. } | UpdateTask { place: Some(_), .. }, _) => "was not moved",
        (_, Some(FieldEdit::Priority(_))) => "keeps its priority",
        (_, Some(FieldEdit::Start(_))) => "keeps its start date",
        (_, Some(FieldEdit::Due(_))) => "keeps its due date",
        (_, Some(FieldEdit::Assign(_) | FieldEdit::Unassign(_))) => "keeps its assignees",
        (_, Some(FieldEdit::AddLabels(_) | FieldEdit::RemoveLabels(_))) => "keeps its labels",
        (_, None) => "was not changed",
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::BoardId,
        ops::{AddChecklistItems, DeleteTask, NewChecklistItem},
    };

    #[test]
    fn a_task_that_is_not_known_is_still_spoken_of() {
        let board = BoardState::empty(BoardId(Uuid::from_u128(1)));
        let op = Op::DeleteTask(DeleteTask::of(TaskId(Uuid::from_u128(2))));
        assert_eq!(what_failed(&op, &board), "A task was not deleted");
        assert_eq!(typed_text(&op), None);
    }

    #[test]
    fn of_several_new_items_every_line_was_typed() {
        let items = ["Tent", "Map"].map(|text| NewChecklistItem::of(crate::new_id(), text)).into();
        let add = AddChecklistItems { items, ..AddChecklistItems::of(crate::new_id(), crate::new_id()) };
        assert_eq!(typed_text(&Op::AddChecklistItems(add)).as_deref(), Some("Tent\nMap"));
    }

    #[test]
    fn long_titles_are_shortened_between_characters() {
        let long = "ü".repeat(61);
        assert_eq!(shortened(&long), format!("{}…", "ü".repeat(60)));
        assert_eq!(shortened("short"), "short");
    }
}
