//! Tests settings that change while the server runs: who changes them, what they do at once and everywhere, and what does not change them.

use std::time::Duration;

use app::{
    access::{InstanceRole, Scope},
    audit::Action,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use taskwire::{accounts::NewPerson, credentials::Credentials, http::Services, store::AuditFilter};
use tokio::time::timeout;

use crate::{
    browser::{Browser, PASSWORD, accounts, served_with},
    support::{
        client::PATIENCE,
        database::Database,
        engines::on_both_engines,
        server::{Process, Server, answer, command, problem, run as run_command},
    },
};

/// A token of somebody with a role.
async fn token(services: &Services, name: &str, role: InstanceRole) -> String {
    let (accounts, local) = (&services.accounts, Credentials::local());
    let email = format!("{name}@example.com");
    let id = accounts.add(&local, NewPerson { name, email: &email, password: None }, role).await.unwrap();
    accounts.create_token(&local, id, "test", Scope::Admin, None).await.unwrap().0.expose().to_owned()
}

/// A setting in the list.
fn one<'l>(list: &'l Value, name: &str) -> &'l Value {
    let settings = list["settings"].as_array().unwrap();
    settings.iter().find(|setting| setting["name"] == name).unwrap()
}

/// Waits until something is so.
async fn until(what: impl Fn() -> bool) {
    let waited = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waited).await.expect("it becomes so");
}

on_both_engines! {
    async fn a_change_on_the_page_applies_at_once(database) {
        let (server, ana, services) = served_with(&database).await;
        let page = ana.get("/admin/settings").await.text;
        assert!(page.contains("Name of the server") && page.contains("Set at start") && page.contains("--sqlite-synchronous"));
        let named = [("server_name", "Acme & Söhne"), ("was-server_name", "Taskwire")];
        assert_eq!(ana.post("/admin/settings", &named).await.goes_to(), "/admin/settings");
        let page = ana.get("/admin/settings").await.text;
        assert!(page.contains("· Administration · Acme &amp; Söhne</title>"), "{page}");
        assert!(page.contains("Set here") && page.contains("Ana Lima") && page.contains("The settings are saved."));
        let door = ana.fresh().get("/sign-in").await.text;
        assert!(door.contains("<title>Sign in · Acme &amp; Söhne</title>"), "{door}");
        let home = ana.get("/").await.text;
        assert!(home.contains(r#"name="application-name" content="Acme &amp; Söhne""#), "{home}");
        assert!(home.contains("<title>Boards · Acme &amp; Söhne</title>") && home.contains(r#"<p class="brand">Acme &amp; Söhne"#));

        let limits = [("api_rate", "50"), ("was-api_rate", "6000"), ("sockets_per_person", "1"), ("was-sockets_per_person", "2000")];
        ana.post("/admin/settings", &limits).await.goes_to();
        let admin = token(&services, "ada", InstanceRole::Admin).await;
        let response = server.api(Method::GET, "/me").bearer_auth(&admin).send().await.unwrap();
        assert_eq!(response.headers()["ratelimit-policy"], "\"requests\";q=50;w=60");
        let live = services.settings.live().now();
        assert_eq!((live.api_rate, live.sockets_per_person, live.sockets_per_address), (50, 1, 10_000));

        // Back to the default: by the button, and by an empty field.
        ana.post("/admin/settings/default", &[("name", "api_rate"), ("was", "50")]).await.goes_to();
        ana.post("/admin/settings", &[("server_name", " "), ("was-server_name", "Acme & Söhne")]).await.goes_to();
        let live = services.settings.live().now();
        assert_eq!((live.api_rate, &*live.server_name, live.sockets_per_person), (6_000, "Taskwire", 1));
        // It is so after a restart.
        drop(services);
        server.stop().await;
        let (_server, services) = Server::with_services(accounts(&database)).await;
        assert_eq!(services.settings.live().now().sockets_per_person, 1);
    }

    async fn nothing_of_a_wrong_or_stale_form_is_applied(database) {
        let (server, ana, services) = served_with(&database).await;
        let wrong = [("sockets_per_person", "5"), ("was-sockets_per_person", "2000"), ("api_rate", "lots"), ("was-api_rate", "6000")];
        let refused = ana.post("/admin/settings", &wrong).await;
        refused.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "Expected a number");
        let page = ana.post("/admin/settings", &wrong).await.text;
        assert!(page.contains(r#"value="lots""#) && page.contains("<title>Error: Settings"), "what was typed stays: {page}");
        assert_eq!(services.settings.live().now().sockets_per_person, 2_000);
        // Somebody else was quicker. Saving again replaces what they set, knowingly.
        let mine = [("api_rate", "10"), ("was-api_rate", "6000")];
        ana.post("/admin/settings", &mine).await.goes_to();
        let theirs = [("api_rate", "20"), ("was-api_rate", "6000")];
        let page = ana.post("/admin/settings", &theirs).await;
        page.is_refused(StatusCode::CONFLICT, "else changed");
        assert!(page.text.contains(r#"value="20""#) && page.text.contains(r#"value="10""#), "{}", page.text);
        assert_eq!(services.settings.live().now().api_rate, 10);
        ana.post("/admin/settings", &[("api_rate", "20"), ("was-api_rate", "10")]).await.goes_to();
        assert_eq!(services.settings.live().now().api_rate, 20);
        // A form of another site.
        for path in ["/admin/settings", "/admin/settings/default", "/admin/settings/test-mail"] {
            let form = ana.form(path, &[("name", "api_rate"), ("was", "20")]).header("Origin", "https://elsewhere.example");
            assert_eq!(ana.send(form).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(services.settings.live().now().api_rate, 20);
        drop(server);
    }

    async fn over_rest_by_those_who_may_and_in_the_audit_log(database) {
        let (server, _ana, services) = served_with(&database).await;
        let (admin, owner) = (token(&services, "ada", InstanceRole::Admin).await, token(&services, "olga", InstanceRole::Owner).await);
        let member = token(&services, "ben", InstanceRole::Member).await;
        let get = |token: &str| server.api(Method::GET, "/settings").bearer_auth(token);
        let patch = |token: &str, body: Value| server.api(Method::PATCH, "/settings").bearer_auth(token).json(&body);
        problem(get(&member), StatusCode::FORBIDDEN, "forbidden").await;
        problem(patch(&member, json!({"settings": {"api_rate": "5"}})), StatusCode::FORBIDDEN, "forbidden").await;
        let before = answer(get(&admin), StatusCode::OK).await;
        let rate = one(&before, "api_rate");
        assert_eq!((&rate["value"], &rate["source"], &rate["changeable_by"]), (&json!("6000"), &json!("default"), &json!("admin")));
        assert_eq!(one(&before, "listen")["changeable_by"], Value::Null);

        let after = answer(patch(&admin, json!({"settings": {"api_rate": "500", "server_name": "Acme"}})), StatusCode::OK).await;
        assert_eq!((&one(&after, "api_rate")["value"], &one(&after, "api_rate")["source"]), (&json!("500"), &json!("here")));
        // What decides over data and passwords is for owners; and with it, nothing else of the request is done.
        for name in ["keep_audit", "log_retention", "keep_deleted_boards", "smtp", "mail_from"] {
            let both = json!({"settings": {"api_rate": "1", name: Value::Null}});
            problem(patch(&admin, both), StatusCode::FORBIDDEN, "forbidden").await;
        }
        answer(patch(&owner, json!({"settings": {"keep_audit": "30", "log_retention": "48h"}})), StatusCode::OK).await;
        let live = services.settings.live().now();
        assert_eq!((live.audit.as_secs(), live.log.unwrap().as_secs(), live.api_rate), (30 * 86_400, 2 * 86_400, 500));
        // Wrong values, and values that are not the newest.
        for (body, status, code, field) in [
            (json!({"settings": {"api_rate": "-1"}}), StatusCode::UNPROCESSABLE_ENTITY, "invalid", "api_rate"),
            (json!({"settings": {"api_rate": 5}}), StatusCode::UNPROCESSABLE_ENTITY, "invalid", "settings.api_rate"),
            (json!({"settings": {"listen": "127.0.0.1:1"}}), StatusCode::UNPROCESSABLE_ENTITY, "invalid", "settings"),
            (json!({"settings": {"colour": "red"}}), StatusCode::UNPROCESSABLE_ENTITY, "invalid", "settings"),
            (json!({"settings": {"smtp": "smtp://localhost"}}), StatusCode::UNPROCESSABLE_ENTITY, "invalid", "mail_from"),
        ] {
            let told = problem(patch(&owner, body.clone()), status, code).await;
            assert_eq!(told["errors"][0]["field"], field, "{body}: {told}");
        }
        let stale = json!({"settings": {"api_rate": "7"}, "was": {"api_rate": "6000"}});
        let told = problem(patch(&owner, stale), StatusCode::CONFLICT, "changed").await;
        assert!(told["detail"].as_str().unwrap().contains("“500”"), "{told}");

        // The password is stored, and shown nowhere.
        let mail = json!({"settings": {"smtp": "smtp://ana:hush-hush@127.0.0.1:1", "mail_from": "board@example.com"}});
        let after = answer(patch(&owner, mail), StatusCode::OK).await;
        assert_eq!(one(&after, "smtp")["value"], "smtp://ana:***@127.0.0.1:1");
        let reset = answer(patch(&owner, json!({"settings": {"api_rate": null}})), StatusCode::OK).await;
        assert_eq!(one(&reset, "api_rate")["source"], "default");

        let filter = AuditFilter { action: Some(Action::SettingChanged), ..AuditFilter::default() };
        let mut events = services.accounts.audit(&Credentials::local(), &filter, None, 50).await.unwrap().events;
        events.reverse();
        let told: Vec<_> = events.iter().map(|event| (event.actor_name.as_deref().unwrap(), &event.details)).collect();
        let changed = |name: &str, before: Value, after: Value| json!({"setting": name, "before": before, "after": after});
        assert_eq!(told.len(), 7, "{told:?}");
        assert!(told.contains(&("ada", &changed("api_rate", json!("6000"), json!("500")))), "{told:?}");
        assert!(told.contains(&("olga", &changed("keep_audit", json!("365"), json!("30")))), "{told:?}");
        assert!(told.contains(&("olga", &changed("smtp", Value::Null, json!("smtp://ana:***@127.0.0.1:1")))), "{told:?}");
        assert!(told.contains(&("olga", &changed("api_rate", json!("500"), json!("6000")))), "{told:?}");
        assert!(!format!("{events:?} {reset}").contains("hush-hush"));
    }

    async fn the_command_line_changes_them_beside_a_server(database) {
        let url = database.url.clone();
        let settings = |arguments: &[&str]| run_command(command(&["settings"]).args(arguments).args(["--database", &url]));
        let (_server, services) = Server::with_services(accounts(&database)).await;
        let (code, out, error) = settings(&["set", "server-name", "Acme"]);
        assert_eq!(code, Some(0), "{error}");
        assert!(out.contains("server-name") && out.contains("Acme") && out.contains("set here"), "{out}");
        until(|| &*services.settings.live().now().server_name == "Acme").await;
        let (code, _, error) = settings(&["set", "api-rate", "lots"]);
        assert_eq!(code, Some(1));
        assert!(error.contains("expected a number"), "{error}");
        let (_, out, _) = settings(&["list", "--api-rate", "70", "--json"]);
        let listed: Value = serde_json::from_str(&out).unwrap();
        let listed = json!({ "settings": listed });
        assert_eq!((&one(&listed, "api_rate")["value"], &one(&listed, "api_rate")["source"]), (&json!("70"), &json!("flag")));
        assert_eq!(one(&listed, "server_name")["source"], "here");
        assert_eq!(settings(&["unset", "server-name"]).0, Some(0));
        until(|| &*services.settings.live().now().server_name == "Taskwire").await;
        let (code, _, error) = settings(&["test-mail", "ana@example.com"]);
        assert_eq!(code, Some(1));
        assert!(error.contains("no mail server is set"), "{error}");
    }
}

/// The other node has no Redis to be told by.
#[tokio::test(flavor = "multi_thread")]
async fn another_node_has_a_change_within_a_second() {
    let database = Database::postgres().await;
    let (_one, ana, _) = served_with(&database).await;
    let (other, services) = Server::with_services(accounts(&database)).await;
    ana.post("/admin/settings", &[("server_name", "Acme"), ("was-server_name", "Taskwire")]).await.goes_to();
    until(|| &*services.settings.live().now().server_name == "Acme").await;
    let page = Browser::on(&other).get("/sign-in").await.text;
    assert!(page.contains("<title>Sign in · Acme</title>"), "{page}");
}

/// What was given at start wins, says so, and cannot be changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_flag_and_a_variable_win_over_what_is_set_here() {
    let database = Database::sqlite();
    let url = database.url.clone();
    let set =
        |name: &str, value: &str| run_command(&mut command(&["settings", "set", name, value, "--database", &url]));
    drop(Process::start(&database));
    assert_eq!(
        (set("api-rate", "5").0, set("server-name", "Acme").0, set("keep-audit", "30").0),
        (Some(0), Some(0), Some(0))
    );
    let serve = ["serve", "--auth", "open", "--listen", "127.0.0.1:0", "--database", &url, "--api-rate", "6000"];
    let server = Process::spawn(command(&serve).env("TASKWIRE_SERVER_NAME", "Given"));
    let client = reqwest::Client::new();
    let listed = answer(client.get(format!("{}/api/v1/settings", server.base)), StatusCode::OK).await;
    let told = |name: &str| {
        let setting = one(&listed, name);
        (setting["value"].as_str().unwrap().to_owned(), setting["source"].as_str().unwrap().to_owned())
    };
    // Also a flag with the value of the default.
    assert_eq!(told("api_rate"), ("6000".to_owned(), "flag".to_owned()));
    assert_eq!(told("server_name"), ("Given".to_owned(), "variable".to_owned()));
    assert_eq!(told("keep_audit"), ("30".to_owned(), "here".to_owned()));
    let patch = client.patch(format!("{}/api/v1/settings", server.base)).json(&json!({"settings": {"api_rate": "7"}}));
    let refused = problem(patch, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    assert!(refused["detail"].as_str().unwrap().contains("set by --api-rate at start"), "{refused}");
    let page = client.get(format!("{}/admin/settings", server.base)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("TASKWIRE_SERVER_NAME") && page.contains("· Given</title>"), "{page}");
}

/// An admin sees what only owners change, without a field for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_admin_has_no_fields_for_what_owners_decide() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let ada = Browser::on(&server);
    let new = NewPerson { name: "Ada", email: "ada@example.com", password: Some(PASSWORD) };
    services.accounts.add(&Credentials::local(), new, InstanceRole::Admin).await.unwrap();
    ada.sign_in("ada@example.com", PASSWORD).await.goes_to();
    let (owners, admins) = (ana.get("/admin/settings").await.text, ada.get("/admin/settings").await.text);
    assert!(owners.contains(r#"name="smtp""#) && owners.contains(r#"name="keep_audit""#));
    assert!(
        !admins.contains(r#"name="smtp""#)
            && !admins.contains(r#"name="keep_audit""#)
            && admins.contains("Only owners")
    );
    assert!(admins.contains(r#"name="server_name""#));
    let refused = ada.post("/admin/settings", &[("keep_audit", "1"), ("was-keep_audit", "365")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
