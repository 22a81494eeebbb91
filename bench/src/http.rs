//! Requests over a kept-alive connection, one at a time.

use std::ops::Range;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{Result, server::Door};

pub struct Client {
    door: Door,
    stream: BufReader<TcpStream>,
}

impl Client {
    pub async fn connect(door: &Door) -> Result<Self> {
        let stream = TcpStream::connect(door.address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { door: door.clone(), stream: BufReader::with_capacity(64 * 1024, stream) })
    }

    /// Sends a request. Returns the body, and an error for any status but 2xx.
    pub async fn request(&mut self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let mut headers = "Content-Type: application/json".to_owned();
        if let Some(token) = &self.door.token {
            headers.push_str(&format!("\r\nAuthorization: Bearer {token}"));
        }
        let (head, answer) = self.exchange(method, path, &headers, body).await?;
        if !head.starts_with("http/1.1 2") {
            return Err(format!("{head}{}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(answer)
    }

    /// Tries to sign in with an e-mail address that has no account here, which the server must refuse.
    pub async fn try_to_sign_in(&mut self, email: &str) -> Result<()> {
        let form = format!("email={}&password=correct+horse+battery", email.replace('@', "%40"));
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let (head, _) = self.exchange("POST", "/sign-in", kind, &form).await?;
        if head.starts_with("http/1.1 401") { Ok(()) } else { Err(head.into()) }
    }

    /// Sends a request with some headers. Returns the head of the response in lower case, and its body.
    async fn exchange(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<(String, Vec<u8>)> {
        let (host, length) = (self.door.address, body.len());
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{body}");
        self.stream.get_mut().write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await?);
        }
        let head = String::from_utf8(head)?.to_ascii_lowercase();
        let answer = match head.lines().find_map(|line| line.strip_prefix("content-length: ")) {
            Some(length) => {
                let mut body = vec![0; length.trim().parse()?];
                self.stream.read_exact(&mut body).await?;
                body
            }
            None => self.chunks().await?,
        };
        Ok((head, answer))
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.push(self.stream.read_u8().await?);
            }
            let length = usize::from_str_radix(std::str::from_utf8(&line)?.trim(), 16)?;
            let start = body.len();
            body.resize(start + length + 2, 0);
            self.stream.read_exact(&mut body[start..]).await?;
            body.truncate(start + length);
            if length == 0 {
                return Ok(body);
            }
        }
    }

    /// Makes a board. Returns its id.
    pub async fn create_board(&mut self, name: &str) -> Result<String> {
        let body = self.request("POST", "/api/v1/boards", &format!(r#"{{"name":"{name}"}}"#)).await?;
        let board: serde_json::Value = serde_json::from_slice(&body)?;
        Ok(board["id"].as_str().ok_or("a board without an id")?.to_owned())
    }

    /// Adds a task to a board.
    pub async fn create_task(&mut self, board: &str, title: &str) -> Result<()> {
        let path = format!("/api/v1/boards/{board}/tasks");
        self.request("POST", &path, &format!(r#"{{"title":"{title}"}}"#)).await?;
        Ok(())
    }

    /// Adds many tasks to a board at once, with titles, priorities and due days that differ.
    pub async fn create_tasks(&mut self, board: &str, series: u64, numbers: Range<usize>) -> Result<()> {
        let mutation = |number: usize| {
            let priority =
                ["none", "low", "none", "medium", "none", "high", "none", "none", "none", "urgent"][number % 10];
            serde_json::json!({
                "id": id(series, number, 1), "op": "create_task", "task": id(series, number, 2),
                "title": format!("Task number {series} {number} of the garden"),
                "description": "A description of ordinary length, as people write them below a title.",
                "priority": priority,
                "due": format!("20{}-{:02}-{:02}", 20 + number % 12, 1 + number % 11, 1 + number % 28),
            })
        };
        let body = serde_json::json!({ "mutations": numbers.map(mutation).collect::<Vec<_>>() });
        self.request("POST", &format!("/api/v1/boards/{board}/mutations"), &body.to_string()).await?;
        Ok(())
    }
}

/// A UUID of version 7, of now.
#[allow(clippy::disallowed_methods, reason = "the server's own clock is not for this program")]
fn id(series: u64, number: usize, kind: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
    format!("{:08x}-{:04x}-7{kind:03x}-8000-{series:06x}{number:06x}", now >> 16, now & 0xffff)
}
