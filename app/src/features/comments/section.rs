//! The comments of a task, in its panel: the field for a new one, and the list, newest first.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    comment::CommentItem,
    composer::{Composer, Uses},
    loader::Loader,
};
use crate::{
    access::BoardRole,
    controls::{
        announcer::Announcer,
        focus::{find, focus, focus_when_drawn},
        redrawn::redrawn,
        rows::Rows,
    },
    features::presence::CommentingNow,
    id::{CommentId, TaskId},
    live::{LiveBoard, Loading},
    ops::{CreateComment, Op},
};

/// Keeps the texts that are typed, while their fields are not drawn: of a comment that is edited, or of a new one.
#[derive(Clone, Copy)]
pub struct KeptTexts {
    /// Returns a text.
    pub get: Callback<(Option<CommentId>,), String>,
    /// Keeps a text; an empty one removes it.
    pub keep: Callback<(Option<CommentId>, String)>,
}

/// The comments of a task.
#[component]
pub fn Comments(
    board: LiveBoard,
    task: TaskId,
    /// Whether the task is in the trash. Then nobody comments on it.
    #[prop(into)]
    deleted: Signal<bool>,
    texts: KeptTexts,
) -> impl IntoView {
    let loader = Loader::follow(&board, task);
    let ids = Memo::new(move |_| {
        loader.read(|board| board.comments(task).iter().map(|comment| comment.id).collect::<Vec<_>>())
    });
    let linked = follow_link(loader, ids);
    let count = {
        let shown = board.task(task).task;
        Memo::new(move |_| shown.read().as_ref().map_or(0, |task| task.comments))
    };
    let quote = RwSignal::new(None::<String>);
    let edits = board.may(BoardRole::Editor);
    let composer = {
        let board = board.clone();
        move || {
            let writes = edits.get() && !deleted.get();
            writes.then(|| view! { <NewComment board=board.clone() task texts quote /> }.into_any())
        }
    };
    let (of_linked, of_list) = (board.clone(), board.clone());
    let pinned = move || {
        linked.get().map(|id| {
            view! {
                <p class="hint">"The comment that the link leads to:"</p>
                <ol class="comment-list">
                    <CommentItem board=of_linked.clone() loader id task deleted texts quote />
                </ol>
            }
            .into_any()
        })
    };
    // Who asked for older comments goes on reading where these begin.
    let last = StoredValue::new(None::<CommentId>);
    Effect::new(move || {
        let oldest = ids.read().last().copied();
        if let Some(before) = last.get_value().filter(|before| oldest != Some(*before)) {
            last.set_value(None);
            focus_when_drawn(format!("#comment-{before} + .comment"));
        }
    });
    let has_older = Memo::new(move |_| loader.read(|board| board.older_comments(task).is_some()));
    let loading = loader.loading();
    let words = move || match loading.get() {
        Loading::Done => "",
        Loading::Asked => "Loading…",
        Loading::Failing => "The server does not answer; trying again…",
    };
    let older = move || {
        has_older.get().then(|| {
            let more = move |_| {
                last.set_value(untrack(|| ids.read().last().copied()));
                loader.load_older();
            };
            view! {
                <button type="button" class="show-more button quiet needs-script" on:click=more>
                    "Show older comments"
                </button>
            }
            .into_any()
        })
    };
    view! {
        <section class="comments" aria-labelledby="task-comments">
            <h3 id="task-comments" tabindex="-1">
                {move || if count.get() == 0 { "Comments".to_owned() } else { format!("Comments ({})", count.get()) }}
            </h3>
            {redrawn(composer)}
            <CommentingNow board=board.clone() task />
            {redrawn(pinned)}
            <ol class="comment-list" aria-labelledby="task-comments">
                <Rows each=move || ids.get() key=|id: &CommentId| id.0 let:id>
                    <CommentItem board=of_list.clone() loader id task deleted texts quote />
                </Rows>
            </ol>
            <p class="hint" role="status" hidden=move || loading.get() == Loading::Done>
                {words}
            </p>
            {redrawn(older)}
        </section>
    }
    .into_any()
}

/// Follows the address to the comment that it names after `#comment-`. Returns that comment, if it is not in the list.
fn follow_link(loader: Loader, listed: Memo<Vec<CommentId>>) -> Memo<Option<CommentId>> {
    let hash = use_location().hash;
    // A server is not sent what is after `#`.
    let wanted = Memo::new(move |_| {
        let hash = cfg!(feature = "hydrate").then(|| hash.get())?;
        hash.trim_start_matches('#').strip_prefix("comment-")?.parse().ok()
    });
    let linked = Memo::new(move |_| {
        let wanted: CommentId = wanted.get()?;
        let is_there = loader.read(|board| board.comment(wanted).is_some_and(|comment| !comment.is_deleted()));
        (is_there && !listed.read().contains(&wanted)).then_some(wanted)
    });
    // Each link is followed once, when its comment is there.
    Effect::new(move |followed: Option<Option<CommentId>>| {
        let wanted = wanted.get()?;
        if followed.flatten() == Some(wanted) {
            return Some(wanted);
        }
        if listed.read().contains(&wanted) || linked.get() == Some(wanted) {
            show_when_drawn(wanted);
            return Some(wanted);
        }
        if !loader.is_wanted(wanted) {
            loader.load_linked(wanted);
        }
        None
    });
    linked
}

/// Scrolls to a comment and focuses it.
fn show_when_drawn(comment: CommentId) {
    request_animation_frame(move || {
        if let Some(item) = find(&format!("#comment-{comment}")) {
            focus(&item);
            item.scroll_into_view();
        }
    });
}

#[component]
fn NewComment(board: LiveBoard, task: TaskId, texts: KeptTexts, quote: RwSignal<Option<String>>) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let create = move |text: String| Op::CreateComment(CreateComment { comment: crate::new_id(), task, text });
    on_cleanup({
        let board = board.clone();
        move || {
            board.set_commenting(task, false);
            let text = texts.get.try_run((None,)).unwrap_or_default();
            if !text.trim().is_empty() && board.rescue(create(text)) {
                texts.keep.try_run((None, String::new()));
            }
        }
    });
    let sends = vec![("board", board.id().to_string()), ("task", task.to_string())];
    let save = Callback::new({
        let board = board.clone();
        move |(text,): (String,)| match board.submit(create(text)) {
            Ok(_) => {
                announcer.say("Comment added");
                None
            }
            Err(refusal) => Some(refusal.sentence()),
        }
    });
    let typed = Callback::new({
        let board = board.clone();
        move |(text,): (String,)| {
            board.set_commenting(task, !text.trim().is_empty());
            texts.keep.run((None, text));
        }
    });
    let uses = Uses { typed, save, cancel: None };
    view! {
        <Composer
            label="New comment"
            button="Comment"
            id="new-comment".to_owned()
            text=texts.get.run((None,))
            added=quote
            sends
            uses
        />
    }
    .into_any()
}
