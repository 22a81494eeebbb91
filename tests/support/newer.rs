//! Simulates a server of a newer version, as far as older servers notice it: what it writes to their database.

use app::id::{BoardId, MutationId};
use serde_json::json;
use sqlx::{AnyConnection, Connection, Row};
use taskwire::store::schema;

use super::database::Database;

/// A server of the next version.
pub struct Newer {
    pub connection: AnyConnection,
}

impl Newer {
    pub async fn on(database: &Database) -> Self {
        sqlx::any::install_default_drivers();
        Self { connection: AnyConnection::connect(&database.url).await.expect("the database does it") }
    }

    pub async fn set_schema(&mut self, version: i64) {
        let set = sqlx::query("UPDATE access_revision SET schema = $1").bind(version);
        set.execute(&mut self.connection).await.expect("the database does it");
    }

    /// Adds a change of a kind that exists only in the newer version. Returns its number.
    pub async fn commit(&mut self, board: BoardId) -> u64 {
        self.commit_with(board, "SELECT 1", &[]).await
    }

    /// As [`Self::commit`], with another statement in the same transaction.
    pub async fn commit_with(&mut self, board: BoardId, sql: &'static str, values: &[String]) -> u64 {
        let mut transaction = self.connection.begin().await.expect("the database does it");
        let also = values.iter().cloned().fold(sqlx::query(sql), |query, value| query.bind(value));
        also.execute(&mut *transaction).await.expect("the database does it");
        let board = board.to_string();
        let next = sqlx::query("UPDATE boards SET seq = seq + 1 WHERE id = $1").bind(board.clone());
        next.execute(&mut *transaction).await.expect("the database does it");
        let row = sqlx::query("SELECT seq, changed_at FROM boards WHERE id = $1").bind(board.clone());
        let row = row.fetch_one(&mut *transaction).await.expect("the database does it");
        let (seq, at): (i64, i64) =
            (row.try_get(0).expect("the database does it"), row.try_get(1).expect("the database does it"));
        let mutation = app::new_id::<MutationId>().to_string();
        let change = json!({
            "seq": seq, "at": "2030-01-01T00:00:00.000Z", "mutation": mutation, "kind": "task_labelled", "labels": [{"colour": 7}]
        });
        let insert = "INSERT INTO changes (board, seq, at, mutation, fingerprint, json, told, schema) \
                      VALUES ($1, $2, $3, $4, 0, $5, $6, $7)";
        let told = json!({"title": "Tea", "deeds": [{"labelled": ["urgent"]}, "unlabelled"]});
        let insert = sqlx::query(insert).bind(board).bind(seq).bind(at).bind(mutation).bind(change.to_string());
        insert
            .bind(told.to_string())
            .bind(schema() + 1)
            .execute(&mut *transaction)
            .await
            .expect("the database does it");
        transaction.commit().await.expect("the database does it");
        seq as u64
    }
}
