//! The HTTP client for requests to other servers: over TLS where the URL says so, with the certificates that this machine trusts, over
//! HTTP/1.1, and without following redirects.

use std::{error::Error, io};

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// The client.
pub type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Makes a client. An error if this machine's certificates cannot be read.
pub fn http_client() -> io::Result<HttpClient> {
    let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// An error with its causes. What a client says of itself is mostly that something failed.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let also = error.to_string();
        // Some errors repeat their cause.
        if !text.contains(&also) {
            text = format!("{text}: {also}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("it failed")]
        struct Outer(#[source] Inner);
        #[derive(Debug, thiserror::Error)]
        #[error("it broke: {0}")]
        struct Inner(#[source] io::Error);
        let error = Outer(Inner(io::Error::other("the wire is cut")));
        assert_eq!(with_causes(&error), "it failed: it broke: the wire is cut");
    }
}
