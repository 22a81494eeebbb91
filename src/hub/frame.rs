//! WebSocket text frames that are ready to be written to a socket, header and all.
//!
//! A server's frames are not masked, so the same bytes serve every socket: a change is framed once, and a delivery is
//! one `write` of shared memory. tungstenite would copy each into a buffer of the socket, and keep that buffer at the
//! size of the largest frame the socket ever got.

use app::{id::BoardId, model::Seq, protocol::ServerMessage};
use bytes::Bytes;

use crate::store::LoggedChange;

const FINAL_TEXT: u8 = 0x81;

/// A ping of the WebSocket protocol without a payload.
pub const PING: &[u8] = &[0x89, 0x00];

/// A whole text frame. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Bytes);

impl Frame {
    /// A message as a frame.
    pub fn of(message: &ServerMessage) -> Self {
        let mut frame = Vec::new();
        put_message(&mut frame, message);
        Self(frame.into())
    }

    /// Changes of a board that follow change `after`: what [`ServerMessage::Changes`] is, put together from changes that
    /// are JSON already.
    pub fn changes<'a>(
        board: BoardId,
        after: Seq,
        changes: impl ExactSizeIterator<Item = &'a LoggedChange> + Clone,
    ) -> Self {
        let start = format!(r#"{{"type":"changes","board":"{board}","after":{after},"changes":["#);
        let commas = changes.len().saturating_sub(1);
        let end = b"]}";
        let length = start.len() + changes.clone().map(|change| change.json.len()).sum::<usize>() + commas + end.len();
        let mut frame = Vec::with_capacity(length + 10);
        put_header(&mut frame, length);
        frame.extend_from_slice(start.as_bytes());
        for (index, change) in changes.enumerate() {
            if index > 0 {
                frame.push(b',');
            }
            frame.extend_from_slice(&change.json);
        }
        frame.extend_from_slice(end);
        Self(frame.into())
    }

    /// What goes onto the wire.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The message in it.
    #[cfg(test)]
    pub fn message(&self) -> ServerMessage {
        let header = match self.0[1] {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        serde_json::from_slice(&self.0[header..]).expect("a frame holds a message")
    }
}

/// Appends a message, framed.
pub fn put_message(buffer: &mut Vec<u8>, message: &ServerMessage) {
    match serde_json::to_vec(message) {
        Ok(json) => {
            put_header(buffer, json.len());
            buffer.extend_from_slice(&json);
        }
        // Only a map with keys that are no strings, or a value that refuses, could fail; the protocol has neither.
        Err(error) => tracing::error!(%error, "a message of the protocol could not be encoded"),
    }
}

fn put_header(buffer: &mut Vec<u8>, length: usize) {
    buffer.push(FINAL_TEXT);
    match length {
        0..=125 => buffer.push(length as u8),
        126..=0xffff => {
            buffer.push(126);
            buffer.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            buffer.push(127);
            buffer.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}
