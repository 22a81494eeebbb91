//! The field for the text of a comment, with a preview.

use leptos::{ev, html, prelude::*, server_fn::ServerFn};

use crate::{
    board::Typed,
    controls::{
        keyboard::{self, Key},
        markdown,
    },
    forms::{AddComment, form_action},
};

/// What a composer does with its text.
#[derive(Clone, Copy)]
pub struct Uses {
    /// Keeps what is typed, so that it is not lost when the field disappears.
    pub typed: Callback<(String,)>,
    /// Saves the text; the reason if it is refused.
    pub save: Callback<(String,), Option<String>>,
    /// Leaves the field without saving; `None` if it stays.
    pub cancel: Option<Callback<()>>,
}

/// The field.
#[component]
pub fn Composer(
    /// The accessible name of the field.
    label: &'static str,
    /// The words of the button.
    button: &'static str,
    /// The id of the field, unique on the page.
    id: String,
    /// The text at first.
    text: String,
    /// Text to add at the end of what is typed, such as a quotation.
    #[prop(optional)]
    added: Option<RwSignal<Option<String>>>,
    /// The fields that a form without JavaScript sends beside the text.
    #[prop(default = Vec::new())]
    sends: Vec<(&'static str, String)>,
    uses: Uses,
) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    let (refusal, preview) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let (error_id, is_new) = (format!("{id}-refused"), uses.cancel.is_none());
    // What was typed before the page was taken over caused no input event.
    on_cleanup(move || {
        if let Some(area) = area.try_get_untracked().flatten().filter(|_| is_new) {
            uses.typed.try_run((area.value(),));
        }
    });
    Effect::new(move || {
        let Some(area) = area.get() else { return };
        if let Some(addition) = added.and_then(|added| added.get()) {
            let typed = area.value();
            let gap = if typed.trim().is_empty() { "" } else { "\n\n" };
            let text = format!("{}{gap}{addition}", typed.trim_end());
            area.set_value(&text);
            uses.typed.run((text,));
            preview.set(None);
        }
        if !is_new || added.is_some_and(|added| added.with(Option::is_some)) {
            // If the field cannot be focused, it can still be clicked.
            let _ = area.focus();
            let end = area.value().encode_utf16().count() as u32;
            let _ = area.set_selection_range(end, end);
        }
        if let Some(added) = added.filter(|added| added.with_untracked(Option::is_some)) {
            added.set(None);
        }
    });
    let save = move || {
        let Some(area) = area.get_untracked() else { return };
        let refused = Typed::Comment
            .too_long(&area.value())
            .or_else(|| uses.save.run((Typed::Comment.normalize(&area.value()),)));
        if refused.is_none() && is_new {
            area.set_value("");
            uses.typed.run((String::new(),));
            preview.set(None);
        }
        refusal.try_set(refused);
    };
    let submitted = move |event: ev::SubmitEvent| {
        event.prevent_default();
        save();
    };
    let pressed = move |event: ev::KeyboardEvent| {
        let Some(stroke) = keyboard::pressed(&event) else { return };
        match (stroke.key, uses.cancel) {
            (Key::Enter, _) if stroke.is_command() => {
                event.prevent_default();
                save();
            }
            (Key::Escape, Some(cancel)) => {
                event.prevent_default();
                event.stop_propagation();
                cancel.run(());
            }
            _ => {}
        }
    };
    let show = move |_| {
        let text = area.get_untracked().map(|area| area.value()).unwrap_or_default();
        preview.update(|preview| *preview = if preview.is_some() { None } else { Some(text) });
    };
    let hidden =
        move |(name, value): (&'static str, String)| view! { <input type="hidden" name=name value=value /> }.into_any();
    view! {
        <form class="composer" method="post" action=form_action(AddComment::PATH) on:submit=submitted>
            {sends.into_iter().map(hidden).collect_view()}
            <textarea
                node_ref=area
                id=id
                name="text"
                aria-label=label
                aria-invalid=move || refusal.get().map(|_| "true")
                aria-describedby=error_id.clone()
                rows="3"
                placeholder="Markdown is welcome"
                // The browser cannot point at a field that is hidden.
                required=move || preview.read().is_none()
                prop:value=text
                hidden=move || preview.read().is_some()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    refusal.set(Typed::Comment.too_long(&text));
                    uses.typed.run((text,));
                }
                on:keydown=pressed
            />
            {move || {
                preview
                    .read()
                    .as_ref()
                    .map(|text| {
                        let text = text.clone();
                        view! {
                            <div
                                class="markdown preview"
                                role="region"
                                aria-label="Preview"
                                inner_html=markdown::to_html(&text)
                            ></div>
                        }
                            .into_any()
                    })
            }}
            <p class="field-error" id=error_id role="alert">
                {move || refusal.get()}
            </p>
            <div class="actions">
                <button class="button primary">{button}</button>
                <button
                    type="button"
                    class="button quiet needs-script"
                    aria-pressed=move || preview.read().is_some().to_string()
                    on:click=show
                >
                    "Preview"
                </button>
                {uses
                    .cancel
                    .map(|cancel| {
                        view! {
                            <button type="button" class="button quiet" on:click=move |_| cancel.run(())>
                                "Cancel"
                            </button>
                        }
                            .into_any()
                    })}
                <span class="hint needs-script">
                    {format!("Ctrl + Enter {}", if is_new { "sends" } else { "saves" })}
                </span>
            </div>
        </form>
    }
    .into_any()
}
