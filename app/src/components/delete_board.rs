//! Deleting a board: asked twice, for it cannot be undone.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    live::LiveBoard,
    mutation::{DeleteBoard, Op},
};

/// The dialog that asks whether to delete a board. It is opened through `dialog`.
#[component]
pub fn DeleteBoardDialog(board: LiveBoard, dialog: NodeRef<html::Dialog>) -> impl IntoView {
    let name = board.name();
    let (refusal, set_refusal) = signal(None::<String>);
    let navigate = use_navigate();
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let delete = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match board.submit(Op::DeleteBoard(DeleteBoard::default())) {
            Ok(_) => {
                close();
                navigate("/", NavigateOptions::default());
            }
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby="delete-board-title">
            <form on:submit=delete>
                <h2 id="delete-board-title">{move || format!("Delete “{}”?", name.get())}</h2>
                <p>"All its columns and tasks go with it, for everyone. This cannot be undone."</p>
                <p class="field-error" role="alert">
                    {move || refusal.get()}
                </p>
                <div class="dialog-buttons">
                    <button type="button" class="button" on:click=move |_| close()>
                        "Cancel"
                    </button>
                    <button class="button danger">"Delete board"</button>
                </div>
            </form>
        </dialog>
    }
}
