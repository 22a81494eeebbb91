//! The settings that were given at start, and how: by a flag, or by a variable.

use clap::{ArgMatches, Args, Command, FromArgMatches, parser::ValueSource};

use super::Settings;

/// The flags whose whole value is secret. Of URLs, the password is.
pub const SECRET: [&str; 1] = ["oidc_client_secret"];

/// The settings of the server, and which of them were given.
#[derive(Clone, Debug)]
pub struct Given {
    /// The settings.
    pub settings: Settings,
    given: Vec<GivenSetting>,
}

/// A setting that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenSetting {
    /// Its name, which is that of its field.
    pub name: String,
    /// Its flag.
    pub flag: String,
    /// Its variable.
    pub variable: Option<String>,
    /// Whether it was given by the flag, and not by the variable.
    pub by_flag: bool,
    /// Its value, without what is secret.
    pub shown: String,
    /// Whether something in it is secret.
    pub has_secret: bool,
    /// Whether it was given as it is by default.
    pub is_default: bool,
}

impl GivenSetting {
    /// The flag or the variable by which it was given.
    pub fn set_by(&self) -> &str {
        match &self.variable {
            Some(variable) if !self.by_flag => variable,
            _ => &self.flag,
        }
    }
}

impl Given {
    /// Those that were given.
    pub fn all(&self) -> &[GivenSetting] {
        &self.given
    }

    /// A setting, if it was given.
    pub fn one(&self, name: &str) -> Option<&GivenSetting> {
        self.given.iter().find(|given| given.name == name)
    }
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
            let defaults = argument.get_default_values().iter().map(|value| value.to_string_lossy());
            let is_default = defaults.eq([value.as_str()]);
            let shown = if SECRET.contains(&id) { "***".to_owned() } else { without_password(&value) };
            Some(GivenSetting {
                name: id.to_owned(),
                is_default,
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

/// A setting without the passwords in it: in a URL, what stands between the user's name and the last `@`, and parameters that are named
/// after passwords.
pub fn without_password(value: &str) -> String {
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
}
