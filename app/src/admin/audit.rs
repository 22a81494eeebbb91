//! The audit log.

use leptos::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Frame, Reader,
    dates::Dates,
    table::{Column, Filter, Query, Row, Table, counted},
};
use crate::{
    account::words::browser,
    audit::{Action, Actor, Event, Method, Target},
    id::ActorId,
    people::{Person, called},
    text::capitalised,
};

/// The path of the page.
pub const PATH: &str = "/admin/audit";

/// The data of the page.
pub struct Audit {
    /// The reader.
    pub reader: Reader,
    /// What the reader chose.
    pub query: Query,
    /// The people that the filter offers.
    pub people: Vec<Person>,
    /// The events.
    pub events: Vec<Event>,
    /// How many events match, counted up to `most`; `None` if they were not counted.
    pub matches: Option<u64>,
    /// The number up to which matches are counted.
    pub most: u64,
    /// The value of `after` for the next rows.
    pub next: Option<String>,
    /// The periods by which it can be narrowed down.
    pub dates: Option<Dates>,
    /// The address of the export as JSON Lines.
    pub export: String,
}

/// The spans of time that are offered: the value, the label, and how many hours that is.
pub const SPANS: [(&str, &str, i64); 4] = [
    ("hour", "In the last hour", 1),
    ("day", "In the last day", 24),
    ("week", "In the last 7 days", 7 * 24),
    ("month", "In the last 30 days", 30 * 24),
];

const COLUMNS: [Column; 6] = [
    Column::plain("When (UTC)"),
    Column::plain("Who"),
    Column::plain("What"),
    Column::plain("To what"),
    Column::plain("Details"),
    Column::plain("From where"),
];

/// Renders the page.
pub fn page(content: Audit) -> Frame {
    let Audit { reader, query, people, events, matches, most, next, dates, export } = content;
    let rows = events.into_iter().map(|event| row(event, &query)).collect();
    let any = |label: &str| (String::new(), label.to_owned());
    let others =
        [Actor::Operator, Actor::Server, Actor::Nobody].map(|actor| (actor.to_string(), who(None, &actor.to_string())));
    let people = people.into_iter().map(|person| (person.id.to_string(), person.name));
    let actions = Action::ALL.iter().map(|action| (action.as_str().to_owned(), capitalised(action.words())));
    let spans = SPANS.iter().map(|(value, label, _)| ((*value).to_owned(), (*label).to_owned()));
    let filters = vec![
        Filter {
            name: "actor",
            label: "Who",
            choices: std::iter::once(any("Anybody")).chain(others).chain(people).collect(),
        },
        Filter { name: "action", label: "What", choices: std::iter::once(any("Anything")).chain(actions).collect() },
        Filter { name: "when", label: "When", choices: std::iter::once(any("At any time")).chain(spans).collect() },
    ];
    let count = match matches {
        None => "Events with this text, newest first".to_owned(),
        Some(0) => "No events match.".to_owned(),
        Some(1) => "1 event".to_owned(),
        Some(many) => format!("{} events, newest first", counted(many, most)),
    };
    let is_searched = !query.get("q").is_empty();
    let empty = match (is_searched, next.is_some()) {
        (true, true) => "The newest events do not contain this text. The next rows are those of older ones.",
        _ => "No events match. Remove a filter to see more.",
    };
    let limits = limits(&query);
    let table = Table {
        path: PATH,
        caption: "Events",
        query,
        search: Some("Search names, addresses and details"),
        filters,
        presets: Vec::new(),
        dates,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "",
        rows,
        count,
        next,
        empty,
        actions: None,
    };
    let body = view! {
        <p class="hint">
            "Who did what, when and from where. Nothing here can be changed. " <a href=export download="">
                "Export these events as JSON Lines"
            </a>
        </p>
        {limits}
        {table.view()}
    };
    Frame::new(reader, PATH, "Audit log", body.into_any())
}

/// The filters that no field shows, with a link that removes each.
fn limits(query: &Query) -> AnyView {
    let mut limits = Vec::new();
    let without = |names: &[&'static str]| {
        names.iter().fold(query.with("after", ""), |query, name| query.with(name, "")).address(PATH)
    };
    let (from, to) = (query.get("from"), query.get("to"));
    let span = match (from, to) {
        ("", "") => None,
        (from, to) if from == to => Some(format!("Only on {from}.")),
        (from, "") => Some(format!("Only from {from} on.")),
        ("", to) => Some(format!("Only until {to}.")),
        (from, to) => Some(format!("Only from {from} to {to}.")),
    };
    limits.extend(span.map(|words| (words, without(&["from", "to"]))));
    if !query.get("target").is_empty() {
        limits.push(("Only what was done to one target.".to_owned(), without(&["target"])));
    }
    let limits: Vec<_> = limits
        .into_iter()
        .map(|(words, address)| view! { <p class="hint">{words} " " <a href=address>"Show all"</a></p> }.into_any())
        .collect();
    limits.into_any()
}

fn row(event: Event, query: &Query) -> Row {
    let Event { id, at, action, actor, actor_name, method, address, agent, target, details, .. } = event;
    let query = query.with("after", "");
    let time = at.to_string();
    let (day, clock) = (time[..10].to_owned(), time[11..19].to_owned());
    let on_day = query.with("from", &*day).with("to", &*day).with("when", "").address(PATH);
    let who = who(actor_name, &actor);
    let by = query.with("actor", &*actor).address(PATH);
    let known = Method::parse(&method);
    let how = matches!(known, Some(Method::Token | Method::Password | Method::Provider | Method::Link | Method::Open));
    let how = how.then(|| known.map(|method| format!(" ({})", method.words()))).flatten();
    let what = what(&action);
    let target = target.map(|Target { kind, id, name }| {
        let only = query.with("target", id.to_string()).address(PATH);
        let name = if name.is_empty() { "without a name".to_owned() } else { name };
        view! {
            <a href=only>{name}</a>
            {format!(" ({})", kind.replace('_', " "))}
        }
        .into_any()
    });
    let cells = vec![
        view! {
            <time datetime=time>
                <a href=on_day>{day}</a>
                " "
                {clock}
            </time>
        }
        .into_any(),
        view! {
            <a href=by>{who}</a>
            {how}
        }
        .into_any(),
        what.into_any(),
        target.into_any(),
        long(words_of(&details)),
        from_where(address, agent),
    ];
    Row { id: format!("event-{id}"), cells, select: None, class: "" }
}

/// A text that may be long. Without any, the cell is empty: a narrow window leaves it out.
pub(super) fn long(words: String) -> AnyView {
    match words.is_empty() {
        true => ().into_any(),
        false => view! { <span class="table-long">{words}</span> }.into_any(),
    }
}

/// The client of an event; nothing if there was none.
fn from_where(address: Option<String>, agent: Option<String>) -> AnyView {
    let agent = agent.map(|agent| {
        let words = browser(&agent);
        let words = if words.starts_with("A browser that") { agent.chars().take(40).collect() } else { words };
        view! {
            " "
            <span class="hint" title=agent>
                {words}
            </span>
        }
        .into_any()
    });
    match address {
        None => ().into_any(),
        Some(address) => view! {
            {address}
            {agent}
        }
        .into_any(),
    }
}

/// Who did something.
pub(super) fn who(name: Option<String>, actor: &str) -> String {
    let by = match actor.parse() {
        Ok(Actor::Person(person)) => Some(person),
        Ok(Actor::Operator) => Some(ActorId::COMMAND_LINE),
        Ok(Actor::Server) => Some(ActorId::SERVER),
        Ok(Actor::Nobody) | Err(_) => None,
    };
    name.unwrap_or_else(|| called(by, |_| None))
}

/// What was done, in words.
pub(super) fn what(action: &str) -> String {
    Action::parse(action).map_or_else(|| action.to_owned(), |action| capitalised(action.words()))
}

/// The details of an event, in words: a change as `before → after`, and everything else as a name and a value. Ids are left out: they are
/// in the exports.
pub(super) fn words_of(details: &Value) -> String {
    let Some(fields) = details.as_object() else { return String::new() };
    let mut words = Vec::new();
    if let Some(after) = fields.get("after") {
        words.push(format!("{} → {}", value(fields.get("before").unwrap_or(&Value::Null)), value(after)));
    }
    let others =
        fields.iter().filter(|(name, value)| !matches!(&***name, "before" | "after" | "seq") && !is_empty(value));
    words.extend(others.map(|(name, field)| format!("{}: {}", name.replace('_', " "), value(field))));
    words.join(" · ")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => Uuid::try_parse(text).is_ok(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(self::value).collect::<Vec<_>>().join(", "),
        Value::Object(_) => words_of(value),
        Value::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_told_in_words() {
        assert_eq!(words_of(&json!({ "before": "member", "after": "admin" })), "member → admin");
        assert_eq!(words_of(&json!({ "before": null, "after": "viewer", "name": "Ben" })), "none → viewer · name: Ben");
        let ids = json!({ "person": "01a22416-67c2-7501-b18b-8fe3386574aa", "seq": 7, "role": "admin" });
        assert_eq!(words_of(&ids), "role: admin");
        assert_eq!(words_of(&json!({ "has_password": true, "boards": [], "x": null })), "has password: yes");
        assert_eq!(words_of(&json!({ "filter": { "q": null }, "what": "audit" })), "what: audit");
    }
}
