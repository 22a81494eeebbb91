//! The settings of the server, and the test of mail.

use std::collections::BTreeMap;

use app::{
    access::InstanceRole,
    account::{Mistake, Notice},
    admin::settings::{PATH, Refused, Settings, Shown, Tested, WAS, page},
    settings::{Section, Setting},
    text::sentence,
};
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;

use super::{answer, reader::Admin, tasks::mentioned_in};
use crate::{
    accounts::{AccountError, settings::WantedSetting},
    clock::now,
    http::account::{answer::ErrorPage, form::Form},
};

/// The form that gives a setting its default again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultForm {
    name: String,
    was: String,
}

/// `GET /admin/settings`
pub async fn show(admin: Admin) -> Response {
    let content = content(&admin);
    answer::page(&admin, page(content))
}

/// `POST /admin/settings`: the settings of one section. Only those that were changed on the page are sent on; a field that was emptied gives
/// its setting the default.
pub async fn save(admin: Admin, Form(typed): Form<BTreeMap<String, String>>) -> Result<Response, ErrorPage> {
    let wanted: Vec<WantedSetting> = typed
        .iter()
        .filter(|(name, _)| !name.starts_with(WAS))
        .filter_map(|(name, value)| {
            let was = typed.get(&format!("{WAS}{name}"));
            let is_same = was.is_some_and(|was| was == value);
            let was = was.map(|was| text(was));
            (!is_same).then(|| WantedSetting { name: name.clone(), value: text(value), was })
        })
        .collect();
    let section = section_of(&admin, typed.keys());
    change(&admin, wanted, section, typed).await
}

/// `POST /admin/settings/default`
pub async fn use_default(
    admin: Admin,
    Form(DefaultForm { name, was }): Form<DefaultForm>,
) -> Result<Response, ErrorPage> {
    let section = section_of(&admin, [&name]);
    let wanted = vec![WantedSetting { name, value: None, was: Some(text(&was)) }];
    change(&admin, wanted, section, BTreeMap::new()).await
}

/// `POST /admin/settings/test-mail`: answers with the page, which says how it went.
pub async fn test_mail(admin: Admin) -> Result<Response, ErrorPage> {
    let tested = match admin.services.accounts.test_mail(&admin.credentials).await {
        Ok(test) => match test.error {
            None => Tested { is_sent: true, words: format!("The mail server took a test mail to {}.", test.to) },
            Some(error) => Tested { is_sent: false, words: sentence(&error) },
        },
        Err(error @ AccountError::TooMany(_)) => Tested { is_sent: false, words: error.sentence() },
        Err(error) => return Err(error.into()),
    };
    let content = Settings { tested: Some(tested), ..content(&admin) };
    Ok(answer::page(&admin, page(content)))
}

async fn change(
    admin: &Admin,
    wanted: Vec<WantedSetting>,
    section: Section,
    typed: BTreeMap<String, String>,
) -> Result<Response, ErrorPage> {
    let services = &admin.services;
    let done = match wanted.is_empty() {
        true => Ok(()),
        false => services.settings.change(&services.accounts, &admin.credentials, &wanted).await,
    };
    match done {
        Ok(()) => Ok(admin.redirect_with_flash(&Notice::done("The settings are saved."), PATH)),
        Err(error @ (AccountError::Invalid { .. } | AccountError::Changed(_))) => {
            let field = match &error {
                AccountError::Invalid { field, .. } => Some(*field).filter(|field| typed.contains_key(*field)),
                _ => None,
            };
            let status = match error {
                AccountError::Changed(_) => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            // The words are those of the command line, where examples stand between backticks.
            let mistake = Mistake { field, words: error.sentence().replace('`', "") };
            let refused = Some(Refused { typed, mistake, section });
            Ok(answer::refused(admin, status, page(Settings { refused, ..content(admin) })))
        }
        Err(error) => Err(error.into()),
    }
}

/// What a field has; `None` if it is empty.
fn text(field: &str) -> Option<String> {
    Some(field.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The section of the settings with these names.
fn section_of<'n>(admin: &Admin, names: impl IntoIterator<Item = &'n String>) -> Section {
    let settings = admin.services.settings.list();
    let section = |name: &String| settings.iter().find(|setting| setting.name == *name).map(|setting| setting.section);
    names.into_iter().find_map(section).filter(|section| *section != Section::Start).unwrap_or(Section::General)
}

fn content(admin: &Admin) -> Settings {
    let services = &admin.services;
    let directory = services.store.directory();
    let shown =
        |setting: Setting| Shown { changed_by: setting.changed_by.map(|by| mentioned_in(&directory, by)), setting };
    Settings {
        reader: admin.reader(),
        role: admin.principal().role.unwrap_or(InstanceRole::Member),
        settings: services.settings.list().into_iter().map(shown).collect(),
        has_provider: services.oidc.is_some(),
        sends_mail: services.accounts.sends_mail(),
        tested: None,
        refused: None,
        now: now(),
    }
}
