//! The colour of a board beside its name.

use leptos::prelude::*;

use crate::{
    address::{View, board_path},
    hue::Hue,
    live::LiveBoard,
};

/// The classes of an element that shows the colour of a board.
pub fn hue_class(class: &str, hue: Option<Hue>) -> String {
    match hue {
        Some(hue) => format!("{class} hue-{}", hue.as_str()),
        None => class.to_owned(),
    }
}

/// A link to what the board is about, which shows the colour, and the description where the pointer rests.
pub fn board_look(board: &LiveBoard) -> AnyView {
    let look = board.look();
    let title = look.clone();
    view! {
        <a
            class=move || hue_class("board-look", look.read().hue)
            href=board_path(board.id(), View::About)
            aria-label="About this board"
            title=move || Some(title.read().description.clone()).filter(|text| !text.is_empty())
        ></a>
    }
    .into_any()
}
