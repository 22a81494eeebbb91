//! A button that draws more of a long list, and does so by itself when it scrolls into view.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{IntersectionObserver, IntersectionObserverEntry};

/// Draws more rows when it is pressed or comes into view. Without JavaScript it is a link to `href`.
#[component]
pub fn ShowMore(
    /// How many rows are not drawn.
    #[prop(into)]
    hidden: Signal<usize>,
    #[prop(into)] href: Signal<String>,
    /// Draws more rows.
    more: Callback<()>,
    /// While this is true, more rows are drawn only when the button is pressed.
    #[prop(optional)]
    paused: Option<Memo<bool>>,
) -> impl IntoView {
    let link = NodeRef::<html::A>::new();
    Effect::new(move || {
        let Some(link) = link.get() else { return };
        let seen = move |entries: Vec<IntersectionObserverEntry>| {
            let paused = paused.is_some_and(|paused| paused.get_untracked());
            if !paused && entries.iter().any(IntersectionObserverEntry::is_intersecting) {
                more.run(());
            }
        };
        let seen = Closure::<dyn Fn(Vec<IntersectionObserverEntry>)>::new(seen);
        let Ok(observer) = IntersectionObserver::new(seen.as_ref().unchecked_ref()) else { return };
        observer.observe(&link);
        let watch = StoredValue::new_local((observer, seen));
        on_cleanup(move || watch.with_value(|(observer, _)| observer.disconnect()));
    });
    let pressed = move |event: ev::MouseEvent| {
        event.prevent_default();
        more.run(());
    };
    view! {
        <a class="show-more button quiet" node_ref=link href=href on:click=pressed>
            {move || format!("Show {} more", hidden.get())}
        </a>
    }
    .into_any()
}
