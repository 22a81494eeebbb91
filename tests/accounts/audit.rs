//! Tests that the audit log has one event for each thing that was done, none for what was not, and no secret.

use std::sync::Arc;

use app::audit::{Action, Event};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection, Row};
use taskwire::{credentials::Credentials, http::Services, settings::Settings, store::AuditFilter};

use crate::{
    browser::{Browser, PASSWORD, accounts, code, person},
    support::{database::Database, server::Server},
};

const OTHER: &str = "another horse battery";
const ANAS: &str = "203.0.113.1";
const BENS: &str = "198.51.100.7";

/// A server behind a proxy, its owner Ana's browser, and the events that were not looked at yet.
struct Scene {
    server: Server,
    services: Arc<Services>,
    ana: Browser,
    seen: usize,
    secrets: Vec<String>,
}

impl Scene {
    async fn on(database: &Database) -> Self {
        let (server, services) = Server::with_services(Settings { proxies: 1, ..accounts(database) }).await;
        let ana = Browser::at(&server, ANAS);
        let secret = code(&server).1.to_owned();
        ana.post("/first-visit", &[person("Ana Lima", "ana@example.com"), vec![code(&server)]].concat())
            .await
            .goes_to();
        let secrets = vec![PASSWORD.to_owned(), OTHER.to_owned(), secret];
        Self { server, services, ana, seen: 0, secrets }
    }

    /// All events, oldest first.
    async fn all(&self) -> Vec<Event> {
        let page = self.services.accounts.audit(&Credentials::local(), &AuditFilter::default(), None, 500).await;
        let mut events = page.unwrap().events;
        events.reverse();
        events
    }

    /// The events since the last look.
    async fn new_events(&mut self) -> Vec<Event> {
        let events = self.all().await.split_off(self.seen);
        self.seen += events.len();
        events
    }

    /// The events since the last look: what was done, by whom and how, and to what.
    async fn told(&mut self) -> Vec<String> {
        self.new_events().await.iter().map(told).collect()
    }

    async fn wait_for(&mut self, action: Action) -> Event {
        loop {
            if let Some(event) = self.new_events().await.into_iter().find(|event| event.action == action.as_str()) {
                return event;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Keeps the secret at the end of an address.
    fn secret_in(&mut self, address: &str) {
        self.secrets.push(address.rsplit(['/', '=']).next().unwrap().to_owned());
    }
}

fn told(event: &Event) -> String {
    let Event { action, actor, actor_name, method, address, target, .. } = event;
    let who = actor_name.as_deref().unwrap_or(actor);
    let from = address.as_deref().unwrap_or("here");
    let target = target.as_ref().map(|target| format!(": {} {}", target.kind, target.name)).unwrap_or_default();
    format!("{action} by {who} ({method}) from {from}{target}")
}

fn before_and_after(event: &Event) -> (&Value, &Value) {
    (&event.details["before"], &event.details["after"])
}

/// Everything in the table, as one text.
async fn whole_table(database: &Database) -> String {
    let mut connection = AnyConnection::connect(&database.url).await.unwrap();
    let columns = [
        "id",
        "action",
        "actor",
        "actor_name",
        "method",
        "token",
        "address",
        "agent",
        "target_kind",
        "target",
        "target_name",
        "details",
        "words",
    ];
    let columns = columns.map(|column| format!("COALESCE({column}, '')")).join(" || ' ' || ");
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {columns} FROM audit"))).fetch_all(&mut connection).await;
    rows.unwrap().iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
}

async fn every_action_leaves_one_event(database: Database) {
    let mut scene = Scene::on(&database).await;
    let accounts = scene.services.accounts.clone();
    assert_eq!(
        scene.told().await,
        [
            "first_visit_link_created by server (server) from here",
            "account_created by Ana Lima (link) from 203.0.113.1: person Ana Lima",
            "first_visit_link_revoked by Ana Lima (link) from 203.0.113.1",
            "sign_in by Ana Lima (link) from 203.0.113.1: person Ana Lima",
        ]
    );

    // Signing in and out.
    scene.ana.post("/sign-out", &[]).await.goes_to();
    let form = scene.ana.form("/sign-in", &[("email", "ana@example.com"), ("password", PASSWORD)]);
    let form = form.header("Origin", &scene.server.origin).header("User-Agent", "x".repeat(300));
    scene.ana.send(form).await.goes_to();
    let events = scene.new_events().await;
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            "sign_out by Ana Lima (session) from 203.0.113.1: person Ana Lima",
            "sign_in by Ana Lima (password) from 203.0.113.1: person Ana Lima",
        ]
    );
    assert_eq!(events[1].agent.as_ref().unwrap().len(), 200, "shortened");
    assert!(events[0].at <= events[1].at && events[0].id < events[1].id);
    let anas = events[1].actor.clone();

    // One's own name.
    scene.ana.post("/account/name", &[("name", "Ana")]).await.goes_to();
    let events = scene.new_events().await;
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        ["name_changed by Ana Lima (session) from 203.0.113.1: person Ana Lima"]
    );
    assert_eq!(before_and_after(&events[0]), (&json!("Ana Lima"), &json!("Ana")));

    // An invitation, which puts its person on a board.
    let board = scene.ana.create_board("Plans").await;
    let invitation = scene.ana.invite(&[("role", "member"), ("note", "for Ben"), (&board, "editor")]).await;
    scene.secret_in(&invitation);
    let bens = Browser::at(&scene.server, BENS);
    bens.post(&invitation, &person("Ben", "ben@example.com")).await.goes_to();
    let events = scene.new_events().await;
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            "board_created by Ana (session) from 203.0.113.1: board Plans",
            "invitation_created by Ana (session) from 203.0.113.1: invitation for Ben",
            "account_created by Ben (link) from 198.51.100.7: person Ben",
            "invitation_used by Ben (link) from 198.51.100.7: invitation for Ben",
            "member_changed by Ben (link) from here: board Plans",
            "sign_in by Ben (link) from 198.51.100.7: person Ben",
        ]
    );
    assert_eq!(events[1].details, json!({ "role": "member", "boards": [{ "board": board, "role": "editor" }] }));
    assert_eq!(events[2].details["email"], "ben@example.com");
    let (ben, changed) = (&events[2].target.as_ref().unwrap().id, &events[4].details);
    assert_eq!(
        (&changed["person"], &changed["before"], &changed["after"]),
        (&json!(ben), &Value::Null, &json!("editor"))
    );
    let ben = ben.to_string();

    // An invitation that is not used.
    let unused = scene.ana.invite(&[("role", "admin")]).await;
    scene.secret_in(&unused);
    let id = accounts.invitations(&Credentials::local()).await.unwrap()[0].0.id.to_string();
    scene.ana.post("/people/invitations/revoke", &[("id", &id)]).await.goes_to();
    assert_eq!(
        scene.told().await,
        [
            "invitation_created by Ana (session) from 203.0.113.1: invitation ",
            "invitation_revoked by Ana (session) from 203.0.113.1: invitation ",
        ]
    );

    // Somebody's role, and whether they may sign in.
    scene.ana.post("/people/role", &[("person", &ben), ("role", "admin")]).await.goes_to();
    scene.ana.post("/people/deactivate", &[("person", &ben)]).await.goes_to();
    scene.ana.post("/people/reactivate", &[("person", &ben)]).await.goes_to();
    let events = scene.new_events().await;
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            "role_changed by Ana (session) from 203.0.113.1: person Ben",
            "deactivated by Ana (session) from 203.0.113.1: person Ben",
            "session_ended by Ana (session) from 203.0.113.1: person Ben",
            "reactivated by Ana (session) from 203.0.113.1: person Ben",
        ]
    );
    assert_eq!(before_and_after(&events[0]), (&json!("member"), &json!("admin")));
    assert_eq!(events[2].details, json!({ "sessions": 1 }));

    // A group, which gives a role on a board and takes it.
    let made = scene.ana.post("/admin/groups", &[("name", "Crew")]).await;
    let group = made.goes_to();
    scene.ana.post(&format!("{group}/people"), &[("person", &ben)]).await.goes_to();
    scene.ana.post(&format!("{group}/boards"), &[("board", &board), ("role", "manager")]).await.goes_to();
    scene.ana.post(&format!("{group}/boards"), &[("board", &board), ("role", "manager")]).await.goes_to();
    scene.ana.post(group, &[("name", "Leads")]).await.goes_to();
    scene.ana.post(&format!("{group}/people/remove"), &[("person", &ben)]).await.goes_to();
    scene.ana.post(&format!("{group}/delete"), &[("name", "Leads")]).await.goes_to();
    let events = scene.new_events().await;
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            "group_created by Ana (session) from 203.0.113.1: group Crew",
            "group_person_added by Ana (session) from 203.0.113.1: group Crew",
            "group_board_changed by Ana (session) from 203.0.113.1: group Crew",
            "member_changed by Ana (session) from 203.0.113.1: board Plans",
            "group_changed by Ana (session) from 203.0.113.1: group Crew",
            "group_person_removed by Ana (session) from 203.0.113.1: group Leads",
            "member_changed by Ana (session) from 203.0.113.1: board Plans",
            "group_deleted by Ana (session) from 203.0.113.1: group Leads",
        ]
    );
    assert_eq!(before_and_after(&events[2]), (&Value::Null, &json!("manager")));
    assert_eq!(before_and_after(&events[6]), (&json!("manager"), &json!("editor")));

    // A new password, by a link.
    scene.ana.post("/people/new-password", &[("person", &ben)]).await.goes_to();
    let link = scene.ana.shown_link("/people").await;
    scene.secret_in(&link);
    bens.post(&link, &[("password", OTHER), ("again", OTHER)]).await.goes_to();
    assert_eq!(
        scene.told().await,
        [
            "password_link_created by Ana (session) from 203.0.113.1: person Ben",
            "password_link_used by Ben (link) from 198.51.100.7: person Ben",
            "password_changed by Ben (link) from 198.51.100.7: person Ben",
        ]
    );

    // One's own password: all other browsers are signed out, and the tokens are revoked.
    bens.sign_in("ben@example.com", OTHER).await.goes_to();
    bens.fresh().sign_in("ben@example.com", OTHER).await.goes_to();
    bens.post("/account/tokens", &[("name", "Nightly"), ("scope", "admin"), ("expires", "never")]).await.goes_to();
    let token = bens.get("/account").await.secret().unwrap();
    scene.secrets.push(token.clone());
    let api = |method: Method, path: &str| {
        scene
            .server
            .api(method, path)
            .bearer_auth(&token)
            .header("X-Forwarded-For", BENS)
            .header("User-Agent", "curl/8")
    };
    let renamed =
        api(Method::PATCH, &format!("/people/{anas}")).json(&json!({ "role": "member" })).send().await.unwrap();
    assert_eq!(renamed.status(), StatusCode::FORBIDDEN, "an admin cannot change an owner");
    let invited = api(Method::POST, "/invitations").json(&json!({})).send().await.unwrap();
    let invited: Value = serde_json::from_str(&invited.text().await.unwrap()).unwrap();
    let url = invited["url"].as_str().unwrap().to_owned();
    let change = [("current", OTHER), ("password", PASSWORD), ("again", PASSWORD), ("revoke_tokens", "yes")];
    bens.post("/account/password", &change).await.goes_to();
    scene.secret_in(&url);
    let events = scene.new_events().await;
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            "sign_in by Ben (password) from 198.51.100.7: person Ben",
            "sign_in by Ben (password) from 198.51.100.7: person Ben",
            "token_created by Ben (session) from 198.51.100.7: token Nightly",
            "invitation_created by Ben (token) from 198.51.100.7: invitation ",
            "password_changed by Ben (session) from 198.51.100.7: person Ben",
            "session_ended by Ben (session) from 198.51.100.7: person Ben",
            "token_revoked by Ben (session) from 198.51.100.7: token Nightly",
        ]
    );
    assert_eq!((events[2].details["scope"].as_str(), events[2].details["name"].as_str()), (Some("admin"), Some("Ben")));
    assert_eq!(events[3].token, Some(events[2].target.as_ref().unwrap().id), "which token it was");
    assert_eq!(events[3].agent.as_deref(), Some("curl/8"));

    // A board: who may see it.
    let api = |method: Method, path: &str| {
        scene.ana.request(method, &format!("/api/v1/boards/{board}{path}")).header("Origin", &scene.server.origin)
    };
    scene.ana.send(api(Method::PATCH, "").json(&json!({ "everyone": "viewer" }))).await;
    scene.ana.send(api(Method::PATCH, "").json(&json!({ "everyone": "viewer" }))).await;
    scene.ana.send(api(Method::PUT, &format!("/members/{ben}")).json(&json!({ "role": "manager" }))).await;
    scene.ana.send(api(Method::DELETE, &format!("/members/{ben}"))).await;
    let made: Value = serde_json::from_str(&scene.ana.send(api(Method::POST, "/links")).await.text).unwrap();
    let (url, link) = (made["url"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned());
    scene.ana.send(api(Method::DELETE, &format!("/links/{link}"))).await;
    scene.ana.send(api(Method::POST, "/tasks").json(&json!({ "title": "Buy milk" }))).await;
    scene.ana.send(api(Method::PATCH, "").json(&json!({ "archived": true }))).await;
    scene.ana.send(api(Method::PATCH, "").json(&json!({ "archived": true }))).await;
    scene.ana.send(api(Method::PATCH, "").json(&json!({ "archived": false }))).await;
    scene.ana.send(api(Method::DELETE, "")).await;
    scene.secret_in(&url);
    let events = scene.new_events().await;
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            "board_access_changed by Ana (session) from 203.0.113.1: board Plans",
            "member_changed by Ana (session) from 203.0.113.1: board Plans",
            "member_changed by Ana (session) from 203.0.113.1: board Plans",
            "share_link_created by Ana (session) from 203.0.113.1: share_link Plans",
            "share_link_revoked by Ana (session) from 203.0.113.1: share_link Plans",
            "board_archived by Ana (session) from 203.0.113.1: board Plans",
            "board_unarchived by Ana (session) from 203.0.113.1: board Plans",
            "board_deleted by Ana (session) from 203.0.113.1: board Plans",
        ]
    );
    assert_eq!(before_and_after(&events[0]), (&Value::Null, &json!("viewer")));
    assert_eq!(before_and_after(&events[1]), (&json!("editor"), &json!("manager")));
    assert_eq!(before_and_after(&events[2]), (&json!("manager"), &Value::Null));
    assert_eq!((&events[3].details["board"], &events[3].details["seq"]), (&json!(board), &json!(9)));

    // No secret, in no form.
    let cookie = scene.ana.cookie("taskwire_session").unwrap();
    scene.secrets.extend(cookie.split(['=', '%']).filter(|part| part.len() > 10).map(str::to_owned));
    let table = whole_table(&database).await;
    assert!(table.contains("ben@example.com"));
    for secret in &scene.secrets {
        assert!(!table.to_lowercase().contains(&secret.to_lowercase()), "{secret} is in the audit log");
        let hash = taskwire::secret::SecretHash::of(secret).to_string();
        assert!(!table.contains(&hash), "the hash of {secret} is in the audit log");
    }
    assert!(!table.contains("argon2"));
}

async fn what_is_refused_leaves_none(database: Database) {
    let mut scene = Scene::on(&database).await;
    let anas = scene.services.store.directory().accounts()[0].id.to_string();
    let invitation = scene.ana.invite(&[("role", "member")]).await;
    scene.told().await;
    // The owner stays one, and nothing changes for who has that role or name already.
    scene
        .ana
        .post("/people/role", &[("person", &anas), ("role", "member")])
        .await
        .is_refused(StatusCode::UNPROCESSABLE_ENTITY, "owner");
    scene.ana.post("/people/deactivate", &[("person", &anas)]).await;
    scene.ana.post("/people/reactivate", &[("person", &anas)]).await.goes_to();
    scene.ana.post("/people/role", &[("person", &anas), ("role", "owner")]).await.goes_to();
    scene.ana.post("/account/name", &[("name", "Ana Lima")]).await.goes_to();
    scene.ana.post("/account/name", &[("name", "")]).await;
    let wrong = [("current", OTHER), ("password", OTHER), ("again", OTHER)];
    scene.ana.post("/account/password", &wrong).await.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "wrong");
    // The transaction has inserted nothing when it finds the address taken.
    let stranger = Browser::at(&scene.server, BENS);
    stranger
        .post(&invitation, &person("Ben", "ana@example.com"))
        .await
        .is_refused(StatusCode::UNPROCESSABLE_ENTITY, "account");
    stranger.post("/join/made-up", &person("Ben", "ben@example.com")).await;
    stranger.post("/sign-out", &[]).await.goes_to();
    let board = scene.ana.create_board("Plans").await;
    assert_eq!(scene.told().await, ["board_created by Ana Lima (session) from 203.0.113.1: board Plans"]);
    let missing = format!("/api/v1/boards/{board}/members/{board}");
    let missing = scene.ana.request(Method::PUT, &missing).header("Origin", &scene.server.origin);
    assert_eq!(scene.ana.send(missing.json(&json!({ "role": "viewer" }))).await.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.told().await, [""; 0]);
}

async fn failed_sign_ins_are_told_and_bounded(database: Database) {
    let mut scene = Scene::on(&database).await;
    let thief = Browser::at(&scene.server, BENS);
    thief.sign_in("not-the-address@example.com", "a wrong guess").await;
    for _ in 0..30 {
        let status = thief.sign_in("ANA@example.com", "a wrong guess").await.status;
        assert!(matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS), "{status}");
    }
    let event = scene.wait_for(Action::SignInFailed).await;
    assert_eq!(told(&event), "sign_in_failed by nobody (none) from 198.51.100.7: person Ana Lima");
    assert_eq!(event.details, json!({ "attempts": 1 }));
    // What followed in the same minute is one event.
    scene.services.accounts.write_counted_failures().await.unwrap();
    scene.services.accounts.write_counted_failures().await.unwrap();
    let events = scene.new_events().await;
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        ["sign_in_failed by nobody (none) from 198.51.100.7: person Ana Lima"]
    );
    assert_eq!(events[0].details, json!({ "attempts": 29 }));
    let table = whole_table(&database).await;
    assert!(!table.contains("not-the-address") && !table.contains("a wrong guess"), "{table}");
}

macro_rules! on_both_engines {
    ($($name:ident)*) => {$(
        mod $name {
            use crate::support::database::Database;

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                super::$name(Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                super::$name(Database::postgres().await).await;
            }
        }
    )*};
}

on_both_engines! {
    every_action_leaves_one_event
    what_is_refused_leaves_none
    failed_sign_ins_are_told_and_bounded
}
