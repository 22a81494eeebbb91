//! `taskwire audit`: the audit log, as JSON Lines.

use app::audit::Action;
use clap::{Args, builder::PossibleValuesParser};

use super::{CommandContext, Common, error_message, write_out};
use crate::accounts::audit::AuditQuery;

/// How many events are read at once.
const BLOCK: usize = 500;

/// See [`Command::Audit`](super::Command::Audit).
#[derive(Clone, Debug, Args)]
#[command(mut_arg("json", |json| json.help("Changes nothing: the events are printed as JSON in any case, one object a line")))]
pub struct AuditCommand {
    /// Only events from this time (RFC 3339) or day (in UTC) on.
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    since: String,
    /// Only events before this time, or until the end of this day.
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    until: String,
    /// Only what was done by this person (an e-mail address or an id), or by `operator` (the command line), `server` or `nobody`.
    #[arg(long, value_name = "WHO", default_value = "", hide_default_value = true)]
    actor: String,
    /// Only this action.
    #[arg(long, value_name = "ACTION", value_parser = PossibleValuesParser::new(Action::ALL.iter().map(|action| action.as_str())))]
    action: Option<String>,
    /// Only what was done to the person, token, invitation, board or share link with this id.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    target: String,
    /// Only events with this text in a name, an address or the details.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    text: String,
    #[command(flatten)]
    common: Common,
}

impl AuditCommand {
    /// Prints the events, newest first. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        let Self { since, until, actor, action, target, text, common } = self;
        let context = CommandContext::open(&common).await?;
        let (action, from, to, q) = (action.unwrap_or_default(), since, until, text);
        let query = AuditQuery { actor, action, target, from, to, q };
        let filter = query.filter(&context.store.directory()).map_err(error_message)?;
        let accounts = &context.accounts;
        let mut next = Some(accounts.export_audit(&context.operator, &filter).await.map_err(error_message)?);
        while next.is_some() {
            let page = accounts.audit(&context.operator, &filter, next, BLOCK).await.map_err(error_message)?;
            next = page.next;
            let mut lines = Vec::new();
            for event in &page.events {
                serde_json::to_writer(&mut lines, event).map_err(|error| error.to_string())?;
                lines.push(b'\n');
            }
            if !write_out(&lines)? {
                break;
            }
        }
        Ok(())
    }
}
