//! Moves items, by their grip with a pointer, or with Alt and the arrow keys.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{box_of, section::Shared};
use crate::{
    controls::{
        focus::{find, focus, focus_when_drawn},
        keyboard::{self, Key},
    },
    features::shortcuts::{self, Command},
    id::{ChecklistId, ChecklistItemId},
    live::act,
    model::Place,
    ops::{Op, UpdateChecklistItem},
};

/// The distance from an edge of the panel within which it scrolls, and how far at once, in pixels.
const SCROLL_ZONE: f64 = 40.0;
const SCROLL_STEP: i32 = 12;

/// The state of moving items.
#[derive(Clone, Copy)]
pub struct Moving {
    shared: Shared,
    lifted: RwSignal<Option<Lifted>>,
}

#[derive(Clone, Copy, PartialEq)]
struct Lifted {
    item: ChecklistItemId,
    pointer: i32,
    /// Where it would go, once the pointer has moved.
    gap: Option<Gap>,
}

/// A gap between items, and where it is on the screen.
#[derive(Clone, Copy, PartialEq)]
struct Gap {
    list: ChecklistId,
    before: Option<ChecklistItemId>,
    left: f64,
    top: f64,
    width: f64,
}

impl Moving {
    pub fn new(shared: Shared) -> Self {
        Self { shared, lifted: RwSignal::new(None) }
    }

    /// The line that marks the gap where the lifted item would go.
    pub fn line(self) -> AnyView {
        let line = NodeRef::<html::Div>::new();
        Effect::new(move || {
            if let (Some(line), Some(Lifted { gap: Some(gap), .. })) = (line.get(), self.lifted.get()) {
                let style = HtmlElement::style(&line);
                // If this fails, the line is not seen, but the move does not depend on it.
                let _ = style.set_property("transform", &format!("translate({}px, {}px)", gap.left, gap.top));
                let _ = style.set_property("width", &format!("{}px", gap.width));
            }
        });
        let is_shown = move || self.lifted.get().is_some_and(|lifted| lifted.gap.is_some());
        view! { <div class="item-gap" aria-hidden="true" hidden=move || !is_shown() node_ref=line></div> }.into_any()
    }

    pub fn pressed(self, event: &ev::PointerEvent, section: NodeRef<html::Section>) {
        let Some(target) = element(event) else { return };
        if event.button() != 0 || !event.is_primary() || !target.has_attribute("data-grip") || !self.shared.may_edit() {
            return;
        }
        let Some((item, section)) = item_at(&target).zip(section.get_untracked()) else { return };
        event.prevent_default();
        if section.set_pointer_capture(event.pointer_id()).is_ok() {
            self.lifted.set(Some(Lifted { item, pointer: event.pointer_id(), gap: None }));
        }
    }

    pub fn pointed(self, event: &ev::PointerEvent) {
        let lifted = self.lifted.get_untracked().filter(|lifted| lifted.pointer == event.pointer_id());
        let Some(lifted) = lifted else { return };
        let y = f64::from(event.client_y());
        scroll_at_edges(y);
        self.lifted.set(Some(Lifted { gap: gap_at(y, lifted.item).or(lifted.gap), ..lifted }));
    }

    pub fn released(self, event: &ev::PointerEvent) {
        let lifted = self.lifted.get_untracked().filter(|lifted| lifted.pointer == event.pointer_id());
        self.cancel();
        if let Some(Lifted { item, gap: Some(gap), .. }) = lifted {
            self.put(item, gap.list, gap.before.map_or(Place::Last, Place::Before));
        }
    }

    pub fn cancel(self) {
        if self.lifted.get_untracked().is_some() {
            self.lifted.set(None);
        }
    }

    /// The arrow keys move the focus from box to box, and with Alt the item.
    pub fn key(self, event: &ev::KeyboardEvent) {
        if self.lifted.get_untracked().is_some() && keyboard::escapes(event) {
            event.prevent_default();
            event.stop_propagation();
            return self.cancel();
        }
        let Some(pressed) = shortcuts::pressed(event, self.shared.may_edit()) else { return };
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(item) = target.and_then(|target| item_at(&target)) else { return };
        let step = if pressed.key == Key::Up { -1 } else { 1 };
        match pressed.command {
            Command::MoveItem => self.step(item, step),
            Command::GoToItem => {
                let (boxes, here) = (all(".checklists .item-check"), find(&box_of(item)));
                let at = boxes.iter().position(|other| Some(other) == here.as_ref());
                if let Some(next) = at.and_then(|at| boxes.get(at.checked_add_signed(step)?)) {
                    focus(next);
                }
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }

    /// Moves an item by one, also into the checklist above or below.
    fn step(self, item: ChecklistItemId, step: isize) {
        let place = self.shared.lists.with_untracked(|lists| {
            let lists = lists.as_ref()?;
            let list = lists.item(item)?.checklist;
            let shown = |id: &ChecklistItemId| find(&box_of(*id)).is_some_and(|check| is_drawn(&check));
            let items: Vec<ChecklistItemId> =
                lists.items_of(list).map(|item| item.id).filter(|id| *id == item || shown(id)).collect();
            let at = items.iter().position(|id| *id == item)?;
            if let Some(beside) = at.checked_add_signed(step).and_then(|at| items.get(at)) {
                return Some((list, if step < 0 { Place::Before(*beside) } else { Place::After(*beside) }));
            }
            let order: Vec<ChecklistId> = lists.lists().map(|list| list.id).collect();
            let next = order.iter().position(|id| *id == list)?.checked_add_signed(step)?;
            Some((*order.get(next)?, if step < 0 { Place::Last } else { Place::First }))
        });
        if let Some((list, place)) = place {
            self.put(item, list, place);
            focus_when_drawn(box_of(item));
        }
    }

    fn put(self, item: ChecklistItemId, list: ChecklistId, place: Place<ChecklistItemId>) {
        let Shared { board, task, lists, announcer, .. } = self.shared;
        let was_in = lists.with_untracked(|lists| Some(lists.as_ref()?.item(item)?.checklist));
        let update = UpdateChecklistItem {
            checklist: Some(list).filter(|list| was_in != Some(*list)),
            place: Some(place),
            ..UpdateChecklistItem::of(task, item)
        };
        if !act(&board.get_value(), Op::UpdateChecklistItem(update)) {
            return;
        }
        let words = lists.with_untracked(|lists| {
            let lists = lists.as_ref()?;
            let (item, list) = (lists.item(item)?, lists.list(list)?);
            let at = lists.items_of(list.id).position(|other| other.id == item.id)? + 1;
            Some(format!("“{}” is now item {at} of {} of {}", item.text, lists.items_of(list.id).count(), list.name))
        });
        if let Some(words) = words {
            announcer.say(words);
        }
    }
}

fn element(event: &ev::PointerEvent) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The item in whose row an element is.
fn item_at(element: &Element) -> Option<ChecklistItemId> {
    element.closest("[data-item]").ok()??.get_attribute("data-item")?.parse().ok()
}

fn is_drawn(element: &Element) -> bool {
    element.get_bounding_client_rect().height() > 0.0
}

/// The elements that match a selector and are drawn.
fn all(selector: &str) -> Vec<Element> {
    elements(document().query_selector_all(selector).ok())
}

fn elements(list: Option<web_sys::NodeList>) -> Vec<Element> {
    let length = list.as_ref().map_or(0, web_sys::NodeList::length);
    let each = (0..length).filter_map(|index| list.as_ref()?.item(index)?.dyn_into::<Element>().ok());
    each.filter(is_drawn).collect()
}

/// The gap at a height, in the nearest checklist. The item that is moved does not count.
fn gap_at(y: f64, moved: ChecklistItemId) -> Option<Gap> {
    let lists = all(".checklists .checklist");
    let distance = |list: &&Element| {
        let rect = list.get_bounding_client_rect();
        (rect.top() - y).max(y - rect.bottom()).max(0.0)
    };
    let list = lists.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let id = list.get_attribute("data-checklist")?.parse().ok()?;
    let rows = elements(list.query_selector_all("[data-item]").ok());
    let rows: Vec<(ChecklistItemId, web_sys::DomRect)> = rows
        .iter()
        .filter_map(|row| Some((item_at(row)?, row.get_bounding_client_rect())))
        .filter(|(id, _)| *id != moved)
        .collect();
    let before = rows.iter().find(|(_, rect)| rect.top() + rect.height() / 2.0 > y);
    let body = list.query_selector(".checklist-items").ok()??.get_bounding_client_rect();
    let top = match (before, rows.last()) {
        (Some((_, rect)), _) => rect.top(),
        (None, Some((_, rect))) => rect.bottom(),
        (None, None) => body.top(),
    };
    Some(Gap { list: id, before: before.map(|(id, _)| *id), left: body.left(), top, width: body.width() })
}

fn scroll_at_edges(y: f64) {
    let Some(body) = find(".panel-body") else { return };
    let rect = body.get_bounding_client_rect();
    let step = match () {
        () if y < rect.top() + SCROLL_ZONE => -SCROLL_STEP,
        () if y > rect.bottom() - SCROLL_ZONE => SCROLL_STEP,
        () => return,
    };
    body.set_scroll_top(body.scroll_top() + step);
}
