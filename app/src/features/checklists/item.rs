//! The row of an item.

use std::sync::Arc;

use leptos::prelude::*;

use super::{editor::ItemEditor, section::Shared};
use crate::{
    checklist::ChecklistItem,
    controls::{due::Due, markdown, person::face, redrawn::redrawn},
    id::ChecklistItemId,
};

/// What the row of an item shows.
#[derive(Clone, PartialEq)]
enum Shown {
    Nothing,
    Item(Arc<ChecklistItem>),
    /// The fields of the item, which follow it themselves.
    Fields,
}

/// The row. It has one signal and one effect, because a task may have thousands of them.
pub(super) fn item_row(
    shared: Shared,
    items: Memo<Vec<Arc<ChecklistItem>>>,
    id: ChecklistItemId,
    edits: Signal<bool>,
) -> AnyView {
    let Shared { open, plain, around, .. } = shared;
    let shown = Memo::new(move |_| {
        if open.get() == Some(id) && edits.get() {
            return Shown::Fields;
        }
        items.read().iter().find(|item| item.id == id).map_or(Shown::Nothing, |item| Shown::Item(Arc::clone(item)))
    });
    let row = move || match shown.get() {
        Shown::Nothing => None,
        Shown::Fields => Some(view! { <ItemEditor shared id /> }.into_any()),
        Shown::Item(item) => Some(drawn(shared, &item, edits.get(), around.deleted.get(), plain.get())),
    };
    view! { <li data-item=id.to_string()>{redrawn(row)}</li> }.into_any()
}

fn drawn(shared: Shared, item: &ChecklistItem, edits: bool, deleted: bool, plain: bool) -> AnyView {
    let id = item.id;
    let (text_id, value) = (format!("item-{id}"), id.to_string());
    let checkbox = match edits {
        true => {
            let name = if item.done { "edit[untick]" } else { "edit[tick]" };
            view! {
                <span class="grip needs-script" data-grip="" aria-hidden="true"></span>
                <button
                    class="item-check"
                    role="checkbox"
                    aria-checked=item.done.to_string()
                    aria-labelledby=text_id.clone()
                    name=name
                    value=value.clone()
                    disabled=deleted
                ></button>
            }
            .into_any()
        }
        false => {
            let words = if item.done { "done" } else { "not done" };
            view! { <span class="item-check still" role="img" data-done=item.done.to_string() aria-label=words></span> }
                .into_any()
        }
    };
    let marks = (item.assignee.is_some() || item.due.is_some()).then(|| {
        let due = item.due.map(|due| view! { <Due due completed=Signal::stored(item.done) /> }.into_any());
        let person = item.assignee.map(|person| view! { <span class="item-person">{face(person)}</span> }.into_any());
        view! { <span class="item-marks">{due} {person}</span> }.into_any()
    });
    let controls = edits.then(|| {
        let delete = plain.then(|| {
            view! {
                <button
                    class="button quiet no-script"
                    name="edit[delete]"
                    value=value.clone()
                    aria-label=format!("Delete “{}”", item.text)
                    disabled=deleted
                >
                    "Delete"
                </button>
            }
            .into_any()
        });
        view! {
            {delete}
            <button
                type="button"
                class="item-open needs-script"
                aria-label=format!("Edit “{}”", item.text)
                disabled=deleted
                on:click=move |_| shared.open.set(Some(id))
            ></button>
        }
        .into_any()
    });
    view! {
        {checkbox}
        <span
            class="item-text"
            id=text_id
            data-done=item.done.to_string()
            inner_html=markdown::inline_to_html(&item.text)
        ></span>
        {marks}
        {controls}
    }
    .into_any()
}
