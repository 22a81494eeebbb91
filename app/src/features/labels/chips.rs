//! How labels look.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{controls::redrawn::redrawn, label::Label, live::LiveBoard, model::Task};

/// How many chips are drawn on a card; the other labels are counted.
const CHIPS: usize = 8;

/// The chip of a label.
pub fn label_chip(label: &Label) -> AnyView {
    let Label { hue, tone, pattern, .. } = label;
    let class = format!("label hue-{} tone-{} pattern-{}", hue.as_str(), tone.as_str(), pattern.as_str());
    let name = label.title();
    let title = match label.description.as_str() {
        "" => name.clone(),
        description => format!("{name}: {description}"),
    };
    view! {
        <span class=class title=title>
            <span class="label-name">{name}</span>
        </span>
    }
    .into_any()
}

/// The labels of a task as they are shown.
pub fn labels_of(board: &LiveBoard, task: ArcRwSignal<Option<Arc<Task>>>) -> Memo<Vec<Arc<Label>>> {
    let (all, board) = (board.labels(), board.clone());
    Memo::new(move |_| {
        all.track();
        let task = task.get().filter(|task| !task.labels.is_empty());
        task.map(|task| board.with(|board| board.task_labels(&task))).unwrap_or_default()
    })
}

/// The chips of a task's labels; nothing if it has none.
pub fn label_chips(board: &LiveBoard, task: ArcRwSignal<Option<Arc<Task>>>) -> AnyView {
    let labels = labels_of(board, task);
    let draw = move || {
        let labels = labels.read();
        (!labels.is_empty()).then(|| {
            let more = labels.len().saturating_sub(CHIPS);
            view! {
                <span class="labels">
                    <span class="visually-hidden">"Labels:"</span>
                    {labels.iter().take(CHIPS).map(|label| label_chip(label)).collect_view()}
                    {(more > 0).then(|| view! { <span>{format!("+{more}")}</span> }.into_any())}
                </span>
            }
            .into_any()
        })
    };
    redrawn(draw).into_any()
}
