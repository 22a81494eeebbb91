//! Subscribed sockets that cost little to read: frames are counted, not parsed as JSON.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use crate::{Result, server::Door};

/// A socket that is subscribed to one board.
pub struct Socket {
    stream: BufReader<TcpStream>,
    frame: Vec<u8>,
}

/// What one frame contained.
pub struct Frame {
    /// The number of its newest change.
    pub newest: u64,
    /// The number of changes.
    pub changes: u64,
}

impl Socket {
    /// Connects, subscribes, and waits for the first response. Returns the number of the newest change in it.
    pub async fn subscribe(door: &Door, board: &str, since: u64) -> Result<(Self, u64)> {
        let Door { address, token } = door;
        let token = token.as_deref().unwrap_or_default();
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let upgrade = format!(
            "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: taskwire.v1\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(upgrade.as_bytes()).await?;
        let mut socket = Self { stream: BufReader::with_capacity(4096, stream), frame: Vec::new() };
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.stream.read_u8().await?);
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(String::from_utf8_lossy(&head).into_owned().into());
        }
        socket.send(&format!(r#"{{"type":"subscribe","board":"{board}","since":{since}}}"#)).await?;
        let first = socket.next().await?;
        Ok((socket, first.newest.max(since)))
    }

    /// Sends a text frame, masked as a client must; the mask is zero, which leaves the text unchanged.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        let mut frame = vec![0x81];
        match text.len() {
            short @ 0..126 => frame.push(0x80 | short as u8),
            long => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(long)?.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.get_mut().write_all(&frame).await?;
        Ok(())
    }

    /// Waits for the next frame with changes, and skips others. Gives up after a minute.
    pub async fn next(&mut self) -> Result<Frame> {
        loop {
            timeout(Duration::from_secs(60), self.read()).await??;
            let text = self.frame.as_slice();
            if text.starts_with(br#"{"type":"changes""#) {
                let after = number_behind(text, br#""after":"#);
                let changes = count(text, br#""mutation":"#);
                return Ok(Frame { newest: after + changes, changes });
            }
            if text.starts_with(br#"{"type":"error""#) {
                return Err(String::from_utf8_lossy(text).into_owned().into());
            }
        }
    }

    async fn read(&mut self) -> Result<()> {
        let head = self.stream.read_u8().await?;
        let length = match self.stream.read_u8().await? {
            126 => u64::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await?,
            short => u64::from(short),
        };
        self.frame.resize(usize::try_from(length)?, 0);
        self.stream.read_exact(&mut self.frame).await?;
        if head & 0x0f == 8 {
            return Err("the server closed the socket".into());
        }
        Ok(())
    }
}

fn count(text: &[u8], needle: &[u8]) -> u64 {
    memchr::memmem::find_iter(text, needle).count() as u64
}

fn number_behind(text: &[u8], needle: &[u8]) -> u64 {
    let start = memchr::memmem::find(text, needle).map_or(text.len(), |index| index + needle.len());
    text[start..].iter().take_while(|byte| byte.is_ascii_digit()).fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'))
}
