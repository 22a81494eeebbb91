//! The settings of the server over REST, for owners and admins.

use std::collections::BTreeMap;

use app::settings::Setting;
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{client::Client, json};
use crate::{
    accounts::settings::WantedSetting,
    http::{input::Json, problem::Problem},
};

/// The settings of the server.
#[derive(Serialize, ToSchema)]
pub struct SettingList {
    /// All of them; those that can be changed while the server runs come first.
    settings: Vec<Setting>,
}

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsPatch {
    /// The new values by the names of the settings, as one would write them on the command line; `null` for the default.
    settings: BTreeMap<String, Option<String>>,
    /// The values that the change starts from, by the names of the settings. If one of them is another by now, nothing is changed.
    #[serde(default)]
    #[schema(required = false)]
    was: BTreeMap<String, Option<String>>,
}

/// How a test of mail went.
#[derive(Serialize, ToSchema)]
pub struct MailTestReport {
    /// Whether the mail server took the mail.
    sent: bool,
    /// To which address it was to be sent.
    to: String,
    /// Why it was not sent; `null` if it was.
    error: Option<String>,
}

/// Read the settings of the server
///
/// Each with its value and where that comes from: a flag or a variable at start, a change while the server ran, or the default. Passwords
/// are not in them. Only admins may read them.
#[utoipa::path(get, path = "/settings", tag = "system", operation_id = "list_settings", responses((status = 200, body = SettingList)))]
pub async fn list(client: Client) -> Result<Response, Problem> {
    match client.visitor.principal().may_administer() {
        true => Ok(json(StatusCode::OK, &SettingList { settings: client.services.settings.list() })),
        false => Err(Problem::forbidden()),
    }
}

/// Change settings of the server
///
/// All of them, or none. They apply at once, on all nodes within a second. A setting that was given at start cannot be changed. Settings of
/// mail and of how long things are kept can only be changed by owners, the others by admins, too.
#[utoipa::path(
    patch, path = "/settings", tag = "system", operation_id = "update_settings",
    request_body = SettingsPatch,
    responses((status = 200, body = SettingList))
)]
pub async fn update(
    client: Client,
    Json(SettingsPatch { settings, was }): Json<SettingsPatch>,
) -> Result<Response, Problem> {
    let wanted: Vec<_> =
        settings.into_iter().map(|(name, value)| WantedSetting { was: was.get(&name).cloned(), name, value }).collect();
    client.services.settings.change(client.accounts(), client.credentials(), &wanted).await?;
    list(client).await
}

/// Send a test mail
///
/// To the caller, by the settings as they are. The response says how it went, after at most 15 seconds. Only admins may do this.
#[utoipa::path(
    post, path = "/settings/test-mail", tag = "system", operation_id = "test_mail",
    responses((status = 200, body = MailTestReport))
)]
pub async fn test_mail(client: Client) -> Result<Response, Problem> {
    let test = client.accounts().test_mail(client.credentials()).await?;
    let report = MailTestReport { sent: test.error.is_none(), to: test.to, error: test.error };
    Ok(json(StatusCode::OK, &report))
}
