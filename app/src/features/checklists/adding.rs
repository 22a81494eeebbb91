//! The fields that add items and checklists. Several lines become several items.

use leptos::{ev, html, prelude::*, server_fn::ServerFn};

use super::section::Shared;
use crate::{
    board::{Typed, item_lines},
    checklist::MAX_ITEMS,
    controls::{
        focus::{find, focus_when_drawn},
        icon::{Icon, Picture},
        keyboard::{self, Key},
    },
    forms::{ChecklistForm, EditChecklist, form_action},
    id::ChecklistId,
    ops::{AddChecklistItems, NewChecklistItem, Op},
    refusal::{Refusal, Thing},
};

/// The field for new items of a checklist.
#[component]
pub fn NewItems(shared: Shared, id: ChecklistId, name: Memo<String>) -> impl IntoView {
    let Shared { board, task, lists, announcer, around, .. } = shared;
    let area = NodeRef::<html::Textarea>::new();
    let (refusal, set_refusal) = signal(None::<String>);
    let count = RwSignal::new(item_lines(&around.kept.run(id.0)).len());
    let add = move || {
        let Some(area) = area.get_untracked().filter(|_| shared.may_edit()) else { return };
        let lines = item_lines(&area.value());
        if lines.is_empty() {
            return;
        }
        if let Some(too_long) = lines.iter().find_map(|(line, _)| Typed::Title.too_long(line)) {
            return set_refusal.set(Some(too_long));
        }
        let before = lists.with_untracked(|lists| lists.as_ref().map_or(0, |lists| lists.items_of(id).count()));
        let added = match before + lines.len() > MAX_ITEMS {
            true => Err(Refusal::Full { what: Thing::ChecklistItem, limit: MAX_ITEMS as u32 }),
            false => blocks(&lines).try_for_each(|items| {
                let add = AddChecklistItems { items, ..AddChecklistItems::of(task, id) };
                board.get_value().submit(Op::AddChecklistItems(add)).map(drop)
            }),
        };
        match added {
            Ok(()) => {
                area.set_value("");
                around.keep.run((id.0, String::new()));
                set_refusal.set(None);
                count.set(0);
                announcer.say(match &lines[..] {
                    [(line, _)] => format!("Added “{line}”"),
                    lines => format!("Added {} items", lines.len()),
                });
                show_when_drawn(id);
            }
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    };
    // If the checklist or the right to change it went away, the person gets back what they typed.
    on_cleanup(move || {
        let lines = around.kept.try_run(id.0).map(|text| item_lines(&text)).unwrap_or_default();
        let add = AddChecklistItems { items: items_of(&lines).collect(), ..AddChecklistItems::of(task, id) };
        let add = Op::AddChecklistItems(add);
        if !lines.is_empty() && board.try_with_value(|board| board.rescue(add)) == Some(true) {
            around.keep.try_run((id.0, String::new()));
        }
    });
    let pressed = move |event: ev::KeyboardEvent| {
        let enters = |stroke: &keyboard::Stroke| stroke.key == Key::Enter && !stroke.shift;
        if keyboard::pressed(&event).as_ref().is_some_and(enters) {
            event.prevent_default();
            add();
        }
    };
    let error_id = format!("items-refused-{id}");
    view! {
        <div class="new-items">
            <textarea
                node_ref=area
                name="edit[text]"
                rows="1"
                aria-label=move || format!("New item of {}", name.get())
                placeholder="Add an item"
                aria-invalid=move || refusal.get().map(|_| "true")
                aria-describedby=error_id.clone()
                disabled=around.deleted
                prop:value=around.kept.run(id.0)
                on:input=move |event| {
                    let text = event_target_value(&event);
                    count.set(item_lines(&text).len());
                    set_refusal.set(None);
                    around.keep.run((id.0, text));
                }
                on:keydown=pressed
            />
            <button
                class="button quiet"
                name="edit[action]"
                value="add"
                disabled=around.deleted
                on:click=move |event| {
                    event.prevent_default();
                    add();
                }
            >
                {move || match count.get() {
                    0 | 1 => "Add".to_owned(),
                    count => format!("Add {count}"),
                }}
            </button>
            <p class="field-error" id=error_id role="alert">
                {move || refusal.get()}
            </p>
        </div>
    }
    .into_any()
}

/// The items that lines mean.
fn items_of(lines: &[(String, bool)]) -> impl Iterator<Item = NewChecklistItem> {
    lines
        .iter()
        .map(|(text, done)| NewChecklistItem { done: *done, ..NewChecklistItem::of(crate::new_id(), text.as_str()) })
}

/// The items that lines mean, in blocks of which each fits into a message.
fn blocks(lines: &[(String, bool)]) -> impl Iterator<Item = Vec<NewChecklistItem>> {
    const MOST_BYTES: usize = 20_000;
    let mut rest = items_of(lines).peekable();
    std::iter::from_fn(move || {
        let (mut items, mut bytes) = (Vec::new(), 0);
        while let Some(item) = rest.next_if(|item| items.is_empty() || bytes + item.text.len() <= MOST_BYTES) {
            bytes += item.text.len();
            items.push(item);
        }
        (!items.is_empty()).then_some(items)
    })
}

/// The form for a new checklist.
#[component]
pub fn NewChecklist(shared: Shared) -> impl IntoView {
    let Shared { board, task, announcer, around, .. } = shared;
    let board_id = board.with_value(|board| board.id());
    let field = NodeRef::<html::Input>::new();
    let (refusal, set_refusal) = signal(None::<String>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        let name = match Typed::Name.normalize(&field.value()) {
            name if name.is_empty() => "Checklist".to_owned(),
            name => name,
        };
        let id = crate::new_id::<ChecklistId>();
        let form = ChecklistForm { name: name.clone(), ..ChecklistForm::default() };
        let Some(op) = form.op(task, |_| id.0) else { return };
        match board.get_value().submit(op) {
            Ok(_) => {
                field.set_value("");
                around.keep.run((task.0, String::new()));
                set_refusal.set(None);
                announcer.say(format!("Added the checklist “{name}”"));
                focus_when_drawn(format!("[data-checklist='{id}'] .new-items textarea"));
            }
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    };
    view! {
        <form class="new-checklist" method="post" action=form_action(EditChecklist::PATH) on:submit=submit>
            <input type="hidden" name="board" value=board_id.to_string() />
            <input type="hidden" name="task" value=task.to_string() />
            <input
                node_ref=field
                name="edit[name]"
                aria-label="Name of a new checklist"
                aria-invalid=move || refusal.get().map(|_| "true")
                aria-describedby="checklist-refused"
                placeholder="Checklist"
                autocomplete="off"
                disabled=around.deleted
                value=around.kept.run(task.0)
                on:input=move |event| {
                    let text = event_target_value(&event);
                    set_refusal.set(Typed::Name.too_long(&text));
                    around.keep.run((task.0, text));
                }
            />
            <button class="button quiet" disabled=around.deleted>
                <Picture icon=Icon::Plus />
                "Add a checklist"
            </button>
            <p class="field-error" id="checklist-refused" role="alert">
                {move || refusal.get()}
            </p>
        </form>
    }
    .into_any()
}

/// Scrolls the field that adds items into view, so that the new items above it are seen.
fn show_when_drawn(id: ChecklistId) {
    request_animation_frame(move || {
        if let Some(field) = find(&format!("[data-checklist='{id}'] .new-items")) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            field.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}
