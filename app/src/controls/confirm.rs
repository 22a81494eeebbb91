//! Asking once more before what cannot be taken back.

use leptos::{ev, html, prelude::*};

use crate::refusal::Refusal;

/// A dialog that asks, once [`ask`] opens it.
#[component]
pub fn Confirm(
    /// To open it by.
    dialog: NodeRef<html::Dialog>,
    /// What is asked.
    #[prop(into)]
    question: Signal<String>,
    /// What follows from it.
    consequence: &'static str,
    /// What the button says that does it.
    confirm_label: &'static str,
    /// Does it. Where that is refused the dialog stays open and says why.
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
    // By then what was asked about may have gone, and the dialog with it.
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
        // It is open already, if it cannot be opened.
        let _ = dialog.show_modal();
    }
}
