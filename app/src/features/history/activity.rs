//! The activity of a board, day by day. New events are added as they happen.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use super::events::{About, History, HistoryEnd, HistoryLine, before};
use crate::{
    address::{View, board_path},
    controls::rows::Rows,
    history::{Line, day_words},
    live::LiveBoard,
    model::Seq,
    time::Day,
};

/// The activity of a board.
#[component]
pub fn ActivityView(board: LiveBoard) -> impl IntoView {
    let id = board.id();
    let before = before(&use_query_map().get_untracked());
    let history = History::follow(&board, About { board: id, task: None, before });
    let lines = history.lines();
    let board = StoredValue::new(board);
    let days = move || {
        let mut days: Vec<Day> = Vec::new();
        for day in lines.read().iter().filter_map(day_of) {
            if days.last() != Some(&day) {
                days.push(day);
            }
        }
        days
    };
    let newest = board_path(id, View::Activity);
    let href = Callback::new(move |(before,): (Seq,)| format!("{}&before={before}", board_path(id, View::Activity)));
    view! {
        <section class="activity" aria-labelledby="activity-heading">
            <h2 id="activity-heading" tabindex="-1">
                "Activity"
            </h2>
            <p class="hint">
                "What happened on this board, newest first. Times are in UTC." " "
                {before.map(|_| view! { <a href=newest>"Back to the newest"</a> }.into_any())}
            </p>
            <Rows each=days key=day_key let:day>
                <section class="history-day" aria-labelledby=format!("day-{day}")>
                    <h3 id=format!("day-{day}")>{day_words(day)}</h3>
                    <ol class="history">
                        <Rows each=move || of_day(&lines.read(), day) key=Line::key let:line>
                            <HistoryLine
                                task_name=board.with_value(|board| task_name(board, &line))
                                line
                                board=id
                                here=false
                            />
                        </Rows>
                    </ol>
                </section>
            </Rows>
            <HistoryEnd history href fallback="#activity-heading" />
        </section>
    }
    .into_any()
}

/// What people call the task of a line. `None` for a task in the trash that is not loaded: then the line has its title alone.
fn task_name(board: &LiveBoard, line: &Line) -> Option<String> {
    let name = board.with(|board| board.task_ref(board.task(line.event.task?)?));
    name.map(|name| name.to_string())
}

fn day_of(line: &Line) -> Option<Day> {
    line.event.at.day()
}

fn day_key(day: &Day) -> Uuid {
    Uuid::from_u128(day.date().to_julian_day() as u128)
}

fn of_day(lines: &[Line], day: Day) -> Vec<Line> {
    lines.iter().filter(|line| day_of(line) == Some(day)).cloned().collect()
}
