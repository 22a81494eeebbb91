//! A node with its socket open on a loopback port.

use std::{net::SocketAddr, sync::Arc};

use app::id::ActorId;
use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::{Next, from_fn_with_state},
    serve::ListenerExt,
};
use taskwire::{
    credentials::{Credential, Credentials},
    http::{
        forwarded::Proxies,
        origin::Origins,
        request_auth::RequestAuth,
        socket::{self, Goodbyes, Hello, SocketContext, SocketLimits},
    },
    hub::{Hub, HubSettings},
    secret::SecretHash,
    settings::{Settings, runtime::RuntimeSettings},
    store::Store,
    writer::Writer,
};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::{client::Client, database::Database, node::Node};

/// A header that names the person whose socket it is.
const PERSON: &str = "x-person";

pub struct Served {
    pub node: Node,
    pub hub: Hub,
    pub address: SocketAddr,
    pub goodbyes: Goodbyes,
    pub tracker: TaskTracker,
}

/// Authenticates a request. Without a token, the caller has all rights, and is the person that the header names.
async fn visit(State(store): State<Store>, mut request: Request, next: Next) -> axum::response::Response {
    let visitor = who(&store, request.headers());
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

fn who(store: &Store, headers: &HeaderMap) -> RequestAuth {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let visitor = match header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) => {
            let credentials = Credentials::new(Credential::Token(SecretHash::of(token)));
            RequestAuth::with(store, credentials).expect("a token that works")
        }
        None => RequestAuth::local(),
    };
    match header(PERSON).and_then(|id| id.parse().ok()) {
        None => visitor,
        person => visitor.named(person),
    }
}

impl Served {
    pub async fn on(database: &Database) -> Self {
        Self::with(database, HubSettings::default(), SocketLimits::default()).await
    }

    pub async fn with(database: &Database, settings: HubSettings, limits: SocketLimits) -> Self {
        Self::over(database.open().await, settings, limits).await
    }

    pub async fn over(store: Store, settings: HubSettings, limits: SocketLimits) -> Self {
        Self::started_with(store, settings, limits, Settings::defaults()).await
    }

    /// As a server that was started with these settings, as far as they are about sockets.
    pub async fn started_with(store: Store, settings: HubSettings, limits: SocketLimits, given: Settings) -> Self {
        let hub = Hub::start(store.clone(), settings).expect("the settings are right");
        let writer = Writer::start(store.clone(), hub.clone());
        let (goodbyes, tracker) = (Goodbyes::default(), TaskTracker::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let context = SocketContext {
            store: store.clone(),
            writer: writer.clone(),
            hub: hub.clone(),
            limits: Arc::new(limits),
            settings: RuntimeSettings::new(given.into(), store.clone()).live().clone(),
            origins: Arc::new(Origins::new(address, vec!["https://board.example.org".to_owned()])),
            hello: Hello::of("none"),
            admissions: Arc::default(),
            proxies: Proxies::default(),
            goodbyes: goodbyes.clone(),
            tracker: tracker.clone(),
        };
        let router = socket::routes().with_state(context).layer(from_fn_with_state(store.clone(), visit));
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("TCP_NODELAY"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { node: Node { store, writer }, hub, address, goodbyes, tracker }
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Opens a socket of a person, or of somebody without an account.
    pub async fn connect_as(&self, person: Option<ActorId>) -> Client {
        let id = person.map(|person| person.to_string());
        let headers: Vec<_> = id.iter().map(|id| (PERSON, id.as_str())).collect();
        Client::connect_with(self.address, &headers).await.expect("the socket opens")
    }
}
