//! A connection as docs/PROTOCOL.md describes it, and a subscription to one board that continues over several
//! connections.

use std::{sync::atomic::Ordering, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::{
    record::{Micros, Promise, Record, digest},
    tamper::Break,
};

const PATIENCE: Duration = Duration::from_secs(2);

/// The error when the connection has ended.
#[derive(Debug)]
pub struct Ended;

pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    pub async fn connect(port: u16, token: &str) -> Result<Self, Ended> {
        let connect = async {
            let tcp = TcpStream::connect(("127.0.0.1", port)).await.map_err(|_| Ended)?;
            tcp.set_nodelay(true).map_err(|_| Ended)?;
            let mut request = format!("ws://127.0.0.1:{port}/ws").into_client_request().map_err(|_| Ended)?;
            let headers = request.headers_mut();
            headers.insert("sec-websocket-protocol", HeaderValue::from_static("taskwire.v1"));
            headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Ended)?);
            let (stream, _) = client_async(request, tcp).await.map_err(|_| Ended)?;
            Ok(Self { stream })
        };
        timeout(PATIENCE, connect).await.unwrap_or(Err(Ended))
    }

    pub async fn say(&mut self, message: &Value) -> Result<(), Ended> {
        self.say_text(message.to_string()).await
    }

    pub async fn say_text(&mut self, text: String) -> Result<(), Ended> {
        match timeout(PATIENCE, self.stream.send(Message::text(text))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Ended),
        }
    }

    /// The next message after the hello. Cancel-safe.
    pub async fn hear(&mut self) -> Result<Value, Ended> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) if text.starts_with(r#"{"type":"hello""#) => {}
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).map_err(|_| Ended),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Ended),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Sends a close frame, without waiting for the server's.
    pub async fn close(mut self) {
        // The connection is gone either way.
        let _ = timeout(Duration::from_millis(100), self.stream.close(None)).await;
    }
}

/// What a client has of a board. It outlives connections.
pub struct Follow {
    pub board: usize,
    pub have: Option<u64>,
    /// Since when this connection has subscribed, or has asked to. A pending subscription is not requested again: the
    /// server would rightly answer both requests from the same position.
    since: Option<Micros>,
    /// Whether the server has answered the subscription with data.
    pub is_on: bool,
}

/// What a client has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    GoOn,
    /// Subscribe again from its position, because something is missing.
    Subscribe,
}

impl Follow {
    pub fn of(board: usize) -> Self {
        Self { board, have: None, since: None, is_on: false }
    }

    /// Whether there is no subscription on this connection: it was not requested yet, or refused.
    pub fn is_off(&self) -> bool {
        self.since.is_none()
    }

    /// Forgets the subscription, because the connection is new or the server refused the subscription.
    pub fn end(&mut self) {
        (self.since, self.is_on) = (None, false);
    }

    /// How long the subscription has been pending.
    pub fn waits(&self, now: Micros) -> Option<Micros> {
        self.since.filter(|_| !self.is_on).map(|since| now.saturating_sub(since))
    }

    pub async fn subscribe(&mut self, socket: &mut Socket, record: &Record) -> Result<(), Ended> {
        let board = &record.boards[self.board].id;
        self.since = Some(record.now());
        self.is_on = false;
        let message = match self.have {
            Some(have) => json!({"type": "subscribe", "board": board, "since": have}),
            None => json!({"type": "subscribe", "board": board}),
        };
        socket.say(&message).await
    }

    /// Checks and applies a `snapshot` or `changes` message for this board. `always` states that the client may see the
    /// board all the time.
    pub fn take(&mut self, who: &str, message: &Value, record: &Record, always: bool) -> Next {
        match message["type"].as_str() {
            Some("snapshot") => self.take_snapshot(who, message, record),
            _ => self.take_changes(who, message, record, always),
        }
    }

    fn take_snapshot(&mut self, who: &str, message: &Value, record: &Record) -> Next {
        let seq = message["seq"].as_u64().unwrap_or(0);
        if let Some(have) = self.have.filter(|have| seq < *have) {
            let words = format!("{who} had {have} of board {} and was sent a snapshot of {seq}", self.board);
            record.broke(Promise::Holes, words);
        }
        record.snapshot(self.board, seq, digest(&message["state"]));
        record.boards[self.board].head.fetch_max(seq, Ordering::Relaxed);
        (self.have, self.is_on) = (Some(seq), true);
        Next::GoOn
    }

    fn take_changes(&mut self, who: &str, message: &Value, record: &Record, always: bool) -> Next {
        let after = message["after"].as_u64();
        let empty = Vec::new();
        let changes = message["changes"].as_array().unwrap_or(&empty);
        if self.is_on && always && !changes.is_empty() && record.tamper.now(Break::Hole) {
            return Next::GoOn;
        }
        if after != self.have {
            let (have, after) = (self.have.unwrap_or(0), after.unwrap_or(0));
            let missing = if after > have { "some are missing" } else { "some are sent again" };
            let words =
                format!("{who} has {have} of board {} and is sent what comes after {after}: {missing}", self.board);
            record.broke(Promise::Holes, words);
            return Next::Subscribe;
        }
        self.is_on = true;
        let mut have = after.unwrap_or(0);
        let mut seen = Vec::with_capacity(changes.len());
        for change in changes {
            have += 1;
            if change["seq"].as_u64() != Some(have) {
                let words = format!("{who} is sent {} of board {} where {have} should be", change["seq"], self.board);
                record.broke(Promise::Holes, words);
                return Next::Subscribe;
            }
            let altered = u64::from(always && record.tamper.now(Break::Altered));
            seen.push((have, digest(change) ^ altered));
        }
        self.have = Some(have);
        record.delivered(self.board, &seen, self.since.filter(|_| always));
        if always && !changes.is_empty() && record.tamper.now(Break::Repeated) {
            return self.take_changes(who, message, record, always);
        }
        Next::GoOn
    }
}
