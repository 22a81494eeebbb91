//! The origin check: whose pages may use this server.
//!
//! Cookies authenticate a request, and browsers send them whichever site's page makes the request. A server without accounts has no
//! other protection at all. So no other site's page may write. A browser names the page's origin in `Origin`; programs send no `Origin`,
//! and may write. A name that an attacker owns can be made to point at 127.0.0.1 (DNS rebinding); so a server that listens only on a
//! loopback address responds only to loopback names and allowed ones.

use std::net::SocketAddr;

use axum::http::{
    HeaderMap, HeaderValue, Method,
    header::{COOKIE, HOST, ORIGIN},
};

use super::{
    problem::{Code, Problem},
    proxy_diagnostics::ProxyDiagnostics,
};

/// The origins whose pages may use this server.
#[derive(Debug)]
pub struct Origins {
    /// Collects what refused requests reveal about a proxy in front.
    pub proxy_diagnostics: ProxyDiagnostics,
    allowed: Vec<String>,
    loopback_only: bool,
    https_only: bool,
}

impl Origins {
    /// The server's own origin and `allowed` ones, such as `https://board.example.com`.
    pub fn new(listening_on: SocketAddr, allowed: Vec<String>) -> Self {
        let loopback_only = listening_on.ip().is_loopback();
        Self { proxy_diagnostics: ProxyDiagnostics::default(), allowed, loopback_only, https_only: false }
    }

    /// With `true`, the server's own name with `http://` is another site, because an attacker on the network can respond in its place.
    pub fn https_only(self, https_only: bool) -> Self {
        Self { https_only, ..self }
    }

    /// A problem if the request was not meant for this server, or would change something and does not come from an allowed page.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        if !self.is_addressed(headers) {
            let detail = "this server does not know the host name of this request; start it with --public-url and that address, or allow the name with --allowed-origin";
            return Err(Problem::new(Code::UnknownHost, detail).with_field("Host", "this is not a name of this server"));
        }
        if method.is_safe() {
            return Ok(());
        }
        if !self.is_allowed(headers) {
            return Err(self.cross_site(headers));
        }
        if headers.contains_key(ORIGIN) {
            self.proxy_diagnostics.accepted_origin();
        }
        Ok(())
    }

    /// A problem if a request does not name an allowed origin. For requests that carry cookies and change something: browsers always
    /// send `Origin` with those, and programs have no cookies.
    pub fn require(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if headers.contains_key(ORIGIN) && self.is_allowed(headers) { Ok(()) } else { Err(self.cross_site(headers)) }
    }

    /// Whether the page that sent the request may use this server. True for programs, which send no `Origin`.
    pub fn is_allowed(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            (None, _) => return true,
            (Some(origin), None) => text(origin).unwrap_or_default(),
            (Some(_), Some(_)) => return false,
        };
        if self.allows(origin) {
            return true;
        }
        // A proxy in front may terminate TLS, so the scheme is compared only if it is known to be https.
        let by_http = || origin.strip_prefix("http://").filter(|_| !self.https_only);
        let authority = origin.strip_prefix("https://").or_else(by_http);
        let own = headers.get(HOST).and_then(text);
        authority.zip(own).is_some_and(|(authority, own)| !own.is_empty() && authority.eq_ignore_ascii_case(own))
    }

    /// Whether the settings allow an origin.
    pub fn allows(&self, origin: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin))
    }

    /// Whether a request may open a socket. Browsers let any page open a socket to any server with a GET that carries the reader's
    /// cookies. So the handshake is checked like a write, and a handshake with cookies must name its origin.
    pub fn may_connect(&self, headers: &HeaderMap) -> bool {
        let is_allowed = self.is_allowed(headers);
        if !is_allowed {
            self.proxy_diagnostics.refused_origin(headers);
        }
        is_allowed && (headers.contains_key(ORIGIN) || !headers.contains_key(COOKIE))
    }

    fn cross_site(&self, headers: &HeaderMap) -> Problem {
        if headers.contains_key(ORIGIN) {
            self.proxy_diagnostics.refused_origin(headers);
        }
        Problem::new(Code::CrossSite, "pages of another site may not change anything here")
            .with_field("Origin", "this is neither the address of this server nor one that --allowed-origin allows")
    }

    fn is_addressed(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(HOST).filter(|_| self.loopback_only) else { return true };
        let Some(host) = text(host) else { return false };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let is_own = name.eq_ignore_ascii_case("localhost")
            || name.to_ascii_lowercase().ends_with(".localhost")
            || name.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        is_own
            || self.allowed.iter().any(|allowed| {
                let authority = allowed.trim_end_matches('/').split_once("://").map(|(_, authority)| authority);
                authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
            })
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn check(origin: Option<&'static str>, host: &'static str, method: Method) -> Result<(), Problem> {
        let origins = Origins::new(([127, 0, 0, 1], 3000).into(), vec!["https://board.example.com".to_owned()]);
        let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        origins.check(&method, &headers)
    }

    #[test]
    fn the_own_origin_and_allowed_ones_may_write() {
        assert!(check(None, "127.0.0.1:3000", Method::POST).is_ok());
        assert!(check(Some("http://localhost:3000"), "localhost:3000", Method::POST).is_ok());
        assert!(check(Some("http://[::1]:3000"), "[::1]:3000", Method::POST).is_ok());
        assert!(check(Some("https://board.example.com"), "board.example.com", Method::POST).is_ok());
        assert!(check(Some("https://board.example.com"), "127.0.0.1:3000", Method::POST).is_ok());
    }

    #[test]
    fn only_pages_of_the_server_and_of_allowed_origins_may_connect() {
        let origins = Origins::new(([10, 0, 0, 7], 3000).into(), vec!["https://board.example.org/".to_owned()]);
        let cases: &[(&[(&str, &str)], bool)] = &[
            // Programs that are not browsers.
            (&[("host", "localhost:3000")], true),
            (&[("host", "localhost:3000"), ("cookie", "session=1")], false),
            // The server's own pages, also behind a proxy with TLS.
            (&[("host", "localhost:3000"), ("origin", "http://localhost:3000")], true),
            (&[("host", "localhost:3000"), ("origin", "http://LOCALHOST:3000"), ("cookie", "session=1")], true),
            (&[("host", "board.local"), ("origin", "https://board.local")], true),
            (&[("host", "[::1]:3000"), ("origin", "http://[::1]:3000")], true),
            // Allowed origins.
            (&[("host", "10.0.0.7:3000"), ("origin", "https://board.example.org")], true),
            (&[("host", "10.0.0.7:3000"), ("origin", "http://board.example.org")], false),
            // Other sites.
            (&[("host", "localhost:3000"), ("origin", "http://localhost:3001")], false),
            (&[("host", "localhost:3000"), ("origin", "http://evil.example")], false),
            (&[("host", "localhost:3000"), ("origin", "http://localhost:3000.evil.example")], false),
            (&[("host", "localhost:3000"), ("origin", "http://evil.example/localhost:3000")], false),
            (&[("host", "localhost:3000"), ("origin", "null")], false),
            (&[("host", "localhost:3000"), ("origin", "")], false),
            (&[("host", ""), ("origin", "http://")], false),
            (&[("host", "localhost:3000"), ("origin", "file://localhost:3000")], false),
            (&[("origin", "http://localhost:3000")], false),
            (
                &[("host", "localhost:3000"), ("origin", "http://localhost:3000"), ("origin", "http://evil.example")],
                false,
            ),
        ];
        for (given, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in *given {
                headers.append(
                    HeaderName::from_bytes(name.as_bytes()).expect("a header's name"),
                    HeaderValue::from_str(value).expect("a header's value"),
                );
            }
            assert_eq!(origins.may_connect(&headers), *expected, "{given:?}");
        }
    }

    #[test]
    fn where_people_come_by_https_a_page_that_came_by_http_may_not_write() {
        let origins = Origins::new(([10, 0, 0, 7], 3000).into(), vec!["http://old.example.com".to_owned()]);
        let may = |origins: &Origins, origin| {
            let headers = [(HOST, "board.example.com"), (ORIGIN, origin)];
            let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
            origins.is_allowed(&HeaderMap::from_iter(headers))
        };
        assert!(may(&origins, "http://board.example.com"));
        let origins = origins.https_only(true);
        assert!(!may(&origins, "http://board.example.com"));
        assert!(may(&origins, "https://board.example.com"));
        assert!(may(&origins, "http://old.example.com"), "what was named is as it was named");
    }

    #[test]
    fn other_sites_may_not_write() {
        for origin in
            ["https://evil.example", "null", "http://localhost:3001", "https://board.example.com.evil.example", ""]
        {
            assert!(check(Some(origin), "localhost:3000", Method::POST).is_err(), "{origin}");
            assert!(check(Some(origin), "localhost:3000", Method::GET).is_ok(), "{origin}");
        }
    }

    #[test]
    fn a_foreign_name_that_points_here_is_not_answered() {
        assert!(check(None, "evil.example:3000", Method::GET).is_err());
        assert!(check(Some("http://evil.example"), "evil.example", Method::POST).is_err());
        assert!(check(None, "127.0.0.1.evil.example", Method::GET).is_err());
        assert!(check(None, "[::1]", Method::GET).is_ok());
        assert!(check(None, "127.8.8.8", Method::GET).is_ok());
    }
}
