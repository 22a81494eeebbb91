//! The number of a task's comments, on its card.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    controls::{
        icon::{Icon, Picture},
        redrawn::redrawn,
    },
    model::Task,
};

/// The mark of a task that has comments.
pub fn comment_count(task: ArcRwSignal<Option<Arc<Task>>>) -> AnyView {
    let count = Memo::new(move |_| task.read().as_ref().map_or(0, |task| task.comments));
    redrawn(move || {
        let count = Some(count.get()).filter(|count| *count > 0)?;
        let words = if count == 1 { " comment" } else { " comments" };
        Some(
            view! {
                <span class="comment-count">
                    <Picture icon=Icon::Comment />
                    {count}
                    <span class="visually-hidden">{words}</span>
                </span>
            }
            .into_any(),
        )
    })
    .into_any()
}
