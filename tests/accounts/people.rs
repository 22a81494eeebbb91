//! Tests roles, and the deactivation of accounts.

use reqwest::StatusCode;

use crate::{
    browser::{Browser, PASSWORD, person, served},
    support::{database::Database, server::Server},
};

#[tokio::test(flavor = "multi_thread")]
async fn members_do_not_see_the_page_and_are_told_so() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let ben = join(&server, &ana, "Ben", "member").await;
    ben.get("/people").await.is_refused(StatusCode::FORBIDDEN, "You do not have access");
    let id = ana.get("/people").await.id_of("Ben");
    for (path, fields) in [
        ("/people/role", vec![("person", id.as_str()), ("role", "owner")]),
        ("/people/deactivate", vec![("person", &id)]),
        ("/people/reactivate", vec![("person", &id)]),
        ("/people/new-password", vec![("person", &id)]),
        ("/people/invitations", vec![("role", "member")]),
        ("/people/invitations/revoke", vec![("id", &id)]),
    ] {
        assert_eq!(ben.post(path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!ben.get("/account").await.text.contains("href=\"/people\""), "nor a way there");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_always_an_owner_and_no_admin_touches_one() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let ben = join(&server, &ana, "Ben", "admin").await;
    let page = ana.get("/people").await;
    let (ana_id, ben_id) = (page.id_of("Ana Lima"), page.id_of("Ben"));
    fn role<'a>(person: &'a str, role: &'a str) -> [(&'static str, &'a str); 2] {
        [("person", person), ("role", role)]
    }

    let last = ana.post("/people/role", &role(&ana_id, "member")).await;
    last.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "a server needs an owner");
    assert!(last.text.contains("<details class=\"change\" open") || last.text.contains("open class=\"change\""));
    let last = ana.post("/people/deactivate", &[("person", &ana_id)]).await;
    last.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "a server needs an owner");

    for (path, fields) in [
        ("/people/role", role(&ana_id, "member").to_vec()),
        ("/people/role", role(&ben_id, "owner").to_vec()),
        ("/people/deactivate", vec![("person", ana_id.as_str())]),
        ("/people/new-password", vec![("person", &ana_id)]),
    ] {
        ben.post(path, &fields).await.is_refused(StatusCode::FORBIDDEN, "You may not do this");
    }
    assert!(!ben.get("/people").await.text.contains("Change Ana Lima"), "it is not even offered");

    ana.post("/people/role", &role(&ben_id, "owner")).await.goes_to();
    assert!(ana.get("/people").await.text.contains("Ben is now: Owner."));
    ana.post("/people/role", &role(&ana_id, "member")).await.goes_to();
    assert_eq!(ana.get("/people").await.status, StatusCode::FORBIDDEN, "it holds at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deactivated_is_signed_out_at_once_and_comes_back_when_reactivated() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let ben = join(&server, &ana, "Ben", "member").await;
    let id = ana.get("/people").await.id_of("Ben");
    ana.post("/people/new-password", &[("person", &id)]).await.goes_to();
    let link = ana.shown_link("/people").await;
    ana.post("/people/deactivate", &[("person", &id)]).await.goes_to();
    assert!(ana.get("/people").await.text.contains("Ben is deactivated and signed out everywhere."));
    assert!(!ben.is_in().await);
    assert_eq!(ben.sign_in("ben@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ben.get(&link).await.status, StatusCode::GONE);
    let refused = ana.post("/people/new-password", &[("person", &id)]).await;
    refused.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "is deactivated");
    ana.post("/people/reactivate", &[("person", &id)]).await.goes_to();
    assert!(!ben.is_in().await, "what was ended stays ended");
    assert_eq!(ben.sign_in("ben@example.com", PASSWORD).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_among_many() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    join(&server, &ana, "Ben Okri", "member").await;
    join(&server, &ana, "Cleo Sol", "member").await;
    let found = ana.get("/people?search=OKRI").await.text;
    assert!(found.contains("Change Ben Okri") && !found.contains("Change Cleo Sol"));
    assert!(ana.get("/people?search=nobody").await.text.contains("Nobody has that"));
}

/// Creates a person with an invitation. Returns their browser.
#[tokio::test(flavor = "multi_thread")]
async fn rest_lists_people_in_each_order_page_by_page() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let ben = join(&server, &ana, "ben", "member").await;
    join(&server, &ana, "Aaron", "admin").await;
    let ben_id = ana.get("/people").await.id_of("ben");
    let page = async |browser: &Browser, query: &str| -> serde_json::Value {
        let answer = browser.get(&format!("/api/v1/people?format=json&{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    };
    let names = async |browser: &Browser, query: &str| -> Vec<String> {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = page(browser, &format!("limit=1&{query}{cursor}")).await;
            names.extend(
                page["people"].as_array().unwrap().iter().map(|person| person["name"].as_str().unwrap().into()),
            );
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return names,
            }
        }
    };
    assert_eq!(names(&ana, "").await, ["Ana Lima", "ben", "Aaron"]);
    assert_eq!(names(&ana, "order=-created").await, ["Aaron", "ben", "Ana Lima"]);
    assert_eq!(names(&ana, "order=name").await, ["Aaron", "Ana Lima", "ben"]);
    assert_eq!(names(&ana, "order=-name").await, ["ben", "Ana Lima", "Aaron"]);
    assert_eq!(names(&ana, "role=admin").await, ["Aaron"]);
    let refused = ben.get("/api/v1/people?role=admin").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "roles are for those who manage people");
    ana.post("/people/deactivate", &[("person", &ben_id)]).await.goes_to();
    assert_eq!(names(&ana, "active=false").await, ["ben"]);
    assert_eq!(names(&ana, "active=true&order=name").await, ["Aaron", "Ana Lima"]);
    let next = page(&ana, "limit=1&order=name").await["next"].as_str().unwrap().to_owned();
    let other = ana.get(&format!("/api/v1/people?order=-name&cursor={next}")).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "a cursor belongs to its order");
}

async fn join(server: &Server, host: &Browser, name: &str, role: &str) -> Browser {
    let link = host.invite(&[("role", role)]).await;
    let browser = Browser::on(server);
    let email = format!("{}@example.com", name.split(' ').next().unwrap().to_lowercase());
    browser.post(&link, &person(name, &email)).await.goes_to();
    browser
}
