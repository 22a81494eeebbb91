//! The labels of tasks of many boards, for the tables of the administration. They are read by their ids, because the states of the
//! boards would be much more.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use app::{
    id::{BoardId, LabelId},
    label::{self, Label},
};
use sqlx::Row;

use crate::store::{
    Store, StoreError,
    rows::{LABELS, id, label_of},
    sql::{Statement, Value, query},
};

/// How many labels are read with one statement.
const AT_A_TIME: usize = 256;

/// The labels of some boards, also those that were merged into others.
#[derive(Default)]
pub(super) struct Labels(HashMap<BoardId, HashMap<LabelId, Arc<Label>>>);

impl Labels {
    /// The labels that ids of a task stand for, in the order of its board's labels.
    pub fn shown(&self, board: BoardId, ids: &[LabelId]) -> Vec<Arc<Label>> {
        let labels = self.0.get(&board);
        label::shown(ids, |id| labels.and_then(|labels| labels.get(&id)))
    }
}

impl Store {
    /// The labels with these ids, and those that they were merged into.
    pub(super) async fn labels(&self, ids: BTreeSet<(BoardId, LabelId)>) -> Result<Labels, StoreError> {
        let ids: Vec<_> = ids.into_iter().collect();
        let mut labels = Labels::default();
        for some in ids.chunks(AT_A_TIME) {
            for row in labels_with_ids(some).fetch_all(self.readers()).await? {
                let label = label_of(&row)?;
                labels.0.entry(id(row.try_get("board")?)?).or_default().insert(label.id, label);
            }
        }
        Ok(labels)
    }

    /// The label that an id of a board stands for: its own, or the one that it was merged into. `None` if it is not there.
    pub async fn current_label(&self, board: BoardId, label: LabelId) -> Result<Option<LabelId>, StoreError> {
        let labels = self.labels(BTreeSet::from([(board, label)])).await?;
        Ok(labels.shown(board, &[label]).first().map(|label| label.id))
    }

    /// The labels of a board in their order, without those that were merged into others.
    pub async fn labels_of(&self, board: BoardId) -> Result<Vec<Arc<Label>>, StoreError> {
        let found = LABELS.select("board = $1").bind(board.to_string()).fetch_all(self.readers()).await?;
        let mut labels: Vec<Arc<Label>> = found.iter().map(label_of).collect::<Result<_, _>>()?;
        labels.retain(|label| label.merged_into.is_none());
        labels.sort_by(|a, b| (&a.rank, a.id).cmp(&(&b.rank, b.id)));
        Ok(labels)
    }

    /// The ids that stand for a label of a board: its own, and those of labels that were merged into it. None if there is no such label, or if
    /// it was merged into another itself.
    pub(super) async fn ids_for_label(&self, board: BoardId, label: LabelId) -> Result<Vec<String>, StoreError> {
        let found = query(
            "WITH RECURSIVE same (id) AS (SELECT id FROM labels WHERE board = $1 AND id = $2 AND merged_into IS NULL \
             UNION SELECT l.id FROM same CROSS JOIN labels l WHERE l.board = $1 AND l.merged_into = same.id) SELECT id FROM same",
        )
        .bind(board.to_string())
        .bind(label.to_string())
        .fetch_all(self.readers())
        .await?;
        Ok(found.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }
}

/// The statement that reads labels and what they were merged into. The list is filled up to a power of two by repeating the last, because each
/// statement that differs is prepared and kept.
fn labels_with_ids(ids: &[(BoardId, LabelId)]) -> Statement {
    let mut pairs = String::new();
    let mut values: Vec<Value> = Vec::new();
    let filled = ids.iter().chain(std::iter::repeat(&ids[ids.len() - 1]));
    for (board, label) in filled.take(ids.len().next_power_of_two()) {
        values.extend([board.to_string().into(), label.to_string().into()]);
        let comma = if pairs.is_empty() { "" } else { ", " };
        pairs.push_str(&format!("{comma}(${}, ${})", values.len() - 1, values.len()));
    }
    let sql = format!(
        "WITH RECURSIVE wanted (board, id) AS (VALUES {pairs} UNION SELECT l.board, l.merged_into FROM wanted w CROSS JOIN labels l \
         WHERE l.board = w.board AND l.id = w.id AND l.merged_into IS NOT NULL) \
         SELECT l.board, l.id, l.name, l.hue, l.tone, l.pattern, l.description, l.rank, l.merged_into, l.seq \
         FROM wanted w CROSS JOIN labels l WHERE l.board = w.board AND l.id = w.id"
    );
    Statement::of(sql, values)
}
