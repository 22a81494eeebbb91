//! The list of all boards, and a form for a new one.

use std::time::Duration;

use leptos::{ev, prelude::*, server_fn::ServerFn, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

use crate::{
    access::Principal,
    address::home_query::{HomeQuery, Shown},
    board::Typed,
    controls::{
        form_error::FormError,
        icon::{Icon, Picture},
        menu::close_menus_on_click_elsewhere,
        notices::Notices,
        redrawn::redrawn,
        rows::Rows,
        server_name::server_name,
        unavailable::Unavailable,
    },
    features::{
        board_list::card::board_card,
        deleted_boards::list::DeletedBoards,
        members::view::everyone_choices,
        shell::{
            account_menu::AccountMenu,
            connection::{ListConnection, WhatIsInTheWay},
            header::Mark,
            toasts::PageToasts,
        },
        task::drafts::{Drafts, Unsent},
    },
    forms::{CreateBoard, Loaded, form_action, list_boards},
    live::Live,
    model::{BoardContents, BoardPage, BoardSummary, LISTED_BOARDS},
};

/// How long a pause in typing is before the list is looked through.
const TYPING_PAUSE: Duration = Duration::from_millis(150);
/// How long after the last count tasks are counted again.
const COUNTED_EVERY: Duration = Duration::from_secs(30);
/// How long to wait before asking a server again that did not answer.
const PAUSE: Duration = Duration::from_secs(3);

/// `/`
#[component]
pub fn HomePage() -> impl IntoView {
    let live = expect_context::<Live>();
    let params = use_query_map();
    let query = Memo::new(move |_| HomeQuery::read(&params.read()));
    // The first page of it; what is looked for from then on is loaded beside what is shown.
    let loaded = Resource::new_blocking(
        || (),
        move |()| {
            let query = query.get_untracked();
            async move { list_boards(query.text.clone(), query.before_text(), query.shown).await }
        },
    );
    close_menus_on_click_elsewhere();
    Notices::provide();
    Effect::new({
        let live = live.clone();
        move || live.watch_boards()
    });

    let title = move || list_name(query.read().shown);
    let unloaded = move || frame(None, None, title);
    // One `Suspense` for everything that is loaded. The server renders the contents of each `Suspense` on a thread of its own, and one
    // thread must not read signals while another sets them (see `Live::set_viewer`).
    view! {
        <Title text=title />
        <Suspense fallback=unloaded>
            {move || {
                let live = live.clone();
                Suspend::new(async move {
                    let (is_known, content) = match loaded.await {
                        Ok(Loaded { content: first, people, principal }) => {
                            live.set_viewer(people, principal);
                            (true, view! { <Boards live first query /> }.into_any())
                        }
                        Err(_) if live.boards().read_untracked().is_some() => {
                            (
                                true,
                                // The socket may have sent the list before the connection was lost.
                                view! { <Boards live first=BoardPage::default() query /> }
                                    .into_any(),
                            )
                        }
                        Err(error) => {
                            let again = move |()| loaded.refetch();
                            (false, view! { <Unavailable error again is_home=true /> }.into_any())
                        }
                    };
                    frame(is_known.then(|| view! { <AccountMenu here="/" /> }.into_any()), Some(content), title)
                })
            }}
        </Suspense>
        <PageToasts />
    }
}

/// What a list of boards is called.
fn list_name(shown: Shown) -> &'static str {
    match shown {
        Shown::InUse => "Boards",
        Shown::Archived => "Archived boards",
        Shown::Deleted => "Deleted boards",
    }
}

/// The frame of the page, around the account menu and the content. Both are missing until the data is loaded.
fn frame(
    menu: Option<AnyView>,
    content: Option<AnyView>,
    title: impl Fn() -> &'static str + Send + 'static,
) -> AnyView {
    view! {
        <header class="topbar">
            <span class="logo">
                <Mark />
            </span>
            <p class="brand">{server_name()}</p>
            {content.is_some().then(|| view! { <ListConnection /> })}
            {menu}
        </header>
        <WhatIsInTheWay />
        <main class="home">
            <h1>{title}</h1>
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

/// The boards that the address asks for: first as they were sent with the page; the newest then as the socket updates them.
#[component]
fn Boards(live: Live, first: BoardPage, query: Memo<HomeQuery>) -> impl IntoView {
    let Found { page, contents, failed } = found(&live, first, query);
    // The starred ones come first.
    let ordered = Memo::new(move |_| {
        let mut boards = page.read().boards.clone();
        boards.sort_by_key(|board| !board.starred);
        boards
    });
    let none = Memo::new(move |_| page.read().boards.is_empty());
    let listed = move |id| page.read().boards.iter().find(|board| board.id == id).cloned();
    let may_create = live.principal().with_untracked(Principal::may_create_boards);
    let is_long = Memo::new(move |_| page.read().more || !query.read().is_default());
    let shown = Memo::new(move |_| query.read().shown);
    let none_words = move || match (query.read().is_default(), may_create) {
        (false, _) if query.read().is_whole_list() && shown.get() == Shown::Archived => "No board is archived.",
        (false, _) if query.read().is_whole_list() => "There is no deleted board that you may restore.",
        (false, _) => "There is no such board that you may see.",
        (true, true) => "No boards yet. Give the first one a name, and it opens with three columns.",
        (true, false) => "There is no board that you may see.",
    };
    let card = move |listed_first: BoardSummary| {
        let id = listed_first.id;
        // A board that leaves the list is drawn as it was until its row is gone.
        let board = Memo::new(move |before: Option<&Option<BoardSummary>>| listed(id).or(before.cloned().flatten()));
        let contents = Memo::new(move |_| contents.read().iter().find(|of| of.board == id).cloned());
        board_card(&listed_first, board, contents)
    };
    let list = move || match shown.get() {
        Shown::Deleted => view! { <DeletedBoards boards=Signal::derive(move || page.get().boards) /> }.into_any(),
        _ => view! {
            <ul class="boards">
                <Rows each=move || ordered.get() key=|board| board.id.0 let:board>
                    <li>{card(board)}</li>
                </Rows>
            </ul>
        }
        .into_any(),
    };
    // Who may not create boards manages none, and has none to restore.
    let others = move || {
        let others = [Shown::InUse, Shown::Archived, Shown::Deleted].into_iter();
        others
            .filter(|other| *other != shown.get() && (*other != Shown::Deleted || may_create))
            .map(other_list)
            .collect_view()
    };
    view! {
        {move || is_long.get().then(|| view! { <Search query /> }.into_any())}
        <p class="hint" role="status">
            {move || failed.get().then_some("The list cannot be loaded right now; trying again…")}
        </p>
        {redrawn(list)}
        {move || none.get().then(|| view! { <p class="empty">{none_words()}</p> }.into_any())}
        {move || is_long.get().then(|| pages(page, query))}
        <nav class="other-boards" aria-label="Other boards">
            {redrawn(others)}
        </nav>
        {move || (shown.get() == Shown::InUse).then(|| view! { <NewBoard /> }.into_any())}
    }
}

fn other_list(shown: Shown) -> AnyView {
    let words = if shown == Shown::InUse { "Boards in use" } else { list_name(shown) };
    view! { <a href=HomeQuery::of(shown).path()>{words}</a> }.into_any()
}

/// Links to what is older, and back.
fn pages(page: Signal<BoardPage>, query: Memo<HomeQuery>) -> AnyView {
    let older = move || {
        let page = page.read();
        // Starred boards that are older than the page may be on it, too.
        let mut ages: Vec<_> = page.boards.iter().map(|board| std::cmp::Reverse(board.age())).collect();
        ages.sort();
        let before = ages.iter().take(LISTED_BOARDS).next_back().filter(|_| page.more).map(|age| age.0);
        before.map(|before| HomeQuery { before: Some(before), ..query.get() }.path())
    };
    let newest = move || query.read().before.is_some().then(|| HomeQuery { before: None, ..query.get() }.path());
    view! {
        <nav class="pages" aria-label="Pages">
            {move || {
                newest()
                    .map(|href| {
                        view! {
                            <a class="button" href=href>
                                "Newest boards"
                            </a>
                        }
                            .into_any()
                    })
            }}
            {move || {
                older()
                    .map(|href| {
                        view! {
                            <a class="button" href=href>
                                "Older boards"
                            </a>
                        }
                            .into_any()
                    })
            }}
        </nav>
    }
    .into_any()
}

/// Looks for boards by their names. Without JavaScript it is a form.
#[component]
fn Search(query: Memo<HomeQuery>) -> impl IntoView {
    let navigate = use_navigate();
    let mut searching = debounce(TYPING_PAUSE, move |text: String| {
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        let shown = query.read_untracked().shown;
        navigate(&HomeQuery { text, before: None, shown }.path(), options);
    });
    view! {
        <form
            class="filters"
            role="search"
            aria-label="Boards"
            method="get"
            action="/"
            on:submit=|event| event.prevent_default()
        >
            {move || {
                let name = query.read().shown.parameter();
                name.map(|name| view! { <input type="hidden" name=name value="true" /> }.into_any())
            }}
            <div class="search">
                <Picture icon=Icon::Search />
                <input
                    type="search"
                    name="q"
                    aria-label="Search boards"
                    placeholder="Search"
                    autocomplete="off"
                    value=query.get_untracked().text
                    on:input=move |event| searching(event_target_value(&event))
                />
            </div>
        </form>
    }
}

/// What of the boards is listed.
struct Found {
    page: Signal<BoardPage>,
    /// What is on the boards, as it was when the page last asked.
    contents: Memo<Vec<BoardContents>>,
    /// Whether the server did not answer, and is asked again.
    failed: RwSignal<bool>,
}

/// Keeps the list to what the address asks for.
fn found(live: &Live, first: BoardPage, query: Memo<HomeQuery>) -> Found {
    let newest = live.boards();
    let failed = RwSignal::new(false);
    // What was asked for last, and what came.
    let loaded = RwSignal::new((query.get_untracked(), first));
    // Counts that are a little older do no harm, so nothing is said if they cannot be loaded.
    let count = {
        let live = live.clone();
        move || load(live.clone(), query.get_untracked(), loaded, None)
    };
    let load = {
        let live = live.clone();
        move |query| load(live.clone(), query, loaded, Some(failed))
    };
    let load_other = load.clone();
    Effect::new(move || {
        let query = query.get();
        if loaded.with_untracked(|(of, _)| *of != query) {
            load_other(query);
        }
    });
    // Which boards are archived or deleted is not sent by the socket, but it sends the others, which change at the same time.
    let (others, count_new) = (newest.clone(), count.clone());
    Effect::new(move |before: Option<Option<BoardPage>>| {
        let others = others.get();
        let query = query.get_untracked();
        let is_new = || before.flatten().is_some_and(|before| Some(&before) != others.as_ref());
        let counted = |id| loaded.with_untracked(|(_, page)| page.contents.iter().any(|of| of.board == id));
        let is_uncounted = || others.iter().flat_map(|page| &page.boards).any(|board| !counted(board.id));
        if query.shown != Shown::InUse && is_new() {
            load(query);
        } else if query.is_default() && is_uncounted() {
            count_new();
        }
        others
    });
    // Counts change with every task; they are asked for again now and then while somebody looks.
    Effect::new(move || {
        let count = count.clone();
        let again = move || {
            if !document().hidden() {
                count();
            }
        };
        if let Ok(timer) = set_interval_with_handle(again, COUNTED_EVERY) {
            on_cleanup(move || timer.clear());
        }
    });
    let contents = Memo::new(move |_| loaded.with(|(_, page)| page.contents.clone()));
    let page = Memo::new(move |_| {
        let is_live = query.read().is_default();
        newest.get().filter(|_| is_live).unwrap_or_else(|| loaded.get().1)
    });
    Found { page: page.into(), contents, failed }
}

/// Loads a page of the list. With `failed`, a request that fails is told there, and repeated.
fn load(live: Live, query: HomeQuery, loaded: RwSignal<(HomeQuery, BoardPage)>, failed: Option<RwSignal<bool>>) {
    loaded.update_untracked(|(of, _)| of.clone_from(&query));
    spawn_local(async move {
        let answer = list_boards(query.text.clone(), query.before_text(), query.shown).await;
        // Something else may be asked for by now, or nobody looks any more.
        if loaded.try_with_untracked(|(of, _)| *of == query) != Some(true) {
            return;
        }
        if let Some(failed) = failed {
            failed.set(answer.is_err());
        }
        match answer {
            Ok(answer) => {
                live.add_people(answer.people);
                loaded.set((query, answer.content));
            }
            Err(_) if failed.is_none() => {}
            Err(_) => set_timeout(
                move || {
                    if loaded.try_with_untracked(|(of, _)| *of == query) == Some(true) {
                        load(live.clone(), query.clone(), loaded, failed);
                    }
                },
                PAUSE,
            ),
        }
    });
}
