//! The checklists in the panel of a task.

use std::{collections::BTreeSet, sync::Arc};

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{Around, adding::NewChecklist, list::ChecklistView, moving::Moving};
use crate::{
    access::BoardRole,
    checklist::{Checklist, Checklists},
    controls::{announcer::Announcer, due::Today, if_may::IfMay, redrawn::redrawn, rows::Rows},
    id::{ChecklistId, ChecklistItemId, TaskId},
    live::{LiveBoard, Loading},
};

/// What the parts of the section share.
#[derive(Clone, Copy)]
pub struct Shared {
    pub board: StoredValue<LiveBoard>,
    pub task: TaskId,
    /// The checklists; `None` until they are loaded.
    pub lists: Memo<Option<Checklists>>,
    /// The item whose fields are open.
    pub open: RwSignal<Option<ChecklistItemId>>,
    /// The checklists whose done items are hidden.
    pub hidden: RwSignal<BTreeSet<ChecklistId>>,
    /// Whether the page is not hydrated yet.
    pub plain: Memo<bool>,
    pub announcer: Announcer,
    pub around: Around,
}

impl Shared {
    pub fn may_edit(self) -> bool {
        self.board.with_value(|board| board.may_now(BoardRole::Editor)) && !self.around.deleted.get_untracked()
    }
}

/// The section. The checklists are drawn once they are loaded.
#[component]
pub fn ChecklistsSection(board: LiveBoard, task: TaskId, loading: Signal<Loading>, around: Around) -> impl IntoView {
    let shown = board.task(task).task;
    let lists = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().and_then(|task| task.checklists()).cloned())
    };
    let edits = board.may(BoardRole::Editor);
    let is_missing = Memo::new(move |_| lists.read().is_none());
    // What is neither there nor can be added is not mentioned.
    let is_wanted = Memo::new(move |_| {
        (edits.get() && !around.deleted.get()) || shown.read().as_ref().is_some_and(|task| task.has_checklists())
    });
    let shared = Shared {
        board: StoredValue::new(board),
        task,
        lists,
        open: RwSignal::new(None),
        hidden: RwSignal::new(BTreeSet::new()),
        plain: expect_context::<Today>().not_yet_taken_over(),
        announcer: expect_context::<Announcer>(),
        around,
    };
    let each = move || -> Vec<Arc<Checklist>> {
        lists.read().as_ref().map(|lists| lists.lists().cloned().collect()).unwrap_or_default()
    };
    // What was typed into the fields of an item is shown again when the panel is.
    Effect::new(move |was_there: Option<bool>| {
        let is_there = !is_missing.get();
        if is_there && was_there != Some(true) && shared.may_edit() {
            let is_typed = |id: &ChecklistItemId| !around.kept.run(id.0).is_empty();
            let typed = lists.with_untracked(|lists| lists.as_ref()?.all_items().map(|item| item.id).find(is_typed));
            if typed.is_some() {
                shared.open.set(typed);
            }
        }
        is_there
    });
    let moving = Moving::new(shared);
    let section = NodeRef::<html::Section>::new();
    let view = move || {
        let words = move || match loading.get() {
            Loading::Failing => "The server does not answer; trying again…",
            _ => "Loading the checklists…",
        };
        view! {
            <section
                class="checklists"
                aria-label="Checklists"
                node_ref=section
                on:keydown=move |event| moving.key(&event)
                on:click=move |event| open_by_click(shared, &event)
                on:pointerdown=move |event| moving.pressed(&event, section)
                on:pointermove=move |event| moving.pointed(&event)
                on:pointerup=move |event| moving.released(&event)
                on:pointercancel=move |_| moving.cancel()
                on:lostpointercapture=move |_| moving.cancel()
            >
                {move || {
                    is_missing
                        .get()
                        .then(|| {
                            view! {
                                <p class="hint" role="status">
                                    {words}
                                </p>
                            }
                                .into_any()
                        })
                }}
                <Rows each=each key=|list| list.id.0 let:list>
                    <ChecklistView shared id=list.id />
                </Rows>
                <IfMay may=edits>
                    <NewChecklist shared />
                </IfMay>
                {moving.line()}
            </section>
        }
        .into_any()
    };
    redrawn(move || is_wanted.get().then(view)).into_any()
}

/// A click on the text of an item opens its fields, unless it follows a link or ends a selection of text. By keyboard, the button beside the
/// text does the same.
fn open_by_click(shared: Shared, event: &ev::MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let closest = |selector: &str| target.as_ref().and_then(|target| target.closest(selector).ok().flatten());
    let marked = window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed());
    if closest(".item-text").is_none() || closest("a").is_some() || marked || !shared.may_edit() {
        return;
    }
    let item = closest("[data-item]").and_then(|row| row.get_attribute("data-item")?.parse().ok());
    shared.open.set(item);
}
