//! The page for an address at which there is nothing.

use leptos::prelude::*;
use leptos_meta::Title;

/// A message that there is nothing at this address. On the server it also sets the status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found" />
        <main class="message">
            <h1>"There is nothing here"</h1>
            <p>"The board may have been deleted, or the address is not quite right."</p>
            <p>
                <a href="/">"All boards"</a>
            </p>
        </main>
    }
}
