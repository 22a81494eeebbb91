//! The REST interface in a browser: each address is a page with what it answers, where that leads, and forms for what can be done there.
//!
//! The pages are made around the handlers, which know nothing of them. A browser's request goes to the handler like a program's; the
//! answer becomes a page. What is said about an operation comes from the OpenAPI document. Programs get data: only who prefers
//! HTML (`Accept`) gets a page, and `?format=json` is data for everybody.
//!
//! - [`described`]: the OpenAPI document. [`form`]: forms and the requests that they mean. [`links`]: where answers lead. [`curl`]: the
//!   request as a command. [`rights`]: what is offered to whom.

mod curl;
pub mod described;
mod form;
mod links;
mod rights;

use std::sync::Arc;

use app::{
    browse::{
        Link, Reader,
        index::{self, Group, IndexPage, Listed},
        json::{self, Json},
        page::{AddressPage, Answer, Field},
    },
    id::{BoardId, TaskId},
    state::BoardState,
};
use axum::{
    Form, Router,
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Query, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{
            ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, RETRY_AFTER,
            SET_COOKIE, WWW_AUTHENTICATE,
        },
        request::Parts,
        uri::PathAndQuery,
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use tower::ServiceExt;
use tower_cookies::Cookies;
use tower_sessions::Session;
use uuid::Uuid;

use self::{
    described::{Address, Operation, document},
    form::{Filling, Sent},
};
use super::{
    API_ROOT, Services, account,
    admission::ClientKey,
    compression::Plain,
    guard::{Negotiated, Streamed},
    limits::MAX_COLLECTED_BYTES,
    page::percent_encode,
    problem::{Code, Problem},
    request_auth::{Peer, RequestAuth},
};
use crate::{credentials::Credential, settings::Auth};

/// The largest body that is shown whole.
const SHOWN_BYTES: usize = 512 * 1024;

/// What the middleware needs: the shared state, and the routes of REST, to which it sends the requests that forms mean.
#[derive(Clone)]
pub struct Browse {
    services: Arc<Services>,
    rest: Router,
}

impl Browse {
    /// The middleware around these routes.
    pub fn new(services: Arc<Services>, rest: Router) -> Self {
        Self { services, rest }
    }
}

/// Answers browsers with pages, and everybody else as if it were not there.
pub async fn answer(State(browse): State<Browse>, request: Request, next: Next) -> Response {
    let Some(path) = rest_path(request.uri()).map(str::to_owned) else { return next.run(request).await };
    let is_form = request.method() == Method::POST && is_urlencoded(request.headers());
    let is_data = path.ends_with(".json") || !(is_form || request.method() == Method::GET);
    let (request, asks_for_data) = without_format(request);
    if is_data || asks_for_data || !prefers_page(request.headers()) {
        let mut response = next.run(request).await;
        response.extensions_mut().insert(Negotiated);
        return response;
    }
    let mut response = match is_form {
        true => browse.send(&path, request, next).await,
        false => browse.show(&path, request, next).await,
    };
    response.extensions_mut().insert(Negotiated);
    response
}

/// The path below the interface's root.
fn rest_path(uri: &Uri) -> Option<&str> {
    uri.path().strip_prefix(API_ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a request wants a page of the interface in place of a problem.
pub fn is_wanted(request: &Request) -> bool {
    rest_path(request.uri()).is_some() && prefers_page(request.headers())
}

/// Whether the client prefers HTML to JSON: it names HTML, and JSON not at all or with a lower weight (RFC 9110, section 12.5.1).
fn prefers_page(headers: &HeaderMap) -> bool {
    let kinds =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let (mut html, mut json) = (0.0_f32, 0.0_f32);
    for kind in kinds {
        let mut parts = kind.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        match name.as_str() {
            "text/html" => html = weight,
            "application/json" | "application/problem+json" => json = json.max(weight),
            _ => {}
        }
    }
    html > json
}

/// Whether the body of a request is what a form of HTML sends.
pub(super) fn is_urlencoded(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| kind == "application/x-www-form-urlencoded")
}

/// Whether a response is shown as a page: it is one JSON value (RFC 8259, or with the suffix of RFC 6839), or says nothing of its type
/// because it has no body. JSON Lines, for instance, is a file.
fn is_for_page(headers: &HeaderMap) -> bool {
    media_type(headers).is_none_or(|kind| kind == "application/json" || kind.ends_with("+json"))
}

/// The media type of a body, in lower case and without parameters.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().unwrap_or_default();
    Some(kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Takes `format=json` out of the query. Returns whether it was there.
fn without_format(mut request: Request) -> (Request, bool) {
    let query = request.uri().query().unwrap_or_default();
    let is_there = query.split('&').any(|pair| pair == "format=json");
    if is_there {
        let rest = query.split('&').filter(|pair| *pair != "format=json").collect::<Vec<_>>().join("&");
        *request.uri_mut() = with_query(request.uri(), &rest);
    }
    (request, is_there)
}

fn with_query(uri: &Uri, query: &str) -> Uri {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{mark}{query}", uri.path()).parse().unwrap_or_else(|_| uri.clone())
}

/// A request that was made, for its page.
struct Asked {
    /// The path below the root.
    path: String,
    /// The address in the document; `None` if there is nothing at the path.
    address: Option<Address>,
    method: Method,
    /// The query, as it stood in the address.
    query: String,
    /// The form that meant the request.
    sent: Option<(Sent, Operation)>,
    visitor: RequestAuth,
    /// For whom the work counts.
    who: Option<ClientKey>,
    reader: Reader,
}

impl Browse {
    fn asked(&self, path: &str, parts: &Parts) -> Asked {
        let visitor = parts.extensions.get::<RequestAuth>().cloned().unwrap_or_else(RequestAuth::stranger);
        Asked {
            path: path.to_owned(),
            address: document().find(path),
            method: parts.method.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            sent: None,
            who: parts.extensions.get::<ClientKey>().copied(),
            reader: reader(&self.services, parts),
            visitor,
        }
    }

    /// The page for what is at an address.
    async fn show(&self, path: &str, request: Request, next: Next) -> Response {
        // A form sends the parameters that were left empty, too.
        let query = request.uri().query().unwrap_or_default();
        let is_filled = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
        if query.split('&').any(|pair| !is_filled(&pair)) && !query.is_empty() {
            let filled = query.split('&').filter(is_filled).collect::<Vec<_>>().join("&");
            return Redirect::to(&with_query(request.uri(), &filled).to_string()).into_response();
        }
        let (parts, body) = request.into_parts();
        let asked = self.asked(path, &parts);
        if path.is_empty() {
            return page(StatusCode::OK, index::page(index_page(asked.reader), self.services.surroundings()));
        }
        let reads = asked.address.as_ref().and_then(|address| document().operation(address.template, "GET"));
        if reads.is_some_and(|operation| operation.is_stream()) {
            return self.render(asked, None).await;
        }
        let response = next.run(Request::from_parts(parts, body)).await;
        self.render_response(asked, response).await
    }

    /// Does what a form means, and returns the page for that. Other forms go on as they are, and are refused for their type.
    async fn send(&self, path: &str, request: Request, next: Next) -> Response {
        let visitor = request.extensions().get::<RequestAuth>();
        let by_session = |visitor: &RequestAuth| matches!(visitor.credentials.credential, Credential::Session { .. });
        let may_send = self.services.auth == Auth::Open || visitor.is_some_and(by_session);
        let (parts, body) = request.into_parts();
        let mut asked = self.asked(path, &parts);
        if !may_send {
            let response = next.run(Request::from_parts(parts, body)).await;
            return self.render_response(asked, response).await;
        }
        // As for every request with a session, and here without one, too: a form needs no script, so any page could contain it.
        if let Err(problem) = self.services.origins.require(&parts.headers) {
            return self.render_response(asked, problem.into_response()).await;
        }
        let fields = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts.clone(), body), &()).await;
        let sent = fields.map(|Form(fields)| Sent::new(fields)).unwrap_or_default();
        let method = sent.get("_method").unwrap_or_default();
        let operation = asked.address.as_ref().and_then(|address| document().operation(address.template, method));
        let Some(operation) = operation.filter(|operation| operation.method != "GET") else {
            let problem = Problem::new(Code::BadRequest, "this form names no method that the address supports");
            return self.render_response(asked, problem.into_response()).await;
        };
        let request = real_request(&parts, &operation, &sent);
        asked.method = request.method().clone();
        asked.sent = Some((sent, operation));
        let Ok(response) = self.rest.clone().oneshot(request).await;
        self.render_response(asked, response).await
    }

    /// The page for a response. Streams and responses that are no JSON, such as exports, stay as they are.
    async fn render_response(&self, asked: Asked, response: Response) -> Response {
        if response.extensions().get::<Streamed>().is_some() || !is_for_page(response.headers()) {
            return response;
        }
        let (head, body) = response.into_parts();
        match to_bytes(body, MAX_COLLECTED_BYTES).await {
            Ok(body) => self.render(asked, Some(Answered { status: head.status, headers: head.headers, body })).await,
            Err(_) => Problem::unavailable("the answer could not be read; try again in a moment").into_response(),
        }
    }

    async fn render(&self, asked: Asked, answered: Option<Answered>) -> Response {
        let _turn = match asked.who {
            Some(who) => self.services.in_flight.turn(who).await,
            None => None,
        };
        let root = answered.as_ref().and_then(|answered| Json::parse(&answered.body)).unwrap_or_default();
        let board = self.board(&asked).await;
        let status = answered.as_ref().map_or(StatusCode::OK, |answered| answered.status);
        let head = answered.as_ref().map(|answered| answered.headers.clone()).unwrap_or_default();
        let page = compose(asked, answered, &root, board.as_deref(), &self.services.public_url);
        // A response without a body would be no page.
        let status = if status == StatusCode::NO_CONTENT { StatusCode::OK } else { status };
        let mut response = self::page(status, page.document(self.services.surroundings()));
        for name in [ALLOW, RETRY_AFTER, WWW_AUTHENTICATE] {
            response.headers_mut().extend(head.get(&name).map(|value| (name, value.clone())));
        }
        response
    }

    /// The board that an address is about, if the reader may see it.
    async fn board(&self, asked: &Asked) -> Option<Arc<BoardState>> {
        let address = asked.address.as_ref()?;
        let id = |name: &str| address.param(name).and_then(|id| Uuid::parse_str(id).ok());
        let store = &self.services.store;
        let board = match (id("board"), id("task")) {
            (Some(board), _) => BoardId(board),
            (None, Some(task)) => store.board_of(TaskId(task)).await.ok().flatten()?,
            (None, None) => return None,
        };
        let board = store.board(board).await.ok().flatten()?;
        let sees = asked.visitor.principal().role_on(board.id(), board.access()).is_some();
        (board.exists() && sees).then_some(board)
    }
}

/// An answer of the interface.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// A response with a page of the interface.
pub fn page(status: StatusCode, html: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_SECURITY_POLICY, account::POLICY),
    ];
    let mut response = (status, headers, html).into_response();
    // An answer may hold a secret, such as the link of an invitation.
    response.extensions_mut().insert(Plain);
    response
}

/// The page for a request that is refused before any handler sees it. `words` say more than the problem, for people.
pub fn refused(services: &Services, path: &str, title: &str, words: String, problem: &Problem) -> Response {
    let status = problem.code().status();
    let answer = Answer {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or_default().to_owned(),
        problem: Some((problem.code().as_str().to_owned(), problem.detail().to_owned())),
        ..Answer::default()
    };
    let page = AddressPage {
        summary: title.to_owned(),
        way: vec![Link::new(API_ROOT, "API"), Link::here("Refused")],
        path: path.to_owned(),
        answer: Some(answer),
        hint: words,
        ..AddressPage::default()
    };
    let mut response = self::page(status, page.document(services.surroundings()));
    response.headers_mut().extend(problem.head().headers().clone());
    response.extensions_mut().insert(Negotiated);
    response
}

/// The reader of a page.
pub fn reader(services: &Services, parts: &Parts) -> Reader {
    let current_user = account::signed_in::current_user_of(services, &parts.extensions);
    let is_stranger = current_user.is_none() && services.auth == Auth::Accounts;
    let here = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let sign_in = is_stranger.then(|| format!("/sign-in?next={}", percent_encode(here)));
    Reader { current_user, sign_in }
}

/// The request that a form means. Of the form's request, it has what the guard found out about it.
fn real_request(parts: &Parts, operation: &Operation, sent: &Sent) -> Request {
    let mut request = Request::new(sent.body(operation).map_or_else(Body::empty, Body::from));
    *request.method_mut() = operation.method.parse().unwrap_or_default();
    *request.uri_mut() = parts.uri.path().parse().unwrap_or_default();
    request.headers_mut().clone_from(&parts.headers);
    for name in [ACCEPT, CONTENT_LENGTH, CONTENT_TYPE] {
        request.headers_mut().remove(name);
    }
    request.headers_mut().extend(sent.headers(operation));
    // Not all of them: the router has left there what it read from the address.
    let known = &parts.extensions;
    let extensions = request.extensions_mut();
    known.get::<RequestAuth>().cloned().map(|visitor| extensions.insert(visitor));
    known.get::<ClientKey>().copied().map(|who| extensions.insert(who));
    known.get::<Peer>().copied().map(|peer| extensions.insert(peer));
    known.get::<Session>().cloned().map(|session| extensions.insert(session));
    known.get::<Cookies>().cloned().map(|cookies| extensions.insert(cookies));
    request
}

/// Puts the page together.
fn compose(
    asked: Asked,
    answered: Option<Answered>,
    root: &Json,
    board: Option<&BoardState>,
    public_url: &str,
) -> AddressPage {
    let Asked { path, address, method, query, sent, reader, visitor, .. } = asked;
    let full = format!("{API_ROOT}{path}");
    let reads = address.as_ref().and_then(|address| document().operation(address.template, "GET"));
    let writes = address.as_ref().map(|address| document().writes(address.template)).unwrap_or_default();
    let is_stream = reads.as_ref().is_some_and(Operation::is_stream) && sent.is_none();
    // Nothing can be read there, which is no mistake of the reader's.
    let only_writes = reads.is_none() && sent.is_none() && !writes.is_empty();
    let has_succeeded = answered.as_ref().is_some_and(|answered| answered.status.is_success());
    let errors: Vec<_> = (root.get("errors").map(Json::items).unwrap_or_default().iter())
        .filter_map(|error| Some((error.text("field")?.to_owned(), error.text("message")?.to_owned())))
        .collect();

    let tag = answered.as_ref().and_then(|answered| answered.headers.get(ETAG)?.to_str().ok()).map(str::to_owned);
    let shows_thing = has_succeeded && matches!(method, Method::GET | Method::PATCH);
    let filling =
        Filling { sent: None, current: shows_thing.then_some(root), tag: tag.as_deref().filter(|_| shows_thing) };
    let role = board.and_then(|board| visitor.principal().role_on(board.id(), board.access()));
    let (principal, is_archived) = (visitor.principal(), board.is_some_and(BoardState::is_archived));
    let (mut actions, mut withheld) = (Vec::new(), Vec::new());
    for operation in writes {
        let is_sent = sent.as_ref().filter(|(_, sent)| sent.id() == operation.id());
        if is_sent.is_none()
            && !address.as_ref().is_some_and(|at| rights::may(&principal, role, is_archived, at, &operation))
        {
            withheld.push((operation.method.clone(), operation.summary().to_owned()));
            continue;
        }
        // A form that was refused keeps what was typed.
        let refused = is_sent.filter(|_| !has_succeeded).map(|(sent, _)| (sent, errors.clone()));
        let is_open = refused.is_some() || only_writes;
        actions.push(form::action(&operation, &Filling { sent: refused, ..filling }, is_open));
    }

    let sent_body = sent.as_ref().and_then(|(sent, operation)| sent.body(operation));
    let sent_headers = sent.as_ref().map(|(sent, operation)| sent.headers(operation)).unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    let url = format!("{}{full}{mark}{query}", public_url.trim_end_matches('/'));
    let shown = sent.as_ref().map(|(_, operation)| operation.clone()).or(reads.clone());
    let hint = match (&address, is_stream, only_writes) {
        (Some(address), true, _) => how_to_follow(address),
        (_, _, true) => "Nothing can be read at this address.".to_owned(),
        _ => String::new(),
    };
    let curl = if only_writes || address.is_none() {
        String::new()
    } else {
        curl::command(method.as_str(), &url, &sent_headers, sent_body.as_deref(), is_stream)
    };
    AddressPage {
        reader,
        summary: match (&shown, &address) {
            (Some(operation), _) => operation.summary().to_owned(),
            (None, Some(address)) => address.template.to_owned(),
            (None, None) => "There is nothing here".to_owned(),
        },
        description: shown.as_ref().map(|operation| operation.description().to_owned()).unwrap_or_default(),
        way: way(address.as_ref(), &path, root, board, has_succeeded),
        method: method.to_string(),
        next: next_page(&full, &query, root),
        filters: reads.filter(|_| sent.is_none()).map(|reads| filters(&reads, &query, &errors)).unwrap_or_default(),
        leads: leads(address.as_ref(), &path, board, sent.is_some()),
        path: full,
        query,
        answer: answered.filter(|_| !only_writes).map(|answered| shown_answer(answered, address.as_ref(), root)),
        hint,
        actions,
        withheld,
        curl,
    }
}

fn shown_answer(answered: Answered, address: Option<&Address>, root: &Json) -> Answer {
    let Answered { status, headers, body } = answered;
    let is_cut = body.len() > SHOWN_BYTES;
    let body = match address {
        _ if body.is_empty() => String::new(),
        _ if is_cut => json::plain(&String::from_utf8_lossy(&body[..SHOWN_BYTES])),
        Some(address) => json::html(root, &|place, value| links::target(address, root, place, value)),
        None => json::html(root, &|_, _| None),
    };
    let headers = headers.iter().filter(|(name, _)| **name != SET_COOKIE);
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Answer {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body,
        is_cut,
        problem: root
            .text("code")
            .zip(root.text("detail"))
            .filter(|_| !status.is_success())
            .map(|(code, detail)| (code.to_owned(), detail.to_owned())),
    }
}

/// How a stream is followed.
fn how_to_follow(address: &Address) -> String {
    let board = address.param("board").filter(|id| Uuid::parse_str(id).is_ok()).unwrap_or_default();
    format!(
        "This is a stream of events without an end, so it is not shown here. The command below follows it. The \
         [console of the socket]({}?board={board}#console) shows the same messages in the browser.",
        app::browse::docs::SOCKET
    )
}

/// The parameters of the query, with their values.
fn filters(operation: &Operation, query: &str, errors: &[(String, String)]) -> Vec<Field> {
    let pairs = pairs(query);
    let field = |member: described::Member| Field {
        name: member.name.to_owned(),
        label: member.name.to_owned(),
        control: member.control_in_query(),
        value: pairs.iter().find(|(name, _)| name == member.name).map(|(_, value)| value.clone()).unwrap_or_default(),
        was: None,
        required: member.required,
        error: errors.iter().find(|(name, _)| name == member.name).map(|(_, message)| message.clone()),
        hint: member.description,
    };
    operation.parameters("query").map(field).collect()
}

/// Where the next page of a list is: `next` is the `cursor` of a list, and the `since` of a log.
fn next_page(path: &str, query: &str, root: &Json) -> Option<String> {
    let (name, value) = match root.get("next")? {
        Json::String(cursor) => ("cursor", cursor.clone()),
        Json::Number(seq) => ("since", seq.to_string()),
        _ => return None,
    };
    let others = query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name));
    let others: String = others.map(|pair| format!("{pair}&")).collect();
    Some(format!("{path}?{others}{name}={}", percent_encode(&value)))
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let uri = Uri::try_from(format!("/?{query}")).unwrap_or_default();
    Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

/// Where an address leads: to those below it, and to the page of the product.
fn leads(address: Option<&Address>, path: &str, board: Option<&BoardState>, was_sent: bool) -> Vec<Link> {
    let Some(address) = address else { return vec![Link::new(API_ROOT, "All addresses")] };
    let below = document().templates().filter_map(|template| {
        let rest = template.strip_prefix(address.template)?.strip_prefix('/')?;
        (!rest.contains(['/', '{'])).then(|| Link::new(format!("{API_ROOT}{path}/{rest}"), rest))
    });
    let again = was_sent.then(|| Link::new(format!("{API_ROOT}{path}"), "Read this address"));
    let board = board.map(|board| match address.param("task") {
        Some(task) => Link::new(format!("/boards/{}/tasks/{task}", board.id()), "Open the task"),
        None => Link::new(format!("/boards/{}", board.id()), "Open the board"),
    });
    again.into_iter().chain(below).chain(board).collect()
}

/// The path to a page.
fn way(address: Option<&Address>, path: &str, root: &Json, board: Option<&BoardState>, is_found: bool) -> Vec<Link> {
    let mut way = vec![Link::new(API_ROOT, "API")];
    let Some(address) = address else {
        way.push(Link::here("Nothing"));
        return way;
    };
    // A task's address does not say on which board it is.
    if let Some(board) = board.filter(|_| address.template.starts_with("/tasks/")) {
        let above = format!("{API_ROOT}/boards/{}", board.id());
        way.push(Link::new(format!("{API_ROOT}/boards"), "boards"));
        way.push(Link::new(above.clone(), board.name()));
        way.push(Link::new(format!("{above}/tasks"), "tasks"));
    }
    let (mut template, mut so_far) = (String::new(), API_ROOT.to_owned());
    for (name, part) in address.segments().zip(path.split('/').skip(1)) {
        template.push_str(&format!("/{name}"));
        so_far.push_str(&format!("/{part}"));
        let is_last = template == address.template;
        let own = || root.text("name").or_else(|| root.text("title")).filter(|_| is_last && is_found);
        let text = match (name, board) {
            ("{board}", Some(board)) => board.name(),
            ("{task}", Some(board)) => task_title(board, part).or_else(own).unwrap_or("task"),
            _ if name.starts_with('{') => own().unwrap_or_else(|| part.get(..8).unwrap_or(part)),
            _ => name,
        };
        if is_last {
            way.push(Link::here(text));
        } else if document().templates().any(|known| known == template) {
            way.push(Link::new(so_far.clone(), text));
        }
    }
    way
}

fn task_title<'a>(board: &'a BoardState, id: &str) -> Option<&'a str> {
    board.task(TaskId(Uuid::parse_str(id).ok()?)).map(|task| task.title.as_str())
}

/// The page of all addresses.
fn index_page(reader: Reader) -> IndexPage {
    let json = document().json();
    let tags = json.get("tags").map(Json::items).unwrap_or_default();
    let groups = tags.iter().map(|tag| {
        let name = tag.text("name").unwrap_or_default();
        let operations = document().templates().flat_map(|template| {
            let reads = document().operation(template, "GET");
            let all = reads.into_iter().chain(document().writes(template)).filter(|operation| operation.tag() == name);
            all.map(move |operation| Listed {
                address: (operation.method == "GET" && !template.contains('{'))
                    .then(|| format!("{API_ROOT}{template}")),
                method: operation.method.clone(),
                path: template.to_owned(),
                summary: operation.summary().to_owned(),
            })
        });
        let description = tag.text("description").unwrap_or_default().to_owned();
        Group { name: name.to_owned(), description, operations: operations.collect() }
    });
    let description = json.at(&["info", "description"]).and_then(Json::as_str).unwrap_or_default().to_owned();
    IndexPage { reader, description, groups: groups.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefers(accept: &'static str) -> bool {
        prefers_page(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]))
    }

    #[test]
    fn browsers_prefer_pages_and_programs_data() {
        assert!(prefers("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(prefers("application/json;q=0.5, text/html"));
        for data in [
            "*/*",
            "application/json",
            "application/json, text/html",
            "text/html;q=0.1, application/json",
            "text/html;q=0",
            "",
        ] {
            assert!(!prefers(data), "{data}");
        }
        assert!(!prefers_page(&HeaderMap::new()));
    }

    #[test]
    fn only_one_json_value_is_shown_as_a_page() {
        let is_shown =
            |kind: &'static str| is_for_page(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]));
        assert!(
            ["application/json", "application/problem+json", "Application/JSON; charset=utf-8"]
                .into_iter()
                .all(is_shown)
        );
        assert!(
            !["application/jsonl", "application/json-seq", "text/csv", "text/event-stream", ""]
                .into_iter()
                .any(is_shown)
        );
        assert!(is_for_page(&HeaderMap::new()));
    }

    #[test]
    fn the_next_page_keeps_the_other_parameters() {
        let root = |text: &str| Json::parse(text.as_bytes()).unwrap();
        let next = |query: &str, text: &str| next_page("/x", query, &root(text));
        assert_eq!(next("limit=2&cursor=a", r#"{"next":"b&c"}"#).as_deref(), Some("/x?limit=2&cursor=b%26c"));
        assert_eq!(next("", r#"{"next":7}"#).as_deref(), Some("/x?since=7"));
        assert_eq!(next("", r#"{"next":null}"#), None);
    }
}
