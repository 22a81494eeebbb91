//! One column with its cards.
//!
//! A column may hold thousands of tasks. Only the first `WINDOW` cards are drawn; more are drawn as they come into view. So the cost of
//! a change does not depend on the length of the column.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{
    super::revealed::Revealed,
    card::Card,
    column_menu::{ColumnMenu, kind_words},
    motion::Motion,
    quick_add::QuickAdd,
};
use crate::{
    access::BoardRole,
    address::list_query::{ListQuery, ROWS},
    board::Wanted,
    controls::{
        due::Today, focus::focus_when_drawn, if_may::IfMay, name_editor::NameEditor, printing::Printing, rows::Rows,
        show_more::ShowMore,
    },
    features::task::drafts::Unsent,
    forms::FIRST_FIELD,
    id::{ColumnId, TaskId},
    live::LiveBoard,
    model::ColumnKind,
    ops::{Op, UpdateColumn},
};

/// How many cards of a column are drawn at first, and how many more at a time.
const WINDOW: usize = 50;

/// A column.
#[component]
pub fn ColumnView(board: LiveBoard, column: ColumnId) -> impl IntoView {
    let id = column;
    let columns = board.columns();
    let field_id = {
        let columns = columns.clone();
        Signal::derive(move || columns.read().first().is_some_and(|first| first.id == id).then_some(FIRST_FIELD))
    };
    let column = Memo::new(move |_| columns.read().iter().find(|column| column.id == id).cloned());
    let name = Signal::derive(move || column.read().as_ref().map(|column| column.name.clone()).unwrap_or_default());
    let kind = Signal::derive(move || column.read().as_ref().map_or(ColumnKind::Open, |column| column.kind));
    let completed = Signal::derive(move || kind.get() == ColumnKind::Done);

    let revealed = expect_context::<Revealed>();
    let tasks = board.column_tasks(id);
    let (drawn_on_screen, printing) = (RwSignal::new(WINDOW), expect_context::<Printing>());
    let limit = Memo::new(move |_| printing.rows(drawn_on_screen.get()));
    let count = Memo::new({
        let tasks = tasks.clone();
        move |_| tasks.read().len()
    });
    let drawn = Memo::new({
        let tasks = tasks.clone();
        move |_| tasks.read().iter().copied().take(limit.get()).collect::<Vec<_>>()
    });
    let drawn_below = Memo::new(move |_| {
        let revealed = revealed.read();
        if revealed.is_empty() {
            return Vec::new();
        }
        tasks.read().iter().copied().skip(limit.get()).filter(|task| revealed.contains(task)).collect()
    });
    // The cards are one stop of the Tab key: the last that had the focus, or else the first. The buttons on a card have keys of their own.
    let focused = RwSignal::new(None::<TaskId>);
    let plain = expect_context::<Today>().not_yet_taken_over();
    let tab_stop = Memo::new(move |last: Option<&Option<TaskId>>| {
        let (drawn, below) = (drawn.read(), drawn_below.read());
        let is_drawn = |task: &TaskId| drawn.contains(task) || below.contains(task);
        let last = last.copied().flatten();
        let stop = focused.get().filter(is_drawn).or(last.filter(is_drawn)).or(drawn.first().copied());
        stop.filter(|_| !plain.get())
    });
    let card_focused = move |event: ev::FocusEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let card = target.and_then(|target| target.closest("[data-task]").ok().flatten());
        if let Some(task) = card.and_then(|card| card.get_attribute("data-task")?.parse().ok()) {
            focused.set(Some(task));
        }
    };
    let hidden = Memo::new(move |_| count.get().saturating_sub(limit.get()).saturating_sub(drawn_below.read().len()));
    let has_hidden = Memo::new(move |_| hidden.get() > 0);

    let more = Callback::new(move |()| drawn_on_screen.update(|rows| *rows += WINDOW));
    // If this page has just put a task below the window, the reader is looking at that task. Drawing more cards by itself would move it, so
    // drawing waits until the reader asks for more.
    let has_below = Memo::new(move |_| !drawn_below.read().is_empty());

    let renaming = RwSignal::new(false);
    let edits = board.may(BoardRole::Editor);
    let rename =
        Callback::new(move |(name,)| Op::UpdateColumn(UpdateColumn { name: Some(name), ..UpdateColumn::of(id) }));
    let tab_stop: Signal<Option<TaskId>> = tab_stop.into();
    let motion = expect_context::<Motion>();
    let cards = {
        let board = board.clone();
        move |tasks: Memo<Vec<TaskId>>| {
            let (board, before) = (board.clone(), StoredValue::new(Vec::new()));
            let each = move || {
                let tasks = tasks.get();
                before.with_value(|before| motion.follow(before, &tasks));
                before.set_value(tasks.clone());
                tasks
            };
            view! {
                <Rows each key=|id| id.0 let:task>
                    <Card board=board.clone() task completed tab_stop />
                </Rows>
            }
        }
    };
    let below = cards(drawn_below);
    let of_menu = board.clone();
    // Without JavaScript the remaining tasks are reached through the list view.
    let list = {
        let wanted = Wanted { column: Some(id), ..Wanted::default() };
        ListQuery { wanted, rows: WINDOW + ROWS }.path(board.id())
    };
    view! {
        <section
            class="column"
            aria-labelledby=format!("column-{id}")
            data-column=id.to_string()
            data-kind=move || kind.get().as_str()
        >
            <div class="column-head">
                <span class="kind" data-kind=move || kind.get().as_str() title=move || kind_words(kind.get())></span>
                <h2 id=format!("column-{id}") on:dblclick=move |_| renaming.set(edits.get_untracked())>
                    <NameEditor
                        board=board.clone()
                        name
                        label="Column name"
                        editing=renaming
                        rename
                        on_done=Callback::new(move |()| focus_when_drawn(format!("[data-column='{id}'] summary")))
                    />
                </h2>
                <span class="count">
                    {move || count.get().to_string()}
                    <span class="visually-hidden">{move || if count.get() == 1 { " task" } else { " tasks" }}</span>
                </span>
                <IfMay may=edits>
                    <ColumnMenu board=of_menu.clone() column id renaming />
                </IfMay>
            </div>
            <div class="column-body" on:focusin=card_focused>
                <ol class="cards" aria-labelledby=format!("column-{id}")>
                    {cards(drawn)}
                </ol>
                {move || {
                    has_hidden
                        .get()
                        .then(|| view! { <ShowMore hidden href=list.clone() more paused=has_below /> }.into_any())
                }}
                <ol class="cards cards-below" aria-label="Further down">
                    {below}
                </ol>
            </div>
            <IfMay may=edits>
                <QuickAdd board=board.clone() column=id unsent=Unsent::Task(id) id=field_id />
            </IfMay>
        </section>
    }
    .into_any()
}
