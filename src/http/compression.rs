//! Answers that are made for somebody, compressed on their way.
//!
//! Who can have a browser ask for a page that repeats what they put into its address, and can watch how long the answer is, could
//! find out what else stands on the page, guess by guess (the BREACH attack): compression makes an answer shorter when a guess is
//! right. So two kinds of answers are never compressed:
//!
//! - the pages about accounts, where secrets are shown and what was typed is repeated ([`Plain`]);
//! - whatever a page of another site asks for with something in the query ([`withhold`]).
//!
//! The site's files are compressed when they are built. Sockets and answers without an end are none of this.

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

/// Below this an answer is one packet anyway.
const WORTH_IT: u16 = 1_024;
/// Of Brotli, and of gzip for those who cannot read that. A page of 1,000 tasks (442 KB) becomes 65 KB in 3.3 ms, or 84 KB in 1.6
/// ms; levels above cost three to twenty times as much and save a tenth.
const LEVEL: i32 = 1;

/// What a response carries that must not be compressed.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

/// The layer.
pub fn layer() -> CompressionLayer<Worthwhile> {
    CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL)).compress_when(Worthwhile)
}

/// Has the answer to a request sent as it is, where another site may have thought the request out.
pub fn withhold<B>(request: &mut Request<B>) {
    let is_foreign =
        request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
    if is_foreign && request.uri().query().is_some() {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
}

/// What is worth compressing, and may be.
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
