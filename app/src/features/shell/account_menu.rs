//! The account menu: the reader's name, links to their account, and the theme. It works without JavaScript too.
//!
//! The account pages are rendered by the server alone (`crate::account`), so the links to them leave the app.

use leptos::prelude::*;

use crate::{
    controls::{
        icon::{Icon, Picture},
        menu::Menu,
        person::{face, name_of},
        redrawn::redrawn,
        theme::{theme_form, theme_of_document},
    },
    id::ActorId,
    live::Live,
};

/// The menu of a signed-in person; a sign-in link and a menu of themes for a visitor with a share link; only the latter on a server without
/// accounts.
#[component]
pub fn AccountMenu(
    /// The address to return to after signing in.
    #[prop(optional, into)]
    here: String,
) -> impl IntoView {
    let principal = expect_context::<Live>().principal();
    let current_user = Memo::new(move |_| {
        let principal = principal.read();
        (principal.person, principal.may_manage_people(), principal.role.is_none())
    });
    redrawn(move || match current_user.get() {
        (Some(person), manages, _) => menu(person, manages),
        (None, _, true) => view! {
            {sign_in(&here)}
            {themes()}
        }
        .into_any(),
        (None, ..) => themes(),
    })
}

fn menu(person: ActorId, manages: bool) -> AnyView {
    let name = name_of(Some(person));
    view! {
        <Menu label="Account menu" class="account-menu" button=face(person)>
            <p class="account-menu-name">{name}</p>
            <a class="menu-item" href="/account" rel="external">
                "Your account"
            </a>
            {manages
                .then(|| {
                    view! {
                        <a class="menu-item" href="/people" rel="external">
                            "People"
                        </a>
                        <a class="menu-item" href="/admin" rel="external">
                            "Administration"
                        </a>
                    }
                        .into_any()
                })}
            {theme_form(&theme_of_document(), None)}
            <form method="post" action="/sign-out">
                <button class="menu-item">"Sign out"</button>
            </form>
        </Menu>
    }
    .into_any()
}

fn themes() -> AnyView {
    view! {
        <Menu label="Theme" class="account-menu" button=view! { <Picture icon=Icon::Theme /> }.into_any()>
            {theme_form(&theme_of_document(), None)}
        </Menu>
    }
    .into_any()
}

fn sign_in(here: &str) -> AnyView {
    view! {
        <a class="button account-sign-in" href=format!("/sign-in?next={here}") rel="external">
            "Sign in"
        </a>
    }
    .into_any()
}
