//! The deleted boards that the reader may restore. Restoring one is a form, which opens the board: so it works without JavaScript, and
//! whoever may not restore it any more is told so on the page.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    controls::{
        icon::{Icon, Picture},
        rows::Rows,
    },
    forms::{RestoreBoard, form_action},
    model::BoardSummary,
};

/// The list, the last deleted first.
#[component]
pub fn DeletedBoards(#[prop(into)] boards: Signal<Vec<BoardSummary>>) -> impl IntoView {
    view! {
        <p class="hint">
            "A deleted board can be restored with everything that was on it, for 30 days unless this server is set otherwise. Only those who managed it, and the admins of this server, find it here."
        </p>
        <ul class="deleted-boards">
            <Rows each=move || boards.get() key=|board| board.id.0 let:board>
                {deleted_board(&board)}
            </Rows>
        </ul>
    }
    .into_any()
}

fn deleted_board(board: &BoardSummary) -> AnyView {
    let when = board
        .deleted_at
        .map(|at| view! { <time datetime=at.to_string()>{format!("Deleted {}", at.to_minute())}</time> }.into_any());
    view! {
        <li class="deleted-board">
            <div>
                <p class="deleted-board-name">{board.name.clone()}</p>
                {when}
            </div>
            <form method="post" action=form_action(RestoreBoard::PATH)>
                <input type="hidden" name="board" value=board.id.to_string() />
                <button class="button" aria-label=format!("Restore “{}”", board.name)>
                    <Picture icon=Icon::Undo />
                    "Restore"
                </button>
            </form>
        </li>
    }
    .into_any()
}
