//! The history of a board's own fields: what each change set, and what was there before. (Tasks have theirs: see [`super::revisions`].)

use std::collections::BTreeMap;

use crate::{
    access::BoardRole,
    id::{ActorId, ColumnId},
    key::BoardKey,
    label::Hue,
    model::{Column, ColumnKind, Place, Seq},
    ops::{Change, ChangeKind, Op, SetArchived, SetMember, UpdateBoard, UpdateColumn, decide},
    rank::Rank,
    state::BoardState,
    time::Timestamp,
};

/// What a change did to the fields of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRevision {
    /// The number of the change.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// The person who made it, where that is known.
    pub by: Option<ActorId>,
    /// Whether it created the board: then there was nothing before.
    pub creates: bool,
    /// The fields that were set.
    pub fields: Vec<BoardFieldRevision>,
}

/// A field of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BoardField {
    /// The name.
    Name,
    /// The key.
    Key,
    /// The colour.
    Hue,
    /// The description.
    Description,
    /// The role of everyone on the server.
    Everyone,
    /// Whether it is archived.
    Archived,
    /// The role of a person.
    Member(ActorId),
    /// Whether a column is there, and its name.
    ColumnName(ColumnId),
    /// The kind of a column.
    ColumnKind(ColumnId),
    /// The place of a column among the others.
    ColumnPlace(ColumnId),
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardValue {
    /// The name of the board.
    Name(String),
    /// The key of the board.
    Key(String),
    /// The colour of the board; `None` if it has none.
    Hue(Option<Hue>),
    /// The description of the board.
    Description(String),
    /// The role of everyone, or of a person; `None` if they have none.
    Role(Option<BoardRole>),
    /// Whether it is archived.
    Archived(bool),
    /// The name of a column; `None` if it is not there.
    ColumnName(Option<String>),
    /// The kind of a column.
    Kind(ColumnKind),
    /// The place of a column: directly after the one with this id and name, or first.
    After(Option<(ColumnId, String)>),
}

/// What a change did to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardFieldRevision {
    /// The field.
    pub field: BoardField,
    /// What the field belongs to, as it was called then: the name of a column. Empty for other fields.
    pub of: String,
    /// The value before; `None` if the log no longer has the change that set it.
    pub before: Option<BoardValue>,
    /// The value since.
    pub after: BoardValue,
}

/// The revisions of a board, from those of its changes that are about no task, in their order. (The first changes may be missing, because the
/// log was trimmed.) Changes that set no field are left out.
pub fn board_revisions<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<BoardRevision> {
    let mut known = Known::default();
    let revision = |Change { seq, at, by, kind, .. }: &Change| {
        let fields = known.take(kind, *by);
        let creates = matches!(kind, ChangeKind::BoardCreated(_));
        BoardRevision { seq: *seq, at: *at, by: *by, creates, fields }
    };
    changes.into_iter().map(revision).filter(|revision| !revision.fields.is_empty()).collect()
}

/// The values of the fields, as far as the log tells.
#[derive(Default)]
struct Known {
    values: BTreeMap<BoardField, BoardValue>,
    /// The columns with their names and ranks.
    columns: BTreeMap<ColumnId, (String, Rank)>,
    /// Whether the log has all changes, so that everything that is not in `values` is known not to be there.
    is_whole: bool,
}

impl Known {
    fn take(&mut self, kind: &ChangeKind, by: Option<ActorId>) -> Vec<BoardFieldRevision> {
        match kind {
            ChangeKind::BoardCreated(created) => {
                self.is_whole = true;
                let everyone = match by {
                    Some(maker) => {
                        self.values.insert(BoardField::Member(maker), BoardValue::Role(Some(BoardRole::Manager)));
                        created.everyone
                    }
                    None => created.everyone.or(Some(BoardRole::Editor)),
                };
                self.values.insert(BoardField::Archived, BoardValue::Archived(false));
                self.values.insert(BoardField::Hue, BoardValue::Hue(None));
                self.values.insert(BoardField::Description, BoardValue::Description(String::new()));
                created.columns.iter().for_each(|column| self.put_column(column));
                let name = self.set(BoardField::Name, BoardValue::Name(created.name.clone()));
                if let Some(key) = &created.key {
                    self.set(BoardField::Key, BoardValue::Key(key.to_string()));
                }
                vec![name, self.set(BoardField::Everyone, BoardValue::Role(everyone))]
            }
            ChangeKind::BoardUpdated(updated) => {
                let name = updated.name.clone().map(|name| self.set(BoardField::Name, BoardValue::Name(name)));
                let key = updated.key.as_ref().map(|key| self.set(BoardField::Key, BoardValue::Key(key.to_string())));
                let everyone = updated.everyone.map(|role| self.set(BoardField::Everyone, BoardValue::Role(role)));
                let hue = updated.hue.map(|hue| self.set(BoardField::Hue, BoardValue::Hue(hue)));
                let description = updated.description.clone();
                let description =
                    description.map(|text| self.set(BoardField::Description, BoardValue::Description(text)));
                let fields = name.into_iter().chain(key).chain(hue).chain(description).chain(everyone);
                fields.filter(BoardFieldRevision::changes).collect()
            }
            ChangeKind::ArchivedSet(set) => vec![self.set(BoardField::Archived, BoardValue::Archived(set.archived))],
            ChangeKind::MemberSet(set) => {
                let set = self.set(BoardField::Member(set.person), BoardValue::Role(set.role));
                Vec::from_iter(Some(set).filter(BoardFieldRevision::changes))
            }
            ChangeKind::ColumnCreated(created) => {
                self.rerank(&created.ranks);
                let name = BoardValue::ColumnName(Some(created.column.name.clone()));
                let mut revision = self.set(BoardField::ColumnName(created.column.id), name);
                self.put_column(&created.column);
                revision.before = Some(BoardValue::ColumnName(None));
                vec![revision]
            }
            ChangeKind::ColumnUpdated(updated) => {
                let id = updated.column;
                let was_after = self.after(id);
                self.rerank(&updated.ranks);
                let mut fields = Vec::new();
                if let Some(name) = &updated.name {
                    fields.push(self.set(BoardField::ColumnName(id), BoardValue::ColumnName(Some(name.clone()))));
                    if let Some((known, _)) = self.columns.get_mut(&id) {
                        known.clone_from(name);
                    }
                }
                if let Some(kind) = updated.column_kind {
                    fields.push(self.set(BoardField::ColumnKind(id), BoardValue::Kind(kind)));
                }
                if let Some(rank) = &updated.rank
                    && let Some((_, known)) = self.columns.get_mut(&id)
                {
                    known.clone_from(rank);
                    if let Some(after) = self.after(id) {
                        let (field, of) = (BoardField::ColumnPlace(id), self.column_name(id));
                        fields.push(BoardFieldRevision { field, of, before: was_after, after });
                    }
                }
                fields.into_iter().filter(BoardFieldRevision::changes).collect()
            }
            ChangeKind::ColumnDeleted(deleted) => {
                let of = self.column_name(deleted.column);
                let revision = self.set(BoardField::ColumnName(deleted.column), BoardValue::ColumnName(None));
                self.columns.remove(&deleted.column);
                vec![BoardFieldRevision { of, ..revision }]
            }
            _ => Vec::new(),
        }
    }

    fn set(&mut self, field: BoardField, after: BoardValue) -> BoardFieldRevision {
        let before = self.values.insert(field, after.clone());
        let before = before.or(match field {
            // Whoever was never made a member was none.
            BoardField::Member(_) if self.is_whole => Some(BoardValue::Role(None)),
            _ => None,
        });
        let of = match field {
            BoardField::ColumnName(id) | BoardField::ColumnKind(id) | BoardField::ColumnPlace(id) => {
                self.column_name(id)
            }
            _ => String::new(),
        };
        BoardFieldRevision { field, of, before, after }
    }

    fn put_column(&mut self, column: &Column) {
        let Column { id, name, kind, rank, .. } = column;
        self.columns.insert(*id, (name.clone(), rank.clone()));
        self.values.insert(BoardField::ColumnName(*id), BoardValue::ColumnName(Some(name.clone())));
        self.values.insert(BoardField::ColumnKind(*id), BoardValue::Kind(*kind));
    }

    fn rerank(&mut self, ranks: &[(ColumnId, Rank)]) {
        for (id, rank) in ranks {
            if let Some((_, known)) = self.columns.get_mut(id) {
                known.clone_from(rank);
            }
        }
    }

    fn column_name(&self, id: ColumnId) -> String {
        self.columns.get(&id).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// The place of a column; `None` if not all columns are known.
    fn after(&self, id: ColumnId) -> Option<BoardValue> {
        let (_, rank) = self.columns.get(&id).filter(|_| self.is_whole)?;
        let others = self.columns.iter().filter(|(other, (_, other_rank))| (other_rank, **other) < (rank, id));
        let before = others.max_by_key(|(other, (_, rank))| (rank, **other));
        Some(BoardValue::After(before.map(|(id, (name, _))| (*id, name.clone()))))
    }
}

impl BoardFieldRevision {
    fn changes(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }

    /// The request that gives the field the value before this revision. It is refused if somebody changed the same thing after `seen`, where
    /// the board keeps a number for that: for its name, its colour and description, whether it is archived, and its columns. `None` if that value is not known, is the
    /// value now, or cannot be set.
    pub fn put_back(&self, board: &BoardState, seen: Seq) -> Option<Op> {
        let guard = Some(seen);
        let op = match (self.field, self.before.as_ref()?) {
            (BoardField::Name, BoardValue::Name(name)) if name != board.name() => {
                Op::UpdateBoard(UpdateBoard { guard, name: Some(name.clone()), ..UpdateBoard::default() })
            }
            (BoardField::Key, BoardValue::Key(key)) if Some(&**key) != board.key().map(BoardKey::as_str) => {
                Op::UpdateBoard(UpdateBoard { key: Some(key.clone()), ..UpdateBoard::default() })
            }
            (BoardField::Hue, BoardValue::Hue(hue)) if *hue != board.hue() => {
                Op::UpdateBoard(UpdateBoard { guard, hue: Some(*hue), ..UpdateBoard::default() })
            }
            (BoardField::Description, BoardValue::Description(text)) if text != board.description() => {
                Op::UpdateBoard(UpdateBoard { guard, description: Some(text.clone()), ..UpdateBoard::default() })
            }
            (BoardField::Everyone, BoardValue::Role(role)) if *role != board.access().everyone => {
                Op::UpdateBoard(UpdateBoard { everyone: Some(*role), ..UpdateBoard::default() })
            }
            (BoardField::Archived, BoardValue::Archived(archived)) if *archived != board.is_archived() => {
                Op::SetArchived(SetArchived { guard, ..SetArchived::to(*archived) })
            }
            (BoardField::Member(person), BoardValue::Role(role))
                if *role != board.access().members.get(&person).copied() =>
            {
                Op::SetMember(SetMember { person, role: *role })
            }
            (BoardField::ColumnName(id), BoardValue::ColumnName(Some(name))) if *name != board.column(id)?.name => {
                Op::UpdateColumn(UpdateColumn { guard, name: Some(name.clone()), ..UpdateColumn::of(id) })
            }
            (BoardField::ColumnKind(id), BoardValue::Kind(kind)) if *kind != board.column(id)?.kind => {
                Op::UpdateColumn(UpdateColumn { guard, kind: Some(*kind), ..UpdateColumn::of(id) })
            }
            (BoardField::ColumnPlace(id), BoardValue::After(after)) => {
                let after = after.as_ref().map(|(after, _)| *after);
                let now = board.columns().map(|column| column.id).take_while(|column| *column != id).last();
                if now == after || after.is_some_and(|after| board.column(after).is_none()) {
                    return None;
                }
                let place = Some(after.map_or(Place::First, Place::After));
                Op::UpdateColumn(UpdateColumn { guard, place, ..UpdateColumn::of(id) })
            }
            _ => return None,
        };
        decide(board, &op).is_ok().then_some(op)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::{BoardId, MutationId},
        new_id,
        ops::{CreateBoard, CreateColumn, DeleteColumn, NewColumn},
        refusal::Refusal,
    };

    const ANA: ActorId = ActorId(Uuid::from_u128(1));
    const BEN: ActorId = ActorId(Uuid::from_u128(2));
    const COLUMNS: [ColumnId; 3] =
        [ColumnId(Uuid::from_u128(11)), ColumnId(Uuid::from_u128(12)), ColumnId(Uuid::from_u128(13))];

    /// The state after operations of Ana, the first of which creates the board; and the changes.
    fn log(ops: &[Op]) -> (BoardState, Vec<Change>) {
        let column =
            |(id, name): (&ColumnId, &str)| NewColumn { id: *id, name: name.to_owned(), kind: ColumnKind::Open };
        let columns = COLUMNS.iter().zip(["To do", "Doing", "Done"]).map(column).collect();
        let create = Op::CreateBoard(CreateBoard { name: "Plans".to_owned(), columns, everyone: None });
        let mut state = BoardState::empty(BoardId(Uuid::from_u128(9)));
        let mut changes = Vec::new();
        for op in [&create].into_iter().chain(ops) {
            changes.push(apply(&mut state, op).expect("an operation that is accepted"));
        }
        (state, changes)
    }

    fn apply(state: &mut BoardState, op: &Op) -> Result<Change, Refusal> {
        let kind = decide(state, op)?;
        let (seq, at, mutation) = (state.seq() + 1, Timestamp::from_millis(1), new_id::<MutationId>());
        let change = Change { seq, at, by: Some(ANA), mutation, kind };
        state.apply(&change).expect("the next number");
        Ok(change)
    }

    fn rename(name: &str) -> Op {
        Op::UpdateBoard(UpdateBoard { name: Some(name.to_owned()), ..UpdateBoard::default() })
    }

    #[test]
    fn each_field_has_the_value_before_and_can_be_put_back() {
        let viewer = Some(BoardRole::Viewer);
        let (state, changes) = log(&[
            rename("Old plans"),
            Op::UpdateBoard(UpdateBoard { everyone: Some(viewer), ..UpdateBoard::default() }),
            Op::SetMember(SetMember { person: BEN, role: Some(BoardRole::Editor) }),
            Op::SetMember(SetMember { person: BEN, role: viewer }),
            Op::UpdateColumn(UpdateColumn { name: Some("Later".to_owned()), ..UpdateColumn::of(COLUMNS[0]) }),
            Op::UpdateColumn(UpdateColumn { kind: Some(ColumnKind::Done), ..UpdateColumn::of(COLUMNS[2]) }),
            Op::UpdateColumn(UpdateColumn { place: Some(Place::First), ..UpdateColumn::of(COLUMNS[2]) }),
        ]);
        let revisions = board_revisions(&changes);
        let before: Vec<_> = revisions[1..].iter().map(|revision| revision.fields[0].before.clone()).collect();
        assert_eq!(
            before,
            [
                Some(BoardValue::Name("Plans".to_owned())),
                Some(BoardValue::Role(None)),
                Some(BoardValue::Role(None)),
                Some(BoardValue::Role(Some(BoardRole::Editor))),
                Some(BoardValue::ColumnName(Some("To do".to_owned()))),
                Some(BoardValue::Kind(ColumnKind::Open)),
                Some(BoardValue::After(Some((COLUMNS[1], "Doing".to_owned())))),
            ]
        );
        let mut now = state.clone();
        for revision in [&revisions[1], &revisions[2], &revisions[4], &revisions[5], &revisions[6], &revisions[7]] {
            let op = revision.fields[0].put_back(&now, now.seq()).expect("something to put back");
            apply(&mut now, &op).expect("it is accepted");
            assert_eq!(revision.fields[0].put_back(&now, now.seq()), None, "it is as before: {op:?}");
        }
        assert_eq!((now.name(), now.access().everyone), ("Plans", None));
        assert_eq!(now.access().members[&BEN], BoardRole::Editor);
        let columns: Vec<_> = now.columns().map(|column| (column.name.as_str(), column.kind)).collect();
        assert_eq!(columns, [("To do", ColumnKind::Open), ("Doing", ColumnKind::Open), ("Done", ColumnKind::Open)]);
    }

    #[test]
    fn what_somebody_changed_since_the_page_was_made_is_not_put_back() {
        let (mut state, changes) = log(&[rename("Old plans")]);
        let (revision, seen) = (&board_revisions(&changes)[1].fields[0].clone(), state.seq());
        assert!(revision.put_back(&state, seen).is_some());
        apply(&mut state, &rename("New plans")).expect("it is accepted");
        assert_eq!(revision.put_back(&state, seen), None);
    }

    #[test]
    fn columns_come_and_go() {
        let new = ColumnId(Uuid::from_u128(14));
        let (state, changes) = log(&[
            Op::CreateColumn(CreateColumn {
                column: new,
                name: "Ideas".to_owned(),
                kind: ColumnKind::Open,
                place: Place::First,
            }),
            Op::DeleteColumn(DeleteColumn::of(new)),
        ]);
        let revisions = board_revisions(&changes);
        let (made, deleted) = (&revisions[1].fields[0], &revisions[2].fields[0]);
        assert_eq!(made.before, Some(BoardValue::ColumnName(None)));
        assert_eq!((deleted.of.as_str(), &deleted.after), ("Ideas", &BoardValue::ColumnName(None)));
        assert_eq!(deleted.before, Some(BoardValue::ColumnName(Some("Ideas".to_owned()))));
        assert_eq!((made.put_back(&state, state.seq()), deleted.put_back(&state, state.seq())), (None, None));
    }

    #[test]
    fn an_archived_board_is_put_back_first() {
        let (mut state, changes) = log(&[rename("Old plans"), Op::SetArchived(SetArchived::to(true))]);
        let revisions = board_revisions(&changes);
        assert_eq!(revisions[1].fields[0].put_back(&state, state.seq()), None, "it cannot be renamed");
        let back = revisions[2].fields[0].put_back(&state, state.seq()).expect("it can be brought back");
        apply(&mut state, &back).expect("it is accepted");
        assert!(!state.is_archived());
        assert!(revisions[1].fields[0].put_back(&state, state.seq()).is_some());
    }

    #[test]
    fn what_was_trimmed_off_the_log_is_not_known() {
        let (state, changes) = log(&[rename("Old plans"), rename("New plans")]);
        let revisions = board_revisions(&changes[1..]);
        assert_eq!(revisions[0].fields[0].before, None);
        assert_eq!(revisions[0].fields[0].put_back(&state, state.seq()), None);
        assert_eq!(revisions[1].fields[0].before, Some(BoardValue::Name("Old plans".to_owned())));
    }
}
