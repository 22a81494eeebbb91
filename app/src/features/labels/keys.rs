//! The keys 1 to 9 on a focused task set and unset the first nine labels of the board.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::field::toggle_label;
use crate::{
    access::BoardRole,
    controls::{
        announcer::Announcer,
        keyboard::{self, Key, Stroke},
    },
    live::LiveBoard,
};

/// Listens to the keys. Call it once per board.
pub fn label_keys(board: LiveBoard, announcer: Announcer) {
    Effect::new(move || {
        let board = board.clone();
        let listener = window_event_listener(ev::keydown, move |event| {
            let is_plain = |stroke: &Stroke| !(stroke.ctrl || stroke.meta || stroke.alt || stroke.shift);
            let Some(stroke) = keyboard::pressed(&event).filter(is_plain) else {
                return;
            };
            let Key::Digit(digit @ 1..=9) = stroke.key else { return };
            let link = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let link = link.filter(|link| link.matches("a").unwrap_or(false));
            let row = link.and_then(|link| link.closest("[data-task]").ok().flatten());
            let Some(Ok(task)) = row.and_then(|row| row.get_attribute("data-task")).map(|id| id.parse()) else {
                return;
            };
            let label = board.with(|board| board.labels().nth(usize::from(digit) - 1).cloned());
            if let Some(label) = label.filter(|_| board.may_now(BoardRole::Editor)) {
                event.prevent_default();
                toggle_label(&board, task, &label, announcer);
            }
        });
        on_cleanup(move || listener.remove());
    });
}
