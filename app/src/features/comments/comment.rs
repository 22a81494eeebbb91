//! One comment: its text, its reactions, and what its reader may do with it.

use leptos::{ev, prelude::*, task::spawn_local};

use super::{
    composer::{Composer, Uses},
    loader::Loader,
    section::KeptTexts,
};
use crate::{
    access::BoardRole,
    address::{View, task_path},
    comment::{CommentVersion, Reacted, Reaction},
    controls::{
        announcer::Announcer,
        focus::focus_when_drawn,
        icon::{Icon, Picture},
        markdown,
        menu::{Menu, close_menu},
        notices::{Action, Notices},
        person::{called, face, name_of},
        redrawn::redrawn,
    },
    forms::comment_versions,
    id::{ActorId, CommentId, TaskId},
    live::{Live, LiveBoard, act},
    ops::{DeleteComment, Op, RestoreComment, SetReaction, UpdateComment},
    time::Timestamp,
};

/// A comment in the list.
#[component]
pub fn CommentItem(
    board: LiveBoard,
    loader: Loader,
    id: CommentId,
    task: TaskId,
    deleted: Signal<bool>,
    texts: KeptTexts,
    quote: RwSignal<Option<String>>,
) -> impl IntoView {
    let comment = Memo::new(move |_| loader.read(|board| board.comment(id).cloned()));
    let Some((author, created_at)) =
        comment.read_untracked().as_ref().map(|comment| (comment.author, comment.created_at))
    else {
        return ().into_any();
    };
    let text = Memo::new(move |_| comment.read().as_ref().map(|comment| comment.text.clone()).unwrap_or_default());
    let edited = Memo::new(move |_| comment.read().as_ref().and_then(|comment| comment.edited_at));
    let me = expect_context::<Live>().me();
    let is_mine = Memo::new(move |_| comment.read().as_ref().is_some_and(|comment| comment.is_by(me.get())));
    let (edits, manages) = (board.may(BoardRole::Editor), board.may(BoardRole::Manager));
    let acts = Memo::new(move |_| edits.get() && !deleted.get());
    let editing = RwSignal::new(!texts.get.run((Some(id),)).is_empty());

    let reply = move |_| {
        let lines = text.with_untracked(|text| text.lines().map(|line| format!("> {line}\n")).collect::<String>());
        quote.set(Some(format!("{lines}\n")));
    };
    let edit = move |_| editing.set(true);
    let delete = {
        let (board, notices) = (board.clone(), expect_context::<Notices>());
        move |_| {
            if act(&board, Op::DeleteComment(DeleteComment::of(id))) {
                let board = board.clone();
                let restore = Action::new("Restore", move || {
                    act(&board, Op::RestoreComment(RestoreComment::of(id)));
                });
                notices.say("The comment was deleted.", Some(restore));
                focus_when_drawn("#task-comments");
            }
        }
    };
    let body = {
        let board = board.clone();
        move || match editing.get() && acts.get() && is_mine.get() {
            true => view! { <Editor board=board.clone() id text=text.get_untracked().to_string() texts editing /> }
                .into_any(),
            false => {
                view! { <div class="markdown" inner_html=move || markdown::to_html(&text.get())></div> }.into_any()
            }
        }
    };
    let buttons = move || {
        let delete = delete.clone();
        acts.get().then(|| {
            let mine = move || {
                is_mine.get().then(|| {
                    view! {
                        <button type="button" class="button quiet" data-edit-comment=id.to_string() on:click=edit>
                            "Edit"
                        </button>
                    }
                    .into_any()
                })
            };
            let remove = move || {
                let delete = delete.clone();
                (is_mine.get() || manages.get()).then(|| {
                    view! {
                        <button type="button" class="button quiet" on:click=delete>
                            "Delete"
                        </button>
                    }
                    .into_any()
                })
            };
            view! {
                <div class="comment-actions needs-script" hidden=editing>
                    <button type="button" class="button quiet" on:click=reply>
                        "Quote"
                    </button>
                    {redrawn(mine)}
                    {redrawn(remove)}
                </div>
            }
            .into_any()
        })
    };
    let path = format!("{}#comment-{id}", task_path(board.id(), task, View::Board));
    let name = name_of(author);
    view! {
        <li class="comment" id=format!("comment-{id}") tabindex="-1">
            <div class="comment-head">
                {author.filter(|author| author.is_person()).map(face)} <span class="who">{name}</span>
                <a href=path title="A link to this comment" data-noscroll>
                    <time datetime=created_at.to_string()>{created_at.to_minute()}</time>
                </a>
            </div>
            {redrawn(body)}
            <Versions board=board.clone() id edited />
            <Reactions board loader id acts=acts.into() />
            {redrawn(buttons)}
        </li>
    }
    .into_any()
}

/// The field in which the author edits the text.
#[component]
fn Editor(board: LiveBoard, id: CommentId, text: String, texts: KeptTexts, editing: RwSignal<bool>) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let kept = texts.get.run((Some(id),));
    // The number is that of the text which the author sees. Where an edit of theirs is not saved yet, it has none.
    let guard = board.with_optimistic(|board| {
        let confirmed = board.confirmed().comment(id)?;
        board.view().comment(id).filter(|shown| shown.text == confirmed.text).map(|_| confirmed.text_seq)
    });
    let close = move || {
        texts.keep.run((Some(id), String::new()));
        editing.set(false);
        focus_when_drawn(format!("[data-edit-comment='{id}']"));
    };
    on_cleanup({
        let board = board.clone();
        move || {
            let text = texts.get.try_run((Some(id),)).unwrap_or_default();
            let update = Op::UpdateComment(UpdateComment { text: text.clone(), ..UpdateComment::of(id) });
            if !text.trim().is_empty() && board.rescue(update) {
                texts.keep.try_run((Some(id), String::new()));
            }
        }
    });
    let before = text.clone();
    let save = Callback::new(move |(text,): (String,)| {
        if text != before {
            let update = UpdateComment { guard, text, ..UpdateComment::of(id) };
            if let Err(refusal) = board.submit(Op::UpdateComment(update)) {
                return Some(refusal.sentence());
            }
            announcer.say("Comment saved");
        }
        close();
        None
    });
    let uses = Uses {
        typed: Callback::new(move |(text,)| texts.keep.run((Some(id), text))),
        save,
        cancel: Some(Callback::new(move |()| close())),
    };
    let text = if kept.is_empty() { text } else { kept };
    view! { <Composer label="Edit the comment" button="Save" id=format!("edit-{id}") text uses /> }.into_any()
}

/// Says that a comment was edited, and shows its earlier texts.
#[component]
fn Versions(board: LiveBoard, id: CommentId, edited: Memo<Option<Timestamp>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let versions = RwSignal::new(None::<Result<Vec<CommentVersion>, ()>>);
    // They are read again when the comment is edited meanwhile.
    Effect::new(move || {
        if edited.get().is_some() && open.get() {
            let board = board.id();
            spawn_local(async move {
                versions.try_set(Some(comment_versions(board, id).await.map_err(|_| ())));
            });
        }
    });
    let list = move || {
        open.get().then(|| match versions.get() {
            None => view! { <p class="hint">"Loading…"</p> }.into_any(),
            Some(Err(())) => view! { <p class="hint">"The earlier texts could not be loaded."</p> }.into_any(),
            Some(Ok(versions)) => {
                let version = |version: CommentVersion| {
                    view! {
                        <li>
                            <time>{version.at.to_minute()}</time>
                            <div class="plain-text">{version.text}</div>
                        </li>
                    }
                    .into_any()
                };
                view! { <ol class="comment-versions">{versions.into_iter().map(version).collect_view()}</ol> }
                    .into_any()
            }
        })
    };
    redrawn(move || {
        edited.get().map(|at| {
            view! {
                <button
                    type="button"
                    class="button quiet comment-edited needs-script"
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    {format!("Edited {}", at.to_minute())}
                </button>
                {redrawn(list)}
            }
            .into_any()
        })
    })
    .into_any()
}

/// The reactions, and a menu to react.
#[component]
fn Reactions(board: LiveBoard, loader: Loader, id: CommentId, acts: Signal<bool>) -> impl IntoView {
    let live = expect_context::<Live>();
    let (me, people) = (live.me(), live.people());
    let reactions = Memo::new(move |_| loader.read(|board| board.comment(id).map(|comment| comment.reactions.clone())));
    let has = move |reaction: Reaction, person: ActorId| {
        let of = |reacted: &Reacted| reacted.reaction == reaction && reacted.people.contains(&person);
        reactions.read().iter().flatten().any(of)
    };
    let toggle = {
        let board = board.clone();
        move |reaction: Reaction| {
            if let Some(person) = me.get_untracked() {
                let on = !untrack(|| has(reaction, person));
                act(&board, Op::SetReaction(SetReaction { comment: id, reaction, person, on }));
            }
        }
    };
    let of_chips = toggle.clone();
    let chips = move || {
        let chip = |reacted: &Reacted| {
            let (reaction, toggle) = (reacted.reaction, of_chips.clone());
            let names: Vec<String> =
                reacted.people.iter().map(|person| called(&people.read(), Some(*person))).collect();
            let names = names.join(", ");
            let is_mine = me.get().is_some_and(|me| reacted.people.contains(&me));
            let label = format!("{}, {}: {names}", reaction.words(), reacted.people.len());
            view! {
                <button
                    type="button"
                    class="reaction"
                    aria-pressed=is_mine.to_string()
                    aria-label=label
                    title=names
                    disabled=move || !acts.get() || me.get().is_none()
                    on:click=move |_| toggle(reaction)
                >
                    {reaction.emoji()}
                    " "
                    {reacted.people.len()}
                </button>
            }
            .into_any()
        };
        reactions.read().iter().flatten().map(chip).collect_view().into_any()
    };
    let menu = move || {
        (acts.get() && me.get().is_some()).then(|| {
            let choice = |reaction: Reaction| {
                let toggle = toggle.clone();
                view! {
                    <button
                        type="button"
                        class="button quiet"
                        aria-label=reaction.words()
                        title=reaction.words()
                        on:click=move |event: ev::MouseEvent| {
                            toggle(reaction);
                            close_menu(&event);
                        }
                    >
                        {reaction.emoji()}
                    </button>
                }
                .into_any()
            };
            let choices = Reaction::ALL.into_iter().map(choice).collect_view();
            let button = view! { <Picture icon=Icon::Plus /> }.into_any();
            view! {
                <Menu label="React" button class="react needs-script">
                    {choices}
                </Menu>
            }
            .into_any()
        })
    };
    view! { <div class="reactions">{redrawn(chips)} {redrawn(menu)}</div> }.into_any()
}
