//! What happens on a board, as Server-Sent Events: for clients that cannot use WebSockets.
//!
//! Each event is a message of the socket's protocol, a `snapshot` or `changes`, and its id is the number of the newest change in it. A
//! client that reconnects sends that id as `Last-Event-ID` and gets the changes after it, so the stream has no gaps. Like a socket, a
//! stream queues nothing: while its client does not read, changes wait in the topic's ring and the log.
//!
//! The [event stream format](https://html.spec.whatwg.org/multipage/server-sent-events.html) is part of HTML.

use std::{convert::Infallible, future::poll_fn, time::Duration};

use app::{id::BoardId, model::Seq, refusal::Thing};
use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};
use utoipa::IntoParams;

use super::client::Client;
use crate::{
    http::{
        admission::Admission,
        guard::Streamed,
        input::{Path, Query},
        problem::Problem,
    },
    hub::{
        Subscriber, Subscription,
        frame::Frame,
        topic::{Next, Resume, SnapshotForm, Start, TopicError},
    },
    store::Rights,
};

/// After this time without an event, a comment is sent, so that proxies keep the connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often the client's credentials are checked while nothing happens: they may expire.
const CHECK: Duration = Duration::from_secs(10);
/// The pause before the database is read again after a failure.
const RETRY: Duration = Duration::from_secs(1);

/// The header with which a client continues after an event.
const LAST_EVENT_ID: &str = "last-event-id";

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// The number of the newest change that the client has. Without it, and without `Last-Event-ID`, the stream begins with a snapshot.
    #[serde(default)]
    #[param(value_type = u64, required = false)]
    after: Option<Seq>,
    /// `true`: the stream begins with a snapshot in any case. It is not older than the number of the newest change that the client has.
    #[serde(default)]
    #[param(required = false)]
    snapshot: bool,
}

/// Follow a board
///
/// A stream of Server-Sent Events. `data` is a `snapshot` or `changes` message of the socket's protocol, and `id` the number of the newest
/// change in it. If the log no longer has the changes after `Last-Event-ID`, or never had them, a snapshot comes instead.
#[utoipa::path(
    get, path = "/boards/{board}/events", tag = "boards", operation_id = "follow_board",
    params(
        ("board" = Uuid, Path),
        After,
        ("Last-Event-ID" = Option<u64>, Header,
            description = "The id of the newest event that the client has; browsers send it when they reconnect. It counts more than `after`.")
    ),
    responses((status = 200, description = "The events, as long as the connection is open", body = String, content_type = "text/event-stream"))
)]
pub async fn follow(
    client: Client,
    Path(board): Path<BoardId>,
    Query(After { after, snapshot }): Query<After>,
    headers: HeaderMap,
    parts: Parts,
) -> Result<Response, Problem> {
    let start = match last_event_id(&headers)?.or(after) {
        Some(seq) if snapshot => Start::Snapshot(seq),
        Some(seq) => Start::After(seq),
        None => Start::Snapshot(0),
    };
    let context = &client.services.socket;
    let admission = context.admit(&parts, client.visitor.person)?;
    let subscriber = client.services.hub.connect();
    let subscription = subscriber.subscribe(board, SnapshotForm::Whole);
    let mut events = EventStream {
        subscriber,
        subscription,
        rights: Rights::new(&client.services.store, client.credentials().clone()),
        cursor: start.seq(),
        waiting: None,
        comment_at: Instant::now() + KEEP_ALIVE,
        goodbye: context.goodbyes.next(),
        _admission: admission,
        _tracked: context.tracker.token(),
    };
    events.waiting = match events.resume(start).await {
        Ok(event) => event,
        Err(TopicError::NoSuchBoard | TopicError::Forbidden) => return Err(Problem::not_found(Thing::Board)),
        Err(TopicError::Store(error)) => return Err(error.into()),
    };
    let events = stream::unfold(events, |mut events| async {
        let event = events.next().await?;
        Some((stream::iter(event.map(Ok::<_, Infallible>)), events))
    });
    let events = events.flatten();
    let mut response = Body::from_stream(events).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would otherwise collect the events before it passes them on.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.extensions_mut().insert(Streamed);
    Ok(response)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<Seq>, Problem> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let id = id.to_str().ok().and_then(|id| id.parse().ok());
    id.map(Some).ok_or_else(|| Problem::parameter("Last-Event-ID", "expected the number of a change"))
}

/// An event, in the pieces that are written one after the other.
type Event = [Bytes; 3];

/// An event without data, which clients ignore.
const COMMENT: Event = [Bytes::from_static(b":\n\n"), Bytes::new(), Bytes::new()];

/// The events of one client.
struct EventStream {
    subscriber: Subscriber,
    subscription: Subscription,
    rights: Rights,
    /// The number of the newest change that the client was sent.
    cursor: Seq,
    /// An event that was made and not sent yet.
    waiting: Option<Event>,
    /// When a comment is sent, unless something else is sent before.
    comment_at: Instant,
    /// Cancelled when the server stops.
    goodbye: CancellationToken,
    _admission: Admission,
    _tracked: TaskTrackerToken,
}

impl EventStream {
    /// Waits for the next event. `None` ends the stream: the server stops, the board was deleted, or the client may not see it any more. A client that
    /// reconnects is then told why.
    async fn next(&mut self) -> Option<Event> {
        let event = match self.waiting.take() {
            // It was made before, so the rights are checked again.
            Some(event) => self.may_see().then_some(event)?,
            None => self.next_event().await?,
        };
        self.comment_at = Instant::now() + KEEP_ALIVE;
        Some(event)
    }

    async fn next_event(&mut self) -> Option<Event> {
        loop {
            if !self.may_see() {
                return None;
            }
            match self.subscription.next_for(&mut self.rights, self.cursor) {
                Next::Changes(span) => return Some(self.event(&span.frame, span.upto)),
                Next::Forbidden => return None,
                Next::UpToDate if self.subscription.is_deleted() => return None,
                Next::UpToDate if self.comment_at <= Instant::now() => return Some(COMMENT),
                Next::UpToDate => {
                    tokio::select! {
                        () = poll_fn(|cx| self.subscriber.wake().poll(cx)) => {}
                        () = self.goodbye.cancelled() => return None,
                        () = sleep_until(self.comment_at.min(Instant::now() + CHECK)) => {}
                    }
                }
                Next::Behind => match self.resume(Start::After(self.cursor)).await {
                    Ok(Some(event)) => return Some(event),
                    Ok(None) => {}
                    Err(TopicError::NoSuchBoard | TopicError::Forbidden) => return None,
                    Err(TopicError::Store(error)) => {
                        tracing::debug!(%error, board = %self.subscription.board(), "a board could not be read for a stream");
                        tokio::select! {
                            () = self.goodbye.cancelled() => return None,
                            () = sleep(RETRY) => {}
                        }
                    }
                },
            }
        }
    }

    /// Whether the client may see the board at this moment.
    fn may_see(&mut self) -> bool {
        self.rights.look().is_some() && self.subscription.lets_in(&mut self.rights)
    }

    /// Continues from a start: with an event, or with `None` if the next changes come from the ring.
    async fn resume(&mut self, start: Start) -> Result<Option<Event>, TopicError> {
        Ok(match self.subscription.resume(start, &mut self.rights).await? {
            Resume::Here(cursor) => {
                self.cursor = cursor;
                None
            }
            Resume::Changes(span) => Some(self.event(&span.frame, span.upto)),
            Resume::Snapshot { seq, frame } => Some(self.event(&frame, seq)),
        })
    }

    fn event(&mut self, frame: &Frame, seq: Seq) -> Event {
        self.cursor = seq;
        // The message is one line: JSON without spaces has no line breaks. It is the frame's own memory, which all streams and sockets share.
        [format!("id: {seq}\ndata: ").into(), frame.json(), Bytes::from_static(b"\n\n")]
    }
}
