//! The board view: the columns side by side.

use leptos::{ev, html, prelude::*};

use super::{
    super::revealed::Revealed,
    column::ColumnView,
    motion::Motion,
    moving::{Movable, Moving},
};
use crate::{
    access::BoardRole,
    board::Typed,
    controls::{
        announcer::Announcer,
        icon::{Icon, Picture},
        if_may::IfMay,
        keyboard,
        rows::Rows,
    },
    features::task::drafts::{Drafts, Unsent},
    live::LiveBoard,
    model::{ColumnKind, Place},
    ops::{CreateColumn, Op},
};

/// All columns of a board.
#[component]
pub fn Columns(board: LiveBoard) -> impl IntoView {
    let columns = board.columns();
    let motion = Motion::new();
    provide_context(motion);
    let moving = Moving::new(board.clone(), expect_context::<Announcer>(), expect_context::<Revealed>(), motion);
    let column_views = {
        let board = board.clone();
        view! {
            <Rows each=move || columns.get() key=|column| column.id.0 let:column>
                <ColumnView board=board.clone() column=column.id />
            </Rows>
        }
    };
    view! {
        <Movable moving>
            {column_views} <IfMay may=board.may(BoardRole::Editor)>
                <AddColumn board=board.clone() />
            </IfMay>
        </Movable>
    }
    .into_any()
}

#[component]
fn AddColumn(board: LiveBoard) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let drafts = expect_context::<Drafts>();
    let unsent = Unsent::Column(board.id());
    let (open, set_open) = signal(!drafts.unsent(unsent).is_empty());
    let (refusal, set_refusal) = signal(None::<String>);
    let field = NodeRef::<html::Input>::new();
    // Whether the reader opened the form. It may also be open from the start, because a draft was kept; then it must not take the focus.
    let opened = StoredValue::new(false);
    let opener = NodeRef::<html::Button>::new();
    Effect::new(move || {
        if let Some(input) = field.get()
            && opened.get_value()
        {
            // If the field cannot be focused, it can still be clicked.
            let _ = input.focus();
        }
    });
    on_cleanup({
        let board = board.clone();
        move || {
            let text = drafts.unsent(unsent);
            if !text.trim().is_empty() && board.rescue(create(text)) {
                drafts.keep(unsent, String::new());
            }
        }
    });
    let close = move || {
        set_open.set(false);
        set_refusal.set(None);
        drafts.keep(unsent, String::new());
        request_animation_frame(move || {
            if let Some(button) = opener.get_untracked() {
                let _ = button.focus();
            }
        });
    };
    let add = Callback::new(move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = field.get_untracked() else { return };
        let too_long = Typed::Name.too_long(&input.value());
        if too_long.is_some() {
            return set_refusal.set(too_long);
        }
        let name = Typed::Name.normalize(&input.value());
        match board.submit(create(name.clone())) {
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
                                if keyboard::escapes(&event) {
                                    event.stop_propagation();
                                    close();
                                }
                            }
                        >
                            <input
                                node_ref=field
                                aria-label="Column name"
                                placeholder="Column name"
                                value=drafts.unsent(unsent)
                                autocomplete="off"
                                required
                                aria-invalid=move || refusal.get().map(|_| "true")
                                on:input=move |event| {
                                    let text = event_target_value(&event);
                                    set_refusal.set(Typed::Name.too_long(&text));
                                    drafts.keep(unsent, text);
                                }
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
                        <button
                            node_ref=opener
                            type="button"
                            class="button quiet"
                            on:click=move |_| {
                                opened.set_value(true);
                                set_open.set(true);
                            }
                        >
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

fn create(name: String) -> Op {
    let (column, kind, place) = (crate::new_id(), ColumnKind::Active, Place::Last);
    Op::CreateColumn(CreateColumn { column, name, kind, place })
}
