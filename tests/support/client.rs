//! A client of the socket that checks what it receives.

use std::{net::SocketAddr, time::Duration};

use app::{
    id::BoardId,
    model::Seq,
    ops::Mutation,
    protocol::{ClientMessage, ErrorCode, ServerMessage},
};
use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

/// Longer than anything takes, even on a busy machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::connect_with(address, &[("sec-websocket-protocol", "taskwire.v1")]).await.expect("the socket opens")
    }

    /// Connects with these headers. The error is the HTTP status.
    pub async fn connect_with(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        Self::connect_at(address, "/ws", headers).await
    }

    /// As [`Self::connect_with`], at another path.
    pub async fn connect_at(address: SocketAddr, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{address}{path}").into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_str(value).expect("a header"));
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn say(&mut self, message: &ClientMessage) {
        self.say_text(serde_json::to_string(message).expect("a message")).await;
    }

    pub async fn say_text(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.expect("the socket is open");
    }

    pub async fn subscribe(&mut self, board: BoardId, since: Option<Seq>) {
        self.say(&ClientMessage::Subscribe { board, since, snapshot: false, outline: false }).await;
    }

    /// Subscribes, and waits until the server has answered: what happens after this call reaches the client as changes.
    pub async fn follow(&mut self, board: BoardId, since: Seq) -> Copy {
        self.subscribe(board, Some(since)).await;
        let mut copy = Copy::of(board, Some(since));
        copy.take(&self.hear().await);
        copy
    }

    pub async fn mutate(&mut self, board: BoardId, mutations: Vec<Mutation>) {
        self.say(&ClientMessage::Mutate { board, mutations }).await;
    }

    /// The next message.
    pub async fn hear(&mut self) -> ServerMessage {
        match self.hear_or_end().await {
            Ok(message) => message,
            Err(code) => panic!("the socket was closed: {code:?}"),
        }
    }

    /// The next message, or the code with which the socket was closed. Skips the hello, the first message on each
    /// socket.
    pub async fn hear_or_end(&mut self) -> Result<ServerMessage, Option<u16>> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something is heard");
            match next {
                Some(Ok(Message::Text(text))) if text.starts_with(r#"{"type":"hello""#) => {}
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")));
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Expects an error as the next message, and returns its code.
    pub async fn hear_error(&mut self) -> ErrorCode {
        match self.hear().await {
            ServerMessage::Error { code, .. } => code,
            other => panic!("should have been an error: {other:?}"),
        }
    }

    /// The code with which the socket is closed. Skips the messages before that.
    pub async fn hear_end(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.hear_or_end().await {
                return code;
            }
        }
    }
}

/// A client's copy of one board. It panics if a change is missing, duplicated or out of order.
#[derive(Clone, Debug)]
pub struct Copy {
    pub board: BoardId,
    /// The number of the newest change it has; `None` before it has received anything.
    pub seq: Option<Seq>,
    /// How many changes it was sent.
    pub changes: u64,
    /// How many snapshots it was sent.
    pub snapshots: u64,
    /// How many frames with changes it was sent.
    pub frames: u64,
}

impl Copy {
    pub fn of(board: BoardId, seq: Option<Seq>) -> Self {
        Self { board, seq, changes: 0, snapshots: 0, frames: 0 }
    }

    pub fn take(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::Snapshot(snapshot) if snapshot.board == self.board => {
                assert!(
                    self.seq.is_none_or(|seq| snapshot.seq >= seq),
                    "a snapshot took {self:?} back to {}",
                    snapshot.seq
                );
                self.seq = Some(snapshot.seq);
                self.snapshots += 1;
            }
            ServerMessage::Changes { board, after, changes } if *board == self.board => {
                assert_eq!(self.seq, Some(*after), "the changes do not go on where {self:?} is");
                for (change, seq) in changes.iter().zip(after + 1..) {
                    assert_eq!(change.seq, seq);
                }
                self.seq = Some(after + changes.len() as u64);
                self.changes += changes.len() as u64;
                self.frames += 1;
            }
            ServerMessage::Error { board: Some(board), code, message } if *board == self.board => {
                panic!("{self:?} got the error {code:?}: {message}");
            }
            _ => {}
        }
    }

    /// Receives messages until the copy has a number.
    pub async fn reach(&mut self, seq: Seq, client: &mut Client) {
        while self.seq.is_none_or(|have| have < seq) {
            let message = client.hear().await;
            self.take(&message);
        }
        assert_eq!(self.seq, Some(seq));
    }
}
