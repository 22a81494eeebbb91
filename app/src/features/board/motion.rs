//! A card that goes to another place slides there, whoever moved it, so that the eye can follow.
//!
//! The list changes at once; what slides is a copy of the card above the page, for a fifth of a second. So nothing waits for the motion,
//! and a change among thousands of cards costs two measurements of one card. Many cards that move at once do not slide, nor does anything
//! for people who asked their system for less motion.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::{controls::focus::find, id::TaskId};

/// How long a card slides. The style sheet has the same.
const SLIDE: Duration = Duration::from_millis(180);
/// How many cards slide at once. (A bulk edit moves hundreds.)
const MOST: usize = 3;
/// Shorter ways are not worth a motion, in pixels.
const SLACK: f64 = 2.0;

/// The places of cards that go somewhere else with the current change, as they were before. One for all columns of a board.
#[derive(Clone, Copy)]
pub struct Motion(StoredValue<Vec<(TaskId, Point)>>);

/// A point of the window, in pixels from its left and its top.
pub type Point = (f64, f64);

impl Motion {
    /// Starts with nothing in motion.
    pub fn new() -> Self {
        Self(StoredValue::new(Vec::new()))
    }

    /// Takes note of what moves in a column. Call it before the column is drawn again, with its cards before and after.
    pub fn follow(self, before: &[TaskId], after: &[TaskId]) {
        let moved = moved(before, after);
        if !cfg!(feature = "hydrate") || moved.is_empty() || moved.len() > MOST || !is_wanted() {
            return;
        }
        for task in moved {
            // It may leave one column before it comes to the other, or after; and whoever dropped it knows better where it was.
            let is_known = self.0.with_value(|noted| noted.iter().any(|(other, _)| *other == task));
            if let Some(card) = card(task).filter(|_| !is_known) {
                let place = card.get_bounding_client_rect();
                self.note(task, (place.left(), place.top()));
            }
        }
    }

    /// Lets the card of a task slide from a point to where it is when the current change is drawn.
    pub fn slide_from(self, task: TaskId, from: Point) {
        if is_wanted() {
            self.note(task, from);
        }
    }

    fn note(self, task: TaskId, from: Point) {
        let was_resting = self.0.with_value(Vec::is_empty);
        self.0.update_value(|noted| noted.push((task, from)));
        if was_resting {
            request_animation_frame(move || {
                let noted = self.0.try_update_value(std::mem::take).unwrap_or_default();
                for (task, from) in noted.into_iter().take(MOST) {
                    if let Some(card) = card(task) {
                        slide(&card, from);
                    }
                }
            });
        }
    }
}

/// The tasks that came, that went, and the one that took another place among the others.
fn moved(before: &[TaskId], after: &[TaskId]) -> Vec<TaskId> {
    let without = |these: &[TaskId], those: &[TaskId]| -> Vec<TaskId> {
        // At most that many differ, so no set of all of them is needed.
        let is_new = |task: &&TaskId| !those.contains(task);
        these.iter().filter(is_new).take(MOST + 1).copied().collect()
    };
    // A window over thousands of cards that is extended, or the first time, is no motion.
    if before.is_empty() || before.len().abs_diff(after.len()) > MOST {
        return Vec::new();
    }
    let first = before.iter().zip(after).position(|(before, after)| before != after);
    let Some(first) = first else { return without(after, before).into_iter().chain(without(before, after)).collect() };
    let (before, after) = (&before[first..], &after[first..]);
    let changed: Vec<TaskId> = without(after, before).into_iter().chain(without(before, after)).collect();
    match (changed.is_empty(), before, after) {
        (false, ..) => changed,
        // The same tasks in another order: either what was first went down, or what is first came up.
        (true, [_, second, ..], [first, ..]) if second == first => vec![before[0]],
        (true, _, [first, ..]) => vec![*first],
        (true, ..) => Vec::new(),
    }
}

/// Whether the reader looks at the page and did not ask for less motion.
fn is_wanted() -> bool {
    let reduced = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
    !document().hidden() && !reduced.is_some_and(|query| query.matches())
}

fn card(task: TaskId) -> Option<HtmlElement> {
    find(&format!(".columns .card[data-task='{task}']"))?.dyn_into().ok()
}

/// Lets a copy of a card slide from a place to where the card is now.
fn slide(card: &HtmlElement, from: Point) {
    let to = card.get_bounding_client_rect();
    let (x, y) = (from.0 - to.left(), from.1 - to.top());
    let Ok(copy) = card.clone_node_with_deep(true) else { return };
    let (Ok(copy), Some(page)) = (copy.dyn_into::<HtmlElement>(), find("main")) else { return };
    if x.hypot(y) < SLACK {
        return;
    }
    // What fails below spoils the motion and nothing else.
    let _ = copy.remove_attribute("data-task");
    let _ = copy.set_attribute("aria-hidden", "true");
    let _ = copy.set_attribute("inert", "");
    let _ = copy.class_list().add_1("sliding");
    let style = copy.style();
    for (name, value) in [("left", to.left()), ("top", to.top()), ("width", to.width())] {
        let _ = style.set_property(name, &format!("{value}px"));
    }
    let _ = style.set_property("transform", &format!("translate({x}px, {y}px)"));
    let _ = page.append_child(&copy);
    let _ = card.class_list().add_1("arriving");
    // The style sheet has the transition. It begins where the copy was laid out last, so it has to be laid out there.
    let _ = copy.offset_width();
    let _ = style.set_property("transform", "none");
    let card = card.clone();
    set_timeout(
        move || {
            copy.remove();
            let _ = card.class_list().remove_1("arriving");
        },
        SLIDE,
    );
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tasks(numbers: &[u128]) -> Vec<TaskId> {
        numbers.iter().map(|number| TaskId(Uuid::from_u128(*number))).collect()
    }

    #[test]
    fn what_takes_another_place_moves_and_what_makes_room_does_not() {
        for (before, after, expected) in [
            (&[1, 2, 3, 4][..], &[1, 2, 3, 4][..], &[][..]),
            (&[1, 2, 3], &[2, 3], &[1]),
            (&[1, 2, 3], &[1, 2], &[3]),
            (&[1, 2], &[1, 3, 2], &[3]),
            (&[1, 2], &[1, 2, 3], &[3]),
            (&[1, 2, 3, 4], &[2, 3, 4, 1], &[1]),
            (&[1, 2, 3, 4], &[4, 1, 2, 3], &[4]),
            (&[1, 2, 3, 4], &[1, 3, 2, 4], &[2]),
            (&[], &[1, 2], &[]),
            (&[1], &[1, 2, 3, 4, 5], &[]),
        ] {
            assert_eq!(moved(&tasks(before), &tasks(after)), tasks(expected), "{before:?} to {after:?}");
        }
    }
}
