//! The page of a board's labels: create, rename, recolour, describe, order, merge and delete them. It works as plain forms, too.

use std::sync::Arc;

use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement};

use super::{super::undo::Undoing, chips::label_chip};
use crate::{
    access::BoardRole,
    address::{View, board_path},
    controls::{
        announcer::Announcer, choice::choice, focus::focus_when_drawn, if_may::IfMay, redrawn::redrawn, rows::Rows,
    },
    forms::{EditLabel, LabelForm, form_action},
    id::LabelId,
    label::{Hue, Label, Pattern, Tone},
    live::{LiveBoard, act},
    ops::Op,
    text::{MAX_LABEL_DESCRIPTION_CHARS, MAX_LABEL_NAME_CHARS, capitalised},
};

/// Where the browser keeps whether cards show names.
const SHOWN: &str = "taskwire-labels";

/// The words of a link to the page, for a reader who may change labels or not.
pub fn labels_link(edits: bool) -> &'static str {
    if edits { "Edit the board’s labels" } else { "The board’s labels" }
}

/// The page.
#[component]
pub fn LabelsView(board: LiveBoard) -> impl IntoView {
    let labels = board.labels();
    let edits = board.may(BoardRole::Editor);
    let query = use_query_map();
    let edited = Memo::new(move |_| query.read().get("label").and_then(|id| id.parse::<LabelId>().ok()));
    let is_empty = {
        let labels = labels.clone();
        Memo::new(move |_| labels.read().is_empty())
    };
    let (of_rows, of_new) = (board.clone(), board.clone());
    view! {
        <section class="labels-view" aria-labelledby="labels-heading">
            <h2 id="labels-heading" tabindex="-1">
                "Labels"
            </h2>
            <ShownAs />
            {move || is_empty.get().then(|| view! { <p class="hint">"This board has no labels yet."</p> }.into_any())}
            <ol class="label-list">
                <Rows each=move || labels.get() key=|label| label.id.0 let:label>
                    <Row board=of_rows.clone() id=label.id edited edits />
                </Rows>
            </ol>
            <IfMay may=edits>
                <h3>"New label"</h3>
                <Form board=of_new.clone() label=None />
                <p class="hint needs-script">
                    "The keys 1 to 9 set and unset the first nine labels on the task that has the focus. In the title of a task, # and a name do so too."
                </p>
            </IfMay>
        </section>
    }
    .into_any()
}

/// The choice of whether cards show the names of labels. It is this browser's.
#[component]
fn ShownAs() -> impl IntoView {
    let select = NodeRef::<html::Select>::new();
    let html = || document().document_element();
    Effect::new(move || {
        if let (Some(select), Some(html)) = (select.get(), html()) {
            select.set_value(&html.get_attribute("data-labels").unwrap_or_else(|| "names".to_owned()));
        }
    });
    let chosen = move |event| {
        let shown = event_target_value(&event);
        // If the browser keeps nothing, the choice is that of this page.
        if let Ok(Some(storage)) = window().local_storage() {
            let _ = storage.set_item(SHOWN, &shown);
        }
        if let Some(html) = html() {
            let _ = html.set_attribute("data-labels", &shown);
        }
    };
    view! {
        <label class="labels-shown needs-script">
            "On cards " <select node_ref=select autocomplete="off" on:change=chosen>
                {choice("names", "names and colours", true)}
                {choice("colours", "colours only", false)}
            </select>
        </label>
    }
    .into_any()
}

/// A label, with its form while it is edited.
#[component]
fn Row(board: LiveBoard, id: LabelId, edited: Memo<Option<LabelId>>, edits: Signal<bool>) -> impl IntoView {
    let labels = board.labels();
    let label = Memo::new(move |_| labels.read().iter().find(|label| label.id == id).cloned());
    let is_edited = Memo::new(move |_| edits.get() && edited.get() == Some(id));
    let here = board_path(board.id(), View::Labels);
    let edit_path = format!("{here}&label={id}");
    let shown = move || {
        let label = label.get()?;
        let (edit_path, name) = (edit_path.clone(), label.title());
        let edit = view! {
            <IfMay may=edits>
                <a
                    class="button quiet"
                    href=edit_path.clone()
                    data-noscroll
                    aria-label=format!("Edit the label “{name}”")
                    on:click=|_| focus_when_drawn(".label-list .label-form input[name='edit[name]']")
                >
                    "Edit"
                </a>
            </IfMay>
        };
        let view = view! {
            {label_chip(&label)}
            <span class="label-description">{label.description.clone()}</span>
            {(!is_edited.get()).then(|| edit.into_any())}
        };
        Some(view.into_any())
    };
    let form = move || {
        let label = is_edited.get().then(|| label.get_untracked()).flatten()?;
        Some(view! { <Form board=board.clone() label=Some(label) /> }.into_any())
    };
    view! {
        <li data-label=id.to_string()>
            <div class="label-row">{redrawn(shown)}</div>
            {redrawn(form)}
        </li>
    }
    .into_any()
}

/// The form of a label, or of a new one. It is drawn once with the values at that time, so that typed text is not lost when somebody else
/// changes the label.
#[component]
fn Form(board: LiveBoard, label: Option<Arc<Label>>) -> impl IntoView {
    let (announcer, undoing) = (expect_context::<Announcer>(), expect_context::<Undoing>());
    let was = label.clone();
    let id = label.as_ref().map(|label| label.id.to_string());
    let here = board_path(board.id(), View::Labels);
    let hue =
        label.as_ref().map_or(Hue::ALL[board.with(|board| board.labels_len()) % Hue::ALL.len()], |label| label.hue);
    let (tone, pattern) = label.as_ref().map(|label| (label.tone, label.pattern)).unwrap_or_default();
    let (name, description) =
        label.as_ref().map(|label| (label.name.clone(), label.description.clone())).unwrap_or_default();
    let others = board.with(|board| {
        let others = board.labels().filter(|other| Some(other.id) != label.as_ref().map(|label| label.id));
        others.map(|other| choice(other.id, other.title(), false)).collect::<Vec<_>>()
    });
    let near = label.as_ref().map(|label| neighbours(&board, label.id)).unwrap_or_default();
    let near = ["edit[above]", "edit[below]"].into_iter().zip(near.map(|id| id.map(|id| id.to_string())));
    let hidden = near.chain([("edit[label]", id.clone())]).filter_map(|(name, value)| Some((name, value?)));
    let hidden = hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }.into_any());
    let hidden: Vec<AnyView> = hidden.collect();
    let (board_id, navigate_to) = (board.id().to_string(), here.clone());
    let navigate = leptos_router::hooks::use_navigate();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(form) = event.target().and_then(|form| form.dyn_into::<HtmlElement>().ok()) else { return };
        let value = |name: &str| {
            let field = form.query_selector(&format!("[name='edit[{name}]']")).ok().flatten();
            let field = field.map(JsCast::unchecked_into::<js_sys::Object>);
            let value = field.and_then(|field| match field.dyn_into::<HtmlSelectElement>() {
                Ok(select) => Some(select.value()),
                Err(field) => field.dyn_into::<HtmlInputElement>().ok().map(|input| input.value()),
            });
            value.unwrap_or_default()
        };
        let action = event.submitter().and_then(|button| button.get_attribute("value"));
        let [above, below] = was.as_ref().map(|label| neighbours(&board, label.id)).unwrap_or_default();
        let edit = LabelForm {
            label: was.as_ref().map(|label| label.id),
            name: value("name"),
            hue: Hue::parse(&value("hue")).unwrap_or_default(),
            tone: Tone::parse(&value("tone")).unwrap_or_default(),
            pattern: Pattern::parse(&value("pattern")).unwrap_or_default(),
            description: value("description"),
            into: value("into").parse().ok(),
            above,
            below,
            action: action.unwrap_or_else(|| "save".to_owned()),
        };
        let Some(op) = edit.op(was.as_deref(), crate::new_id()) else { return };
        let words = match &op {
            Op::CreateLabel(_) => Some("Label created"),
            Op::MergeLabels(_) => Some("Labels merged"),
            // It is said with an offer to undo it.
            Op::DeleteLabel(_) => None,
            _ => Some("Label changed"),
        };
        if act(&board, op) {
            match (words, &was) {
                (Some(words), _) => announcer.say(words),
                (None, Some(label)) => undoing.tell_done(format!("Deleted the label {}.", label.in_words())),
                (None, None) => {}
            }
            match (&was, edit.action.as_str()) {
                (None, _) => {
                    if let Ok(Some(name)) = form.query_selector("[name='edit[name]']")
                        && let Some(name) = name.dyn_ref::<HtmlInputElement>()
                    {
                        name.set_value("");
                        let _ = name.focus();
                    }
                }
                (Some(_), "up" | "down") => {}
                (Some(_), _) => {
                    navigate(&navigate_to, Default::default());
                    focus_when_drawn("#labels-heading");
                }
            }
        }
    };
    let select = |name: &'static str, words: &'static str, choices: Vec<AnyView>| {
        view! {
            <label class="field">
                {words} <select name=name autocomplete="off">
                    {choices}
                </select>
            </label>
        }
        .into_any()
    };
    let named = |all: &[&'static str], now: &'static str| -> Vec<AnyView> {
        all.iter().map(|name| choice(name, capitalised(name), *name == now)).collect()
    };
    let button = |action: &'static str, words: &'static str, class: &'static str| {
        view! {
            <button class=class name="edit[action]" value=action>
                {words}
            </button>
        }
        .into_any()
    };
    let more = id.clone().map(|_| {
        let merge = (!others.is_empty()).then(|| {
            view! { <div class="row">{select("edit[into]", "Merge into", others)} {button("merge", "Merge", "button")}</div> }
            .into_any()
        });
        view! {
            {button("up", "Move up", "button")}
            {button("down", "Move down", "button")}
            {button("delete", "Delete", "button danger")}
            <a class="button quiet" href=here data-noscroll>
                "Close"
            </a>
            {merge}
        }
        .into_any()
    });
    let save = if more.is_some() { "Save" } else { "Create" };
    view! {
        <form class="label-form" method="post" action=form_action(EditLabel::PATH) on:submit=submit>
            <input type="hidden" name="board" value=board_id />
            {hidden}
            <label class="field label-form-name">
                "Name" <input name="edit[name]" value=name maxlength=MAX_LABEL_NAME_CHARS autocomplete="off" />
            </label>
            {select(
                "edit[hue]",
                "Colour",
                named(&Hue::ALL.iter().map(|hue| hue.as_str()).collect::<Vec<_>>(), hue.as_str()),
            )}
            {select(
                "edit[tone]",
                "Tone",
                named(&Tone::ALL.iter().map(|tone| tone.as_str()).collect::<Vec<_>>(), tone.as_str()),
            )}
            {select(
                "edit[pattern]",
                "Pattern",
                named(&Pattern::ALL.iter().map(|pattern| pattern.as_str()).collect::<Vec<_>>(), pattern.as_str()),
            )}
            <label class="field label-form-description">
                "What it is for"
                <input
                    name="edit[description]"
                    value=description
                    maxlength=MAX_LABEL_DESCRIPTION_CHARS
                    autocomplete="off"
                />
            </label>
            <div class="row">{button("save", save, "button primary")} {more}</div>
        </form>
    }
    .into_any()
}

/// The labels above and below a label.
fn neighbours(board: &LiveBoard, label: LabelId) -> [Option<LabelId>; 2] {
    let order: Vec<LabelId> = board.with(|board| board.labels().map(|label| label.id).collect());
    let Some(index) = order.iter().position(|id| *id == label) else { return [None; 2] };
    [index.checked_sub(1).and_then(|above| order.get(above)).copied(), order.get(index + 1).copied()]
}
