//! Generates the client from the document in `TASKWIRE_OPENAPI`.
//!
//! progenitor reads OpenAPI 3.0, and the document is 3.1, so it is converted first. What 3.0 cannot say as 3.1 does: that a value may be
//! `null`. What progenitor cannot read: media types other than `application/json` that are JSON, and streams of text.

use std::{env, fs, path::Path};

use serde_json::{Map, Value, json};

fn main() {
    println!("cargo::rerun-if-env-changed=TASKWIRE_OPENAPI");
    let path = env::var("TASKWIRE_OPENAPI").expect("TASKWIRE_OPENAPI: the document");
    println!("cargo::rerun-if-changed={path}");
    let mut document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    convert(&mut document);
    document["openapi"] = json!("3.0.3");
    let document = serde_json::from_value(document).expect("an OpenAPI 3.0 document");
    let mut settings = progenitor::GenerationSettings::new();
    settings.with_interface(progenitor::InterfaceStyle::Builder);
    let tokens = progenitor::Generator::new(&settings).generate_tokens(&document).expect("a client");
    let source = prettyplease::unparse(&syn::parse2(tokens).unwrap());
    fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("client.rs"), source).unwrap();
}

fn convert(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(convert),
        Value::Object(members) => {
            members.values_mut().for_each(convert);
            null_as_keyword(members);
            for (new, old) in
                [("application/json", "application/problem+json"), ("application/octet-stream", "text/event-stream")]
            {
                if let Some(content) = members.remove(old) {
                    members.insert(new.to_owned(), content);
                }
            }
        }
        _ => {}
    }
}

/// `type: [string, null]` becomes `type: string, nullable: true`, and `oneOf: [A, {type: null}]` becomes `allOf: [A], nullable: true`.
fn null_as_keyword(members: &mut Map<String, Value>) {
    let null = json!({"type": "null"});
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| kind != "null");
        let only = types.pop().expect("a type");
        members.insert("type".to_owned(), only);
        members.insert("nullable".to_owned(), json!(true));
    }
    if let Some(Value::Array(choices)) = members.get_mut("oneOf")
        && choices.contains(&null)
    {
        choices.retain(|choice| *choice != null);
        let choices = members.remove("oneOf").expect("it was there");
        members.insert("allOf".to_owned(), choices);
        members.insert("nullable".to_owned(), json!(true));
    }
}
