//! `taskwire doctor`: checks an installation, and says what to do about what it finds.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use crate::{
    doctor::{Depth, Examination, Finding, Status, settings::Given},
    settings::seconds,
};

/// The settings of the service that the Debian package installs, which may hold passwords.
const SERVICE_SETTINGS: &str = "/etc/taskwire/taskwire.env";

/// Check the installation: settings, database, files, Redis, mail, sign-in and proxy. Takes the settings of `serve`, and changes
/// nothing, so it can be used while servers run.
#[derive(Clone, Debug, Args)]
pub struct DoctorCommand {
    /// The settings of the server.
    #[command(flatten)]
    given: Given,

    /// A file with secrets whose permissions are checked, such as that with the environment of the service. Repeatable.
    /// [default: /etc/taskwire/taskwire.env, if there is one]
    #[arg(long = "secret-file", value_name = "FILE")]
    secret_files: Vec<PathBuf>,

    /// How many seconds each check may take that reads the whole database.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    time_limit: Duration,

    /// Print JSON instead of lines for people: an array of findings.
    #[arg(long)]
    json: bool,
}

impl DoctorCommand {
    /// Checks, and prints what was found. The error says how many findings are errors.
    pub async fn run(self) -> Result<(), String> {
        let Self { given, mut secret_files, time_limit, json } = self;
        let of_service = PathBuf::from(SERVICE_SETTINGS);
        if secret_files.is_empty() && of_service.exists() {
            secret_files.push(of_service);
        }
        let found = Examination { given, secret_files, time_limit, depth: Depth::Whole }.run().await;
        let text = match json {
            true => serde_json::to_string_pretty(&found).map_err(|error| error.to_string())?,
            false => found.iter().map(Finding::line).collect::<Vec<_>>().join("\n"),
        };
        super::write_out(format!("{text}\n").as_bytes())?;
        match found.iter().filter(|finding| finding.status == Status::Error).count() {
            0 => Ok(()),
            1 => Err("1 check found an error".to_owned()),
            errors => Err(format!("{errors} checks found errors")),
        }
    }
}
