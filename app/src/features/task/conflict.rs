//! Shows both versions of a text when two people changed it at once. The person chooses; the app never does.

use leptos::prelude::*;

use super::{
    drafts::{Draft, Drafts, edited_text, text_edit},
    text_editor::edit_button,
};
use crate::{
    access::BoardRole,
    board::TextBase,
    controls::{focus::focus_when_drawn, if_may::IfMay, rows::Rows},
    id::{ActorId, TaskId},
    live::{Live, LiveBoard, Problem},
    model::{Seq, Task, TextField},
    refusal::Refusal,
};

/// The unresolved conflicts over one text of a task.
#[component]
pub fn Conflicts(board: LiveBoard, task: TaskId, field: TextField) -> impl IntoView {
    let problems = board.problems();
    let waiting = move || {
        let is_wanted = |problem: &&Problem| conflict(problem).is_some_and(|(id, of, ..)| (id, of) == (task, field));
        problems.read().iter().filter(is_wanted).cloned().collect::<Vec<_>>()
    };
    view! {
        <Rows each=waiting key=|problem| problem.mutation.id.0 let:problem>
            <Conflict board=board.clone() problem />
        </Rows>
    }
    .into_any()
}

#[component]
fn Conflict(board: LiveBoard, problem: Problem) -> impl IntoView {
    let drafts = expect_context::<Drafts>();
    let Problem { mutation, .. } = &problem;
    let id = mutation.id;
    let (task, field, mine, theirs, change) = conflict(&problem)?;
    let (mine, theirs) = (mine.to_owned(), theirs.to_owned());
    let heading = format!("conflict-{id}");
    let (base, author) = (TextBase::Saved(change), author(&board, task, move |_| change));

    let dismiss = {
        let board = board.clone();
        move || {
            board.dismiss(id);
            focus_when_drawn(edit_button(field));
        }
    };
    let keep_theirs = {
        let dismiss = dismiss.clone();
        move |_| dismiss()
    };
    let save_mine = {
        let (board, mine) = (board.clone(), mine.clone());
        move |_| {
            let edit = text_edit(task, field, mine.clone());
            if let Err(refusal) = board.submit_text(edit.clone(), base) {
                // The text was changed once more, or the task is gone: a new problem replaces this one.
                board.report(edit, refusal);
            }
            dismiss();
        }
    };
    let edit_on = {
        let (board, mine, theirs) = (board.clone(), mine.clone(), theirs.clone());
        move |_| {
            drafts.put(task, field, Draft::merge(mine.clone(), theirs.clone(), base));
            board.dismiss(id);
        }
    };
    Some(
        view! {
            <section class="conflict" aria-labelledby=heading.clone() tabindex="-1" data-conflict=field.to_string()>
                <h3 id=heading.clone()>{author} " changed the " {field.to_string()} " meanwhile"</h3>
                <p class="hint">"Yours is not saved yet. Nothing is lost: choose one version, or combine them."</p>
                <div class="sides">
                    <figure>
                        <figcaption>"Yours"</figcaption>
                        <div class="plain-text" data-side="mine">
                            {mine}
                        </div>
                    </figure>
                    <figure>
                        <figcaption>"Theirs, saved"</figcaption>
                        <div class="plain-text" data-side="theirs">
                            {theirs}
                        </div>
                    </figure>
                </div>
                <div class="actions">
                    <button type="button" class="button" on:click=keep_theirs>
                        "Keep theirs"
                    </button>
                    <IfMay may=board.may(BoardRole::Editor)>
                        <button type="button" class="button" on:click=save_mine.clone()>
                            "Save mine over it"
                        </button>
                        <button type="button" class="button primary" on:click=edit_on.clone()>
                            "Edit mine further"
                        </button>
                    </IfMay>
                </div>
            </section>
        }
        .into_any(),
    )
}

/// Who made a change of a task, in words that begin a sentence. The name is known if it is the newest change of the task
/// when this is called, or becomes that later.
pub fn author(
    board: &LiveBoard,
    task: TaskId,
    change: impl Fn(&Task) -> Seq + Send + Sync + 'static,
) -> Signal<String> {
    let live = expect_context::<Live>();
    let (me, people, shown) = (live.me(), live.people(), board.task(task).task);
    let author = Memo::new(move |before: Option<&Option<(Seq, ActorId)>>| {
        let task = shown.get()?;
        let change = change(&task);
        let known = before.copied().flatten().filter(|(of, _)| *of == change);
        known.or_else(|| Some((change, task.updated_by.filter(|_| task.seq == change)?)))
    });
    Signal::derive(move || match author.get().map(|(_, author)| author) {
        Some(author) if Some(author) == me.get() => "You, in another window,".to_owned(),
        Some(author) => people.read().get(&author).map_or("Somebody else".to_owned(), |person| person.name.clone()),
        None => "Somebody else".to_owned(),
    })
}

/// Interprets a problem as a conflict over a text, if it is one. Returns the task, the field, this person's text, the other person's text,
/// and the number of their change, on top of which this person's text can be saved now.
pub fn conflict(problem: &Problem) -> Option<(TaskId, TextField, &str, &str, Seq)> {
    let (task, field, mine) = edited_text(&problem.mutation.op)?;
    match &problem.refusal {
        Refusal::Conflict { field: of, theirs, seq } if *of == field => Some((task, field, mine, theirs, *seq)),
        _ => None,
    }
}
