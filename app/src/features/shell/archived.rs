//! What is said on an archived board: that it can only be read, and how it comes back.

use leptos::{ev, prelude::*, server_fn::ServerFn};

use crate::{
    access::BoardRole,
    controls::{
        focus::focus_when_drawn,
        icon::{Icon, Picture},
        if_may::IfMay,
        redrawn::redrawn,
    },
    forms::{SetArchived, form_action},
    live::{LiveBoard, act},
    ops::{self, Op},
};

/// A line above an archived board, with a button for managers that brings the board back. Without JavaScript the button is a form.
#[component]
pub fn ArchivedBanner(board: LiveBoard) -> impl IntoView {
    let archived = board.archived();
    redrawn(move || archived.get().then(|| banner(board.clone())))
}

fn banner(board: LiveBoard) -> AnyView {
    let (id, manages) = (board.id().to_string(), board.may(BoardRole::Manager));
    let bring_back = move |event: ev::SubmitEvent| {
        event.prevent_default();
        act(&board, Op::SetArchived(ops::SetArchived::to(false)));
        focus_when_drawn(".board-menu summary");
    };
    view! {
        <div class="archived-banner" role="status">
            <Picture icon=Icon::Archive />
            <p>
                "This board is archived. It can be read, but not edited."
                <IfMay may=manages instead=|| " A manager can bring it back.">
                    ""
                </IfMay>
            </p>
            <IfMay may=manages>
                <form method="post" action=form_action(SetArchived::PATH) on:submit=bring_back.clone()>
                    <input type="hidden" name="board" value=id.clone() />
                    <input type="hidden" name="archived" value="false" />
                    <button class="button">"Bring it back"</button>
                </form>
            </IfMay>
        </div>
    }
    .into_any()
}
