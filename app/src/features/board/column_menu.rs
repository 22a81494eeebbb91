//! The menu of a column: rename, move, change its kind, delete.

use std::sync::Arc;

use leptos::{ev, prelude::*};

use crate::{
    controls::{
        announcer::Announcer,
        focus::focus_when_drawn,
        icon::{Icon, Picture},
        menu::{Menu, close_menu},
    },
    id::ColumnId,
    live::LiveBoard,
    model::{Column, ColumnKind, Place},
    ops::{DeleteColumn, Op, UpdateColumn},
    refusal::Refusal,
};

/// The name of a kind of column as shown to people.
pub fn kind_words(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Open => "Not begun",
        ColumnKind::Active => "In progress",
        ColumnKind::Done => "Done",
    }
}

/// The menu of a column.
#[component]
pub fn ColumnMenu(
    board: LiveBoard,
    column: Memo<Option<Arc<Column>>>,
    id: ColumnId,
    renaming: RwSignal<bool>,
) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let columns = board.columns();
    let (refusal, set_refusal) = signal(None::<String>);
    let name = move || column.read().as_ref().map(|column| column.name.clone()).unwrap_or_default();
    // The number of columns to the left and to the right of this one.
    let beside = Memo::new(move |_| {
        let columns = columns.read();
        let left = columns.iter().take_while(|column| column.id != id).count();
        (left, columns.len().saturating_sub(left + 1))
    });

    let submit = {
        let board = board.clone();
        Callback::new(move |op: Op| {
            let done = board.submit(op);
            set_refusal.set(done.as_ref().err().map(Refusal::sentence));
            done.is_ok()
        })
    };
    let kinds = ColumnKind::ALL.map(|kind| {
        let pressed = move || (column.read().as_ref().map(|column| column.kind) == Some(kind)).to_string();
        let choose = move |event: ev::MouseEvent| {
            if submit.run(Op::UpdateColumn(UpdateColumn { kind: Some(kind), ..UpdateColumn::of(id) })) {
                close_menu(&event);
            }
        };
        view! {
            <button type="button" class="menu-item" aria-pressed=pressed on:click=choose>
                <span class="kind" data-kind=kind.as_str()></span>
                {kind_words(kind)}
            </button>
        }
        .into_any()
    });
    let shift = {
        let board = board.clone();
        Callback::new(move |(event, to_left): (ev::MouseEvent, bool)| {
            let columns = board.columns();
            let place = columns.with_untracked(|columns| {
                let index = columns.iter().position(|column| column.id == id)?;
                match to_left {
                    true => columns.get(index.checked_sub(1)?).map(|column| Place::Before(column.id)),
                    false => columns.get(index + 1).map(|column| Place::After(column.id)),
                }
            });
            if place.is_none() || !submit.run(Op::UpdateColumn(UpdateColumn { place, ..UpdateColumn::of(id) })) {
                return;
            }
            close_menu(&event);
            focus_when_drawn(format!("[data-column='{id}'] summary"));
            let (left, right) = beside.get_untracked();
            announcer.say(format!("{} is now column {} of {}", name(), left + 1, left + right + 1));
        })
    };
    let rename = move |event: ev::MouseEvent| {
        close_menu(&event);
        renaming.set(true);
    };
    let delete = move |event: ev::MouseEvent| {
        let name = name();
        if submit.run(Op::DeleteColumn(DeleteColumn::of(id))) {
            close_menu(&event);
            announcer.say(format!("Column {name} deleted"));
            focus_when_drawn("[data-column] summary");
        }
    };
    view! {
        <Menu
            label=Signal::derive(move || format!("Column {}", name()))
            class="needs-script"
            on_open=Callback::new(move |()| set_refusal.set(None))
            button=view! { <Picture icon=Icon::More /> }.into_any()
        >
            <button type="button" class="menu-item" on:click=rename>
                <Picture icon=Icon::Edit />
                "Rename"
            </button>
            <button
                type="button"
                class="menu-item"
                disabled=move || beside.get().0 == 0
                on:click=move |event| shift.run((event, true))
            >
                <Picture icon=Icon::Left />
                "Move left"
            </button>
            <button
                type="button"
                class="menu-item"
                disabled=move || beside.get().1 == 0
                on:click=move |event| shift.run((event, false))
            >
                <Picture icon=Icon::Right />
                "Move right"
            </button>
            <hr class="menu-rule" />
            <div role="group" aria-label="Tasks in this column are">
                <p class="menu-title" aria-hidden="true">
                    "Tasks here are"
                </p>
                {kinds.into_iter().collect_view()}
            </div>
            <hr class="menu-rule" />
            <button type="button" class="menu-item danger" on:click=delete>
                <Picture icon=Icon::Trash />
                "Delete column"
            </button>
            <p class="field-error menu-error" role="alert">
                {move || refusal.get()}
            </p>
        </Menu>
    }
}
