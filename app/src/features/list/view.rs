//! The list view: the tasks of a board in one table that can be searched, filtered and sorted. It follows changes live.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{filters::ListFilters, row::ListRow};
use crate::{
    access::BoardRole,
    address::list_query::{ListQuery, ROWS},
    board::{Listing, Sort},
    controls::{
        due::Today,
        focus::{find, focus_when_drawn},
        notices::{Action, Notices},
        printing::Printing,
        redrawn::redrawn,
        rows::Rows,
        show_more::ShowMore,
    },
    features::{board::quick_add::QuickAdd, revealed::Revealed, task::drafts::Unsent},
    id::TaskId,
    live::{LiveBoard, Loading},
    state::Part,
};

/// The part of the listing that is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
struct Drawn {
    rows: Vec<TaskId>,
    /// The tasks further down that this page put there: see [`Revealed`].
    below: Vec<TaskId>,
    /// How many tasks match in all.
    found: usize,
}

/// The list.
#[component]
pub fn ListView(board: LiveBoard) -> impl IntoView {
    let query = ListQuery::of_page();
    let drawn = drawn(&board, query);
    let descriptions = board.need(Part::Descriptions, move || query.read().wanted.searches());
    let plain = expect_context::<Today>().not_yet_taken_over();
    let found = Memo::new(move |_| drawn.read().found);
    let hidden = Memo::new(move |_| found.get().saturating_sub(drawn.read().rows.len() + drawn.read().below.len()));
    // If this page has just added a task below the drawn rows, the reader is looking at that task. Drawing more rows by itself would move
    // it, so drawing waits until the reader asks for more.
    let has_below = Memo::new(move |_| !drawn.read().below.is_empty());
    let has_hidden = Memo::new(move |_| hidden.get() > 0);

    // A new task goes into the column that the list is filtered by, or else into the first column.
    let columns = board.columns();
    let column = Memo::new(move |_| {
        let wanted = query.read().wanted.column;
        let columns = columns.read();
        let known = columns.iter().find(|column| Some(column.id) == wanted);
        known.or(columns.first()).map(|column| column.id)
    });
    let added = added(&board, query);
    let edits = board.may(BoardRole::Editor);
    let quick_add = {
        let board = board.clone();
        move || {
            let column = column.get().filter(|_| edits.get())?;
            Some(
                view! { <QuickAdd board=board.clone() column unsent=Unsent::ListedTask(board.id()) added /> }
                    .into_any(),
            )
        }
    };

    let below = board.clone();
    let more = {
        let (navigate, path) = (use_navigate(), use_location().pathname);
        Callback::new(move |()| {
            let longer = path.get_untracked() + &longer(query.get_untracked()).query();
            navigate(&longer, NavigateOptions { replace: true, scroll: false, ..Default::default() });
        })
    };
    let href = {
        let id = board.id();
        Signal::derive(move || longer(query.get()).path(id))
    };
    view! {
        <section class="list-view" aria-labelledby="list-heading">
            <h2 id="list-heading" class="visually-hidden">
                "List of tasks"
            </h2>
            <ListFilters board=board.clone() query />
            <div class="list-add">{redrawn(quick_add)}</div>
            <p class="hint list-count" role="status">
                {move || found_words(found.get(), &query.read(), edits.get())}
                {move || match descriptions.get() {
                    Loading::Done => "",
                    Loading::Asked => " Searching descriptions…",
                    Loading::Failing => " Descriptions cannot be searched right now; trying again…",
                }}
            </p>
            // Each role is the implicit role of its element. Some browsers drop the implicit roles, because the style sheet lays the rows
            // out as grids.
            <table class="list" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">
                            <span class="visually-hidden">"Completed"</span>
                        </th>
                        {heading(query, "Task", Sort::Title, "ascending")}
                        <th role="columnheader" scope="col">
                            "Column"
                        </th>
                        {heading(query, "Priority", Sort::Priority, "descending")}
                        {heading(query, "Start", Sort::Start, "ascending")}
                        {heading(query, "Due", Sort::Due, "ascending")}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <Rows each=move || drawn.read().rows.clone() key=|id| id.0 let:task>
                        <ListRow board=board.clone() task query plain />
                    </Rows>
                </tbody>
                <tbody role="rowgroup" class="rows-below" aria-label="Further down" hidden=move || !has_below.get()>
                    <Rows each=move || drawn.read().below.clone() key=|id| id.0 let:task>
                        <ListRow board=below.clone() task query plain />
                    </Rows>
                </tbody>
            </table>
            {move || has_hidden.get().then(|| view! { <ShowMore hidden href more paused=has_below /> }.into_any())}
        </section>
    }
    .into_any()
}

/// Maintains a listing of the board, and the rows of it that are drawn.
fn drawn(board: &LiveBoard, query: Memo<ListQuery>) -> RwSignal<Drawn> {
    let look = |listing: &Listing, rows: usize, revealed: &[TaskId]| Drawn {
        rows: listing.ids().take(rows).collect(),
        below: match revealed {
            [] => Vec::new(),
            _ => listing.ids().skip(rows).filter(|task| revealed.contains(task)).collect(),
        },
        found: listing.len(),
    };
    let revealed = expect_context::<Revealed>();
    let collector = board.collect_changes();
    let ListQuery { wanted, rows } = query.get_untracked();
    let listing = board.with(|board| Listing::new(board, wanted));
    let drawn = RwSignal::new(look(&listing, rows, &untrack(|| revealed.tasks())));
    let listing = StoredValue::new(listing);

    let board = board.clone();
    let (revision, printing) = (board.revision(), expect_context::<Printing>());
    Effect::new(move || {
        revision.track();
        let ListQuery { wanted, rows } = query.get();
        let rows = printing.rows(rows);
        let revealed = revealed.tasks();
        let now = listing.try_update_value(|listing| {
            board.with(|board| listing.update(board, &collector.take()));
            listing.want(wanted);
            look(listing, rows, &revealed)
        });
        if let Some(now) = now
            && drawn.with_untracked(|drawn| *drawn != now)
        {
            drawn.set(now);
        }
    });
    drawn
}

/// Returns a callback that shows a message for a new task that the filters exclude or that is out of view. Without the message the task
/// would seem to be lost.
fn added(board: &LiveBoard, query: Memo<ListQuery>) -> Callback<TaskId> {
    let (board, notices, navigate) = (board.clone(), expect_context::<Notices>(), use_navigate());
    Callback::new(move |task| {
        let wanted = query.get_untracked().wanted;
        let all = ListQuery { wanted: wanted.clone().unfiltered(), rows: ROWS }.path(board.id());
        if !wanted.is_filtered() || board.with(|board| Listing::new(board, wanted).ids().any(|listed| listed == task)) {
            tell_where_it_is(task, notices);
        } else {
            let navigate = navigate.clone();
            let show = Action::new("Show all", move || navigate(&all, NavigateOptions::default()));
            notices.say("The task was added, but the current filters hide it.", Some(show));
        }
    })
}

/// Shows a message with a button that scrolls to a new task, if the task is out of view.
fn tell_where_it_is(task: TaskId, notices: Notices) {
    let row = move || find(&format!(".list [data-task='{task}']"));
    request_animation_frame(move || {
        let in_sight = row().is_some_and(|row| {
            let (row, height) = (row.get_bounding_client_rect(), window().inner_height().ok());
            row.top() >= 0.0 && Some(row.bottom()) <= height.and_then(|height| height.as_f64())
        });
        if !in_sight {
            let show = Action::new("Show it", move || {
                if let Some(row) = row() {
                    row.scroll_into_view();
                }
                focus_when_drawn(format!(".list [data-task='{task}'] a"));
            });
            notices.say_anew("The task was added further down the list.", Some(show));
        }
    });
}

fn longer(query: ListQuery) -> ListQuery {
    ListQuery { rows: query.rows + ROWS, ..query }
}

fn found_words(found: usize, query: &ListQuery, may_add: bool) -> String {
    match (found, query.wanted.is_filtered()) {
        (0, false) if may_add => "No tasks yet. Add the first above.".to_owned(),
        (0, false) => "No tasks yet.".to_owned(),
        (0, true) => "No task matches.".to_owned(),
        (1, false) => "1 task".to_owned(),
        (1, true) => "1 task matches".to_owned(),
        (found, false) => format!("{found} tasks"),
        (found, true) => format!("{found} tasks match"),
    }
}

/// The heading of a column of the table by which the list can be sorted.
fn heading(query: Memo<ListQuery>, words: &'static str, sort: Sort, direction: &'static str) -> AnyView {
    let sorted = move || (query.read().wanted.sort == sort).then_some(direction);
    view! {
        <th role="columnheader" scope="col" aria-sort=sorted>
            {words}
        </th>
    }
    .into_any()
}
