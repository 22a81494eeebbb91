//! Presence: who else has the board open, and who is editing which task.
//!
//! Presence is shown but does not interrupt: when people come and go, nothing is announced. An announcement is made only to a reader who
//! has a task open that somebody else is editing.

use leptos::prelude::*;

use crate::{
    controls::{
        announcer::Announcer,
        icon::{Icon, Picture},
        menu::Menu,
        person::{People, called, face, name_of},
        redrawn::redrawn,
    },
    id::{ActorId, TaskId},
    live::{Live, LiveBoard, Status},
    presence::PresenceState,
};

/// How many avatars are drawn in the header; the remaining people are counted.
const FACES: usize = 5;
/// How many avatars are drawn on a card.
const FACES_ON_CARD: usize = 2;
/// How many people are named.
const NAMES: usize = 20;

/// The other people who have the board open: their avatars, and a menu with their names.
#[component]
pub fn WhoIsHere(board: LiveBoard) -> impl IntoView {
    let live = expect_context::<Live>();
    let (known, me, status) = (live.people(), live.me(), live.status());
    let (others, synced) = (board.others(), board.synced());
    let words = {
        let others = others.clone();
        Signal::derive(move || here_words(&others.read(), me.get(), &known.read()))
    };
    let faces = {
        let others = others.clone();
        move || {
            let PresenceState { people, more, guests, .. } = others.get();
            let all = (people.len() as u32).saturating_add(more).saturating_add(guests);
            let beyond = unlisted(&people, FACES, more);
            view! {
                <span class="visually-hidden">{words}</span>
                <span class="here-faces" aria-hidden="true">
                    {people.into_iter().take(FACES).map(face).collect_view()}
                    {(beyond > 0).then(|| view! { <span class="avatar">{format!("+{beyond}")}</span> }.into_any())}
                    {(guests > 0).then(|| count(guests, guest_words(guests, me.get())))}
                </span>
                <span class="here-all" aria-hidden="true">
                    {count(all, "")}
                </span>
            }
            .into_any()
        }
    };
    let names = {
        let others = others.clone();
        move || {
            let PresenceState { people, more, guests, .. } = others.get();
            let more = unlisted(&people, NAMES, more);
            let person = |person| {
                let name = name_of(Some(person));
                view! { <li class="menu-item">{face(person)} {move || name.get()}</li> }.into_any()
            };
            let words = |count: u32, words: &str| {
                (count > 0).then(|| view! { <li class="menu-item">{format!("{count}{words}")}</li> }.into_any())
            };
            view! {
                {people.into_iter().take(NAMES).map(person).collect_view()}
                {words(more, " more")}
                {words(guests, guest_words(guests, me.get()))}
            }
            .into_any()
        }
    };
    // Without a network the presence is not known.
    let hidden = move || others.read().is_empty() || status.get() == Status::Offline;
    view! {
        <div class="here" class:stale=move || !synced.get() hidden=hidden title=words>
            // The label is empty, so that the content of the button is its name, for screen readers too.
            <Menu label="" button=redrawn(faces).into_any()>
                <ul class="menu-list">{redrawn(names)}</ul>
            </Menu>
        </div>
    }
    .into_any()
}

/// A mark that shows who else is editing a task; nothing while nobody else is.
pub fn editing_mark(editors: ArcRwSignal<Vec<Option<ActorId>>>) -> AnyView {
    let draw = move || {
        let editors = editors.get();
        if editors.is_empty() {
            return None;
        }
        let words = editing_words(&editors, &use_context::<Live>()?.people().read(), EDITING)?;
        let faces = editors.into_iter().flatten().take(FACES_ON_CARD).map(face).collect_view();
        let mark = view! {
            <span class="editing-mark" title=words.clone()>
                <Picture icon=Icon::Edit />
                {faces}
                <span class="visually-hidden">{words.clone()}</span>
            </span>
        };
        Some(mark.into_any())
    };
    redrawn(draw).into_any()
}

/// Shows in the head of a task's panel that somebody else is editing it, and announces it. It takes room that is empty otherwise, so that
/// nothing moves under the pointer when other people begin or stop.
#[component]
pub fn EditingNow(board: LiveBoard, task: TaskId) -> impl IntoView {
    let people = expect_context::<Live>().people();
    let announcer = expect_context::<Announcer>();
    let editors = board.task(task).editors;
    let words = move || editing_words(&editors.read(), &people.read(), EDITING);
    let say = words.clone();
    Effect::new(move || {
        if let Some(words) = say() {
            announcer.say(words);
        }
    });
    let draw = move || {
        let words = words()?;
        let now = view! {
            <p class="editing-now" title=words.clone()>
                <Picture icon=Icon::Edit />
                <span>{words.clone()}</span>
            </p>
        };
        Some(now.into_any())
    };
    redrawn(draw).into_any()
}

/// Shows who else is writing a comment on a task.
#[component]
pub fn CommentingNow(board: LiveBoard, task: TaskId) -> impl IntoView {
    let people = expect_context::<Live>().people();
    let writers = board.task(task).commenting;
    let words = move || editing_words(&writers.read(), &people.read(), "writing a comment");
    view! {
        <p class="commenting-now hint" role="status">
            {words}
        </p>
    }
    .into_any()
}

/// What whoever edits a task does.
const EDITING: &str = "editing this task";

/// A number of people, with an optional word after it.
fn count(count: u32, words: &'static str) -> AnyView {
    view! {
        <span class="here-count">
            <Picture icon=Icon::Person />
            {count}
            {words}
        </span>
    }
    .into_any()
}

/// How many people there are beyond the first `shown`.
fn unlisted(people: &[ActorId], shown: usize, more: u32) -> u32 {
    (people.len().saturating_sub(shown) as u32).saturating_add(more)
}

/// Who else has the board open, as a sentence.
fn here_words(others: &PresenceState, me: Option<ActorId>, known: &People) -> String {
    let PresenceState { people, more, guests, .. } = others;
    let more = unlisted(people, NAMES, *more);
    if people.is_empty() && more == 0 {
        let have = if *guests == 1 { "has" } else { "have" };
        return format!("{guests}{} {have} this board open", guest_words(*guests, me));
    }
    let names = people.iter().take(NAMES).map(|person| name(*person, known));
    let more = (more > 0).then(|| format!("{more} more"));
    let guests = (*guests > 0).then(|| format!("{guests}{}", guest_words(*guests, me)));
    format!("Also here: {}", names.chain(more).chain(guests).collect::<Vec<_>>().join(", "))
}

/// The noun for a number of guests. A reader without an account reads "pages" instead, because one of them may be their own other tab.
fn guest_words(guests: u32, me: Option<ActorId>) -> &'static str {
    match (me, guests) {
        (Some(_), 1) => " guest",
        (Some(_), _) => " guests",
        (None, 1) => " other page",
        (None, _) => " other pages",
    }
}

/// Who is doing something to a task, as a sentence; `None` if nobody is.
fn editing_words(editors: &[Option<ActorId>], known: &People, what: &str) -> Option<String> {
    let mut who: Vec<String> = editors.iter().flatten().map(|person| name(*person, known)).collect();
    let guests = editors.len() - who.len();
    let is_alone = who.is_empty();
    match guests {
        0 => {}
        1 if is_alone => who.push("Somebody else".to_owned()),
        _ if is_alone => who.push(format!("{guests} others")),
        1 => who.push("a guest".to_owned()),
        _ => who.push(format!("{guests} guests")),
    }
    let last = who.pop()?;
    let are = if editors.len() == 1 { "is" } else { "are" };
    let who = if who.is_empty() { last } else { format!("{} and {last}", who.join(", ")) };
    Some(format!("{who} {are} {what}"))
}

fn name(person: ActorId, known: &People) -> String {
    called(known, Some(person))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::people::Person;

    const ANA: ActorId = ActorId(Uuid::from_u128(1));
    const BEN: ActorId = ActorId(Uuid::from_u128(2));
    const STRANGER: ActorId = ActorId(Uuid::from_u128(3));

    fn known() -> People {
        let person = |id, name: &str| (id, Person { id, name: name.to_owned(), deactivated: false });
        [person(ANA, "Ana Lima"), person(BEN, "Ben Ode")].into()
    }

    fn here(people: &[ActorId], more: u32, guests: u32, me: Option<ActorId>) -> String {
        let others = PresenceState { people: people.to_vec(), more, guests, ..PresenceState::default() };
        here_words(&others, me, &known())
    }

    #[test]
    fn those_who_are_here_are_named_and_guests_counted() {
        let me = Some(STRANGER);
        assert_eq!(here(&[ANA, BEN], 0, 0, me), "Also here: Ana Lima, Ben Ode");
        assert_eq!(here(&[ANA], 3, 2, me), "Also here: Ana Lima, 3 more, 2 guests");
        assert_eq!(here(&[STRANGER], 0, 1, Some(ANA)), "Also here: Somebody, 1 guest");
        assert_eq!(here(&[], 0, 1, me), "1 guest has this board open");
    }

    #[test]
    fn to_a_guest_other_guests_are_pages() {
        assert_eq!(here(&[], 0, 1, None), "1 other page has this board open");
        assert_eq!(here(&[], 0, 2, None), "2 other pages have this board open");
        assert_eq!(here(&[BEN], 0, 2, None), "Also here: Ben Ode, 2 other pages");
    }

    #[test]
    fn whoever_edits_is_named() {
        let words = |editors: &[Option<ActorId>]| editing_words(editors, &known(), EDITING).unwrap_or_default();
        assert_eq!(words(&[]), "");
        assert_eq!(words(&[Some(ANA)]), "Ana Lima is editing this task");
        assert_eq!(words(&[Some(ANA), Some(BEN)]), "Ana Lima and Ben Ode are editing this task");
        assert_eq!(words(&[Some(ANA), Some(BEN), None]), "Ana Lima, Ben Ode and a guest are editing this task");
        assert_eq!(words(&[Some(ANA), None, None]), "Ana Lima and 2 guests are editing this task");
        assert_eq!(words(&[None]), "Somebody else is editing this task");
        assert_eq!(words(&[None, None]), "2 others are editing this task");
    }
}
