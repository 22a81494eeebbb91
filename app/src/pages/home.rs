//! All boards, and a form for a new one.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

use crate::{
    forms::{CreateBoard, list_boards},
    live::Live,
};

/// `/`
#[component]
pub fn HomePage() -> impl IntoView {
    let live = expect_context::<Live>();
    let loaded = Resource::new_blocking(|| (), |()| list_boards());
    Effect::new({
        let live = live.clone();
        move || live.watch_boards()
    });

    view! {
        <Title text="Boards" />
        <main class="home">
            <h1>"Boards"</h1>
            <Suspense>
                {move || {
                    let live = live.clone();
                    Suspend::new(async move {
                        let first = loaded.await.unwrap_or_default();
                        let boards = move || live.boards().get().unwrap_or_else(|| first.clone());
                        view! {
                            <ul class="boards">
                                <For each=boards key=|board| (board.id, board.name.clone()) let:board>
                                    <li>
                                        <a href=format!("/boards/{}", board.id)>{board.name}</a>
                                    </li>
                                </For>
                            </ul>
                        }
                    })
                }}
            </Suspense>
            <form method="post" action=CreateBoard::PATH>
                <label>"New board" <input name="name" required maxlength="100" /></label>
                <button>"Create"</button>
            </form>
        </main>
    }
}
