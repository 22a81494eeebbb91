//! What stands in place of what the server could not send.

use std::time::Duration;

use leptos::prelude::*;

use super::redrawn::redrawn;
use crate::{
    address::{View, board_path},
    id::BoardId,
    live::LiveBoard,
};

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_secs(3);

/// What the server answered in place of what it was asked for, or that it did not.
pub fn error_words(error: ServerFnError) -> String {
    match error {
        ServerFnError::ServerError(words) => words,
        _ => "There is no answer from the server.".to_owned(),
    }
}

/// The board that somebody comes from: this page still has it while it can get no other. A context.
#[derive(Clone, Copy)]
pub struct CameFrom(RwSignal<Option<(BoardId, String)>>);

impl CameFrom {
    /// Nobody has come from anywhere yet.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// Whoever goes elsewhere from now on comes from here.
    pub fn follow(self, board: &LiveBoard) {
        let (id, name) = (board.id(), board.name());
        Effect::new(move || self.0.set(Some((id, name.get()))));
    }
}

/// Says that the server does not answer, or what it answered, and asks it again until there is something to show.
#[component]
pub fn Unavailable(
    error: ServerFnError,
    #[prop(into)] again: Callback<()>,
    /// Whether it stands in place of the list of boards: then there is another way on.
    #[prop(optional)]
    is_home: bool,
) -> impl IntoView {
    let from = expect_context::<CameFrom>().0;
    let way_on = move || match (is_home, from.get()) {
        (true, Some((board, name))) => view! {
            <a class="button" href=board_path(board, View::Board)>
                {format!("Back to “{name}”")}
            </a>
        }
        .into_any(),
        (true, None) => view! {
            <button type="button" class="button needs-script" on:click=move |_| again.run(())>
                "Try again"
            </button>
        }
        .into_any(),
        (false, _) => view! {
            <a class="button" href="/">
                "All boards"
            </a>
        }
        .into_any(),
    };
    Effect::new(move || {
        if let Ok(timer) = set_timeout_with_handle(move || again.run(()), PAUSE) {
            on_cleanup(move || timer.clear());
        }
    });
    let words = error_words(error);
    view! {
        <h2>"This cannot be shown right now"</h2>
        <p>{words}</p>
        <p class="needs-script">"It will be asked again every few seconds; you need not do anything."</p>
        <p>{redrawn(way_on)}</p>
    }
}
