//! The list view: the tasks of a board in one table, searched, filtered and sorted, live.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{
    due::Today,
    list_filters::ListFilters,
    list_row::ListRow,
    quick_add::QuickAdd,
    redrawn::redrawn,
    rows::Rows,
    show_more::ShowMore,
    toasts::{Action, Notices},
};
use crate::{
    access::BoardRole,
    board::{Listing, Sort},
    id::TaskId,
    live::LiveBoard,
    pages::{ListQuery, ROWS},
};

/// What of the listing is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
struct Drawn {
    rows: Vec<TaskId>,
    /// How many there are in all.
    found: usize,
}

/// The list.
#[component]
pub fn ListView(board: LiveBoard) -> impl IntoView {
    let query = ListQuery::of_page();
    let drawn = drawn(&board, query);
    let plain = expect_context::<Today>().not_yet_taken_over();
    let found = Memo::new(move |_| drawn.read().found);
    let hidden = Memo::new(move |_| found.get().saturating_sub(drawn.read().rows.len()));
    let has_hidden = Memo::new(move |_| hidden.get() > 0);

    // New tasks go where the list looks, if it looks at one column.
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
            Some(view! { <QuickAdd board=board.clone() column added /> }.into_any())
        }
    };

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
            </p>
            // The roles are those that the elements have by themselves; some browsers forget them, because the style draws the
            // rows as grids.
            <table class="list" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">
                            <span class="visually-hidden">"Completed"</span>
                        </th>
                        <th
                            role="columnheader"
                            scope="col"
                            aria-sort=move || sorted_by(query, Sort::Title, "ascending")
                        >
                            "Task"
                        </th>
                        <th role="columnheader" scope="col">
                            "Column"
                        </th>
                        <th
                            role="columnheader"
                            scope="col"
                            aria-sort=move || sorted_by(query, Sort::Priority, "descending")
                        >
                            "Priority"
                        </th>
                        <th role="columnheader" scope="col" aria-sort=move || sorted_by(query, Sort::Due, "ascending")>
                            "Due"
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <Rows each=move || drawn.read().rows.clone() key=|id| id.0 let:task>
                        <ListRow board=board.clone() task query plain />
                    </Rows>
                </tbody>
            </table>
            {move || has_hidden.get().then(|| view! { <ShowMore hidden href more /> }.into_any())}
        </section>
    }
    .into_any()
}

/// Keeps a listing of the board and draws its first rows.
fn drawn(board: &LiveBoard, query: Memo<ListQuery>) -> RwSignal<Drawn> {
    let look =
        |listing: &Listing, rows: usize| Drawn { rows: listing.ids().take(rows).collect(), found: listing.len() };
    let follower = board.follow();
    let ListQuery { wanted, rows } = query.get_untracked();
    let listing = board.with(|board| Listing::new(board, wanted));
    let drawn = RwSignal::new(look(&listing, rows));
    let listing = StoredValue::new(listing);

    let board = board.clone();
    let revision = board.revision();
    Effect::new(move || {
        revision.track();
        let ListQuery { wanted, rows } = query.get();
        let now = listing.try_update_value(|listing| {
            board.with(|board| listing.update(board, &follower.take()));
            listing.want(wanted);
            look(listing, rows)
        });
        if let Some(now) = now
            && drawn.with_untracked(|drawn| *drawn != now)
        {
            drawn.set(now);
        }
    });
    drawn
}

/// Tells of a new task that the filters leave out, which would seem to be lost.
fn added(board: &LiveBoard, query: Memo<ListQuery>) -> Callback<TaskId> {
    let (board, notices, navigate) = (board.clone(), expect_context::<Notices>(), use_navigate());
    Callback::new(move |task| {
        let wanted = query.get_untracked().wanted;
        if !wanted.is_filtered() {
            return;
        }
        let all = ListQuery { wanted: wanted.unfiltered(), rows: ROWS }.path(board.id());
        if board.with(|board| Listing::new(board, wanted).ids().all(|listed| listed != task)) {
            let navigate = navigate.clone();
            let show = Action::new("Show all", move || navigate(&all, NavigateOptions::default()));
            notices.say("The task was added, but the filters leave it out.", Some(show));
        }
    })
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

fn sorted_by(query: Memo<ListQuery>, sort: Sort, direction: &'static str) -> Option<&'static str> {
    (query.read().wanted.sort == sort).then_some(direction)
}
