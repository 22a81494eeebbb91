//! The table of all invitations: those that can be used, and those that were used or have expired and are not forgotten yet.

use app::{id::ActorId, time::Timestamp};
use sqlx::{Row, any::AnyRow};

use super::{Conditions, Expression, Rows, Slice, Source, Span, pattern, rows_of};
use crate::store::{
    OneTimeLink, Store, StoreError,
    rows::{id, optional_id},
};

/// Which invitations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvitationFilter {
    /// Those with this text in what their maker calls the person, in the person's e-mail address, or in the maker's name or e-mail
    /// address, ignoring case.
    pub text: String,
    /// In which state.
    pub state: InvitationState,
    /// Those that this person made.
    pub host: Option<ActorId>,
    /// Those that were made in this span.
    pub created: Span,
}

/// The state of an invitation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvitationState {
    /// Not used, and not expired.
    #[default]
    Waiting,
    /// Used.
    Used,
    /// Expired without being used.
    Expired,
    /// In any.
    Any,
}

/// What invitations are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationOrder {
    /// The time of creation.
    Created,
    /// The time at which it expires.
    Expires,
}

/// An invitation in the table.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// The link.
    pub link: OneTimeLink,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// Who used it.
    pub used_by: Option<ActorId>,
}

const INVITATIONS: Source = Source {
    select: "SELECT l.id, l.purpose, l.created_by, l.created_at, l.expires_at, l.used_at, l.used_by",
    from: "FROM one_time_links l",
    id: "l.id",
};

// The purpose is JSON that ends with `"email":"…","note":"…"`, of which each may be absent (`accounts::invitations::Invitation`).
const IN_NOTE: &str = "LOWER(l.purpose) LIKE '%\"note\":\"' || ? ESCAPE '\\'";
const IN_EMAIL: &str = "(LOWER(l.purpose) LIKE '%\"email\":\"' || ? || '\",\"note\":%' ESCAPE '\\' OR (l.purpose NOT LIKE '%\"note\":%' \
                        AND LOWER(l.purpose) LIKE '%\"email\":\"' || ? ESCAPE '\\'))";
const BY_MAKER: &str = "EXISTS (SELECT 1 FROM people p WHERE p.id = l.created_by \
                        AND (LOWER(p.name) LIKE ? ESCAPE '\\' OR p.email LIKE ? ESCAPE '\\'))";

/// The pattern for a text within a string of JSON.
fn json_pattern(text: &str) -> String {
    let json = serde_json::Value::from(text.trim()).to_string();
    pattern(json.trim_matches('"'))
}

impl InvitationOrder {
    fn expression(self) -> Expression {
        let sql = match self {
            Self::Created => "l.created_at",
            Self::Expires => "l.expires_at",
        };
        Expression { sql, is_number: true }
    }
}

impl InvitationFilter {
    fn conditions(&self, now: Timestamp) -> Conditions {
        let mut wanted = Conditions::default();
        // The purpose is JSON that begins with its kind (`accounts::one_time_links::Purpose`).
        wanted.add("l.purpose LIKE '{\"purpose\":\"invitation\"%'");
        if !self.text.trim().is_empty() {
            let within = json_pattern(&self.text);
            let maker = pattern(&self.text);
            wanted.any([(IN_NOTE, within.clone()), (IN_EMAIL, within), (BY_MAKER, maker)]);
        }
        wanted.within(self.created, "l.created_at >= ?", "l.created_at < ?");
        match self.state {
            InvitationState::Any => {}
            InvitationState::Waiting => {
                wanted.add("l.used_at IS NULL");
                wanted.bind("l.expires_at > ?", now.as_millis());
            }
            InvitationState::Used => wanted.add("l.used_at IS NOT NULL"),
            InvitationState::Expired => {
                wanted.add("l.used_at IS NULL");
                wanted.bind("l.expires_at <= ?", now.as_millis());
            }
        }
        if let Some(host) = self.host {
            wanted.bind("l.created_by = ?", host.to_string());
        }
        wanted
    }
}

impl Store {
    /// A page of all invitations that match at a time.
    pub async fn invitations_table(
        &self,
        filter: &InvitationFilter,
        slice: Slice<InvitationOrder>,
        now: Timestamp,
    ) -> Result<Rows<InvitationRow>, StoreError> {
        let expression = slice.order.expression();
        let (statement, limit) = INVITATIONS.page(filter.conditions(now), expression, slice);
        rows_of(statement.fetch_all(self.readers()).await?, limit, expression, invitation)
    }

    /// Counts the invitations that match at a time, up to one more than [`super::MOST_COUNTED`].
    pub async fn count_invitations(&self, filter: &InvitationFilter, now: Timestamp) -> Result<u64, StoreError> {
        INVITATIONS.count(self, filter.conditions(now)).await
    }
}

fn invitation(row: &AnyRow) -> Result<InvitationRow, StoreError> {
    Ok(InvitationRow {
        link: OneTimeLink {
            id: id(row.try_get("id")?)?,
            purpose: row.try_get("purpose")?,
            created_by: optional_id(row.try_get("created_by")?)?,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
        },
        used_at: row.try_get::<Option<i64>, _>("used_at")?.map(Timestamp::from_millis),
        used_by: optional_id(row.try_get("used_by")?)?,
    })
}
