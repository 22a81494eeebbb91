//! The import of people from a CSV file.

use app::{
    account::Mistake,
    admin::import::{Import, ImportForm, Report, page},
};
use axum::{http::StatusCode, response::Response};

use super::{answer, reader::Admin};
use crate::{
    accounts::{
        AccountError,
        import::{Imported, ImportedLine, Outcome},
    },
    http::account::{answer::ErrorPage, form::Form},
};

/// `GET /admin/people/import`
pub async fn show(admin: Admin) -> Response {
    let content = content(&admin, ImportForm::default());
    answer::page(&admin, page(content))
}

/// `POST /admin/people/import`: answers with the report itself, which may have links that are shown only once.
pub async fn import(admin: Admin, Form(form): Form<ImportForm>) -> Result<Response, ErrorPage> {
    let dry_run = form.wanted != "invite";
    match admin.services.accounts.import(&admin.credentials, form.csv.as_bytes(), dry_run).await {
        Ok(imported) => {
            let content = Import { report: Some(report(imported)), ..content(&admin, form) };
            Ok(answer::page(&admin, page(content)))
        }
        Err(error @ AccountError::Invalid { .. }) => {
            let mistake = Some(Mistake::at("csv", error.sentence()));
            let content = Import { mistake, ..content(&admin, form) };
            Ok(answer::refused(&admin, StatusCode::UNPROCESSABLE_ENTITY, page(content)))
        }
        Err(error) => Err(error.into()),
    }
}

fn content(admin: &Admin, form: ImportForm) -> Import {
    let mails = admin.services.accounts.sends_mail();
    Import { reader: admin.reader(), form, mails, report: None, mistake: None }
}

fn report(imported: Imported) -> Report {
    let Imported { dry_run, new, known, wrong, lines } = imported;
    let people = |count: usize| if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    let done = match (dry_run, new) {
        (true, _) => "would be invited",
        (false, 1) => "is invited",
        (false, _) => "are invited",
    };
    let mut words = format!("{} {done}.", people(new));
    if known > 0 {
        let have = if known == 1 { "has" } else { "have" };
        words.push_str(&format!(" {} {have} an account or an invitation already.", people(known)));
    }
    if wrong > 0 {
        let lines = if wrong == 1 { "1 line is wrong".to_owned() } else { format!("{wrong} lines are wrong") };
        words.push_str(&format!(" {lines}: correct the list and import it again; nobody is invited twice."));
    }
    let line = |line: ImportedLine| {
        let outcome = match line.outcome {
            Outcome::New if dry_run => "new: would be invited",
            Outcome::New => "new: is invited now",
            Outcome::Exists => "exists: has an account",
            Outcome::Invited => "invited: has an invitation from before",
            Outcome::Wrong => "wrong",
        };
        [line.line.to_string(), line.email, outcome.to_owned(), line.why.or(line.url).unwrap_or_default()]
    };
    Report { dry_run, words, lines: lines.into_iter().map(line).collect() }
}
