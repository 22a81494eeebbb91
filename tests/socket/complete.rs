//! `docs/PROTOCOL.md` is complete: everything that the types can express over the socket is described there, with an
//! example. The types are read from their source, so nothing that is added later can be forgotten.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use app::fields;
use serde_json::Value;
use syn::{
    Attribute, Fields, GenericArgument, Ident, Item, LitStr, PathArguments, Token, Type, Visibility, braced,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use super::document::{PAGE, blocks};

/// Where the types of the socket's messages are, below `app/src`: files, and folders of files.
const SOURCES: [&str; 11] = [
    "protocol.rs",
    "ops",
    "refusal.rs",
    "model.rs",
    "label.rs",
    "checklist.rs",
    "comment.rs",
    "access.rs",
    "people.rs",
    "presence.rs",
    "state/mod.rs",
];

/// Types that their own code serializes as a text, a number or an id.
const VALUES: [&str; 27] = [
    "ActorId",
    "BoardId",
    "BoardKey",
    "ColumnId",
    "MutationId",
    "TabId",
    "TaskId",
    "LabelId",
    "ChecklistId",
    "ChecklistItemId",
    "CommentId",
    "Hue",
    "Tone",
    "Pattern",
    "Uuid",
    "LinkTo",
    "Rank",
    "Timestamp",
    "Day",
    "Seq",
    "String",
    "str",
    "bool",
    "u32",
    "u64",
    "i64",
    "Id",
];
/// Types that contain other types.
const HOLDERS: [&str; 4] = ["Option", "Vec", "Arc", "BTreeMap"];

#[derive(Clone, Debug)]
enum Shape {
    /// The names of the fields, and of the types in each.
    Struct(Vec<(String, Vec<String>)>),
    /// The name of the field that distinguishes the variants, if there is one; and the variants.
    Enum(Option<String>, Vec<(String, Variant)>),
}

#[derive(Clone, Debug)]
enum Variant {
    Fields(Vec<(String, Vec<String>)>),
    Holds(Vec<String>),
}

/// The texts of the sources.
fn sources() -> Vec<String> {
    let read = |path: &Path| fs::read_to_string(path).expect("a file");
    let texts = SOURCES.iter().flat_map(|source| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("app/src").join(source);
        match path.is_dir() {
            true => fs::read_dir(path).expect("a folder").map(|file| read(&file.expect("a file").path())).collect(),
            false => vec![read(&path)],
        }
    });
    texts.collect()
}

/// All types of the sources, by name.
fn shapes() -> BTreeMap<String, Shape> {
    let mut shapes = BTreeMap::new();
    for source in sources() {
        for item in syn::parse_file(&source).expect("Rust").items {
            let (name, shape) = match item {
                Item::Struct(item) => (item.ident, Shape::Struct(named(&item.fields))),
                Item::Enum(item) => {
                    (item.ident, Shape::Enum(serde_option(&item.attrs, "tag"), variants(&item.variants)))
                }
                Item::Macro(item) if item.mac.path.is_ident("tagged") => {
                    item.mac.parse_body_with(tagged).expect("an enum as `app::tagged` defines it")
                }
                _ => continue,
            };
            shapes.insert(name.to_string(), shape);
        }
    }
    shapes
}

/// Reads `enum Name = "Name" by "tag" { … }`, the body of the macro in `app/src/tagged.rs`.
fn tagged(input: ParseStream<'_>) -> syn::Result<(Ident, Shape)> {
    Attribute::parse_outer(input)?;
    input.parse::<Visibility>()?;
    input.parse::<Token![enum]>()?;
    let name = input.parse()?;
    input.parse::<Token![=]>()?;
    input.parse::<LitStr>()?;
    input.parse::<Ident>()?;
    let tag: LitStr = input.parse()?;
    let body;
    braced!(body in input);
    Ok((name, Shape::Enum(Some(tag.value()), variants(&body.parse_terminated(syn::Variant::parse, Token![,])?))))
}

/// The variants that can be sent, by their names in JSON. A variant that stands for unknown values is never sent.
fn variants(of: &Punctuated<syn::Variant, Token![,]>) -> Vec<(String, Variant)> {
    let is_sent = |variant: &&syn::Variant| serde_option(&variant.attrs, "skip_serializing").is_none();
    let variants = of.iter().filter(is_sent).map(|variant| {
        let fields = match &variant.fields {
            Fields::Unnamed(fields) => {
                Variant::Holds(fields.unnamed.iter().flat_map(|field| names(&field.ty)).collect())
            }
            fields => Variant::Fields(named(fields)),
        };
        (snake_case(&variant.ident.to_string()), fields)
    });
    variants.collect()
}

fn named(fields: &Fields) -> Vec<(String, Vec<String>)> {
    let mut named = Vec::new();
    for field in fields {
        let Some(name) = &field.ident else { continue };
        match serde_option(&field.attrs, "with").as_deref() {
            None => named.push((name.to_string(), names(&field.ty))),
            Some(form) => named.extend(patch(form).iter().map(|name| ((*name).to_owned(), Vec::new()))),
        }
    }
    named
}

/// The names of the edits in a patch that is serialized in this form.
fn patch(form: &str) -> &'static [&'static str] {
    match form {
        "fields::request" => fields::request::NAMES,
        "fields::change" => fields::change::NAMES,
        "fields::new" => fields::new::NAMES,
        _ => panic!("this test does not know what {form} writes"),
    }
}

/// The names of the types in a type.
fn names(of: &Type) -> Vec<String> {
    match of {
        Type::Path(path) => {
            let last = path.path.segments.last().expect("a name");
            let mut found = vec![last.ident.to_string()];
            if let PathArguments::AngleBracketed(arguments) = &last.arguments {
                for argument in &arguments.args {
                    if let GenericArgument::Type(inner) = argument {
                        found.extend(names(inner));
                    }
                }
            }
            found
        }
        Type::Slice(slice) => names(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().flat_map(names).collect(),
        _ => panic!("a type that this test cannot read"),
    }
}

/// The value of a serde option such as `tag`.
fn serde_option(attributes: &[Attribute], option: &str) -> Option<String> {
    let mut told = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let read = attribute.parse_nested_meta(|meta| {
            if !meta.input.peek(Token![=]) {
                if meta.path.is_ident(option) {
                    told = Some(String::new());
                }
            } else {
                let value: LitStr = meta.value()?.parse()?;
                if meta.path.is_ident(option) {
                    told = Some(value.value());
                }
            }
            Ok(())
        });
        read.expect("what serde is told");
    }
    told
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for char in name.chars() {
        if char.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
    }
    snake
}

/// All objects in the examples of the page.
fn objects() -> Vec<serde_json::Map<String, Value>> {
    fn collect(value: Value, into: &mut Vec<serde_json::Map<String, Value>>) {
        match value {
            Value::Object(object) => {
                into.push(object.clone());
                object.into_iter().for_each(|(_, value)| collect(value, into));
            }
            Value::Array(values) => values.into_iter().for_each(|value| collect(value, into)),
            _ => {}
        }
    }
    let mut objects = Vec::new();
    for block in blocks("json") {
        collect(serde_json::from_str(block).expect(block), &mut objects);
    }
    objects
}

/// The items of the types in `shapes` that the page does not describe, as far as they are reachable from the socket's
/// messages.
fn missing(shapes: &BTreeMap<String, Shape>) -> Vec<String> {
    let objects = objects();
    let mut missing = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec!["ClientMessage".to_owned(), "ServerMessage".to_owned()];
    let is_said = |name: &str| PAGE.contains(&format!("`{name}`")) || PAGE.contains(&format!("\"{name}\""));
    while let Some(name) = waiting.pop() {
        if HOLDERS.contains(&&*name) || VALUES.contains(&&*name) || !seen.insert(name.clone()) {
            continue;
        }
        let shape = shapes.get(&name).unwrap_or_else(|| panic!("{name} is in no source that this test reads"));
        match shape {
            Shape::Struct(fields) => {
                for (field, types) in fields {
                    waiting.extend(types.iter().cloned());
                    let is_tagged = |name: &String| matches!(shapes.get(name), Some(Shape::Enum(Some(_), _)));
                    // A flattened field does not appear under its own name.
                    let is_flat = types.iter().any(is_tagged) && (name == "Mutation" || name == "Change");
                    if !is_flat && !is_said(field) {
                        missing.push(format!("{name}.{field}"));
                    }
                }
            }
            Shape::Enum(tag, variants) => {
                for (variant, fields) in variants {
                    let fields = match fields {
                        Variant::Fields(fields) => fields.clone(),
                        Variant::Holds(types) => {
                            let inner = types.iter().find_map(|name| match shapes.get(name) {
                                Some(Shape::Struct(fields)) => Some(fields.clone()),
                                _ => None,
                            });
                            waiting.extend(types.iter().cloned());
                            inner.unwrap_or_default()
                        }
                    };
                    let Some(tag) = tag else {
                        if !is_said(variant) {
                            missing.push(format!("{name}: {variant}"));
                        }
                        continue;
                    };
                    let is_example = |object: &&serde_json::Map<String, Value>| {
                        object.get(tag).is_some_and(|tag| tag == &**variant)
                            && (tag == "type" || !object.contains_key("type"))
                    };
                    let examples: Vec<_> = objects.iter().filter(is_example).collect();
                    if examples.is_empty() {
                        missing.push(format!("{name}: an example of {variant}"));
                    }
                    for (field, types) in fields {
                        waiting.extend(types);
                        if !examples.iter().any(|example| example.contains_key(&field)) {
                            missing.push(format!("{name}: {field} of {variant}"));
                        }
                    }
                }
            }
        }
    }
    missing
}

#[test]
fn whatever_can_be_said_over_the_socket_has_an_example() {
    assert_eq!(missing(&shapes()), Vec::<String>::new(), "what docs/PROTOCOL.md does not say");
}

#[test]
fn what_is_added_to_the_types_and_not_to_the_page_is_found() {
    let mut shapes = shapes();
    let Some(Shape::Enum(_, kinds)) = shapes.get_mut("ChangeKind") else { panic!("the kinds of changes") };
    kinds.push(("task_painted".to_owned(), Variant::Fields(Vec::new())));
    let Some(Shape::Struct(created)) = shapes.get_mut("BoardCreated") else { panic!("a change") };
    created.push(("colour".to_owned(), vec!["String".to_owned()]));
    let Some(Shape::Struct(task)) = shapes.get_mut("Task") else { panic!("a task") };
    task.push(("weight".to_owned(), vec!["u32".to_owned()]));
    let Some(Shape::Enum(_, codes)) = shapes.get_mut("ErrorCode") else { panic!("the codes") };
    codes.push(("too_late".to_owned(), Variant::Fields(Vec::new())));
    let mut found = missing(&shapes);
    found.sort();
    let expected = [
        "BoardCreated.colour",
        "ChangeKind: an example of task_painted",
        "ChangeKind: colour of board_created",
        "ErrorCode: too_late",
        "Task.weight",
    ];
    assert_eq!(found, expected);
}
