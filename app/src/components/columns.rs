//! The board view: columns side by side.

use leptos::prelude::*;

use super::lane::Lane;
use crate::live::LiveBoard;

/// All columns of a board.
#[component]
pub fn Columns(board: LiveBoard) -> impl IntoView {
    let columns = board.columns();
    view! {
        <div class="columns">
            <For each=move || columns.get() key=|column| column.id let:column>
                <Lane board=board.clone() column />
            </For>
        </div>
    }
}
