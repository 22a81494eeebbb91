//! The mail server: whether it would take a mail, up to the point where one is sent.

use super::{Finding, NETWORK, within};
use crate::{http_client::with_causes, mail::Mail, settings::Settings};

const CHECK: &str = "mail";

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let Some((url, from)) = settings.smtp.as_deref().zip(settings.mail_from.as_deref()) else { return Vec::new() };
    let mail = match Mail::new(url, from, &settings.server_name) {
        Ok(mail) => mail,
        Err(error) => {
            return vec![Finding::error(
                CHECK,
                with_causes(&error),
                "correct this setting: with it, the server does not start",
            )];
        }
    };
    let remedy = "check the host, the port, the user name, the password and `tls` in --smtp (TASKWIRE_SMTP_URL) or the settings page, and that the \
                  mail server can be reached from here; mails wait in the database for a day";
    vec![match within(NETWORK, mail.test()).await {
        Ok(Ok(())) => Finding::ok(CHECK, "the mail server answers and lets this server in; no mail was sent"),
        Ok(Err(error)) => Finding::error(
            CHECK,
            format!("the mail server does not let this server in: {}", with_causes(&error)),
            remedy,
        ),
        Err(late) => Finding::error(CHECK, format!("{late} from the mail server"), remedy),
    }]
}
