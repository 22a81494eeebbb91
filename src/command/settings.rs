//! `taskwire settings …`: the settings that need no restart.

use app::settings::{Setting, SettingSource};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{CommandContext, Common, error_message, print, table};
use crate::{
    accounts::{Accounts, settings::WantedSetting},
    hub::Hub,
    settings::{given::Given, runtime::RuntimeSettings},
};

/// The commands about settings.
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// List the settings, and where their values come from. Takes the flags and variables of `serve`, for those of the server.
    List(Box<WithFlags>),
    /// Change a setting.
    Set {
        /// The name of the setting, such as `api-rate`.
        name: String,
        /// Its new value.
        value: String,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Give a setting its default again.
    Unset {
        /// The name of the setting.
        name: String,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Send a test mail to an address, by the settings as they are. Takes the flags and variables of `serve`, for those of the server.
    TestMail {
        /// The address.
        email: String,
        /// The settings of the server.
        #[command(flatten)]
        flags: Box<WithFlags>,
    },
}

/// The settings of the server, and how to print.
#[derive(Clone, Debug, Args)]
pub struct WithFlags {
    #[command(flatten)]
    given: Given,
    /// Print JSON instead of lines for people.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Sent {
    to: String,
}

impl SettingsCommand {
    /// Runs the command. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        match self {
            Self::List(flags) => {
                let (_, settings) = opened(&flags).await?;
                show(&settings.list(), flags.json)
            }
            Self::Set { name, value, common } => change(name, Some(value), &common).await,
            Self::Unset { name, common } => change(name, None, &common).await,
            Self::TestMail { email, flags } => {
                let (accounts, _) = opened(&flags).await?;
                let test = accounts.send_test_mail("there", &email).await.map_err(error_message)?;
                match test.error {
                    Some(error) => Err(format!("the test mail was not sent: {error}")),
                    None => print(&Sent { to: test.to }, flags.json, || {
                        vec![format!("The mail server took a test mail to {email}.")]
                    }),
                }
            }
        }
    }
}

/// The settings of a server that was started with these flags and variables.
async fn opened(WithFlags { given, json }: &WithFlags) -> Result<(Accounts, RuntimeSettings), String> {
    let common = Common { database: given.settings.database.clone(), json: *json };
    let CommandContext { store, .. } = CommandContext::open(&common).await?;
    let public_url = given.settings.public_url.clone().unwrap_or_else(|| "a Taskwire server".to_owned());
    let settings = RuntimeSettings::new(given.clone(), store.clone());
    let accounts = Accounts::new(store.clone(), Hub::new(store), Some(settings.live().clone()), public_url);
    Ok((accounts, settings))
}

/// Changes a setting. What a server was started with is not known here, and wins there.
async fn change(name: String, value: Option<String>, common: &Common) -> Result<(), String> {
    let context = CommandContext::open(common).await?;
    let settings = RuntimeSettings::new(crate::settings::Settings::defaults().into(), context.store.clone());
    let changed = name.replace('-', "_");
    let wanted = WantedSetting { name, value, was: None };
    settings.change(&context.accounts, &context.operator, &[wanted]).await.map_err(error_message)?;
    let is_listed = |setting: &Setting| setting.source == SettingSource::Here || setting.name == changed;
    let listed = settings.list().into_iter().filter(is_listed);
    show(&listed.collect::<Vec<_>>(), common.json)
}

fn show(settings: &[Setting], json: bool) -> Result<(), String> {
    print(&settings, json, || {
        let source = |setting: &Setting| match (setting.set_by(), setting.source) {
            (Some(set_by), _) => set_by.to_owned(),
            (None, SettingSource::Here) => "set here".to_owned(),
            (None, _) => "default".to_owned(),
        };
        let head = ["SETTING", "VALUE", "FROM", "RESTART"].map(str::to_owned).to_vec();
        let row = |setting: &Setting| {
            let restart = if setting.changeable_by.is_some() { "no" } else { "yes" };
            let value = setting.value.clone().unwrap_or_else(|| "-".to_owned());
            vec![setting.name.replace('_', "-"), value, source(setting), restart.to_owned()]
        };
        let rows: Vec<_> = std::iter::once(head).chain(settings.iter().map(row)).collect();
        table(&rows)
    })
}
