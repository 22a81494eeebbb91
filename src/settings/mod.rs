//! The settings of the server, which its operator decides.
//!
//! Every setting is a flag and an environment variable, and has a default. If its value is wrong, the error names it. The variables of
//! `cargo leptos watch` (`LEPTOS_SITE_ADDR`, `LEPTOS_SITE_ROOT`) apply if ours are not set.
//!
//! - [`Settings`]: all of them, each with its flag, variable, default, limits and words. They are what the command line is parsed with.
//! - [`given`]: which of them were given at start, and how.
//! - [`runtime`]: those that may change while the server runs.

pub mod given;
pub mod runtime;

use std::{
    env, fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use app::{people::check_name_in, refusal::Refusal};
use axum::http::Uri;
use clap::{Args, ValueEnum};

use crate::{
    accounts::oidc::OidcSettings,
    backups::BackupSettings,
    http::{
        forwarded::{Proxies, ProxyHeader},
        limits::HttpLimits,
        site::Site,
    },
    store::{StoreSettings, Synchronous},
};

/// The address on which the server listens by default.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:3000";

/// The name of a server that nobody gave another one.
pub const DEFAULT_NAME: &str = "Taskwire";

/// The longest name of a server, in characters.
const LONGEST_NAME: usize = 60;

/// The settings of `taskwire serve`.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// The address to listen on [default: 127.0.0.1:3000]. Port 0 takes a free one.
    #[arg(long, env = "TASKWIRE_LISTEN", value_name = "ADDRESS:PORT", hide_env_values = true, value_parser = address)]
    pub listen: Option<SocketAddr>,

    /// Who may use the server: `accounts`, people who sign in; or `open`, everybody who reaches it, which is only allowed on
    /// a loopback address without a proxy.
    #[arg(long, env = "TASKWIRE_AUTH", value_name = "MODE", default_value = "accounts")]
    pub auth: Auth,

    /// The server's address as people see it in their browsers, such as `https://board.example.com`. It is used for links in invitations
    /// and mails, and with `https://` cookies are sent over https only. [default: http://localhost:PORT]
    #[arg(long, env = "TASKWIRE_PUBLIC_URL", value_name = "URL", value_parser = origin)]
    pub public_url: Option<String>,

    /// How many proxies stand in front of the server. The address of a client is read from the entries that they add to
    /// `X-Forwarded-For`.
    #[arg(long, env = "TASKWIRE_PROXIES", value_name = "NUMBER", default_value_t = 0)]
    pub proxies: usize,

    /// The header to which the proxies add the address of a client. The other header is ignored, because clients can write it.
    #[arg(long, env = "TASKWIRE_PROXY_HEADER", value_name = "HEADER", default_value = "x-forwarded-for")]
    pub proxy_header: ProxyHeader,

    /// The name of the server, as people see it: in titles, on the sign-in page, in invitations and mails.
    #[arg(long, env = "TASKWIRE_SERVER_NAME", value_name = "NAME", default_value = DEFAULT_NAME, value_parser = server_name)]
    pub server_name: String,

    /// Domains of e-mail addresses whose people get an account, as members, when they sign in with the OpenID Connect provider, which
    /// must have verified the address. Without any, an account takes an invitation. Separated by commas.
    #[arg(
        long,
        env = "TASKWIRE_SIGN_UP_DOMAINS",
        value_name = "DOMAINS",
        value_delimiter = ',',
        value_parser = domain
    )]
    pub sign_up_domains: Vec<String>,

    /// The mail server, for invitations and links to new passwords: `smtp://USER:PASSWORD@HOST:587?tls=required`, or `smtps://`.
    /// Without one, an admin hands the links out.
    #[arg(long, env = "TASKWIRE_SMTP_URL", value_name = "URL", hide_env_values = true, requires = "mail_from")]
    pub smtp: Option<String>,

    /// The sender of mail, such as `Taskwire <board@example.com>`.
    #[arg(long, env = "TASKWIRE_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,

    /// The issuer of an OpenID Connect provider with which people may sign in, such as `https://id.example.com`.
    #[arg(
        long,
        env = "TASKWIRE_OIDC_ISSUER",
        value_name = "URL",
        requires_all = ["oidc_client_id", "oidc_client_secret"]
    )]
    pub oidc_issuer: Option<String>,

    /// The client id of this server at that provider. Its redirect address is `{public URL}/sign-in/elsewhere/callback`.
    #[arg(long, env = "TASKWIRE_OIDC_CLIENT_ID", value_name = "ID")]
    pub oidc_client_id: Option<String>,

    /// The client secret of this server at that provider.
    #[arg(long, env = "TASKWIRE_OIDC_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub oidc_client_secret: Option<String>,

    /// The provider's name, as the sign-in page shows it: "Continue with …".
    #[arg(long, env = "TASKWIRE_OIDC_NAME", value_name = "NAME", default_value = "single sign-on")]
    pub oidc_name: String,

    /// How many live connections one person may have to a node: each open page has one, and programs may have some.
    #[arg(long, env = "TASKWIRE_SOCKETS_PER_PERSON", value_name = "NUMBER", default_value = "2000", value_parser = at_least_one)]
    pub sockets_per_person: usize,

    /// How many live connections one address may have to a node; a whole office may share one address.
    #[arg(long, env = "TASKWIRE_SOCKETS_PER_ADDRESS", value_name = "NUMBER", default_value = "10000", value_parser = at_least_one)]
    pub sockets_per_address: usize,

    /// How many requests a minute one person, or without an account one address, may send to the REST interface of a node; 0 for no
    /// limit.
    #[arg(long, env = "TASKWIRE_API_RATE", value_name = "NUMBER", default_value = "6000", value_parser = rate)]
    pub api_rate: u32,

    /// The database with the boards: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        default_value = "sqlite:taskwire.db",
        value_parser = database_url
    )]
    pub database: String,

    /// The Redis through which several nodes notify each other of changes: `redis://`, `rediss://`, `redis-sentinel://` or
    /// `redis-cluster://`. A single node needs none.
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true, value_parser = redis_url)]
    pub redis: Option<String>,

    /// When SQLite considers a write durable: `full` survives a power loss, `normal` may lose the last moment before one.
    #[arg(long, env = "TASKWIRE_SQLITE_SYNCHRONOUS", value_name = "LEVEL", default_value = "full")]
    pub sqlite_synchronous: SqliteSynchronous,

    /// A folder with the site's files, to use instead of those in the executable.
    #[arg(long, env = "TASKWIRE_SITE", value_name = "FOLDER")]
    pub site_root: Option<PathBuf>,

    /// Another origin whose pages may use this server like its own, such as `https://board.example.com` where a proxy serves it. Its
    /// scripts may use the REST interface. Repeatable; in the environment, separated by commas.
    #[arg(
        long = "allowed-origin",
        env = "TASKWIRE_ALLOWED_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ',',
        value_parser = origin
    )]
    pub allowed_origins: Vec<String>,

    /// What to log: a level (`error`, `warn`, `info`, `debug`, `trace`) or directives such as `info,taskwire=debug`.
    #[arg(long, env = "TASKWIRE_LOG", value_name = "FILTER", default_value = "info", value_parser = log_filter)]
    pub log: String,

    /// The format of the log, which goes to standard error.
    #[arg(long, env = "TASKWIRE_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// How long the log of changes reaches back, such as `90d`, `12h` or `forever`. A page or program that was away for longer is sent the
    /// whole board instead of the changes.
    #[arg(long, env = "TASKWIRE_LOG_RETENTION", value_name = "TIME", default_value = "90d")]
    pub log_retention: Retention,

    /// How long a deleted board can be restored, such as `30d`, `12h` or `forever`. After that, it is gone for good.
    #[arg(long, env = "TASKWIRE_KEEP_DELETED_BOARDS", value_name = "TIME", default_value = "30d")]
    pub keep_deleted_boards: Retention,
    /// A folder in which the server makes a backup of the database again and again, as `taskwire backup` does, without secrets.
    #[arg(long, env = "TASKWIRE_BACKUP_TO", value_name = "FOLDER")]
    pub backup_to: Option<PathBuf>,

    /// The time from one backup to the next: a number of hours, or a number with `s`, `m`, `h` or `d`.
    #[arg(long, env = "TASKWIRE_BACKUP_EVERY", value_name = "TIME", default_value = "24", value_parser = period)]
    pub backup_every: Duration,

    /// How many of these backups are kept. The oldest is removed when a new one was made and checked.
    #[arg(long, env = "TASKWIRE_BACKUP_KEEP", value_name = "NUMBER", default_value = "7", value_parser = at_least_one)]
    pub backup_keep: usize,
    /// For how many days the audit log keeps its events.
    #[arg(
        long,
        env = "TASKWIRE_KEEP_AUDIT",
        value_name = "DAYS",
        default_value = "365",
        value_parser = days
    )]
    pub keep_audit: u32,

    /// How many seconds stopping may take at most. After that the process ends at once, with exit code 1.
    #[arg(long, env = "TASKWIRE_STOP_WITHIN", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub stop_within: Duration,

    /// Start an empty database without the sample board.
    #[arg(long, env = "TASKWIRE_NO_SAMPLE", value_parser = clap::builder::FalseyValueParser::new())]
    pub no_sample: bool,

    /// How much a request, a connection and a caller may cost. Not a flag: operators who have to change these limits have a reason that we
    /// want to hear of.
    #[arg(skip)]
    pub http_limits: HttpLimits,
}

impl Settings {
    /// The default settings, without those from the environment. For tests, which then set the ones that they are about.
    pub fn defaults() -> Self {
        Self {
            listen: None,
            auth: Auth::Accounts,
            public_url: None,
            proxies: 0,
            proxy_header: ProxyHeader::default(),
            oidc_issuer: None,
            oidc_client_id: None,
            oidc_client_secret: None,
            oidc_name: "single sign-on".to_owned(),
            server_name: DEFAULT_NAME.to_owned(),
            sign_up_domains: Vec::new(),
            smtp: None,
            mail_from: None,
            sockets_per_person: 2_000,
            sockets_per_address: 10_000,
            api_rate: 6_000,
            database: "sqlite:taskwire.db".to_owned(),
            redis: None,
            sqlite_synchronous: SqliteSynchronous::Full,
            site_root: None,
            allowed_origins: Vec::new(),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            log_retention: Retention::DEFAULT,
            keep_deleted_boards: Retention::DELETED_BOARDS,
            backup_to: None,
            backup_every: Duration::from_secs(24 * 60 * 60),
            backup_keep: 7,
            keep_audit: 365,
            stop_within: Duration::from_secs(30),
            no_sample: false,
            http_limits: HttpLimits::default(),
        }
    }

    /// The address to listen on; an error if the server would be exposed without accounts.
    pub fn listen_address(&self) -> Result<SocketAddr, SettingsError> {
        let address = match self.listen {
            Some(address) => address,
            None => match env::var("LEPTOS_SITE_ADDR") {
                Ok(text) => text.parse().map_err(|_| {
                    SettingsError(format!("LEPTOS_SITE_ADDR: `{text}` is not an address such as {DEFAULT_LISTEN}"))
                })?,
                Err(_) => SocketAddr::from(([127, 0, 0, 1], 3000)),
            },
        };
        if self.is_exposed(address) && self.auth == Auth::Open {
            return Err(SettingsError(format!(
                "--auth (TASKWIRE_AUTH): {address} (--listen), or a proxy in front of it (--proxies, --public-url), can be reached \
                 from other machines, and `open` lets everybody who reaches it read and change everything. Use `accounts`, or \
                 listen on 127.0.0.1 without a proxy."
            )));
        }
        Ok(address)
    }

    /// Whether other machines can reach the server: through the address on which it listens, or through a proxy. A proxy is assumed if one
    /// is declared, or if the public URL is not a loopback address.
    pub fn is_exposed(&self, listening_on: SocketAddr) -> bool {
        let is_local = |url: &String| {
            let host = url.parse::<Uri>().ok().and_then(|url| url.host().map(str::to_owned)).unwrap_or_default();
            let host = host.trim_matches(['[', ']']);
            host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        };
        !listening_on.ip().is_loopback() || self.proxies > 0 || !self.public_url.iter().all(is_local)
    }

    /// The OpenID Connect provider, if one is configured.
    pub fn oidc(&self) -> Option<OidcSettings> {
        Some(OidcSettings {
            issuer: self.oidc_issuer.clone()?,
            client_id: self.oidc_client_id.clone()?,
            client_secret: self.oidc_client_secret.clone()?,
            name: self.oidc_name.clone(),
        })
    }

    /// The declared proxies in front of the server.
    pub fn proxies(&self) -> Proxies {
        Proxies { count: self.proxies, header: self.proxy_header }
    }

    /// The server's address as people see it in their browsers.
    pub fn public_url(&self, listening_on: SocketAddr) -> String {
        let own = || format!("http://localhost:{}", listening_on.port());
        self.public_url.clone().unwrap_or_else(own)
    }

    /// Where backups are made, if anywhere.
    pub fn backups(&self) -> Option<BackupSettings> {
        let folder = self.backup_to.clone()?;
        Some(BackupSettings { folder, every: self.backup_every, keep: self.backup_keep })
    }

    /// The settings of the database.
    pub fn store(&self) -> StoreSettings {
        let synchronous = match self.sqlite_synchronous {
            SqliteSynchronous::Full => Synchronous::Full,
            SqliteSynchronous::Normal => Synchronous::Normal,
        };
        StoreSettings { synchronous, ..StoreSettings::new(&self.database) }
    }

    /// The site's files: those in the named folder, or in the executable. A development build has none in the executable, and uses the
    /// folder into which cargo-leptos or `make build` puts them.
    ///
    /// # Errors
    ///
    /// If a folder was named and does not hold the site's files.
    pub fn site(&self) -> Result<Site, SettingsError> {
        if let Some(folder) = &self.site_root {
            return Site::in_folder(folder).map_err(|error| {
                let folder = folder.display();
                SettingsError(format!(
                    "--site-root (TASKWIRE_SITE): {folder} is not a folder with the site's files: {error}"
                ))
            });
        }
        let leptos = env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from);
        let built = || Some(env::current_exe().ok()?.parent()?.with_file_name("site"));
        let in_folder = |folder: PathBuf| Site::in_folder(&folder).ok();
        let site = leptos.and_then(in_folder).or_else(Site::embedded).or_else(|| built().and_then(in_folder));
        Ok(site.unwrap_or_else(Site::none))
    }
}

/// An error in a setting. Says which setting, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// Who may use the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// People who sign in.
    Accounts,
    /// Everybody who reaches the server: on a loopback address without a proxy only.
    Open,
}

/// When SQLite considers a write durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SqliteSynchronous {
    /// When the write is on the disk, so that it survives a power loss.
    Full,
    /// When the operating system has the write. A power loss may undo the last moment.
    Normal,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines of text for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// How long something is kept; `None` for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention(pub Option<Duration>);

impl Retention {
    const DEFAULT: Self = Self(Some(Duration::from_secs(90 * 24 * 60 * 60)));
    const DELETED_BOARDS: Self = Self(Some(Duration::from_secs(30 * 24 * 60 * 60)));
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(time) = self.0 else { return f.write_str("forever") };
        let seconds = time.as_secs();
        let units = [('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60)];
        let (unit, length) = units.into_iter().find(|(_, length)| seconds % length == 0).unwrap_or(('s', 1));
        write!(f, "{}{unit}", seconds / length)
    }
}

impl FromStr for Retention {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "forever" {
            return Ok(Self(None));
        }
        let time = time_with_unit(text).map(|time| Self(Some(time)));
        time.ok_or_else(|| "expected a time such as `90d`, `12h` or `30m`, or `forever`".to_owned())
    }
}

/// Parses a number with a unit, such as `90d`.
fn time_with_unit(text: &str) -> Option<Duration> {
    let seconds_of = |unit| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(60 * 60),
        'd' => Some(24 * 60 * 60),
        _ => None,
    };
    text.char_indices()
        .next_back()
        .and_then(|(at, unit)| Some((text[..at].parse::<u64>().ok()?, seconds_of(unit)?)))
        .and_then(|(count, seconds)| count.checked_mul(seconds))
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs)
}

/// Parses a period: hours, where no unit is given. It is at most a year.
fn period(text: &str) -> Result<Duration, String> {
    let hours = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{text}h"));
    time_with_unit(hours.as_deref().unwrap_or(text))
        .filter(|period| *period <= Duration::from_secs(366 * 24 * 60 * 60))
        .ok_or_else(|| {
            "expected a number of hours such as `24`, or a time such as `90m` or `7d`, up to a year".to_owned()
        })
}

fn rate(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("expected a number up to {}; 0 is no limit", u32::MAX))
}

fn days(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|days| (1..=36_500).contains(days))
        .ok_or_else(|| "expected a number of days, from 1 to 36500".to_owned())
}

/// The name of a server: a line that may stand in titles, in subjects of mails and within sentences.
fn server_name(text: &str) -> Result<String, String> {
    let name = check_name_in("name", text).map_err(|refusal| match refusal {
        Refusal::Invalid { message, .. } => message,
        other => other.to_string(),
    })?;
    match name.chars().count() <= LONGEST_NAME {
        true => Ok(name),
        false => Err(format!("the name may have at most {LONGEST_NAME} characters")),
    }
}

/// A domain of e-mail addresses.
fn domain(text: &str) -> Result<String, String> {
    let domain = text.trim().trim_start_matches('@').to_lowercase();
    let is_label = |label: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(is_part)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    match domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label) {
        true => Ok(domain),
        false => Err(format!("`{text}` is not a domain such as example.com; separate several by commas")),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "expected a number, at least 1".to_owned())
}

/// Parses an address and a port.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("expected an address and a port, such as {DEFAULT_LISTEN} or [::1]:3000"))
}

/// Checks that a text can name a database.
pub fn database_url(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some(("sqlite" | "postgres" | "postgresql", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err("expected `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`".to_owned()),
    }
}

fn redis_url(text: &str) -> Result<String, String> {
    let (scheme, _) = text.split_once("://").unwrap_or_default();
    let (base, kind) = scheme.split_once('-').unwrap_or((scheme, "centralized"));
    if matches!(base, "redis" | "rediss" | "valkey" | "valkeys")
        && matches!(kind, "centralized" | "sentinel" | "cluster")
    {
        Ok(text.to_owned())
    } else {
        Err("expected `redis://HOST:PORT`, or one of rediss://, redis-sentinel://, redis-cluster://".to_owned())
    }
}

fn origin(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    match text.split_once("://") {
        Some(("http" | "https", host)) if !host.is_empty() && !host.contains(['/', '?', '#', '@', '*']) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err("expected an origin such as https://board.example.com, without a path".to_owned()),
    }
}

/// Parses a number of seconds.
pub fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        _ => Err("expected a number of seconds, at least 1".to_owned()),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    // A single word could be the name of a module, but an operator who writes `verbose` means a level.
    let words = text.split(',').map(str::trim).filter(|part| !part.contains(['=', '[', '{', '}', ']']));
    for word in words {
        if word.parse::<tracing_subscriber::filter::LevelFilter>().is_err() {
            return Err(format!("`{word}` is not a level; expected off, error, warn, info, debug or trace"));
        }
    }
    let filter = tracing_subscriber::EnvFilter::builder().parse(text);
    filter.map(|_| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_is_a_number_with_a_unit() {
        assert_eq!("90d".parse(), Ok(Retention::DEFAULT));
        assert_eq!("2m".parse(), Ok(Retention(Some(Duration::from_secs(120)))));
        assert_eq!("forever".parse(), Ok(Retention(None)));
        for wrong in
            ["", "d", "0d", "-1d", "90", "1w", "1.5h", "99999999999999999999d", "9999999999999999999d", "1 d", "é"]
        {
            assert!(wrong.parse::<Retention>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_period_is_in_hours_or_has_a_unit() {
        let hours = |hours: u64| Ok(Duration::from_secs(hours * 60 * 60));
        assert_eq!((period("24"), period("1h"), period("366d")), (hours(24), hours(1), hours(366 * 24)));
        assert_eq!(period("2s"), Ok(Duration::from_secs(2)));
        for wrong in ["", "0", "-1", "1.5", "367d", "99999999999999999999", "often"] {
            assert!(period(wrong).is_err(), "{wrong}");
        }
        assert_eq!((at_least_one("7"), at_least_one("0").is_err()), (Ok(7), true));
    }

    #[test]
    fn a_server_without_accounts_is_for_its_own_machine() {
        let with =
            |address: &str, auth| Settings { listen: Some(address.parse().unwrap()), auth, ..Settings::defaults() };
        assert!(with("127.0.0.1:0", Auth::Open).listen_address().is_ok());
        assert!(with("[::1]:80", Auth::Open).listen_address().is_ok());
        assert!(with("0.0.0.0:80", Auth::Accounts).listen_address().is_ok());
        let error = with("0.0.0.0:80", Auth::Open).listen_address().unwrap_err().to_string();
        assert!(error.contains("--auth") && error.contains("--listen"), "{error}");
    }

    #[test]
    fn a_server_behind_a_proxy_is_not_for_its_own_machine() {
        let here = SocketAddr::from(([127, 0, 0, 1], 3000));
        let exposed = |public_url: Option<&str>, proxies| {
            Settings { public_url: public_url.map(str::to_owned), proxies, ..Settings::defaults() }.is_exposed(here)
        };
        assert!(!exposed(None, 0));
        for local in ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:3000", "https://board.localhost"] {
            assert!(!exposed(Some(local), 0), "{local}");
        }
        for public in ["https://board.example.com", "http://localhost.example.com", "http://192.0.2.1:3000"] {
            assert!(exposed(Some(public), 0), "{public}");
        }
        assert!(exposed(None, 1));
        let open = Settings { auth: Auth::Open, listen: Some(here), proxies: 1, ..Settings::defaults() };
        assert!(open.listen_address().is_err());
    }
}
