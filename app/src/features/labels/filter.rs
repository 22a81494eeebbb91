//! The filter of the list by several labels: any of them, all, or none.

use std::sync::Arc;

use leptos::prelude::*;

use super::{chips::label_chip, manage::labels_link};
use crate::{
    access::BoardRole,
    address::{View, board_path},
    controls::{choice::choice, menu::Menu, redrawn::redrawn},
    id::LabelId,
    label::{Label, LabelFilter, LabelMatch},
    live::LiveBoard,
};

fn match_words(by: LabelMatch) -> &'static str {
    match by {
        LabelMatch::Any => "With any of these",
        LabelMatch::All => "With all of these",
        LabelMatch::None => "With none of these",
    }
}

/// The button that opens the filter. Not drawn on a board without labels.
#[component]
pub fn LabelsFilter(board: LiveBoard, wanted: Memo<LabelFilter>, want: Callback<LabelFilter>) -> impl IntoView {
    let (id, labels, edits) = (board.id(), board.labels(), board.may(BoardRole::Editor));
    let is_there = {
        let labels = labels.clone();
        Memo::new(move |_| !labels.read().is_empty() || wanted.read().is_set())
    };
    let words = move || match (wanted.read().labels.len(), wanted.read().by) {
        (0, LabelMatch::None) => "Without labels".to_owned(),
        (0, _) => "Labels".to_owned(),
        (count, _) => format!("Labels: {count}"),
    };
    let toggle = move |label: LabelId| {
        let mut filter = wanted.get_untracked();
        match filter.labels.iter().position(|other| *other == label) {
            Some(index) => {
                filter.labels.remove(index);
            }
            None => filter.labels.push(label),
        }
        want.run(filter);
    };
    let boxes = move || {
        let row = |label: &Arc<Label>| {
            let id = label.id;
            let is_set = move || wanted.read().labels.contains(&id);
            view! {
                <li>
                    <label class="menu-item">
                        <input
                            type="checkbox"
                            name="label"
                            value=id.to_string()
                            autocomplete="off"
                            checked=untrack(is_set)
                            prop:checked=is_set
                            on:change=move |_| toggle(id)
                        />
                        {label_chip(label)}
                    </label>
                </li>
            }
            .into_any()
        };
        labels.read().iter().map(row).collect_view().into_any()
    };
    let ways = move || {
        let by = wanted.read().by;
        LabelMatch::ALL.iter().map(|way| choice(way.as_str(), match_words(*way), *way == by)).collect_view().into_any()
    };
    let draw = move || {
        let (boxes, words) = (boxes.clone(), words);
        is_there.get().then(|| {
            view! {
                <Menu
                    label=Signal::derive(move || format!("Filter by labels ({})", words()))
                    class="label-filter"
                    button=redrawn(words).into_any()
                >
                    <select
                        name="labels"
                        aria-label="Which labels"
                        autocomplete="off"
                        on:change=move |event| {
                            let by = LabelMatch::parse(&event_target_value(&event)).unwrap_or_default();
                            want.run(LabelFilter {
                                by,
                                ..wanted.get_untracked()
                            });
                        }
                    >
                        {redrawn(ways)}
                    </select>
                    <ul class="menu-list">{redrawn(boxes)}</ul>
                    <a class="menu-item" href=board_path(id, View::Labels)>
                        {redrawn(move || labels_link(edits.get()))}
                    </a>
                </Menu>
            }
            .into_any()
        })
    };
    redrawn(draw).into_any()
}
