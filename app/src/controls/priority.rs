//! How a priority is shown: its name and its chip.

use leptos::prelude::*;

use crate::model::Priority;

/// The name of a priority as shown to people.
pub fn priority_words(priority: Priority) -> &'static str {
    match priority {
        Priority::None => "No priority",
        Priority::Low => "Low",
        Priority::Medium => "Medium",
        Priority::High => "High",
        Priority::Urgent => "Urgent",
    }
}

/// A priority, as a chip.
pub fn priority_chip(priority: Priority) -> AnyView {
    view! {
        <span class="chip" data-priority=priority.as_str()>
            {priority_words(priority)}
            <span class="visually-hidden">" priority"</span>
        </span>
    }
    .into_any()
}
