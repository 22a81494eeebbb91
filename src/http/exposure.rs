//! Whether strangers can reach this server. If they can, the first visitor must prove that they run it before they become its owner.
//!
//! The settings may say so. An operator may also have put a proxy in front without declaring it; then the headers that proxies add
//! to requests give the proxy away. From the first such request on, the first visit requires the code that the server printed when it
//! started.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderMap;

/// The headers that proxies add to the requests that they forward.
const FORWARDING: [&str; 9] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-server",
    "x-real-ip",
    "cf-connecting-ip",
];

/// See the [module](self).
#[derive(Debug)]
pub struct Exposure {
    is_exposed: AtomicBool,
}

impl Exposure {
    /// The state at the start, as the settings declare it.
    pub fn new(is_exposed: bool) -> Self {
        Self { is_exposed: AtomicBool::new(is_exposed) }
    }

    /// Whether strangers can reach the server, as far as is known. If `headers` has one that proxies add, that is known from now on.
    pub fn look(&self, headers: &HeaderMap) -> bool {
        if !self.is_exposed.load(Ordering::Relaxed)
            && let Some(header) = FORWARDING.into_iter().find(|name| headers.contains_key(*name))
        {
            tracing::warn!(
                header,
                "a proxy that was not declared (--proxies, --public-url) forwards requests to this server; \
                 from now on the first visit requires the code that was printed at the start"
            );
            self.is_exposed.store(true, Ordering::Relaxed);
        }
        self.is_exposed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn one_request_that_was_passed_on_is_enough_and_counts_from_then_on() {
        for name in FORWARDING {
            let exposure = Exposure::new(false);
            assert!(!exposure.look(&HeaderMap::new()));
            let header = (HeaderName::from_static(name), HeaderValue::from_static("x"));
            assert!(exposure.look(&HeaderMap::from_iter([header])), "{name}");
            assert!(exposure.look(&HeaderMap::new()));
        }
        assert!(Exposure::new(true).look(&HeaderMap::new()));
    }
}
