//! The table of all tokens.

use app::{access::Scope, id::ActorId, time::Timestamp};
use sqlx::{Row, any::AnyRow};

use super::{Conditions, Expression, Rows, Slice, Source, Span, rows_of};
use crate::store::{Store, StoreError, Token, accounts::tokens::token};

/// Which tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenFilter {
    /// Those with this text in their names, or in the names or e-mail addresses of their owners, ignoring case.
    pub text: String,
    /// Those of this person.
    pub person: Option<ActorId>,
    /// Those with this scope.
    pub scope: Option<Scope>,
    /// In which state.
    pub state: TokenState,
    /// Those that were created in this span.
    pub created: Span,
}

/// The state of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenState {
    /// In any.
    #[default]
    Any,
    /// It works.
    Works,
    /// It works, and never expires.
    Forever,
    /// It works, and was not used after this time.
    UnusedSince(Timestamp),
    /// It does not work: it has expired, or its owner is deactivated.
    Dead,
}

/// What tokens are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOrder {
    /// The name, ignoring case (of ASCII, on SQLite).
    Name,
    /// The time of creation.
    Created,
    /// The time of the last use; those that were never used have the time 0.
    Used,
}

/// A token in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// The token.
    pub token: Token,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

const TOKENS: Source = Source {
    // Begins with what `token` reads.
    select: "SELECT k.hash, k.id, k.person, k.name, k.scope, k.created_at, k.expires_at, k.used_at",
    from: "FROM tokens k CROSS JOIN people p",
    id: "k.id",
};

impl TokenOrder {
    fn expression(self) -> Expression {
        let (sql, is_number) = match self {
            Self::Name => ("LOWER(k.name)", false),
            Self::Created => ("k.created_at", true),
            Self::Used => ("COALESCE(k.used_at, 0)", true),
        };
        Expression { sql, is_number }
    }
}

impl TokenFilter {
    fn conditions(&self, now: Timestamp) -> Conditions {
        let mut wanted = Conditions::default();
        wanted.add("k.revoked_at IS NULL");
        wanted.add("p.id = k.person");
        if !self.text.trim().is_empty() {
            let anywhere = "(LOWER(k.name) LIKE ? ESCAPE '\\' OR LOWER(p.name) LIKE ? ESCAPE '\\' \
                            OR p.email LIKE ? ESCAPE '\\')";
            wanted.contains(anywhere, &self.text);
        }
        if let Some(person) = self.person {
            wanted.bind("k.person = ?", person.to_string());
        }
        if let Some(scope) = self.scope {
            wanted.bind("k.scope = ?", scope.as_str());
        }
        wanted.within(self.created, "k.created_at >= ?", "k.created_at < ?");
        if !matches!(self.state, TokenState::Any | TokenState::Dead) {
            wanted.add("p.deactivated_at IS NULL");
            wanted.bind("(k.expires_at IS NULL OR k.expires_at > ?)", now.as_millis());
        }
        match self.state {
            TokenState::Any | TokenState::Works => {}
            TokenState::Forever => wanted.add("k.expires_at IS NULL"),
            TokenState::UnusedSince(time) => wanted.bind("COALESCE(k.used_at, k.created_at) < ?", time.as_millis()),
            TokenState::Dead => wanted.bind("(p.deactivated_at IS NOT NULL OR k.expires_at <= ?)", now.as_millis()),
        }
        wanted
    }
}

impl Store {
    /// A page of all tokens that match and are not revoked.
    pub async fn tokens_table(
        &self,
        filter: &TokenFilter,
        slice: Slice<TokenOrder>,
        now: Timestamp,
    ) -> Result<Rows<TokenRow>, StoreError> {
        let expression = slice.order.expression();
        let (statement, limit) = TOKENS.page(filter.conditions(now), expression, slice);
        let read = |row: &AnyRow| {
            let used_at = row.try_get::<Option<i64>, _>("used_at")?.map(Timestamp::from_millis);
            Ok(TokenRow { token: token(row)?, used_at })
        };
        rows_of(statement.fetch_all(self.readers()).await?, limit, expression, read)
    }

    /// Counts the tokens that match and are not revoked, up to one more than [`super::MOST_COUNTED`].
    pub async fn count_all_tokens(&self, filter: &TokenFilter, now: Timestamp) -> Result<u64, StoreError> {
        TOKENS.count(self, filter.conditions(now)).await
    }
}
