//! The view shown in place of content that the server could not send.

use std::time::Duration;

use leptos::prelude::*;

use super::redrawn::redrawn;
use crate::{
    address::{View, board_path},
    id::BoardId,
    live::LiveBoard,
};

/// How long to wait before the request is repeated.
const PAUSE: Duration = Duration::from_secs(3);

/// The error text that the server sent, or a sentence that says that no answer came.
pub fn error_words(error: ServerFnError) -> String {
    match error {
        ServerFnError::ServerError(words) => words,
        _ => "The server does not answer.".to_owned(),
    }
}

/// The board that the reader navigated away from. The page still has this board, so [`Unavailable`] can offer a link back to it while no
/// other page can be loaded. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct CameFrom(RwSignal<Option<(BoardId, String)>>);

impl CameFrom {
    /// Provides the context with no board yet.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// Remembers this board as the one that the next navigation leaves.
    pub fn follow(self, board: &LiveBoard) {
        let (id, name) = (board.id(), board.name());
        Effect::new(move || self.0.set(Some((id, name.get()))));
    }
}

/// Shows the server's error, or that the server does not answer, and repeats the request until there is content to show.
#[component]
pub fn Unavailable(
    error: ServerFnError,
    #[prop(into)] again: Callback<()>,
    /// Whether the view stands in place of the list of boards. In that case it cannot link to the list of boards and offers another way on.
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
        <p class="needs-script">"This page tries again every few seconds."</p>
        <p>{redrawn(way_on)}</p>
    }
}
