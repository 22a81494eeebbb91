//! The line at the top of a board: where one is, where one can go, and how the page stands with the server.

use leptos::prelude::*;

use super::{
    connection::ConnectionState,
    icon::{Icon, Picture},
    menu::Menu,
};
use crate::{
    live::{Live, LiveBoard},
    pages::{View, board_path},
};

/// The header of a board.
#[component]
pub fn BoardHeader(board: LiveBoard, #[prop(into)] view: Signal<View>) -> impl IntoView {
    let id = board.id();
    let name = board.name();
    let tab = move |to: View, icon: Icon, words: &'static str| {
        let current = move || (view.get() == to).then_some("page");
        view! {
            <a class="tab" href=board_path(id, to) aria-current=current>
                <Picture icon />
                <span>{words}</span>
            </a>
        }
    };
    view! {
        <header class="topbar">
            <a class="logo" href="/" aria-label="Taskwire: all boards">
                <Mark />
            </a>
            <h1 class="board-name">{move || name.get()}</h1>
            <BoardSwitcher board=board.clone() />
            <nav class="tabs" aria-label="Views">
                {tab(View::Board, Icon::Board, "Board")}
                {tab(View::List, Icon::List, "List")}
                {tab(View::Trash, Icon::Trash, "Trash")}
            </nav>
            <ConnectionState board />
        </header>
    }
}

/// The sign of Taskwire: a wire that ticks.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M2 13.500h4.500l3.500 5L16.500 6l2.500 4.500h3" />
        </svg>
    }
}

#[component]
fn BoardSwitcher(board: LiveBoard) -> impl IntoView {
    let live = expect_context::<Live>();
    let boards = live.boards();
    let here = board.id();
    let others = move || boards.get().unwrap_or_default();
    view! {
        <Menu
            label="Switch board"
            class="switcher"
            on_open=Callback::new(move |()| live.watch_boards())
            button=view! { <Picture icon=Icon::Down /> }.into_any()
        >
            <ul class="menu-list">
                <For each=others key=|board| (board.id, board.name.clone()) let:board>
                    <li>
                        <a
                            class="menu-item"
                            href=board_path(board.id, View::Board)
                            aria-current=(board.id == here).then_some("page")
                        >
                            {board.name}
                        </a>
                    </li>
                </For>
                <li>
                    <a class="menu-item" href="/">
                        "All boards"
                    </a>
                </li>
            </ul>
        </Menu>
    }
}
