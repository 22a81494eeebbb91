//! The settings that differ from their defaults, where they come from, and what they mean together.

use std::env;

use app::settings::{Setting, SettingSource as Source};
use clap::{Args, Command};

use super::Finding;
pub use crate::settings::given::Given;
use crate::{
    settings::{Settings, given::GivenSetting, runtime},
    store::StoredSettings,
};

const CHECK: &str = "settings";

/// How the names of all our variables begin, apart from those that others use as well.
const OURS: &str = "TASKWIRE_";

/// `given` is what was given at start, and `settings` what is so with the settings that were changed while servers run.
pub(super) fn check(given: &Given, stored: &StoredSettings, settings: &Settings) -> Vec<Finding> {
    let mut found: Vec<Finding> = given.all().iter().filter(|given| !given.is_default).map(finding).collect();
    found.extend(runtime::list(given, stored).into_iter().filter(|setting| setting.source == Source::Here).map(here));
    if found.is_empty() {
        found.push(Finding::ok(CHECK, "all have their defaults"));
    }
    found.extend(unread_variables(env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned())));
    found.extend(check_together(settings));
    found
}

fn finding(setting: &GivenSetting) -> Finding {
    let source = if setting.by_flag { "the command line" } else { "the environment" };
    let detail = format!("{} = {}, from {source}", setting.set_by(), setting.shown);
    if setting.by_flag && setting.has_secret {
        let detail = format!("{detail}: other users of this machine can read the secret in the list of processes");
        let variable = setting.variable.as_deref().unwrap_or_default();
        return Finding::warning(CHECK, detail, format!("set the variable {variable} instead"));
    }
    Finding::ok(CHECK, detail)
}

fn here(setting: Setting) -> Finding {
    let detail = format!("{} = {}, from the settings page", setting.name, setting.value.unwrap_or_default());
    match setting.problem {
        Some(problem) => {
            Finding::warning(CHECK, format!("{detail}: {problem}"), "set it again in Administration, Settings")
        }
        None => Finding::ok(CHECK, detail),
    }
}

/// The variables that look like ours and that nothing reads: most likely they are misspelt.
fn unread_variables(names: impl Iterator<Item = String>) -> Vec<Finding> {
    let flags = Settings::augment_args(Command::new("settings"));
    let known: Vec<String> =
        flags.get_arguments().filter_map(|flag| Some(flag.get_env()?.to_string_lossy().into_owned())).collect();
    let unread = names.filter(|name| name.starts_with(OURS) && !known.contains(name));
    let finding = |name| {
        let detail = format!("no setting reads the variable {name}");
        Finding::warning(CHECK, detail, "correct its name, which `taskwire serve --help` lists, or remove it")
    };
    unread.map(finding).collect()
}

/// What the server itself says about its settings when it starts, and which settings need another one.
fn check_together(settings: &Settings) -> Vec<Finding> {
    let mut found = Vec::new();
    let correct = "correct this setting: with it, the server does not start";
    let address = settings.listen_address().map_err(|error| error.to_string());
    if let Err(error) = &address {
        found.push(Finding::error(CHECK, error, correct));
    }
    match settings.site() {
        Err(error) => found.push(Finding::error(CHECK, error.to_string(), correct)),
        Ok(site) if site.is_none() => found.push(Finding::warning(
            CHECK,
            "this executable contains no scripts and styles, and no folder has them: pages are neither live nor styled",
            "name the folder with the site's files with --site-root (TASKWIRE_SITE), or use the executable of a release",
        )),
        Ok(_) => {}
    }
    let has_links = settings.smtp.is_some() || settings.oidc_issuer.is_some();
    if settings.public_url.is_none() && (has_links || address.is_ok_and(|address| !address.ip().is_loopback())) {
        found.push(Finding::warning(
            CHECK,
            "links in invitations and mails, and the address to which a sign-in provider sends people back, begin with \
             http://localhost, which only this machine can open",
            "set --public-url (TASKWIRE_PUBLIC_URL) to the address that people use",
        ));
    }
    if settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://")) && settings.proxies == 0 {
        found.push(Finding::warning(
            CHECK,
            "the public URL begins with https, so a proxy stands in front, but --proxies is 0: all people seem to have the \
             proxy's address, and share its limits",
            "set --proxies (TASKWIRE_PROXIES) to the number of proxies in front",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_is_noticed() {
        let names = ["TASKWIRE_LISTEN", "TASKWIRE_LISTN", "PATH", "DATABASE_URL"].map(str::to_owned);
        let found = unread_variables(names.into_iter());
        assert_eq!(found.len(), 1);
        assert!(found[0].detail.contains("TASKWIRE_LISTN"), "{found:?}");
    }
}
