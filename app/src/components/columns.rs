//! The board view: columns side by side.

use leptos::{ev, html, prelude::*};
use uuid::Uuid;

use super::{
    announcer::Announcer,
    icon::{Icon, Picture},
    lane::{Lane, Revealed},
    moving::{Movable, Moving},
    rows::Rows,
};
use crate::{
    board::MAX_NAME_CHARS,
    id::ColumnId,
    live::LiveBoard,
    model::ColumnKind,
    mutation::{CreateColumn, Op, Place},
};

/// All columns of a board.
#[component]
pub fn Columns(board: LiveBoard) -> impl IntoView {
    let columns = board.columns();
    let moving = Moving::new(board.clone(), expect_context::<Announcer>(), expect_context::<Revealed>());
    let lanes = {
        let board = board.clone();
        view! {
            <Rows each=move || columns.get() key=|column| column.id.0 let:column>
                <Lane board=board.clone() column=column.id />
            </Rows>
        }
    };
    view! { <Movable moving>{lanes} <AddColumn board /></Movable> }.into_any()
}

#[component]
fn AddColumn(board: LiveBoard) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let (open, set_open) = signal(false);
    let (refusal, set_refusal) = signal(None::<String>);
    let field = NodeRef::<html::Input>::new();
    let opener = NodeRef::<html::Button>::new();
    Effect::new(move || {
        if let Some(input) = field.get() {
            // A field that cannot be focused is still there to be clicked.
            let _ = input.focus();
        }
    });
    let close = move || {
        set_open.set(false);
        set_refusal.set(None);
        request_animation_frame(move || {
            if let Some(button) = opener.get_untracked() {
                let _ = button.focus();
            }
        });
    };
    let add = Callback::new(move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = field.get_untracked() else { return };
        let name = input.value();
        let create = CreateColumn {
            column: ColumnId(Uuid::now_v7()),
            name: name.clone(),
            kind: ColumnKind::Active,
            place: Place::Last,
        };
        match board.submit(Op::CreateColumn(create)) {
            Ok(_) => {
                announcer.say(format!("Column {name} added"));
                close();
            }
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    });
    view! {
        <div class="add-column needs-script">
            {move || {
                if open.get() {
                    view! {
                        <form
                            on:submit=move |event| add.run(event)
                            on:keydown=move |event| {
                                if event.key() == "Escape" {
                                    event.stop_propagation();
                                    close();
                                }
                            }
                        >
                            <input
                                node_ref=field
                                aria-label="Column name"
                                placeholder="Column name"
                                maxlength=MAX_NAME_CHARS.to_string()
                                autocomplete="off"
                                required
                                aria-invalid=move || refusal.get().map(|_| "true")
                            />
                            <p class="field-error" role="alert">
                                {move || refusal.get()}
                            </p>
                            <div class="row">
                                <button class="button primary">"Add column"</button>
                                <button type="button" class="button quiet" on:click=move |_| close()>
                                    "Cancel"
                                </button>
                            </div>
                        </form>
                    }
                        .into_any()
                } else {
                    view! {
                        <button node_ref=opener type="button" class="button quiet" on:click=move |_| set_open.set(true)>
                            <Picture icon=Icon::Plus />
                            "Add column"
                        </button>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}
