//! Our cookies: their names and attributes.
//!
//! A name ends in the id of the instance, because browsers send a host's cookies to all of its ports: two Taskwires on one host would
//! sign each other's users out. Behind https a name begins with `__Host-`. Then no other host of the domain, and no attacker who
//! responds over http, can set a cookie of that name.

use axum::{
    http::{
        HeaderMap, HeaderValue,
        header::{COOKIE, SET_COOKIE},
    },
    response::Response,
};
use tower_sessions::cookie::{Cookie, SameSite};

/// The attribute that restricts a cookie to https.
const SECURE: &[u8] = b"; Secure";

/// The names of our cookies, and whether they are sent over https only.
#[derive(Clone, Debug)]
pub struct CookieNames {
    /// The session of a person who signed in.
    pub session: String,
    /// The secrets of the share links that were followed in this browser, separated by dots.
    pub links: String,
    /// Identifies a browser in which a person has signed in before.
    pub device: String,
    /// The notice that the next page is to show, sealed.
    pub notice: String,
    /// The theme of this browser.
    pub theme: String,
    /// Whether people use https, so that cookies must be sent over https only.
    pub is_secure: bool,
}

impl CookieNames {
    /// The names for an instance.
    pub fn new(instance: &str, is_behind_tls: bool) -> Self {
        let prefix = if is_behind_tls { "__Host-" } else { "" };
        let name = |what: &str| format!("{prefix}taskwire_{what}_{instance}");
        Self {
            session: name("session"),
            links: name("links"),
            device: name("device"),
            notice: name("notice"),
            theme: name("theme"),
            is_secure: is_behind_tls,
        }
    }

    /// A cookie with our attributes: for this host and all of its pages, and not readable by scripts.
    pub fn build(&self, name: &str, value: String, lasts: time::Duration) -> Cookie<'static> {
        Cookie::build((name.to_owned(), value))
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .path("/")
            .max_age(lasts)
            .build()
    }

    /// Sets a cookie in the browser.
    pub fn give(&self, response: &mut Response, name: &str, value: &str, lasts: time::Duration) {
        let cookie = self.build(name, value.to_owned(), lasts);
        if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}

/// Adds `Secure` to `__Host-` cookies that lack it. Browsers reject them without, also one that removes the cookie, for which the layer
/// of tower-sessions omits the attribute.
pub fn complete(mut response: Response) -> Response {
    let ours = response.headers_mut().iter_mut().filter(|(name, _)| **name == SET_COOKIE);
    for (_, cookie) in ours.filter(|(_, cookie)| cookie.as_bytes().starts_with(b"__Host-")) {
        let is_complete = cookie.as_bytes().windows(SECURE.len()).any(|part| part == SECURE);
        if let (false, Ok(complete)) = (is_complete, HeaderValue::from_bytes(&[cookie.as_bytes(), SECURE].concat())) {
            *cookie = complete;
        }
    }
    response
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut cookies = values.flat_map(Cookie::split_parse).flatten();
    cookies.find(|cookie| cookie.name() == name)?.value_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_instance_and_whether_it_may_only_come_by_https() {
        assert_eq!(CookieNames::new("1f2e3d4c", false).session, "taskwire_session_1f2e3d4c");
        let names = CookieNames::new("1f2e3d4c", true);
        assert_eq!(names.links, "__Host-taskwire_links_1f2e3d4c");
        let cookie = names.build(&names.links, "x".to_owned(), time::Duration::days(1)).to_string();
        // Browsers reject a `__Host-` cookie without these attributes, or with a domain.
        assert!(cookie.contains("; Secure") && cookie.contains("; Path=/") && !cookie.contains("Domain"), "{cookie}");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("a=1; taskwire_links=x.y ; b=2"))]);
        assert_eq!(cookie(&headers, "taskwire_links"), Some("x.y"));
        assert_eq!(cookie(&headers, "c"), None);
    }
}
