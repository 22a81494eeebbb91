//! `/api/v1`: all addresses of the REST interface.

use leptos::prelude::*;

use super::{Link, Reader, document, method, words};
use crate::account::document::Surroundings;

/// The path of the page.
pub const PATH: &str = "/api/v1";

/// The data of the page.
pub struct IndexPage {
    /// The reader.
    pub reader: Reader,
    /// What the interface is, in Markdown.
    pub description: String,
    /// The operations, in groups.
    pub groups: Vec<Group>,
}

/// The operations of a tag.
pub struct Group {
    /// The tag.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// The operations.
    pub operations: Vec<Listed>,
}

/// An operation in the list.
pub struct Listed {
    /// The method.
    pub method: String,
    /// The path, with names of parameters in braces.
    pub path: String,
    /// The address, if the path has no parameters and the operation reads.
    pub address: Option<String>,
    /// What it does, in a few words.
    pub summary: String,
}

/// Renders the whole document.
pub fn page(content: IndexPage, surroundings: Surroundings) -> String {
    let IndexPage { reader, description, groups } = content;
    let groups = groups.into_iter().map(|group| {
        let id = format!("tag-{}", group.name);
        let rows = group.operations.into_iter().map(|Listed { method: name, path, address, summary }| {
            let path = view! { <code>{path}</code> }.into_any();
            let path = match address {
                Some(address) => view! { <a href=address>{path}</a> }.into_any(),
                None => path,
            };
            view! { <li>{method(&name)} " " {path} <span class="hint">{summary}</span></li> }
        });
        view! {
            <section class="sheet" aria-labelledby=id.clone()>
                <h2 id=id.clone()>{group.name}</h2>
                {words(&group.description)}
                <ul class="api-list">{rows.collect_view()}</ul>
            </section>
        }
        .into_any()
    });
    let body = view! {
        <h1>"The REST interface"</h1>
        {words(&description)}
        <ul class="api-leads">
            <li>
                <a href="/api/docs">"Interactive documentation"</a>
            </li>
            <li>
                <a href="/api/docs/errors">"Errors"</a>
            </li>
            <li>
                <a href="/api/docs/socket">"The socket, and a console for it"</a>
            </li>
            <li>
                <a href="/api/v1/openapi.json">"OpenAPI document"</a>
            </li>
            <li>
                <a href="/api/v1/asyncapi.json">"AsyncAPI document"</a>
            </li>
        </ul>
        {groups.collect_view()}
    }
    .into_any();
    document(&reader, "API", vec![Link::here("API")], body, surroundings)
}
