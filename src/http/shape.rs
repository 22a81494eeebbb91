//! Writes the shape of its HTML into a page, so that the page can tell whether the HTML was changed on its way.
//!
//! During hydration the app takes over the server-rendered HTML node by node. Extensions, translators, password managers and proxies that
//! rewrite HTML add or remove nodes. Then hydration is impossible, and the app has to render the page itself. So the page states the
//! kinds of nodes with which it was sent, in order, and its script (`app/src/pages/bootstrap.js`) compares them. Attributes and the
//! words of texts may change: they do not disturb hydration.

use std::ops::Range;

use app::{APP, SHAPE};

/// The code of each kind of node. The script in the page has the same codes.
const TEXT: u8 = 1;
const COMMENT: u8 = 2;
const ELEMENT: u8 = 3;

/// Writes the shape of the app's HTML into a page that has a placeholder for it.
pub fn seal(mut page: Vec<u8>) -> Vec<u8> {
    if let Some((place, drawn)) = parts(&page) {
        let shape = format!("{:08x}", shape(&page[drawn]));
        page.splice(place, shape.into_bytes());
    }
    page
}

/// The range of the placeholder, and the range of the app's HTML, of which the shape is computed.
fn parts(page: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let find = |from: usize, what: &str| {
        let position = memchr::memmem::find(&page[from..], what.as_bytes())?;
        Some(from + position)
    };
    let mark = format!("\"{SHAPE}\"");
    let place = find(0, &mark)? + 1;
    let start = find(place, APP)? + APP.len();
    // The app's element is the last one in the body; what follows its end tag does not belong to it.
    let body = memchr::memmem::rfind(page, b"</body>").filter(|end| *end >= start)?;
    let end = start + memchr::memmem::rfind(&page[start..body], b"</div>")?;
    Some((place..place + SHAPE.len(), start..end))
}

/// Computes FNV-1a over the kinds of nodes and the names of elements.
fn shape(html: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut add = |code: u8| hash = (hash ^ u32::from(code)).wrapping_mul(0x0100_0193);
    let mut rest = html;
    while let Some(first) = rest.first() {
        if *first != b'<' {
            add(TEXT);
            rest = &rest[memchr::memchr(b'<', rest).unwrap_or(rest.len())..];
        } else if rest.starts_with(b"<!--") {
            add(COMMENT);
            // An empty comment may be as short as `<!-->`.
            rest = &rest[memchr::memmem::find(&rest[2..], b"-->").map_or(rest.len(), |end| end + 5)..];
        } else if rest.starts_with(b"<!") {
            add(COMMENT);
            rest = after_tag(rest);
        } else {
            if rest.get(1).is_some_and(u8::is_ascii_alphabetic) {
                add(ELEMENT);
                let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
                rest[1..].iter().take_while(|byte| !ends(byte)).for_each(|byte| add(byte | 0x20));
            }
            rest = after_tag(rest);
        }
    }
    hash
}

/// The text after the tag at the beginning of `html`. Attribute values may hold anything but their own quote.
fn after_tag(html: &[u8]) -> &[u8] {
    let mut quote = None;
    for (index, byte) in html.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return &html[index + 1..],
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_shape_it_has() {
        let page = |words: &str| {
            format!(
                "<html><head><script data-shape=\"{SHAPE}\"></script></head><body><p></p>{APP}{words}</div><!><!></body></html>"
            )
        };
        let sealed = |words: &str| String::from_utf8(seal(page(words).into_bytes())).unwrap();
        let first = sealed("<p class=\"a>b\">One</p><!>");
        assert!(!first.contains(SHAPE) && first.contains("data-shape=\""));
        assert!(first.contains(&format!("data-shape=\"{:08x}\"", super::shape(b"<p>One</p><!>"))), "of the app alone");
        let shape = |sealed: &str| sealed.split("data-shape=\"").nth(1).map(|rest| rest[..8].to_owned()).unwrap();
        assert_eq!(shape(&first), shape(&sealed("<p title='x' hidden>Two, and more</p><!--anything-->")));
        for other in ["<p>One</p>", "<p></p><!>", "<p>One</p> <!>", "<b>One</b><!>", "<p><b>One</b></p><!>", ""] {
            assert_ne!(shape(&first), shape(&sealed(other)), "{other}");
        }
    }

    #[test]
    fn what_leaves_no_place_for_it_stays_as_it_is() {
        for page in ["", "<html><body>Hello</body></html>", "<script data-shape=\"taskwire-shape\">"] {
            assert_eq!(seal(page.as_bytes().to_vec()), page.as_bytes());
        }
    }

    #[test]
    fn comments_end_where_they_end() {
        assert_eq!(shape(b"<!--><p></p>"), shape(b"<!----><p></p>"));
        assert_eq!(shape(b"<!-- <p>a</p> --><p></p>"), shape(b"<!><p></p>"));
    }
}
