//! The labels of a task in its panel: chips, and a field that finds, sets, unsets and creates labels.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    chips::{label_chip, labels_of},
    choosing::{label_choices, toggle_label},
    manage::labels_link,
};
use crate::{
    access::BoardRole,
    address::{View, board_path},
    controls::{
        announcer::Announcer,
        combobox::Combobox,
        focus::focus_when_drawn,
        icon::{Icon, Picture},
        if_may::IfMay,
        redrawn::redrawn,
    },
    id::{LabelId, TaskId},
    label::Label,
    live::LiveBoard,
};

/// The labels of a task, with the field that changes them.
#[component]
pub fn LabelsField(board: LiveBoard, task: TaskId, #[prop(into)] deleted: Signal<bool>) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let labels = labels_of(&board, board.task(task).task);
    let edits = board.may(BoardRole::Editor);
    let is_wanted = {
        let all = board.labels();
        Memo::new(move |_| edits.get() || !all.read().is_empty())
    };
    let id = board.id();
    let choices = label_choices(&board, task, labels, announcer);
    let chips = {
        let board = board.clone();
        move || {
            let labels = labels.get();
            let chip = |label: Arc<Label>| {
                let (chip, name, board) = (label_chip(&label), label.title(), board.clone());
                let remove = move |_| {
                    if toggle_label(&board, task, &label, announcer) {
                        focus_when_drawn("#task-label");
                    }
                };
                view! {
                    <li>
                        {chip} <IfMay may=edits>
                            <button
                                type="button"
                                class="button quiet icon-only needs-script"
                                aria-label=format!("Remove the label “{name}”")
                                disabled=deleted
                                on:click=remove.clone()
                            >
                                <Picture icon=Icon::Close />
                            </button>
                        </IfMay>
                    </li>
                }
                .into_any()
            };
            labels.into_iter().map(chip).collect_view().into_any()
        }
    };
    let field = move || {
        let choices = Arc::clone(&choices);
        is_wanted.get().then(|| {
            view! {
                <div class="labels-field" role="group" aria-labelledby="task-labels">
                    <span class="field-label" id="task-labels">
                        "Labels"
                    </span>
                    <ul>{redrawn(chips.clone())}</ul>
                    <IfMay may=edits>
                        <Combobox
                            id="task-label"
                            label="Add or remove a label"
                            list="Labels"
                            placeholder="Add a label"
                            choices=Arc::clone(&choices)
                            multiple=true
                            disabled=deleted
                        />
                    </IfMay>
                    <a class="hint" href=board_path(id, View::Labels)>
                        {redrawn(move || labels_link(edits.get()))}
                    </a>
                </div>
            }
            .into_any()
        })
    };
    redrawn(field).into_any()
}

/// The labels as checkboxes, for the form of a task that works without JavaScript.
#[component]
pub fn LabelBoxes(board: LiveBoard, labels: Vec<LabelId>) -> impl IntoView {
    let offered = board.labels().get_untracked();
    (!offered.is_empty()).then(|| {
        let boxes = offered.iter().map(|label| {
            let (id, has) = (label.id.to_string(), labels.contains(&label.id));
            let was = has.then(|| view! { <input type="hidden" name="was[labels][]" value=id.clone() /> }.into_any());
            view! {
                {was}
                <label>
                    <input type="checkbox" name="edit[labels][]" value=id.clone() checked=has />
                    " "
                    {label_chip(label)}
                </label>
            }
            .into_any()
        });
        view! {
            <fieldset class="label-boxes">
                <legend class="field-label">"Labels"</legend>
                {boxes.collect_view()}
            </fieldset>
        }
        .into_any()
    })
}
