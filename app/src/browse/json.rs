//! JSON whose members keep their order, and JSON as HTML: indented, coloured, with links.
//!
//! The HTML is safe by construction: every tag and attribute name is a literal in this file, and everything that comes from the value goes
//! through [`escaped`]. The text is JSON that programs read as the same value: what would be invisible, or would reorder the text
//! around it, is written as an escape sequence.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

use crate::controls::markdown::escaped;

/// A JSON value. The members of objects are in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads a text.
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The member with this name, if this is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// The value that is reached by these names, one in the other.
    pub fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |value, name| value.get(name))
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The string of a member, if there is one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The members of an object; none of any other value.
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of an array; none of any other value.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// The value as the text of a form field: strings without quotes, lists of strings a line each, `null` as nothing.
    pub fn as_typed(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::String(text) => text.clone(),
            Self::Array(items) if items.iter().all(|item| item.as_str().is_some()) => {
                items.iter().filter_map(Self::as_str).collect::<Vec<_>>().join("\n")
            }
            other => other.compact(),
        }
    }

    /// The value as one line. Invisible characters are escaped.
    pub fn compact(&self) -> String {
        // These values always serialize.
        let text = serde_json::to_string(self).unwrap_or_default();
        visible(&text).into_owned()
    }

    /// The value indented, for an editor.
    pub fn indented(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| visible(&text).into_owned()).unwrap_or_default()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::String(value) => serializer.serialize_str(value),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Number(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Number(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
            }

            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::String(value.to_owned()))
            }

            fn visit_string<E>(self, value: String) -> Result<Json, E> {
                Ok(Json::String(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Json::Array(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Json::Object(members))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// Where a value is: the names of the members that lead to it, outermost first, and the object that has it. The items of a list
/// are where the list is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The names.
    pub names: &'a [&'a str],
    /// The innermost object.
    pub object: &'a Json,
}

/// Writes a value as HTML. `link` returns the address to which a string, or a number, leads.
pub fn html(value: &Json, link: &dyn Fn(Place<'_>, &Json) -> Option<String>) -> String {
    let mut writer = Writer { html: String::new(), link };
    writer.value(value, &mut Vec::new(), value, 0);
    writer.html
}

/// Writes a text as HTML that shows the text.
pub fn plain(text: &str) -> String {
    escaped(&visible(text))
}

struct Writer<'a> {
    html: String,
    link: &'a dyn Fn(Place<'_>, &Json) -> Option<String>,
}

impl Writer<'_> {
    fn value<'v>(&mut self, value: &'v Json, names: &mut Vec<&'v str>, object: &'v Json, depth: usize) {
        match value {
            Json::Null => self.span("json-null", "null"),
            Json::Bool(value) => self.span("json-bool", if *value { "true" } else { "false" }),
            Json::Number(number) => {
                let text = number.to_string();
                self.linked(value, names, object, "json-number", |html| html.push_str(&escaped(&text)));
            }
            Json::String(text) => self.linked(value, names, object, "json-string", |html| quoted(html, text)),
            Json::Array(items) => self.list('[', ']', depth, items, |writer, item| {
                writer.value(item, names, object, depth + 1);
            }),
            Json::Object(members) => self.list('{', '}', depth, members, |writer, (name, member)| {
                writer.html.push_str("<span class=\"json-name\">");
                quoted(&mut writer.html, name);
                writer.html.push_str("</span>: ");
                names.push(name);
                writer.value(member, names, value, depth + 1);
                names.pop();
            }),
        }
    }

    fn list<'v, T>(
        &mut self,
        open: char,
        close: char,
        depth: usize,
        items: &'v [T],
        mut item: impl FnMut(&mut Self, &'v T),
    ) {
        self.html.push(open);
        for (index, one) in items.iter().enumerate() {
            self.html.push_str(if index > 0 { ",\n" } else { "\n" });
            self.indent(depth + 1);
            item(self, one);
        }
        if !items.is_empty() {
            self.html.push('\n');
            self.indent(depth);
        }
        self.html.push(close);
    }

    fn linked(&mut self, value: &Json, names: &[&str], object: &Json, class: &str, content: impl FnOnce(&mut String)) {
        let address = (self.link)(Place { names, object }, value);
        // Writing to a string cannot fail.
        let _ = match &address {
            Some(address) => {
                // An address of another site does not learn where its reader comes from.
                let rel = if address.starts_with('/') { "" } else { " rel=\"noreferrer nofollow\"" };
                write!(self.html, "<a class=\"{class}\" href=\"{}\"{rel}>", escaped(address))
            }
            None => write!(self.html, "<span class=\"{class}\">"),
        };
        content(&mut self.html);
        self.html.push_str(if address.is_some() { "</a>" } else { "</span>" });
    }

    fn span(&mut self, class: &str, text: &str) {
        let _ = write!(self.html, "<span class=\"{class}\">{}</span>", escaped(text));
    }

    fn indent(&mut self, depth: usize) {
        self.html.extend(std::iter::repeat_n("  ", depth));
    }
}

/// Writes a string with its quotes. `bdi` keeps text of another direction from reordering what stands around it.
fn quoted(html: &mut String, text: &str) {
    let json = serde_json::to_string(text).unwrap_or_default();
    html.push_str("<bdi>");
    html.push_str(&escaped(&visible(&json)));
    html.push_str("</bdi>");
}

/// Replaces the characters that are invisible, or that reorder the text around them, by their escape sequences. `json` is the text of a
/// JSON value, in which such characters occur only in strings.
fn visible(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_hidden) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for char in json.chars() {
        // All of them are in the first plane, so one sequence is enough.
        let _ = if is_hidden(char) { write!(text, "\\u{:04x}", u32::from(char)) } else { write!(text, "{char}") };
    }
    Cow::Owned(text)
}

fn is_hidden(char: char) -> bool {
    matches!(char,
        '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        html(&Json::parse(text.as_bytes()).unwrap(), &|_, _| None)
    }

    #[test]
    fn members_keep_their_order_and_numbers_their_digits() {
        let text = r#"{"b":1,"a":[-2,18446744073709551615,0.5,true,null,"x",{}]}"#;
        assert_eq!(Json::parse(text.as_bytes()).unwrap().compact(), text);
    }

    #[test]
    fn markup_is_text() {
        let html = shown(r#"{"</script><b>":"<img src=x onerror=\"alert(1)\">&'"}"#);
        assert!(!html.contains("<img") && !html.contains("</script") && !html.contains("<b>"), "{html}");
        assert!(html.contains("&lt;img src=x onerror=\\&quot;"), "{html}");
    }

    #[test]
    fn marks_that_reorder_or_hide_text_are_written_as_escapes_and_mean_the_same() {
        let value = Json::String("a\u{202e}b\u{200b}\u{2066}c\u{feff}".to_owned());
        assert_eq!(value.compact(), r#""a\u202eb\u200b\u2066c\ufeff""#);
        assert_eq!(Json::parse(value.compact().as_bytes()), Some(value.clone()));
        assert!(html(&value, &|_, _| None).contains("a\\u202eb"));
    }

    #[test]
    fn a_link_has_the_address_that_was_found_for_it() {
        let value = Json::parse(br#"{"tasks":[{"id":"1","board":"2"}]}"#).unwrap();
        let link = |place: Place<'_>, value: &Json| {
            let board = place.object.text("board")?;
            (place.names == ["tasks", "id"]).then(|| format!("/{board}/{}?\"", value.as_str().unwrap_or_default()))
        };
        assert!(html(&value, &link).contains("href=\"/2/1?&quot;\""));
    }
}
