//! The box. It stands beside the card or row, at the bottom of a narrow screen. Escape and a click elsewhere close it, and Tab where it has no
//! second field: from the days Tab leads to the calendar.

use leptos::{ev, html, prelude::*};
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{Property, QuickEdit, choices::choices};
use crate::{
    access::BoardRole,
    controls::{
        combobox::Combobox,
        focus::{find, focus, focus_when_drawn, focused},
        keyboard::{self, Key},
        redrawn::redrawn,
    },
    features::task::fields::{DateField, DateInput},
    id::TaskId,
    live::LiveBoard,
    model::Priority,
};

/// The space between the box, what it belongs to, and the edge of the window, in pixels.
const GAP: f64 = 6.0;

/// Draws the box while something is being changed.
#[component]
pub fn QuickEditor(board: LiveBoard) -> impl IntoView {
    let QuickEdit(open) = expect_context();
    let path = use_location().pathname;
    Effect::new(move || {
        path.track();
        open.set(None);
    });
    redrawn(move || {
        let (task, property) = open.get()?;
        Some(view! { <Editor board=board.clone() task property /> }.into_any())
    })
}

#[component]
fn Editor(board: LiveBoard, task: TaskId, property: Property) -> impl IntoView {
    let QuickEdit(open) = expect_context();
    let this = NodeRef::<html::Div>::new();
    let close = move || {
        // At once, so that the next key is for the card; and again where the card is drawn at another place.
        if let Some(card) = find(&card(task)) {
            focus(&card);
        }
        open.set(None);
        focus_when_drawn(card(task));
    };
    let done = Callback::new(move |()| close());

    // The task may be deleted, and the right to edit it lost, by somebody else.
    let (shown, edits) = (board.task(task).task, board.may(BoardRole::Editor));
    let title = {
        let shown = shown.clone();
        move || shown.read().as_ref().map(|task| task.title.clone()).unwrap_or_default()
    };
    Effect::new({
        let board = board.clone();
        move || {
            shown.track();
            if !edits.get() || board.with(|board| board.live_task(task).is_none()) {
                open.set(None);
            }
        }
    });
    Effect::new(move || {
        if let Some(this) = this.get() {
            // What is typed next belongs to the box.
            if let Some(field) = find("#quick-edit") {
                focus(&field);
            }
            request_animation_frame(move || {
                put_beside(&this, task, property);
                if !focused().is_some_and(|focused| this.contains(Some(&focused)))
                    && let Some(field) = find("#quick-edit")
                {
                    focus(&field);
                }
            });
        }
        let elsewhere = window_event_listener(ev::pointerdown, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if !target.is_some_and(|target| target.closest(".quick-edit").is_ok_and(|within| within.is_some())) {
                open.set(None);
            }
        });
        on_cleanup(move || elsewhere.remove());
    });

    let day = match property {
        Property::Start => Some(DateField::Start),
        Property::Due => Some(DateField::Due),
        _ => None,
    };
    let choices = choices(&board, task, property, done);
    let priority = {
        let choices = std::sync::Arc::clone(&choices);
        move |digit: u8| {
            if usize::from(digit) < Priority::ALL.len()
                && let Some(choice) = untrack(|| choices("")).into_iter().nth(usize::from(digit))
            {
                (choice.take)();
            }
        }
    };
    let pressed = move |event: ev::KeyboardEvent| {
        let Some(stroke) = keyboard::pressed(&event) else { return };
        match stroke.key {
            Key::Escape => close(),
            // A day has a second field, for the calendar.
            Key::Tab if day.is_none() => close(),
            Key::Digit(digit) if property == Property::Priority && stroke.is_plain() => priority(digit),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let (placeholder, nothing) = match day {
        Some(_) => ("fri, 3 dec, in 2 weeks …", "This is no day. Try “fri”, “3 dec” or “in 2 weeks”."),
        None => ("Type to find", "Nothing has this name."),
    };
    let calendar = day.map(|field| {
        view! {
            <label class="field-label" for="quick-edit-day">
                "In the calendar"
            </label>
            <DateInput board task field id="quick-edit-day" disabled=false />
        }
        .into_any()
    });
    view! {
        <div
            node_ref=this
            class="quick-edit"
            role="dialog"
            aria-label=move || format!("{} of “{}”", property.words(), title())
            on:keydown=pressed
        >
            <p class="quick-edit-title" aria-hidden="true">
                {property.words()}
            </p>
            <Combobox
                id="quick-edit"
                label=property.words()
                list=property.words()
                placeholder
                choices
                multiple=property == Property::Labels
                always_open=true
                nothing
                disabled=false
            />
            {calendar}
        </div>
    }
    .into_any()
}

/// The link of the task's card or row.
fn card(task: TaskId) -> String {
    format!("main [data-task='{task}'] a")
}

/// Puts the box below the chip that it changes, or else the card, or above it if there is more room. (A narrow screen has it at its bottom
/// edge, whatever is set here.)
fn put_beside(this: &HtmlElement, task: TaskId, property: Property) {
    let place = format!("main [data-task='{task}']");
    let chip = property.chips().and_then(|chips| find(&format!("{place} :is({chips})")));
    let Some(beside) = chip.or_else(|| find(&place)) else { return };
    let (beside, own) = (beside.get_bounding_client_rect(), this.get_bounding_client_rect());
    let length =
        |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or_default();
    let (width, height) = (length(window().inner_width()), length(window().inner_height()));
    let left = beside.left().min(width - own.width() - GAP).max(GAP);
    let below = beside.bottom() + GAP;
    let above = beside.top() - own.height() - GAP;
    let top = if below + own.height() > height && above > GAP {
        above
    } else {
        below.min(height - own.height() - GAP).max(GAP)
    };
    let style = this.style();
    for (name, value) in [("left", left), ("top", top)] {
        // The browser knows both properties.
        let _ = style.set_property(name, &format!("{value}px"));
    }
}
