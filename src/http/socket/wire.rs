//! A WebSocket whose reader is tungstenite and whose writer is one `write` of a shared frame.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use app::protocol::MAX_CLIENT_MESSAGE_BYTES;
use futures::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWrite},
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::CapacityError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tokio_util::sync::CancellationToken;

use super::limits::SocketLimits;

/// How much of what a client still sends is read away when its socket is closed, so that it gets to see why. (A socket
/// that is closed with unread data is reset, and what was sent to it is lost.)
const DRAIN_BYTES: usize = 32 * 1024 * 1024;

/// The connection.
pub(super) struct Wire {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    /// How long a write may take.
    patience: Duration,
    /// How long it may still take once it is to end.
    last_patience: Duration,
    /// When it is cancelled, this socket is to end.
    goodbye: CancellationToken,
}

/// What came in.
pub(super) enum Incoming {
    /// A text message.
    Text(tokio_tungstenite::tungstenite::Utf8Bytes),
    /// A message of bytes, which the protocol does not have.
    Binary,
    /// A sign of life.
    Alive,
    /// More than the limit.
    TooLarge,
    /// Something that is no text in UTF-8.
    NotText,
    /// The end.
    Disconnected,
}

/// A write took too long, or the connection broke.
#[derive(Debug)]
pub(super) enum WriteFailed {
    TooSlow,
    Disconnected,
}

impl Wire {
    /// When it is cancelled, this socket is to end.
    pub(super) fn goodbye(&self) -> CancellationToken {
        self.goodbye.clone()
    }

    pub(super) async fn new(upgraded: Upgraded, limits: &SocketLimits, goodbye: CancellationToken) -> Self {
        let config = WebSocketConfig::default()
            // Allocated at once for every socket; grows for larger messages.
            .read_buffer_size(1024)
            // Only pongs and the end go through tungstenite's writer.
            .write_buffer_size(0)
            .max_write_buffer_size(16 * 1024)
            .max_message_size(Some(limits.message_bytes.max(1)))
            .max_frame_size(Some(limits.message_bytes.clamp(1, MAX_CLIENT_MESSAGE_BYTES)));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        Self { socket, patience: limits.write, last_patience: limits.close, goodbye }
    }

    /// What comes next.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        Poll::Ready(match ready!(self.socket.poll_next_unpin(cx)) {
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            Some(Ok(Message::Binary(_))) => Incoming::Binary,
            Some(Ok(Message::Close(_))) | None => Incoming::Disconnected,
            Some(Ok(_)) => Incoming::Alive,
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => Incoming::TooLarge,
            Some(Err(Error::Utf8(_))) => Incoming::NotText,
            Some(Err(_)) => Incoming::Disconnected,
        })
    }

    /// Writes whole frames. Most often the kernel takes them at once.
    pub(super) async fn write(&mut self, frames: &[u8]) -> Result<(), WriteFailed> {
        let written = poll_fn(|cx| match self.poll_write(frames, cx) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => Poll::Ready(Ok(0)),
        })
        .await;
        match written {
            Ok(count) if count == frames.len() => Ok(()),
            Ok(count) => Box::pin(self.write_slowly(&frames[count..])).await,
            Err(_) => Err(WriteFailed::Disconnected),
        }
    }

    /// Says why, and ends the connection. Waits a bounded time for the client to agree.
    pub(super) async fn close(mut self, code: u16, reason: &'static str, within: Duration) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        let ending = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // Whoever does not answer is left without the courtesy.
        let _ = timeout(within, ending).await;
    }

    /// As [`Self::close`], for when what comes in can no longer be told apart.
    pub(super) async fn close_unread(mut self, code: u16, reason: &'static str, within: Duration) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        let ending = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
            let mut scrap = vec![0; 16 * 1024];
            let mut left = DRAIN_BYTES;
            while left > 0 {
                match self.socket.get_mut().read(&mut scrap).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => left = left.saturating_sub(count),
                }
            }
        };
        let _ = timeout(within, ending).await;
    }

    async fn write_slowly(&mut self, mut rest: &[u8]) -> Result<(), WriteFailed> {
        let patience = self.patience + Duration::from_secs(rest.len() as u64 / 8192);
        let (goodbye, last_patience) = (self.goodbye.clone(), self.last_patience);
        let writing = async {
            while !rest.is_empty() {
                let count = poll_fn(|cx| self.poll_write(rest, cx)).await?;
                rest = &rest[count..];
            }
            io::Result::Ok(())
        };
        let enough = async {
            if timeout(patience, goodbye.cancelled()).await.is_ok() {
                sleep(last_patience).await;
            }
        };
        tokio::select! {
            written = writing => written.map_err(|_| WriteFailed::Disconnected),
            () = enough => Err(WriteFailed::TooSlow),
        }
    }

    /// Hands bytes to the kernel, after what tungstenite may have left half-written (a pong).
    fn poll_write(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        ready!(self.socket.poll_flush_unpin(cx)).map_err(io::Error::other)?;
        match ready!(Pin::new(self.socket.get_mut()).poll_write(cx, bytes))? {
            0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            count => Poll::Ready(Ok(count)),
        }
    }
}
