//! A TCP proxy between the server under test and a part that it needs. A test can cut, silence and restore the
//! connection.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub struct Proxy {
    pub port: u16,
    network: Arc<Network>,
    /// Changes whenever the existing connections must be dropped.
    cuts: watch::Sender<u64>,
}

#[derive(Default)]
struct Network {
    /// Whether new connections are dropped.
    is_cut: AtomicBool,
    /// Whether new connections discard what they receive.
    is_deaf: AtomicBool,
    /// Counts the connections.
    connections: AtomicU64,
    /// Connections with a lower number discard what they receive.
    silent_below: AtomicU64,
}

impl Network {
    fn is_silent(&self, connection: u64) -> bool {
        connection < self.silent_below.load(Ordering::SeqCst)
    }
}

impl Proxy {
    /// Forwards connections to a loopback port.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own_port = listener.local_addr().expect("an address").port();
        let network = Arc::<Network>::default();
        let (cuts, seen) = watch::channel(0);
        let here = Arc::clone(&network);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("a connection");
                if here.is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let mut seen = seen.clone();
                seen.mark_unchanged();
                let network = Arc::clone(&here);
                tokio::spawn(async move {
                    tokio::select! {
                        () = pass_on(client, port, &network) => {}
                        _ = seen.changed() => {}
                    }
                });
            }
        });
        Self { port: own_port, network, cuts }
    }

    /// Drops all connections, including new ones until [`Self::mend`].
    pub fn cut(&self) {
        self.network.is_cut.store(true, Ordering::SeqCst);
        self.drop_connections();
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.network.is_cut.store(false, Ordering::SeqCst);
        self.network.is_deaf.store(false, Ordering::SeqCst);
    }

    /// Drops the existing connections.
    pub fn drop_connections(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// From now on the existing connections discard what they receive, and never end. New ones work.
    pub fn silence(&self) {
        let so_far = self.network.connections.load(Ordering::SeqCst);
        self.network.silent_below.store(so_far, Ordering::SeqCst);
    }

    /// As [`Self::silence`], but for new connections too, until [`Self::mend`].
    pub fn silence_all(&self) {
        self.network.is_deaf.store(true, Ordering::SeqCst);
        self.silence();
    }
}

async fn pass_on(client: TcpStream, port: u16, network: &Network) {
    if network.is_deaf.load(Ordering::SeqCst) {
        // The connection stays open as long as the client keeps it open, and nothing is ever sent back.
        let mut client = client;
        let mut nothing = [0; 1024];
        while client.read(&mut nothing).await.is_ok_and(|length| length > 0) {}
        return;
    }
    let connection = network.connections.fetch_add(1, Ordering::SeqCst);
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("TCP_NODELAY");
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pump(from_client, to_server, network, connection) => {}
        () = pump(from_server, to_client, network, connection) => {}
    }
}

async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, network: &Network, connection: u64) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await.unwrap_or_default();
        let is_silent = network.is_silent(connection);
        match length {
            // The other side does not learn that the connection ended.
            0 if is_silent => pending().await,
            0 => return,
            _ if is_silent => {}
            _ if to.write_all(&buffer[..length]).await.is_err() => return,
            _ => {}
        }
    }
}
