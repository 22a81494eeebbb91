//! The form that copies a board. The server makes the copy and opens it, with JavaScript and without.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    board::Typed,
    forms::{CopyBoard, form_action},
    live::LiveBoard,
};

/// The form. `name` is what the board is called when the form is drawn.
pub fn copy_form(board: &LiveBoard) -> AnyView {
    let name = board.name().get_untracked();
    view! {
        <form class="about-form" method="post" action=form_action(CopyBoard::PATH)>
            <h3 id="copy">"Copy this board"</h3>
            <p class="hint">
                "The copy has the same columns, labels, colour and description, and belongs to you. It has no comments, no history and no members but you."
            </p>
            <input type="hidden" name="board" value=board.id().to_string() />
            <label class="field">
                "Name of the copy"
                <input
                    name="name"
                    value=format!("Copy of {name}")
                    pattern=Typed::Name.pattern()
                    required
                    autocomplete="off"
                />
            </label>
            <label class="about-choice">
                <input type="checkbox" name="tasks" value="true" checked autocomplete="off" />
                "With its tasks and their checklists"
            </label>
            <button class="button">"Copy board"</button>
        </form>
    }
    .into_any()
}
