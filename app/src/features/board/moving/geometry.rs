//! The screen positions of columns and cards. This module reads the drawn page and changes nothing but scroll positions.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DomRect, Element, HtmlElement};

use super::drop_target::DropTarget;
use crate::{
    controls::focus::{find, scroll_into_sight},
    id::{ColumnId, TaskId},
};

/// Half of the gap between two cards, in pixels.
const HALF_GAP: f64 = 4.0;
/// The distance from an edge within which the page scrolls, in pixels, and how fast it scrolls at the edge itself, in pixels a millisecond.
const SCROLL_ZONE: f64 = 56.0;
const SCROLL_SPEED: f64 = 0.4;
/// The longest time between two frames that counts, in milliseconds: after a pause the page does not jump.
const LONGEST_FRAME: f64 = 50.0;

/// The column and the cards at a point.
pub struct Hit {
    /// The nearest column.
    pub column: ColumnId,
    /// The first card whose middle is below the point.
    pub before: Option<TaskId>,
    /// The last drawn card of the column.
    pub last: Option<TaskId>,
}

/// Finds the gap at a point. The card `moved` is ignored.
pub fn hit(x: f64, y: f64, moved: TaskId) -> Option<Hit> {
    let distance = |column_element: &Element| {
        let rect = column_element.get_bounding_client_rect();
        (rect.left() - x).max(x - rect.right()).max(0.0)
    };
    let column_elements = all(".column");
    let column_element = column_elements.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let column = column_element.get_attribute("data-column")?.parse().ok()?;
    let cards: Vec<(TaskId, Element)> = cards(column_element).filter(|(task, _)| *task != moved).collect();
    let middle = |card: &Element| {
        let rect = card.get_bounding_client_rect();
        rect.top() + rect.height() / 2.0
    };
    let before = cards.iter().find(|(_, card)| middle(card) > y).map(|(task, _)| *task);
    Some(Hit { column, before, last: cards.last().map(|(task, _)| *task) })
}

/// The position of the line that marks a gap: left, top and width. `None` while the column is not drawn.
pub fn line(drop_target: DropTarget, moved: TaskId) -> Option<(f64, f64, f64)> {
    let column_element = column_element(drop_target.column)?;
    let body = column_element.query_selector(".column-body").ok()??.get_bounding_client_rect();
    let edge = match edge(&column_element, drop_target, moved) {
        Some((card, true)) => card.top() - HALF_GAP,
        Some((card, false)) => card.bottom() + HALF_GAP,
        None => body.top() + HALF_GAP,
    };
    let y = edge.clamp(body.top(), body.bottom());
    let inset = 8.0;
    Some((body.left() + inset, y, body.width() - 2.0 * inset))
}

/// Scrolls a gap into view.
pub fn show(drop_target: DropTarget, moved: TaskId) {
    let Some(column_element) = column_element(drop_target.column) else { return };
    scroll_into_sight(&column_element);
    let card = match drop_target.before.and_then(|task| card(&column_element, task)) {
        Some(card) => Some(card),
        None => cards(&column_element).filter(|(task, _)| *task != moved).last().map(|(_, card)| card),
    };
    if let Some(card) = card {
        scroll_into_sight(&card);
    }
}

/// If a point is near an edge, scrolls the board sideways, and the column at the point up or down: slowly at first, and as far as the
/// time since the last frame, in milliseconds, allows. So a screen with more frames does not scroll faster.
pub fn scroll_at_edges(x: f64, y: f64, elapsed: f64) {
    let most = SCROLL_SPEED * elapsed.clamp(0.0, LONGEST_FRAME);
    if let Some(columns) = find(".columns").and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let rect = columns.get_bounding_client_rect();
        columns.set_scroll_left(columns.scroll_left() + pull(x, rect.left(), rect.right(), most));
    }
    for body in all(".column-body") {
        let rect = body.get_bounding_client_rect();
        if (rect.left()..=rect.right()).contains(&x) {
            body.set_scroll_top(body.scroll_top() + pull(y, rect.top(), rect.bottom(), most));
        }
    }
}

/// The first or the last card that is drawn of a column.
pub fn end(column: ColumnId, last: bool) -> Option<TaskId> {
    let mut cards = cards(&column_element(column)?);
    let card = if last { cards.last() } else { cards.next() };
    card.map(|(task, _)| task)
}

/// The element of a card.
pub fn card_element(task: TaskId) -> Option<Element> {
    find(&format!(".column [data-task='{task}']"))
}

fn pull(at: f64, low: f64, high: f64, most: f64) -> i32 {
    let strength = |distance: f64| ((SCROLL_ZONE - distance) / SCROLL_ZONE).clamp(0.0, 1.0).powi(2) * most;
    // Browsers scroll by whole pixels.
    (strength(high - at) - strength(at - low)).round() as i32
}

/// Puts a copy of a card into an element.
pub fn copy_card(task: TaskId, into: &HtmlElement) {
    let copy = card_element(task).and_then(|card| card.clone_node_with_deep(true).ok()?.dyn_into::<Element>().ok());
    if let Some(copy) = copy {
        // If this fails, only the look of the move is affected.
        let _ = copy.remove_attribute("data-task");
        let _ = copy.class_list().remove_1("lifted");
        let _ = into.append_child(&copy);
    }
}

/// Marks the column into which a card would go, and no other.
pub fn light_up(column: Option<ColumnId>) {
    const CLASS: &str = "receiving";
    let receiving = column.and_then(column_element);
    for other in all(&format!(".column.{CLASS}")).into_iter().filter(|other| Some(other) != receiving.as_ref()) {
        // If this fails, only the look of the column is affected.
        let _ = other.class_list().remove_1(CLASS);
    }
    if let Some(column) = receiving {
        let _ = column.class_list().add_1(CLASS);
    }
}

/// The card next to a gap, and whether the gap is before that card.
fn edge(column_element: &Element, drop_target: DropTarget, moved: TaskId) -> Option<(DomRect, bool)> {
    if let Some(card) = drop_target.before.and_then(|task| card(column_element, task)) {
        return Some((card.get_bounding_client_rect(), true));
    }
    let last = cards(column_element).filter(|(task, _)| *task != moved).last();
    last.map(|(_, card)| (card.get_bounding_client_rect(), false))
}

fn column_element(column: ColumnId) -> Option<Element> {
    find(&format!(".column[data-column='{column}']"))
}

fn card(column_element: &Element, task: TaskId) -> Option<Element> {
    column_element.query_selector(&format!("[data-task='{task}']")).ok().flatten()
}

fn cards(column_element: &Element) -> impl Iterator<Item = (TaskId, Element)> + use<> {
    let list = column_element.query_selector_all("[data-task]").ok();
    elements(list).filter_map(|card| Some((card.get_attribute("data-task")?.parse().ok()?, card)))
}

fn all(selector: &str) -> Vec<Element> {
    elements(document().query_selector_all(selector).ok()).collect()
}

fn elements(list: Option<web_sys::NodeList>) -> impl Iterator<Item = Element> {
    let length = list.as_ref().map_or(0, web_sys::NodeList::length);
    (0..length).filter_map(move |index| list.as_ref()?.item(index)?.dyn_into().ok())
}
