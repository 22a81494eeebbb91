//! The star of a board, which is its reader's own. Without JavaScript it is a form.

use leptos::{ev, prelude::*, server_fn::ServerFn, task::spawn_local};

use crate::{
    controls::{
        icon::{Icon, Picture},
        notices::Notices,
        unavailable::error_words,
    },
    forms::{SetStar, form_action, set_star},
    model::BoardSummary,
};

/// The button that stars a board, or takes the star away. The socket tells all pages of the person what came of it.
pub fn star(listed: &BoardSummary, board: Memo<Option<BoardSummary>>) -> AnyView {
    let id = listed.id;
    let starred = move || board.read().as_ref().is_some_and(|board| board.starred);
    let label = move || board.read().as_ref().map(|board| format!("Star “{}”", board.name));
    let notices = expect_context::<Notices>();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let starred = untrack(starred);
        spawn_local(async move {
            if let Err(error) = set_star(id, !starred).await {
                notices.say(error_words(error), None);
            }
        });
    };
    view! {
        <form class="board-star" method="post" action=form_action(SetStar::PATH) on:submit=submit>
            <input type="hidden" name="board" value=id.to_string() />
            <input type="hidden" name="starred" value=move || (!starred()).to_string() />
            <button class="button quiet icon-only" aria-pressed=move || starred().to_string() aria-label=label>
                <Picture icon=Icon::Star />
            </button>
        </form>
    }
    .into_any()
}
