//! The settings of a server as values: what each one is, its value, and where that comes from. The server collects them; the administration,
//! the REST interface and the command line show the same [`Setting`].

use serde::Serialize;
use utoipa::ToSchema;

use crate::{access::InstanceRole, id::ActorId, time::Timestamp};

/// A setting of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What it belongs to.
    pub section: Section,
    /// What people call it.
    pub label: String,
    /// What it does.
    pub description: String,
    /// Its value, as one would write it on the command line, with `***` for what is secret of it; `null` if it has none.
    pub value: Option<String>,
    /// The value that it has if nobody sets it; `null` if it then has none.
    pub default: Option<String>,
    /// Where the value comes from.
    pub source: SettingSource,
    /// The flag of `taskwire serve` that sets it at start.
    pub flag: String,
    /// The environment variable that sets it at start.
    pub variable: Option<String>,
    /// The least role of those who may change it while the server runs; `null` if it can only be set at start.
    pub changeable_by: Option<InstanceRole>,
    /// When it was changed here.
    pub changed_at: Option<Timestamp>,
    /// Who changed it here: a person, or the command line (see `by` of a `Change`); `null` on a server without accounts.
    pub changed_by: Option<ActorId>,
    /// What is wrong with the value, and what to do about it; `null` if nothing is.
    pub problem: Option<String>,
}

impl Setting {
    /// The flag or the variable that set it at start, if one did.
    pub fn set_by(&self) -> Option<&str> {
        match self.source {
            SettingSource::Flag => Some(&self.flag),
            SettingSource::Variable => Some(self.variable.as_deref().unwrap_or(&self.flag)),
            SettingSource::Here | SettingSource::Default => None,
        }
    }

    /// Whether it can be changed now: it is one of those that can, and was not set at start.
    pub fn is_open(&self) -> bool {
        self.changeable_by.is_some() && self.set_by().is_none()
    }
}

/// Where the value of a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    /// The flag, at start.
    Flag,
    /// The environment variable, at start.
    Variable,
    /// It was changed while the server ran.
    Here,
    /// Nobody set it.
    Default,
}

/// What a setting belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettingSection)]
pub enum Section {
    /// The server as a whole.
    General,
    /// Who gets an account.
    SignUp,
    /// Mail.
    Mail,
    /// How long things are kept.
    Retention,
    /// How much one caller may use.
    Limits,
    /// Everything else, which is set at start alone.
    Start,
}

impl Section {
    /// The sections with settings that can be changed, in the order in which they are shown.
    pub const OPEN: [Self; 5] = [Self::General, Self::SignUp, Self::Mail, Self::Retention, Self::Limits];

    /// The title.
    pub fn title(self) -> &'static str {
        match self {
            Self::General => "The server",
            Self::SignUp => "Who gets an account",
            Self::Mail => "Mail",
            Self::Retention => "How long things are kept",
            Self::Limits => "Limits",
            Self::Start => "Set at start",
        }
    }
}
