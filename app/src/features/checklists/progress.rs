//! How many items of a task are done, as a mark on its card.

use leptos::prelude::*;

use crate::{
    checklist::Progress,
    controls::icon::{Icon, Picture},
};

/// The mark: `2/5`. A task without items has none.
pub fn progress_mark(progress: Progress) -> Option<AnyView> {
    let Progress { done, items } = progress;
    (!progress.is_empty()).then(|| {
        view! {
            <span class="checklist-mark" data-complete=progress.is_complete().to_string()>
                <Picture icon=Icon::Check />
                <span aria-hidden="true">{format!("{done}/{items}")}</span>
                <span class="visually-hidden">{format!("{done} of {items} checklist items done")}</span>
            </span>
        }
        .into_any()
    })
}
