//! The settings that may change while the server runs: which they are, what was set, and what is so now.
//!
//! A value that was given at start, by a flag or a variable, wins; then what was set here, a row in the database; then the default. So whoever
//! runs the server keeps the last word. A setting is defined once, by its field in [`Settings`]: its flag has the words, the default and the
//! parser, and [`CHANGEABLE`] says that it may change, and who may do that. A value is stored as the text that one would write on the
//! command line, and read by the same parser.
//!
//! What decides over data or over passwords is for owners: who chooses the mail server reads the links for new passwords, the owners' too; and
//! what is not kept any more is gone for good.

use std::{sync::Arc, time::Duration};

use app::{
    access::InstanceRole,
    settings::{Section, Setting, SettingSource as Source},
};
use clap::{Arg, Args, Command, FromArgMatches, builder::Resettable};

use super::{
    DEFAULT_NAME, Settings,
    given::{Given, without_password},
};
use crate::{
    accounts::{
        AccountError, Accounts,
        settings::{SettingWrite, WantedSetting},
    },
    credentials::Credentials,
    http_client::with_causes,
    live_settings::{LiveSettings, Values},
    mail::{Mail, MailSettingsError},
    store::{Store, StoredSetting, StoredSettings},
};

/// What a secret is shown as.
const MASK: &str = "***";
/// The name of the setting with a password in it, and of the one that it needs.
const SMTP: &str = "smtp";
const MAIL_FROM: &str = "mail_from";

/// A setting that may change while the server runs.
struct Changeable {
    /// The name of its field, and of its flag.
    name: &'static str,
    section: Section,
    label: &'static str,
    /// The least role of those who may change it.
    least: InstanceRole,
    /// What the parser of the flag does not check, because the server itself does when it starts.
    check: fn(&str) -> Result<(), String>,
    /// Its value as text; `None` if it has none.
    show: fn(&Settings) -> Option<String>,
    /// Copies its value.
    copy: fn(&Settings, &mut Settings),
}

macro_rules! changeable {
    ($field:ident, $section:ident, $least:ident, $label:literal, $show:expr) => {
        changeable!($field, $section, $least, $label, $show, |_| Ok(()))
    };
    ($field:ident, $section:ident, $least:ident, $label:literal, $show:expr, $check:expr) => {
        Changeable {
            name: stringify!($field),
            section: Section::$section,
            label: $label,
            least: InstanceRole::$least,
            check: $check,
            show: $show,
            copy: |from, to| to.$field.clone_from(&from.$field),
        }
    };
}

/// All of them, in the order in which they are shown.
const CHANGEABLE: &[Changeable] = &[
    changeable!(server_name, General, Admin, "Name of the server", |all| Some(all.server_name.clone())),
    changeable!(sign_up_domains, SignUp, Admin, "E-mail domains of people who need no invitation", |all| {
        Some(all.sign_up_domains.join(",")).filter(|domains| !domains.is_empty())
    }),
    changeable!(smtp, Mail, Owner, "Mail server", |all| all.smtp.clone(), mail_server),
    changeable!(mail_from, Mail, Owner, "Sender", |all| all.mail_from.clone(), sender),
    changeable!(log_retention, Retention, Owner, "Changes of boards", |all| Some(all.log_retention.to_string())),
    changeable!(keep_deleted_boards, Retention, Owner, "Deleted boards", |all| {
        Some(all.keep_deleted_boards.to_string())
    }),
    changeable!(keep_audit, Retention, Owner, "Audit log, in days", |all| Some(all.keep_audit.to_string())),
    changeable!(api_rate, Limits, Admin, "Requests to REST a minute", |all| Some(all.api_rate.to_string())),
    changeable!(sockets_per_person, Limits, Admin, "Live connections of one person", |all| {
        Some(all.sockets_per_person.to_string())
    }),
    changeable!(sockets_per_address, Limits, Admin, "Live connections of one address", |all| {
        Some(all.sockets_per_address.to_string())
    }),
];

/// The settings that may change, for those who use, show and change them. Cheap to clone.
#[derive(Clone)]
pub struct RuntimeSettings {
    given: Arc<Given>,
    store: Store,
    live: LiveSettings,
}

impl RuntimeSettings {
    /// The settings of a server that was started with these.
    pub fn new(given: Given, store: Store) -> Self {
        let given = Arc::new(given);
        let live = {
            let given = Arc::clone(&given);
            LiveSettings::new(store.clone(), move |stored| {
                for setting in list(&given, stored) {
                    if let Some(problem) = setting.problem {
                        tracing::warn!(setting = setting.name, problem, "a setting cannot be used; its default is");
                    }
                }
                values(&effective(&given, stored))
            })
        };
        Self { given, store, live }
    }

    /// For whoever uses them.
    pub fn live(&self) -> &LiveSettings {
        &self.live
    }

    /// All settings, as this node knows them now. Those that can be changed come first.
    pub fn list(&self) -> Vec<Setting> {
        list(&self.given, self.store.directory().settings())
    }

    /// Changes settings, all or none. The error names the setting.
    pub async fn change(
        &self,
        accounts: &Accounts,
        credentials: &Credentials,
        wanted: &[WantedSetting],
    ) -> Result<(), AccountError> {
        let named = wanted.iter().filter_map(|wanted| find(&wanted.name));
        let least = named.map(|setting| setting.least).max().unwrap_or(InstanceRole::Admin);
        accounts.change_settings(credentials, least, |stored| decide(&self.given, stored, wanted)).await
    }
}

/// The settings that are so now: as they were given at start, or else as they were set here.
pub fn effective(given: &Given, stored: &StoredSettings) -> Settings {
    let mut settings = given.settings.clone();
    for setting in CHANGEABLE.iter().filter(|setting| given.one(setting.name).is_none()) {
        let Some(stored) = stored.get(setting.name) else { continue };
        // What is wrong with the others is in the list.
        if let Ok(read) = setting.read(stored) {
            (setting.copy)(&read, &mut settings);
        }
    }
    settings
}

/// All settings: those that can be changed, and then the others.
pub fn list(given: &Given, stored: &StoredSettings) -> Vec<Setting> {
    let flags = flags();
    let now = effective(given, stored);
    let open = CHANGEABLE.iter().filter_map(|setting| {
        let flag = flags.get_arguments().find(|flag| flag.get_id() == setting.name)?;
        let (stored, given_here) = (stored.get(setting.name), given.one(setting.name));
        let value = match stored.filter(|_| given_here.is_none()) {
            Some(stored) => Some(stored.value.clone()),
            None => (setting.show)(&now).map(|value| without_password(&value)),
        };
        let mut listed = of_flag(flag, given);
        if given_here.is_none()
            && let Some(stored) = stored
        {
            listed.source = Source::Here;
            listed.problem = setting.read(stored).err();
        }
        Some(Setting {
            section: setting.section,
            label: setting.label.to_owned(),
            value,
            changeable_by: Some(setting.least),
            changed_at: stored.map(|stored| stored.changed_at),
            changed_by: stored.and_then(|stored| stored.changed_by),
            ..listed
        })
    });
    let fixed = flags.get_arguments().filter(|flag| find(flag.get_id().as_str()).is_none());
    open.chain(fixed.map(|flag| of_flag(flag, given))).collect()
}

/// A setting as its flag describes it, and as it was at start.
fn of_flag(flag: &Arg, given: &Given) -> Setting {
    let name = flag.get_id().as_str();
    let long = flag.get_long().unwrap_or(name);
    let defaults = flag.get_default_values().iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>();
    let default = Some(defaults.join(",")).filter(|default| !default.is_empty());
    let (description, default_in_words) = without_default(flag.get_help().map(ToString::to_string).unwrap_or_default());
    let default = default.or(default_in_words);
    let given = given.one(name);
    Setting {
        name: name.to_owned(),
        section: Section::Start,
        label: format!("--{long}"),
        description,
        value: given.map(|given| given.shown.clone()).or_else(|| default.clone()),
        default,
        source: match given {
            Some(given) if given.by_flag => Source::Flag,
            Some(_) => Source::Variable,
            None => Source::Default,
        },
        flag: format!("--{long}"),
        variable: flag.get_env().map(|name| name.to_string_lossy().into_owned()),
        changeable_by: None,
        changed_at: None,
        changed_by: None,
        problem: None,
    }
}

/// What a flag says, without the default that `--help` shows within it: it stands beside the value here. Returns the default, too.
fn without_default(help: String) -> (String, Option<String>) {
    let parts = help.split_once(" [default: ").and_then(|(before, rest)| Some((before, rest.split_once(']')?)));
    match parts {
        Some((before, (default, after))) => {
            (format!("{before}{after}").trim_end_matches('.').to_owned(), Some(default.to_owned()))
        }
        None => (help, None),
    }
}

/// The flags of the server, without what the environment of this process says.
fn flags() -> Command {
    Settings::augment_args(Command::new("settings"))
}

/// A setting by its name, or by that of its flag.
fn find(name: &str) -> Option<&'static Changeable> {
    let name = name.trim_start_matches("--").replace('-', "_");
    CHANGEABLE.iter().find(|setting| setting.name == name)
}

/// What is written for what somebody wants, by what is stored now.
fn decide(given: &Given, stored: &StoredSettings, wanted: &[WantedSetting]) -> Result<Vec<SettingWrite>, AccountError> {
    let shown = list(given, stored);
    let (mut after, mut writes) = (stored.clone(), Vec::new());
    for WantedSetting { name, value, was } in wanted {
        let Some(setting) = find(name) else { return Err(unknown(name, &shown)) };
        let name = setting.name;
        // Each of them is in the list.
        let Some(now) = shown.iter().find(|shown| shown.name == name) else { return Err(unknown(name, &shown)) };
        if let Some(set_by) = now.set_by() {
            let message = format!("it is set by {set_by} at start; remove it there to change it here");
            return Err(AccountError::invalid(name, message));
        }
        let label = setting.label;
        if was.as_ref().is_some_and(|was| *was != now.value) {
            let value = now.value.as_deref().map_or("not set".to_owned(), |value| format!("“{value}”"));
            return Err(AccountError::Changed(format!(
                "somebody else changed “{label}” in the meantime: it is {value} now"
            )));
        }
        let before = stored.get(name);
        let value = match value.as_deref().map(str::trim) {
            None => None,
            Some(text) if before.is_some_and(|before| before.value == text) => continue,
            Some(text) => Some(setting.accept(text).map_err(|message| AccountError::invalid(name, message))?),
        };
        if value.as_ref() == before.map(whole).as_ref() {
            continue;
        }
        match &value {
            Some(value) => after.insert(name.to_owned(), row(value)),
            None => after.remove(name),
        };
        let shown_after =
            list(given, &after).into_iter().find(|shown| shown.name == name).and_then(|shown| shown.value);
        writes.push(SettingWrite {
            name,
            row: value.as_deref().map(row),
            before: now.value.clone(),
            after: shown_after,
        });
    }
    check_mail(&effective(given, &after), &writes)?;
    Ok(writes)
}

/// Refuses a mail server without a sender: it would look as if mail were sent.
fn check_mail(after: &Settings, writes: &[SettingWrite]) -> Result<(), AccountError> {
    let is_about_mail = writes.iter().any(|write| [SMTP, MAIL_FROM].contains(&write.name));
    match is_about_mail && after.smtp.is_some() && after.mail_from.is_none() {
        true => Err(AccountError::invalid(MAIL_FROM, "a mail server needs a sender: set both, or first the sender")),
        false => Ok(()),
    }
}

fn unknown(name: &str, shown: &[Setting]) -> AccountError {
    let message = match shown.iter().find(|shown| shown.name == name || shown.flag == name) {
        Some(Setting { flag, .. }) => {
            format!("{flag} is set at start alone; it cannot be changed while the server runs")
        }
        None => {
            let names: Vec<&str> = CHANGEABLE.iter().map(|setting| setting.name).collect();
            format!("there is no setting “{name}”; those that can be changed are {}", names.join(", "))
        }
    };
    AccountError::invalid("settings", message)
}

/// A value as a row, which has what is secret of it in a column of its own. Who changed it, and when, is added where it is written.
fn row(value: &str) -> StoredSetting {
    let shown = without_password(value);
    let secret = (shown != value).then(|| value.to_owned());
    StoredSetting { value: shown, secret, changed_at: crate::clock::now(), changed_by: None }
}

/// The whole value of a row.
fn whole(stored: &StoredSetting) -> String {
    stored.secret.as_ref().unwrap_or(&stored.value).clone()
}

/// Whether a text has the mask of a secret in it.
fn is_masked(text: &str) -> bool {
    text.contains("://") && (text.contains(&format!(":{MASK}@")) || text.contains(&format!("={MASK}")))
}

impl Changeable {
    /// Reads a row, or says what is wrong with it.
    fn read(&self, stored: &StoredSetting) -> Result<Settings, String> {
        let text = whole(stored);
        if is_masked(&text) {
            return Err("its password is not in this database, which was restored from a backup without secrets; type the whole \
                        address again"
                .to_owned());
        }
        self.parse(&text)
    }

    /// Accepts a value that somebody typed. Returns it as it is stored.
    fn accept(&self, text: &str) -> Result<String, String> {
        if is_masked(text) {
            return Err(format!(
                "type the password instead of {MASK}: it is not shown, and kept only for the address that it was typed with"
            ));
        }
        let parsed = self.parse(text)?;
        Ok((self.show)(&parsed).unwrap_or_else(|| text.to_owned()))
    }

    /// Parses a value as the command line would.
    fn parse(&self, text: &str) -> Result<Settings, String> {
        // What this process was started with says nothing about the value.
        let flags =
            flags().no_binary_name(true).mut_args(|flag| flag.env(Resettable::Reset).requires(Resettable::Reset));
        let flag = flags.get_arguments().find(|flag| flag.get_id() == self.name);
        let long = flag.and_then(Arg::get_long).unwrap_or(self.name).to_owned();
        let words = |error: clap::Error| match std::error::Error::source(&error) {
            Some(cause) => cause.to_string(),
            None => "expected a value; without one, it has its default".to_owned(),
        };
        if text.is_empty() {
            return Err("expected a value; without one, it has its default".to_owned());
        }
        let matches = flags.try_get_matches_from([format!("--{long}={text}")]).map_err(words)?;
        let parsed = Settings::from_arg_matches(&matches).map_err(words)?;
        (self.check)(text)?;
        Ok(parsed)
    }
}

fn mail_server(text: &str) -> Result<(), String> {
    let error = match Mail::new(text, "taskwire@localhost", DEFAULT_NAME) {
        Ok(_) => return Ok(()),
        Err(MailSettingsError::Server(error)) => with_causes(&error),
        Err(error) => with_causes(&error),
    };
    Err(format!("expected an address such as smtp://USER:PASSWORD@HOST:587?tls=required: {error}"))
}

fn sender(text: &str) -> Result<(), String> {
    match Mail::new("smtp://localhost", text, DEFAULT_NAME) {
        Ok(_) => Ok(()),
        Err(_) => Err("expected an address such as board@example.com, or Taskwire <board@example.com>".to_owned()),
    }
}

/// The settings as those who use them want them.
fn values(settings: &Settings) -> Values {
    let mail = settings.smtp.as_deref().zip(settings.mail_from.as_deref());
    let mail = mail.and_then(|(url, from)| match Mail::new(url, from, &settings.server_name) {
        Ok(mail) => Some(Arc::new(mail)),
        Err(error) => {
            tracing::error!(error = with_causes(&error), "no mail is sent: its settings cannot be used");
            None
        }
    });
    Values {
        server_name: settings.server_name.as_str().into(),
        sign_up_domains: settings.sign_up_domains.clone(),
        mail,
        log: settings.log_retention.0,
        deleted_boards: settings.keep_deleted_boards.0,
        audit: Duration::from_secs(u64::from(settings.keep_audit) * 24 * 60 * 60),
        api_rate: settings.api_rate,
        sockets_per_person: settings.sockets_per_person,
        sockets_per_address: settings.sockets_per_address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(name: &str, value: Option<&str>) -> WantedSetting {
        WantedSetting { name: name.to_owned(), value: value.map(str::to_owned), was: None }
    }

    fn stored(pairs: &[(&str, &str)]) -> StoredSettings {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), row(value))).collect()
    }

    fn started_with(flags: &[&str]) -> Given {
        let command = Given::augment_args(Command::new("serve").no_binary_name(true));
        let command = command.mut_args(|flag| flag.env(Resettable::Reset));
        Given::from_arg_matches(&command.try_get_matches_from(flags).unwrap()).unwrap()
    }

    #[test]
    fn a_setting_says_nothing_that_only_a_help_text_would() {
        let listed = list(&started_with(&[]), &StoredSettings::new());
        for Setting { name, description, changeable_by, .. } in &listed {
            let words =
                if changeable_by.is_some() { &["[", "--", "this node", "socket", "<"][..] } else { &["[default"] };
            for word in words {
                // What is code is an example of a value.
                assert!(!description.split('`').step_by(2).any(|part| part.contains(word)), "{name}: {description}");
            }
            assert!(!description.ends_with('.'), "{name}: {description}");
        }
        let listen = listed.iter().find(|setting| setting.name == "listen").unwrap();
        assert_eq!(listen.value.as_deref(), Some("127.0.0.1:3000"));
        assert_eq!(listen.description, "The address to listen on. Port 0 takes a free one");
    }

    #[test]
    fn each_changeable_setting_has_a_flag_and_its_default_is_that_of_the_flag() {
        let (given, none) = (started_with(&[]), StoredSettings::new());
        let listed = list(&given, &none);
        for setting in CHANGEABLE {
            let shown = listed.iter().find(|shown| shown.name == setting.name).expect(setting.name);
            assert_eq!(shown.value, shown.default, "{}", setting.name);
            assert!(!shown.description.is_empty() && shown.variable.is_some(), "{shown:?}");
        }
        assert_eq!(listed.len(), flags().get_arguments().count());
    }

    #[test]
    fn what_was_given_at_start_wins_over_what_was_set_here() {
        let stored = stored(&[("api_rate", "5"), ("server_name", "Acme"), ("keep_audit", "30")]);
        // A flag with the value of the default was given, too.
        let given = started_with(&["--api-rate", "6000", "--keep-audit=10"]);
        let now = effective(&given, &stored);
        assert_eq!((now.api_rate, now.keep_audit, &*now.server_name), (6_000, 10, "Acme"));
        let refused = decide(&given, &stored, &[want("api_rate", Some("7"))]).unwrap_err().to_string();
        assert!(refused.contains("it is set by --api-rate at start"), "{refused}");
        let sources: Vec<_> =
            list(&given, &stored).into_iter().take(7).map(|shown| (shown.name, shown.source)).collect();
        assert!(sources.contains(&("server_name".to_owned(), Source::Here)), "{sources:?}");
        assert!(sources.contains(&("keep_audit".to_owned(), Source::Flag)), "{sources:?}");
        assert!(sources.contains(&("smtp".to_owned(), Source::Default)), "{sources:?}");
    }

    #[test]
    fn a_wrong_value_is_refused_in_words_and_a_good_one_is_stored_as_the_command_line_has_it() {
        let (given, none) = (started_with(&[]), StoredSettings::new());
        for (name, value, words) in [
            ("api_rate", "-1", "expected a number"),
            ("api_rate", "", "expected a value"),
            ("keep_audit", "0", "from 1 to 36500"),
            ("keep-audit", "often", "from 1 to 36500"),
            ("log_retention", "90", "such as `90d`"),
            ("sockets_per_person", "0", "at least 1"),
            ("server_name", "a\u{202e}b", "text direction"),
            ("server_name", &"x".repeat(61), "60 characters"),
            ("sign_up_domains", "example.com,nowhere", "`nowhere` is not a domain"),
            ("smtp", "http://localhost", "smtp://USER:PASSWORD@HOST"),
            ("smtp", "smtp://ana:***@localhost", "type the password"),
            ("mail_from", "nobody", "board@example.com"),
            ("listen", "127.0.0.1:1", "is set at start alone"),
            ("colour", "red", "there is no setting “colour”"),
        ] {
            let refused = decide(&given, &none, &[want(name, Some(value))]).unwrap_err().to_string();
            assert!(refused.contains(words), "{name} = {value}: {refused}");
        }
        for (name, value, kept) in [
            ("api-rate", " 0 ", "0"),
            ("--log-retention", "48h", "2d"),
            ("server_name", " Acme Tasks ", "Acme Tasks"),
            ("sign_up_domains", "@Example.COM, example.org", "example.com,example.org"),
        ] {
            let writes = decide(&given, &none, &[want(name, Some(value))]).unwrap();
            assert_eq!(writes[0].row.as_ref().unwrap().value, kept);
        }
    }

    #[test]
    fn a_password_is_stored_apart_and_never_shown_and_needed_again_for_another_server() {
        let given = started_with(&[]);
        let url = "smtp://ana:se:cret@localhost:25";
        let both = [want("smtp", Some(url)), want("mail_from", Some("board@example.com"))];
        let writes = decide(&given, &StoredSettings::new(), &both).unwrap();
        let row = writes[0].row.clone().unwrap();
        assert_eq!((&*row.value, row.secret.as_deref()), ("smtp://ana:***@localhost:25", Some(url)));
        assert!(!format!("{writes:?} {row:?}").contains("se:cret"), "{writes:?}");
        let stored: StoredSettings =
            writes.into_iter().map(|write| (write.name.to_owned(), write.row.unwrap())).collect();
        assert_eq!(effective(&given, &stored).smtp.as_deref(), Some(url));
        assert!(!format!("{:?}", list(&given, &stored)).contains("se:cret"));
        // What the page shows is what is there already.
        assert!(decide(&given, &stored, &[want("smtp", Some("smtp://ana:***@localhost:25"))]).unwrap().is_empty());
        assert!(decide(&given, &stored, &[want("smtp", Some("smtp://ana:***@elsewhere:25"))]).is_err());
        // From a backup without secrets.
        let mut restored = stored.clone();
        restored.get_mut("smtp").unwrap().secret = None;
        assert_eq!(effective(&given, &restored).smtp, None);
        let shown = list(&given, &restored).into_iter().find(|shown| shown.name == "smtp").unwrap();
        assert!(shown.problem.unwrap().contains("without secrets"));
    }

    #[test]
    fn mail_needs_both_of_its_settings_and_nobody_overwrites_what_they_did_not_see() {
        let given = started_with(&[]);
        let refused = decide(&given, &StoredSettings::new(), &[want("smtp", Some("smtp://localhost"))]).unwrap_err();
        assert!(refused.to_string().contains("needs a sender"), "{refused}");
        let stored = stored(&[("api_rate", "5")]);
        let guarded =
            |was: Option<&str>| WantedSetting { was: Some(was.map(str::to_owned)), ..want("api_rate", Some("7")) };
        let refused = decide(&given, &stored, &[guarded(Some("6000"))]).unwrap_err();
        assert!(refused.to_string().contains("it is “5” now"), "{refused}");
        assert_eq!(decide(&given, &stored, &[guarded(Some("5"))]).unwrap().len(), 1);
        let reset = decide(&given, &stored, &[want("api_rate", None)]).unwrap();
        assert_eq!((reset[0].before.as_deref(), reset[0].after.as_deref()), (Some("5"), Some("6000")));
        assert!(reset[0].row.is_none());
    }
}
