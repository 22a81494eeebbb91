//! Share links, with which a board can be read without an account. The managers of the board can list, create and revoke them.

use leptos::{html, prelude::*, task::spawn_local};
use uuid::Uuid;

use crate::{
    access::ShareLink,
    controls::{
        announcer::Announcer, clipboard::copy, focus::focus_when_drawn, person::name_of, rows::Rows,
        unavailable::error_words,
    },
    forms::{create_share_link, revoke_share_link, share_links},
    id::BoardId,
};

/// The share links of a board. They are not part of the board's state, so they are requested when the view is opened.
#[derive(Clone, Copy)]
struct Links {
    board: BoardId,
    announcer: Announcer,
    list: RwSignal<Option<Vec<ShareLink>>>,
    /// The address of a link that was just created. The address is shown only once.
    made: RwSignal<Option<String>>,
    error: RwSignal<Option<String>>,
}

impl Links {
    fn read(self) {
        spawn_local(async move { self.take(share_links(self.board).await) });
    }

    fn make(self) {
        spawn_local(async move {
            match create_share_link(self.board).await {
                Ok(address) => {
                    self.made.try_set(Some(address));
                    self.announcer.say("The link was made. It is shown only once.");
                    focus_when_drawn(".new-link input");
                    self.take(share_links(self.board).await);
                }
                Err(error) => self.take(Err(error)),
            }
        });
    }

    fn revoke(self, link: Uuid) {
        spawn_local(async move {
            match revoke_share_link(self.board, link).await {
                Ok(()) => {
                    // The revoked link may be the one whose address is shown.
                    self.made.try_set(None);
                    self.announcer.say("The link was revoked.");
                    focus_when_drawn(".share-links button");
                    self.take(share_links(self.board).await);
                }
                Err(error) => self.take(Err(error)),
            }
        });
    }

    /// Shows the response. The signals may be disposed by then, if the reader has left the view.
    fn take(self, answer: Result<Vec<ShareLink>, ServerFnError>) {
        match answer {
            Ok(links) => {
                self.error.try_set(None);
                self.list.try_set(Some(links));
            }
            Err(error) => drop(self.error.try_set(Some(error_words(error)))),
        }
    }
}

/// The links.
#[component]
pub fn ShareLinks(board: BoardId) -> impl IntoView {
    let links = Links {
        board,
        announcer: expect_context::<Announcer>(),
        list: RwSignal::new(None),
        made: RwSignal::new(None),
        error: RwSignal::new(None),
    };
    Effect::new(move || links.read());
    view! {
        <section class="share-links needs-script" aria-labelledby="share-heading">
            <h3 id="share-heading">"Share links"</h3>
            <p class="hint">
                "Anyone with a share link can read this board live, without an account: its tasks, trash, history and members. A link works until it is revoked, or until the \
                person who made it no longer manages this board."
            </p>
            <ul class="member-list">
                <Rows each=move || links.list.get().unwrap_or_default() key=|link| link.id let:link>
                    <LinkRow links link />
                </Rows>
            </ul>
            {move || links.made.get().map(|address| view! { <NewLink address /> }.into_any())}
            <p class="field-error" role="alert">
                {move || links.error.get()}
            </p>
            <button type="button" class="button" on:click=move |_| links.make()>
                "Make a link"
            </button>
        </section>
    }
    .into_any()
}

#[component]
fn LinkRow(links: Links, link: ShareLink) -> impl IntoView {
    let ShareLink { id, created_by, created_at, works } = link;
    let by = name_of(created_by);
    let made = move || format!("Made by {}, {}", by.get(), created_at.to_minute());
    let dead = (!works).then(|| {
        view! { <span class="hint">" Does not work: the person who made it no longer manages this board."</span> }
            .into_any()
    });
    view! {
        <li class="member">
            <span class="member-name">{made} {dead}</span>
            <button
                type="button"
                class="button quiet"
                aria-label=move || format!("Revoke the link: {}", made())
                on:click=move |_| links.revoke(id)
            >
                "Revoke"
            </button>
        </li>
    }
    .into_any()
}

/// The address of a new link, ready to be copied.
#[component]
fn NewLink(address: String) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let (told, set_told) = signal("");
    let select = move || {
        if let Some(field) = field.get_untracked() {
            field.select();
        }
    };
    let text = address.clone();
    let pressed = move |_| {
        select();
        set_told.set("");
        // The signal may be disposed when the browser answers, if the reader has left the view.
        let tell = move |is_copied| {
            set_told.try_set(if is_copied { "Copied." } else { NOT_COPIED });
        };
        copy(&text, tell);
    };
    view! {
        <div class="new-link">
            <div class="field">
                <label for="new-link">"The new link. Copy it now: it is not shown again"</label>
                <input id="new-link" readonly node_ref=field value=address on:focus=move |_| select() />
            </div>
            <button type="button" class="button primary" on:click=pressed>
                "Copy"
            </button>
            <p class="hint" role="status">
                {move || told.get()}
            </p>
        </div>
    }
    .into_any()
}

/// What to do if the browser did not copy.
const NOT_COPIED: &str =
    "This browser does not allow copying here. The address is selected: copy it by keyboard or menu.";
