//! The error of a form that was submitted without JavaScript.

use leptos::{prelude::*, server_fn::error::ServerFnUrlError};
use leptos_router::hooks::use_query_map;

use super::redrawn::redrawn;

/// Shows the error that the server put into the query of the address when it redirected back to the form, if there is one.
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
