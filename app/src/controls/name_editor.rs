//! A name that can be edited in place.

use leptos::{ev, html, prelude::*};

use super::{keyboard, redrawn::redrawn};
use crate::{
    board::Typed,
    live::{LiveBoard, act},
    ops::Op,
};

/// Makes the edit that sets a new name.
pub type Rename = Callback<(String,), Op>;

/// Shows a name or, while `editing` is set and the reader may rename, a field for a new name. A rename by somebody else does not change
/// the typed text; it is shown beside the field.
#[component]
pub fn NameEditor(
    board: LiveBoard,
    /// The current name.
    #[prop(into)]
    name: Signal<String>,
    /// The accessible label of the field.
    label: &'static str,
    /// Whether the field is shown.
    editing: RwSignal<bool>,
    /// Makes the edit that sets the new name.
    rename: Rename,
    /// Called when the editor closes by keyboard, so that the caller can put the focus back where it was.
    on_done: Callback<()>,
) -> impl IntoView {
    let (may, archived) = (board.may(rename.run((String::new(),)).role_needed()), board.archived());
    redrawn(move || {
        if editing.get() && may.get() && !archived.get() {
            view! { <NameField board=board.clone() name label editing rename on_done /> }.into_any()
        } else {
            view! { <span class="name">{move || name.get()}</span> }.into_any()
        }
    })
}

#[component]
fn NameField(
    board: LiveBoard,
    name: Signal<String>,
    label: &'static str,
    editing: RwSignal<bool>,
    rename: Rename,
    on_done: Callback<()>,
) -> impl IntoView {
    let before = name.get_untracked();
    let field = NodeRef::<html::Input>::new();
    let (refusal, set_refusal) = signal(None::<String>);
    Effect::new(move || {
        if let Some(input) = field.get() {
            // If the field cannot be focused, it can still be clicked.
            let _ = input.focus();
            input.select();
        }
    });

    on_cleanup({
        let (board, before) = (board.clone(), before.clone());
        move || {
            if let Some(text) = field.try_get_untracked().flatten().map(|input| input.value())
                && editing.try_get_untracked() == Some(true)
                && text.trim() != before
                && !board.rescue(rename.run((text.clone(),)))
            {
                // Leaving the field saves the name, also when the field is removed from the page. A name that is not valid is kept as a
                // `Problem`.
                let _ = act(&board, rename.run((Typed::Name.normalize(&text),)));
            }
            editing.try_set(false);
        }
    });

    let save = {
        let before = before.clone();
        // Returns true when the editor has closed.
        move || {
            // Removing the field makes the browser send one more blur event, when editing is already over.
            if !editing.get_untracked() {
                return false;
            }
            let Some(input) = field.get_untracked() else { return false };
            let too_long = Typed::Name.too_long(&input.value());
            if too_long.is_some() {
                set_refusal.set(too_long);
                return false;
            }
            let text = Typed::Name.normalize(&input.value());
            if text != before
                && let Err(refusal) = board.submit(rename.run((text,)))
            {
                set_refusal.set(Some(refusal.sentence()));
                return false;
            }
            editing.set(false);
            true
        }
    };
    let submitted = {
        let save = save.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            if save() {
                on_done.run(());
            }
        }
    };
    let pressed = move |event: ev::KeyboardEvent| {
        if keyboard::escapes(&event) {
            event.prevent_default();
            event.stop_propagation();
            editing.set(false);
            on_done.run(());
        }
    };
    let meanwhile = {
        let before = before.clone();
        move || Some(name.get()).filter(|name| *name != before).map(|name| format!("Somebody renamed this to “{name}”"))
    };
    view! {
        <form class="name-editor" on:submit=submitted on:keydown=pressed>
            <input
                node_ref=field
                aria-label=label
                value=before
                autocomplete="off"
                aria-invalid=move || refusal.get().map(|_| "true")
                on:input=move |event| set_refusal.set(Typed::Name.too_long(&event_target_value(&event)))
                on:blur=move |_| {
                    save();
                }
            />
            <span class="field-error" role="alert">
                {move || refusal.get()}
            </span>
            <span class="field-note" role="status">
                {redrawn(meanwhile)}
            </span>
        </form>
    }
}
