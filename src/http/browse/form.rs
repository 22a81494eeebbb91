//! The forms of the pages. HTML forms can only get and post, so a form posts to the address that it is about, and says in its fields
//! what the request is:
//!
//! - `_method`: the method;
//! - `body.NAME` and `was.NAME`: what was typed for a member of the body, and what stood there before. Members that stand as before are
//!   left out, so that a form changes no more than its reader did;
//! - `_body`: the whole body, instead of its members;
//! - `header.NAME`: a header.

use app::browse::{
    json::Json,
    page::{Action, Field},
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};

use super::described::{Member, Operation};

/// The headers that forms have fields for.
const HEADERS: [&str; 2] = ["If-Match", "Idempotency-Key"];

/// A form that was sent.
#[derive(Debug, Default)]
pub struct Sent {
    fields: Vec<(String, String)>,
}

impl Sent {
    /// The form with these fields.
    pub fn new(fields: Vec<(String, String)>) -> Self {
        // Browsers send line breaks as CR LF.
        Self { fields: fields.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect() }
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    fn of(&self, kind: &str, name: &str) -> Option<&str> {
        self.get(&format!("{kind}.{name}"))
    }

    /// The body of the request, if the operation has one.
    pub fn body(&self, operation: &Operation) -> Option<String> {
        if !operation.has_body() {
            return None;
        }
        if let Some(raw) = self.get("_body") {
            return Some(raw.to_owned());
        }
        let typed = operation.body().into_iter().filter_map(|member| {
            let typed = self.of("body", member.name)?;
            let was = self.of("was", member.name).unwrap_or_default();
            (typed != was).then(|| (member.name.to_owned(), member.value(typed)))
        });
        Some(Json::Object(typed.collect()).compact())
    }

    /// The headers of the request.
    pub fn headers(&self, operation: &Operation) -> HeaderMap {
        let filled = HEADERS.iter().filter_map(|name| Some((*name, self.of("header", name)?.trim())));
        let filled = filled
            .filter(|(_, value)| !value.is_empty())
            .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?)));
        let kind = operation.has_body().then(|| (CONTENT_TYPE, HeaderValue::from_static("application/json")));
        filled.chain(kind).collect()
    }
}

/// What the fields of a form hold.
pub struct Filling<'a> {
    /// The form that was sent, and the names and messages of its wrong fields.
    pub sent: Option<(&'a Sent, Vec<(String, String)>)>,
    /// What the address names, as it is now.
    pub current: Option<&'a Json>,
    /// The entity tag of that.
    pub tag: Option<&'a str>,
}

/// The form of an operation.
pub fn action(operation: &Operation, filling: &Filling<'_>, is_open: bool) -> Action {
    let mistake = |name: &str| {
        let is_in =
            |field: &str| field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let (_, errors) = filling.sent.as_ref()?;
        errors.iter().find(|(field, _)| is_in(field)).map(|(_, message)| message.clone())
    };
    let sent = filling.sent.as_ref().map(|(sent, _)| *sent);
    let field = |member: Member| {
        let now = match operation.method.as_str() {
            "PATCH" if member.is_plain() => filling.current.and_then(|current| current.get(member.name)),
            _ => None,
        };
        let now = now.map(Json::as_typed).unwrap_or_default();
        let typed = sent.and_then(|sent| sent.of("body", member.name)).map(str::to_owned);
        let was = sent.and_then(|sent| sent.of("was", member.name)).map(str::to_owned);
        let was = was.unwrap_or_else(|| now.clone());
        Field {
            name: format!("body.{}", member.name),
            label: member.name.to_owned(),
            control: member.control(),
            value: typed.unwrap_or(now),
            was: (!was.is_empty()).then(|| (format!("was.{}", member.name), was)),
            required: member.required,
            error: mistake(member.name),
            hint: member.description,
        }
    };
    let members = operation.body();
    let raw = operation.has_body().then(|| match sent.and_then(|sent| sent.body(operation)) {
        Some(body) => Json::parse(body.as_bytes()).map_or(body, |body| body.indented()),
        None => {
            let needed = members.iter().filter(|member| member.required);
            Json::Object(needed.map(|member| (member.name.to_owned(), member.blank())).collect()).indented()
        }
    });
    let header = |member: Member| {
        let typed = sent.and_then(|sent| sent.of("header", member.name));
        let value = match member.name {
            // A key of its own for each form: a form that is sent twice is done once.
            "Idempotency-Key" => app::new_id::<uuid::Uuid>().to_string(),
            _ => typed.or(filling.tag).unwrap_or_default().to_owned(),
        };
        Field {
            name: format!("header.{}", member.name),
            label: member.name.to_owned(),
            control: app::browse::page::Control::Line("text"),
            value,
            was: None,
            required: false,
            error: mistake(member.name),
            hint: member.description,
        }
    };
    Action {
        id: operation.id().to_owned(),
        method: operation.method.clone(),
        summary: operation.summary().to_owned(),
        description: operation.description().to_owned(),
        fields: members.into_iter().map(field).collect(),
        headers: operation.parameters("header").filter(|member| HEADERS.contains(&member.name)).map(header).collect(),
        raw,
        is_open,
        is_raw: sent.is_some_and(|sent| sent.get("_body").is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::browse::described;

    fn body(pairs: &[(&str, &str)]) -> String {
        let fields = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let update = described::document().operation("/tasks/{task}", "PATCH").unwrap();
        Sent::new(fields).body(&update).unwrap()
    }

    #[test]
    fn only_what_was_changed_is_sent() {
        assert_eq!(body(&[("body.title", "Tea"), ("was.title", "Tea")]), "{}");
        assert_eq!(body(&[("body.title", "Coffee"), ("was.title", "Tea")]), r#"{"title":"Coffee"}"#);
        assert_eq!(body(&[("body.due", ""), ("was.due", "2031-01-01")]), r#"{"due":null}"#);
        assert_eq!(body(&[("body.description", "a\r\nb"), ("was.description", "a\r\nb")]), "{}");
        assert_eq!(body(&[("body.nonsense", "x")]), "{}");
    }

    #[test]
    fn the_editor_sends_its_text_as_it_is() {
        assert_eq!(body(&[("_body", "{\"a\": "), ("body.title", "x")]), "{\"a\": ");
    }
}
