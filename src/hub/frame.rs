//! WebSocket text frames, complete with their header, ready to be written to a socket.
//!
//! A server's frames are not masked, so the same bytes serve every socket: a change is framed once, and a delivery is one
//! `write` of shared memory. tungstenite would copy each frame into a buffer of the socket, and keep that buffer at the size of
//! the largest frame that the socket was ever sent.

use app::{id::BoardId, model::Seq, protocol::ServerMessage};
use bytes::Bytes;

use crate::store::LoggedChange;

const FINAL_TEXT: u8 = 0x81;

/// A ping of the WebSocket protocol without a payload.
pub const PING: &[u8] = &[0x89, 0x00];

/// A complete text frame. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Bytes);

impl Frame {
    /// Encodes a message as a frame.
    pub fn of(message: &ServerMessage) -> Self {
        let mut frame = Vec::new();
        put_message(&mut frame, message);
        Self(frame.into())
    }

    /// The changes of a board that follow change `after`: a [`ServerMessage::Changes`], assembled from changes that are already
    /// JSON.
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

    /// The bytes to write to the socket.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The message in the frame, as JSON: a part of the frame's memory.
    pub fn json(&self) -> Bytes {
        let header = match self.0[1] {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        self.0.slice(header..)
    }

    /// Decodes the message in the frame.
    #[cfg(test)]
    pub fn message(&self) -> ServerMessage {
        serde_json::from_slice(&self.json()).expect("a frame holds a message")
    }
}

/// Appends a message as a frame.
pub fn put_message(buffer: &mut Vec<u8>, message: &ServerMessage) {
    match serde_json::to_vec(message) {
        Ok(json) => {
            put_header(buffer, json.len());
            buffer.extend_from_slice(&json);
        }
        // Serialization fails only for maps whose keys are not strings, and for values that return an error; the protocol has
        // neither.
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
