//! The documentation that the server serves: the interactive document, the catalogue of errors, and the socket with its console.

use leptos::prelude::*;

use super::{Link, Reader, code, document, words};
use crate::account::document::Surroundings;

/// The path of the interactive document.
pub const PATH: &str = "/api/docs";
/// The path of the catalogue of errors.
pub const ERRORS: &str = "/api/docs/errors";
/// The path of the page about the socket.
pub const SOCKET: &str = "/api/docs/socket";
/// The path of the script that starts the interactive document.
pub const INTERACTIVE_SCRIPT: &str = "/api/docs/interactive.js";
/// The path of the console's script.
pub const CONSOLE_SCRIPT: &str = "/api/docs/console.js";

/// The library's files: its script and its style sheet.
pub struct Library {
    /// The address of the script.
    pub script: String,
    /// The address of the style sheet.
    pub style: String,
}

/// An error of the catalogue.
pub struct ErrorLine {
    /// The status.
    pub status: u16,
    /// The code.
    pub code: &'static str,
    /// What it means, in Markdown.
    pub meaning: &'static str,
}

/// A message of the socket.
pub struct Message {
    /// The `type`.
    pub name: String,
    /// What it is for, in Markdown.
    pub description: String,
    /// Its fields.
    pub fields: Vec<Member>,
    /// Examples, as HTML.
    pub examples: Vec<String>,
}

/// A field of a message.
pub struct Member {
    /// The name.
    pub name: String,
    /// What type its values have.
    pub kind: String,
    /// Whether it is always there.
    pub required: bool,
    /// What it is, in Markdown.
    pub description: String,
}

/// The data of the page about the socket.
pub struct SocketPage {
    /// The reader.
    pub reader: Reader,
    /// What the socket is, in Markdown.
    pub description: String,
    /// The messages that clients send.
    pub sent: Vec<Message>,
    /// The messages that the server sends.
    pub received: Vec<Message>,
    /// Messages that can be sent as they are, or nearly: their names and texts.
    pub templates: Vec<(String, String)>,
}

fn way(here: &str) -> Vec<Link> {
    vec![Link::new(super::index::PATH, "API"), Link::here(here)]
}

/// Renders the interactive document. Without the library, the page says so.
pub fn interactive(reader: &Reader, library: Option<Library>, surroundings: Surroundings) -> String {
    let body = match library {
        Some(Library { script, style }) => view! {
            <link rel="stylesheet" href=style />
            <noscript>
                <p class="sheet">
                    "This page needs JavaScript. " <a href=super::index::PATH>"All addresses"</a>
                    " can be opened without it, each with forms for what it takes."
                </p>
            </noscript>
            <div id="interactive" data-document="/api/v1/openapi.json"></div>
            <script src=script defer></script>
            <script src=INTERACTIVE_SCRIPT defer></script>
        }
        .into_any(),
        None => view! {
            <p class="sheet">
                "This build of the server lacks the files of the interactive documentation, which releases and "
                <code>"make run"</code> " have. " <a href=super::index::PATH>"All addresses"</a>
                " can be opened in the browser, each with forms for what it takes, and "
                <a href="/api/v1/openapi.json">"the OpenAPI document"</a> " is here, too."
            </p>
        }
        .into_any(),
    };
    let body = view! {
        <h1>"Interactive documentation"</h1>
        <p>
            "Requests that you try here are real. They are sent with your session, or with a token that you enter at “Authorize”. "
            "There is also a page about "<a href=SOCKET>"the socket"</a>"."
        </p>
        {body}
    }
    .into_any();
    document(reader, "Interactive documentation", way("Documentation"), body, surroundings)
}

/// Renders the catalogue of errors.
pub fn errors(reader: &Reader, errors: Vec<ErrorLine>, surroundings: Surroundings) -> String {
    let rows = errors.into_iter().map(|ErrorLine { status, code, meaning }| {
        view! {
            <div class="api-member" id=code>
                <dt>
                    <code>{code}</code>
                    " "
                    <span class="chip">{status}</span>
                </dt>
                <dd>{words(meaning)}</dd>
            </div>
        }
    });
    let body = view! {
        <h1>"Errors"</h1>
        <p>
            "Errors are problem details (RFC 9457). "<code>"code"</code>" is for programs, "<code>"detail"</code>
            " for people, and " <code>"errors"</code>" names the fields, parameters or headers that are wrong."
        </p>
        <dl class="sheet api-members">{rows.collect_view()}</dl>
    }
    .into_any();
    document(reader, "Errors of the API", way("Errors"), body, surroundings)
}

/// Renders the page about the socket.
pub fn socket(content: SocketPage, surroundings: Surroundings) -> String {
    let SocketPage { reader, description, sent, received, templates } = content;
    let body = view! {
        <h1>"The socket"</h1>
        {words(&description)}
        <ul class="api-leads">
            <li>
                <a href="#console">"Console"</a>
            </li>
            <li>
                <a href="#sent">"What you send"</a>
            </li>
            <li>
                <a href="#received">"What the server sends"</a>
            </li>
            <li>
                <a href="/api/v1/asyncapi.json">"AsyncAPI document"</a>
            </li>
        </ul>
        {console(templates)}
        <h2 id="sent">"What you send"</h2>
        {sent.into_iter().map(message_section).collect_view()}
        <h2 id="received">"What the server sends"</h2>
        {received.into_iter().map(message_section).collect_view()}
        <script src=CONSOLE_SCRIPT defer></script>
    }
    .into_any();
    document(&reader, "The socket", way("Socket"), body, surroundings)
}

fn message_section(message: Message) -> AnyView {
    let Message { name, description, fields, examples } = message;
    let rows = fields.into_iter().map(|Member { name, kind, required, description }| {
        view! {
            <div class="api-member">
                <dt>
                    <code>{name}</code>
                    " "
                    <span class="hint">{kind} {(!required).then_some(", optional")}</span>
                </dt>
                <dd>{words(&description)}</dd>
            </div>
        }
    });
    let has_fields = rows.len() > 0;
    let fields = has_fields.then(|| view! { <dl class="api-members">{rows.collect_view()}</dl> }.into_any());
    let examples = examples.into_iter().map(|example| code("Example", example));
    view! {
        <section class="sheet" aria-labelledby=format!("message-{name}")>
            <h3 id=format!("message-{name}")>
                <code>{name.clone()}</code>
            </h3>
            {words(&description)}
            {fields}
            {examples.collect_view()}
        </section>
    }
    .into_any()
}

/// The console, without what its script adds.
fn console(templates: Vec<(String, String)>) -> AnyView {
    let templates = templates.into_iter().map(|(name, text)| view! { <option value=text>{name}</option> });
    view! {
        <section class="sheet" id="console" aria-labelledby="console-title">
            <h2 id="console-title">"Console"</h2>
            <noscript>
                <p>"The console needs JavaScript."</p>
            </noscript>
            <p>
                <span class="chip" id="console-state" role="status">
                    "Not connected"
                </span>
            </p>
            <form class="api-line" id="console-connection">
                <button class="button primary" id="console-connect" disabled>
                    "Connect"
                </button>
                <button class="button" type="button" id="console-disconnect" disabled>
                    "Disconnect"
                </button>
                <button class="button" type="button" id="console-resume" disabled>
                    "Resume"
                </button>
            </form>
            <form class="api-line" id="console-subscription">
                <div class="field">
                    <label for="console-board">"Board"</label>
                    <input id="console-board" list="console-boards" required autocomplete="off" spellcheck="false" />
                    <datalist id="console-boards"></datalist>
                </div>
                <div class="field">
                    <label for="console-since">"Since change"</label>
                    <input id="console-since" type="number" min="0" step="1" aria-describedby="console-since-hint" />
                </div>
                <button class="button" id="console-subscribe" disabled>
                    "Subscribe"
                </button>
            </form>
            <p class="hint" id="console-since-hint">
                "Without a number, the answer is a snapshot. After each message the field has the number of the newest change, so a new subscription resumes from there."
            </p>
            <details>
                <summary>"Send any message"</summary>
                <form class="api-form" id="console-message-form">
                    <div class="field">
                        <label for="console-template">"Start from"</label>
                        <select id="console-template">
                            <option value="">"–"</option>
                            {templates.collect_view()}
                        </select>
                    </div>
                    <div class="field api-wide">
                        <label for="console-message">"Message"</label>
                        <textarea
                            id="console-message"
                            rows="6"
                            spellcheck="false"
                            class="api-editor"
                            required
                        ></textarea>
                    </div>
                    <button class="button" id="console-send" disabled>
                        "Send"
                    </button>
                </form>
            </details>
            <div class="api-line">
                <h3 id="console-frames-title">"Frames"</h3>
                <button class="button quiet" type="button" id="console-clear">
                    "Clear"
                </button>
            </div>
            <div
                id="console-frames"
                class="api-frames"
                role="log"
                aria-labelledby="console-frames-title"
                aria-live="off"
                tabindex="0"
            ></div>
        </section>
    }
    .into_any()
}
