//! A board in the list.

use leptos::prelude::*;

use super::star::star;
use crate::{
    address::{View, board_path},
    controls::{person::face, redrawn::redrawn},
    features::about::mark::hue_class,
    live::Live,
    model::{BoardContents, BoardSummary},
};

/// A board of the list. It is drawn once, so that the button in it keeps the focus; `board` and `contents` are what is known of it now.
pub fn board_card(
    listed: &BoardSummary,
    board: Memo<Option<BoardSummary>>,
    contents: Memo<Option<BoardContents>>,
) -> AnyView {
    let has_account = expect_context::<Live>().principal().with_untracked(|principal| principal.person.is_some());
    let star = (has_account && listed.archived_at.is_none()).then(|| star(listed, board));
    let hue = move || board.read().as_ref().and_then(|board| board.hue);
    let name = move || board.read().as_ref().map(|board| board.name.clone());
    let description = move || board.read().as_ref().map(|board| board.description.clone());
    let described = move || {
        let text = description().filter(|text| !text.is_empty())?;
        Some(view! { <span class="board-link-description">{text}</span> }.into_any())
    };
    view! {
        <div class=move || hue_class("board-card", hue())>
            <a class="board-link" href=board_path(listed.id, View::Board)>
                <span>{name}</span>
                {redrawn(described)}
            </a>
            <div class="board-facts">{redrawn(move || contents.get().map(facts))} {star}</div>
        </div>
    }
    .into_any()
}

/// How many tasks there are, and some of the members.
fn facts(contents: BoardContents) -> AnyView {
    let BoardContents { open, done, members, faces, .. } = contents;
    let tasks = match (open, done) {
        (0, 0) => "No tasks".to_owned(),
        (open, 0) => format!("{open} open"),
        (open, done) => format!("{open} open, {done} done"),
    };
    let more = members.saturating_sub(faces.len());
    let people = (members > 0).then(|| {
        let words = if members == 1 { "1 member".to_owned() } else { format!("{members} members") };
        view! {
            <span class="board-faces">
                <span class="visually-hidden">{words}</span>
                {faces.into_iter().map(face).collect_view()}
                {(more > 0).then(|| view! { <span aria-hidden="true">{format!("+{more}")}</span> }.into_any())}
            </span>
        }
        .into_any()
    });
    view! {
        <span class="board-tasks">{tasks}</span>
        {people}
    }
    .into_any()
}
