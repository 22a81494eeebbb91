//! Lists whose rows are kept while what they list changes.
//!
//! That is what Leptos's `<For>` does. It is large, and is compiled anew for each set of types it is given, of which every
//! closure is one. So it stands here once, and all that differs from list to list is boxed before it gets there.

use std::sync::Arc;

use leptos::prelude::*;
use uuid::Uuid;

use super::focus::keep_focus;

/// A row that may have to be drawn.
struct Row {
    key: Uuid,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Draws a row for each item, once: rows come, go and move with the keys of the items. Used like `<For>`.
#[component]
pub fn Rows<T, E, K, R, V>(
    /// What is listed.
    each: E,
    /// Tells an item from the others.
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
