//! What stands between pages and this server, and gets in their way: as far as it shows here.
//!
//! A proxy that changes the name of the server, or lets no WebSockets through, leaves pages that look well and are not live. The
//! page tells the person; here it is logged, and told by `/readyz`, so that whoever runs the server finds out without being
//! told. Nothing of it is more than a hint, because anybody can send such requests: it does not change what `/readyz` says of the
//! server itself, and a page that gets through refutes it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{HOST, ORIGIN},
};

/// So long the same is not logged again.
const LOGGED_APART: Duration = Duration::from_secs(60);
/// So long it is told after it was seen last.
const TOLD_FOR: Duration = Duration::from_secs(600);
/// So much of what others sent goes into the log.
const LOGGED_CHARS: usize = 200;

/// What was noticed. A part of [`super::origin::Origins`], because that is known wherever something is noticed.
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
    /// A page was refused because its address is not the one that the request names.
    pub fn refused_origin(&self, headers: &HeaderMap) {
        let text = |name: HeaderName| headers.get(name).map(shortened).unwrap_or_default();
        // Where the browser says that it is another site's page, it is one.
        if headers.get(const { HeaderName::from_static("sec-fetch-site") }).is_some_and(|site| site != "same-origin") {
            return;
        }
        if self.other_host.is_news(Instant::now()) {
            tracing::warn!(
                origin = text(ORIGIN),
                host = text(HOST),
                "a page was refused because its address is not the name by which the request reached us; if a proxy in front \
                 changes the header Host, have it pass it on as it is, or start with --public-url or --allowed-origin"
            );
        }
    }

    /// A page could not open a WebSocket, which we would have taken.
    pub fn refused_socket(&self, how: &'static str) {
        if self.no_sockets.is_news(Instant::now()) {
            tracing::warn!(
                how,
                "pages cannot open WebSockets; have the proxy in front pass on the headers Upgrade and Connection for /ws, over \
                 HTTP/1.1"
            );
        }
    }

    /// A page of ours changed something: its address is known here by the name that it has.
    pub fn accepted_origin(&self) {
        self.other_host.forget();
    }

    /// A page opened a WebSocket.
    pub fn accepted_socket(&self) {
        self.no_sockets.forget();
    }

    /// What is in the way, in words for whoever runs the server.
    pub fn details(&self) -> Vec<&'static str> {
        let now = Instant::now();
        let host = "pages are refused because a proxy in front changes the header Host: pass it on, or start with --public-url \
                    or --allowed-origin";
        let sockets = "pages are not live because a proxy in front lets no WebSockets through: pass on Upgrade and Connection for /ws";
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
    value.to_str().unwrap_or("(no text)").chars().take(LOGGED_CHARS).collect()
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
