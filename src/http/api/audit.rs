//! The audit log over REST: in pages, or as a stream of JSON Lines.

use std::sync::Arc;

use app::audit::{Action, Event};
use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{client::Client, cursor, json};
use crate::{
    accounts::{AccountError, audit::AuditQuery},
    http::{guard::Streamed, input::Query, problem::Problem},
    store::{AuditFilter, AuditKey},
};

/// The list to which the cursors belong.
const LIST: &str = "audit";
/// How many events of an export are read at once. So its memory does not depend on the size of the log.
const BLOCK: usize = 500;
/// The content type of JSON Lines.
const JSON_LINES: &str = "application/jsonl";

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditSearch {
    /// Who did it: the id or the e-mail address of a person, `operator` (the command line), `server` or `nobody`.
    #[param(min_length = 1)]
    actor: Option<String>,
    /// What was done.
    #[param(value_type = Option<Action>)]
    action: Option<String>,
    /// The id of what it was done to.
    #[param(value_type = Option<Uuid>)]
    target: Option<String>,
    /// Not before this time (RFC 3339) or day (in UTC).
    #[param(min_length = 1)]
    from: Option<String>,
    /// Before this time, or until the end of this day.
    #[param(min_length = 1)]
    to: Option<String>,
    /// Only events with this text in a name, an address, the details or the description of the client, ignoring case.
    q: Option<String>,
    /// The maximum number of events.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<usize>,
    /// Where to continue: the `next` of an earlier response.
    cursor: Option<String>,
    /// `jsonl`: all events that match, as JSON Lines, as with `Accept: application/jsonl`.
    #[param(inline)]
    format: Option<Format>,
}

/// The form of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditFormat)]
pub enum Format {
    /// One page, as JSON.
    Json,
    /// Everything, as JSON Lines.
    Jsonl,
}

/// Events of the audit log, newest first.
#[derive(Serialize, ToSchema)]
pub struct AuditEvents {
    /// The events. With `q` there may be fewer than `limit`, and more on the next page.
    events: Vec<Event>,
    /// The value of `cursor` with which to get more; `null` if these are all.
    next: Option<String>,
}

/// Read the audit log
///
/// Who did what, when and from where, newest first, with the values before and after. Only admins may do this. With
/// `Accept: application/jsonl` or `format=jsonl`, the response is a stream of all events that match, one a line; such an export is an
/// event itself. If the stream breaks off, the connection is closed before the end of the body.
#[utoipa::path(
    get, path = "/audit", tag = "people", operation_id = "list_audit_events",
    params(AuditSearch),
    responses((
        status = 200, description = "Events of the audit log, newest first.",
        content((AuditEvents = "application/json"), (String = "application/jsonl"))
    ))
)]
pub async fn list(
    client: Client,
    Query(search): Query<AuditSearch>,
    headers: HeaderMap,
    parts: Parts,
) -> Result<Response, Problem> {
    let limit = cursor::limit(search.limit)?;
    let before: Option<AuditKey> = cursor::read(LIST, search.cursor.as_deref(), |_| true)?;
    if !client.visitor.principal().may_read_audit() {
        return Err(Problem::forbidden());
    }
    let AuditSearch { actor, action, target, from, to, q, format, .. } = search;
    for (name, value) in [("actor", &actor), ("action", &action), ("target", &target), ("from", &from), ("to", &to)] {
        if value.as_deref() == Some("") {
            return Err(Problem::parameter(name, "expected a value; leave the parameter out to search for all"));
        }
    }
    let [actor, action, target, from, to, q] = [actor, action, target, from, to, q].map(Option::unwrap_or_default);
    let query = AuditQuery { actor, action, target, from, to, q };
    let filter = query.filter(&client.services.store.directory()).map_err(|error| match error {
        AccountError::Invalid { field, message } => Problem::parameter(field, message),
        error => error.into(),
    })?;
    let accepts_lines = || headers.get_all(ACCEPT).iter().any(|kinds| contains(kinds, JSON_LINES));
    if format.map_or_else(accepts_lines, |format| format == Format::Jsonl) {
        return export(client, filter, &parts).await;
    }
    let page = client.accounts().audit(client.credentials(), &filter, before, limit).await?;
    let next = page.next.map(|key| cursor::write(LIST, &key));
    Ok(json(StatusCode::OK, &AuditEvents { events: page.events, next }))
}

/// A stream of all events that match. The caller's rights are checked before each block is read. Streams count as sockets do.
async fn export(client: Client, filter: AuditFilter, parts: &Parts) -> Result<Response, Problem> {
    let admission = client.services.socket.admit(parts, client.visitor.person)?;
    let first = match parts.method == Method::HEAD {
        false => Some(client.accounts().export_audit(client.credentials(), &filter).await?),
        // Nothing leaves the server with the answer, so that is no export. Who may not have one is told so.
        true => {
            client.accounts().audit(client.credentials(), &filter, None, 1).await?;
            None
        }
    };
    let export = Arc::new((client, filter, admission));
    let blocks = stream::try_unfold(first, move |before| {
        let export = Arc::clone(&export);
        async move {
            let Some(before) = before else { return Ok(None) };
            let (client, filter, _) = &*export;
            let page = client.accounts().audit(client.credentials(), filter, Some(before), BLOCK).await?;
            let mut lines = Vec::new();
            for event in &page.events {
                // Events are plain data, which always serializes.
                lines.extend(serde_json::to_vec(event).unwrap_or_default());
                lines.push(b'\n');
            }
            Ok::<_, AccountError>(Some((Bytes::from(lines), page.next)))
        }
    });
    let mut response = Body::from_stream(blocks).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON_LINES));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"taskwire-audit.jsonl\""));
    response.extensions_mut().insert(Streamed);
    Ok(response)
}

fn contains(kinds: &HeaderValue, wanted: &str) -> bool {
    let kinds = kinds.to_str().unwrap_or_default().split(',');
    kinds.map(|kind| kind.split(';').next().unwrap_or_default().trim()).any(|kind| kind.eq_ignore_ascii_case(wanted))
}
