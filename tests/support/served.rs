//! A node with its socket open on a loopback port.

use std::{net::SocketAddr, sync::Arc};

use axum::{Extension, serve::ListenerExt};
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

pub struct Served {
    pub node: Node,
    pub hub: Hub,
    pub address: SocketAddr,
    pub shutdown: CancellationToken,
    pub tracker: TaskTracker,
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
            seats: Arc::default(),
            proxies: 0,
            shutdown: shutdown.clone(),
            tracker: tracker.clone(),
        };
        let router = socket::routes().with_state(context).layer(Extension(Visitor::local()));
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("TCP_NODELAY"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { node: Node { store, writer }, hub, address, shutdown, tracker }
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }
}
