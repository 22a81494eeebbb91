//! The page about a board. Its managers change there what it is called, its colour and its description; it works as a plain form, too.

use leptos::{ev, html, prelude::*, server_fn::ServerFn};

use super::{copy::copy_form, mark::hue_class};
use crate::{
    access::{BoardRole, Principal},
    controls::{choice::choice, redrawn::redrawn},
    features::undo::Undoing,
    forms::{BoardForm, EditBoard, form_action},
    hue::Hue,
    live::{Live, LiveBoard},
    text::{MAX_BOARD_DESCRIPTION_CHARS, MAX_NAME_CHARS, capitalised},
};

/// The page.
#[component]
pub fn AboutView(board: LiveBoard) -> impl IntoView {
    let (manages, archived) = (board.may(BoardRole::Manager), board.archived());
    let edits = Memo::new(move |_| manages.get() && !archived.get());
    let saved = saved(&board);
    let copies = expect_context::<Live>().principal().with_untracked(Principal::may_create_boards);
    let copy = copies.then(|| copy_form(&board));
    let content = move || match edits.get() {
        true => view! { <Form board=board.clone() saved /> }.into_any(),
        false => redrawn(move || read_only(&saved.read())).into_any(),
    };
    view! {
        <section class="about" aria-labelledby="about-heading">
            <h2 id="about-heading">"About this board"</h2>
            {redrawn(content)}
            {copy}
        </section>
    }
    .into_any()
}

/// The values as they are saved.
fn saved(board: &LiveBoard) -> Memo<BoardForm> {
    let (name, look) = (board.name(), board.look());
    Memo::new(move |_| {
        let look = look.read();
        BoardForm {
            name: name.get(),
            hue: look.hue.map(Hue::as_str).unwrap_or_default().to_owned(),
            description: look.description.clone(),
        }
    })
}

fn read_only(saved: &BoardForm) -> AnyView {
    let hue = Hue::parse(&saved.hue);
    view! {
        <p class=hue_class("about-name", hue)>{saved.name.clone()}</p>
        <p class="about-description">
            {match saved.description.as_str() {
                "" => "Nobody has described this board yet.".to_owned(),
                text => text.to_owned(),
            }}
        </p>
    }
    .into_any()
}

/// The fields follow what others save until the reader changes one of them. After that they keep what the reader chose, and only the fields
/// that the reader changed are saved.
#[component]
fn Form(board: LiveBoard, saved: Memo<BoardForm>) -> impl IntoView {
    let undoing = expect_context::<Undoing>();
    let (name, hue, description) =
        (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new(), NodeRef::<html::Input>::new());
    // The values that the fields were filled with.
    let was = RwSignal::new(saved.get_untracked());
    let (edited, set_edited) = signal(false);
    let (refusal, set_refusal) = signal(None::<String>);
    let overtaken = Memo::new(move |_| edited.get() && *saved.read() != *was.read());
    Effect::new(move || {
        let saved = saved.get();
        if edited.get() || *was.read_untracked() == saved {
            return;
        }
        let fields = (name.get_untracked(), hue.get_untracked(), description.get_untracked());
        if let (Some(name), Some(hue), Some(description)) = fields {
            name.set_value(&saved.name);
            hue.set_value(&saved.hue);
            description.set_value(&saved.description);
        }
        was.set(saved);
    });
    let id = board.id().to_string();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let fields = (name.get_untracked(), hue.get_untracked(), description.get_untracked());
        let (Some(name), Some(hue), Some(description)) = fields else { return };
        let edit = BoardForm { name: name.value(), hue: hue.value(), description: description.value() };
        let Some(op) = edit.op(&was.read_untracked()) else { return };
        match board.submit(op) {
            Ok(_) => {
                set_refusal.set(None);
                // So the fields follow again, first of all to what is saved now.
                set_edited.set(false);
                undoing.tell_done("Saved.");
            }
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    };
    let first = was.get_untracked();
    let hidden = [("was[name]", &first.name), ("was[hue]", &first.hue), ("was[description]", &first.description)];
    let hidden = hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value.clone() /> }.into_any());
    let hues = Hue::ALL.iter().map(|hue| choice(hue.as_str(), capitalised(hue.as_str()), hue.as_str() == first.hue));
    let hues: Vec<AnyView> = hues.collect();
    view! {
        <form
            class="about-form"
            method="post"
            action=form_action(EditBoard::PATH)
            on:submit=submit
            on:input=move |_| set_edited.set(true)
        >
            <input type="hidden" name="board" value=id />
            {hidden.into_iter().collect_view()}
            <label class="field">
                "Name"
                <input
                    node_ref=name
                    name="edit[name]"
                    value=first.name
                    maxlength=MAX_NAME_CHARS
                    required
                    autocomplete="off"
                />
            </label>
            <label class="field">
                "Colour" <select node_ref=hue name="edit[hue]" autocomplete="off">
                    {choice("", "None", first.hue.is_empty())}
                    {hues}
                </select>
            </label>
            <label class="field">
                "What it is for"
                <input
                    node_ref=description
                    name="edit[description]"
                    value=first.description
                    maxlength=MAX_BOARD_DESCRIPTION_CHARS
                    autocomplete="off"
                />
            </label>
            <p class="field-error" role="alert">
                {move || refusal.get()}
            </p>
            <p class="field-note" role="status">
                {move || {
                    overtaken
                        .get()
                        .then_some("Somebody else changed this meanwhile. Only what you changed is saved over it.")
                }}
            </p>
            <button class="button primary">"Save"</button>
        </form>
    }
    .into_any()
}
