//! Edits a text of a task in place.
//!
//! Remote changes never touch the text or the caret of an open editor. If the saved text changes, a note beside the field says so and
//! offers the newer text.

use leptos::{ev, html, prelude::*};

use super::{
    conflict::author,
    drafts::{Draft, Drafts, text_edit},
};
use crate::{
    board::{Typed, take_labels},
    controls::{
        focus::focus_when_drawn,
        keyboard::{self, Key},
        notices::{Action, Notices},
    },
    fields::{Field, FieldEdit},
    id::TaskId,
    live::LiveBoard,
    model::TextField,
    ops::Op,
    refusal::Refusal,
};

/// The field for a text whose draft is open, with the buttons to save or cancel.
#[component]
pub fn TextEditor(
    board: LiveBoard,
    task: TaskId,
    field: TextField,
    /// The saved text as it is now.
    #[prop(into)]
    current: Signal<String>,
    /// Whether the task is in the trash. Then nothing can be saved.
    #[prop(into)]
    deleted: Signal<bool>,
) -> impl IntoView {
    let drafts = expect_context::<Drafts>();
    let notices = expect_context::<Notices>();
    let draft = drafts.get(task, field).unwrap_or_else(|| Draft::start(&board, task, field));
    let area = NodeRef::<html::Textarea>::new();
    let (refusal, set_refusal) = signal(None::<String>);
    let (name, typed) = match field {
        TextField::Title => ("Title", Typed::Title),
        TextField::Description => ("Description", Typed::Description),
    };
    let error_id = format!("{field}-refused");
    focus_at_end(area);
    board.edit_until_cleanup(task);

    let save = {
        let board = board.clone();
        move || {
            let Some(area) = area.get_untracked().filter(|_| !deleted.get_untracked()) else { return };
            let Some(draft) = drafts.get(task, field) else { return };
            let too_long = typed.too_long(&area.value());
            if too_long.is_some() {
                return set_refusal.set(too_long);
            }
            let text = typed.normalize(&area.value());
            // A title may name labels after `#`.
            let (text, labels) = match field {
                TextField::Title => board.with(|board| take_labels(&text, board)),
                TextField::Description => (text, Vec::new()),
            };
            if text != draft.before || !labels.is_empty() {
                let mut edit = text_edit(task, field, text);
                if let Op::UpdateTask(update) = &mut edit {
                    update.fields.set(FieldEdit::AddLabels(labels));
                }
                match board.submit_text(edit.clone(), draft.base) {
                    Ok(_) => {}
                    // Both texts are shown side by side until the person has chosen.
                    Err(refusal @ Refusal::Conflict { .. }) => {
                        board.report(edit, refusal);
                        drafts.drop(task, field);
                        return focus_when_drawn(".conflict");
                    }
                    Err(refusal) => return set_refusal.set(Some(refusal.sentence())),
                }
            }
            drafts.drop(task, field);
            focus_when_drawn(edit_button(field));
        }
    };
    let cancel = move || {
        if let Some(draft) = drafts.drop(task, field) {
            let bring_back = Action::new("Bring back", move || drafts.put(task, field, draft.clone()));
            notices.say(format!("Your changes to the {field} were discarded."), Some(bring_back));
        }
        focus_when_drawn(edit_button(field));
    };
    let pressed = {
        let save = save.clone();
        move |event: ev::KeyboardEvent| {
            let Some(stroke) = keyboard::pressed_or_held(&event) else { return };
            let enter_saves = field == TextField::Title || stroke.is_command();
            match stroke.key {
                Key::Enter if enter_saves => {
                    event.prevent_default();
                    if !stroke.held {
                        save();
                    }
                }
                Key::Escape if !stroke.held => {
                    event.prevent_default();
                    event.stop_propagation();
                    cancel();
                }
                _ => {}
            }
        }
    };
    let submitted = move |event: ev::SubmitEvent| {
        event.prevent_default();
        save();
    };
    view! {
        <form class="text-editor" data-field=field.to_string() on:submit=submitted>
            <textarea
                node_ref=area
                aria-label=name
                aria-invalid=move || refusal.get().map(|_| "true")
                aria-describedby=error_id.clone()
                rows=if field == TextField::Title { "1" } else { "8" }
                placeholder=(field == TextField::Description).then_some("Markdown is welcome")
                prop:value=draft.text
                on:input=move |event| {
                    let text = event_target_value(&event);
                    set_refusal.set(typed.too_long(&text));
                    drafts.typed(task, field, text);
                }
                on:keydown=pressed
            />
            <p class="field-error" id=error_id role="alert">
                {move || refusal.get()}
            </p>
            {draft.beside.map(|text| view! { <OtherText text=Signal::stored(text) /> }.into_any())}
            <div class="actions">
                <button class="button primary" disabled=deleted>
                    "Save"
                </button>
                <button type="button" class="button quiet" on:click=move |_| cancel()>
                    "Cancel"
                </button>
                <span class="hint">
                    {match field {
                        TextField::Title => "Enter saves",
                        TextField::Description => "Ctrl + Enter saves",
                    }}
                </span>
            </div>
            // Below the buttons: they stay where they are when somebody else saves.
            <Meanwhile board task field current before=draft.before />
        </form>
    }
    .into_any()
}

/// A selector for the button that opens the editor of a text.
pub fn edit_button(field: TextField) -> String {
    format!(".panel [data-edit='{field}']")
}

/// Says that somebody changed the text since the editor opened, and can show that text or replace the draft with it.
#[component]
fn Meanwhile(
    board: LiveBoard,
    task: TaskId,
    field: TextField,
    current: Signal<String>,
    before: String,
) -> impl IntoView {
    let drafts = expect_context::<Drafts>();
    let notices = expect_context::<Notices>();
    let changed = Memo::new(move |_| current.with(|current| *current != before));
    let author = author(&board, task, move |task| Field::from(field).seq(task));
    let shown = RwSignal::new(false);
    let take_over = move || {
        let mine = drafts.get(task, field).filter(Draft::is_changed);
        drafts.put(task, field, Draft::start(&board, task, field));
        if let Some(mine) = mine {
            let bring_back = Action::new("Bring mine back", move || drafts.put(task, field, mine.clone()));
            notices.say(format!("The newer {field} replaced yours."), Some(bring_back));
        }
    };
    view! {
        <div role="status">
            {move || {
                let take_over = take_over.clone();
                changed
                    .get()
                    .then(|| {
                        view! {
                            <div class="meanwhile">
                                <p>{author} " changed this " {field.to_string()} " while you were editing."</p>
                                <div class="actions">
                                    <button
                                        type="button"
                                        class="button"
                                        aria-expanded=move || shown.get().to_string()
                                        on:click=move |_| shown.update(|shown| *shown = !*shown)
                                    >
                                        {move || {
                                            if shown.get() { "Hide the newer text" } else { "Show the newer text" }
                                        }}
                                    </button>
                                    <button type="button" class="button" on:click=move |_| take_over()>
                                        "Use the newer text"
                                    </button>
                                </div>
                            </div>
                        }
                            .into_any()
                    })
            }}
        </div>
        {move || (changed.get() && shown.get()).then(|| view! { <OtherText text=current /> }.into_any())}
    }
    .into_any()
}

/// The text of the other person, to read and to copy from.
#[component]
fn OtherText(text: Signal<String>) -> impl IntoView {
    view! {
        <figure class="other-text">
            <figcaption>"The newer text"</figcaption>
            <div class="plain-text">{move || text.get()}</div>
        </figure>
    }
}

/// Focuses a field as soon as it is drawn, with the caret at the end of its text.
fn focus_at_end(area: NodeRef<html::Textarea>) {
    Effect::new(move || {
        if let Some(area) = area.get() {
            // If the field cannot be focused, it can still be clicked.
            let _ = area.focus();
            let end = area.value().encode_utf16().count() as u32;
            let _ = area.set_selection_range(end, end);
        }
    });
}
