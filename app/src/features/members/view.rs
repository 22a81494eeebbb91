//! The members of a board with their roles. Every reader sees them, and managers can change them.

use std::collections::BTreeMap;

use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::share_links::ShareLinks;
use crate::{
    access::BoardRole,
    controls::{
        announcer::Announcer,
        choice::choice,
        confirm::{Confirm, ask},
        focus::focus_first_drawn,
        if_may::IfMay,
        person::{face, name_of},
        redrawn::redrawn,
        rows::Rows,
    },
    forms,
    id::{ActorId, BoardId},
    live::{Live, LiveBoard},
    ops::{Op, SetMember, UpdateBoard},
    refusal::Refusal,
};

/// The name of a role on a board as shown to people.
pub fn role_words(role: BoardRole) -> &'static str {
    match role {
        BoardRole::Viewer => "Viewer",
        BoardRole::Editor => "Editor",
        BoardRole::Manager => "Manager",
    }
}

/// The access of everyone on the server to a board, as shown to people.
pub fn everyone_words(everyone: Option<BoardRole>) -> &'static str {
    match everyone {
        None => "Only people who are added",
        Some(BoardRole::Viewer) => "Everyone here may look",
        Some(_) => "Everyone here may edit",
    }
}

/// The view.
#[component]
pub fn MembersView(board: LiveBoard) -> impl IntoView {
    let principal = expect_context::<Live>().principal();
    // On a server without accounts everybody may do everything, and nobody has a name.
    let has_accounts =
        Memo::new(move |_| principal.with(|principal| principal.person.is_some() || principal.role.is_none()));
    let body = move || {
        match has_accounts.get() {
        true => view! { <Access board=board.clone() /> }.into_any(),
        false => view! {
            <p class="hint">
                "This server has no accounts: anyone who can reach it can see and change every board, so there is nothing to configure here."
            </p>
        }
        .into_any(),
    }
    };
    view! {
        <section class="members" aria-labelledby="members-heading">
            <h2 id="members-heading" tabindex="-1">
                "People"
            </h2>
            {redrawn(body)}
        </section>
    }
    .into_any()
}

#[component]
fn Access(board: LiveBoard) -> impl IntoView {
    let people = expect_context::<Live>().people();
    let manages = board.may(BoardRole::Manager);
    let access = board.access();
    // Sorted by name. Members whose name is not known come first.
    let members = Memo::new({
        let access = access.clone();
        move |_| {
            let (access, people) = (access.read(), people.read());
            let by_name: BTreeMap<_, _> = access
                .members
                .keys()
                .map(|id| ((people.get(id).map(|person| person.name.to_lowercase()), *id), *id))
                .collect();
            by_name.into_values().collect::<Vec<_>>()
        }
    });
    let everyone = Memo::new(move |_| access.read().everyone);
    let (of_rows, of_add, of_everyone, of_links) = (board.clone(), board.clone(), board.clone(), board.clone());
    view! {
        <ul class="member-list">
            <Rows each=move || members.get() key=|id| id.0 let:person>
                <Member board=of_rows.clone() person />
            </Rows>
        </ul>
        <IfMay may=manages>
            <AddMember board=of_add.clone() />
        </IfMay>
        <h3>"Who can see it"</h3>
        <IfMay may=manages instead=move || view! { <p>{move || everyone_words(everyone.get())}</p> }>
            <Everyone board=of_everyone.clone() everyone />
        </IfMay>
        <p class="hint">"The admins of this server can see and manage every board."</p>
        <IfMay may=manages>
            <ShareLinks board=of_links.id() />
        </IfMay>
        <Leave board />
    }
    .into_any()
}

/// A member with their role, which managers can change.
#[component]
fn Member(board: LiveBoard, person: ActorId) -> impl IntoView {
    let me = expect_context::<Live>().me();
    let name = name_of(Some(person));
    let access = board.access();
    let role = Memo::new(move |_| access.read().members.get(&person).copied().unwrap_or(BoardRole::Viewer));
    let refusal = RwSignal::new(None::<String>);
    let manages = board.may(BoardRole::Manager);
    let is_me = move || me.get() == Some(person);
    view! {
        <li class="member" data-person=person.to_string()>
            {face(person)}
            <span class="member-name">{name} {move || is_me().then_some(" (you)")}</span>
            <IfMay
                may=manages
                instead=move || view! { <span class="member-role">{move || role_words(role.get())}</span> }
            >
                <MemberForms board=board.clone() person name role refusal />
            </IfMay>
            <p class="field-error" role="alert">
                {move || refusal.get()}
            </p>
        </li>
    }
    .into_any()
}

#[component]
fn MemberForms(
    board: LiveBoard,
    person: ActorId,
    name: Signal<String>,
    role: Memo<BoardRole>,
    refusal: RwSignal<Option<String>>,
) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let (board_id, person_id) = (board.id().to_string(), person.to_string());
    let field = NodeRef::<html::Select>::new();
    let set = Callback::new(move |to: Option<BoardRole>| {
        let done = board.submit(Op::SetMember(SetMember { person, role: to }));
        refusal.set(done.as_ref().err().map(Refusal::sentence));
        done.is_ok()
    });
    let changed = move |event| {
        let Some(to) = BoardRole::parse(&event_target_value(&event)) else { return };
        if set.run(Some(to)) {
            announcer.say(format!("{} is now {}", name.get_untracked(), role_words(to)));
        } else if let Some(field) = field.get_untracked() {
            field.set_value(role.get_untracked().as_str());
        }
    };
    let removed = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let name = name.get_untracked();
        if set.run(None) {
            announcer.say(format!("{name} was taken off the board"));
            focus_first_drawn(&[".member-list select", "#members-heading"]);
        }
    };
    view! {
        <form
            class="row"
            method="post"
            action=forms::form_action(forms::SetMember::PATH)
            on:submit=|event| event.prevent_default()
        >
            <input type="hidden" name="board" value=board_id.clone() />
            <input type="hidden" name="person" value=person_id.clone() />
            <select
                node_ref=field
                name="role"
                aria-label=move || format!("Role of {}", name.get())
                autocomplete="off"
                on:change=changed
            >
                {redrawn(move || role_choices(role.get()))}
            </select>
            <button class="button no-script">"Set role"</button>
        </form>
        <form method="post" action=forms::form_action(forms::SetMember::PATH) on:submit=removed>
            <input type="hidden" name="board" value=board_id />
            <input type="hidden" name="person" value=person_id />
            <input type="hidden" name="role" value="" />
            <button class="button quiet" aria-label=move || format!("Remove {}", name.get())>
                "Remove"
            </button>
        </form>
    }
    .into_any()
}

fn role_choices(chosen: BoardRole) -> AnyView {
    let each = BoardRole::ALL.into_iter().map(|role| choice(role.as_str(), role_words(role), role == chosen));
    each.collect_view().into_any()
}

/// A form that adds a person of this server as a member.
#[component]
fn AddMember(board: LiveBoard) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let people = expect_context::<Live>().people();
    let access = board.access();
    let board_id = board.id().to_string();
    let others = Memo::new(move |_| {
        let (access, people) = (access.read(), people.read());
        let others = people.values().filter(|person| !person.deactivated && !access.members.contains_key(&person.id));
        let by_name: BTreeMap<_, _> =
            others.map(|person| ((person.name.to_lowercase(), person.id), person.name.clone())).collect();
        by_name.into_iter().map(|((_, id), name)| (id, name)).collect::<Vec<_>>()
    });
    let none = Memo::new(move |_| others.read().is_empty());
    let (refusal, set_refusal) = signal(None::<String>);
    let (who, what) = (NodeRef::<html::Select>::new(), NodeRef::<html::Select>::new());
    let add = Callback::new(move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (Some(who), Some(what)) = (who.get_untracked(), what.get_untracked()) else { return };
        let Ok(person) = who.value().parse::<ActorId>() else {
            return set_refusal.set(Some("Choose somebody first.".to_owned()));
        };
        let name = name_of(Some(person)).get_untracked();
        match board.submit(Op::SetMember(SetMember { person, role: BoardRole::parse(&what.value()) })) {
            Ok(_) => {
                set_refusal.set(None);
                who.set_value("");
                announcer.say(format!("{name} was added to the board"));
            }
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    });
    let form = move || {
        if none.get() {
            return view! { <p class="hint">"Everybody who has an account on this server is on this board already."</p> }.into_any();
        }
        let people = move || {
            let each = others.get().into_iter().map(|(id, name)| choice(id, name, false));
            std::iter::once(choice("", "Choose…", true)).chain(each).collect_view().into_any()
        };
        view! {
            <form
                class="add-member row"
                method="post"
                action=forms::form_action(forms::SetMember::PATH)
                on:submit=move |event| add.run(event)
            >
                <input type="hidden" name="board" value=board_id.clone() />
                <div class="field">
                    <label for="add-member-person">"Add somebody"</label>
                    <select
                        id="add-member-person"
                        name="person"
                        autocomplete="off"
                        required
                        node_ref=who
                        aria-invalid=move || refusal.get().map(|_| "true")
                        aria-describedby="add-member-refused"
                        on:change=move |_| set_refusal.set(None)
                    >
                        {redrawn(people)}
                    </select>
                </div>
                <div class="field">
                    <label for="add-member-role">"As"</label>
                    <select id="add-member-role" name="role" autocomplete="off" node_ref=what>
                        {role_choices(BoardRole::Editor)}
                    </select>
                </div>
                <button class="button primary">"Add"</button>
                <p class="field-error" id="add-member-refused" role="alert">
                    {move || refusal.get()}
                </p>
            </form>
        }
        .into_any()
    };
    let principal = expect_context::<Live>().principal();
    let may_invite = Memo::new(move |_| principal.read().may_manage_people());
    let new = move || match may_invite.get() {
        true => view! {
            <p class="hint">
                "Somebody without an account? " <a href="/people" rel="external">
                    "Invite them"
                </a>
            </p>
        }
        .into_any(),
        false => {
            view! { <p class="hint">"Admins of this server invite people who have no account yet."</p> }.into_any()
        }
    };
    view! {
        {redrawn(form)}
        {redrawn(new)}
    }
    .into_any()
}

/// The role that people who are not members have on the board.
#[component]
fn Everyone(board: LiveBoard, everyone: Memo<Option<BoardRole>>) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let field = NodeRef::<html::Select>::new();
    let board_id = board.id().to_string();
    let (refusal, set_refusal) = signal(None::<String>);
    let changed = move |event| {
        let to = BoardRole::parse(&event_target_value(&event));
        match board.submit(Op::UpdateBoard(UpdateBoard { everyone: Some(to), ..UpdateBoard::default() })) {
            Ok(_) => {
                set_refusal.set(None);
                announcer.say(everyone_words(to));
            }
            Err(refusal) => {
                set_refusal.set(Some(refusal.sentence()));
                if let Some(field) = field.get_untracked() {
                    field.set_value(everyone.get_untracked().map_or("", BoardRole::as_str));
                }
            }
        }
    };
    view! {
        <form
            class="row"
            method="post"
            action=forms::form_action(forms::SetEveryone::PATH)
            on:submit=|event| event.prevent_default()
        >
            <input type="hidden" name="board" value=board_id />
            <select node_ref=field name="everyone" aria-label="Who can see it" autocomplete="off" on:change=changed>
                {redrawn(move || everyone_choices(everyone.get()))}
            </select>
            <button class="button no-script">"Set"</button>
            <p class="field-error" role="alert">
                {move || refusal.get()}
            </p>
        </form>
    }
    .into_any()
}

/// The choices for the access of everyone; the value of "no access" is empty.
pub fn everyone_choices(chosen: Option<BoardRole>) -> AnyView {
    let each = [None, Some(BoardRole::Viewer), Some(BoardRole::Editor)]
        .map(|everyone| choice(everyone.map_or("", BoardRole::as_str), everyone_words(everyone), everyone == chosen));
    each.into_iter().collect_view().into_any()
}

/// The button with which a member leaves the board. It asks for confirmation, because only a manager can add them again.
#[component]
fn Leave(board: LiveBoard) -> impl IntoView {
    let live = expect_context::<Live>();
    let (me, principal) = (live.me(), live.principal());
    let access = board.access();
    let member = Memo::new(move |_| me.get().filter(|me| access.read().members.contains_key(me)));
    let dialog = NodeRef::<html::Dialog>::new();
    let navigate = use_navigate();
    let name = board.name();
    let board_id = board.id();
    let leave = Callback::new(move |()| {
        let Some(person) = member.get_untracked() else { return Ok(()) };
        board.submit(Op::SetMember(SetMember { person, role: None }))?;
        if board.with(|board| principal.read_untracked().role_on(board.id(), board.access()).is_none()) {
            navigate("/", NavigateOptions::default());
        }
        Ok(())
    });
    redrawn(move || {
        let person = member.get()?;
        let name = name.clone();
        Some(
            view! {
                <p class="leave">
                    <button type="button" class="button danger needs-script" on:click=move |_| ask(dialog)>
                        "Leave board…"
                    </button>
                </p>
                <LeaveForm board=board_id person />
                <Confirm
                    dialog
                    question=Signal::derive(move || format!("Leave “{}”?", name.get()))
                    consequence="To come back, you need somebody who manages it to add you again."
                    confirm_label="Leave board"
                    confirmed=leave
                />
            }
            .into_any(),
        )
    })
}

/// The form that leaves the board without JavaScript.
#[component]
fn LeaveForm(board: BoardId, person: ActorId) -> impl IntoView {
    view! {
        <form class="no-script" method="post" action=forms::form_action(forms::SetMember::PATH)>
            <input type="hidden" name="board" value=board.to_string() />
            <input type="hidden" name="person" value=person.to_string() />
            <input type="hidden" name="role" value="" />
            <button class="button danger">"Leave board"</button>
        </form>
    }
}
