//! The filters of the list: a plain form that puts its values into the address. With JavaScript each change takes effect at once.

use std::{iter, time::Duration};

use leptos::{ev, html, leptos_dom::helpers::debounce, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use crate::{
    address::list_query::{ListQuery, ROWS},
    board::{Sort, Wanted},
    controls::{
        choice::choice,
        focus::focus_when_drawn,
        icon::{Icon, Picture},
        redrawn::redrawn,
    },
    features::{labels::filter::LabelsFilter, task::assignees::AssigneeFilter},
    label::LabelFilter,
    live::LiveBoard,
};

/// The debounce time of the search field.
const TYPING_PAUSE: Duration = Duration::from_millis(120);

/// The filters of a list.
#[component]
pub fn ListFilters(board: LiveBoard, query: Memo<ListQuery>) -> impl IntoView {
    let id = board.id();
    let (navigate, path) = (use_navigate(), use_location().pathname);
    let want = Callback::new(move |wanted: Wanted| {
        // The path stays, so that an open task stays open.
        let path = path.get_untracked() + &ListQuery { wanted, rows: ROWS }.query();
        navigate(&path, NavigateOptions { replace: true, scroll: false, ..Default::default() });
    });
    let change = move |change: &dyn Fn(&mut Wanted)| {
        let mut wanted = query.get_untracked().wanted;
        change(&mut wanted);
        want.run(wanted);
    };

    let assignee = Memo::new(move |_| query.with(|query| query.wanted.assignee));
    let of_person = Callback::new(move |person| change(&|wanted| wanted.assignee = person));

    let labels = Memo::new(move |_| query.with(|query| query.wanted.labels.clone()));
    let of_labels = Callback::new(move |labels: LabelFilter| change(&|wanted| wanted.labels.clone_from(&labels)));

    let search = NodeRef::<html::Input>::new();
    let searched = move || query.with(|query| query.wanted.text.clone());
    let mut searching = debounce(TYPING_PAUSE, move |text: String| change(&|wanted| wanted.text.clone_from(&text)));
    // The address may also change by other ways than this field, so the field follows it while it does not have the focus.
    Effect::new(move || {
        let text = searched();
        if let Some(search) = search.get()
            && document().active_element().as_ref() != Some(search.as_ref())
        {
            search.set_value(&text);
        }
    });

    // The Enter key goes to the first task that was found, without waiting for a pause in typing.
    let found = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(search) = search.get_untracked() {
            change(&|wanted| wanted.text = search.value());
        }
        focus_when_drawn("[data-task] a");
    };

    let columns = board.columns();
    let column_options = move || {
        let wanted = query.with(|query| query.wanted.column);
        let columns = columns.read();
        let each = columns.iter().map(|column| choice(column.id, &column.name, wanted == Some(column.id)));
        iter::once(choice("", "All columns", wanted.is_none())).chain(each).collect_view().into_any()
    };
    let completed_options = move || {
        let wanted = query.with(|query| query.wanted.completed);
        [("", "All tasks", None), ("false", "Open", Some(false)), ("true", "Completed", Some(true))]
            .map(|(value, words, completed)| choice(value, words, wanted == completed))
            .into_iter()
            .collect_view()
            .into_any()
    };
    let sort_options = move || {
        let wanted = query.with(|query| query.wanted.sort);
        let each = Sort::ALL.into_iter().map(|sort| choice(sort.as_str(), sort_words(sort), sort == wanted));
        each.collect_view().into_any()
    };
    view! {
        <form
            class="filters"
            role="search"
            aria-label="Tasks"
            method="get"
            action=format!("/boards/{id}")
            on:submit=found
        >
            <input type="hidden" name="view" value="list" />
            <div class="search">
                <Picture icon=Icon::Search />
                <input
                    node_ref=search
                    type="search"
                    name="q"
                    aria-label="Search tasks"
                    placeholder="Search"
                    autocomplete="off"
                    value=untrack(searched)
                    on:input=move |event| searching(event_target_value(&event))
                />
            </div>
            <select
                name="column"
                aria-label="Column"
                autocomplete="off"
                on:change=move |event| {
                    let column = event_target_value(&event).parse().ok();
                    change(&|wanted| wanted.column = column);
                }
            >
                {redrawn(column_options)}
            </select>
            <select
                name="completed"
                aria-label="Completed"
                autocomplete="off"
                on:change=move |event| {
                    let completed = event_target_value(&event).parse().ok();
                    change(&|wanted| wanted.completed = completed);
                }
            >
                {redrawn(completed_options)}
            </select>
            <AssigneeFilter board=board.clone() wanted=assignee want=of_person />
            <LabelsFilter board wanted=labels want=of_labels />
            <select
                name="sort"
                aria-label="Order"
                autocomplete="off"
                on:change=move |event| {
                    let sort = Sort::parse(&event_target_value(&event)).unwrap_or_default();
                    change(&|wanted| wanted.sort = sort);
                }
            >
                {redrawn(sort_options)}
            </select>
            <button class="button no-script">"Filter"</button>
        </form>
    }
    .into_any()
}

fn sort_words(sort: Sort) -> &'static str {
    match sort {
        Sort::Board => "As on the board",
        Sort::Start => "By start date",
        Sort::Due => "By due date",
        Sort::Title => "By title",
        Sort::Priority => "By priority",
        Sort::Updated => "Last changed first",
    }
}
