//! The name of the server, which its admins choose. The document has it as `application-name`, where the browser reads it.

#[cfg(feature = "ssr")]
use std::sync::Arc;

#[cfg(not(feature = "ssr"))]
use leptos::prelude::document;
#[cfg(feature = "ssr")]
use leptos::prelude::use_context;

/// The name of a server that has no other.
const DEFAULT: &str = "Taskwire";

/// The name of the server, which the server hands in through Leptos' context.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct ServerName(pub Arc<str>);

/// The name of the server: the same in the browser as in the page that it hydrates.
pub fn server_name() -> String {
    #[cfg(feature = "ssr")]
    let name = use_context::<ServerName>().map(|ServerName(name)| name.to_string());
    #[cfg(not(feature = "ssr"))]
    let name = document()
        .query_selector("meta[name=application-name]")
        .ok()
        .flatten()
        .and_then(|element| element.get_attribute("content"));
    name.unwrap_or_else(|| DEFAULT.to_owned())
}
