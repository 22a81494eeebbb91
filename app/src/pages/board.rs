//! The page of one board: every address below `/boards/{board}`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

use super::not_found::NotFound;
use crate::{
    access::BoardRole,
    address::{
        Address, OpenTask, View,
        home_query::{HomeQuery, Shown},
        list_query::ListQuery,
    },
    controls::{
        announcer::{Announcements, Announcer},
        due::Today,
        focus::{find, focus, focused, scroll_into_sight},
        form_error::FormError,
        menu::close_menus_on_click_elsewhere,
        notices::Notices,
        printing::Printing,
        redrawn::redrawn,
        rows::Rows,
        unavailable::{CameFrom, Unavailable},
    },
    features::{
        about::view::AboutView,
        board::columns::Columns,
        history::{
            activity::ActivityView,
            events::{self, About, FirstPages},
        },
        labels::{keys::label_keys, manage::LabelsView},
        list::view::ListView,
        members::view::MembersView,
        numbers::{copying::copying_keys, links::follow_names},
        quick_edit::{QuickEdit, editor::QuickEditor, opening::open_on_click},
        revealed::Revealed,
        shell::{
            archived::ArchivedBanner, connection::WhatIsInTheWay, header::BoardHeader, keys::listen_to_page_keys,
            keys_dialog::KeysDialog, toasts::Toasts,
        },
        task::{drafts::Drafts, panel::TaskPanel},
        trash::TrashPage,
        undo::Undoing,
    },
    forms::{Loaded, WantedComments, load_board},
    id::TaskId,
    live::{BoardUnavailable, Live, LiveBoard},
    state::Part,
};

/// `/boards/{board}` and every address below it. The board stays drawn while views change and tasks open and close.
#[component]
pub fn BoardPage() -> impl IntoView {
    let live = expect_context::<Live>();
    let (params, query) = (use_params_map(), use_query_map());
    let address = Memo::new(move |_| Address::read(&params.read(), &query.read()));
    let id = Memo::new(move |_| address.get().map(|address| address.board));
    let loaded = Resource::new_blocking(
        move || id.get(),
        move |id| {
            // Parts and histories that the address asks for are sent with the page. What is opened later is requested then.
            let (parts, wanted, comments) = untrack(|| {
                let (address, query) = (address.get(), query.read());
                let task = address.and_then(|address| address.task);
                let comments = task.map(|task| WantedComments { task, before: None, linked: None });
                (parts(address, &query), wanted(address, &query), comments)
            });
            async move {
                let Some(id) = id else { return Ok(None) };
                let Some(Loaded { content, people, principal }) = load_board(id, parts, false, comments).await? else {
                    return Ok(None);
                };
                let Some(outline) = content.outline else { return Ok(None) };
                let histories = FirstPages::load(wanted).await;
                Ok(Some((Loaded { content: (outline, content.parts, content.comments), people, principal }, histories)))
            }
        },
    );

    view! {
        <Suspense>
            {move || {
                let live = live.clone();
                Suspend::new(async move {
                    match loaded.await {
                        Ok(Some((Loaded { content: (outline, parts, comments), people, principal }, histories))) => {
                            live.set_viewer(people, principal);
                            FirstPages::provide(&live, histories);
                            let board = live.open(outline, &parts);
                            if let Some(page) = comments {
                                board.hold_comments(page.task);
                                board.load_comments(&page);
                            }
                            // If they are out of date, the panel loads them.
                            view! { <Board board address /> }
                                .into_any()
                        }
                        Ok(None) => view! { <NotFound /> }.into_any(),
                        Err(error) => {
                            match id.get_untracked().and_then(|id| live.reopen(id)) {
                                Some(board) => view! { <Board board address /> }.into_any(),
                                None => {
                                    view! {
                                        <Title text="Not available" />
                                        <main class="message">
                                            <Unavailable error again=move |()| loaded.refetch() />
                                        </main>
                                    }
                                        .into_any()
                                }
                            }
                        }
                    }
                })
            }}
        </Suspense>
    }
}

/// The parts of the board that an address shows besides its outline.
fn parts(address: Option<Address>, query: &ParamsMap) -> Vec<Part> {
    let Some(Address { view, task, .. }) = address else { return Vec::new() };
    let of_view = match view {
        View::Trash => Some(Part::Trash),
        View::List if ListQuery::read(query).wanted.searches() => Some(Part::Descriptions),
        _ => None,
    };
    of_view.into_iter().chain(task.map(Part::Task)).collect()
}

/// The histories that an address asks for.
fn wanted(address: Option<Address>, query: &ParamsMap) -> Vec<About> {
    let Some(Address { board, view, task }) = address else { return Vec::new() };
    let before = events::before(query);
    let of_board = (view == View::Activity).then_some(None);
    let of_task = task.filter(|_| events::is_wanted(query)).map(Some);
    of_board.into_iter().chain(of_task).map(|task| About { board, task, before }).collect()
}

#[component]
fn Board(board: LiveBoard, address: Memo<Option<Address>>) -> impl IntoView {
    Today::provide();
    Printing::provide();
    let announcer = Announcer::provide();
    let notices = Notices::provide();
    let revealed = Revealed::provide();
    Undoing::provide(board.clone(), notices, announcer, revealed);
    QuickEdit::provide();
    label_keys(board.clone(), announcer);
    close_menus_on_click_elsewhere();
    expect_context::<CameFrom>().follow(&board);
    let name = board.name();
    let unavailable = board.unavailable();
    let view = Memo::new(move |_| address.get().map(|address| address.view).unwrap_or_default());
    let task = Memo::new(move |_| address.get().and_then(|address| address.task));

    provide_context(OpenTask(task));
    let keys_shown = RwSignal::new(false);
    listen_to_page_keys(&board, view, keys_shown);
    copying_keys(&board, notices);
    follow_names(&board, view);

    let main = {
        let board = board.clone();
        move || {
            let board = board.clone();
            if let Some(why) = unavailable.get() {
                return unavailable_board(&board, why);
            }
            match view.get() {
                View::Board => view! { <Columns board /> }.into_any(),
                View::List => view! { <ListView board /> }.into_any(),
                View::Activity => view! { <ActivityView board /> }.into_any(),
                View::Members => view! { <MembersView board /> }.into_any(),
                View::Labels => view! { <LabelsView board /> }.into_any(),
                View::About => view! { <AboutView board /> }.into_any(),
                View::Trash => view! { <TrashPage board /> }.into_any(),
            }
        }
    };
    follow_rights(&board);
    show_open_task(task);
    let panel = {
        let board = board.clone();
        let unavailable = board.unavailable();
        // A list with at most one row: when another task opens, the row is replaced, so each panel handles its own focus.
        view! {
            <Rows
                each=move || Vec::from_iter(task.get().filter(|_| unavailable.get().is_none()))
                key=|task| task.0
                let:task
            >
                <TaskPanel board=board.clone() task view=view.get_untracked() />
            </Rows>
        }
    };
    // One `Title` for the board and its panel. leptos_meta keeps the text function of a `Title` that another one replaced, and calls it
    // once more when the other one is removed. So this function may run after the signals here are disposed, hence `try_get`.
    let title = {
        let board = board.clone();
        move || {
            let open = task.try_get().flatten().and_then(|task| board.task(task).task.get());
            open.map_or_else(|| name.get(), |task| task.title.clone())
        }
    };
    view! {
        <Title text=title />
        <BoardHeader board=board.clone() view keys_shown />
        <WhatIsInTheWay />
        <ArchivedBanner board=board.clone() />
        <main class="board" id="content" class:can-edit=board.may(BoardRole::Editor) on:click=open_on_click(&board)>
            <FormError />
            {redrawn(main)}
        </main>
        {panel}
        <QuickEditor board=board.clone() />
        <KeysDialog board=board.clone() shown=keys_shown />
        <Toasts board />
        <Announcements announcer />
    }
}

/// Scrolls the card or row of a task into sight when the task opens: the view beside it is narrower, or another task was open before.
fn show_open_task(open: Memo<Option<TaskId>>) {
    Effect::new(move |before: Option<Option<TaskId>>| {
        let now = open.get();
        if let Some(task) = now.filter(|_| before.is_some_and(|before| before != now)) {
            request_animation_frame(move || {
                if let Some(place) = find(&format!("main [data-task='{task}']")) {
                    scroll_into_sight(&place);
                }
            });
        }
        now
    });
}

/// Shows a message when the reader's role on the board changes, or when the board is archived or comes back. Controls appear and disappear
/// by themselves. When controls disappear, their drafts are handed back, and a lost focus moves to a place from which the reader can go on.
fn follow_rights(board: &LiveBoard) {
    let notices = expect_context::<Notices>();
    let drafts = expect_context::<Drafts>();
    let may = BoardRole::ALL.map(|role| board.may(role));
    let archived = board.archived();
    let board = board.clone();
    Effect::new(move |before: Option<(Option<BoardRole>, bool)>| {
        // All signals are read, so that each of them triggers this.
        let may = may.map(|may| may.get());
        let role = BoardRole::ALL.into_iter().zip(may).rev().find(|(_, may)| *may).map(|(role, _)| role);
        let (may_edit, is_archived) = (may[BoardRole::Editor as usize], archived.get());
        if !may_edit {
            drafts.hand_back(&board);
        }
        if let Some((role_before, was_archived)) = before
            && (role_before, was_archived) != (role, is_archived)
        {
            match (role_before, role) {
                (Some(_), Some(_)) if is_archived != was_archived => {
                    notices.say_anew(archived_words(is_archived, role), None)
                }
                // While the board is archived, the role changes little: nobody edits it.
                (Some(_), Some(_)) if is_archived => {}
                (Some(_), Some(role)) => notices.say_anew(rights_words(role), None),
                _ => notices.take_back(),
            }
            request_animation_frame(|| {
                let place = || [".panel", ".message a", ".tabs [aria-current]"].iter().find_map(|place| find(place));
                if focused().is_none()
                    && let Some(place) = place()
                {
                    focus(&place);
                }
            });
        }
        (role, is_archived)
    });
}

fn archived_words(archived: bool, role: Option<BoardRole>) -> &'static str {
    match archived {
        true => "This board was archived. It can be read, but not edited.",
        false if role >= Some(BoardRole::Editor) => "This board is back from the archive. You can edit it.",
        false => "This board is back from the archive.",
    }
}

fn rights_words(role: BoardRole) -> &'static str {
    match role {
        BoardRole::Viewer => "You can only read this board from now on.",
        BoardRole::Editor => "You can edit this board from now on.",
        BoardRole::Manager => "You manage this board from now on.",
    }
}

/// The message in place of a board that became unavailable while it was open.
fn unavailable_board(board: &LiveBoard, why: BoardUnavailable) -> AnyView {
    let principal = expect_context::<Live>().principal().get_untracked();
    let is_guest = principal.person.is_none();
    let manages = principal.role_on(board.id(), &board.access().read_untracked()) == Some(BoardRole::Manager);
    let restores = manages && why == BoardUnavailable::Deleted;
    let (title, words) = match why {
        BoardUnavailable::Deleted => (
            "This board was deleted",
            "Somebody deleted it with all its tasks. For 30 days its managers and the admins of this server can restore it; then it comes back here.",
        ),
        BoardUnavailable::Forbidden if is_guest => (
            "This link does not work any more",
            "It was revoked, or the person who made it no longer manages the board.",
        ),
        BoardUnavailable::Forbidden => (
            "You no longer have access to this board",
            "You were removed from it, or it was made private. A manager of the board can add you again.",
        ),
        BoardUnavailable::Unknown => (
            "You can no longer open this board",
            "It was deleted, or you were removed from it, while this page was not connected.",
        ),
    };
    view! {
        <div class="message" role="alert">
            <h2>{title}</h2>
            <p>{words}</p>
            <p>
                <a class="button primary" href="/">
                    "All boards"
                </a>
                " "
                {restores
                    .then(|| {
                        view! {
                            <a class="button" href=HomeQuery::of(Shown::Deleted).path()>
                                "Deleted boards"
                            </a>
                        }
                            .into_any()
                    })}
            </p>
        </div>
    }
    .into_any()
}
