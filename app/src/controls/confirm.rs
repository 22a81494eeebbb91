//! A dialog that asks for confirmation before an action that cannot be undone.

use leptos::{ev, html, prelude::*};

use crate::refusal::Refusal;

/// A dialog that asks for confirmation; [`ask`] opens it.
#[component]
pub fn Confirm(
    /// The reference by which [`ask`] opens the dialog.
    dialog: NodeRef<html::Dialog>,
    /// The question.
    #[prop(into)]
    question: Signal<String>,
    /// What the action leads to.
    consequence: &'static str,
    /// The label of the button that confirms.
    confirm_label: &'static str,
    /// Runs the action. If the action is refused, the dialog stays open and shows why.
    confirmed: Callback<(), Result<(), Refusal>>,
) -> impl IntoView {
    let (refusal, set_refusal) = signal(None::<String>);
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match confirmed.run(()) {
            Ok(()) => close(),
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    };
    // When the dialog closes, the thing it asked about may be gone, and this signal with it.
    let closed = move |_| {
        let _ = set_refusal.try_set(None);
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-label=question on:close=closed>
            <form on:submit=submit>
                <h2>{question}</h2>
                <p>{consequence}</p>
                <p class="field-error" role="alert">
                    {move || refusal.get()}
                </p>
                <div class="dialog-buttons">
                    <button type="button" class="button" on:click=move |_| close()>
                        "Cancel"
                    </button>
                    <button class="button danger">{confirm_label}</button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}

/// Opens the dialog.
pub fn ask(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        // This fails if the dialog is open already; then there is nothing to do.
        let _ = dialog.show_modal();
    }
}
