//! One checklist: its head, its items, and the field that adds some.

use std::sync::Arc;

use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDetailsElement, HtmlInputElement};

use super::{adding::NewItems, box_of, item::item_row, section::Shared};
use crate::{
    access::BoardRole,
    board::Typed,
    checklist::{Checklist, ChecklistItem, Progress},
    controls::{
        focus::{find, focus, focus_when_drawn},
        icon::{Icon, Picture},
        if_may::IfMay,
        keyboard::{self, Key},
        menu::{Menu, close_menu},
        redrawn::redrawn,
        rows::Rows,
    },
    forms::{ChecklistForm, EditChecklist, form_action},
    id::{ChecklistId, ChecklistItemId},
    live::act,
    ops::{Op, UpdateChecklist, UpdateChecklistItem},
};

/// A checklist. All of it is one form, whose buttons name what they do.
#[component]
pub fn ChecklistView(shared: Shared, id: ChecklistId) -> impl IntoView {
    let Shared { board, task, lists, hidden, .. } = shared;
    let (board_id, edits) = board.with_value(|board| (board.id(), board.may(BoardRole::Editor)));
    let name = Memo::new(move |last: Option<&String>| {
        let name = lists.read().as_ref().and_then(|lists| Some(lists.list(id)?.name.clone()));
        name.or(last.cloned()).unwrap_or_default()
    });
    let items = Memo::new(move |_| -> Vec<Arc<ChecklistItem>> {
        lists.read().as_ref().map(|lists| lists.items_of(id).cloned().collect()).unwrap_or_default()
    });
    let progress = Memo::new(move |_| Progress::of(&*items.read()));
    let is_hiding = Memo::new(move |_| hidden.read().contains(&id));
    let near = Memo::new(move |_| neighbours(lists.read().as_ref().map(|lists| lists.lists()), id));
    let hidden_field = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <input type="hidden" name=name value=value /> }.into_any())
    };
    let order = move || {
        let [above, below] = near.get().map(|id| id.map(|id| id.to_string()));
        view! {
            {hidden_field("edit[above]", above)}
            {hidden_field("edit[below]", below)}
        }
        .into_any()
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(button) = event.submitter().and_then(|button| button.dyn_into::<Element>().ok()) else { return };
        let named = button.get_attribute("name").zip(button.get_attribute("value"));
        if let Some((name, value)) = named {
            pressed(shared, id, &name, &value, near.get_untracked());
        }
    };
    let head = move || {
        let Progress { done, items } = progress.get();
        view! {
            <span class="checklist-count">
                <span aria-hidden="true">{format!("{done}/{items}")}</span>
                <span class="visually-hidden">{format!("{done} of {items} done")}</span>
            </span>
            <button
                type="button"
                class="button quiet needs-script"
                aria-pressed=is_hiding.get().to_string()
                hidden=done == 0
                on:click=move |_| {
                    hidden
                        .update(|hidden| {
                            if !hidden.remove(&id) {
                                hidden.insert(id);
                            }
                        });
                }
            >
                {if is_hiding.get() { format!("Show {done} done") } else { "Hide done".to_owned() }}
            </button>
        }
        .into_any()
    };
    let heading = format!("checklist-{id}");
    view! {
        <form
            class="checklist"
            class:done-hidden=move || is_hiding.get()
            method="post"
            action=form_action(EditChecklist::PATH)
            aria-labelledby=heading.clone()
            data-checklist=id.to_string()
            on:submit=submit
        >
            <input type="hidden" name="board" value=board_id.to_string() />
            <input type="hidden" name="task" value=task.to_string() />
            <input type="hidden" name="edit[checklist]" value=id.to_string() />
            {redrawn(order)}
            <div class="checklist-head">
                <h3 id=heading.clone() tabindex="-1">
                    {move || name.get()}
                </h3>
                {redrawn(head)}
                <IfMay may=edits>
                    <ListMenu shared id name />
                </IfMay>
            </div>
            <progress
                aria-hidden="true"
                max=move || progress.get().items.max(1).to_string()
                value=move || progress.get().done.to_string()
            />
            <ul class="checklist-items">
                <Rows each=move || items.get() key=|item| item.id.0 let:item>
                    {item_row(shared, items, item.id, edits)}
                </Rows>
            </ul>
            <IfMay may=edits>
                <NewItems shared id name />
            </IfMay>
        </form>
    }
    .into_any()
}

/// Renames, moves and deletes a checklist.
#[component]
fn ListMenu(shared: Shared, id: ChecklistId, name: Memo<String>) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    // Someone else may rename it while the menu is open; what is typed here stays.
    let opened = Callback::new(move |()| {
        if let Some(field) = field.get_untracked() {
            field.set_value(&name.get_untracked());
        }
    });
    let rename = move |event: &ev::Event| {
        let Some(field) = field.get_untracked() else { return };
        let typed = Typed::Name.normalize(&field.value());
        let update = UpdateChecklist { name: Some(typed), ..UpdateChecklist::of(shared.task, id) };
        if act(&shared.board.get_value(), Op::UpdateChecklist(update)) {
            close_menu(event);
        }
    };
    let button = move |action: &'static str, words: &'static str| {
        view! {
            <button class="menu-item" name="edit[action]" value=action disabled=shared.around.deleted>
                {words}
            </button>
        }
        .into_any()
    };
    view! {
        <Menu
            label=Signal::derive(move || format!("Checklist “{}”", name.get()))
            class="checklist-menu"
            button=view! { <Picture icon=Icon::More /> }.into_any()
            on_open=opened
        >
            <div class="checklist-name">
                <input
                    node_ref=field
                    name="edit[name]"
                    aria-label="Name of the checklist"
                    autocomplete="off"
                    value=name.get_untracked()
                    on:keydown=move |event| {
                        if keyboard::pressed(&event).is_some_and(|stroke| stroke.key == Key::Enter) {
                            event.prevent_default();
                            rename(&event);
                        }
                    }
                />
                <button class="button" name="edit[action]" value="rename" disabled=shared.around.deleted>
                    "Rename"
                </button>
            </div>
            {button("up", "Move up")}
            {button("down", "Move down")}
            {button("delete", "Delete")}
        </Menu>
    }
    .into_any()
}

/// A button of the form was pressed.
fn pressed(shared: Shared, id: ChecklistId, name: &str, value: &str, [above, below]: [Option<ChecklistId>; 2]) {
    let Shared { board, task, announcer, .. } = shared;
    if !shared.may_edit() {
        return;
    }
    let item = || value.parse::<ChecklistItemId>().ok();
    let mut form = ChecklistForm { checklist: Some(id), above, below, ..ChecklistForm::default() };
    match name {
        "edit[tick]" => return tick(shared, item(), true),
        "edit[untick]" => return tick(shared, item(), false),
        // The field that adds items does so by itself: it knows what was typed.
        _ if value == "add" => return,
        _ => form.action = value.to_owned(),
    }
    if value == "rename" {
        let field = find(&format!("[data-checklist='{id}'] [name='edit[name]']"));
        let field = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
        form.name = field.map(|field| field.value()).unwrap_or_default();
    }
    let Some(op) = form.op(task, |_| crate::new_id()) else { return };
    if act(&board.get_value(), op) {
        close_menu_of(id);
        match value {
            "delete" => {
                announcer.say("Checklist deleted");
                focus_when_drawn(".checklists .new-checklist button");
            }
            "rename" => announcer.say("Checklist renamed"),
            _ => announcer.say("Checklist moved"),
        }
    }
}

/// Closes the menu of a checklist, and puts the focus on its button.
fn close_menu_of(id: ChecklistId) {
    let menu = find(&format!("[data-checklist='{id}'] details.menu"));
    if let Some(menu) = menu.and_then(|menu| menu.dyn_into::<HtmlDetailsElement>().ok()) {
        menu.set_open(false);
        if let Ok(Some(button)) = menu.query_selector("summary") {
            focus(&button);
        }
    }
}

/// Marks an item as done or not done.
pub(super) fn tick(shared: Shared, item: Option<ChecklistItemId>, done: bool) {
    let Shared { board, task, lists, hidden, announcer, .. } = shared;
    let Some(item) = item else { return };
    // If the item disappears, the focus goes to the next one.
    let next = next_box(item);
    if !act(
        &board.get_value(),
        Op::UpdateChecklistItem(UpdateChecklistItem { done: Some(done), ..UpdateChecklistItem::of(task, item) }),
    ) {
        return;
    }
    let said = lists.with_untracked(|lists| {
        let lists = lists.as_ref()?;
        let item = lists.item(item)?;
        let Progress { done: ticked, items } = Progress::of(lists.items_of(item.checklist));
        let verb = if done { "Ticked" } else { "Unticked" };
        let hides = hidden.read_untracked().contains(&item.checklist);
        Some((format!("{verb} “{}”, {ticked} of {items} done", item.text), hides))
    });
    let Some((words, hides)) = said else { return };
    announcer.say(words);
    if done
        && hides
        && let Some(next) = next
    {
        focus_when_drawn(box_of(next));
    }
}

/// The item whose box comes after that of an item, or before it if there is none.
fn next_box(item: ChecklistItemId) -> Option<ChecklistItemId> {
    let row = find(&format!(".checklists [data-item='{item}']"))?;
    let shown = |row: &Element| row.get_bounding_client_rect().height() > 0.0;
    let walk = |step: fn(&Element) -> Option<Element>| {
        let mut at = step(&row);
        while let Some(row) = at.take_if(|row| !shown(row)) {
            at = step(&row);
        }
        at
    };
    let next = walk(Element::next_element_sibling).or_else(|| walk(Element::previous_element_sibling))?;
    next.get_attribute("data-item")?.parse().ok()
}

/// The checklists above and below one.
fn neighbours<'a>(
    lists: Option<impl Iterator<Item = &'a Arc<Checklist>>>,
    id: ChecklistId,
) -> [Option<ChecklistId>; 2] {
    let order: Vec<ChecklistId> = lists.into_iter().flatten().map(|list| list.id).collect();
    let Some(index) = order.iter().position(|other| *other == id) else { return [None; 2] };
    [index.checked_sub(1).and_then(|above| order.get(above)).copied(), order.get(index + 1).copied()]
}
