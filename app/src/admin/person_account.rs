//! The forms for a person's name and e-mail address, and for what they hand over to somebody else.

use leptos::prelude::*;
use serde::Deserialize;

use super::{Frame, Reader, people, person};
use crate::{
    account::{
        Mistake,
        form::{Form, Input},
    },
    id::ActorId,
};

/// The address of the page of a person.
pub fn address(person: ActorId) -> String {
    format!("/admin/people/{person}/account")
}

/// The form for name and address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeForm {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The name when the form was drawn. Absent: whatever is there is replaced.
    pub name_was: Option<String>,
    /// The e-mail address when the form was drawn.
    pub email_was: Option<String>,
}

/// The form for handing over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOverForm {
    /// Who gets it.
    pub to: ActorId,
    /// Not empty if the boards are handed over.
    #[serde(default)]
    pub boards: String,
    /// Not empty if the tasks are handed over.
    #[serde(default)]
    pub tasks: String,
    /// What to do: `preview`, or `do`.
    #[serde(default)]
    pub wanted: String,
}

/// What was handed over, or would be.
pub struct Report {
    /// What came of it, as a sentence.
    pub words: String,
    /// The boards with what was done, and what could not be.
    pub lines: Vec<String>,
}

/// A submitted form that was refused.
pub enum Refused {
    /// The form for name and address.
    Change(ChangeForm, Mistake),
    /// The form for handing over.
    HandOver(Mistake),
}

/// The data of the page.
pub struct PersonAccount {
    /// The reader.
    pub reader: Reader,
    /// The person.
    pub id: ActorId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Whether the reader is this person.
    pub is_reader: bool,
    /// The people to whom one can hand over: their names and addresses.
    pub others: Vec<(ActorId, String, String)>,
    /// The person to whom something was just handed over.
    pub to: Option<ActorId>,
    /// What was handed over.
    pub report: Option<Report>,
    /// A submitted form that was refused.
    pub refused: Option<Refused>,
}

/// Renders the page.
pub fn page(content: PersonAccount) -> Frame {
    let PersonAccount { reader, id, name, email, is_reader, .. } = content;
    let now = ChangeForm { name_was: Some(name.clone()), email_was: Some(email.clone()), name: name.clone(), email };
    let (mut typed, mut of_change, mut of_hand_over) = (now.clone(), None, None);
    match content.refused {
        None => {}
        // What was typed stays. The next attempt starts from what is there now.
        Some(Refused::Change(form, mistake)) => {
            let ChangeForm { name, email, name_was, email_was } = form;
            let name = if name_was.as_ref() == Some(&name) { now.name } else { name };
            let email = if email_was.as_ref() == Some(&email) { now.email } else { email };
            (typed, of_change) = (ChangeForm { name, email, ..now }, Some(mistake));
        }
        Some(Refused::HandOver(mistake)) => of_hand_over = Some(mistake),
    }
    let body = view! {
        {change_section(id, &typed, is_reader, of_change.as_ref())}
        {hand_over_section(id, content.others, content.to, content.report, of_hand_over.as_ref())}
    }
    .into_any();
    let above = vec![(people::PATH.to_owned(), "People".to_owned()), (person::address(id), name)];
    Frame { above, ..Frame::new(reader, people::PATH, "Name, address, hand over", body) }
}

fn change_section(id: ActorId, form: &ChangeForm, is_reader: bool, mistake: Option<&Mistake>) -> AnyView {
    if is_reader {
        return view! {
            <section class="sheet">
                <p>
                    "You change your own name and e-mail address on the page of " <a href="/account">"your account"</a>
                    "."
                </p>
            </section>
        }
        .into_any();
    }
    let fields = Form::new("change", mistake);
    let name = Input { autocomplete: "off", ..Input::name(&form.name) };
    let hint = "They sign in with it, and links for a new password are sent to it. If this server sends mail, the former address is told.";
    let email = Input { autocomplete: "off", hint, ..Input::email(&form.email) };
    view! {
        <form class="sheet" method="post" action=address(id)>
            <h2>"Name and e-mail address"</h2>
            {fields.summary()}
            {fields.input(name)}
            {fields.input(email)}
            <input type="hidden" name="name_was" value=form.name_was.clone() />
            <input type="hidden" name="email_was" value=form.email_was.clone() />
            <button class="button primary">"Save"</button>
        </form>
    }
    .into_any()
}

fn hand_over_section(
    person: ActorId,
    others: Vec<(ActorId, String, String)>,
    to: Option<ActorId>,
    report: Option<Report>,
    mistake: Option<&Mistake>,
) -> AnyView {
    let fields = Form::new("hand-over", mistake);
    let options: Vec<_> = others
        .into_iter()
        .map(|(id, name, email)| {
            view! {
                <option value=id.to_string() selected=to == Some(id)>
                    {format!("{name} ({email})")}
                </option>
            }
            .into_any()
        })
        .collect();
    let report = report.map(|Report { words, lines }| {
        let lines: Vec<_> = lines.into_iter().map(|line| view! { <li>{line}</li> }.into_any()).collect();
        view! {
            <div class="notice" role="status" tabindex="-1" autofocus>
                <p>{words}</p>
                <ul>{lines}</ul>
            </div>
        }
        .into_any()
    });
    view! {
        <form class="sheet" method="post" action=format!("{}/hand-over", address(person))>
            <h2>"Hand over"</h2>
            {report}
            {fields.summary()}
            <p class="hint">
                "For somebody who leaves. The other person becomes a member of their boards, with the higher of the two roles, and gets the open tasks that are assigned to them. Then the one who leaves is removed from the boards. Preview shows what it would be."
            </p>
            <div class="field">
                <label for="hand-over-to">"To"</label>
                <select id="hand-over-to" name="to" required>
                    {options}
                </select>
            </div>
            <label class="ticked-line">
                <input type="checkbox" name="boards" value="yes" checked />
                "Boards"
            </label>
            <label class="ticked-line">
                <input type="checkbox" name="tasks" value="yes" checked />
                "Open tasks"
            </label>
            <p class="table-actions">
                <button class="button" name="wanted" value="preview">
                    "Preview"
                </button>
                <button class="button danger" name="wanted" value="do">
                    "Hand over"
                </button>
            </p>
        </form>
    }
    .into_any()
}
