//! Compression of dynamic responses.
//!
//! An attacker who can make a browser request a page that repeats text from its address, and who can measure the length of the
//! response, could guess the rest of the page piece by piece (the BREACH attack): compression makes the response shorter when a guess
//! is right. So two kinds of responses are never compressed:
//!
//! - the account pages, which show secrets and repeat typed text ([`Plain`]);
//! - responses to requests from a page of another site with something in the query ([`withhold`]).
//!
//! The site's files are compressed when they are built. Sockets and endless responses are not compressed.

use axum::{
    body::HttpBody,
    http::{
        Request, Response,
        header::{ACCEPT_ENCODING, CONTENT_TYPE},
    },
};
use tower_http::compression::{
    CompressionLayer, CompressionLevel,
    predicate::{DefaultPredicate, Predicate, SizeAbove},
};

/// A smaller response fits into one packet anyway.
const WORTH_IT: u16 = 1_024;
/// The level of Brotli, and of gzip for clients without Brotli. A page of 1,000 tasks (442 KB) becomes 65 KB in 3.3 ms, or 84 KB in 1.6
/// ms. Higher levels cost three to twenty times as much and save a tenth.
const LEVEL: i32 = 1;

/// Marks a response, as one of its extensions, as one that must not be compressed.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

/// The layer that compresses responses.
pub fn layer() -> CompressionLayer<Worthwhile> {
    CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL)).compress_when(Worthwhile)
}

/// Prevents the response from being compressed if another site may have composed the request.
pub fn withhold<B>(request: &mut Request<B>) {
    let is_foreign =
        request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
    if is_foreign && request.uri().query().is_some() {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
}

/// Selects the responses that may be compressed and are worth it.
#[derive(Clone, Copy, Debug)]
pub struct Worthwhile;

impl Predicate for Worthwhile {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_text =
            kind.starts_with("text/") || kind.contains("json") || kind.contains("javascript") || kind.contains("xml");
        is_text
            && response.extensions().get::<Plain>().is_none()
            && SizeAbove::new(WORTH_IT).and(DefaultPredicate::new()).should_compress(response)
    }
}
