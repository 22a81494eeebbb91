//! Detects proxies between the pages and this server that break them, as far as that shows in requests.
//!
//! A proxy that changes the `Host` header, or does not forward WebSockets, leaves pages that look well but are not live. The page tells
//! its reader. Here the problem is logged and reported by `/readyz`, so that the operator finds out without being told. It is only a
//! hint, because anybody can send such requests: it does not change the readiness status, and a page that gets through clears it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{HOST, ORIGIN},
};

/// The minimum time between two log lines about the same problem.
const LOGGED_APART: Duration = Duration::from_secs(60);
/// How long `/readyz` reports a problem after it was last seen.
const TOLD_FOR: Duration = Duration::from_secs(600);
/// How many characters of a header are logged.
const LOGGED_CHARS: usize = 200;

/// The problems that were noticed. Part of [`super::origin::Origins`], which is at hand wherever they can be noticed.
#[derive(Debug, Default)]
pub struct ProxyDiagnostics {
    other_host: Noticed,
    no_sockets: Noticed,
}

#[derive(Debug, Default)]
struct Noticed(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    seen: Option<Instant>,
    logged: Option<Instant>,
}

impl ProxyDiagnostics {
    /// Notes that a page was refused because its origin is not the host that the request names.
    pub fn refused_origin(&self, headers: &HeaderMap) {
        let text = |name: HeaderName| headers.get(name).map(shortened).unwrap_or_default();
        // If the browser says that the page is another site's, no proxy is to blame.
        if headers.get(const { HeaderName::from_static("sec-fetch-site") }).is_some_and(|site| site != "same-origin") {
            return;
        }
        if self.other_host.is_news(Instant::now()) {
            tracing::warn!(
                origin = text(ORIGIN),
                host = text(HOST),
                "a page was refused because its address is not the name in the header Host; if a proxy in front changes Host, \
                 configure it to pass Host on unchanged, or set --public-url or --allowed-origin"
            );
        }
    }

    /// Notes that a page could not open a WebSocket that the server would have accepted.
    pub fn refused_socket(&self, how: &'static str) {
        if self.no_sockets.is_news(Instant::now()) {
            tracing::warn!(
                how,
                "pages cannot open WebSockets; configure the proxy in front to pass on the headers Upgrade and Connection for \
                 /ws, over HTTP/1.1"
            );
        }
    }

    /// Notes that a page of this server changed something: the `Host` header arrives unchanged.
    pub fn accepted_origin(&self) {
        self.other_host.forget();
    }

    /// Notes that a page opened a WebSocket.
    pub fn accepted_socket(&self) {
        self.no_sockets.forget();
    }

    /// The current problems, in words for the operator.
    pub fn details(&self) -> Vec<&'static str> {
        let now = Instant::now();
        let host = "pages are refused because a proxy in front changes the header Host: configure it to pass Host on unchanged, \
                    or set --public-url or --allowed-origin";
        let sockets = "pages are not live because a proxy in front blocks WebSocket connections: configure it to pass on \
                       the headers Upgrade and Connection for /ws";
        let told = [(&self.other_host, host), (&self.no_sockets, sockets)];
        told.into_iter().filter(|(noticed, _)| noticed.is_recent(now)).map(|(_, words)| words).collect()
    }
}

impl Noticed {
    fn is_news(&self, now: Instant) -> bool {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.seen = Some(now);
        let is_news = times.logged.is_none_or(|logged| now.duration_since(logged) >= LOGGED_APART);
        if is_news {
            times.logged = Some(now);
        }
        is_news
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seen = None;
    }

    fn is_recent(&self, now: Instant) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).seen;
        seen.is_some_and(|seen| now.duration_since(seen) < TOLD_FOR)
    }
}

fn shortened(value: &HeaderValue) -> String {
    value.to_str().unwrap_or("(not text)").chars().take(LOGGED_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(site: Option<&'static str>) -> HeaderMap {
        let site = site.map(|site| (HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static(site)));
        site.into_iter().collect()
    }

    #[test]
    fn another_sites_page_says_nothing_about_a_proxy() {
        let between = ProxyDiagnostics::default();
        between.refused_origin(&headers(Some("cross-site")));
        assert!(between.details().is_empty());
        between.refused_origin(&headers(Some("same-origin")));
        assert_eq!(between.details().len(), 1);
        between.refused_origin(&headers(None));
        between.refused_socket("in a test");
        assert_eq!(between.details().len(), 2);
        between.accepted_socket();
        assert_eq!(between.details().len(), 1);
        between.accepted_origin();
        assert!(between.details().is_empty());
    }

    #[test]
    fn the_same_is_logged_once_a_minute_and_told_for_ten() {
        let noticed = Noticed::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(!noticed.is_recent(start));
        assert!(noticed.is_news(start) && !noticed.is_news(after(59)) && noticed.is_news(after(60)));
        assert!(noticed.is_recent(after(659)) && !noticed.is_recent(after(661)));
    }
}
