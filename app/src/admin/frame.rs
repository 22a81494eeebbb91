//! What is around each administration page: the header, the list of pages, the path to the page, and a notice.

use leptos::prelude::*;

use crate::account::{
    CurrentUser, Notice,
    document::{COPY_SCRIPT, Surroundings, html, notice, topbar},
};

/// The path of these pages.
pub const BASE: &str = "/admin";
/// The script of these pages: see `public/admin.js`.
pub const SCRIPT: &str = "/admin.js";

/// The reader of an administration page.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The signed-in person; `None` on a server without accounts.
    pub current_user: Option<CurrentUser>,
}

/// An administration page.
pub struct Frame {
    /// The title.
    pub title: String,
    /// The path of the entry in the list of pages that is marked as the current one.
    pub here: &'static str,
    /// The reader.
    pub reader: Reader,
    /// The pages above this one: their addresses and titles.
    pub above: Vec<(String, String)>,
    /// A message about what was just done.
    pub notice: Option<Notice>,
    /// Whether the page shows a mistake in a form. If so, the title begins with "Error:".
    pub has_mistake: bool,
    /// The content.
    pub body: AnyView,
}

/// An entry in the list of pages.
#[derive(Clone, Copy)]
struct Entry {
    path: &'static str,
    title: &'static str,
    /// Whether it is about accounts, which not every server has.
    needs_accounts: bool,
}

const fn entry(path: &'static str, title: &'static str, needs_accounts: bool) -> Entry {
    Entry { path, title, needs_accounts }
}

/// The pages by subject.
const GROUPS: &[(&str, &[Entry])] = &[
    (
        "Work",
        &[
            entry(super::tasks::PATH, "Tasks", false),
            entry(super::bulk_edits::PATH, "Bulk edits", false),
            entry(super::boards::PATH, "Boards", false),
            entry(super::deleted_boards::PATH, "Deleted boards", false),
            entry(super::share_links::PATH, "Share links", true),
        ],
    ),
    (
        "People",
        &[
            entry(super::people::PATH, "People", true),
            entry(super::groups::PATH, "Groups", true),
            entry(super::invitations::PATH, "Invitations", true),
            entry(super::import::PATH, "Import people", true),
            entry(super::sessions::PATH, "Sessions", true),
            entry(super::tokens::PATH, "Tokens", true),
        ],
    ),
    (
        "Server",
        &[
            entry(super::system::PATH, "System", false),
            entry(super::settings::PATH, "Settings", false),
            entry(super::audit::PATH, "Audit log", false),
            entry(super::jobs::PATH, "Outbox", false),
        ],
    ),
];

/// The entries of a group; `None` if it has none. `place` tells apart the two lists with the same groups.
fn group_view(
    (title, entries): &(&'static str, &[Entry]),
    here: &str,
    has_accounts: bool,
    place: &str,
) -> Option<AnyView> {
    let id = format!("pages-{place}-{}", title.to_lowercase());
    let links: Vec<_> = entries
        .iter()
        .filter(|entry| has_accounts || !entry.needs_accounts)
        .map(|entry| {
            let current = (entry.path == here).then_some("page");
            view! {
                <li>
                    <a href=entry.path aria-current=current>
                        {entry.title}
                    </a>
                </li>
            }
            .into_any()
        })
        .collect();
    (!links.is_empty()).then(|| {
        view! {
            <div class="admin-pages-group">
                <p id=id.clone()>{*title}</p>
                <ul aria-labelledby=id>{links}</ul>
            </div>
        }
        .into_any()
    })
}

impl Frame {
    /// A page without a notice, at the top of an entry in the list of pages.
    pub fn new(reader: Reader, here: &'static str, title: impl Into<String>, body: AnyView) -> Self {
        Self { title: title.into(), here, reader, above: Vec::new(), notice: None, has_mistake: false, body }
    }

    /// Renders the whole document.
    pub fn document(self, surroundings: Surroundings) -> String {
        let Self { title, here, reader, above, notice: done, has_mistake, body } = self;
        let header = match &reader.current_user {
            Some(current_user) => topbar(current_user, &surroundings.server),
            None => view! {
                <header class="topbar">
                    <nav class="tabs" aria-label="Pages">
                        <a class="tab" href="/">
                            "Boards"
                        </a>
                        <a class="tab" href="/admin" aria-current="page">
                            "Administration"
                        </a>
                    </nav>
                </header>
            }
            .into_any(),
        };
        let has_accounts = reader.current_user.is_some();
        // The list is there twice: beside the page, and above it in narrow windows, where it is folded. Styles show one of them.
        let list = |id: &str| {
            let groups: Vec<_> = GROUPS.iter().filter_map(|group| group_view(group, here, has_accounts, id)).collect();
            groups
        };
        let here_title = GROUPS.iter().flat_map(|(_, entries)| entries.iter()).find(|entry| entry.path == here);
        let here_title = here_title.map_or("Pages", |entry| entry.title);
        let way: Vec<_> = above
            .into_iter()
            .map(|(address, title)| {
                view! {
                    <li>
                        <a href=address>{title}</a>
                    </li>
                }
                .into_any()
            })
            .collect();
        let way = (!way.is_empty()).then(|| {
            view! {
                <nav class="breadcrumbs" aria-label="Breadcrumbs">
                    <ol>{way}</ol>
                </nav>
            }
            .into_any()
        });
        let heading = title.clone();
        let body = view! {
            {header}
            <div class="admin">
                <nav class="admin-pages wide" aria-label="Administration">
                    {list("wide")}
                </nav>
                <nav class="admin-pages narrow" aria-label="Administration">
                    <details>
                        <summary class="button">"☰ " {here_title}</summary>
                        {list("narrow")}
                    </details>
                </nav>
                <main class="admin-page">
                    {way} <h1>{heading}</h1> {notice(done)}
                    <p class="hint live-state" aria-live="polite" data-live-state></p> {body}
                </main>
            </div>
        }
        .into_any();
        let server = &surroundings.server;
        let title = format!("{}{title} · Administration · {server}", if has_mistake { "Error: " } else { "" });
        html(title, &[SCRIPT, COPY_SCRIPT], body, surroundings)
    }
}
