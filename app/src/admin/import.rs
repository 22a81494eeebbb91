//! The import of people from a CSV file.

use leptos::prelude::*;
use serde::Deserialize;

use super::{Frame, Reader};
use crate::{
    account::{Mistake, document::copy_button, form::Form},
    controls::raw_text::in_textarea,
};

/// The path of the page.
pub const PATH: &str = "/admin/people/import";

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportForm {
    /// The content of the file.
    pub csv: String,
    /// What to do: `check`, or `invite`.
    #[serde(default)]
    pub wanted: String,
}

/// What came of an import.
pub struct Report {
    /// Whether nothing was done, because only a report was asked for.
    pub dry_run: bool,
    /// What came of it in all, as a sentence.
    pub words: String,
    /// For each line its number, the e-mail address, what came of it, and why or with which link.
    pub lines: Vec<[String; 4]>,
}

/// The data of the page.
pub struct Import {
    /// The reader.
    pub reader: Reader,
    /// What was typed.
    pub form: ImportForm,
    /// Whether the server mails the invitations.
    pub mails: bool,
    /// What came of it.
    pub report: Option<Report>,
    /// Why the file was refused.
    pub mistake: Option<Mistake>,
}

/// Renders the page.
pub fn page(content: Import) -> Frame {
    let Import { reader, form, mails, report, mistake } = content;
    let fields = Form::new("import", mistake.as_ref());
    let way = match mails {
        true => "Each person gets a link by mail.",
        false => "This server sends no mail, so you get a link for each person, this once.",
    };
    let report = report.map(|Report { dry_run, words, lines }| {
        let title = if dry_run { "What would be done" } else { "What was done" };
        let rows: Vec<_> = lines
            .into_iter()
            .map(|[line, email, outcome, more]| {
                let link = more.starts_with("http");
                let more = match link {
                    true => {
                        let id = format!("link-{line}");
                        let copy = copy_button(&id, Some(format!("Copy the link for {email}")));
                        view! {
                            <div class="copied-field">
                                <input
                                    id=id
                                    class="secret"
                                    readonly
                                    aria-label=format!("Link for {email}")
                                    value=more
                                />
                                {copy}
                            </div>
                        }
                        .into_any()
                    }
                    false => more.into_any(),
                };
                view! {
                    <tr>
                        <th scope="row">{line}</th>
                        <td data-column="E-mail address">{email}</td>
                        <td data-column="Outcome">{outcome}</td>
                        <td class="wide" data-column="Note">
                            {more}
                        </td>
                    </tr>
                }
                .into_any()
            })
            .collect();
        view! {
            <section class="sheet" aria-labelledby="report-title">
                <h2 id="report-title">{title}</h2>
                <p role="status">{words}</p>
                <div class="table-scroll" tabindex="0" role="region" aria-label=title>
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"Line"</th>
                                <th scope="col">"E-mail address"</th>
                                <th scope="col">"Outcome"</th>
                                <th scope="col">"Note"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
        .into_any()
    });
    let body = view! {
        {report}
        <form class="sheet" method="post" action=PATH>
            {fields.summary()}
            <p class="hint">
                "The first line names the columns: name and email, and if wanted role (member, admin or owner), boards (such as Plans=viewer|Holidays) and groups (such as Crew|Leads). Commas, semicolons or tabs may separate them, so cells can be pasted from a spreadsheet. "
                {way}
            </p>
            <div class="field">
                <label for="import-csv">"People, as CSV"</label>
                <textarea
                    id="import-csv"
                    name="csv"
                    rows="12"
                    required
                    spellcheck="false"
                    autocomplete="off"
                    inner_html=in_textarea(&form.csv)
                />
            </div>
            <p class="table-actions">
                <button class="button primary" name="wanted" value="check">
                    "Check"
                </button>
                <button class="button" name="wanted" value="invite">
                    "Invite"
                </button>
            </p>
        </form>
    }
    .into_any();
    Frame::new(reader, PATH, "Import people", body)
}
