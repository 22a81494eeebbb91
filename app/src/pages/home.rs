//! The list of all boards, and a form for a new one.

use leptos::{ev, prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

use crate::{
    access::Principal,
    address::{View, board_path},
    board::Typed,
    controls::{form_error::FormError, menu::close_menus_on_click_elsewhere, rows::Rows, unavailable::Unavailable},
    features::{
        members::view::everyone_choices,
        shell::{account_menu::AccountMenu, connection::WhatIsInTheWay, header::Mark},
        task::drafts::{Drafts, Unsent},
    },
    forms::{CreateBoard, Loaded, form_action, list_boards},
    live::Live,
    model::BoardSummary,
};

/// `/`
#[component]
pub fn HomePage() -> impl IntoView {
    let live = expect_context::<Live>();
    let loaded = Resource::new_blocking(|| (), |()| list_boards());
    close_menus_on_click_elsewhere();
    Effect::new({
        let live = live.clone();
        move || live.watch_boards()
    });

    let unloaded = || frame(None, None);
    // One `Suspense` for everything that is loaded. The server renders the contents of each `Suspense` on a thread of its own, and one
    // thread must not read signals while another sets them (see `Live::set_viewer`).
    view! {
        <Title text="Boards" />
        <Suspense fallback=unloaded>
            {move || {
                let live = live.clone();
                Suspend::new(async move {
                    let (is_known, content) = match loaded.await {
                        Ok(Loaded { content: first, people, principal }) => {
                            live.set_viewer(people, principal);
                            (true, view! { <Boards live first /> }.into_any())
                        }
                        Err(_) if live.boards().read_untracked().is_some() => {
                            (
                                true,
                                // The socket may have sent the list before the connection was lost.
                                view! { <Boards live first=Vec::new() /> }
                                    .into_any(),
                            )
                        }
                        Err(error) => {
                            let again = move |()| loaded.refetch();
                            (false, view! { <Unavailable error again is_home=true /> }.into_any())
                        }
                    };
                    frame(is_known.then(|| view! { <AccountMenu here="/" /> }.into_any()), Some(content))
                })
            }}
        </Suspense>
    }
}

/// The frame of the page, around the account menu and the content. Both are missing until the data is loaded.
fn frame(menu: Option<AnyView>, content: Option<AnyView>) -> AnyView {
    view! {
        <header class="topbar">
            <span class="logo">
                <Mark />
            </span>
            <p class="brand">"Taskwire"</p>
            {menu}
        </header>
        <WhatIsInTheWay />
        <main class="home">
            <h1>"Boards"</h1>
            <FormError />
            {content}
        </main>
    }
    .into_any()
}

/// The form for a new board, for readers who may create boards. On a server with accounts it also asks who can see the board.
#[component]
fn NewBoard() -> impl IntoView {
    let principal = expect_context::<Live>().principal();
    let (may, has_accounts) =
        principal.with_untracked(|principal| (principal.may_create_boards(), principal.person.is_some()));
    let drafts = expect_context::<Drafts>();
    let (refusal, set_refusal) = signal(None::<String>);
    let plain = RwSignal::new(true);
    Effect::new(move || plain.set(false));
    let submitted = move |event: ev::SubmitEvent| {
        if refusal.read_untracked().is_some() {
            event.prevent_default();
        } else {
            drafts.keep(Unsent::Board, String::new());
        }
    };
    may.then(|| {
        view! {
            <form class="new-board" method="post" action=form_action(CreateBoard::PATH) on:submit=submitted>
                <div class="field">
                    <label for="new-board-name">"New board"</label>
                    <input
                        id="new-board-name"
                        name="name"
                        required
                        value=drafts.unsent(Unsent::Board)
                        pattern=move || plain.get().then(|| Typed::Name.pattern()).flatten()
                        autocomplete="off"
                        placeholder="What are you working on?"
                        aria-invalid=move || refusal.get().map(|_| "true")
                        aria-describedby="new-board-refused"
                        on:input=move |event| {
                            let text = event_target_value(&event);
                            set_refusal.set(Typed::Name.too_long(&text));
                            drafts.keep(Unsent::Board, text);
                        }
                    />
                    <p class="field-error" id="new-board-refused" role="alert">
                        {move || refusal.get()}
                    </p>
                </div>
                {has_accounts
                    .then(|| {
                        view! {
                            <div class="field">
                                <label for="new-board-everyone">"Who can see it"</label>
                                <select id="new-board-everyone" name="everyone" autocomplete="off">
                                    {everyone_choices(None)}
                                </select>
                            </div>
                        }
                            .into_any()
                    })}
                <button class="button primary">"Create board"</button>
            </form>
        }
        .into_any()
    })
}

/// The list of boards: first as it was sent with the page, then as the socket updates it.
#[component]
fn Boards(live: Live, first: Vec<BoardSummary>) -> impl IntoView {
    let told = live.boards();
    let boards = Memo::new(move |_| told.get().unwrap_or_else(|| first.clone()));
    let none = Memo::new(move |_| boards.read().is_empty());
    let name = move |id| boards.read().iter().find(|board| board.id == id).map(|board| board.name.clone());
    let may_create = live.principal().with_untracked(Principal::may_create_boards);
    view! {
        <ul class="boards">
            <Rows each=move || boards.get() key=|board| board.id.0 let:board>
                <li>
                    <a class="board-link" href=board_path(board.id, View::Board)>
                        <Mark />
                        <span>{move || name(board.id)}</span>
                    </a>
                </li>
            </Rows>
        </ul>
        {move || {
            none.get()
                .then(|| {
                    view! {
                        <p class="empty">
                            {if may_create {
                                "No boards yet. Give the first one a name, and it opens with three columns."
                            } else {
                                "There is no board that you may see."
                            }}
                        </p>
                    }
                        .into_any()
                })
        }}
        <NewBoard />
    }
}
