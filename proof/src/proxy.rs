//! Network links that can be cut, frozen, slowed down, or made to swallow all data.
//!
//! A link terminates TCP on both sides, so the sender's kernel sees all data acknowledged: neither keepalive nor TCP's
//! own timeouts ever detect that a link is silent. That is harsher than most real networks, where only a proxy or load
//! balancer can be as silent.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};

/// What happens to the data on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Each piece arrives later.
    Slow(Duration),
    /// Nothing gets through until the link is open again; then everything does.
    Frozen,
    /// No connection is possible.
    Cut,
}

/// The state of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Alive,
    /// All data is swallowed, for ever, and neither end learns of it.
    Silent,
    Gone,
}

type Connections = Arc<Mutex<BTreeMap<u64, Arc<watch::Sender<Fate>>>>>;

/// A link to a port of this machine.
pub struct Link {
    pub port: u16,
    way: Arc<watch::Sender<Way>>,
    connections: Connections,
}

impl Link {
    pub async fn to(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own_port = listener.local_addr()?.port();
        let way = Arc::new(watch::Sender::new(Way::Open));
        let connections = Connections::default();
        tokio::spawn(accept(listener, port, Arc::clone(&way), Arc::clone(&connections)));
        Ok(Self { port: own_port, way, connections })
    }

    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
        if way == Way::Cut {
            self.drop_connections(1);
        }
    }

    /// Closes every `every`-th open connection. New connections work.
    pub fn drop_connections(&self, every: usize) {
        self.decide(every, Fate::Gone);
    }

    /// Silences every `every`-th open connection for ever. New connections work.
    pub fn silence_connections(&self, every: usize) {
        self.decide(every, Fate::Silent);
    }

    fn decide(&self, every: usize, fate: Fate) {
        for connection in locked(&self.connections).values().step_by(every) {
            connection.send_replace(fate);
        }
    }
}

fn locked(connections: &Connections) -> MutexGuard<'_, BTreeMap<u64, Arc<watch::Sender<Fate>>>> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, port: u16, way: Arc<watch::Sender<Way>>, connections: Connections) {
    for number in 0.. {
        let Ok((near, _)) = listener.accept().await else {
            // The process may be out of file descriptors, for instance; the client tries again.
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let way = way.subscribe();
        if *way.borrow() == Way::Cut {
            continue;
        }
        let fate = Arc::new(watch::Sender::new(Fate::Alive));
        locked(&connections).insert(number, Arc::clone(&fate));
        let connections = Arc::clone(&connections);
        tokio::spawn(async move {
            carry(near, port, way, fate.subscribe()).await;
            locked(&connections).remove(&number);
        });
    }
}

async fn carry(near: TcpStream, port: u16, way: watch::Receiver<Way>, mut fate: watch::Receiver<Fate>) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    // Without `TCP_NODELAY` the link would only be slower, so an error does not matter.
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    // The end of one direction does not end the other.
    let there = pump(near_in, far_out, way.clone(), fate.clone());
    let back = pump(far_in, near_out, way, fate.clone());
    let pumps = async { tokio::join!(there, back) };
    tokio::select! {
        _ = pumps => {}
        _ = fate.wait_for(|fate| *fate == Fate::Gone) => {}
    }
}

/// Copies one direction. Returns both halves, so that they stay open until the other direction has ended as well:
/// dropping one would tell the peer that the connection ended, even if it is silent.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
    fate: watch::Receiver<Fate>,
) -> (OwnedReadHalf, OwnedWriteHalf) {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut piece).await.unwrap_or(0);
        let now = way.wait_for(|way| *way != Way::Frozen).await.map_or(Way::Open, |way| *way);
        if let Way::Slow(by) = now {
            sleep(by).await;
        }
        let is_silent = *fate.borrow() == Fate::Silent;
        if length == 0 {
            if !is_silent {
                let _ = to.shutdown().await;
            }
            return (from, to);
        }
        if !is_silent && to.write_all(&piece[..length]).await.is_err() {
            return (from, to);
        }
    }
}
