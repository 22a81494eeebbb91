//! One column with its cards.

use std::sync::Arc;

use leptos::prelude::*;

use super::{card::Card, quick_add::QuickAdd};
use crate::{live::LiveBoard, model::Column};

/// A column.
#[component]
pub fn Lane(board: LiveBoard, column: Arc<Column>) -> impl IntoView {
    let id = column.id;
    let tasks = board.lane(id);
    let quick_add = view! { <QuickAdd board=board.clone() column=id /> };
    view! {
        <section class="lane" aria-label=column.name.clone() data-column=id.to_string()>
            <h2>{column.name.clone()}</h2>
            <ol class="cards">
                <For each=move || tasks.get().to_vec() key=|id| *id let:id>
                    <Card board=board.clone() task=id />
                </For>
            </ol>
            {quick_add}
        </section>
    }
}
