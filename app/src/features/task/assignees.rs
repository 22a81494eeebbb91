//! The assignees of a task: avatars on cards and rows, a field in the panel, a filter in the list.

use std::{collections::BTreeMap, iter, sync::Arc};

use leptos::prelude::*;

use crate::{
    access::{BoardAccess, BoardRole},
    controls::{
        announcer::Announcer,
        choice::choice,
        focus::focus_first_drawn,
        icon::{Icon, Picture},
        if_may::IfMay,
        menu::{Menu, close_menu},
        person::{People, called, face, name_of},
        redrawn::redrawn,
        rows::Rows,
    },
    fields::{FieldEdit, MAX_ASSIGNEES},
    id::{ActorId, TaskId},
    live::{Live, LiveBoard, act},
    model::Task,
    ops::{Op, UpdateTask},
    people::Person,
};

/// How many avatars are drawn; the remaining assignees are counted.
const FACES: usize = 3;

/// The selectors of the elements that get the focus after a change.
const BUTTON: &str = ".assignees-field button";
const FIELD: &str = ".assignees-field summary";

/// The avatars of the assignees of a task; nothing if the task has none.
pub fn assignee_faces(task: ArcRwSignal<Option<Arc<Task>>>) -> AnyView {
    let assignees = assignees(task);
    let draw = move || {
        let assignees = assignees.get();
        let names = names(&assignees, &use_context::<Live>()?.people().read())?;
        let more = assignees.len().saturating_sub(FACES);
        let faces = assignees.into_iter().take(FACES).map(face).collect_view();
        let view = view! {
            <span class="assignees" title=names.clone()>
                {faces}
                {(more > 0).then(|| view! { <span aria-hidden="true">{format!("+{more}")}</span> }.into_any())}
                <span class="visually-hidden">{format!("Assigned to {names}")}</span>
            </span>
        };
        Some(view.into_any())
    };
    redrawn(draw).into_any()
}

/// Assigns a person to a task, or no longer, and announces that. Returns whether it could be done.
pub fn toggle_assigned(board: &LiveBoard, task: TaskId, person: ActorId, announcer: Announcer) -> bool {
    let is_assigned = board.with(|board| board.task(task).is_some_and(|task| task.assignees.contains(&person)));
    let (edit, words) = match is_assigned {
        true => (FieldEdit::Unassign(vec![person]), "No longer assigned to"),
        false => (FieldEdit::Assign(vec![person]), "Assigned to"),
    };
    let done = act(board, Op::UpdateTask(UpdateTask::of(task).with(edit)));
    if done {
        announcer.say(format!("{words} {}", name_of(Some(person)).get_untracked()));
    }
    done
}

/// The assignees of a task, with controls to change them. Not drawn where there is nobody to assign.
#[component]
pub fn AssigneesField(board: LiveBoard, task: TaskId, #[prop(into)] deleted: Signal<bool>) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let me = expect_context::<Live>().me();
    let assignees = assignees(board.task(task).task);
    let candidates = candidates(&board);
    let others = Memo::new(move |_| {
        let assignees = assignees.read();
        let may_be_more = assignees.len() < MAX_ASSIGNEES;
        candidates.read().iter().filter(|(id, _)| may_be_more && !assignees.contains(id)).cloned().collect::<Vec<_>>()
    });
    let is_wanted = Memo::new(move |_| !candidates.read().is_empty() || !assignees.read().is_empty());
    let is_nobodys = Memo::new(move |_| assignees.read().is_empty());
    let edits = board.may(BoardRole::Editor);

    let assign = {
        let board = board.clone();
        Callback::new(move |(person, focus): (ActorId, &'static [&'static str])| {
            if toggle_assigned(&board, task, person, announcer) {
                focus_first_drawn(focus);
            }
        })
    };
    let unassign = Callback::new(move |person: ActorId| {
        if toggle_assigned(&board, task, person, announcer) {
            focus_first_drawn(&[BUTTON, FIELD]);
        }
    });
    let ways = move || {
        let others = others.get();
        let mine = others.iter().map(|(id, _)| *id).find(|id| Some(*id) == me.get());
        let to_me = mine.map(|me| {
            view! {
                <button
                    type="button"
                    class="button"
                    disabled=deleted
                    on:click=move |_| assign.run((me, &[BUTTON, FIELD]))
                >
                    "Assign to me"
                </button>
            }
            .into_any()
        });
        let to_others: Vec<_> = others
            .into_iter()
            .filter(|(id, _)| Some(*id) != mine)
            .map(|(id, name)| {
                view! {
                    <button
                        type="button"
                        class="menu-item"
                        disabled=deleted
                        on:click=move |event| {
                            close_menu(&event);
                            assign.run((id, &[FIELD, BUTTON]));
                        }
                    >
                        {face(id)}
                        {name}
                    </button>
                }
                .into_any()
            })
            .collect();
        let to_others = (!to_others.is_empty()).then(|| {
            view! {
                <Menu label="Assign to somebody" class="assign-menu" button=view! { "Assign to…" }.into_any()>
                    {to_others}
                </Menu>
            }
            .into_any()
        });
        view! {
            {to_me}
            {to_others}
        }
        .into_any()
    };
    let field = move || {
        if !is_wanted.get() {
            return None;
        }
        let view = view! {
            <div class="assignees-field" role="group" aria-labelledby="task-assignees">
                <span class="field-label" id="task-assignees">
                    "Assigned to"
                </span>
                {move || is_nobodys.get().then(|| view! { <span class="hint">"Nobody"</span> }.into_any())}
                <ul>
                    <Rows each=move || assignees.get() key=|id| id.0 let:person>
                        <Assignee person edits deleted unassign />
                    </Rows>
                </ul>
                <div class="row needs-script">
                    <IfMay may=edits>{redrawn(ways)}</IfMay>
                </div>
            </div>
        };
        Some(view.into_any())
    };
    redrawn(field).into_any()
}

#[component]
fn Assignee(person: ActorId, edits: Signal<bool>, deleted: Signal<bool>, unassign: Callback<ActorId>) -> impl IntoView {
    let name = name_of(Some(person));
    view! {
        <li data-person=person
            .to_string()>
            {face(person)} <span>{name}</span> <IfMay may=edits>
                <button
                    type="button"
                    class="button quiet icon-only needs-script"
                    aria-label=move || format!("Unassign {}", name.get())
                    disabled=deleted
                    on:click=move |_| unassign.run(person)
                >
                    <Picture icon=Icon::Close />
                </button>
            </IfMay>
        </li>
    }
    .into_any()
}

/// The assignees as checkboxes, for the form of a task that works without JavaScript.
#[component]
pub fn AssigneeBoxes(board: LiveBoard, assignees: Vec<ActorId>) -> impl IntoView {
    let people = expect_context::<Live>().people().get_untracked();
    let mut offered = candidates(&board).get_untracked();
    // A person who can no longer see the board may still be assigned.
    let gone = assignees.iter().filter(|id| offered.iter().all(|(other, _)| other != *id)).copied();
    offered.extend(gone.map(|id| (id, called(&people, Some(id)))).collect::<Vec<_>>());
    (!offered.is_empty()).then(|| {
        let boxes = offered.into_iter().map(|(id, name)| {
            let has = assignees.contains(&id);
            view! {
                {has
                    .then(|| {
                        view! { <input type="hidden" name="was[assignees][]" value=id.to_string() /> }.into_any()
                    })}
                <label>
                    <input type="checkbox" name="edit[assignees][]" value=id.to_string() checked=has />
                    " "
                    {name}
                </label>
            }
            .into_any()
        });
        view! {
            <fieldset class="assignee-boxes">
                <legend class="field-label">"Assigned to"</legend>
                {boxes.collect_view()}
            </fieldset>
        }
        .into_any()
    })
}

/// The filter for the assignee in the list. Not drawn where there is nobody to assign.
#[component]
pub fn AssigneeFilter(
    board: LiveBoard,
    wanted: Memo<Option<ActorId>>,
    want: Callback<Option<ActorId>>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let (me, people) = (live.me(), live.people());
    let candidates = candidates(&board);
    let is_there = Memo::new(move |_| !candidates.read().is_empty() || wanted.get().is_some());
    let options = move || {
        let (wanted, me) = (wanted.get(), me.get());
        let candidates = candidates.read();
        let is_offered = |id: &ActorId| candidates.iter().any(|(other, _)| other == id);
        let other = wanted.filter(|id| !is_offered(id)).map(|id| (id, called(&people.read(), Some(id))));
        let each = candidates.iter().cloned().chain(other).map(|(id, name)| {
            let words = if Some(id) == me { "Assigned to me".to_owned() } else { name };
            choice(id, words, wanted == Some(id))
        });
        iter::once(choice("", "Assigned to anyone", wanted.is_none())).chain(each).collect_view().into_any()
    };
    let field = move || {
        let options = options.clone();
        is_there.get().then(|| {
            view! {
                <select
                    name="assignee"
                    aria-label="Assigned to"
                    autocomplete="off"
                    on:change=move |event| want.run(event_target_value(&event).parse().ok())
                >
                    {redrawn(options)}
                </select>
            }
            .into_any()
        })
    };
    redrawn(field).into_any()
}

fn assignees(task: ArcRwSignal<Option<Arc<Task>>>) -> Memo<Vec<ActorId>> {
    Memo::new(move |_| task.read().as_ref().map(|task| task.assignees.clone()).unwrap_or_default())
}

/// The people to whom tasks of a board can be assigned, with their names.
pub fn candidates(board: &LiveBoard) -> Memo<Vec<(ActorId, String)>> {
    let live = expect_context::<Live>();
    let (me, people, access) = (live.me(), live.people(), board.access());
    Memo::new(move |_| who_can_see(&access.read(), &people.read(), me.get()))
}

/// The people who can see a board, as far as the reader can know (not everybody may know who is an admin): the reader first, the others by
/// name.
fn who_can_see(access: &BoardAccess, people: &People, me: Option<ActorId>) -> Vec<(ActorId, String)> {
    let sees = |person: &&Person| {
        let is_named = access.members.contains_key(&person.id) || Some(person.id) == me;
        !person.deactivated && (is_named || access.everyone.is_some())
    };
    let key = |person: &Person| (Some(person.id) != me, person.name.to_lowercase(), person.id);
    // Collecting into a `Vec` and sorting it would add another instance of the sort code to the WebAssembly file.
    let mut by_name = BTreeMap::new();
    for person in people.values().filter(sees) {
        by_name.insert(key(person), (person.id, person.name.clone()));
    }
    by_name.into_values().collect()
}

/// Names as a list, such as `Ana, Ben and Cleo`; `None` if there are none.
fn names(assignees: &[ActorId], known: &People) -> Option<String> {
    let mut names: Vec<String> = assignees.iter().map(|person| called(known, Some(*person))).collect();
    let last = names.pop()?;
    Some(if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ANA: ActorId = ActorId(Uuid::from_u128(1));
    const BEN: ActorId = ActorId(Uuid::from_u128(2));
    const CLEO: ActorId = ActorId(Uuid::from_u128(3));
    const DAN: ActorId = ActorId(Uuid::from_u128(4));

    fn known() -> People {
        let person = |id, name: &str, deactivated| (id, Person { id, name: name.to_owned(), deactivated });
        [person(CLEO, "ana", false), person(BEN, "Ben", false), person(ANA, "Zoe", false), person(DAN, "Dan", true)]
            .into()
    }

    fn offered(access: &BoardAccess, me: Option<ActorId>) -> Vec<ActorId> {
        who_can_see(access, &known(), me).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn oneself_comes_first_and_then_the_others_by_name() {
        let mut access = BoardAccess { everyone: Some(BoardRole::Viewer), ..BoardAccess::default() };
        assert_eq!(offered(&access, Some(ANA)), [ANA, CLEO, BEN]);
        access = BoardAccess { everyone: None, members: [(BEN, BoardRole::Viewer), (DAN, BoardRole::Editor)].into() };
        assert_eq!(offered(&access, Some(ANA)), [ANA, BEN], "an admin sees a private board as well");
        assert_eq!(offered(&access, None), [BEN]);
    }

    #[test]
    fn those_whose_a_task_is_are_named() {
        assert_eq!(names(&[], &known()), None);
        assert_eq!(names(&[ANA], &known()).unwrap(), "Zoe");
        assert_eq!(names(&[ANA, BEN, CLEO], &known()).unwrap(), "Zoe, Ben and ana");
    }
}
