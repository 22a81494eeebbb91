//! A node with its socket open on a loopback port.

use std::{net::SocketAddr, sync::Arc};

use app::{access::Asker, id::ActorId};
use axum::{
    extract::Request,
    middleware::{Next, from_fn},
    serve::ListenerExt,
};
use taskwire::{
    http::{
        origin::Origins,
        socket::{self, SocketContext, SocketLimits},
        visitor::Visitor,
    },
    hub::{Hub, HubSettings},
    store::Store,
    writer::Writer,
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{client::Client, database::Database, node::Node};

/// A header that says whose socket it is.
const PERSON: &str = "x-person";

pub struct Served {
    pub node: Node,
    pub hub: Hub,
    pub address: SocketAddr,
    pub shutdown: CancellationToken,
    pub tracker: TaskTracker,
}

/// Everybody may do everything here, and is who they say they are.
async fn visit(mut request: Request, next: Next) -> axum::response::Response {
    let person = request.headers().get(PERSON).and_then(|id| id.to_str().ok()?.parse().ok());
    let visitor = Visitor::local();
    request.extensions_mut().insert(Visitor { asker: Asker { person, ..visitor.asker }, ..visitor });
    next.run(request).await
}

impl Served {
    pub async fn on(database: &Database) -> Self {
        Self::with(database, HubSettings::default(), SocketLimits::default()).await
    }

    pub async fn with(database: &Database, settings: HubSettings, limits: SocketLimits) -> Self {
        Self::over(database.open().await, settings, limits).await
    }

    pub async fn over(store: Store, settings: HubSettings, limits: SocketLimits) -> Self {
        let hub = Hub::start(store.clone(), settings).expect("the settings are right");
        let writer = Writer::start(store.clone(), hub.clone());
        let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let context = SocketContext {
            store: store.clone(),
            writer: writer.clone(),
            hub: hub.clone(),
            limits: Arc::new(limits),
            origins: Arc::new(Origins::new(address, vec!["https://board.example.org".to_owned()])),
            admissions: Arc::default(),
            proxies: 0,
            shutdown: shutdown.clone(),
            tracker: tracker.clone(),
        };
        let router = socket::routes().with_state(context).layer(from_fn(visit));
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("TCP_NODELAY"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { node: Node { store, writer }, hub, address, shutdown, tracker }
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// A socket of a person, or of somebody without an account.
    pub async fn connect_as(&self, person: Option<ActorId>) -> Client {
        let id = person.map(|person| person.to_string());
        let headers: Vec<_> = id.iter().map(|id| (PERSON, id.as_str())).collect();
        Client::connect_with(self.address, &headers).await.expect("the socket opens")
    }
}
