//! What a backup has of each table, and what it leaves out.
//!
//! This list is the only place that decides about secrets. A test compares it with the tables of every version of the schema, so a
//! migration that adds a table or a column adds it here, too.

/// A table of the schema.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The version of the schema that added it.
    pub since: i64,
    /// The columns that order its rows. They are unique and indexed.
    pub key: &'static [&'static str],
    /// All its columns.
    pub columns: &'static [Column],
    /// Which rows a backup without secrets has.
    pub public: Rows,
}

/// Which rows of a table a backup without secrets has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All.
    All,
    /// None: every row is a secret, or is of no use without one.
    None,
    /// Those for which this condition holds.
    Where(&'static str),
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// The version of the schema that added it.
    pub since: i64,
    /// If it is a secret: the SQL expression that a backup without secrets has in its place.
    pub instead: Option<&'static str>,
}

/// The kinds of values. There are no others in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, or nothing.
    Text,
    /// An integer of 64 bits, or nothing.
    Number,
}

/// The tables, in the order in which their rows can be inserted: a row comes after those that it refers to.
///
/// A backup without secrets has nothing by which somebody could get in: no password hash, and no hash of a session, a token, a link or a
/// device. It does not have the installation's key either, which signs cookies, links, and the messages between nodes.
pub const TABLES: &[Table] = &[
    Table {
        name: "people",
        since: 2,
        key: &["id"],
        columns: &[
            text("id", 2),
            text("name", 2),
            text("email", 2),
            text("role", 2),
            secret_text("password", 2, "NULL"),
            number("created_at", 2),
            number("deactivated_at", 2),
            number("credentials", 6),
            number("email_proved_at", 6),
        ],
        public: Rows::All,
    },
    // Who somebody is at a provider of identities. They prove it there, so it is no secret.
    Table {
        name: "identities",
        since: 2,
        key: &["issuer", "subject"],
        columns: &[text("issuer", 2), text("subject", 2), text("person", 2)],
        public: Rows::All,
    },
    Table {
        name: "boards",
        since: 1,
        key: &["id"],
        columns: &[
            text("id", 1),
            text("name", 1),
            number("seq", 1),
            number("created_at", 1),
            number("changed_at", 1),
            number("deleted_at", 1),
            number("log_start", 1),
            text("everyone", 2),
            number("name_seq", 3),
            number("listed", 8),
            number("deletion_noticed_at", 17),
            number("archived_at", 22),
            number("archived_seq", 22),
            text("key", 27),
            number("numbers", 27),
            text("hue", 28),
            text("description", 28),
            number("look_seq", 28),
        ],
        public: Rows::All,
    },
    Table {
        name: "board_keys",
        since: 27,
        key: &["key"],
        columns: &[text("key", 27), text("board", 27)],
        public: Rows::All,
    },
    Table {
        name: "board_members",
        since: 2,
        key: &["board", "person"],
        columns: &[text("board", 2), text("person", 2), text("role", 2), number("board_created_at", 13)],
        public: Rows::All,
    },
    Table {
        name: "board_stars",
        since: 29,
        key: &["person", "board"],
        columns: &[text("person", 29), text("board", 29)],
        public: Rows::All,
    },
    Table {
        name: "columns",
        since: 1,
        key: &["board", "id"],
        columns: &[
            text("board", 1),
            text("id", 1),
            text("name", 1),
            text("kind", 1),
            text("rank", 1),
            number("seq", 3),
        ],
        public: Rows::All,
    },
    Table {
        name: "tasks",
        since: 1,
        key: &["id"],
        columns: &[
            text("id", 1),
            text("board", 1),
            text("title", 1),
            text("description", 1),
            text("column_id", 1),
            text("rank", 1),
            text("priority", 1),
            text("due", 1),
            text("reopen_column", 1),
            number("created_at", 1),
            text("created_by", 1),
            number("updated_at", 1),
            text("updated_by", 1),
            number("deleted_at", 1),
            number("seq", 1),
            number("title_seq", 1),
            number("description_seq", 1),
            number("priority_seq", 3),
            number("due_seq", 3),
            number("place_seq", 3),
            text("assignees", 4),
            number("assignees_seq", 4),
            text("start", 10),
            number("start_seq", 10),
            text("labels", 23),
            number("labels_seq", 23),
            number("checklists_seq", 25),
            number("comments", 26),
            number("comments_seq", 26),
        ],
        public: Rows::All,
    },
    Table {
        name: "task_numbers",
        since: 27,
        key: &["board", "number"],
        columns: &[text("board", 27), number("number", 27), text("task", 27)],
        public: Rows::All,
    },
    Table {
        name: "labels",
        since: 23,
        key: &["board", "id"],
        columns: &[
            text("board", 23),
            text("id", 23),
            text("name", 23),
            text("hue", 23),
            text("tone", 23),
            text("pattern", 23),
            text("description", 23),
            text("rank", 23),
            text("merged_into", 23),
            number("seq", 23),
        ],
        public: Rows::All,
    },
    Table {
        name: "comments",
        since: 26,
        key: &["board", "id"],
        columns: &[
            text("board", 26),
            text("id", 26),
            text("task", 26),
            text("author", 26),
            text("text", 26),
            number("created_at", 26),
            number("created_seq", 26),
            number("edited_at", 26),
            number("deleted_at", 26),
            text("reactions", 26),
            number("text_seq", 26),
            number("seq", 26),
        ],
        public: Rows::All,
    },
    Table {
        name: "comment_versions",
        since: 26,
        key: &["board", "comment", "seq"],
        columns: &[text("board", 26), text("comment", 26), number("seq", 26), number("at", 26), text("text", 26)],
        public: Rows::All,
    },
    Table {
        name: "checklists",
        since: 25,
        key: &["board", "task", "id"],
        columns: &[
            text("board", 25),
            text("task", 25),
            text("id", 25),
            text("name", 25),
            text("rank", 25),
            number("deleted", 25),
            number("seq", 25),
        ],
        public: Rows::All,
    },
    Table {
        name: "checklist_items",
        since: 25,
        key: &["board", "task", "id"],
        columns: &[
            text("board", 25),
            text("task", 25),
            text("id", 25),
            text("checklist", 25),
            text("text", 25),
            number("done", 25),
            text("assignee", 25),
            text("due", 25),
            text("rank", 25),
            number("seq", 25),
        ],
        public: Rows::All,
    },
    // The log. A change that creates a share link has the id of the link, not its hash.
    Table {
        name: "changes",
        since: 1,
        key: &["board", "seq"],
        columns: &[
            text("board", 1),
            number("seq", 1),
            number("at", 1),
            text("mutation", 1),
            number("fingerprint", 1),
            text("json", 1),
            text("task", 3),
            text("told", 3),
            number("schema", 11),
        ],
        public: Rows::All,
    },
    // With the log and the next table, what makes a repeated mutation get its first answer.
    Table {
        name: "answers",
        since: 7,
        key: &["mutation"],
        columns: &[
            text("mutation", 7),
            number("fingerprint", 7),
            number("seq", 7),
            text("refusal", 7),
            number("at", 7),
        ],
        public: Rows::All,
    },
    Table {
        name: "upkeep",
        since: 7,
        key: &["one"],
        columns: &[number("one", 7), number("forgotten_before", 7), number("believed_at", 7)],
        public: Rows::All,
    },
    Table {
        name: "access_revision",
        since: 2,
        key: &["one"],
        columns: &[number("one", 2), number("revision", 2), number("schema", 11)],
        public: Rows::All,
    },
    // With `boards.listed`.
    Table {
        name: "board_list",
        since: 8,
        key: &["one"],
        columns: &[number("one", 8), number("revision", 8)],
        public: Rows::All,
    },
    // No secret, but without the sessions nobody's cookie depends on it; and a copy beside the original needs an id of its own, or
    // the two would overwrite each other's cookies. So a restored database has a new one, which its migration made.
    Table {
        name: "instance",
        since: 9,
        key: &["one"],
        columns: &[number("one", 9), text("id", 9)],
        public: Rows::None,
    },
    Table {
        name: "installation_key",
        since: 8,
        key: &["one"],
        columns: &[number("one", 8), text("key", 8), number("unsealed_links_until", 8)],
        public: Rows::None,
    },
    // Their data also has the state of sign-ins with OpenID Connect.
    Table {
        name: "sessions",
        since: 2,
        key: &["id"],
        columns: &[
            text("hash", 2),
            text("id", 2),
            text("person", 2),
            text("data", 2),
            number("created_at", 2),
            number("seen_at", 2),
            number("expires_at", 2),
            number("ended_at", 2),
        ],
        public: Rows::None,
    },
    Table {
        name: "tokens",
        since: 2,
        key: &["id"],
        columns: &[
            text("hash", 2),
            text("id", 2),
            text("person", 2),
            text("name", 2),
            text("scope", 2),
            number("created_at", 2),
            number("expires_at", 2),
            number("used_at", 2),
            number("revoked_at", 2),
        ],
        public: Rows::None,
    },
    // A used invitation opens nothing any more, but a job of the outbox may still have to put its person on its boards.
    Table {
        name: "one_time_links",
        since: 2,
        key: &["id"],
        columns: &[
            secret_text("hash", 2, "'left out: ' || id"),
            text("id", 2),
            text("purpose", 2),
            text("created_by", 2),
            number("created_at", 2),
            number("expires_at", 2),
            number("used_at", 2),
            text("used_by", 2),
            number("settled", 2),
        ],
        public: Rows::Where("used_by IS NOT NULL"),
    },
    Table {
        name: "share_links",
        since: 2,
        key: &["id"],
        columns: &[
            text("hash", 2),
            text("id", 2),
            text("board", 2),
            text("created_by", 2),
            number("created_at", 2),
            number("revoked_at", 2),
        ],
        public: Rows::None,
    },
    Table {
        name: "known_devices",
        since: 2,
        key: &["hash"],
        columns: &[text("hash", 2), text("person", 2), number("created_at", 2)],
        public: Rows::None,
    },
    // Jobs that only change boards. Other jobs lead out of the server: a copy of a database must not send mail by itself, and what such
    // a job has to know may be a secret. So a new topic is left out until it is listed here.
    Table {
        name: "outbox",
        since: 12,
        key: &["id"],
        columns: &[
            text("id", 12),
            text("topic", 12),
            text("payload", 12),
            text("board", 12),
            number("seq", 12),
            number("created_at", 12),
            number("due_at", 12),
            number("expires_at", 12),
            number("attempts", 12),
            text("last_error", 12),
        ],
        public: Rows::Where("topic = 'boards'"),
    },
    // No event has a secret in it.
    Table {
        name: "audit",
        since: 15,
        key: &["id"],
        columns: &[
            text("id", 15),
            number("at", 15),
            text("action", 15),
            text("actor", 15),
            text("actor_name", 15),
            text("method", 15),
            text("token", 15),
            text("address", 15),
            text("agent", 15),
            text("target_kind", 15),
            text("target", 15),
            text("target_name", 15),
            text("details", 15),
            text("words", 15),
        ],
        public: Rows::All,
    },
    Table {
        name: "bulk_edits",
        since: 19,
        key: &["id"],
        columns: &[
            text("id", 19),
            text("person", 19),
            text("action", 19),
            text("undoes", 19),
            number("created_at", 19),
            text("runner", 19),
            number("worked_at", 19),
            number("finished_at", 19),
        ],
        public: Rows::All,
    },
    Table {
        name: "bulk_edit_steps",
        since: 19,
        key: &["bulk_edit", "phase", "position"],
        columns: &[
            text("bulk_edit", 19),
            number("phase", 19),
            number("position", 19),
            text("board", 19),
            text("task", 19),
            number("needs", 19),
            text("mutation", 19),
            text("op", 19),
            text("inverse", 19),
            number("seq", 19),
            text("refusal", 19),
        ],
        public: Rows::All,
    },
    // The password of the mail server is in `secret` alone.
    Table {
        name: "settings",
        since: 20,
        key: &["name"],
        columns: &[
            text("name", 20),
            text("value", 20),
            secret_text("secret", 20, "NULL"),
            number("changed_at", 20),
            text("changed_by", 20),
        ],
        public: Rows::All,
    },
    Table {
        name: "groups",
        since: 21,
        key: &["id"],
        columns: &[
            text("id", 21),
            text("name", 21),
            text("sort_name", 21),
            text("description", 21),
            number("created_at", 21),
        ],
        public: Rows::All,
    },
    Table {
        name: "group_people",
        since: 21,
        key: &["group_id", "person"],
        columns: &[text("group_id", 21), text("person", 21)],
        public: Rows::All,
    },
    Table {
        name: "group_boards",
        since: 21,
        key: &["group_id", "board"],
        columns: &[text("group_id", 21), text("board", 21), text("role", 21)],
        public: Rows::All,
    },
    Table {
        name: "group_memberships",
        since: 21,
        key: &["board", "person"],
        columns: &[
            text("board", 21),
            text("person", 21),
            number("given", 21),
            text("own", 21),
            number("due", 21),
            text("refusal", 21),
        ],
        public: Rows::All,
    },
];

/// Tables that no backup has: opening a database makes them, with all that is in them.
pub const MADE_ANEW: [&str; 4] = ["_sqlx_migrations", "write_probe", "nodes", "backup_schedule"];

const fn text(name: &'static str, since: i64) -> Column {
    Column { name, kind: Kind::Text, since, instead: None }
}

const fn number(name: &'static str, since: i64) -> Column {
    Column { name, kind: Kind::Number, since, instead: None }
}

const fn secret_text(name: &'static str, since: i64, instead: &'static str) -> Column {
    Column { name, kind: Kind::Text, since, instead: Some(instead) }
}

impl Table {
    /// Its columns in a version of the schema.
    pub fn columns_in(&'static self, schema: i64) -> Vec<&'static Column> {
        self.columns.iter().filter(|column| column.since <= schema).collect()
    }
}

/// The tables of a backup, in the order in which it has them.
pub fn tables_in(schema: i64, with_secrets: bool) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(move |table| table.since <= schema && (with_secrets || table.public != Rows::None))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use sqlx::{AnyConnection, Connection, Row};

    use super::{
        super::super::{
            StoreSettings,
            connect::{Database, Engine},
            migrations,
        },
        *,
    };

    /// The columns of each table, by its name.
    type Columns = BTreeMap<String, BTreeSet<String>>;

    async fn columns_of(connection: &mut AnyConnection) -> Columns {
        let select = "SELECT tables.name, columns.name FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns \
                      WHERE tables.type = 'table'";
        let mut found = Columns::new();
        for row in sqlx::query(select).fetch_all(connection).await.unwrap() {
            found.entry(row.get(0)).or_default().insert(row.get(1));
        }
        found
    }

    /// A new table or column fails this test until somebody decides whether it is a secret. (`tests/backup.rs` does the same on
    /// PostgreSQL, with the newest version.)
    #[tokio::test]
    async fn the_list_has_every_table_and_column_of_every_version_of_the_schema() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("taskwire.db").display());
        let database = Database::new(&StoreSettings::new(url)).unwrap();
        let mut connection = database.open_or_make().await.unwrap();
        for schema in 1..=*migrations::NEWEST {
            migrations::up_to(Engine::Sqlite, schema).run(&mut connection).await.unwrap();
            let mut found = columns_of(&mut connection).await;
            found.retain(|table, _| !MADE_ANEW.contains(&table.as_str()));
            let listed: Columns = tables_in(schema, true)
                .map(|table| {
                    let columns = table.columns_in(schema).into_iter().map(|column| column.name.to_owned());
                    (table.name.to_owned(), columns.collect())
                })
                .collect();
            assert_eq!(listed, found, "schema {schema}: left as the list has it, right as it is");
        }
        connection.close().await.unwrap();
    }

    #[test]
    fn what_orders_the_rows_is_not_replaced() {
        for table in TABLES.iter().filter(|table| table.public != Rows::None) {
            for key in table.key {
                let column = table.columns.iter().find(|column| column.name == *key).unwrap();
                assert_eq!(column.instead, None, "{}.{key}", table.name);
            }
        }
    }
}
