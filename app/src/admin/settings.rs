//! The settings of the server: those that can be changed here, and the others, each with where its value comes from.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{Frame, Reader, parts::small_table};
use crate::{
    access::InstanceRole,
    account::{Mistake, form::Form, words::time_ago},
    settings::{Section, Setting, SettingSource},
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/settings";
/// Where the form goes that gives a setting its default again.
pub const DEFAULT_PATH: &str = "/admin/settings/default";
/// Where the form goes that sends a test mail.
pub const TEST_PATH: &str = "/admin/settings/test-mail";

/// How the names of the fields begin that say which value the page showed.
pub const WAS: &str = "was-";

/// A setting on the page.
pub struct Shown {
    /// The setting.
    pub setting: Setting,
    /// The name of the person who changed it here, if it was a person.
    pub changed_by: Option<String>,
}

/// A submitted form that was refused.
pub struct Refused {
    /// The values that were typed, by the names of the settings.
    pub typed: BTreeMap<String, String>,
    /// What is wrong.
    pub mistake: Mistake,
    /// The section of the form.
    pub section: Section,
}

/// How a test of mail went: whether the mail was sent, and the same in words.
pub struct Tested {
    /// Whether it was sent.
    pub is_sent: bool,
    /// What happened, as a sentence.
    pub words: String,
}

/// The data of the page.
pub struct Settings {
    /// The reader.
    pub reader: Reader,
    /// The role of the reader.
    pub role: InstanceRole,
    /// All settings.
    pub settings: Vec<Shown>,
    /// Whether the server has a sign-in provider.
    pub has_provider: bool,
    /// Whether the server sends mail.
    pub sends_mail: bool,
    /// The outcome of a test of mail.
    pub tested: Option<Tested>,
    /// A submitted form that was refused.
    pub refused: Option<Refused>,
    /// The time of the request.
    pub now: Timestamp,
}

/// Renders the page.
pub fn page(content: Settings) -> Frame {
    let Settings { reader, role, settings, has_provider, sends_mail, tested, refused, now } = content;
    let has_mistake = refused.is_some();
    let can_test = sends_mail && reader.current_user.is_some();
    let mut tested = tested;
    let sections: Vec<_> = Section::OPEN
        .into_iter()
        .map(|section| {
            let of_section: Vec<&Shown> = settings.iter().filter(|shown| shown.setting.section == section).collect();
            let refused = refused.as_ref().filter(|refused| refused.section == section);
            let below = match section {
                Section::Mail => mail_test(can_test, tested.take()),
                Section::SignUp if !has_provider => view! {
                    <p class="hint">
                        "This server has no sign-in provider (" <code>"--oidc-issuer"</code>
                        "), so at the moment an account takes an invitation, whatever is set here."
                    </p>
                }
                .into_any(),
                _ => ().into_any(),
            };
            section_view(section, &of_section, role, refused, now, below)
        })
        .collect();
    let fixed = settings.iter().filter(|shown| shown.setting.section == Section::Start).map(fixed_row).collect();
    let body = view! {
        <p class="hint">
            "Changes apply at once, on all nodes, without a restart. A value that was given when the server was started, by a flag or a variable, cannot be changed here."
        </p>
        <div class="settings">
            {sections} <section class="sheet" aria-labelledby="start-title">
                <h2 id="start-title">{Section::Start.title()}</h2>
                <p class="hint">"These are set by a flag or a variable, and changed with a restart."</p>
                {small_table("Settings that are set at start", &["Setting", "Value", "From"], fixed, "")}
            </section>
        </div>
    }
    .into_any();
    Frame { has_mistake, ..Frame::new(reader, PATH, "Settings", body) }
}

fn section_view(
    section: Section,
    settings: &[&Shown],
    role: InstanceRole,
    refused: Option<&Refused>,
    now: Timestamp,
    below: AnyView,
) -> AnyView {
    let form = Form::new("settings", refused.map(|refused| &refused.mistake));
    let heading = format!("{}-title", element_id(section));
    let may = |setting: &Setting| setting.is_open() && setting.changeable_by <= Some(role);
    let fields: Vec<_> = settings
        .iter()
        .map(|shown| match may(&shown.setting) {
            true => field(shown, refused, now),
            false => read_only(shown, role, now),
        })
        .collect();
    // The buttons of these forms stand beside the fields, outside of their forms: so Enter in a field saves.
    let resets: Vec<_> = settings
        .iter()
        .filter(|shown| may(&shown.setting) && shown.setting.source == SettingSource::Here)
        .map(|Shown { setting, .. }| {
            view! {
                <form hidden id=reset_id(setting) method="post" action=DEFAULT_PATH>
                    <input type="hidden" name="name" value=setting.name.clone() />
                    <input type="hidden" name="was" value=setting.value.clone().unwrap_or_default() />
                </form>
            }
            .into_any()
        })
        .collect();
    let is_open = settings.iter().any(|shown| may(&shown.setting));
    let save = is_open.then(|| view! { <button class="button primary">"Save"</button> }.into_any());
    let label = heading.clone();
    view! {
        <section class="sheet" id=element_id(section) aria-labelledby=label>
            <h2 id=heading>{section.title()}</h2>
            {form.summary()}
            <form class="settings-form" method="post" action=PATH>
                {fields}
                {save}
            </form>
            {resets}
            {below}
        </section>
    }
    .into_any()
}

/// A setting that the reader may change.
fn field(shown: &Shown, refused: Option<&Refused>, now: Timestamp) -> AnyView {
    let setting = &shown.setting;
    let name = setting.name.clone();
    let value = setting.value.clone().unwrap_or_default();
    let typed = refused.and_then(|refused| refused.typed.get(&name)).cloned().unwrap_or_else(|| value.clone());
    let mistake = refused.map(|refused| &refused.mistake).filter(|mistake| mistake.field == Some(&*name));
    let id = format!("settings-{name}");
    let error_id = format!("{id}-error");
    let error = mistake.map(|mistake| {
        view! {
            <p class="field-error" id=error_id.clone()>
                {mistake.words.clone()}
            </p>
        }
        .into_any()
    });
    let described_by = match mistake {
        Some(_) => format!("{error_id} {id}-hint {id}-source"),
        None => format!("{id}-hint {id}-source"),
    };
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty();
    view! {
        <div class="field">
            <label for=id.clone()>{setting.label.clone()}</label>
            <input
                id=id.clone()
                name=name.clone()
                type="text"
                value=typed
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                inputmode=is_number.then_some("numeric")
                placeholder=setting.default.clone()
                aria-invalid=mistake.is_some().then_some("true")
                aria-describedby=described_by
            />
            <input type="hidden" name=format!("{WAS}{name}") value=value />
            {error}
            {about(shown, &id, true, now)}
        </div>
    }
    .into_any()
}

/// A setting that the reader may not change, with the reason.
fn read_only(shown: &Shown, role: InstanceRole, now: Timestamp) -> AnyView {
    let setting = &shown.setting;
    let is_for_others = setting.set_by().is_none() && setting.changeable_by > Some(role);
    let why = is_for_others.then_some("Only owners change this.");
    view! {
        <div class="field">
            <p class="setting-name">{setting.label.clone()}</p>
            <p class="setting-value">{value(setting)}</p>
            {about(shown, &format!("settings-{}", setting.name), false, now)}
            {why.map(|why| view! { <p class="hint">{why}</p> }.into_any())}
        </div>
    }
    .into_any()
}

/// What a setting does, and where its value comes from.
fn about(shown: &Shown, id: &str, may_change: bool, now: Timestamp) -> AnyView {
    let setting = &shown.setting;
    let default = setting.default.as_deref().filter(|_| setting.source != SettingSource::Default);
    let default = default.map(|default| format!("The default is {default}.")).unwrap_or_default();
    let source = match setting.source {
        SettingSource::Default => view! { "This is the default." }.into_any(),
        SettingSource::Flag | SettingSource::Variable => {
            let set_by = setting.set_by().unwrap_or_default().to_owned();
            view! {
                "Set by "
                <code>{set_by}</code>
                " at start; remove it there to change it here."
            }
            .into_any()
        }
        SettingSource::Here => {
            let by = match &shown.changed_by {
                Some(name) => view! {
                    " by "
                    <bdi>{name.clone()}</bdi>
                }
                .into_any(),
                // On a server without accounts.
                None => ().into_any(),
            };
            let when = setting.changed_at.map(|at| time_ago(at, now));
            let reset = may_change.then(|| {
                let label = format!("Use the default again: {}", setting.label);
                view! {
                    <button class="button small" form=reset_id(setting) aria-label=label>
                        "Use the default again"
                    </button>
                }
                .into_any()
            });
            view! {
                "Set here"
                {by}
                ", "
                {when}
                ". "
                {reset}
            }
            .into_any()
        }
    };
    let problem = setting.problem.clone().map(|problem| view! { <p class="field-error">{problem} "."</p> }.into_any());
    view! {
        {problem}
        <p class="hint" id=format!("{id}-hint")>
            {with_code(&setting.description)}
            ". "
            {default}
        </p>
        <p class="hint setting-source" id=format!("{id}-source")>
            {source}
        </p>
    }
    .into_any()
}

/// The test of mail.
fn mail_test(can_test: bool, tested: Option<Tested>) -> AnyView {
    let outcome = tested.map(|Tested { is_sent, words }| match is_sent {
        true => view! {
            <div class="notice" role="status" tabindex="-1" autofocus>
                <p>{words}</p>
            </div>
        }
        .into_any(),
        false => view! {
            <div class="form-error" role="alert" tabindex="-1" autofocus>
                <strong>"The test mail was not sent. "</strong>
                {words}
            </div>
        }
        .into_any(),
    });
    let button = match can_test {
        true => view! {
            <form method="post" action=TEST_PATH>
                <button class="button" aria-describedby="test-mail-hint">
                    "Send a test mail to me"
                </button>
                <p class="hint" id="test-mail-hint">
                    "It is sent by the saved settings, to the address of your account. The answer of the mail server takes up to 15 seconds."
                </p>
            </form>
        }
        .into_any(),
        false => ().into_any(),
    };
    view! {
        {outcome}
        {button}
    }
    .into_any()
}

/// A row about a setting that is set at start.
fn fixed_row(shown: &Shown) -> (String, Vec<AnyView>) {
    let setting = &shown.setting;
    let source = match setting.set_by() {
        Some(set_by) => view! { <code>{set_by.to_owned()}</code> }.into_any(),
        None => "Default".into_any(),
    };
    let name = view! {
        <code>{setting.flag.clone()}</code>
        <span class="hint setting-words">{with_code(&setting.description)} "."</span>
    }
    .into_any();
    (format!("setting-{}", setting.name), vec![name, value(setting), source])
}

fn value(setting: &Setting) -> AnyView {
    match &setting.value {
        Some(value) => view! { <code class="setting-code">{value.clone()}</code> }.into_any(),
        None => view! { <span class="hint">"Not set"</span> }.into_any(),
    }
}

/// A description, of which the parts between backticks are code.
fn with_code(text: &str) -> AnyView {
    let parts: Vec<_> = text
        .split('`')
        .enumerate()
        // Leptos would show an empty text as a space.
        .filter(|(_, part)| !part.is_empty())
        .map(|(index, part)| match index % 2 {
            1 => view! { <code>{part.to_owned()}</code> }.into_any(),
            _ => part.to_owned().into_any(),
        })
        .collect();
    parts.into_any()
}

fn reset_id(setting: &Setting) -> String {
    format!("reset-{}", setting.name)
}

fn element_id(section: Section) -> &'static str {
    match section {
        Section::General => "general",
        Section::SignUp => "sign-up",
        Section::Mail => "mail",
        Section::Retention => "retention",
        Section::Limits => "limits",
        Section::Start => "start",
    }
}
