//! Whose pages may use this server.
//!
//! There are no accounts yet, so what protects a board on somebody's own machine is that no other site's page may write to
//! it. A browser says in `Origin` which page a request comes from; programs say nothing, and may. And because a name that
//! somebody else owns can be made to point at 127.0.0.1 (DNS rebinding), a server that listens only for its own machine
//! answers only to its own names.

use std::net::SocketAddr;

use axum::http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{HOST, ORIGIN},
};

use super::problem::Problem;

/// The origins whose pages may use this server.
#[derive(Clone, Debug)]
pub struct Origins {
    allowed: Vec<String>,
    loopback_only: bool,
}

impl Origins {
    /// The server's own origin and `allowed` ones, such as `https://board.example.com`.
    pub fn new(listening_on: SocketAddr, allowed: Vec<String>) -> Self {
        Self { allowed, loopback_only: listening_on.ip().is_loopback() }
    }

    /// A problem where the request does not come from, or is not meant for, this server.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        if !self.is_addressed(headers) {
            let detail = "this server does not go by that name; if it should, start it with --allowed-origin";
            return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "unknown_host", detail)
                .with_field("Host", "is not a name of this server"));
        }
        if !method.is_safe() && !self.is_allowed(headers) {
            let detail = "pages of another site may not change anything here";
            return Err(Problem::new(StatusCode::FORBIDDEN, "cross_site", detail)
                .with_field("Origin", "is neither this server nor one that it allows (--allowed-origin)"));
        }
        Ok(())
    }

    /// Whether the page that sent the request may use this server. True for programs, which send no `Origin`.
    pub fn is_allowed(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else { return true };
        let Some(origin) = text(origin) else { return false };
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        let own = headers.get(HOST).and_then(text);
        (authority.is_some() && authority.map(str::to_ascii_lowercase) == own.map(str::to_ascii_lowercase))
            || self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
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
                allowed.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
            })
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
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
