//! Whether strangers can reach this server, so that whoever comes first has to prove that they run it.
//!
//! The settings may say so. And whoever put a proxy in front without a word about it is found out by what proxies add to requests:
//! from the first such request on, the first visit takes the code that was printed when the server started.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderMap;

/// What proxies add to what they pass on.
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
    /// What the settings say.
    pub fn new(is_exposed: bool) -> Self {
        Self { is_exposed: AtomicBool::new(is_exposed) }
    }

    /// Whether strangers can reach the server, as far as is known when somebody comes with these headers.
    pub fn look(&self, headers: &HeaderMap) -> bool {
        if !self.is_exposed.load(Ordering::Relaxed)
            && let Some(header) = FORWARDING.into_iter().find(|name| headers.contains_key(*name))
        {
            tracing::warn!(
                header,
                "a proxy passes visitors on to this server, which was not told of it (--proxies, --public-url); \
                 the first visit takes the code that was printed at the start"
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
