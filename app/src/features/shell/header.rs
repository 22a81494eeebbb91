//! The header of a board: its name, the ways to other boards and views, and the state of the connection.

use leptos::{ev, html, prelude::*};

use super::{account_menu::AccountMenu, connection::BoardConnection};
use crate::{
    access::BoardRole,
    address::{View, board_path},
    controls::{
        confirm::ask,
        focus::{find, first_control, focus, focus_when_drawn},
        icon::{Icon, Picture},
        if_may::IfMay,
        menu::{Menu, close_menu},
        name_editor::NameEditor,
        rows::Rows,
        server_name::server_name,
    },
    features::{
        about::mark::board_look, deleted_boards::dialog::DeleteBoardDialog, presence::WhoIsHere, undo::UndoItems,
    },
    live::{Live, LiveBoard, act},
    ops::{Op, SetArchived, UpdateBoard},
};

/// The header of a board.
#[component]
pub fn BoardHeader(
    board: LiveBoard,
    #[prop(into)] view: Signal<View>,
    /// Set when the list of keys is to be shown.
    keys_shown: RwSignal<bool>,
) -> impl IntoView {
    let id = board.id();
    let name = board.name();
    let unavailable = board.unavailable();
    let renaming = RwSignal::new(false);
    let key = board.key();
    let rekeying = RwSignal::new(false);
    let rekey = Callback::new(|(key,)| Op::UpdateBoard(UpdateBoard { key: Some(key), ..UpdateBoard::default() }));
    let rename = Callback::new(|(name,)| Op::UpdateBoard(UpdateBoard { name: Some(name), ..UpdateBoard::default() }));
    let (reads, edits) = (board.may(BoardRole::Viewer), board.may(BoardRole::Editor));
    let archived = board.archived();
    let only_reads = Signal::derive(move || reads.get() && !edits.get());
    let read_only_words = move || if archived.get() { "Archived" } else { "View only" };
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
            <Skip keys_shown />
            <a class="logo" href="/" aria-label=format!("{}: all boards", server_name())>
                <Mark />
            </a>
            {board_look(&board)}
            <h1 class="board-name" on:dblclick=move |_| renaming.set(edits.get_untracked())>
                <NameEditor
                    board=board.clone()
                    name=Signal::derive(move || name.get())
                    label="Board name"
                    editing=renaming
                    rename
                    on_done=Callback::new(|()| focus_when_drawn(".board-menu summary"))
                />
            </h1>
            <span class="board-key">
                <NameEditor
                    board=board.clone()
                    name=Signal::derive(move || key.read().as_ref().map(ToString::to_string).unwrap_or_default())
                    label="Board key"
                    editing=rekeying
                    rename=rekey
                    on_done=Callback::new(|()| focus_when_drawn(".board-menu summary"))
                />
            </span>
            <BoardSwitcher board=board.clone() />
            <BoardMenu board=board.clone() renaming rekeying keys_shown />
            <IfMay may=only_reads>
                <span class="chip">{read_only_words.clone()}</span>
            </IfMay>
            <nav class="tabs" aria-label="Views">
                {tab(View::Board, Icon::Board, "Board")}
                {tab(View::List, Icon::List, "List")}
                {tab(View::Activity, Icon::Activity, "Activity")}
                {tab(View::Members, Icon::People, "People")}
                {tab(View::Trash, Icon::Trash, "Trash")}
            </nav>
            {move || {
                unavailable
                    .get()
                    .is_none()
                    .then(|| {
                        view! {
                            <WhoIsHere board=board.clone() />
                            <BoardConnection board=board.clone() />
                        }
                            .into_any()
                    })
            }}
            <AccountMenu here=board_path(id, View::Board) />
        </header>
    }
    .into_any()
}

/// The first stops of the Tab key: past the header, and to the list of keys. They are seen while they have the focus.
#[component]
fn Skip(keys_shown: RwSignal<bool>) -> impl IntoView {
    let skip = move |event: ev::MouseEvent| {
        // Without JavaScript, the browser goes to the content.
        if let Some(control) = find("#content").and_then(|content| first_control(&content)) {
            event.prevent_default();
            focus(&control);
        }
    };
    view! {
        <div class="skip">
            <a class="button" href="#content" on:click=skip>
                "Skip to the content"
            </a>
            <button type="button" class="button needs-script" on:click=move |_| keys_shown.set(true)>
                "Keys"
            </button>
        </div>
    }
    .into_any()
}

#[component]
fn BoardMenu(
    board: LiveBoard,
    renaming: RwSignal<bool>,
    rekeying: RwSignal<bool>,
    keys_shown: RwSignal<bool>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let rename = move |event: ev::MouseEvent| {
        close_menu(&event);
        renaming.set(true);
    };
    let rekey = move |event: ev::MouseEvent| {
        close_menu(&event);
        rekeying.set(true);
    };
    let delete = move |event: ev::MouseEvent| {
        close_menu(&event);
        ask(dialog);
    };
    let show_keys = move |event: ev::MouseEvent| {
        close_menu(&event);
        keys_shown.set(true);
    };
    let (edits, manages) = (board.may(BoardRole::Editor), board.may(BoardRole::Manager));
    let archived = board.archived();
    let board = StoredValue::new(board);
    let is_archived = Signal::derive(move || archived.get());
    let is_used = Signal::derive(move || !is_archived.get());
    // Nobody edits an archived board, but its managers bring it back, undo that, or delete it.
    // A memo, so that the menu and the focus in it stay when only the reason for it changes.
    let has_menu: Signal<bool> = Memo::new(move |_| edits.get() || manages.get()).into();
    let set_archived = move |archived: bool| {
        move |event: ev::MouseEvent| {
            close_menu(&event);
            act(&board.get_value(), Op::SetArchived(SetArchived::to(archived)));
        }
    };
    view! {
        <IfMay may=has_menu>
            <Menu
                label="Board menu"
                class="board-menu needs-script"
                button=view! { <Picture icon=Icon::More /> }.into_any()
            >
                <UndoItems board=board.get_value() />
                <a class="menu-item" href=board_path(board.get_value().id(), View::Labels)>
                    <Picture icon=Icon::Label />
                    "Labels"
                </a>
                <button type="button" class="menu-item" on:click=show_keys>
                    <Picture icon=Icon::Keys />
                    "Keys"
                </button>
                <IfMay may=manages>
                    <hr class="menu-rule" />
                    <IfMay may=is_used>
                        <button type="button" class="menu-item" on:click=rename>
                            <Picture icon=Icon::Edit />
                            "Rename board"
                        </button>
                        <a class="menu-item" href=board_path(board.get_value().id(), View::About)>
                            <Picture icon=Icon::Text />
                            "About, and copy board"
                        </a>
                        <button type="button" class="menu-item" on:click=rekey>
                            <Picture icon=Icon::Edit />
                            "Change key of tasks"
                        </button>
                        <button type="button" class="menu-item" on:click=set_archived(true)>
                            <Picture icon=Icon::Archive />
                            "Archive board"
                        </button>
                    </IfMay>
                    <IfMay may=is_archived>
                        <button type="button" class="menu-item" on:click=set_archived(false)>
                            <Picture icon=Icon::Archive />
                            "Bring board back"
                        </button>
                    </IfMay>
                    <button type="button" class="menu-item danger" on:click=delete>
                        <Picture icon=Icon::Trash />
                        "Delete board…"
                    </button>
                </IfMay>
            </Menu>
            <IfMay may=manages>
                <DeleteBoardDialog board=board.get_value() dialog />
            </IfMay>
        </IfMay>
    }
}

/// The logo of Taskwire: a wire in the shape of a tick.
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
    let boards = Memo::new(move |_| boards.get().unwrap_or_default().boards);
    let name = move |id| boards.read().iter().find(|board| board.id == id).map(|board| board.name.clone());
    view! {
        <Menu
            label="Switch board"
            class="switcher"
            on_open=Callback::new(move |()| live.watch_boards())
            button=view! { <Picture icon=Icon::Down /> }.into_any()
        >
            <ul class="menu-list">
                <Rows each=move || boards.get() key=|board| board.id.0 let:board>
                    <li>
                        <a
                            class="menu-item"
                            href=board_path(board.id, View::Board)
                            aria-current=(board.id == here).then_some("page")
                        >
                            {move || name(board.id)}
                        </a>
                    </li>
                </Rows>
                <li>
                    <a class="menu-item" href="/">
                        "All boards"
                    </a>
                </li>
            </ul>
        </Menu>
    }
}
