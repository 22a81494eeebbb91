//! A click on a chip of a card or row, on a cell of a list, or on the button of a card opens the box. One listener serves all: cards are
//! drawn by the thousand.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{Property, QuickEdit};
use crate::{access::BoardRole, live::LiveBoard};

impl Property {
    /// Where it is shown on a card or row, as a CSS selector.
    pub(super) fn chips(self) -> Option<&'static str> {
        Some(match self {
            Self::Any => ".card-edit",
            Self::Priority => ".list-priority, [data-priority]",
            Self::Start => ".list-start, .start",
            Self::Due => ".list-due, .due",
            Self::Assignees => ".assignees",
            Self::Labels => ".labels",
            // A card shows it by where it stands, and a row has a field for it.
            Self::Column => return None,
        })
    }
}

/// Handles the clicks within the view of a board.
pub fn open_on_click(board: &LiveBoard) -> impl Fn(ev::MouseEvent) + use<> {
    let (board, quick_edit) = (board.clone(), expect_context::<QuickEdit>());
    move |event| {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        let within = |selector: &str| target.closest(selector).ok().flatten();
        let task = within("[data-task]").and_then(|place| place.get_attribute("data-task")?.parse().ok());
        let all = [Property::Any].into_iter().chain(Property::EACH);
        let clicked = all.into_iter().find(|property| property.chips().is_some_and(|chips| within(chips).is_some()));
        if let (Some(task), Some(property)) = (task, clicked)
            && board.may_now(BoardRole::Editor)
        {
            event.prevent_default();
            quick_edit.open(task, property);
        }
    }
}
