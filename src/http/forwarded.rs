//! The address of a client, when declared proxies stand in between.
//!
//! Each proxy appends one entry to one header: the address from which the proxy got the request. Entries that the client wrote itself
//! come before, and are not believed. So entries are counted from the end, and every entry counts, readable or not: if one were skipped,
//! the client's own entries would move to where the proxies' entries are expected. Only the one header that the proxies are declared
//! to write is read: a client that could choose between two headers could choose its address.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};
use clap::ValueEnum;

/// The declared proxies in front of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// How many proxies.
    pub count: usize,
    /// The header that they write.
    pub header: ProxyHeader,
}

/// The header in which proxies state the address of their client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProxyHeader {
    /// `X-Forwarded-For: 192.0.2.7, 192.0.2.8`, as most proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded: for=192.0.2.7;proto=https, for="[2001:db8::7]:4711"` (RFC 7239).
    Forwarded,
}

impl Proxies {
    /// The address of the client behind a peer. It is the peer's own address if there are no proxies, or their entry is not readable.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let Some(hop) = self.count.checked_sub(1) else { return peer.to_canonical() };
        let entry = self.entries(headers).rev().nth(hop).and_then(|entry| std::str::from_utf8(entry).ok());
        let address = entry.and_then(|entry| match self.header {
            ProxyHeader::XForwardedFor => address(entry),
            ProxyHeader::Forwarded => address(parameter_for(entry)?),
        });
        address.unwrap_or(peer).to_canonical()
    }

    /// All entries of the header, in order, unparsed.
    fn entries<'a>(&self, headers: &'a HeaderMap) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        let name = match self.header {
            ProxyHeader::XForwardedFor => const { HeaderName::from_static("x-forwarded-for") },
            ProxyHeader::Forwarded => FORWARDED,
        };
        headers.get_all(name).into_iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
    }
}

/// What counts as one address: in IPv6 a /64 network, which one household or office usually has.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mut segments = address.segments();
            segments[4..].fill(0);
            Ipv6Addr::from(segments).into()
        }
        v4 => v4,
    }
}

/// Parses an address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    IpAddr::from_str(bare).ok().or_else(|| Some(SocketAddr::from_str(text).ok()?.ip()))
}

/// The value of `for` in an element of `Forwarded`.
fn parameter_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = { pairs }.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn client(count: usize, header: ProxyHeader, lines: &[&[u8]]) -> String {
        let name = match header {
            ProxyHeader::XForwardedFor => "x-forwarded-for",
            ProxyHeader::Forwarded => "forwarded",
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_bytes(line).unwrap());
        }
        Proxies { count, header }.client(PEER, &headers).to_string()
    }

    #[test]
    fn an_address_is_what_the_own_proxies_say_and_nobody_else() {
        let lines: &[&[u8]] = &[b"203.0.113.7, 198.51.100.1", b"192.0.2.1"];
        for (count, expected) in
            [(0, "10.0.0.1"), (1, "192.0.2.1"), (2, "198.51.100.1"), (3, "203.0.113.7"), (9, "10.0.0.1")]
        {
            assert_eq!(client(count, ProxyHeader::XForwardedFor, lines), expected, "{count}");
        }
    }

    #[test]
    fn all_addresses_of_one_house_count_as_one() {
        assert_eq!(network("2001:db8::1".parse().unwrap()), network("2001:db8::ffff:1".parse().unwrap()));
        assert_ne!(network("2001:db8::1".parse().unwrap()), network("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), network("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn it_may_have_a_port() {
        for (entry, expected) in [
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            let line = format!("6.6.6.6,  {entry} ");
            assert_eq!(client(1, ProxyHeader::XForwardedFor, &[line.as_bytes()]), expected, "{entry}");
        }
    }

    #[test]
    fn the_standard_header_is_read_where_the_proxies_write_that() {
        let lines: &[&[u8]] = &[
            br#"for=6.6.6.6"#,
            br#"proto=https;For="[2001:db8::1]:4711";by=203.0.113.43, for=192.0.2.1:80, for="198.51.100.9";host=x"#,
        ];
        for (count, expected) in [(1, "198.51.100.9"), (2, "192.0.2.1"), (3, "2001:db8::1")] {
            assert_eq!(client(count, ProxyHeader::Forwarded, lines), expected, "{count}");
        }
        // With `X-Forwarded-For` declared, `Forwarded` is written by the client, and is ignored.
        let headers = HeaderMap::from_iter([(FORWARDED, HeaderValue::from_static("for=6.6.6.6"))]);
        assert_eq!(Proxies { count: 1, ..Proxies::default() }.client(PEER, &headers), PEER);
    }

    #[test]
    fn what_cannot_be_read_still_counts_so_that_nobody_chooses_their_address() {
        // The client sends `6.6.6.6`, and something unreadable on a line of its own, to which the outer proxy appends the client's real
        // address. The inner proxy adds a third line. If the second line were skipped, the client's first line would be in its place.
        for odd in [&b"\xff, 192.0.2.1"[..], b"\xff\xfe,192.0.2.1", b",, 192.0.2.1"] {
            assert_eq!(client(2, ProxyHeader::XForwardedFor, &[b"6.6.6.6", odd, b"10.0.0.2"]), "192.0.2.1");
        }
        // An entry of our own proxy that is not an address.
        for odd in [&b"unknown"[..], b"unix:", b"", b"192.0.2.1:", b"192.0.2.1:99999", b"[::1", b"\xff"] {
            assert_eq!(client(1, ProxyHeader::XForwardedFor, &[b"6.6.6.6", odd]), "10.0.0.1", "{odd:?}");
        }
        for odd in [&b"for=_hidden"[..], b"for=unknown", b"by=192.0.2.1", b"192.0.2.1", b"for=\"6.6.6.6"] {
            assert_eq!(client(1, ProxyHeader::Forwarded, &[b"for=6.6.6.6", odd]), "10.0.0.1", "{odd:?}");
        }
    }
}
