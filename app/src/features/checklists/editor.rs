//! The fields of an item, in place of its row.

use leptos::{ev, html, prelude::*};

use super::{box_of, section::Shared};
use crate::{
    board::Typed,
    checklist::ChecklistItem,
    controls::{
        choice::choice,
        focus::focus_when_drawn,
        keyboard::{self, Key},
        redrawn::redrawn,
    },
    fields::FieldEdit,
    id::{ChecklistId, ChecklistItemId, TaskId},
    live::act,
    model::Place,
    ops::{CreateTask, DeleteChecklistItems, Op, UpdateChecklistItem},
    time::Day,
};

/// The fields. The text is saved with Enter or the button; the others at once.
#[component]
pub fn ItemEditor(shared: Shared, id: ChecklistItemId) -> impl IntoView {
    let Shared { board, task, lists, open, announcer, around, .. } = shared;
    let item =
        move || -> Option<ChecklistItem> { lists.with(|lists| Some(ChecklistItem::clone(lists.as_ref()?.item(id)?))) };
    let before = untrack(item).map(|item| item.text).unwrap_or_default();
    let kept = around.kept.run(id.0);
    let text = if kept.is_empty() { before.clone() } else { kept };
    let area = NodeRef::<html::Textarea>::new();
    let (refusal, set_refusal) = signal(None::<String>);
    // If the item or the right to change it went away, the person gets back what they typed.
    on_cleanup(move || {
        let text = around.kept.try_run(id.0).filter(|text| !text.is_empty());
        let update = |text| {
            Op::UpdateChecklistItem(UpdateChecklistItem { text: Some(text), ..UpdateChecklistItem::of(task, id) })
        };
        if text.is_some_and(|text| board.try_with_value(|board| board.rescue(update(text))) == Some(true)) {
            around.keep.try_run((id.0, String::new()));
        }
    });
    let close = move || {
        around.keep.run((id.0, String::new()));
        open.set(None);
        focus_when_drawn(box_of(id));
    };
    let update = move |update: UpdateChecklistItem| act(&board.get_value(), Op::UpdateChecklistItem(update));
    let save = {
        let before = before.clone();
        move || {
            let Some(area) = area.get_untracked() else { return };
            let too_long = Typed::Title.too_long(&area.value());
            if too_long.is_some() {
                return set_refusal.set(too_long);
            }
            let typed = Typed::Title.normalize(&area.value());
            if typed != before {
                let (text, was) = (Some(typed), Some(before.clone()));
                let edit =
                    Op::UpdateChecklistItem(UpdateChecklistItem { text, was, ..UpdateChecklistItem::of(task, id) });
                if let Err(refusal) = board.get_value().submit(edit) {
                    return set_refusal.set(Some(refusal.sentence()));
                }
            }
            close();
        }
    };
    let pressed = {
        let save = save.clone();
        move |event: ev::KeyboardEvent| {
            let Some(stroke) = keyboard::pressed(&event) else { return };
            match stroke.key {
                Key::Enter if !on_button(&event) => save(),
                Key::Escape => close(),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let deletion = move || {
        let items = vec![id];
        Op::DeleteChecklistItems(DeleteChecklistItems { items, ..DeleteChecklistItems::of(task) })
    };
    let leave = move |list: Option<ChecklistId>| {
        around.keep.run((id.0, String::new()));
        open.set(None);
        if let Some(list) = list {
            focus_when_drawn(format!("[data-checklist='{list}'] .new-items textarea"));
        }
    };
    let delete = move |_| {
        let gone_from = untrack(item).map(|item| item.checklist);
        if act(&board.get_value(), deletion()) {
            announcer.say("Item deleted");
            leave(gone_from);
        }
    };
    let make_task = move |_| {
        let Some(item) = untrack(item) else { return };
        let (board, new) = (board.get_value(), crate::new_id::<TaskId>());
        let column = board.with(|board| board.task(task).map(|task| task.column));
        let typed = area.get_untracked().map(|area| Typed::Title.normalize(&area.value()));
        let title = typed.filter(|typed| !typed.is_empty()).unwrap_or(item.text);
        let create = CreateTask { column, place: Place::After(task), ..CreateTask::of(new, title.clone()) };
        let create = create.with(FieldEdit::Due(item.due)).with(FieldEdit::Assign(Vec::from_iter(item.assignee)));
        if act(&board, Op::CreateTask(create)) && act(&board, deletion()) {
            announcer.say(format!("“{title}” is a task now"));
            leave(Some(item.checklist));
        }
    };
    let assignee = Memo::new(move |_| item().and_then(|item| item.assignee));
    let people = move || {
        let assignee = assignee.get();
        let people = around.people.read();
        let each = people.iter().map(|(id, name)| choice(id, name, assignee == Some(*id)));
        let gone = assignee.filter(|person| !people.iter().any(|(id, _)| id == person));
        let gone = gone.map(|person| choice(person, "Somebody", true));
        [choice("", "Nobody", assignee.is_none())].into_iter().chain(each).chain(gone).collect_view().into_any()
    };
    let due = Memo::new(move |_| item().and_then(|item| item.due).map(|day| day.to_string()).unwrap_or_default());
    Effect::new(move || {
        if let Some(area) = area.get() {
            // If the field cannot be focused, it can still be clicked.
            let _ = area.focus();
        }
    });
    let error_id = format!("item-refused-{id}");
    view! {
        <div class="item-editor" on:keydown=pressed>
            <textarea
                node_ref=area
                rows="1"
                aria-label="Item"
                aria-invalid=move || refusal.get().map(|_| "true")
                aria-describedby=error_id.clone()
                prop:value=text
                on:input=move |event| {
                    let text = event_target_value(&event);
                    set_refusal.set(Typed::Title.too_long(&text));
                    around.keep.run((id.0, text));
                }
            />
            <p class="field-error" id=error_id role="alert">
                {move || refusal.get()}
            </p>
            <div class="row">
                <label class="field">
                    "Assigned to"
                    <select
                        autocomplete="off"
                        on:change=move |event| {
                            let person = event_target_value(&event).parse().ok();
                            update(UpdateChecklistItem {
                                assignee: Some(person),
                                ..UpdateChecklistItem::of(task, id)
                            });
                        }
                    >
                        {redrawn(people)}
                    </select>
                </label>
                <label class="field">
                    "Due"
                    <input
                        type="date"
                        autocomplete="off"
                        prop:value=move || due.get()
                        on:change=move |event| {
                            let due = Day::parse(&event_target_value(&event));
                            update(UpdateChecklistItem {
                                due: Some(due),
                                ..UpdateChecklistItem::of(task, id)
                            });
                        }
                    />
                </label>
            </div>
            <div class="actions">
                <button type="button" class="button primary" on:click=move |_| save()>
                    "Save"
                </button>
                <button type="button" class="button quiet" on:click=move |_| close()>
                    "Cancel"
                </button>
                <button type="button" class="button quiet" on:click=make_task>
                    "Make it a task"
                </button>
                <button type="button" class="button danger" on:click=delete>
                    "Delete"
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// Whether a key went down on a button, which it presses.
fn on_button(event: &ev::KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.tag_name() == "BUTTON")
}
