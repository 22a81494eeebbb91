//! Filters clicks: a click counts once, and only on the control that was under the pointer when the button went down.
//!
//! Controls move while they are clicked: a deleted card makes room for the next one, a ticked card moves away, one message replaces
//! another. The second half of a double click would then hit whatever has moved under the pointer. So this module looks at each click on
//! a button or link before any other listener on the page does, and stops the click if it is
//!
//! - the second click of a double click,
//! - a tap at the same place as the previous tap, within the time of a double click (phones report each tap as a first click), or
//! - on another control than the one that the button went down on.

use std::{cell::RefCell, rc::Rc};

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Element, EventTarget, MouseEvent};

/// The elements that act when they are clicked. Text fields are not among them, because a double click in a field selects a word.
const CONTROLS: &str = "button, a, summary";
/// How much time may lie between the two taps of a double tap, in milliseconds, …
const DOUBLE_TAP_MS: f64 = 500.0;
/// … and how far they may be apart, in pixels.
const DOUBLE_TAP_SLACK: f64 = 24.0;

/// Stops the clicks that a person did not mean. Call it once per page.
pub fn click_once() {
    Effect::new(|| {
        let clicks = Rc::new(RefCell::new(Clicks::<Element>::default()));
        let down = Rc::clone(&clicks);
        let listener = window_event_listener(ev::pointerdown, move |event| {
            down.borrow_mut().down =
                Some(Down { on: control(event.target()), by_finger: event.pointer_type() == "touch" });
        });
        on_cleanup(move || listener.remove());

        let clicked = Closure::<dyn Fn(MouseEvent)>::new(move |event: MouseEvent| {
            // A click with a count of zero comes from the keyboard or from assistive technology.
            let Some(on) = control(event.target()).filter(|_| event.detail() > 0) else { return };
            let at = (f64::from(event.client_x()), f64::from(event.client_y()));
            let click = Click { on, at, time: event.time_stamp() };
            if !clicks.borrow_mut().is_meant(click, event.detail()) {
                event.prevent_default();
                event.stop_immediate_propagation();
            }
        });
        // `true`: the listener runs in the capture phase, before all other listeners. It is never removed.
        let _ = window().add_event_listener_with_callback_and_bool("click", clicked.as_ref().unchecked_ref(), true);
        clicked.forget();
    });
}

/// The state that is needed to judge the next click. `T` identifies a control.
struct Clicks<T> {
    /// The last pointer-down event.
    down: Option<Down<T>>,
    /// The position and the time of the last click.
    last: Option<((f64, f64), f64)>,
}

struct Down<T> {
    on: Option<T>,
    by_finger: bool,
}

struct Click<T> {
    on: T,
    at: (f64, f64),
    time: f64,
}

impl<T> Default for Clicks<T> {
    fn default() -> Self {
        Self { down: None, last: None }
    }
}

impl<T: PartialEq> Clicks<T> {
    /// Whether a click is to be let through. `count` is the browser's number of clicks in a row.
    fn is_meant(&mut self, click: Click<T>, count: i32) -> bool {
        let by_finger = self.down.as_ref().is_some_and(|down| down.by_finger);
        let elsewhere = self.down.as_ref().is_some_and(|down| down.on.as_ref() != Some(&click.on));
        let second_tap = self.last.is_some_and(|(at, time)| {
            let apart = f64::hypot(click.at.0 - at.0, click.at.1 - at.1);
            by_finger && click.time - time < DOUBLE_TAP_MS && apart < DOUBLE_TAP_SLACK
        });
        self.last = Some((click.at, click.time));
        count == 1 && !elsewhere && !second_tap
    }
}

/// The control that contains the target of an event.
fn control(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into::<Element>().ok()?.closest(CONTROLS).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(on: &'static str, by_finger: bool) -> Option<Down<&'static str>> {
        Some(Down { on: Some(on), by_finger })
    }

    fn click(on: &'static str, x: f64, time: f64) -> Click<&'static str> {
        Click { on, at: (x, 0.0), time }
    }

    #[test]
    fn the_second_of_a_double_click_does_nothing() {
        let mut clicks = Clicks { down: down("first", false), ..Clicks::default() };
        assert!(clicks.is_meant(click("first", 0.0, 0.0), 1));
        clicks.down = down("next", false);
        assert!(!clicks.is_meant(click("next", 0.0, 200.0), 2));
        assert!(clicks.is_meant(click("next", 0.0, 900.0), 1));
    }

    #[test]
    fn two_quick_clicks_with_the_mouse_that_are_no_double_click_are_two() {
        let mut clicks = Clicks { down: down("first", false), ..Clicks::default() };
        assert!(clicks.is_meant(click("first", 0.0, 0.0), 1));
        clicks.down = down("next", false);
        assert!(clicks.is_meant(click("next", 0.0, 200.0), 1));
    }

    #[test]
    fn a_second_tap_does_not_hit_what_slid_under_the_finger() {
        let mut clicks = Clicks { down: down("first", true), ..Clicks::default() };
        assert!(clicks.is_meant(click("first", 0.0, 0.0), 1));
        clicks.down = down("next", true);
        assert!(!clicks.is_meant(click("next", 5.0, 200.0), 1));
        assert!(!clicks.is_meant(click("next", 5.0, 600.0), 1), "nor does a third");
        clicks.down = down("far", true);
        assert!(clicks.is_meant(click("far", 90.0, 700.0), 1), "elsewhere on the screen it is another tap");
    }

    #[test]
    fn a_click_counts_where_the_button_went_down() {
        let mut clicks = Clicks { down: down("first", false), ..Clicks::default() };
        assert!(!clicks.is_meant(click("next", 0.0, 0.0), 1));
        assert!(Clicks::default().is_meant(click("next", 0.0, 0.0), 1), "without a pointer that went down it counts");
    }
}
