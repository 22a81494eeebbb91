//! The AsyncAPI document of the socket, made from the types of the messages ([`app::protocol`]). The examples are those of
//! `docs/PROTOCOL.md`, which is also the place for everything that is no message: when to reconnect, and what is promised.

use std::sync::LazyLock;

use app::{
    browse::{docs::Member, json::Json},
    protocol::{ClientMessage, PROTOCOL, SUBPROTOCOL, ServerMessage},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

const MANUAL: &str = include_str!("../../../docs/PROTOCOL.md");

const DESCRIPTION: &str = "A board has a log of changes, numbered 1, 2, 3, … without gaps. A client subscribes to boards, and gets \
    each change once, in order, or a snapshot in place of changes. The number of the newest change that a client has describes its \
    position completely: after a break it subscribes again with that number, and misses nothing.\n\nEach message is one JSON object in \
    one text frame, and its `type` names the kind of message. Do not send fields that are not named here: the server treats them as \
    errors. Ignore fields and types that you do not know: later servers may send more.";

/// The document.
pub fn document() -> &'static Json {
    static DOCUMENT: LazyLock<Json> = LazyLock::new(make);
    &DOCUMENT
}

/// The document as text.
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().indented());
    &TEXT
}

/// The examples of `docs/PROTOCOL.md`, each with the type of its message. Operations, changes and refusals are examples of the messages
/// that they are sent in.
pub fn examples() -> &'static [(String, Json)] {
    static EXAMPLES: LazyLock<Vec<(String, Json)>> = LazyLock::new(|| {
        let blocks = MANUAL.split("```json\n").skip(1).filter_map(|rest| rest.split("\n```").next());
        blocks.filter_map(|block| Json::parse(block.as_bytes())).filter_map(whole_message).collect()
    });
    &EXAMPLES
}

fn whole_message(example: Json) -> Option<(String, Json)> {
    const BOARD: &str = "019aae10-0000-7000-8000-000000000001";
    const MUTATION: &str = "019aae10-0000-7000-8000-00000000a001";
    if let Some(name) = example.text("type") {
        return Some((name.to_owned(), example));
    }
    let (name, rest) = if example.get("op").is_some() {
        ("mutate", vec![("board", string(BOARD)), ("mutations", Json::Array(vec![example]))])
    } else if let Some(Json::Number(seq)) = example.get("seq").filter(|_| example.get("kind").is_some()) {
        let after = Json::Number(seq.as_u64()?.saturating_sub(1).into());
        ("changes", vec![("board", string(BOARD)), ("after", after), ("changes", Json::Array(vec![example]))])
    } else if example.get("code").is_some() {
        ("rejected", vec![("mutation", string(MUTATION)), ("error", example)])
    } else {
        return None;
    };
    let members = [("type", string(name))].into_iter().chain(rest);
    Some((name.to_owned(), object(members)))
}

fn make() -> Json {
    let (sent, received) = (variants(&json(&ClientMessage::schema())), variants(&json(&ServerMessage::schema())));
    let reference =
        |(name, _): &(String, Json)| object([("$ref", string(&format!("#/channels/socket/messages/{name}")))]);
    let operation = |action: &str, description: &str, messages: &[(String, Json)]| {
        object([
            ("action", string(action)),
            ("channel", object([("$ref", string("#/channels/socket"))])),
            ("description", string(description)),
            ("messages", Json::Array(messages.iter().map(reference).collect())),
        ])
    };
    let operations = object([
        ("receive", operation("receive", "What clients send, as JSON in text frames.", &sent)),
        ("send", operation("send", "What the server sends, as JSON in text frames.", &received)),
    ]);
    let messages: Vec<_> = sent.into_iter().chain(received).collect();
    let named = |(name, _): &(String, Json)| {
        (name.clone(), object([("$ref", string(&format!("#/components/messages/{name}")))]))
    };
    let query = r#"{"type": "object", "properties": {"as": {"type": "string", "format": "uuid", "description":
        "The connection is for this person only: it is closed with 4401 if the credentials are not theirs."}}}"#;
    let channel = object([
        ("address", string("/ws")),
        ("description", string(&format!("A WebSocket with the subprotocol `{SUBPROTOCOL}`."))),
        ("messages", Json::Object(messages.iter().map(named).collect())),
        (
            "bindings",
            object([(
                "ws",
                object([("method", string("GET")), ("query", read(query)), ("bindingVersion", string("0.1.0"))]),
            )]),
        ),
    ]);
    let server = read(
        r##"{"host": "{host}", "protocol": "wss", "description": "A Taskwire server.",
            "variables": {"host": {"default": "localhost:3000", "description": "The name of the server, and its port."}},
            "security": [{"$ref": "#/components/securitySchemes/token"}]}"##,
    );
    let token = read(
        r#"{"type": "http", "scheme": "bearer", "description":
            "A token that a person created on their account page. Pages of the server itself send the cookie of a session instead, and a server without accounts needs no credentials."}"#,
    );
    let info = object([
        ("title", string("Taskwire: the live protocol")),
        ("version", string(env!("CARGO_PKG_VERSION"))),
        ("description", string(&format!("{DESCRIPTION}\n\nThis is version {PROTOCOL} of the protocol."))),
        ("tags", read(r#"[{"name": "live", "description": "Boards as they change."}]"#)),
    ]);
    let components = object([
        ("messages", Json::Object(messages)),
        ("schemas", Json::Object(schemas())),
        ("securitySchemes", object([("token", token)])),
    ]);
    object([
        ("asyncapi", string("3.0.0")),
        ("info", info),
        ("defaultContentType", string("application/json")),
        ("servers", object([("server", server)])),
        ("channels", object([("socket", channel)])),
        ("operations", operations),
        ("components", components),
    ])
}

/// The messages of an enum: a message for each variant, under its `type`.
fn variants(schema: &Json) -> Vec<(String, Json)> {
    let message = |schema: &Json| {
        let name = tag(schema)?.to_owned();
        let examples = examples().iter().filter(|(of, _)| *of == name);
        let examples = examples.map(|(_, example)| object([("payload", example.clone())])).collect();
        let description = schema.text("description").unwrap_or_default();
        let message = object([
            ("name", string(&name)),
            ("description", string(description)),
            ("payload", schema.clone()),
            ("examples", Json::Array(examples)),
        ]);
        Some((name, message))
    };
    schema.get("oneOf").map(Json::items).unwrap_or_default().iter().filter_map(message).collect()
}

/// The `type` of the messages that a schema describes.
fn tag(schema: &Json) -> Option<&str> {
    let own = schema.at(&["properties", "type", "enum"]).and_then(|values| values.items().first()?.as_str());
    own.or_else(|| schema.get("allOf").map(Json::items).unwrap_or_default().iter().find_map(tag))
}

/// The schemas of the types in messages, each once.
fn schemas() -> Vec<(String, Json)> {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    ClientMessage::schemas(&mut found);
    ServerMessage::schemas(&mut found);
    let mut schemas: Vec<_> =
        found.into_iter().map(|(name, schema)| (renamed(&name).to_owned(), json(&schema))).collect();
    schemas.sort_by(|(a, _), (b, _)| a.cmp(b));
    schemas.dedup_by(|(a, _), (b, _)| a == b);
    schemas
}

/// The name of a schema. utoipa names that of a type alias after the type that it stands for.
fn renamed(name: &str) -> &str {
    if name == "u64" { "SequenceNumber" } else { name }
}

fn json(schema: &RefOr<Schema>) -> Json {
    tidied(&Json::parse(&serde_json::to_vec(schema).unwrap_or_default()).unwrap_or_default())
}

/// A schema as the document has it. A part of a message does not forbid other fields, because the parts stand in one object. Discriminators
/// are OpenAPI's own. Links of the code's documentation lead nowhere.
fn tidied(schema: &Json) -> Json {
    match schema {
        Json::Array(items) => Json::Array(items.iter().map(tidied).collect()),
        Json::Object(members) => {
            let kept = members.iter().filter(|(name, value)| match name.as_str() {
                "additionalProperties" => *value != Json::Bool(false),
                "discriminator" => value.get("propertyName").is_none(),
                _ => true,
            });
            let tidy = |(name, value): &(String, Json)| match (name.as_str(), value) {
                ("description", Json::String(text)) => (name.clone(), string(&without_links(text))),
                ("$ref", Json::String(target)) => {
                    let (above, last) = target.rsplit_once('/').unwrap_or(("", target));
                    (name.clone(), string(&format!("{above}/{}", renamed(last))))
                }
                _ => (name.clone(), tidied(value)),
            };
            Json::Object(kept.map(tidy).collect())
        }
        other => other.clone(),
    }
}

/// Replaces links to code by their text: `[text](path)` and `` [`path`] ``. A variant is named as it is sent.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        let Some((inside, after)) = after.split_once(']') else {
            plain.push('[');
            rest = after;
            continue;
        };
        match after.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, after)) => {
                plain.push_str(inside);
                rest = after;
            }
            None => {
                let name = inside.trim_matches('`').rsplit("::").next().unwrap_or_default();
                plain.push_str(&format!("`{}`", snake_case(name)));
                rest = after;
            }
        }
    }
    plain + rest
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for char in name.chars() {
        if char.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    snake
}

/// The fields of the messages that a schema describes, without `type`.
pub fn members(schema: &'static Json) -> Vec<Member> {
    let mut members = Vec::new();
    collect(schema, &mut members);
    members
}

fn collect(schema: &'static Json, members: &mut Vec<Member>) {
    let schema = named(schema).map_or(schema, |(_, named)| named);
    for part in schema.get("allOf").map(Json::items).unwrap_or_default() {
        collect(part, members);
    }
    let required = schema.get("required").map(Json::items).unwrap_or_default();
    let properties = schema.get("properties").map(Json::members).unwrap_or_default();
    members.extend(properties.iter().filter(|(name, _)| name != "type").map(|(name, schema)| {
        let described = || schema.get("oneOf").map(Json::items).unwrap_or_default().iter();
        let description = schema.text("description").or_else(|| described().find_map(|one| one.text("description")));
        Member {
            name: name.clone(),
            kind: kind(schema),
            required: required.iter().any(|required| required.as_str() == Some(name)),
            description: description.unwrap_or_default().to_owned(),
        }
    }));
}

/// The schema that a reference names, and its name.
fn named(schema: &Json) -> Option<(&str, &'static Json)> {
    let name = schema.text("$ref")?.rsplit('/').next()?;
    Some((name, document().at(&["components", "schemas", name])?))
}

/// The type of a schema's values, in a word or two.
fn kind(schema: &Json) -> String {
    if let Some((name, _)) = named(schema) {
        return name.to_owned();
    }
    let others = schema.get("oneOf").map(Json::items).unwrap_or_default().iter();
    let mut others = others.filter(|one| one.text("type") != Some("null"));
    if let Some(other) = others.next() {
        return kind(other);
    }
    let kinds = schema.get("type").map_or(&[][..], |kind| match kind {
        Json::Array(kinds) => kinds,
        kind => std::slice::from_ref(kind),
    });
    let name = kinds.iter().filter_map(Json::as_str).find(|kind| *kind != "null").unwrap_or("any");
    match (name, schema.get("items"), schema.text("format")) {
        ("array", Some(items), _) => format!("array of {}", kind(items)),
        (_, _, Some(format)) => format!("{name} ({format})"),
        _ => name.to_owned(),
    }
}

fn string(text: &str) -> Json {
    Json::String(text.to_owned())
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Reads a text of this file.
fn read(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_a_description_and_an_example() {
        let messages = document().at(&["components", "messages"]).unwrap().members();
        assert_eq!(messages.len(), 20);
        for (name, message) in messages {
            assert!(message.text("description").is_some_and(|text| !text.is_empty()), "{name}");
            assert!(!message.get("examples").unwrap().items().is_empty(), "{name}");
            for member in members(message.get("payload").unwrap()) {
                assert!(!member.description.is_empty() || name == "snapshot", "{name}.{}", member.name);
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn check(value: &Json) {
            if let Some(reference) = value.text("$ref") {
                let names: Vec<_> = reference.trim_start_matches("#/").split('/').collect();
                assert!(document().at(&names).is_some(), "{reference}");
            }
            value.items().iter().for_each(check);
            value.members().iter().for_each(|(_, value)| check(value));
        }
        check(document());
    }

    #[test]
    fn links_of_the_code_become_words() {
        assert_eq!(
            without_links("With [`ServerMessage::PeopleChanged`] or [is not whole](State::x), see [1]."),
            "With `people_changed` or is not whole, see `1`."
        );
    }
}
