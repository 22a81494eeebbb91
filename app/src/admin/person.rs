//! The page of one person: their account, what they have, and what can be done about it.

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    Frame, Reader, audit,
    groups::group_link,
    parts::{board_link, button, facts, openness, section, seen_or, small_table},
    people, person_account,
    sessions::{self, Session, browser_name, end_button},
    table::{Query, thousands},
    tasks,
    tokens::{Token, expiry, revoke_button},
};
use crate::{
    access::{BoardRole, InstanceRole},
    account::{
        Mistake,
        form::Form,
        people::change_forms,
        words::{self, day, moment, seen_ago, time_ago},
    },
    audit::{Action, Event},
    features::members::view::role_words,
    id::{ActorId, BoardId, TaskId},
    people::Person as Account,
    time::{Day, Timestamp},
};

/// The address of the page of a person.
pub fn address(person: ActorId) -> String {
    format!("{}/{person}", people::PATH)
}

/// The address of the table of the open tasks that are assigned to a person.
pub fn tasks_of(person: ActorId) -> String {
    Query::default().with("assignee", person.to_string()).address(tasks::PATH)
}

/// The data of the page.
pub struct Person {
    /// The reader.
    pub reader: Reader,
    /// The highest role that the reader may give to anybody.
    pub most: InstanceRole,
    /// The person.
    pub person: Account,
    /// Whether the reader may change the account.
    pub may_change: bool,
    /// Whether this is the account of the reader, who changes their own name and e-mail address elsewhere.
    pub is_reader: bool,
    /// Their e-mail address.
    pub email: String,
    /// Whether the address was proved to be theirs.
    pub email_is_proved: bool,
    /// Their role on the server.
    pub role: InstanceRole,
    /// Whether they can sign in with a password.
    pub has_password: bool,
    /// When the account was created.
    pub since: Timestamp,
    /// When it was deactivated.
    pub deactivated_at: Option<Timestamp>,
    /// When they, or a program with their token, last used the server.
    pub seen_at: Option<Timestamp>,
    /// The boards that they are members of: id, name, their role, and that of everyone.
    pub boards: Vec<(BoardId, String, BoardRole, Option<BoardRole>)>,
    /// The number of all such boards.
    pub all_boards: u64,
    /// The groups that they are in: id, name, and the number of boards.
    pub groups: Vec<(Uuid, String, u64)>,
    /// Some of their open tasks: id, title, board and due day.
    pub tasks: Vec<(TaskId, String, BoardId, String, Option<Day>)>,
    /// The number of all such tasks.
    pub all_tasks: u64,
    /// Their sessions, the most recently used first.
    pub sessions: Vec<Session>,
    /// Their tokens, newest first.
    pub tokens: Vec<Token>,
    /// Their identities at sign-in providers: the provider, and the id there.
    pub identities: Vec<(String, String)>,
    /// The newest events about them in the audit log.
    pub events: Vec<Event>,
    /// Why a submitted form was refused.
    pub refused: Option<Mistake>,
    /// Today.
    pub today: Option<Day>,
    /// The time of the request.
    pub now: Timestamp,
}

/// Renders the page.
pub fn page(person: Person) -> Frame {
    let has_mistake = person.refused.is_some();
    let main = view! {
        {boards_section(&person)}
        {groups_section(&person)}
        {tasks_section(&person)}
        {sessions_section(&person)}
        {tokens_section(&person)}
        {history_section(&person)}
    };
    let side = view! {
        {facts_section(&person)}
        {change_section(&person)}
    };
    let body = view! {
        <div class="object">
            <div class="object-main">{main}</div>
            <div class="object-side">{side}</div>
        </div>
    };
    let Person { reader, person, .. } = person;
    let above = vec![(people::PATH.to_owned(), "People".to_owned())];
    Frame { above, has_mistake, ..Frame::new(reader, people::PATH, person.name, body.into_any()) }
}

fn facts_section(person: &Person) -> AnyView {
    let Person { email, email_is_proved, role, has_password, since, deactivated_at, seen_at, now, identities, .. } =
        person;
    let state = match deactivated_at {
        None => view! { <span class="chip good">"Active"</span> }.into_any(),
        Some(at) => view! {
            <span class="chip bad">"Deactivated"</span>
            " "
            {time_ago(*at, *now)}
        }
        .into_any(),
    };
    // An address that whoever runs the server entered counts as if it had been proved.
    let proved = match email_is_proved {
        true => "Proved to be theirs, or entered by whoever runs this server",
        false => "Not confirmed by them yet",
    };
    let address = view! {
        {email.clone()}
        " "
        <span class="hint">{proved}</span>
    };
    let mut known = vec![
        ("E-mail address", address.into_any()),
        ("Role", words::role(*role).into_any()),
        ("State", state),
        ("Account since", day(*since).into_any()),
        ("Last seen", seen_or(*seen_at, *now, "Never, or long ago")),
        ("Password", if *has_password { "Has one" } else { "Has none" }.into_any()),
    ];
    for (issuer, subject) in identities {
        let identity = view! {
            {issuer.clone()}
            " "
            <code>{subject.clone()}</code>
        };
        known.push(("Signs in with", identity.into_any()));
    }
    known.push(("Id", view! { <code>{person.person.id.to_string()}</code> }.into_any()));
    section("facts", "The account".to_owned(), "facts", facts(known), None)
}

fn change_section(person: &Person) -> AnyView {
    let mistake = person.refused.as_ref();
    if !person.may_change {
        return view! {
            {Form::new("account", mistake).summary()}
            <section class="sheet" aria-labelledby="change-title">
                <h2 id="change-title">"Change"</h2>
                <p class="hint">"Only an owner can change this account."</p>
            </section>
        }
        .into_any();
    }
    let forms = change_forms(
        &person.person,
        person.role,
        person.deactivated_at.is_none(),
        person.most,
        mistake,
        super::frame::BASE,
    );
    view! {
        <section class="sheet object-forms" id="change" aria-labelledby="change-title">
            <h2 id="change-title">"Change"</h2>
            {forms}
        </section>
    }
    .into_any()
}

fn boards_section(person: &Person) -> AnyView {
    let rows = person
        .boards
        .iter()
        .map(|(board, name, role, everyone)| {
            let cells =
                vec![board_link(*board, name.clone()), role_words(*role).into_any(), openness(*everyone).into_any()];
            (format!("board-{board}"), cells)
        })
        .collect();
    let empty = "They are on no board. They still see those that are open to everyone.";
    let table = small_table("Boards", &["Board", "Role", "Access"], rows, empty);
    let more = person.all_boards.saturating_sub(person.boards.len() as u64);
    let more = (more > 0).then(|| view! { <p class="hint">{format!("and {} more", thousands(more))}</p> }.into_any());
    section("boards", format!("Boards ({})", thousands(person.all_boards)), "boards", table, more)
}

fn groups_section(person: &Person) -> AnyView {
    let rows = person
        .groups
        .iter()
        .map(|(id, name, boards)| {
            (format!("group-{id}"), vec![group_link(*id, name.clone()), thousands(*boards).into_any()])
        })
        .collect();
    let table = small_table("Groups", &["Group", "Boards"], rows, "They are in no group.");
    section("groups", format!("Groups ({})", person.groups.len()), "groups", table, None)
}

/// What was done to the account, from the audit log. A value that a change replaced can be put back.
fn history_section(person: &Person) -> AnyView {
    let rows = person
        .events
        .iter()
        .map(|event| {
            let who = audit::who(event.actor_name.clone(), &event.actor);
            let cells = vec![
                moment(event.at),
                who.into_any(),
                audit::what(&event.action).into_any(),
                audit::long(audit::words_of(&event.details)),
                put_back(person, event).into_any(),
            ];
            (format!("event-{}", event.id), cells)
        })
        .collect();
    let table =
        small_table("History", &["When", "Who", "What", "Before and after", "Action"], rows, "Nothing is known.");
    let id = person.person.id.to_string();
    let about = Query::default().with("target", &*id).address(audit::PATH);
    let by = Query::default().with("actor", id).address(audit::PATH);
    let all = view! {
        <p>
            <a href=about>"All about this person"</a>
            " · "
            <a href=by>"All that this person did"</a>
        </p>
    };
    section("history", "History of the account".to_owned(), "history", table, Some(all.into_any()))
}

/// The button that gives the account the value from before a change, if it has another one now.
fn put_back(person: &Person, event: &Event) -> Option<AnyView> {
    if !person.may_change {
        return None;
    }
    let before = event.details.get("before")?.as_str()?.to_owned();
    let (id, name, email) = (person.person.id, person.person.name.clone(), person.email.clone());
    let account = person_account::address(id);
    // The fields of the form for name and address, of which only one is changed.
    let edit = |name_to: String, email_to: String| {
        let was = [("name_was", name.clone()), ("email_was", email.clone())];
        [("name", name_to), ("email", email_to)].into_iter().chain(was).collect()
    };
    let (action, fields) = match Action::parse(&event.action)? {
        Action::RoleChanged if before != person.role.as_str() => {
            (format!("{}/role", people::PATH), vec![("person", id.to_string()), ("role", before.clone())])
        }
        _ if person.is_reader => return None,
        Action::NameChanged if before != name => (account, edit(before.clone(), email.clone())),
        Action::EmailChanged if before != email => (account, edit(name.clone(), before.clone())),
        _ => return None,
    };
    Some(button(action, &fields, "Put the earlier value back", format!("Put the earlier value back: {before}")))
}

fn tasks_section(person: &Person) -> AnyView {
    let rows = person
        .tasks
        .iter()
        .map(|(task, title, board, board_name, due)| {
            let title = view! {
                <a href=tasks::address(*task)>
                    <bdi>{title.clone()}</bdi>
                </a>
            };
            let due = due.map(|day| {
                let state = (Some(day) < person.today).then_some("overdue");
                view! {
                    <span class="chip" data-due=state>
                        {day.to_string()}
                    </span>
                }
                .into_any()
            });
            (format!("task-{task}"), vec![title.into_any(), board_link(*board, board_name.clone()), due.into_any()])
        })
        .collect();
    let table = small_table("Open tasks", &["Task", "Board", "Due"], rows, "None are assigned to them.");
    let all = (person.all_tasks > person.tasks.len() as u64).then(|| {
        view! { <a href=tasks_of(person.person.id)>{format!("All {} open tasks", thousands(person.all_tasks))}</a> }
            .into_any()
    });
    section("tasks", format!("Open tasks ({})", thousands(person.all_tasks)), "tasks", table, all)
}

fn sessions_section(person: &Person) -> AnyView {
    let rows = person
        .sessions
        .iter()
        .map(|session| {
            let cells = vec![
                browser_name(&session.agent),
                day(session.since).into_any(),
                seen_ago(session.seen, person.now),
                end_button(session, Some(&here(person))),
            ];
            (format!("session-{}", session.id), cells)
        })
        .collect();
    let table = small_table("Sessions", &["Browser", "Signed in", "Last used", "Action"], rows, "Signed in nowhere.");
    let all = (person.may_change && !person.sessions.is_empty()).then(|| {
        let fields = [("person", person.person.id.to_string()), here(person)];
        let label = format!("End all sessions of {}", person.person.name);
        button(sessions::END.to_owned(), &fields, "End all", label)
    });
    section("sessions", format!("Sessions ({})", person.sessions.len()), "sessions", table, all)
}

fn tokens_section(person: &Person) -> AnyView {
    let rows = person
        .tokens
        .iter()
        .map(|token| {
            let cells = vec![
                view! { <bdi>{token.name.clone()}</bdi> }.into_any(),
                words::scope(token.scope).into_any(),
                day(token.created).into_any(),
                seen_or(token.used, person.now, "Never"),
                expiry(token.expires, person.now),
                revoke_button(token, Some(&here(person))),
            ];
            (format!("token-{}", token.id), cells)
        })
        .collect();
    let headings = &["Name", "Scope", "Created", "Last used", "Expires", "Action"];
    let table = small_table("Tokens", headings, rows, "They have none.");
    section("tokens", format!("Tokens ({})", person.tokens.len()), "tokens", table, None)
}

/// The field that names this page as the one to return to.
fn here(person: &Person) -> (&'static str, String) {
    ("back", address(person.person.id))
}
