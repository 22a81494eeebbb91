//! No text becomes HTML unescaped. Leptos escapes text and attributes, with two exceptions: what is set as `inner_html`, and text
//! within `<textarea>`, `<title>`, `<style>` and `<script>`, whose contents browsers do not read as markup.
//!
//! The test reads the source: `inner_html` is set only to the results of functions that escape, and these elements have no children
//! in a view.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod source;

use std::{collections::BTreeSet, fs};

use source::{files, quoted, root};

/// The functions whose results may be set as `inner_html`: each escapes what it is given.
const ESCAPING: [&str; 6] =
    ["in_textarea", "in_title", "inline_to_html", "to_html", "to_html_with_boxes", "wrapped_to_html"];

/// Other values of `inner_html`: the file, the value, and why it is safe. An entry that is not needed fails the test.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    ("app/src/admin/chart.rs", "svg", "numbers, and names of this code's own metrics"),
    ("app/src/browse/mod.rs", "html", "every caller builds it with `escaped`"),
];

/// The elements in which Leptos does not escape text.
const RAW: [&str; 4] = ["textarea", "title", "style", "script"];

/// Elements that have children all the same: the file, the element, and why it is safe. An entry that is not needed fails the test.
const WITH_CHILDREN: [(&str, &str, &str); 1] =
    [("app/src/pages/bootstrap.rs", "script", "the script is a file of this repository")];

/// Other ways to set HTML, which nothing here uses.
const FORBIDDEN: [&str; 7] = [
    ".inner_html(",
    "set_inner_html(",
    "set_outer_html(",
    "insert_adjacent_html(",
    "prop:innerHTML",
    "prop:outerHTML",
    "document().write(",
];

#[test]
fn no_text_becomes_html_unescaped() {
    let (mut wrong, mut excused) = (Vec::new(), BTreeSet::new());
    let mut seen = 0;
    for file in ["app/src", "src", "frontend/src"].into_iter().flat_map(files) {
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        for finding in findings(&fs::read_to_string(&file).unwrap()) {
            seen += 1;
            let excuse = match &finding {
                Finding::Set(value) if is_escaped(value) => continue,
                Finding::Set(value) => EXCEPTIONS.iter().find(|(of, what, _)| (*of, *what) == (&*name, &**value)),
                Finding::Children(element) => {
                    WITH_CHILDREN.iter().find(|(of, what, _)| (*of, *what) == (&*name, *element))
                }
                Finding::Forbidden(_) => None,
            };
            match excuse {
                Some(excuse) => drop(excused.insert(*excuse)),
                None => wrong.push(format!("{name}: {}", finding.words())),
            }
        }
    }
    assert!(seen > 5, "the source is read");
    assert!(wrong.is_empty(), "text may become HTML unescaped:\n{}", wrong.join("\n"));
    for excuse in EXCEPTIONS.iter().chain(&WITH_CHILDREN) {
        assert!(excused.contains(excuse), "not needed any more: {excuse:?}");
    }
}

/// Something in the source that puts HTML into a page.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    /// `inner_html` is set to this value.
    Set(String),
    /// A view has this element with children.
    Children(&'static str),
    /// One of [`FORBIDDEN`].
    Forbidden(&'static str),
}

impl Finding {
    fn words(&self) -> String {
        match self {
            Self::Set(value) => format!("inner_html is `{value}`, which none of {ESCAPING:?} makes"),
            Self::Children(element) => {
                format!("<{element}> has children; set its inner_html with app/src/controls/raw_text.rs")
            }
            Self::Forbidden(way) => format!("`{way}` sets HTML; use inner_html in a view"),
        }
    }
}

/// Whether a value is one call of an escaping function, and nothing else.
fn is_escaped(value: &str) -> bool {
    let call = value.strip_prefix("move || ").unwrap_or(value);
    let Some((path, rest)) = call.split_once('(') else { return false };
    let name = path.rsplit("::").next().unwrap_or(path);
    ESCAPING.contains(&name) && rest.len() == end_of(rest, &[')']) + 1
}

fn findings(text: &str) -> Vec<Finding> {
    let code = blanked(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("inner_html=") {
        let value = &code[at + "inner_html=".len()..];
        let end = value_end(value);
        // With its literals, for the message.
        let value = text[at + "inner_html=".len()..][..end].trim();
        found.push(Finding::Set(value.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    for element in RAW {
        for (at, opening) in code.match_indices(&format!("<{element}")) {
            let attributes = &code[at + opening.len()..];
            // A longer name, or the type argument of something.
            if !attributes.starts_with(|next: char| next.is_whitespace() || next == '>' || next == '/') {
                continue;
            }
            let end = end_of(attributes, &['>']);
            let is_empty = attributes[..end].ends_with('/')
                || attributes[end + 1..].trim_start().starts_with(&format!("</{element}>"));
            // Literals are blank in `code`, so the text tells whether a child is one.
            let is_empty = is_empty && {
                let after = at + opening.len() + end + 1;
                attributes[..end].ends_with('/') || text[after..].trim_start().starts_with("</")
            };
            if !is_empty {
                found.push(Finding::Children(element));
            }
        }
    }
    for way in FORBIDDEN {
        found.extend(code.match_indices(way).map(|_| Finding::Forbidden(way)));
    }
    found
}

/// The end of an attribute's value: the white space or the end of the tag after it, outside of brackets.
fn value_end(value: &str) -> usize {
    let mut at = value.len() - value.strip_prefix("move || ").unwrap_or(value).len();
    loop {
        at += end_of(&value[at..], &['>', '/', ' ', '\n']);
        // After white space, an operator continues the value.
        let next = value[at..].trim_start();
        match next.starts_with(['+', '.', '?', '&', '|', '*']) {
            true => at = value.len() - next.len() + 1 + (next.len() - 1 - next[1..].trim_start().len()),
            false => return at,
        }
    }
}

/// The position of the first of these signs outside of brackets; the end of the text if there is none.
fn end_of(text: &str, signs: &[char]) -> usize {
    let mut depth = 0;
    let mut before = ' ';
    for (at, sign) in text.char_indices() {
        // The `>` of an arrow ends no tag.
        if depth == 0 && signs.contains(&sign) && !(sign == '>' && matches!(before, '=' | '-')) {
            return at;
        }
        match sign {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        before = sign;
    }
    text.len()
}

/// The text with blanks in place of comments and of the contents of literals, so that positions stay the same.
fn blanked(text: &str) -> String {
    let (mut code, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let blank = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first.is_alphanumeric() && !rest.starts_with('r') && !rest.starts_with("br") {
            0
        } else {
            quoted(rest).unwrap_or(0)
        };
        if blank == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            // One blank a byte, and line breaks as they are.
            code.extend(rest[..blank].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
            rest = &rest[blank..];
        }
    }
    assert_eq!(code.len(), text.len(), "positions stay the same");
    code
}

#[test]
fn the_source_is_read() {
    let text = r##"
        // <textarea>{in_a_comment}</textarea> inner_html=comment
        let x = "<textarea>{in_a_literal}</textarea> inner_html=literal";
        view! {
            <textarea id="a" on:input=move |event| { if a > b { c() } } inner_html=in_textarea(&form.get("csv")) />
            <textarea id="b">{text}</textarea>
            <textarea id="c">"words"</textarea>
            <textarea id="d" rows=if x { "1" } else { "2" }></textarea>
            <title inner_html=raw_text::in_title(&title) />
            <title>{title}</title>
            <textareas>{none}</textareas>
            <div inner_html=move || markdown::to_html(&text.get())></div>
            <div inner_html=move || text.get()></div>
            <div inner_html=to_html(a) + b ></div>
            <div inner_html=format!("<b>{}</b>", to_html(a))></div>
            <pre inner_html=html class="x"></pre>
        };
        element.set_inner_html(&text);
    "##;
    let set = |value: &str| Finding::Set(value.to_owned());
    let found = findings(text);
    let wrong: Vec<_> =
        found.iter().filter(|finding| !matches!(finding, Finding::Set(value) if is_escaped(value))).collect();
    assert_eq!(found.len(), wrong.len() + 3, "{found:?}");
    let wanted = [
        set("move || text.get()"),
        set("to_html(a) + b"),
        set("format!(\"<b>{}</b>\", to_html(a))"),
        set("html"),
        Finding::Children("textarea"),
        Finding::Children("textarea"),
        Finding::Children("title"),
        Finding::Forbidden("set_inner_html("),
    ];
    assert_eq!(wrong, wanted.iter().collect::<Vec<_>>());
}
