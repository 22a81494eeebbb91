//! Times, roles and browsers in words, for people.
//!
//! The account pages are rendered once and never hydrated, so they may read a clock. They do not know the reader's time zone, so they show
//! times in UTC.

use leptos::prelude::*;

use crate::{
    access::{BoardRole, InstanceRole, Scope},
    time::Timestamp,
};

const MINUTE: i64 = 60 * 1_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A day, such as `23 November 2026`.
pub fn day(time: Timestamp) -> String {
    let moment = time::OffsetDateTime::from_unix_timestamp(time.as_millis() / 1_000);
    // A `Timestamp` is always within the years that have a date.
    moment.map(|moment| format!("{} {} {}", moment.day(), moment.month(), moment.year())).unwrap_or_default()
}

/// How long ago something was, rounded to what matters.
pub fn ago(time: Timestamp, now: Timestamp) -> String {
    match now.as_millis() - time.as_millis() {
        ..MINUTE => "just now".to_owned(),
        past if past < 2 * MINUTE => "a minute ago".to_owned(),
        past if past < HOUR => format!("{} minutes ago", past / MINUTE),
        past if past < 2 * HOUR => "an hour ago".to_owned(),
        past if past < DAY => format!("{} hours ago", past / HOUR),
        past if past < 2 * DAY => "a day ago".to_owned(),
        past if past < 31 * DAY => format!("{} days ago", past / DAY),
        _ => format!("on {}", day(time)),
    }
}

/// How long ago something was; the tooltip shows the full time.
pub fn time_ago(time: Timestamp, now: Timestamp) -> AnyView {
    told(time, ago(time, now))
}

/// How long ago somebody was last seen or a token was last used, never more exact than the stored time, which is rounded.
pub fn seen_ago(time: Timestamp, now: Timestamp) -> AnyView {
    let is_within_an_hour = now.as_millis() - time.as_millis() < HOUR;
    told(time, if is_within_an_hour { "in the last hour".to_owned() } else { ago(time, now) })
}

/// The time of something among others, as a history has it.
pub fn moment(time: Timestamp) -> AnyView {
    told(time, time.to_minute())
}

fn told(time: Timestamp, words: String) -> AnyView {
    view! {
        <time datetime=time.to_string() title=time.to_minute()>
            {words}
        </time>
    }
    .into_any()
}

/// The name of a role on the server.
pub fn role(role: InstanceRole) -> &'static str {
    match role {
        InstanceRole::Member => "Member",
        InstanceRole::Admin => "Admin",
        InstanceRole::Owner => "Owner",
    }
}

/// What a role on the server allows.
pub fn role_means(role: InstanceRole) -> &'static str {
    match role {
        InstanceRole::Member => "Makes boards, and sees those they are added to.",
        InstanceRole::Admin => "Also manages people, and every board.",
        InstanceRole::Owner => "An admin whose account only owners can change.",
    }
}

/// What a role on a board allows.
pub fn board_role(role: BoardRole) -> &'static str {
    match role {
        BoardRole::Viewer => "can read",
        BoardRole::Editor => "can edit",
        BoardRole::Manager => "can manage",
    }
}

/// The name of a token's scope.
pub fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read",
        Scope::Write => "Write",
        Scope::Admin => "Admin",
    }
}

/// What a scope allows.
pub fn scope_means(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read the boards that you can see.",
        Scope::Write => "Also make boards, and change tasks, columns and labels.",
        Scope::Admin => "Everything that you may do, managing boards and people included.",
    }
}

/// The name of a browser and its system, derived from its `User-Agent`: `Firefox on Linux`.
pub fn browser(agent: &str) -> String {
    let known =
        |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Most browsers also claim to be other browsers. The names that are claimed most often come last.
    let name = known(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi", "Vivaldi"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = known(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "A browser that does not say which".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_has_passed_is_told_no_more_exactly_than_it_matters() {
        let now = Timestamp::from_millis(1_795_400_235_007);
        let told = |past| ago(Timestamp::from_millis(now.as_millis() - past), now);
        assert_eq!(told(0), "just now");
        assert_eq!(told(-5 * HOUR), "just now", "a clock that is behind");
        assert_eq!(told(MINUTE), "a minute ago");
        assert_eq!(told(59 * MINUTE), "59 minutes ago");
        assert_eq!(told(HOUR), "an hour ago");
        assert_eq!(told(23 * HOUR), "23 hours ago");
        assert_eq!(told(DAY), "a day ago");
        assert_eq!(told(30 * DAY), "30 days ago");
        assert_eq!(told(31 * DAY), "on 23 October 2026");
    }

    #[test]
    fn a_browser_is_told_by_what_it_is_and_not_by_what_it_claims() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(chrome), "Chrome on Windows");
        assert_eq!(browser(&format!("{chrome} Edg/140.0.0.0")), "Edge on Windows");
        assert_eq!(browser(safari), "Safari on iPhone");
        assert_eq!(
            browser("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox on Linux"
        );
        assert_eq!(browser("curl/8.0"), "A browser that does not say which");
        assert_eq!(browser(""), "A browser that does not say which");
    }
}
