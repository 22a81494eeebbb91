//! Many people at once: invitations from a CSV file.
//!
//! The file's first line names its columns: `name`, `email`, and if wanted `role`, `boards` and `groups`. Each further line is a person. What is
//! wrong with a line is reported, and the other lines are done. Somebody who has an account or an invitation gets no other one, so a
//! corrected file can be imported again.

use std::collections::{HashMap, HashSet};

use app::{
    access::{BoardRole, InstanceRole, Principal},
    audit::{Action, Target, TargetKind},
    id::BoardId,
    people::check_name,
    text::shortened,
};
use csv::{ReaderBuilder, StringRecord, Trim};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    AccountError, Accounts,
    invitations::{INVITATION, Invitation, MAX_BOARDS},
    may, named,
    one_time_links::{Purpose, Step, after, still_stands},
    passwords::not_sent,
    people::check_email,
    principal,
};
use crate::{
    clock::now,
    credentials::Credentials,
    outbox::{Job, JobError},
    secret::Secret,
    store::{Directory, NewEvent, OneTimeLink},
};

/// The most people in one file.
const MAX_LINES: usize = 20_000;

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct Imported {
    /// Whether nothing was done, because only a report was asked for.
    pub dry_run: bool,
    /// How many people were invited, or would be.
    pub new: usize,
    /// How many have an account or an invitation.
    pub known: usize,
    /// How many lines are wrong.
    pub wrong: usize,
    /// All lines, in their order.
    pub lines: Vec<ImportedLine>,
}

/// What came of a line of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedLine {
    /// The number of the line in the file.
    pub line: u64,
    /// The person's name, as the line has it.
    pub name: String,
    /// The person's e-mail address, as the line has it.
    pub email: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What is wrong with the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub why: Option<String>,
    /// The link to send to the person. It is absent if the server mails it, and shown only this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub url: Option<String>,
}

/// What came of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The person is invited.
    New,
    /// The person has an account.
    Exists,
    /// The person has an invitation that was not used yet.
    Invited,
    /// The line is wrong.
    Wrong,
}

impl Outcome {
    /// The name that is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Exists => "exists",
            Self::Invited => "invited",
            Self::Wrong => "wrong",
        }
    }
}

impl Accounts {
    /// Invites the people in a CSV file, by mail if this server sends any. With `dry_run`, only tells what would be done.
    pub async fn import(
        &self,
        credentials: &Credentials,
        file: &[u8],
        dry_run: bool,
    ) -> Result<Imported, AccountError> {
        may(self.principal(credentials)?.may_manage_people())?;
        let rows = read(file)?;
        let (boards, groups) = (self.named_boards(&rows).await?, self.named_groups(&rows).await?);
        let mut change = self.begin(credentials).await?;
        let done = async {
            let asking = principal(&change)?.clone();
            may(asking.may_manage_people())?;
            // Read under the lock, so that of two imports of one file at once one invites.
            let invited = self.invitations(credentials).await?;
            let invited: HashSet<String> = invited.into_iter().filter_map(|(_, invitation)| invitation.email).collect();
            let mut first_lines = HashMap::new();
            let mut lines = Vec::with_capacity(rows.len());
            for row in rows {
                let judge = Judge {
                    asking: &asking,
                    directory: change.directory(),
                    invited: &invited,
                    boards: &boards,
                    groups: &groups,
                };
                let mut line = ImportedLine {
                    line: row.line,
                    name: row.name.clone(),
                    email: row.email.clone(),
                    outcome: Outcome::New,
                    why: None,
                    url: None,
                };
                match judge.judge(row, &mut first_lines) {
                    Ok(Ok(invitation)) if !dry_run => {
                        let secret = Secret::sealed("", self.store().seal());
                        let created_at = now();
                        let (name, email) = (invitation.note.clone(), invitation.email.clone());
                        let purpose = Purpose::Invitation(invitation);
                        let link = OneTimeLink {
                            id: app::new_id(),
                            purpose: purpose.to_json(),
                            created_by: asking.person,
                            created_at,
                            expires_at: after(created_at, INVITATION),
                        };
                        let event = purpose.event(Step::Created, Some(link.id), &change);
                        change.insert_one_time_link(secret.hash(), &link, event).await?;
                        match email.filter(|_| self.sends_mail()) {
                            Some(email) => {
                                let job = Job::InvitationMail { link: link.id, name, email };
                                change.enqueue(&job.enqueued(app::new_id())).await?;
                            }
                            None => line.url = Some(secret.link(&self.shared.public_url, "join")),
                        }
                    }
                    Ok(Ok(_)) => {}
                    Ok(Err(known)) => line.outcome = known,
                    Err(why) => (line.outcome, line.why) = (Outcome::Wrong, Some(why)),
                }
                lines.push(line);
            }
            let count = |wanted: &[Outcome]| lines.iter().filter(|line| wanted.contains(&line.outcome)).count();
            let (new, wrong) = (count(&[Outcome::New]), count(&[Outcome::Wrong]));
            Ok(Imported { dry_run, new, known: count(&[Outcome::Exists, Outcome::Invited]), wrong, lines })
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// The boards that a file names, by their ids and names. A name that several boards have is `None`.
    async fn named_boards(&self, rows: &[Row]) -> Result<HashMap<String, Option<BoardId>>, AccountError> {
        let mut boards = HashMap::new();
        for (name, _) in rows.iter().flat_map(|row| wanted_boards(&row.boards)) {
            if boards.contains_key(name) {
                continue;
            }
            let found = match name.parse::<BoardId>() {
                Ok(id) => Vec::from_iter(self.store().board(id).await?.filter(|board| board.exists()).map(|_| id)),
                Err(_) => self.store().boards_named(name).await?,
            };
            match found[..] {
                [] => {}
                [id] => drop(boards.insert(name.to_owned(), Some(id))),
                _ => drop(boards.insert(name.to_owned(), None)),
            }
        }
        Ok(boards)
    }

    /// The groups that a file names, by their ids and names.
    async fn named_groups(&self, rows: &[Row]) -> Result<HashMap<String, Uuid>, AccountError> {
        let mut groups = HashMap::new();
        for name in rows.iter().flat_map(|row| wanted_groups(&row.groups)) {
            if groups.contains_key(name) {
                continue;
            }
            let found = match name.parse() {
                Ok(id) => self.store().group(id).await?,
                Err(_) => self.store().group_named(name).await?,
            };
            if let Some(group) = found {
                groups.insert(name.to_owned(), group.id);
            }
        }
        Ok(groups)
    }

    /// Mails an invitation. The secret is in the mail alone, so each attempt gives the link another one, and only the newest works.
    pub async fn mail_invitation(&self, job: Uuid, link: Uuid, name: &str, email: &str) -> Result<(), JobError> {
        let mail = self.mail()?;
        let secret = Secret::sealed("", self.store().seal());
        let renew = async {
            let mut change = self.begin(&Credentials::local()).await?;
            let done = async {
                let Some(link) = change.one_time_link_called(link, now()).await? else { return Ok(false) };
                let stands = Purpose::parse(&link.purpose)
                    .is_some_and(|purpose| still_stands(change.directory(), &link, &purpose));
                let target = Target::new(TargetKind::Invitation, link.id, name);
                let event = NewEvent::about(Action::InvitationMailed, target);
                Ok(stands && change.renew_one_time_link(link.id, secret.hash(), now(), event).await?)
            };
            let done = done.await;
            self.finish(change, done).await
        };
        match renew.await {
            Ok(true) => {
                let link = secret.link(&self.shared.public_url, "join");
                mail.send_invitation(job, name, email, &link).await.map_err(not_sent)
            }
            // It was used or revoked, or whoever made it lost the role for it.
            Ok(false) => Ok(()),
            Err(error) => Err(JobError::Retry(error.to_string())),
        }
    }
}

/// A line of the file, as it stands there.
struct Row {
    line: u64,
    name: String,
    email: String,
    role: String,
    boards: String,
    groups: String,
    /// Whether it has more fields than the first line.
    is_too_long: bool,
}

/// Reads a file. An error if it is no such file at all.
fn read(file: &[u8]) -> Result<Vec<Row>, AccountError> {
    let wrong = |message: String| AccountError::invalid("csv", message);
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let Ok(text) = std::str::from_utf8(file) else {
        return Err(wrong("the file is not text in UTF-8; save it as “CSV UTF-8”".to_owned()));
    };
    // The reader counts a line once it is past the line feed, which comes after the end of a line that ends with both.
    let text = text.replace("\r\n", "\n");
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: &u8| first.bytes().filter(|byte| byte == separator).count();
    // Spreadsheets write the separator of the person's country.
    let separator = [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',');
    let mut reader =
        ReaderBuilder::new().delimiter(separator).flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| wrong(format!("the file cannot be read: {error}")))?.clone();
    let mut places: HashMap<&'static str, usize> = HashMap::new();
    for (place, header) in headers.iter().enumerate() {
        let column = match header.to_lowercase().as_str() {
            "name" => "name",
            "email" | "e-mail" | "email address" | "e-mail address" => "email",
            "role" => "role",
            "boards" => "boards",
            "groups" => "groups",
            _ => {
                let header = shortened(header);
                return Err(wrong(format!(
                    "the file has a column “{header}”; it may have name, email, role, boards and groups"
                )));
            }
        };
        if places.insert(column, place).is_some() {
            return Err(wrong(format!("the file has the column {column} twice")));
        }
    }
    if let Some(missing) = ["name", "email"].into_iter().find(|column| !places.contains_key(column)) {
        return Err(wrong(format!("the file’s first line must name its columns, and {missing} is not among them")));
    }
    let mut rows = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|error| wrong(format!("the file cannot be read: {error}")))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == MAX_LINES {
            return Err(wrong(format!("the file has more than {MAX_LINES} lines; split it")));
        }
        let field = |record: &StringRecord, column| {
            places.get(column).and_then(|place| record.get(*place)).unwrap_or_default().to_owned()
        };
        rows.push(Row {
            line: record.position().map_or(0, csv::Position::line),
            name: field(&record, "name"),
            email: field(&record, "email"),
            role: field(&record, "role"),
            boards: field(&record, "boards"),
            groups: field(&record, "groups"),
            is_too_long: record.len() > headers.len(),
        });
    }
    Ok(rows)
}

/// The boards of a line, `Plans=viewer|Holidays`, each with its role.
fn wanted_boards(text: &str) -> impl Iterator<Item = (&str, BoardRole)> {
    let boards = text.split('|').map(str::trim).filter(|board| !board.is_empty());
    boards.map(|board| match board.rsplit_once('=') {
        Some((name, role)) => match BoardRole::parse(&role.trim().to_lowercase()) {
            Some(role) => (name.trim(), role),
            None => (board, BoardRole::Editor),
        },
        None => (board, BoardRole::Editor),
    })
}

/// The groups of a line, `Crew|Leads`.
fn wanted_groups(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').map(str::trim).filter(|group| !group.is_empty())
}

/// What is needed to judge a line.
struct Judge<'a> {
    asking: &'a Principal,
    directory: &'a Directory,
    invited: &'a HashSet<String>,
    boards: &'a HashMap<String, Option<BoardId>>,
    groups: &'a HashMap<String, Uuid>,
}

impl Judge<'_> {
    /// The invitation of a line, or why it needs none. An error says what is wrong with the line.
    fn judge(&self, row: Row, first_lines: &mut HashMap<String, u64>) -> Result<Result<Invitation, Outcome>, String> {
        let told = |error: AccountError| match error {
            AccountError::Invalid { message, .. } => message,
            error => error.to_string(),
        };
        if row.is_too_long {
            return Err("it has more fields than the first line".to_owned());
        }
        let name = named(check_name(&row.name), "name").map_err(told)?;
        let email = check_email(&row.email).map_err(told)?;
        if let Some(first) = first_lines.insert(email.clone(), row.line) {
            first_lines.insert(email, first);
            return Err(format!("line {first} has the same e-mail address"));
        }
        let role = match row.role.to_lowercase().as_str() {
            "" => InstanceRole::Member,
            role => InstanceRole::parse(role).ok_or("the role must be member, admin or owner")?,
        };
        if !self.asking.may_manage(role) {
            return Err("you may not give a role above your own".to_owned());
        }
        let mut boards: Vec<(BoardId, BoardRole)> = Vec::new();
        for (name, role) in wanted_boards(&row.boards) {
            match self.boards.get(name) {
                Some(Some(board)) if boards.iter().any(|(known, _)| known == board) => {
                    return Err(format!("it names the board “{}” twice", shortened(name)));
                }
                Some(Some(board)) => boards.push((*board, role)),
                Some(None) => return Err(format!("several boards are called “{}”; give the id", shortened(name))),
                None => return Err(format!("there is no board “{}”", shortened(name))),
            }
        }
        if boards.len() > MAX_BOARDS {
            return Err(format!("an invitation may name at most {MAX_BOARDS} boards"));
        }
        let mut groups: Vec<Uuid> = Vec::new();
        for name in wanted_groups(&row.groups) {
            match self.groups.get(name) {
                Some(group) if groups.contains(group) => {
                    return Err(format!("it names the group “{}” twice", shortened(name)));
                }
                Some(group) => groups.push(*group),
                None => return Err(format!("there is no group “{}”", shortened(name))),
            }
        }
        if groups.len() > MAX_BOARDS {
            return Err(format!("an invitation may name at most {MAX_BOARDS} groups"));
        }
        if self.directory.account_of(&email).is_some() {
            return Ok(Err(Outcome::Exists));
        }
        if self.invited.contains(&email) {
            return Ok(Err(Outcome::Invited));
        }
        Ok(Ok(Invitation { role, boards, groups, email: Some(email), note: name }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_spreadsheets_are_read_as_they_are() {
        let read = |text: &str| {
            let rows = super::read(text.as_bytes()).unwrap();
            rows.into_iter().map(|row| (row.line, row.name, row.email, row.boards)).collect::<Vec<_>>()
        };
        let row = |line, boards: &str| (line, "Lima, Ana".to_owned(), "ana@example.com".to_owned(), boards.to_owned());
        assert_eq!(read("\u{feff}E-Mail;Name\r\nana@example.com;Lima, Ana\r\n\r\n;\r\n"), [row(2, "")]);
        assert_eq!(read("name\temail\tboards\nLima, Ana\tana@example.com\tPlans | b\n"), [row(2, "Plans | b")]);
        assert_eq!(read("name,email\n\"Lima, Ana\", ana@example.com\n"), [row(2, "")]);
        assert_eq!(read("name,email\n"), []);
        for (wrong, why) in [
            (&b"name,email\n\xff,a@b\n"[..], "UTF-8"),
            (b"", "first line"),
            (b"name\nAna\n", "email is not among them"),
            (b"name,email,phone\n", "a column “phone”"),
            (b"name,email,Name\n", "the column name twice"),
        ] {
            let error = super::read(wrong).err().unwrap().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_board_has_a_role_behind_its_name() {
        let boards: Vec<_> = wanted_boards(" Plans = viewer|a=b | |Home").collect();
        assert_eq!(boards, [("Plans", BoardRole::Viewer), ("a=b", BoardRole::Editor), ("Home", BoardRole::Editor)]);
    }
}
