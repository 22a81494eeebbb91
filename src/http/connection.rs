//! One connection, with its time limits: for being idle, for sending a request, and for not reading a response.
//!
//! hyper limits the time of reads, but not of writes: a client that does not read a response would keep it in memory for ever. So
//! writes have a timeout here. Sockets are excluded, because they have their own write timeout.

use std::{
    future::{Future, poll_fn},
    io::{self, IoSlice},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{Extension, Router, http::StatusCode, response::Response};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};
use tokio_util::sync::CancellationToken;
use tower::{Layer, util::MapResponseLayer};

use super::{limits::HttpLimits, request_auth::Peer};
use crate::clock;

/// The largest head of a request, which is also how much is read ahead on a connection.
const MAX_BUFFER_BYTES: usize = 64 * 1024;
/// The response while the clock shows a time that HTTP cannot represent.
const NO_TIME: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 55\r\n\
    Retry-After: 5\r\nConnection: close\r\n\r\nThe clock of this server is before 1970. Please set it\n";

/// Serves the requests of a connection until it ends, or `stop` is cancelled.
pub async fn serve(
    mut stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: &HttpLimits,
    stop: CancellationToken,
) {
    if !clock::is_after_1970() {
        tracing::error!(
            "the clock shows a time before 1970, which HTTP cannot represent; set the clock of this machine"
        );
        let answer = async {
            // Closing a connection with unread data resets it, and the response is lost. So the request is read first.
            let _ = stream.read(&mut [0; 4096]).await?;
            stream.write_all(NO_TIME).await?;
            stream.shutdown().await
        };
        // The client may be gone by now.
        let _ = tokio::time::timeout(Duration::from_secs(1), answer).await;
        return;
    }
    // A response is written in one piece, so there is nothing to gain by waiting for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the client disconnected at once");
        return;
    }
    let stream = TimeoutStream::new(stream, limits.stall, limits.reading_rate);
    let is_socket = Arc::clone(&stream.is_left_alone);
    let service = MapResponseLayer::new(move |response: Response| {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            is_socket.store(true, Ordering::Relaxed);
        }
        response
    });
    let service = service.layer(Extension(Peer(peer.ip())).layer(router));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    tokio::pin!(connection);
    let mut stopping = pin!(stop.cancelled());
    let mut is_stopping = false;
    let ended = poll_fn(|cx| {
        // hyper formats the current time whenever it does something, and panics if that is before 1970.
        if !clock::is_after_1970() {
            return Poll::Ready(Ok(()));
        }
        if !is_stopping && stopping.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(cx)
    })
    .await;
    if let Err(error) = ended {
        // The client went away, does not read, or does not speak HTTP.
        tracing::debug!(%error, "a connection broke");
    }
}

/// A stream whose peer has to read. The peer may pause up to `most` in total; each byte that it reads earns some of that time back.
struct TimeoutStream<S> {
    stream: S,
    most: Duration,
    /// How many seconds one byte earns.
    earned: f64,
    left: Duration,
    waiting: Option<Waiting>,
    /// Set once the connection is a WebSocket, which has its own write timeout.
    is_left_alone: Arc<AtomicBool>,
}

struct Waiting {
    since: Instant,
    end: Pin<Box<Sleep>>,
}

impl<S> TimeoutStream<S> {
    fn new(stream: S, most: Duration, bytes_per_second: u32) -> Self {
        let earned = 1.0 / f64::from(bytes_per_second.max(1));
        Self { stream, most, earned, left: most, waiting: None, is_left_alone: Arc::default() }
    }

    /// Accounts for the outcome of a write: fails a pending write when the time is used up.
    fn after(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(waiting) = self.waiting.take() {
                    self.left = self.left.saturating_sub(waiting.since.elapsed());
                }
                self.left = self.most.min(self.left + Duration::from_secs_f64(bytes as f64 * self.earned));
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending if !self.is_left_alone.load(Ordering::Relaxed) => {
                let begin = || Waiting { since: Instant::now(), end: Box::pin(sleep(self.left)) };
                let end = self.waiting.get_or_insert_with(begin).end.as_mut();
                let late = || io::Error::new(io::ErrorKind::TimedOut, "the client does not read, or reads too slowly");
                end.poll(cx).map(|()| Err(late()))
            }
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimeoutStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.after(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.after(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimeoutStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    const MOST: Duration = Duration::from_millis(400);

    #[tokio::test]
    async fn who_reads_nothing_is_left_in_the_end() {
        let (stream, _reader) = duplex(64);
        let mut stream = TimeoutStream::new(stream, MOST, 1_000);
        let began = Instant::now();
        let error = stream.write_all(&[0; 1_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= MOST);
    }

    #[tokio::test]
    async fn who_reads_too_little_is_left_too_and_who_reads_slowly_is_not() {
        // Each read of 100 bytes earns 100 ms, so one every 40 ms is enough, and one every 300 ms is not.
        for (pause, is_enough) in [(40, true), (300, false)] {
            let (stream, mut reader) = duplex(100);
            let mut stream = TimeoutStream::new(stream, MOST, 1_000);
            let reading = async {
                let mut bytes = [0; 100];
                while reader.read_exact(&mut bytes).await.is_ok() {
                    sleep(Duration::from_millis(pause)).await;
                }
            };
            let writing = async {
                let written = stream.write_all(&[0; 3_000]).await;
                drop(stream);
                written
            };
            let (written, ()) = tokio::join!(writing, reading);
            assert_eq!(written.is_ok(), is_enough, "{written:?}");
        }
    }

    #[tokio::test]
    async fn a_socket_is_left_alone() {
        let (stream, _reader) = duplex(64);
        let mut stream = TimeoutStream::new(stream, Duration::from_millis(50), 1_000);
        stream.is_left_alone.store(true, Ordering::Relaxed);
        let writing = tokio::time::timeout(Duration::from_millis(500), stream.write_all(&[0; 1_000])).await;
        assert!(writing.is_err(), "{writing:?}");
    }
}
