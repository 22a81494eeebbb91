//! The OpenAPI document, as the pages read it: operations by address, and form fields from schemas.

use std::sync::LazyLock;

use app::browse::{json::Json, page::Control};

use crate::http::api;

/// The methods that forms send, in the order of the page.
const WRITES: [&str; 4] = ["post", "put", "patch", "delete"];

/// The OpenAPI document.
pub struct Described(Json);

/// The OpenAPI document of this build.
pub fn document() -> &'static Described {
    static DOCUMENT: LazyLock<Described> = LazyLock::new(|| {
        let text = serde_json::to_vec(&api::document()).unwrap_or_default();
        Described(Json::parse(&text).unwrap_or_default())
    });
    &DOCUMENT
}

/// A path of the document, with the values that an address has for its parameters.
#[derive(Clone, Debug)]
pub struct Address {
    /// The path, with names of parameters in braces.
    pub template: &'static str,
    /// The names and values of the parameters.
    pub params: Vec<(&'static str, String)>,
}

impl Address {
    /// The value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(param, _)| *param == name).map(|(_, value)| value.as_str())
    }

    /// The segments of the path, with names of parameters in braces.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &'static str> {
        self.template.trim_start_matches('/').split('/')
    }
}

impl Described {
    /// The whole document.
    pub fn json(&self) -> &Json {
        &self.0
    }

    /// The paths.
    pub fn templates(&'static self) -> impl Iterator<Item = &'static str> {
        self.0.get("paths").map(Json::members).unwrap_or_default().iter().map(|(path, _)| path.as_str())
    }

    /// The path that an address matches. A literal segment counts more than a parameter.
    pub fn find(&'static self, path: &str) -> Option<Address> {
        let parts: Vec<_> = path.split('/').collect();
        let fitting = self.templates().filter(|template| {
            let names: Vec<_> = template.split('/').collect();
            names.len() == parts.len() && names.iter().zip(&parts).all(|(name, part)| name == part || is_param(name))
        });
        let template = fitting.min_by_key(|template| template.matches('{').count())?;
        let pairs = template.split('/').zip(&parts).filter(|(name, _)| is_param(name));
        let params = pairs.map(|(name, part)| (name.trim_matches(['{', '}']), (*part).to_owned())).collect();
        Some(Address { template, params })
    }

    /// An operation.
    pub fn operation(&'static self, template: &str, method: &str) -> Option<Operation> {
        let json = self.0.at(&["paths", template, &method.to_ascii_lowercase()])?;
        Some(Operation { method: method.to_ascii_uppercase(), json })
    }

    /// The operations of a path that change something.
    pub fn writes(&'static self, template: &str) -> Vec<Operation> {
        WRITES.iter().filter_map(|method| self.operation(template, method)).collect()
    }

    /// Follows references, and leaves out alternatives that are `null`. Returns the schema that says what values are like, and
    /// whether they may be `null`.
    fn simple<'a>(&'a self, schema: &'a Json) -> (&'a Json, bool) {
        let is_null = |schema: &Json| schema.text("type") == Some("null");
        let listed =
            schema.get("type").is_some_and(|kinds| kinds.items().iter().any(|kind| kind.as_str() == Some("null")));
        if let Some(name) = schema.text("$ref").and_then(|reference| reference.rsplit('/').next())
            && let Some(named) = self.0.at(&["components", "schemas", name])
        {
            return self.simple(named);
        }
        let alternatives =
            ["oneOf", "anyOf", "allOf"].iter().find_map(|key| schema.get(key)).map_or(&[][..], Json::items);
        let is_nullable = listed || alternatives.iter().any(is_null);
        let mut others = alternatives.iter().filter(|one| !is_null(one));
        match (others.next(), others.next()) {
            (Some(only), None) => (self.simple(only).0, is_nullable),
            _ => (schema, is_nullable),
        }
    }
}

fn is_param(segment: &str) -> bool {
    segment.starts_with('{')
}

/// An operation of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The method.
    pub method: String,
    json: &'static Json,
}

impl Operation {
    /// The id.
    pub fn id(&self) -> &'static str {
        self.json.text("operationId").unwrap_or_default()
    }

    /// The tag.
    pub fn tag(&self) -> &'static str {
        self.json.get("tags").and_then(|tags| tags.items().first()?.as_str()).unwrap_or_default()
    }

    /// What it does, in a few words.
    pub fn summary(&self) -> &'static str {
        self.json.text("summary").unwrap_or_default()
    }

    /// What it does, in Markdown.
    pub fn description(&self) -> &'static str {
        self.json.text("description").unwrap_or_default()
    }

    /// Whether the answer is a stream without an end.
    pub fn is_stream(&self) -> bool {
        let content = self.json.at(&["responses", "200", "content"]).map(Json::members).unwrap_or_default();
        content.iter().any(|(kind, _)| kind == "text/event-stream")
    }

    /// The parameters of the query, or the headers: `place` is `query` or `header`.
    pub fn parameters(&self, place: &'static str) -> impl Iterator<Item = Member> {
        let parameters = self.json.get("parameters").map(Json::items).unwrap_or_default();
        parameters.iter().filter(move |parameter| parameter.text("in") == Some(place)).map(|parameter| {
            let schema = parameter.get("schema").unwrap_or(&Json::Null);
            let required = parameter.get("required") == Some(&Json::Bool(true));
            Member::of(parameter.text("name").unwrap_or_default(), schema, required, parameter.text("description"))
        })
    }

    /// Whether there is a body.
    pub fn has_body(&self) -> bool {
        self.json.get("requestBody").is_some()
    }

    /// The members of the body.
    pub fn body(&self) -> Vec<Member> {
        let content = self.json.at(&["requestBody", "content"]).map(Json::members).unwrap_or_default();
        let Some(schema) = content.first().and_then(|(_, content)| content.get("schema")) else { return Vec::new() };
        members(document(), schema)
    }
}

/// The members that a schema has for objects.
fn members(described: &'static Described, schema: &'static Json) -> Vec<Member> {
    let (schema, _) = described.simple(schema);
    let required = schema.get("required").map(Json::items).unwrap_or_default();
    let properties = schema.get("properties").map(Json::members).unwrap_or_default();
    let member = |(name, schema): &'static (String, Json)| {
        let is_required = required.iter().any(|required| required.as_str() == Some(name));
        Member::of(name, schema, is_required, None)
    };
    properties.iter().map(member).collect()
}

/// A member of a body, a parameter, or a header.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name.
    pub name: &'static str,
    /// What it is, in Markdown.
    pub description: String,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it may be `null`.
    nullable: bool,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// One of these strings.
    Choice(Vec<String>),
    Bool,
    Number,
    Date,
    /// A string of one line.
    Line,
    /// A string of several lines.
    Text,
    /// A list of strings.
    List,
    /// Anything else, written as JSON; a text that is no JSON is a string.
    Json,
}

impl Member {
    fn of(name: &'static str, schema: &'static Json, required: bool, description: Option<&str>) -> Self {
        let (simple, nullable) = document().simple(schema);
        // What is said of the member itself, before what is said of its type.
        let options = schema.get("oneOf").map(Json::items).unwrap_or_default();
        let described = std::iter::once(schema).chain(options).chain([simple]);
        let kind = Kind::of(simple);
        // A parameter says by itself how it is written.
        let how = match kind {
            _ if description.is_some() => "",
            Kind::Choice(_) if nullable && !required => " “–” is `null`.",
            Kind::List => " One a line.",
            Kind::Json => " As JSON.",
            _ => "",
        };
        let description = description.or_else(|| described.into_iter().find_map(|schema| schema.text("description")));
        let description = format!("{}{how}", description.unwrap_or_default());
        Self { name, description, required, nullable, kind }
    }

    /// How it is typed as a parameter of the query, which has one line.
    pub fn control_in_query(&self) -> Control {
        match self.control() {
            Control::Lines => Control::Line("text"),
            control => control,
        }
    }

    /// How it is typed.
    pub fn control(&self) -> Control {
        match &self.kind {
            Kind::Choice(values) => Control::Choice(values.clone()),
            Kind::Bool => Control::Choice(vec!["true".to_owned(), "false".to_owned()]),
            Kind::Number => Control::Line("number"),
            Kind::Date => Control::Line("date"),
            Kind::Line => Control::Line("text"),
            Kind::Text | Kind::List | Kind::Json => Control::Lines,
        }
    }

    /// Whether its current value can be shown in its field and sent back as it is.
    pub fn is_plain(&self) -> bool {
        self.kind != Kind::Json
    }

    /// The value of what was typed.
    pub fn value(&self, typed: &str) -> Json {
        if typed.is_empty() && (self.nullable || !matches!(self.kind, Kind::Line | Kind::Text | Kind::List)) {
            return Json::Null;
        }
        let text = || Json::String(typed.to_owned());
        match self.kind {
            Kind::Bool | Kind::Number | Kind::Json => Json::parse(typed.as_bytes()).unwrap_or_else(text),
            Kind::List => {
                let lines = typed.lines().map(str::trim).filter(|line| !line.is_empty());
                Json::Array(lines.map(|line| Json::String(line.to_owned())).collect())
            }
            Kind::Choice(_) | Kind::Date | Kind::Line | Kind::Text => text(),
        }
    }

    /// What stands in an empty body.
    pub fn blank(&self) -> Json {
        match self.kind {
            Kind::List => Json::Array(Vec::new()),
            Kind::Json => Json::Null,
            _ => Json::String(String::new()),
        }
    }
}

impl Kind {
    fn of(schema: &Json) -> Self {
        if let Some(values) = schema.get("enum") {
            return Self::Choice(values.items().iter().filter_map(Json::as_str).map(str::to_owned).collect());
        }
        let kinds = schema.get("type").map_or(&[][..], |kind| match kind {
            Json::Array(kinds) => kinds,
            kind => std::slice::from_ref(kind),
        });
        let kind = kinds.iter().filter_map(Json::as_str).find(|kind| *kind != "null");
        match (kind, schema.text("format")) {
            (Some("boolean"), _) => Self::Bool,
            (Some("integer" | "number"), _) => Self::Number,
            (Some("string"), Some("date")) => Self::Date,
            (Some("string"), _) => {
                let longest = schema.get("maxLength").and_then(|longest| match longest {
                    Json::Number(number) => number.as_u64(),
                    _ => None,
                });
                if longest > Some(1_000) { Self::Text } else { Self::Line }
            }
            (Some("array"), _) => match schema.get("items").map(|items| Self::of(document().simple(items).0)) {
                Some(Self::Line | Self::Choice(_)) => Self::List,
                _ => Self::Json,
            },
            _ => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_matches_its_path_and_a_name_counts_more_than_a_parameter() {
        let own = document().find("/people/me").unwrap();
        assert_eq!(own.template, "/people/me");
        let task = document().find("/boards/1/tasks").unwrap();
        assert_eq!((task.template, task.param("board")), ("/boards/{board}/tasks", Some("1")));
        assert!(document().find("/nothing").is_none());
    }

    #[test]
    fn every_body_has_fields_and_every_operation_words() {
        for template in document().templates() {
            for operation in document().writes(template) {
                assert!(!operation.has_body() || !operation.body().is_empty(), "{}", operation.id());
                assert!(!operation.summary().is_empty() && !operation.id().is_empty(), "{template}");
            }
        }
    }

    #[test]
    fn the_form_says_how_null_is_chosen() {
        let update = document().operation("/boards/{board}", "PATCH").unwrap();
        let everyone = update.body().into_iter().find(|member| member.name == "everyone").unwrap();
        assert!(everyone.description.ends_with("members. “–” is `null`."), "{}", everyone.description);
        assert_eq!(everyone.value(""), Json::Null);
    }

    #[test]
    fn what_was_typed_has_the_type_of_the_member() {
        let update = document().operation("/tasks/{task}", "PATCH").unwrap();
        let value = |name: &str, typed: &str| {
            let member = update.body().into_iter().find(|member| member.name == name).unwrap();
            member.value(typed).compact()
        };
        assert_eq!(value("title", "7"), r#""7""#);
        assert_eq!(value("description", ""), r#""""#);
        assert_eq!(value("due", ""), "null");
        assert_eq!(value("completed", "true"), "true");
        assert_eq!(value("completed", "perhaps"), r#""perhaps""#);
        assert_eq!(value("assign", "a\r\n\r\nb "), r#"["a","b"]"#);
        assert_eq!(value("place", r#"{"after": "x"}"#), r#"{"after":"x"}"#);
        assert_eq!(value("place", "first"), r#""first""#);
    }
}
