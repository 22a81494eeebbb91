//! The events of a board or of one of its tasks, newest first. New events are added as they happen.
//!
//! The first events are sent with the HTML of the page, or are requested when a history is opened. After that, the history grows with the
//! changes that come over the socket. A snapshot has the state of a board but not the events that led to it; so after a snapshot the
//! newest events are requested again.

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{
    hooks::{use_location, use_query_map},
    params::ParamsMap,
};
use serde::{Deserialize, Serialize};

use crate::{
    address::{View, task_path},
    controls::{
        focus::{find, focus, focused},
        icon::{Icon, Picture},
        person::{face, mentioned, name_of},
        redrawn::redrawn,
        rows::Rows,
    },
    forms::{Loaded, load_history},
    history::{Event, Line, Older, Page, lines, merged},
    id::{BoardId, TaskId},
    live::{Listener, Live, LiveBoard, News},
    model::Seq,
};

/// How many events are held at first; the limit grows when the reader asks for older events. When new events arrive, the same number of
/// the oldest are dropped, so that a page left open for weeks does not grow. The dropped events are in the log and can be requested again.
const HELD: usize = 100;

/// How long to wait before a failed request is repeated.
const PAUSE: Duration = Duration::from_secs(3);

/// Identifies a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The board.
    pub board: BoardId,
    /// The task; `None` for the history of the whole board.
    pub task: Option<TaskId>,
    /// Only events before this change; `None` for events up to now.
    pub before: Option<Seq>,
}

/// The first pages of the histories that the address of the page asks for: see [`FirstPages::load`]. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct FirstPages(StoredValue<Vec<(About, Page)>>);

impl FirstPages {
    /// Loads the histories that are sent with the page. A history that cannot be loaded is requested again when it is shown.
    pub async fn load(wanted: Vec<About>) -> Vec<(About, Loaded<Page>)> {
        let mut pages = Vec::new();
        for about in wanted {
            if let Ok(loaded) = load_history(about.board, about.task, about.before).await {
                pages.push((about, loaded));
            }
        }
        pages
    }

    /// Provides the context for the histories that are shown.
    pub fn provide(live: &Live, pages: Vec<(About, Loaded<Page>)>) {
        let pages = pages.into_iter().map(|(about, loaded)| {
            live.add_people(loaded.people);
            (about, loaded.content)
        });
        let pages: Vec<_> = pages.collect();
        provide_context(Self(StoredValue::new(pages)));
    }

    /// Takes a first page. Each page is used once: when a history is opened again later, its first page is out of date.
    fn take(self, about: About) -> Option<Page> {
        let take = |pages: &mut Vec<(About, Page)>| {
            let index = pages.iter().position(|(of, _)| *of == about)?;
            Some(pages.remove(index).1)
        };
        self.0.try_update_value(take).flatten()
    }
}

/// A history on the page.
#[derive(Clone, Copy)]
pub struct History {
    about: About,
    events: RwSignal<Vec<Event>>,
    /// What comes before the oldest held event; `None` until the first page is loaded.
    older: RwSignal<Option<Older>>,
    /// The most events that are held.
    most: StoredValue<usize>,
    /// Whether the last request failed and will be repeated.
    failed: RwSignal<bool>,
    /// The page's connection, which learns the names in the events. Kept here because a repeated request has no reactive owner, and so
    /// cannot find the context.
    live: StoredValue<Option<Live>>,
}

impl History {
    /// Shows a history and follows new events, until its reactive owner is cleaned up.
    pub fn follow(board: &LiveBoard, about: About) -> Self {
        let listener = board.listen();
        let first = use_context::<FirstPages>().and_then(|pages| pages.take(about));
        let history = Self {
            about,
            older: RwSignal::new(first.as_ref().map(|page| page.older)),
            events: RwSignal::new(first.map(|page| page.events).unwrap_or_default()),
            most: StoredValue::new(HELD),
            failed: RwSignal::new(false),
            live: StoredValue::new(use_context::<Live>()),
        };
        let newest = board.with(|board| match about.task {
            Some(task) => board.task(task).map_or(0, |task| task.seq),
            None => board.seq(),
        });
        Effect::new(move || {
            let shown = history.events.with_untracked(|events| events.first().map_or(0, |event| event.seq));
            // The first page may have been read a moment before the board was, so that it lacks the newest events.
            if history.older.get_untracked().is_none() || (about.before.is_none() && shown < newest) {
                history.ask(about.before);
            }
        });
        if about.before.is_none() {
            history.grow(board, listener);
        }
        history
    }

    fn grow(self, board: &LiveBoard, listener: Listener) {
        let heard = board.heard();
        Effect::new(move || {
            heard.track();
            let News { mut events, incomplete } = listener.take();
            if let Some(task) = self.about.task {
                events.retain(|event| event.task == Some(task));
            }
            if !events.is_empty() {
                self.hold(untrack(|| merged(&self.events.read(), &events)));
            }
            if incomplete {
                self.ask(None);
            }
        });
    }

    /// Replaces the held events, and keeps as many of the newest as the limit allows.
    fn hold(self, mut events: Vec<Event>) {
        let Some(most) = self.most.try_get_value() else { return };
        if events.len() > most {
            events.truncate(most);
            self.older.try_set(Some(Older::More));
        }
        self.events.try_set(events);
    }

    /// Requests the events before a change, or up to now.
    fn ask(self, before: Option<Seq>) {
        let About { board, task, .. } = self.about;
        let live = self.live.try_get_value().flatten();
        spawn_local(async move {
            match load_history(board, task, before).await {
                Ok(loaded) => {
                    if let Some(live) = live {
                        live.add_people(loaded.people);
                    }
                    self.take(loaded.content);
                }
                Err(_) => {
                    self.failed.try_set(true);
                    let again = move || {
                        if self.failed.try_get_untracked() == Some(true) {
                            self.ask(before);
                        }
                    };
                    set_timeout(again, PAUSE);
                }
            }
        });
    }

    /// Adds a page that the server sent. The signals may be disposed by the time the response arrives.
    fn take(self, page: Page) {
        self.failed.try_set(false);
        let (Some(held), Some(older)) = (self.events.try_get_untracked(), self.older.try_get_untracked()) else {
            return;
        };
        let (from, oldest) = (page.events.last().map(|event| event.seq), held.last().map(|event| event.seq));
        // If the page is not adjacent to the held events, merging would leave a gap that nobody sees; then the page replaces the held
        // events.
        let meets = page.older != Older::More || held.iter().any(|event| Some(event.seq) >= from);
        let is_oldest = older.is_none() || from <= oldest || !meets;
        if is_oldest {
            self.older.try_set(Some(page.older));
        }
        self.hold(if meets { merged(&held, &page.events) } else { page.events });
    }

    /// The lines to show, newest first.
    pub fn lines(self) -> Memo<Vec<Line>> {
        Memo::new(move |_| lines(&self.events.read()))
    }
}

/// The end of a history: a link to older events, or a note that says why there are none.
#[component]
pub fn HistoryEnd(
    history: History,
    /// The address of the events before the given change, for use without JavaScript.
    href: Callback<(Seq,), String>,
    /// A CSS selector of the element that gets the focus when there are no older events any more.
    fallback: &'static str,
) -> impl IntoView {
    let oldest = move || history.events.read().last().map_or(0, |event| event.seq);
    let more = move |event: ev::MouseEvent| {
        event.prevent_default();
        history.most.set_value(untrack(|| history.events.read().len()) + HELD);
        history.ask(Some(untrack(oldest)));
    };
    // When the last page arrives, the button is removed and its focus is lost.
    Effect::new(move |before: Option<Option<Older>>| {
        let older = history.older.get();
        if before == Some(Some(Older::More)) && older != Some(Older::More) {
            focus_when_lost(fallback);
        }
        older
    });
    let end = move || match history.older.get() {
        _ if history.failed.get() => {
            Some(view! { <p class="hint">"The server does not answer; trying again…"</p> }.into_any())
        }
        None => Some(view! { <p class="hint">"Loading…"</p> }.into_any()),
        Some(Older::More) => Some(
            view! {
                <a class="show-more button quiet" href=href.run((oldest(),)) on:click=more>
                    "Show more"
                </a>
            }
            .into_any(),
        ),
        Some(Older::Nothing) => None,
        Some(Older::Forgotten) => {
            Some(view! { <p class="hint">"What happened before this is no longer in the log."</p> }.into_any())
        }
    };
    view! { <div class="history-end">{redrawn(end)}</div> }.into_any()
}

/// Moves the focus to an element if the focused element was removed.
fn focus_when_lost(selector: &'static str) {
    request_animation_frame(move || {
        if focused().is_none()
            && let Some(element) = find(selector)
        {
            focus(&element);
        }
    });
}

/// One line: who did what, and when.
#[component]
pub fn HistoryLine(
    line: Line,
    board: BoardId,
    /// Whether the line is about the task that the panel shows. Otherwise the line names the task and leaves out the date.
    here: bool,
    /// What people call the task, if that is known.
    #[prop(default = None)]
    task_name: Option<String>,
) -> impl IntoView {
    let Event { at, by, task, activity, .. } = line.event;
    let name = name_of(by);
    let people = expect_context::<Live>().people();
    let names = move |person| mentioned(&people.read(), Some(person));
    let (before, _) = activity.of_some_task(&|_| String::new());
    let title = if activity.title.is_empty() { "a task".to_owned() } else { activity.title.clone() };
    let own = activity.of_oneself(by);
    let subject = (task.filter(|_| !here), activity.person());
    let sentence = redrawn(move || match subject {
        (None, None) => activity.of_this_task(&names),
        _ => activity.of_some_task(&names).1,
    });
    let what = match (own, subject) {
        (Some(own), _) => own.into_any(),
        (None, (_, Some(person))) => {
            let whom = name_of(Some(person));
            view! {
                {before}
                <span class="who">{move || whom.get()}</span>
                {sentence}
            }
            .into_any()
        }
        (None, (Some(task), None)) => {
            let href = task_path(board, task, View::Activity);
            view! {
                {before}
                <a href=href data-noscroll>
                    {task_name.map(|name| format!("{name} "))}
                    <span class="history-title">{title}</span>
                </a>
                {sentence}
            }
            .into_any()
        }
        (None, (None, None)) => sentence.into_any(),
    };
    let at = at.to_string();
    let time = if here { format!("{} {} UTC", &at[..10], &at[11..16]) } else { at[11..16].to_owned() };
    view! {
        <li class="history-line">
            {by.filter(|by| by.is_person()).map(face)} <p>
                <span class="who">{move || name.get()}</span>
                " "
                {what}
            </p> <time datetime=at>{time}</time>
        </li>
    }
    .into_any()
}

/// The history of a task, in its panel. A link opens it, so that it works without JavaScript too.
#[component]
pub fn TaskHistory(board: LiveBoard, task: TaskId) -> impl IntoView {
    let (path, query) = (use_location().pathname, use_query_map());
    let open = Memo::new(move |_| is_wanted(&query.read()));
    let href = move || {
        let mut query = query.get();
        query.remove(BEFORE);
        if query.remove(HISTORY).is_none() {
            query.insert(HISTORY, "open".to_owned());
        }
        format!("{}{}", path.get(), query.to_query_string())
    };
    let list = move || open.get().then(|| view! { <TaskEvents board=board.clone() task /> }.into_any());
    view! {
        <section class="task-history" aria-labelledby="task-history">
            <h3 id="task-history">
                <a class="button quiet" href=href aria-expanded=move || open.get().to_string() data-noscroll>
                    <Picture icon=Icon::Activity />
                    "History"
                </a>
            </h3>
            {redrawn(list)}
        </section>
    }
    .into_any()
}

/// The query parameter that opens the history of a task.
const HISTORY: &str = "history";

/// Whether an address asks for the history of its task.
pub fn is_wanted(query: &ParamsMap) -> bool {
    query.get(HISTORY).is_some()
}

/// The query parameter with the number of the change before which a history starts.
const BEFORE: &str = "before";

/// The number of the change before which a history starts, if the address has one.
pub fn before(query: &ParamsMap) -> Option<Seq> {
    query.get(BEFORE)?.parse().ok()
}

#[component]
fn TaskEvents(board: LiveBoard, task: TaskId) -> impl IntoView {
    let id = board.id();
    let query = use_query_map().get_untracked();
    let path = use_location().pathname.get_untracked();
    let history = History::follow(&board, About { board: id, task: Some(task), before: before(&query) });
    let lines = history.lines();
    let href = Callback::new(move |(before,): (Seq,)| {
        let mut query = query.clone();
        query.replace(BEFORE, before.to_string());
        format!("{path}{}", query.to_query_string())
    });
    view! {
        <ol class="history" aria-labelledby="task-history">
            <Rows each=move || lines.get() key=Line::key let:line>
                <HistoryLine line board=id here=true />
            </Rows>
        </ol>
        <HistoryEnd history href fallback="#task-history a" />
    }
    .into_any()
}
