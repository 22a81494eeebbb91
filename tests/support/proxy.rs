//! A stretch of network between the server under test and a part it needs, that a test can cut and mend.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub struct Proxy {
    pub port: u16,
    cut: Arc<AtomicBool>,
    /// Changes whenever the connections there are have to go.
    cuts: watch::Sender<u64>,
}

impl Proxy {
    /// Passes connections on to a loopback port.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own_port = listener.local_addr().expect("an address").port();
        let cut = Arc::new(AtomicBool::new(false));
        let (cuts, seen) = watch::channel(0);
        let is_cut = Arc::clone(&cut);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.expect("a connection");
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let mut seen = seen.clone();
                seen.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = seen.changed() => {}
                    }
                });
            }
        });
        Self { port: own_port, cut, cuts }
    }

    /// Drops all connections, and every new one.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.drop_connections();
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }

    /// Drops the connections there are.
    pub fn drop_connections(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}
