//! A WebSocket that is read through tungstenite, and to which shared frames are written directly.

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

/// How much of a client's unread data is read and dropped when its socket is closed, so that it receives the reason. (Closing a
/// connection with unread data resets it, and what was sent to the client is lost.)
const DRAIN_BYTES: usize = 32 * 1024 * 1024;

/// The connection.
pub(super) struct Wire {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    /// How long a write may take.
    patience: Duration,
    /// How long a write may still take once the socket is to close.
    last_patience: Duration,
    /// Cancelled when this socket is to close.
    goodbye: CancellationToken,
}

/// What the client sent.
pub(super) enum Incoming {
    /// A text message.
    Text(tokio_tungstenite::tungstenite::Utf8Bytes),
    /// A binary message, which the protocol does not have.
    Binary,
    /// A ping or pong.
    Alive,
    /// A message above the size limit.
    TooLarge,
    /// A text message that is not UTF-8.
    NotText,
    /// The end of the connection.
    Disconnected,
}

/// Why a write failed: it took too long, or the connection broke.
#[derive(Debug)]
pub(super) enum WriteFailed {
    TooSlow,
    Disconnected,
}

impl Wire {
    /// The token that is cancelled when this socket is to close.
    pub(super) fn goodbye(&self) -> CancellationToken {
        self.goodbye.clone()
    }

    pub(super) async fn new(upgraded: Upgraded, limits: &SocketLimits, goodbye: CancellationToken) -> Self {
        let config = WebSocketConfig::default()
            // This buffer is allocated at once for every socket; it grows for larger messages.
            .read_buffer_size(1024)
            // Only pongs and close frames go through tungstenite's writer.
            .write_buffer_size(0)
            .max_write_buffer_size(16 * 1024)
            .max_message_size(Some(limits.message_bytes.max(1)))
            .max_frame_size(Some(limits.message_bytes.clamp(1, MAX_CLIENT_MESSAGE_BYTES)));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        Self { socket, patience: limits.write, last_patience: limits.close, goodbye }
    }

    /// Reads the next message.
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

    /// Writes whole frames. Usually the kernel takes them at once.
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

    /// Closes the connection with a reason. Waits a bounded time for the client's close frame.
    pub(super) async fn close(mut self, code: u16, reason: &'static str, within: Duration) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        let ending = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // A client that does not answer in time is simply disconnected.
        let _ = timeout(within, ending).await;
    }

    /// As [`Self::close`], for when the client's data can no longer be parsed as frames: it is read and dropped.
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

    /// Writes bytes to the kernel, after flushing what tungstenite may have left half-written (a pong).
    fn poll_write(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        ready!(self.socket.poll_flush_unpin(cx)).map_err(io::Error::other)?;
        match ready!(Pin::new(self.socket.get_mut()).poll_write(cx, bytes))? {
            0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            count => Poll::Ready(Ok(count)),
        }
    }
}
