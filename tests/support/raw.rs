//! Raw HTTP requests, such as no ordinary client would send.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::server::Server;

/// The address of a server.
pub fn address(server: &Server) -> SocketAddr {
    server.base.strip_prefix("http://").and_then(|address| address.parse().ok()).expect("an address")
}

/// Sends the whole request before it reads anything, as browsers do with forms. Returns what is received until the
/// server closes.
pub async fn ask(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address(server)).await.expect("a connection");
    stream.write_all(request).await.expect("the request is taken");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer that is complete");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a request and reads nothing. The receive buffer of this side is small, so that the kernel buffers little.
pub async fn ask_and_not_read(server: &Server, request: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(address(server)).await.expect("a connection");
    stream.write_all(request).await.expect("the request is taken");
    stream
}
