//! What stands in place of what the server could not send.

use std::time::Duration;

use leptos::prelude::*;

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_secs(3);

/// What the server answered in place of what it was asked for, or that it did not.
pub fn error_words(error: ServerFnError) -> String {
    match error {
        ServerFnError::ServerError(words) => words,
        _ => "There is no answer from the server.".to_owned(),
    }
}

/// Says that the server does not answer, or what it answered, and asks it again until there is something to show.
#[component]
pub fn Unavailable(error: ServerFnError, #[prop(into)] again: Callback<()>) -> impl IntoView {
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
        <p>
            <a class="button" href="/">
                "All boards"
            </a>
        </p>
    }
}
