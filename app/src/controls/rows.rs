//! Lists that keep the drawn rows of unchanged items when the list changes.
//!
//! Leptos's `<For>` does that. `<For>` is large and is compiled again for each set of types it is given, and every closure has a type of
//! its own. So `<For>` is used once, here, and whatever differs between lists is boxed first.

use std::sync::Arc;

use leptos::prelude::*;
use uuid::Uuid;

use super::focus::keep_focus;

/// A row, with the function that draws it if the row is new.
struct Row {
    key: Uuid,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Draws a row for each item, once. Rows are added, removed and moved according to the keys of the items. Used like `<For>`.
#[component]
pub fn Rows<T, E, K, R, V>(
    /// The items.
    each: E,
    /// The key of an item, unique in the list.
    key: K,
    /// Draws the row of an item.
    children: R,
) -> impl IntoView
where
    T: Send + 'static,
    E: Fn() -> Vec<T> + Send + 'static,
    K: Fn(&T) -> Uuid + Send + 'static,
    R: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let children = Arc::new(children);
    let row = move |item| {
        let (key, children) = (key(&item), Arc::clone(&children));
        Row { key, draw: Box::new(move || children(item).into_any()) }
    };
    boxed(Box::new(move || {
        keep_focus();
        each().into_iter().map(&row).collect()
    }))
}

fn boxed(each: Box<dyn Fn() -> Vec<Row> + Send>) -> AnyView {
    view! { <For each key=|row: &Row| row.key children=|row: Row| (row.draw)() /> }.into_any()
}
