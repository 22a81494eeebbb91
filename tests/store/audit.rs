//! Tests how the audit log is searched, read in pages and deleted for its age.

use std::{collections::BTreeSet, time::Instant};

use app::{
    access::InstanceRole,
    audit::{Action, Actor},
    time::Timestamp,
};
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use taskwire::{
    accounts::{Accounts, NewPerson, audit::AuditQuery},
    credentials::Credentials,
    hub::Hub,
    store::{AuditFilter, AuditKey, Store},
};
use uuid::Uuid;

use crate::{on_both_engines, support::database::Database};

fn accounts_of(store: &Store) -> Accounts {
    Accounts::new(store.clone(), Hub::new(store.clone()), None, String::new())
}

/// Inserts events of two people, one a second, without the product.
async fn insert(database: &Database, count: u32) {
    let insert = format!(
        "INSERT INTO audit (id, at, action, actor, method, target_kind, target, target_name, details, words) \
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) \
         SELECT '00000000-0000-7000-8000-' || SUBSTR(CAST(1000000000000 + i AS TEXT), 2), 1000000000000 + i * 1000, \
                CASE WHEN i % 100 = 0 THEN 'role_changed' ELSE 'sign_in' END, \
                '00000000-0000-7000-8000-00000000000' || CAST(i % 2 AS TEXT), 'session', 'person', \
                '00000000-0000-7000-9000-' || SUBSTR(CAST(1000000000000 + i % 1000 AS TEXT), 2), 'Number ' || CAST(i AS TEXT), \
                '{{}}', 'number ' || CAST(i AS TEXT) || '.' FROM n"
    );
    let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
    sqlx::query(AssertSqlSafe(insert)).execute(&mut connection).await.expect("they are inserted");
}

fn at(second: i64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(1_000_000_000_000 + second * 1_000))
}

fn person(number: u128) -> Actor {
    Actor::Person(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 + number).into())
}

/// The names of all events that match, in the pages of this size, and how many pages that were.
async fn all(store: &Store, filter: &AuditFilter, limit: usize) -> (Vec<String>, usize) {
    let (mut names, mut before, mut pages): (Vec<String>, Option<AuditKey>, usize) = (Vec::new(), None, 0);
    loop {
        let page = store.audit(filter, before, limit).await.expect("a page");
        assert!(page.events.len() <= limit);
        names.extend(page.events.into_iter().map(|event| event.target.expect("a target").name));
        (before, pages) = (page.next, pages + 1);
        if before.is_none() {
            return (names, pages);
        }
    }
}

on_both_engines! {
    async fn each_filter_finds_what_it_says_newest_first(database) {
        let store = database.open().await;
        insert(&database, 1_000).await;
        let none = AuditFilter::default();
        let (names, pages) = all(&store, &none, 300).await;
        let expected: Vec<String> = (0..1_000).rev().map(|number| format!("Number {number}")).collect();
        assert_eq!((names, pages), (expected, 4));
        assert_eq!(all(&store, &none, 1_000).await.1, 1, "there is no next page after the last");
        let count = async |filter: AuditFilter| all(&store, &filter, 7).await.0.len();
        assert_eq!(count(AuditFilter { actor: Some(person(1)), ..none.clone() }).await, 500);
        assert_eq!(count(AuditFilter { actor: Some(Actor::Operator), ..none.clone() }).await, 0);
        assert_eq!(count(AuditFilter { action: Some(Action::RoleChanged), ..none.clone() }).await, 10);
        let both = AuditFilter { action: Some(Action::RoleChanged), actor: Some(person(1)), ..none.clone() };
        assert_eq!(count(both).await, 0, "all of it must hold");
        let target = Uuid::from_u128(0x0000_0000_0000_7000_9000_0000_0000_0000 + 7);
        assert_eq!(all(&store, &AuditFilter { target: Some(target), ..none.clone() }, 7).await.0, ["Number 7"]);
        let span = AuditFilter { from: at(10), to: at(13), ..none.clone() };
        assert_eq!(all(&store, &span, 7).await.0, ["Number 12", "Number 11", "Number 10"]);
        let text = |text: &str| AuditFilter { text: Some(text.to_owned()), ..AuditFilter::default() };
        assert_eq!(all(&store, &text("NUMBER 77."), 7).await.0, ["Number 77"]);
        assert_eq!(count(text("number")).await, 1_000);
        for nothing in ["%", "_", "!", "number_7", "'"] {
            assert_eq!(count(text(nothing)).await, 0, "{nothing} is a text as any other");
        }
    }

    async fn a_search_for_a_text_continues_on_the_next_page(database) {
        let store = database.open().await;
        insert(&database, 120_000).await;
        let text = AuditFilter { text: Some("number 5.".to_owned()), ..AuditFilter::default() };
        let first = store.audit(&text, None, 10).await.expect("a page");
        assert!(first.events.is_empty() && first.next.is_some(), "what is far away is not looked for at once");
        assert_eq!(all(&store, &text, 10).await, (vec!["Number 5".to_owned()], 3));
        let many = AuditFilter { text: Some("number 11999".to_owned()), ..AuditFilter::default() };
        let (names, _) = all(&store, &many, 3).await;
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "none comes twice");
        assert_eq!(names.len(), 11);
    }

    async fn old_events_are_deleted_and_no_others(database) {
        let store = database.open().await;
        insert(&database, 12_000).await;
        accounts_of(&store).record(&Credentials::operator(), Action::BackupMade, json!({})).await.expect("it is recorded");
        assert_eq!(store.forget_audit(at(11_990).expect("a time")).await.expect("they are deleted"), 11_990);
        assert_eq!(store.forget_audit(at(11_990).expect("a time")).await.expect("nothing more"), 0);
        let left = store.audit(&AuditFilter::default(), None, 100).await.expect("a page").events;
        assert_eq!(left.len(), 11);
        assert_eq!((left[0].action.as_str(), left[0].actor.as_str()), ("backup_made", "operator"));
        assert_eq!(left[10].target.as_ref().expect("a target").name, "Number 11990");
    }

    async fn a_filter_is_read_as_people_write_it(database) {
        let store = database.open().await;
        let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
        let ana = accounts_of(&store).add(&Credentials::local(), new, InstanceRole::Owner).await.expect("an account");
        let filter = |query: AuditQuery| query.filter(&store.directory());
        let by = |actor: &str| filter(AuditQuery { actor: actor.to_owned(), ..AuditQuery::default() });
        assert_eq!(by("").expect("no filter"), AuditFilter::default());
        assert_eq!(by(" ANA@example.com").expect("a person").actor, Some(Actor::Person(ana)));
        assert_eq!(by(&ana.to_string()).expect("a person").actor, Some(Actor::Person(ana)));
        assert_eq!(by("operator").expect("a kind").actor, Some(Actor::Operator));
        assert!(by("ben@example.com").is_err());
        let within = |from: &str, to: &str| {
            filter(AuditQuery { from: from.to_owned(), to: to.to_owned(), ..AuditQuery::default() })
        };
        let day = within("2001-09-09", "2001-09-09").expect("a day");
        assert_eq!(day.to.expect("its end").as_millis() - day.from.expect("its start").as_millis(), 24 * 60 * 60 * 1_000);
        assert_eq!(within("2001-09-09T01:46:40Z", "").expect("a time").from, at(0));
        assert!(within("yesterday", "").is_err() && within("", "2001-13-01").is_err());
    }
}

/// `cargo nextest run --release -p taskwire --test store --run-ignored only --no-capture audit`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn pages_of_a_million_events() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let store = database.open().await;
        insert(&database, 1_000_000).await;
        let none = AuditFilter::default();
        let target = Uuid::from_u128(0x0000_0000_0000_7000_9000_0000_0000_0000 + 7);
        let text = |text: &str| AuditFilter { text: Some(text.to_owned()), ..AuditFilter::default() };
        let both = AuditFilter { action: Some(Action::RoleChanged), actor: Some(person(0)), ..none.clone() };
        let filters = [
            ("no filter", none.clone()),
            ("an actor", AuditFilter { actor: Some(person(1)), ..none.clone() }),
            ("an action", AuditFilter { action: Some(Action::RoleChanged), ..none.clone() }),
            ("an action and an actor", both),
            ("an action that does not occur", AuditFilter { action: Some(Action::Exported), ..none.clone() }),
            ("a target", AuditFilter { target: Some(target), ..none.clone() }),
            ("a time", AuditFilter { to: at(500_000), ..none.clone() }),
            ("a text that is common", text("number")),
            ("a text that does not occur", text("nowhere")),
        ];
        for (name, filter) in filters {
            let mut times = Vec::new();
            for _ in 0..20 {
                let began = Instant::now();
                store.audit(&filter, None, 100).await.expect("a page");
                times.push(began.elapsed());
            }
            times.sort();
            println!("{}: {name}: {:?}, at worst {:?}", &database.url[..6], times[10], times[19]);
        }
    }
}
