//! Tests that the OpenAPI document describes what the server does.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use taskwire::http::{api, problem::Code};

use crate::support::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_described_and_every_described_one_is_there() {
    let server = Server::start().await;
    let document: Value = server.get("/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            described.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    described.sort();
    let expected = [
        "DELETE /boards/{board}",
        "DELETE /boards/{board}/columns/{column}",
        "DELETE /boards/{board}/comments/{comment}",
        "DELETE /boards/{board}/comments/{comment}/reactions/{reaction}",
        "DELETE /boards/{board}/labels/{label}",
        "DELETE /boards/{board}/links/{link}",
        "DELETE /boards/{board}/members/{person}",
        "DELETE /boards/{board}/star",
        "DELETE /groups/{group}",
        "DELETE /groups/{group}/boards/{board}",
        "DELETE /groups/{group}/people/{person}",
        "DELETE /invitations/{invitation}",
        "DELETE /people/{person}/sessions",
        "DELETE /people/{person}/sessions/{session}",
        "DELETE /people/{person}/tokens",
        "DELETE /people/{person}/tokens/{token}",
        "DELETE /tasks/{task}",
        "DELETE /tasks/{task}/checklists/{checklist}",
        "DELETE /tasks/{task}/checklists/{checklist}/items/{item}",
        "DELETE /tokens/{token}",
        "GET /audit",
        "GET /boards",
        "GET /boards/{board}",
        "GET /boards/{board}/changes",
        "GET /boards/{board}/columns",
        "GET /boards/{board}/comments/{comment}",
        "GET /boards/{board}/comments/{comment}/versions",
        "GET /boards/{board}/events",
        "GET /boards/{board}/labels",
        "GET /boards/{board}/labels/{label}",
        "GET /boards/{board}/links",
        "GET /boards/{board}/members",
        "GET /boards/{board}/tasks",
        "GET /groups",
        "GET /groups/{group}",
        "GET /invitations",
        "GET /me",
        "GET /people",
        "GET /people/me",
        "GET /people/{person}/sessions",
        "GET /people/{person}/tokens",
        "GET /refs/{ref}",
        "GET /settings",
        "GET /system",
        "GET /system/checks",
        "GET /tasks/{task}",
        "GET /tasks/{task}/changes",
        "GET /tasks/{task}/checklists",
        "GET /tasks/{task}/checklists/{checklist}",
        "GET /tasks/{task}/comments",
        "GET /tokens",
        "PATCH /boards/{board}",
        "PATCH /boards/{board}/columns/{column}",
        "PATCH /boards/{board}/comments/{comment}",
        "PATCH /boards/{board}/labels/{label}",
        "PATCH /groups/{group}",
        "PATCH /people/{person}",
        "PATCH /settings",
        "PATCH /tasks/{task}",
        "PATCH /tasks/{task}/checklists/{checklist}",
        "PATCH /tasks/{task}/checklists/{checklist}/items/{item}",
        "POST /boards",
        "POST /boards/{board}/columns",
        "POST /boards/{board}/comments/{comment}/restore",
        "POST /boards/{board}/copy",
        "POST /boards/{board}/labels",
        "POST /boards/{board}/labels/{label}/merge",
        "POST /boards/{board}/links",
        "POST /boards/{board}/mutations",
        "POST /boards/{board}/restore",
        "POST /boards/{board}/tasks",
        "POST /groups",
        "POST /invitations",
        "POST /people/import",
        "POST /people/{person}/hand-over",
        "POST /people/{person}/new-password",
        "POST /settings/test-mail",
        "POST /tasks/{task}/checklists",
        "POST /tasks/{task}/checklists/{checklist}/items",
        "POST /tasks/{task}/checklists/{checklist}/restore",
        "POST /tasks/{task}/comments",
        "POST /tasks/{task}/restore",
        "PUT /boards/{board}/comments/{comment}/reactions/{reaction}",
        "PUT /boards/{board}/members/{person}",
        "PUT /boards/{board}/star",
        "PUT /groups/{group}/boards/{board}",
        "PUT /groups/{group}/people/{person}",
    ];
    assert_eq!(described, expected);

    // The response to `OPTIONS` lists the methods that the path supports.
    for (path, item) in document["paths"].as_object().unwrap() {
        let somewhere = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>();
        let response = server.api(Method::OPTIONS, &somewhere.join("/")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{path}");
        let allow = response.headers()["allow"].to_str().unwrap();
        let mut taken: Vec<String> =
            allow.split(',').map(|method| method.trim().to_lowercase()).filter(|method| method != "head").collect();
        taken.sort();
        let mut said: Vec<String> = item.as_object().unwrap().keys().cloned().collect();
        said.sort();
        assert_eq!(taken, said, "{path}");
    }
}

#[test]
fn the_document_is_complete_and_its_names_are_unique() {
    let document = serde_json::to_value(api::document()).unwrap();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} is used twice");
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{id}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(described || response["$ref"].is_string(), "{method} {path}: {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{method} {path}: {}", parameter["name"]);
            }
        }
    }
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} has no codes");
    }
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for kind in ["schemas", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(references.contains(&reference), "nothing refers to {reference}");
        }
    }
}

fn collect_references(value: &Value, into: &mut Vec<String>) {
    if let Some(reference) = value["$ref"].as_str() {
        into.push(reference.to_owned());
    }
    match value {
        Value::Object(members) => members.values().for_each(|value| collect_references(value, into)),
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, into)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_has_the_fields_that_are_described() {
    let server = Server::start().await;
    let board = server.board().await;
    let document: Value = server.get("/openapi.json").await;
    let task = server.post(&format!("/boards/{board}/tasks"), &json!({"title": "A"})).await;
    let shape = |name: &str| {
        let mut fields: Vec<String> = document["components"]["schemas"][name]["properties"]
            .as_object()
            .unwrap_or_else(|| panic!("{name} is described"))
            .keys()
            .cloned()
            .collect();
        fields.sort();
        fields
    };
    let fields = |value: &Value| {
        let mut fields: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        fields.sort();
        fields
    };
    assert_eq!(fields(&task), shape("Task"));
    let board = server.get(&format!("/boards/{board}")).await;
    assert_eq!(fields(&board), shape("Board"));
    assert_eq!(fields(&board["columns"][0]), shape("Column"));
}

#[test]
fn the_manual_lists_every_operation() {
    let manual = include_str!("../../docs/API.md");
    let (_, listed) = manual.split_once("| Request | |\n|---|---|\n").expect("the table of operations");
    let (listed, _) = listed.split_once("\n\n").expect("the end of the table");
    let document = serde_json::to_value(api::document()).unwrap();
    let mut expected = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"] {
            if let Some(summary) = item[method]["summary"].as_str() {
                expected.push(format!("| `{} {path}` | {summary} |", method.to_uppercase()));
            }
        }
    }
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected, "docs/API.md, below *Operations*");
}

#[test]
fn the_manual_lists_every_error() {
    let manual = include_str!("../../docs/API.md");
    let (_, listed) = manual.split_once("|---|---|---|\n").expect("the table of errors");
    let row = |code: &Code| format!("| {} | `{}` | {} |\n", code.status().as_u16(), code.as_str(), code.meaning());
    let expected: String = Code::ALL.iter().map(row).collect();
    assert_eq!(listed, expected, "docs/API.md, below *Errors*");
}

#[test]
fn the_changelog_leads_to_the_interface_as_it_is() {
    let changelog = include_str!("../../docs/API-CHANGELOG.md");
    let mut told = BTreeSet::new();
    // The newest version comes first.
    let blocks: Vec<&str> = changelog.split("```api\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    for line in blocks.iter().rev().flat_map(|block| block.lines()) {
        let (sign, names) = line.split_at_checked(2).expect("+ or -");
        let (of, names) = names.split_once(':').unwrap_or((names, ""));
        for name in std::iter::once("").chain(names.split_whitespace()) {
            let item = (of.to_owned(), name.to_owned());
            match sign {
                "+ " => drop(told.insert(item)),
                // A line with names removes those; one without removes the thing itself.
                "- " if !name.is_empty() || names.is_empty() => {
                    assert!(told.remove(&item), "docs/API-CHANGELOG.md: there was no `{of}: {name}` to remove");
                }
                "- " => {}
                _ => panic!("docs/API-CHANGELOG.md: {line}"),
            }
        }
    }
    let is = interface();
    let lines = |sign: &str, items: Vec<&(String, String)>| {
        let mut lines = std::collections::BTreeMap::<&str, String>::new();
        for (of, name) in items {
            let line = lines.entry(of).or_insert_with(|| format!("{sign} {of}:"));
            if !name.is_empty() {
                line.push(' ');
                line.push_str(name);
            }
        }
        lines.into_values().map(|line| line.trim_end_matches(':').to_owned()).collect::<Vec<_>>().join("\n")
    };
    let (new, gone) = (lines("+", is.difference(&told).collect()), lines("-", told.difference(&is).collect()));
    assert!(
        new.is_empty() && gone.is_empty(),
        "the interface has changed. Say so in docs/API-CHANGELOG.md, in words, and with these lines in the block `api` of the \
         unreleased version:\n{new}\n{gone}"
    );
}

/// What clients may depend on: operations with their parameters, types with their fields or values, and the codes of errors.
fn interface() -> BTreeSet<(String, String)> {
    let document = serde_json::to_value(api::document()).unwrap();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let of = format!("{} {path}", method.to_uppercase());
            for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] != "path")
            {
                names.insert((of.clone(), parameter["name"].as_str().unwrap().to_owned()));
            }
            names.insert((of, String::new()));
        }
    }
    for (of, schema) in document["components"]["schemas"].as_object().unwrap() {
        let fields = schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys().cloned());
        let values = schema["enum"].as_array().into_iter().flatten().map(|value| value.as_str().unwrap().to_owned());
        let parts: Vec<String> = fields.chain(values).collect();
        if !parts.is_empty() {
            names.extend(parts.into_iter().map(|part| (of.clone(), part)).chain([(of.clone(), String::new())]));
        }
    }
    names
}
