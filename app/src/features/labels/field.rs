//! The labels of a task in its panel: chips, and a field that finds, sets, unsets and creates labels. It follows the pattern of a combobox
//! with a list in which several can be chosen.

use std::sync::Arc;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    chips::{label_chip, labels_of},
    manage::labels_link,
};
use crate::{
    access::BoardRole,
    address::{View, board_path},
    controls::{
        announcer::Announcer,
        focus::{find, focus_when_drawn},
        icon::{Icon, Picture},
        if_may::IfMay,
        keyboard::{self, Key},
        redrawn::redrawn,
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

/// The labels whose names contain a text, and whether one has exactly this name.
fn matching(labels: &[Arc<Label>], text: &str) -> (Vec<Arc<Label>>, bool) {
    let text = folded(text.trim());
    let titled = |label: &&Arc<Label>| folded(&label.title()).contains(&text);
    let found = labels.iter().filter(titled).take(OFFERED).cloned().collect();
    (found, text.is_empty() || labels.iter().any(|label| folded(&label.title()) == text))
}

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
    let of_finder = StoredValue::new(board.clone());
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
        is_wanted.get().then(|| {
            view! {
                <div class="labels-field" role="group" aria-labelledby="task-labels">
                    <span class="field-label" id="task-labels">
                        "Labels"
                    </span>
                    <ul>{redrawn(chips.clone())}</ul>
                    <IfMay may=edits>
                        <Finder board=of_finder.get_value() task labels deleted />
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

/// The combobox.
#[component]
fn Finder(board: LiveBoard, task: TaskId, labels: Memo<Vec<Arc<Label>>>, deleted: Signal<bool>) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let all = board.labels();
    let field = NodeRef::<html::Input>::new();
    let (text, open, active) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(0_usize));
    let options = move || matching(&all.read(), &text.read());
    // The last option creates a label with the typed name.
    let count = {
        let options = options.clone();
        move || {
            let (found, is_known) = untrack(&options);
            found.len() + usize::from(!is_known)
        }
    };
    let choose = {
        let options = options.clone();
        move |index: usize| {
            let (found, _) = untrack(&options);
            let name = text.get_untracked().trim().to_owned();
            match found.get(index) {
                Some(label) => {
                    toggle_label(&board, task, label, announcer);
                }
                None if !name.is_empty() => {
                    let id: LabelId = crate::new_id();
                    let hue = Hue::ALL[board.with(|board| board.labels_len()) % Hue::ALL.len()];
                    let add = UpdateTask::of(task).with(FieldEdit::AddLabels(vec![id]));
                    if act(&board, Op::CreateLabel(CreateLabel::of(id, name.clone(), hue)))
                        && act(&board, Op::UpdateTask(add))
                    {
                        announcer.say(format!("Created and added the label “{name}”"));
                    }
                }
                None => return,
            }
            text.set(String::new());
            active.set(0);
            if let Some(field) = field.get_untracked() {
                field.set_value("");
            }
        }
    };
    let pressed = {
        let choose = choose.clone();
        move |event: ev::KeyboardEvent| {
            let Some(stroke) = keyboard::pressed_or_held(&event) else { return };
            let (is_open, count) = (open.get_untracked(), count());
            match stroke.key {
                Key::Down | Key::Up if count > 0 => {
                    let step = if stroke.key == Key::Down { 1 } else { count - 1 };
                    active.update(|active| *active = if is_open { (*active + step) % count } else { 0 });
                    open.set(true);
                    request_animation_frame(move || show_option(active.get_untracked()));
                }
                Key::Enter if is_open && !stroke.held => choose(active.get_untracked()),
                Key::Enter => {}
                Key::Escape if is_open => {
                    open.set(false);
                    event.stop_propagation();
                }
                _ => return,
            }
            event.prevent_default();
        }
    };
    let list = move || {
        let ((found, is_known), has) = (options(), labels.get());
        let option = |index: usize, content: AnyView, is_set: Option<bool>| {
            let choose = choose.clone();
            view! {
                <li
                    role="option"
                    id=format!("label-option-{index}")
                    aria-selected=is_set.map(|is_set| is_set.to_string())
                    class:active=move || active.get() == index
                    on:click=move |_| choose(index)
                >
                    {content}
                </li>
            }
            .into_any()
        };
        let is_set = |label: &Label| has.iter().any(|other| other.id == label.id);
        let create = (!is_known)
            .then(|| option(found.len(), format!("Create the label “{}”", text.read().trim()).into_any(), Some(false)));
        let found = found.iter().enumerate();
        let options = found.map(|(index, label)| option(index, label_chip(label), Some(is_set(label))));
        options.chain(create).collect_view().into_any()
    };
    let shows = move || open.get() && !deleted.get();
    view! {
        <div class="combobox needs-script">
            <input
                node_ref=field
                id="task-label"
                role="combobox"
                aria-label="Add or remove a label"
                aria-autocomplete="list"
                aria-expanded=move || shows().to_string()
                aria-controls="label-options"
                aria-activedescendant=move || shows().then(|| format!("label-option-{}", active.get()))
                placeholder="Add a label"
                autocomplete="off"
                disabled=deleted
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    active.set(0);
                    open.set(true);
                }
                on:click=move |_| open.set(true)
                on:blur=move |_| open.set(false)
                on:keydown=pressed
            />
            // The field keeps the focus when an option is clicked.
            <ul
                id="label-options"
                role="listbox"
                aria-label="Labels"
                aria-multiselectable="true"
                hidden=move || !shows()
                on:pointerdown=|event| event.prevent_default()
                on:mousedown=|event| event.prevent_default()
            >
                {redrawn(list)}
            </ul>
        </div>
    }
    .into_any()
}

/// Scrolls the list so that an option is in sight, and nothing else.
fn show_option(index: usize) {
    let Some(option) = find(&format!("#label-option-{index}")) else { return };
    if let (Some(list), Some(option)) = (option.parent_element(), option.dyn_ref::<HtmlElement>()) {
        list.set_scroll_top(option.offset_top() - 80);
    }
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
