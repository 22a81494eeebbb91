//! The settings that differ from their defaults, where they come from, and what they mean together.

use std::env;

use clap::{ArgMatches, Args, Command, FromArgMatches, parser::ValueSource};

use super::Finding;
use crate::settings::Settings;

const CHECK: &str = "settings";

/// The flags whose whole value is secret. Of URLs, the password is.
const SECRET: [&str; 1] = ["oidc_client_secret"];
/// How the names of all our variables begin, apart from those that others use as well.
const OURS: &str = "TASKWIRE_";

/// The settings of the server, and which of them were given.
#[derive(Clone, Debug)]
pub struct Given {
    /// The settings.
    pub settings: Settings,
    given: Vec<GivenSetting>,
}

/// A setting that was given, and is not its default.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GivenSetting {
    flag: String,
    variable: Option<String>,
    by_flag: bool,
    /// Its value, without what is secret.
    shown: String,
    has_secret: bool,
}

impl From<Settings> for Given {
    /// Settings of which it is not known where they come from.
    fn from(settings: Settings) -> Self {
        Self { settings, given: Vec::new() }
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        Settings::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Settings::augment_args_for_update(command)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = Settings::augment_args(Command::new("settings"));
        let given = flags.get_arguments().filter_map(|argument| {
            let id = argument.get_id().as_str();
            let by_flag = match matches.value_source(id)? {
                ValueSource::CommandLine => true,
                ValueSource::EnvVariable => false,
                _ => return None,
            };
            let value = matches.get_raw(id)?.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(",");
            if argument.get_default_values().iter().map(|value| value.to_string_lossy()).eq([value.as_str()]) {
                return None;
            }
            let shown = if SECRET.contains(&id) { "***".to_owned() } else { without_password(&value) };
            Some(GivenSetting {
                flag: format!("--{}", argument.get_long().unwrap_or(id)),
                variable: argument.get_env().map(|name| name.to_string_lossy().into_owned()),
                by_flag,
                has_secret: shown != value,
                shown,
            })
        });
        Ok(Self { given: given.collect(), settings: Settings::from_arg_matches(matches)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub(super) fn check(Given { settings, given }: &Given) -> Vec<Finding> {
    let mut found: Vec<Finding> = given.iter().map(GivenSetting::finding).collect();
    if found.is_empty() {
        found.push(Finding::ok(CHECK, "all have their defaults"));
    }
    found.extend(unread_variables(env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned())));
    found.extend(check_together(settings));
    found
}

impl GivenSetting {
    fn finding(&self) -> Finding {
        let Self { flag, variable, by_flag, shown, has_secret } = self;
        let variable = variable.as_deref().unwrap_or_default();
        let (name, source) = if *by_flag { (flag.as_str(), "the command line") } else { (variable, "the environment") };
        let detail = format!("{name} = {shown}, from {source}");
        if *by_flag && *has_secret {
            let detail = format!("{detail}: other users of this machine can read the secret in the list of processes");
            return Finding::warning(CHECK, detail, format!("set the variable {variable} instead"));
        }
        Finding::ok(CHECK, detail)
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

/// A setting without the passwords in it: in a URL, what stands between the user's name and the last `@`, and parameters that are named
/// after passwords.
fn without_password(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, rest),
    };
    let user = user.map(|user| match user.split_once(':') {
        Some((name, _)) => format!("{name}:***@"),
        None => format!("{user}@"),
    });
    let rest = match rest.split_once('?') {
        Some((path, parameters)) => {
            let shown = parameters.split('&').map(|parameter| match parameter.split_once('=') {
                Some((name, _)) if name.to_ascii_lowercase().contains("pass") => format!("{name}=***"),
                _ => parameter.to_owned(),
            });
            format!("{path}?{}", shown.collect::<Vec<_>>().join("&"))
        }
        None => rest.to_owned(),
    };
    format!("{scheme}://{}{rest}", user.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (value, shown) in [
            ("postgres://ana:pass/w?rd@host/name", "postgres://ana:***@host/name"),
            ("smtp://ana@example.com:a:b@c@host:587?tls=required", "smtp://ana@example.com:***@host:587?tls=required"),
            ("redis://:secret@host", "redis://:***@host"),
            (
                "postgres://ana@host/name?password=x&sslmode=require",
                "postgres://ana@host/name?password=***&sslmode=require",
            ),
            ("redis-sentinel://a:1?sentinelPassword=x", "redis-sentinel://a:1?sentinelPassword=***"),
            ("https://board.example.com", "https://board.example.com"),
            ("sqlite:taskwire.db", "sqlite:taskwire.db"),
            ("Taskwire <board@example.com>", "Taskwire <board@example.com>"),
        ] {
            assert_eq!(without_password(value), shown);
        }
    }

    #[test]
    fn a_misspelt_variable_is_noticed() {
        let names = ["TASKWIRE_LISTEN", "TASKWIRE_LISTN", "PATH", "DATABASE_URL"].map(str::to_owned);
        let found = unread_variables(names.into_iter());
        assert_eq!(found.len(), 1);
        assert!(found[0].detail.contains("TASKWIRE_LISTN"), "{found:?}");
    }
}
