//! The labels of a board as choices for a task: those that a typed name finds are added or removed, and a new one is created.

use std::sync::Arc;

use leptos::prelude::*;

use super::chips::label_chip;
use crate::{
    controls::{
        announcer::Announcer,
        combobox::{Choice, Choices},
    },
    fields::FieldEdit,
    id::{LabelId, TaskId},
    label::{Hue, Label},
    live::{LiveBoard, act},
    ops::{CreateLabel, Op, UpdateTask},
    text::folded,
};

/// How many labels are offered at once. Further ones are found by typing.
const OFFERED: usize = 50;

/// The labels whose names contain what is typed, and one with exactly this name if there is none. `labels` are those of the task.
pub fn label_choices(board: &LiveBoard, task: TaskId, labels: Memo<Vec<Arc<Label>>>, announcer: Announcer) -> Choices {
    let (all, board) = (board.labels(), board.clone());
    Arc::new(move |text| {
        let has = labels.get();
        let (found, is_known) = matching(&all.read(), text);
        let choice = |label: Arc<Label>| {
            let is_set = has.iter().any(|other| other.id == label.id);
            let (board, drawn) = (board.clone(), Arc::clone(&label));
            let take = move || {
                toggle_label(&board, task, &label, announcer);
            };
            Choice::new(Some(is_set), move || label_chip(&drawn), take)
        };
        let new = (!is_known).then(|| {
            let (board, name) = (board.clone(), text.trim().to_owned());
            let words = format!("Create the label “{name}”");
            Choice::new(Some(false), move || words.into_any(), move || create_label(&board, task, &name, announcer))
        });
        found.into_iter().map(choice).chain(new).collect()
    })
}

/// Adds a label to a task or removes it, and announces that. Returns whether it could be done.
pub fn toggle_label(board: &LiveBoard, task: TaskId, label: &Label, announcer: Announcer) -> bool {
    let has = board.with(|board| board.task(task).map(|task| board.ids_of_label(task, label.id)).unwrap_or_default());
    let (edit, words) = match has.is_empty() {
        false => (FieldEdit::RemoveLabels(has), "Removed"),
        true => (FieldEdit::AddLabels(vec![label.id]), "Added"),
    };
    let done = act(board, Op::UpdateTask(UpdateTask::of(task).with(edit)));
    if done {
        announcer.say(format!("{words} the label “{}”", label.title()));
    }
    done
}

fn create_label(board: &LiveBoard, task: TaskId, name: &str, announcer: Announcer) {
    let id: LabelId = crate::new_id();
    let hue = Hue::ALL[board.with(|board| board.labels_len()) % Hue::ALL.len()];
    let add = UpdateTask::of(task).with(FieldEdit::AddLabels(vec![id]));
    if act(board, Op::CreateLabel(CreateLabel::of(id, name.to_owned(), hue))) && act(board, Op::UpdateTask(add)) {
        announcer.say(format!("Created and added the label “{name}”"));
    }
}

/// The labels whose names contain a text, and whether one has exactly this name.
fn matching(labels: &[Arc<Label>], text: &str) -> (Vec<Arc<Label>>, bool) {
    let text = folded(text.trim());
    let titled = |label: &&Arc<Label>| folded(&label.title()).contains(&text);
    let found = labels.iter().filter(titled).take(OFFERED).cloned().collect();
    (found, text.is_empty() || labels.iter().any(|label| folded(&label.title()) == text))
}
