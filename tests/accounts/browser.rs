//! A minimal browser for these tests: it keeps cookies, sends the origin of a form, and follows no redirect by itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap, redirect};
use serde_json::json;
use taskwire::{
    http::{Services, cookies::CookieNames},
    settings::{Auth, Settings},
};

use crate::support::{
    database::Database,
    log,
    server::{Server, id},
};

pub const PASSWORD: &str = "correct horse battery";

/// The settings of a server with accounts and an empty database.
pub fn accounts(database: &Database) -> Settings {
    Settings { database: database.url.clone(), no_sample: true, auth: Auth::Accounts, ..Settings::defaults() }
}

/// Starts a server with accounts. Returns it with the browser of its owner, Ana.
pub async fn served(database: &Database) -> (Server, Browser) {
    let server = Server::with(accounts(database)).await;
    let ana = Browser::on(&server);
    let made = ana.post("/first-visit", &person("Ana Lima", "ana@example.com")).await;
    assert_eq!(made.goes_to(), "/");
    (server, ana)
}

/// Starts a server like [`served`], and also returns the services that its handlers use.
pub async fn served_with(database: &Database) -> (Server, Browser, Arc<Services>) {
    let (server, services) = Server::with_services(accounts(database)).await;
    let ana = Browser::on(&server);
    ana.post("/first-visit", &person("Ana Lima", "ana@example.com")).await.goes_to();
    (server, ana, services)
}

/// The first-visit code that a publicly reachable server printed, as a field of the first-visit form.
pub fn code(server: &Server) -> (&'static str, &str) {
    let printed = server.first_visit.as_deref().expect("an address is printed");
    ("code", printed.split_once("?code=").expect("with a code").1)
}

/// The fields of the form that creates an account.
pub fn person<'a>(name: &'a str, email: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("name", name), ("email", email), ("password", PASSWORD), ("again", PASSWORD)]
}

pub struct Browser {
    client: Client,
    base: String,
    /// The value of the `Origin` header of forms.
    origin: String,
    /// The client's address, as a proxy reports it to the server.
    address: Option<String>,
    /// The names of the server's cookies.
    names: CookieNames,
    jar: Mutex<BTreeMap<String, String>>,
}

/// A cookie's name without the prefix and suffix that depend on the instance.
pub fn stem(name: &str) -> &str {
    let name = name.strip_prefix("__Host-").unwrap_or(name);
    name.rsplit_once('_').map_or(name, |(stem, _)| stem)
}

impl Browser {
    pub fn on(server: &Server) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        let names = server.cookies.clone();
        let (base, origin) = (server.base.clone(), server.origin.clone());
        Self { client, base, origin, address: None, names, jar: Mutex::default() }
    }

    /// A browser at another address, for a server behind a proxy.
    pub fn at(server: &Server, address: &str) -> Self {
        Self { address: Some(address.to_owned()), ..Self::on(server) }
    }

    /// A second browser without cookies.
    pub fn fresh(&self) -> Self {
        Self { jar: Mutex::default(), ..self.copy() }
    }

    /// A second browser with the same cookies, as if somebody had copied them.
    pub fn copy(&self) -> Self {
        Self {
            client: self.client.clone(),
            base: self.base.clone(),
            origin: self.origin.clone(),
            address: self.address.clone(),
            names: self.names.clone(),
            jar: Mutex::new(self.jar.lock().unwrap().clone()),
        }
    }

    /// The same browser, after the server was restarted at another address.
    pub fn moved_to(&self, server: &Server) -> Self {
        Self { base: server.base.clone(), origin: server.origin.clone(), ..self.copy() }
    }

    /// The value of one of our cookies by its name without the instance's additions, such as `taskwire_session`.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.jar.lock().unwrap();
        jar.iter().find_map(|(full, value)| (stem(full) == name).then(|| value.clone()))
    }

    /// Sets the value of one of our cookies.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let what = name.strip_prefix("taskwire_").expect("one of ours");
        let full = match what {
            "session" => &self.names.session,
            "links" => &self.names.links,
            "device" => &self.names.device,
            "notice" => &self.names.notice,
            other => panic!("{other} is none of ours"),
        };
        self.jar.lock().unwrap().insert(full.clone(), value.to_owned());
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form as a page of this server does, with the server's origin.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.form(path, fields).header("Origin", &self.origin)).await
    }

    /// A form request without an `Origin` header.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut body = reqwest::Url::parse("http://localhost").unwrap();
        body.query_pairs_mut().extend_pairs(fields);
        self.request(Method::POST, path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.query().unwrap_or_default().to_owned())
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let jar = self.jar.lock().unwrap();
        let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method, format!("{}{path}", self.base)).header("Accept", "text/html");
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies.join("; "));
        }
        match &self.address {
            Some(address) => request.header("X-Forwarded-For", address),
            None => request,
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for set in headers.get_all("set-cookie") {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut jar = self.jar.lock().unwrap();
            if stem(name) == "taskwire_session" && !value.is_empty() {
                log::must_not_tell(value);
            }
            match value.is_empty() {
                true => drop(jar.remove(name)),
                false => drop(jar.insert(name.to_owned(), value.to_owned())),
            }
        }
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// Whether the browser is signed in.
    pub async fn is_in(&self) -> bool {
        self.get("/account").await.status == StatusCode::OK
    }

    /// Creates a board over the API, as a page with JavaScript does. Returns its id.
    pub async fn create_board(&self, name: &str) -> String {
        let request = self.request(Method::POST, "/api/v1/boards").header("Origin", &self.origin);
        let answer = self.send(request.json(&json!({"name": name}))).await;
        id(&serde_json::from_str(&answer.text).unwrap())
    }

    /// Invites somebody with a form. Returns the path of the invitation link.
    pub async fn invite(&self, fields: &[(&str, &str)]) -> String {
        assert_eq!(self.post("/people/invitations", fields).await.goes_to(), "/people");
        self.shown_link("/people").await
    }

    /// The path of the link that a page currently shows.
    pub async fn shown_link(&self, page: &str) -> String {
        let link = self.get(page).await.secret().expect("a link is shown");
        let (_, path) = link.split_once("://").unwrap().1.split_once('/').unwrap();
        format!("/{path}")
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body of the response.
    pub text: String,
}

impl Answer {
    /// Where a successful form redirects to.
    pub fn goes_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers["location"].to_str().unwrap()
    }

    /// Asserts that a form was refused with this status, for this reason in the page.
    pub fn is_refused(&self, status: StatusCode, why: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.text.contains(why), "{why} is not in {}", self.text);
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The secret that the page shows once.
    pub fn secret(&self) -> Option<String> {
        let (_, rest) = self.text.split_once("<input id=\"secret\"")?;
        self::value(rest)
    }

    /// The values of all hidden fields with this name.
    pub fn hidden(&self, name: &str) -> Vec<String> {
        let mark = format!("<input type=\"hidden\" name=\"{name}\"");
        self.text.split(&mark).skip(1).filter_map(value).collect()
    }

    /// The id of the person with this name on the page of people.
    pub fn id_of(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("aria-label=\"Change {name}\"")).expect("they can be changed");
        let (_, rest) = rest.split_once("name=\"person\"").unwrap();
        value(rest).unwrap()
    }
}

fn value(rest: &str) -> Option<String> {
    Some(rest.split_once("value=\"")?.1.split_once('"')?.0.to_owned())
}
