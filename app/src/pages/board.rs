//! One board.

use std::sync::Arc;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use super::NotFound;
use crate::{
    forms::{AddTask, load_board},
    id::{BoardId, TaskId},
    live::{Live, LiveBoard, Status},
    model::Column,
    mutation::{CreateTask, Op, Place},
};

/// `/boards/{board}` and all below it.
#[component]
pub fn BoardPage() -> impl IntoView {
    let live = expect_context::<Live>();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("board").and_then(|id| id.parse::<BoardId>().ok()));
    let loaded = Resource::new_blocking(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => load_board(id).await,
                None => Ok(None),
            }
        },
    );

    view! {
        <Suspense>
            {move || {
                let live = live.clone();
                Suspend::new(async move {
                    match loaded.await {
                        Ok(Some(snapshot)) => view! { <Board board=live.open(snapshot.into()) /> }.into_any(),
                        Ok(None) => view! { <NotFound /> }.into_any(),
                        Err(error) => view! { <main class="message"><p>{error.to_string()}</p></main> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Board(board: LiveBoard) -> impl IntoView {
    let name = board.name();
    let columns = board.columns();
    view! {
        <Title text=move || name.get() />
        <ConnectionState board=board.clone() />
        <main class="board">
            <h1>{let name = board.name(); move || name.get()}</h1>
            <div class="columns">
                <For each=move || columns.get() key=|column| column.id let:column>
                    <Lane board=board.clone() column />
                </For>
            </div>
        </main>
    }
}

#[component]
fn ConnectionState(board: LiveBoard) -> impl IntoView {
    let status = expect_context::<Live>().status();
    let unsaved = board.unsaved();
    let words = move || match (status.get(), unsaved.get()) {
        (Status::Connecting, _) => "connecting".to_owned(),
        (Status::Live, 0) => "live".to_owned(),
        (Status::Live, count) => format!("saving {count}"),
        (Status::Reconnecting, 0) => "reconnecting".to_owned(),
        (Status::Offline, 0) => "offline".to_owned(),
        (_, count) => format!("offline with {count} unsent edits"),
    };
    view! { <p class="connection" role="status">{words}</p> }
}

#[component]
fn Lane(board: LiveBoard, column: Arc<Column>) -> impl IntoView {
    let tasks = board.lane(column.id);
    let title = RwSignal::new(String::new());
    let id = column.id;
    let board_id = board.id().to_string();
    let add = {
        let board = board.clone();
        move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let create = CreateTask {
                task: TaskId(Uuid::now_v7()),
                title: title.get_untracked(),
                description: String::new(),
                column: Some(id),
                completed: None,
                place: Place::Last,
                priority: Default::default(),
                due: None,
            };
            if board.submit(Op::CreateTask(create)).is_ok() {
                title.set(String::new());
            }
        }
    };
    view! {
        <section class="lane" aria-label=column.name.clone()>
            <h2>{column.name.clone()}</h2>
            <ol>
                <For each=move || tasks.get().to_vec() key=|id| *id let:id>
                    {
                        let task = board.task(id).task;
                        view! { <li class="card">{move || task.get().map(|task| task.title.clone())}</li> }
                    }
                </For>
            </ol>
            <form method="post" action=AddTask::PATH on:submit=add>
                <input type="hidden" name="board" value=board_id />
                <input type="hidden" name="column" value=id.to_string() />
                <input name="title" aria-label="New task" required bind:value=title />
            </form>
        </section>
    }
}
