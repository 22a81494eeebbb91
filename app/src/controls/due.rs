//! The start date and due date of a task: how they are written, and which day is today.
//!
//! The server must not read a clock while it renders, or the page would differ from what the browser hydrates. So until hydration no task
//! is overdue and every date is written out.

use leptos::prelude::*;

use super::icon::{Icon, Picture};
use crate::time::Day;

/// The current day in the reader's time zone; `None` on the server and until hydration. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct Today(pub RwSignal<Option<Day>>);

impl Today {
    /// Provides the context, and follows the browser's calendar from hydration on.
    pub fn provide() -> Self {
        let today = Self(RwSignal::new(None));
        provide_context(today);
        Effect::new(move || {
            today.look();
            // A board may stay open over midnight.
            let every_minute = set_interval_with_handle(move || today.look(), std::time::Duration::from_secs(60));
            on_cleanup(move || {
                if let Ok(every_minute) = every_minute {
                    every_minute.clear();
                }
            });
        });
        today
    }

    /// Whether the page is not hydrated yet: the current day is known from hydration on.
    pub fn not_yet_taken_over(self) -> Memo<bool> {
        Memo::new(move |_| self.0.with(Option::is_none))
    }

    fn look(self) {
        let now = js_sys::Date::new_0();
        let text = format!("{:04}-{:02}-{:02}", now.get_full_year(), now.get_month() + 1, now.get_date());
        let today = Day::parse(&text);
        if self.0.get_untracked() != today {
            self.0.set(today);
        }
    }
}

/// How a due date relates to today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// The due date is in the past.
    Overdue,
    /// The due date is today.
    Today,
    /// The due date is in the future, or the current day is not known.
    Later,
}

impl Urgency {
    /// How `due` relates to `today`.
    pub fn of(due: Day, today: Option<Day>) -> Self {
        match today {
            Some(today) if due < today => Self::Overdue,
            Some(today) if due == today => Self::Today,
            _ => Self::Later,
        }
    }

    /// The value of the attribute `data-due`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Today => "today",
            Self::Later => "later",
        }
    }
}

/// A date in words: "Today", "23 Nov", "23 Nov 2027".
pub fn words(due: Day, today: Option<Day>) -> String {
    let date = due.date();
    match today.map(Day::date) {
        Some(today) if date == today => "Today".to_owned(),
        Some(today) if Some(date) == today.next_day() => "Tomorrow".to_owned(),
        Some(today) if Some(date) == today.previous_day() => "Yesterday".to_owned(),
        _ => day_and_month(due, today),
    }
}

/// A date without other words: "23 Nov", or "23 Nov 2027" in another year.
pub fn day_and_month(day: Day, today: Option<Day>) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = day.date();
    let month = MONTHS[usize::from(u8::from(date.month())) - 1];
    match today.map(|today| today.date().year()) {
        Some(year) if date.year() != year => format!("{} {month} {}", date.day(), date.year()),
        _ => format!("{} {month}", date.day()),
    }
}

/// A due date in words, highlighted when the day is today or in the past and the task is not completed.
#[component]
pub fn Due(
    /// The day.
    due: Day,
    /// Whether the task is completed: a completed task is never urgent.
    #[prop(into)]
    completed: Signal<bool>,
) -> impl IntoView {
    let today = expect_context::<Today>().0;
    let urgency = move || if completed.get() { Urgency::Later } else { Urgency::of(due, today.get()) };
    view! {
        <span class="chip due" data-due=move || urgency().as_str()>
            <Picture icon=Icon::Calendar />
            <span class="visually-hidden">
                {move || if urgency() == Urgency::Overdue { "Overdue since " } else { "Due " }}
            </span>
            <time datetime=due.to_string()>{move || words(due, today.get())}</time>
        </span>
    }
}

/// The start date of a task, in words.
#[component]
pub fn Start(
    /// The day.
    day: Day,
) -> impl IntoView {
    let today = expect_context::<Today>().0;
    view! {
        <span class="chip start">
            <Picture icon=Icon::Start />
            <span class="visually-hidden">"Starts "</span>
            <time datetime=day.to_string()>{move || words(day, today.get())}</time>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_due_date_is_said_as_a_person_would() {
        let date = |text| Day::parse(text).unwrap();
        let today = Some(date("2026-12-31"));
        assert_eq!(words(date("2026-12-31"), today), "Today");
        assert_eq!(words(date("2027-01-01"), today), "Tomorrow");
        assert_eq!(words(date("2026-12-30"), today), "Yesterday");
        assert_eq!(words(date("2026-11-03"), today), "3 Nov");
        assert_eq!(words(date("2027-11-03"), today), "3 Nov 2027");
        assert_eq!(words(date("2027-11-03"), None), "3 Nov");
    }

    #[test]
    fn nothing_is_overdue_before_anyone_has_looked_at_the_calendar() {
        let date = |text| Day::parse(text).unwrap();
        assert_eq!(Urgency::of(date("2001-01-01"), None), Urgency::Later);
        assert_eq!(Urgency::of(date("2001-01-01"), Some(date("2001-01-02"))), Urgency::Overdue);
    }
}
