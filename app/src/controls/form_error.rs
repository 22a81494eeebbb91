//! What went wrong with a form that was sent without JavaScript.

use leptos::{prelude::*, server_fn::error::ServerFnUrlError};
use leptos_router::hooks::use_query_map;

use super::redrawn::redrawn;

/// The error that the server put into the address when it sent the person back, if there is one.
#[component]
pub fn FormError() -> impl IntoView {
    let query = use_query_map();
    let words = move || {
        let error = query.read().get("__err")?;
        Some(match ServerFnUrlError::<ServerFnError>::decode_err(&error) {
            ServerFnError::ServerError(words) => words,
            error => error.to_string(),
        })
    };
    redrawn(move || {
        words().map(|words| {
            view! {
                <p class="form-error" role="alert">
                    <strong>"That did not work. "</strong>
                    {words}
                </p>
            }
            .into_any()
        })
    })
}
