//! `/people`: accounts and invitations, for people who manage people.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    CurrentUser, Mistake, Notice, Page,
    document::{avatar, notice},
    form::{Form, Input},
    words,
};
use crate::{
    access::{BoardRole, InstanceRole},
    id::{ActorId, BoardId},
    people::Person,
    text::folded,
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/people";
/// The path that the form for a new invitation posts to.
pub const INVITE: &str = "/people/invitations";
/// The path that the form for revoking an invitation posts to.
pub const REVOKE: &str = "/people/invitations/revoke";
/// The path that the form for changing a role posts to.
pub const ROLE: &str = "/people/role";
/// The path that the form for deactivating an account posts to.
pub const DEACTIVATE: &str = "/people/deactivate";
/// The path that the form for reactivating an account posts to.
pub const REACTIVATE: &str = "/people/reactivate";
/// The path that the form for making a new-password link posts to.
pub const NEW_PASSWORD: &str = "/people/new-password";

/// The most accounts that are shown at once.
const MOST: usize = 100;

/// The data of the page.
pub struct People {
    /// The signed-in person.
    pub current_user: CurrentUser,
    /// The highest role that the signed-in person may give to anybody.
    pub role: InstanceRole,
    /// A message about what was just done.
    pub notice: Option<Notice>,
    /// All accounts.
    pub accounts: Vec<Account>,
    /// The search text that filters the accounts.
    pub search: String,
    /// The invitations that are not used yet.
    pub invitations: Vec<Invitation>,
    /// The boards to which the signed-in person may invite others.
    pub boards: Vec<(BoardId, String)>,
    /// A submitted form that was refused.
    pub refused: Option<Refused>,
}

/// A submitted form that was refused, with the values that were typed.
pub enum Refused {
    /// The form for a new invitation.
    Invite(InviteForm, Mistake),
    /// A form that changes a person's account.
    Account(ActorId, Mistake),
    /// A form without fields, such as the one for revoking an invitation.
    Other(Mistake),
}

/// A person's account.
pub struct Account {
    /// The person.
    pub person: Person,
    /// The e-mail address.
    pub email: String,
    /// The role on this server.
    pub role: InstanceRole,
    /// When the account was created.
    pub since: Timestamp,
    /// Whether the person may sign in.
    pub is_active: bool,
    /// Whether the signed-in person may change the account.
    pub may_change: bool,
}

/// An invitation.
pub struct Invitation {
    /// Identifies the invitation.
    pub id: Uuid,
    /// A note about who is invited, by the person who made the invitation.
    pub note: String,
    /// The role on the server that the new account will have.
    pub role: InstanceRole,
    /// The number of boards that the invitation is for.
    pub boards: usize,
    /// The name of the person who made the invitation.
    pub host: Option<String>,
    /// When the invitation expires.
    pub until: Timestamp,
    /// Whether the signed-in person may revoke the invitation.
    pub may_revoke: bool,
}

/// The form for a new invitation.
#[derive(Debug, Deserialize)]
pub struct InviteForm {
    /// A note about who is invited.
    #[serde(default)]
    pub note: String,
    /// The role on the server that the new account will have.
    pub role: InstanceRole,
    /// The role on each board; an empty text where there is none.
    #[serde(flatten)]
    pub boards: BTreeMap<BoardId, String>,
}

impl Default for InviteForm {
    fn default() -> Self {
        Self { note: String::new(), role: InstanceRole::Member, boards: BTreeMap::new() }
    }
}

/// The form for revoking an invitation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeForm {
    /// Identifies the invitation.
    pub id: Uuid,
}

/// The form for changing a person's role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleForm {
    /// The person.
    pub person: ActorId,
    /// The new role.
    pub role: InstanceRole,
}

/// A form that names one person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonForm {
    /// The person.
    pub person: ActorId,
}

/// Renders the page.
pub fn page(content: People) -> Page {
    let People { current_user, role, notice: done, accounts, search, invitations, boards, refused } = content;
    let has_mistake = refused.is_some();
    let shows_secret = Notice::shows_secret(done.as_ref());
    let mut invite = InviteForm::default();
    let (mut of_invite, mut of_account, mut of_others) = (None, None, None);
    match refused {
        None => {}
        Some(Refused::Invite(typed, mistake)) => (invite, of_invite) = (typed, Some(mistake)),
        Some(Refused::Account(person, mistake)) => {
            // The mistake is shown beside the account, if the account is on the page and has a form.
            let has_form = |account: &Account| account.person.id == person && account.may_change;
            match accounts.iter().take(MOST).any(has_form) {
                true => of_account = Some((person, mistake)),
                false => of_others = Some(mistake),
            }
        }
        Some(Refused::Other(mistake)) => of_others = Some(mistake),
    }
    let body = view! {
        <h1>"People"</h1>
        {notice(done)}
        {Form::new("people", of_others.as_ref()).summary()}
        {accounts_section(accounts, &search, role, current_user.person.id, of_account)}
        {invitations_section(invitations)}
        {invite_section(&invite, of_invite.as_ref(), role, boards)}
    }
    .into_any();
    Page { title: "People", has_mistake, current_user: Some(current_user), shows_secret, body }
}

fn accounts_section(
    accounts: Vec<Account>,
    search: &str,
    most: InstanceRole,
    current_user: ActorId,
    refused: Option<(ActorId, Mistake)>,
) -> AnyView {
    let all = accounts.len();
    let found: Vec<_> = accounts.into_iter().filter(|account| matches(account, search)).collect();
    let count = match found.len() {
        0 => Some("Nobody has that in their name or address.".to_owned()),
        few if few <= MOST => None,
        many => Some(format!("The first {MOST} of {many}; search for the others.")),
    };
    let of = |id| refused.as_ref().filter(|(person, _)| *person == id).map(|(_, mistake)| mistake);
    let row = |account: Account| {
        let mistake = of(account.person.id);
        account_row(account, most, current_user, mistake)
    };
    let rows: Vec<_> = found.into_iter().take(MOST).map(row).collect();
    let searching = (all > 10 || !search.is_empty()).then(|| {
        let input = Input {
            name: "search",
            label: "Search by name or e-mail address",
            called: "search",
            kind: "search",
            value: search,
            required: false,
            ..Input::default()
        };
        view! {
            <form class="search" action=PATH>
                {Form::new("people", None).input(input)}
                <button class="button">"Search"</button>
            </form>
        }
        .into_any()
    });
    view! {
        <section class="sheet" aria-labelledby="accounts-title">
            <h2 id="accounts-title">"Accounts"</h2>
            {searching}
            <ul class="entries">{rows}</ul>
            <p class="hint">
                <a href="/admin/people">"All people in a table"</a>
            </p>
            {count.map(|words| view! { <p class="hint">{words}</p> }.into_any())}
        </section>
    }
    .into_any()
}

fn matches(account: &Account, search: &str) -> bool {
    let search = folded(search.trim());
    folded(&account.person.name).contains(&search) || account.email.contains(&search)
}

fn account_row(account: Account, most: InstanceRole, current_user: ActorId, mistake: Option<&Mistake>) -> AnyView {
    let Account { person, email, role, since, is_active, may_change } = account;
    let (name, page) = (person.name.clone(), format!("/admin/people/{}", person.id));
    let is_current_user =
        (person.id == current_user).then(|| view! { <span class="chip good">"You"</span> }.into_any());
    let state = (!is_active).then(|| view! { <span class="chip bad">"Deactivated"</span> }.into_any());
    let change = may_change.then(|| change_box(&person, role, is_active, most, mistake));
    view! {
        <li class="entry">
            {avatar(&person)} <div class="entry-words">
                <strong>
                    <a href=page>{name}</a>
                </strong>
                {is_current_user}
                <span class="chip">{words::role(role)}</span>
                {state}
                <p class="hint">{email} " · since " {words::day(since)}</p>
            </div> {change}
        </li>
    }
    .into_any()
}

/// The box with the forms that change a person's account. It is open if one of them was refused.
fn change_box(
    person: &Person,
    role: InstanceRole,
    is_active: bool,
    most: InstanceRole,
    mistake: Option<&Mistake>,
) -> AnyView {
    let forms = change_forms(person, role, is_active, most, mistake, "");
    view! {
        <details class="change" open=mistake.is_some()>
            <summary class="button" aria-label=format!("Change {}", person.name)>
                "Change"
            </summary>
            <div class="change-box">{forms}</div>
        </details>
    }
    .into_any()
}

/// The forms that change a person's account. They post to the paths of this page, with `base` before them. `most` is the highest role that
/// the reader may give.
pub fn change_forms(
    person: &Person,
    role: InstanceRole,
    is_active: bool,
    most: InstanceRole,
    mistake: Option<&Mistake>,
    base: &'static str,
) -> AnyView {
    let (id, name) = (person.id.to_string(), person.name.clone());
    let button = |address: &'static str, class: &'static str, words: &'static str, means: &'static str| {
        let label = format!("{words}: {name}");
        view! {
            <form method="post" action=format!("{base}{address}")>
                <input type="hidden" name="person" value=id.clone() />
                <button class=class aria-label=label>
                    {words}
                </button>
                <p class="hint">{means}</p>
            </form>
        }
        .into_any()
    };
    let roles =
        roles_up_to(most).map(|other| (other.as_str().to_owned(), words::role(other).to_owned(), other == role));
    let form = format!("change-{id}");
    let fields = Form::new(&form, mistake);
    let active = is_active.then(|| {
        view! {
            {button(
                NEW_PASSWORD,
                "button",
                "Link for a new password",
                "For somebody who forgot theirs. It works once, for a day.",
            )}
            {button(
                DEACTIVATE,
                "button danger",
                "Deactivate",
                "Signs them out everywhere at once. What they did stays.",
            )}
        }
        .into_any()
    });
    let inactive =
        (!is_active).then(|| button(REACTIVATE, "button", "Reactivate", "They can sign in again, as before."));
    view! {
        {fields.summary()}
        <form class="role-form" method="post" action=format!("{base}{ROLE}")>
            <input type="hidden" name="person" value=id.clone() />
            {fields.select("role".to_owned(), "Role".to_owned(), "role", roles.collect())}
            <button class="button" aria-label=format!("Save role of {name}")>
                "Save role"
            </button>
        </form>
        {active}
        {inactive}
        <a
            class="button"
            href=format!("/admin/people/{id}/account")
            aria-label=format!("Name, address, hand over: {name}")
        >
            "Name, address, hand over"
        </a>
    }
    .into_any()
}

fn roles_up_to(most: InstanceRole) -> impl Iterator<Item = InstanceRole> {
    InstanceRole::ALL.into_iter().filter(move |role| *role <= most)
}

fn invitations_section(invitations: Vec<Invitation>) -> Option<AnyView> {
    let rows: Vec<_> = invitations.into_iter().map(invitation_row).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="sheet" aria-labelledby="open-title">
                <h2 id="open-title">"Open invitations"</h2>
                <ul class="entries">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

fn invitation_row(invitation: Invitation) -> AnyView {
    let Invitation { id, note, role, boards, host, until, may_revoke } = invitation;
    let whom = if note.is_empty() { "Somebody".to_owned() } else { note };
    let label = format!("Revoke the invitation for {whom}");
    let boards = match boards {
        0 => None,
        1 => Some("1 board".to_owned()),
        many => Some(format!("{many} boards")),
    };
    let from = host.map(|host| format!("From {host}, ")).unwrap_or_default();
    let revoke = may_revoke.then(|| {
        view! {
            <form method="post" action=REVOKE>
                <input type="hidden" name="id" value=id.to_string() />
                <button class="button" aria-label=label>
                    "Revoke"
                </button>
            </form>
        }
        .into_any()
    });
    view! {
        <li class="entry">
            <div class="entry-words">
                <strong>{whom}</strong>
                <span class="chip">{words::role(role)}</span>
                {boards.map(|words| view! { <span class="chip">{words}</span> }.into_any())}
                <p class="hint">{from} "works until " {words::day(until)}</p>
            </div>
            {revoke}
        </li>
    }
    .into_any()
}

fn invite_section(
    form: &InviteForm,
    mistake: Option<&Mistake>,
    most: InstanceRole,
    boards: Vec<(BoardId, String)>,
) -> AnyView {
    let fields = Form::new("invite", mistake);
    let note = Input {
        name: "note",
        label: "For whom",
        called: "note",
        value: &form.note,
        hint: "For your own list of invitations; may be left empty.",
        required: false,
        ..Input::default()
    };
    let roles = roles_up_to(most)
        .map(|role| (role.as_str(), words::role(role), words::role_means(role), role == form.role))
        .collect();
    let chosen = form.boards.values().any(|role| !role.is_empty());
    let choices: Vec<_> = boards.into_iter().map(|(board, name)| board_choice(fields, form, board, name)).collect();
    let choices = (!choices.is_empty()).then(|| {
        view! {
            <details class="invite-boards" open=chosen>
                <summary>"Add them to boards"</summary>
                <div class="board-choices">{choices}</div>
            </details>
        }
        .into_any()
    });
    view! {
        <form class="sheet" method="post" action=INVITE>
            <h2>"Invite somebody"</h2>
            <p class="hint">"Or " <a href="/admin/people/import">"many at once"</a> ", from a list (CSV)."</p>
            <p class="hint">"You get a link to send them. It works once, for 7 days."</p>
            {fields.summary()}
            {fields.input(note)}
            {fields.radios("role", "What they will be", roles)}
            {choices}
            <button class="button primary">"Create invitation"</button>
        </form>
    }
    .into_any()
}

fn board_choice(fields: Form<'_>, form: &InviteForm, board: BoardId, name: String) -> AnyView {
    let now = form.boards.get(&board).map(String::as_str).unwrap_or_default();
    let none = (String::new(), "Not a member".to_owned(), now.is_empty());
    let role = |role: BoardRole| {
        let capital = match role {
            BoardRole::Viewer => "Viewer",
            BoardRole::Editor => "Editor",
            BoardRole::Manager => "Manager",
        };
        (role.as_str().to_owned(), capital.to_owned(), now == role.as_str())
    };
    let choices = std::iter::once(none).chain(BoardRole::ALL.map(role)).collect();
    fields.select(board.to_string(), name, "", choices)
}
