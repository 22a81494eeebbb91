//! A text field with a list of choices: what is typed narrows the list, the arrow keys mark a choice, Enter takes it. Nothing is taken before
//! Enter or a click. It follows the combobox pattern of the ARIA Authoring Practices Guide.

use std::sync::Arc;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    focus::find,
    keyboard::{self, Key},
    redrawn::redrawn,
};

/// A choice in the list.
pub struct Choice {
    /// Draws it.
    pub draw: Box<dyn FnOnce() -> AnyView>,
    /// Whether it is chosen already, where that can be said.
    pub is_set: Option<bool>,
    /// Takes it.
    pub take: Box<dyn FnOnce()>,
}

impl Choice {
    /// A choice that is drawn by `draw` and taken by `take`.
    pub fn new(is_set: Option<bool>, draw: impl FnOnce() -> AnyView + 'static, take: impl FnOnce() + 'static) -> Self {
        Self { draw: Box::new(draw), is_set, take: Box::new(take) }
    }
}

/// The choices for a typed text. The list is drawn again when a signal changes that this reads.
pub type Choices = Arc<dyn Fn(&str) -> Vec<Choice> + Send + Sync>;

/// The field with its list.
#[component]
pub fn Combobox(
    /// The id of the field. The list is `<id>-list`.
    id: &'static str,
    /// The accessible name of the field.
    label: &'static str,
    /// The accessible name of the list.
    list: &'static str,
    /// What stands in the empty field.
    placeholder: &'static str,
    /// The choices.
    choices: Choices,
    /// Whether several can be chosen.
    #[prop(default = false)]
    multiple: bool,
    /// Whether the list is shown before the field is used.
    #[prop(default = false)]
    always_open: bool,
    /// What is said in place of an empty list.
    #[prop(default = "")]
    nothing: &'static str,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let (text, open, active) = (RwSignal::new(String::new()), RwSignal::new(always_open), RwSignal::new(0_usize));
    let now = {
        let choices = Arc::clone(&choices);
        move || untrack(|| choices(&text.read()))
    };
    let take = {
        let now = now.clone();
        move |index: usize| {
            let Some(choice) = now().into_iter().nth(index) else { return };
            // First the field is emptied: what the choice does may remove it.
            text.set(String::new());
            if multiple {
                active.set(0);
            }
            if let Some(field) = field.get_untracked() {
                field.set_value("");
            }
            (choice.take)();
        }
    };
    let pressed = {
        let take = take.clone();
        move |event: ev::KeyboardEvent| {
            let Some(stroke) = keyboard::pressed_or_held(&event) else { return };
            let is_open = open.get_untracked();
            match stroke.key {
                Key::Down | Key::Up => {
                    let count = now().len();
                    if count == 0 {
                        return;
                    }
                    let step = if stroke.key == Key::Down { 1 } else { count - 1 };
                    let next = if is_open { (active.get_untracked() + step) % count } else { 0 };
                    active.set(next);
                    open.set(true);
                    request_animation_frame(move || show(id, next));
                }
                Key::Enter if is_open && !stroke.held => take(active.get_untracked()),
                Key::Enter => {}
                Key::Escape if is_open && !always_open => {
                    open.set(false);
                    event.stop_propagation();
                }
                _ => return,
            }
            event.prevent_default();
        }
    };
    let shows = move || open.get() && !disabled.get();
    let marked = {
        let choices = Arc::clone(&choices);
        move || (shows() && active.get() < choices(&text.read()).len()).then(|| format!("{id}-{}", active.get()))
    };
    let drawn = move || {
        let each = choices(&text.read()).into_iter().enumerate().map(|(index, choice)| {
            let take = take.clone();
            view! {
                <li
                    role="option"
                    id=format!("{id}-{index}")
                    aria-selected=choice.is_set.map(|is_set| is_set.to_string())
                    class:active=move || active.get() == index
                    on:click=move |_| take(index)
                >
                    {(choice.draw)()}
                </li>
            }
            .into_any()
        });
        let each = each.collect::<Vec<_>>();
        match each.is_empty() && !nothing.is_empty() {
            // A list has only choices in it.
            true => view! {
                <li role="option" aria-disabled="true">
                    {nothing}
                </li>
            }
            .into_any(),
            false => each.into_any(),
        }
    };
    view! {
        <div class="combobox needs-script">
            <input
                node_ref=field
                id=id
                role="combobox"
                aria-label=label
                aria-autocomplete="list"
                aria-expanded=move || shows().to_string()
                aria-controls=format!("{id}-list")
                aria-activedescendant=marked
                placeholder=placeholder
                autocomplete="off"
                disabled=disabled
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    active.set(0);
                    open.set(true);
                }
                on:click=move |_| open.set(true)
                on:blur=move |_| open.set(always_open)
                on:keydown=pressed
            />
            // The field keeps the focus when a choice is clicked.
            <ul
                id=format!("{id}-list")
                role="listbox"
                aria-label=list
                aria-multiselectable=multiple.then_some("true")
                hidden=move || !shows()
                on:pointerdown=|event| event.prevent_default()
                on:mousedown=|event| event.prevent_default()
            >
                {redrawn(drawn)}
            </ul>
        </div>
    }
    .into_any()
}

/// Scrolls the list so that a choice is in sight, and nothing else.
fn show(id: &str, index: usize) {
    let Some(option) = find(&format!("#{id}-{index}")) else { return };
    if let (Some(list), Some(option)) = (option.parent_element(), option.dyn_ref::<HtmlElement>()) {
        list.set_scroll_top(option.offset_top() - 80);
    }
}
