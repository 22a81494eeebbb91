//! Activity items: descriptions of what changes did, stored beside the changes so that a history can show them later.
//!
//! A change contains only the new values. A description also needs the old values, and the names of the columns at that
//! time. Both are known for sure only when the change is applied. [`crate::history`] puts activity items into words.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{
    access::BoardRole,
    comment::Reaction,
    id::ActorId,
    label::Hue,
    model::{ColumnKind, Priority},
    time::Day,
};

/// The description of a change in terms that need no other data. It is stored, so it must stay readable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityEntry {
    /// The title of the task before the change; for a new task, its title. Empty if it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What the change did; empty if it had no effect.
    #[serde(rename = "deeds", deserialize_with = "items")]
    pub items: Vec<ActivityItem>,
}

/// One thing that a change did. Columns have the names that they had at that time; `None` if the name is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityItem {
    /// The board was created, with this name.
    CreatedBoard(String),
    /// The board was renamed.
    RenamedBoard(FromTo),
    /// The board got another key.
    ChangedKey(FromTo),
    /// The board got this colour; `None` if it lost it.
    ColouredBoard(Option<Hue>),
    /// The board got this description; empty if it lost it.
    DescribedBoard(String),
    /// The board was deleted.
    DeletedBoard,
    /// The deleted board was restored.
    RestoredBoard,
    /// The board was archived.
    ArchivedBoard,
    /// The board was brought back from the archive.
    UnarchivedBoard,
    /// Everyone on the server got this role on the board; `None` if the board became private to its members.
    SetEveryone(Option<BoardRole>),
    /// A person got this role on the board; `None` if they were removed.
    SetMember(ActorId, Option<BoardRole>),
    /// A link for reading the board without an account was created.
    MadeShareLink,
    /// A share link was revoked.
    RevokedShareLink,
    /// A column was added.
    AddedColumn(String),
    /// A column was renamed.
    RenamedColumn(FromTo),
    /// A column got another kind.
    SetColumnKind(Option<String>, ColumnKind),
    /// A column was moved among the other columns.
    MovedColumn(Option<String>),
    /// A column was deleted.
    DeletedColumn(Option<String>),
    /// A label was added. (Labels have their names here, and without a name their colour.)
    AddedLabel(String),
    /// A label was renamed.
    RenamedLabel(FromTo),
    /// A label got another colour or pattern.
    RecolouredLabel(String),
    /// The description of a label was changed.
    DescribedLabel(String),
    /// A label was moved among the other labels.
    MovedLabel(String),
    /// A label was deleted.
    DeletedLabel(Option<String>),
    /// A label was merged into another.
    MergedLabel(FromTo),
    /// A label, the second name, was taken out of the one that it was merged into.
    UnmergedLabel(FromTo),
    /// A task was created in this column.
    Created(Option<String>),
    /// A task was renamed.
    Renamed(FromTo),
    /// The description was changed.
    Described,
    /// The priority was changed.
    Prioritised(Priority),
    /// The start date was set or cleared.
    SetStart(Option<Day>),
    /// The due date was set or cleared.
    SetDue(Option<Day>),
    /// The task was assigned to these people.
    Assigned(Vec<ActorId>),
    /// These people were unassigned from the task.
    Unassigned(Vec<ActorId>),
    /// These labels were added to the task.
    Labelled(Vec<String>),
    /// These labels were removed from the task.
    Unlabelled(Vec<String>),
    /// A comment was added.
    Commented,
    /// A comment was edited.
    EditedComment,
    /// A comment was deleted.
    DeletedComment,
    /// A deleted comment was restored.
    RestoredComment,
    /// Somebody reacted to a comment.
    Reacted(Reaction),
    /// Somebody took back a reaction to a comment.
    Unreacted(Reaction),
    /// A task was moved to another column.
    Moved(FromTo),
    /// A task was moved within its column.
    Reordered(Option<String>),
    /// A task was moved to this column, which is a done column.
    Completed(Option<String>),
    /// A task was moved to this column from a done column.
    Reopened(Option<String>),
    /// A task was moved to the trash.
    Deleted,
    /// A task was restored from the trash to this column.
    Restored(Option<String>),
    /// A checklist was added to the task.
    AddedChecklist(String),
    /// A checklist was renamed.
    RenamedChecklist(FromTo),
    /// A checklist was moved among the others of the task.
    MovedChecklist(String),
    /// A checklist was deleted.
    DeletedChecklist(String),
    /// A deleted checklist was restored.
    RestoredChecklist(String),
    /// An item was added to a checklist. (Items have their texts here.)
    AddedItem(String),
    /// This many items were added to a checklist.
    AddedItems(usize),
    /// An item was deleted.
    DeletedItem(String),
    /// This many items were deleted.
    DeletedItems(usize),
    /// An item was marked as done.
    TickedItem(String),
    /// An item was marked as not done.
    UntickedItem(String),
    /// The text of an item was changed.
    RewordedItem(FromTo),
    /// An item was assigned to a person, or to nobody any more.
    AssignedItem(String, Option<ActorId>),
    /// The due date of an item was set or cleared.
    SetItemDue(String, Option<Day>),
    /// An item was moved.
    MovedItem(String),
    /// This many tasks left the trash for good.
    Purged(usize),
    /// An item of a kind that only a later version of Taskwire knows. It is never stored.
    #[serde(skip_deserializing)]
    Unknown,
}

/// Reads items. Those that this version does not know are [`ActivityItem::Unknown`].
fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ActivityItem>, D::Error> {
    // `#[serde(untagged)]` would do the same, but copies every item into a buffer of serde's, as `crate::tagged` explains.
    let items = Vec::<Box<RawValue>>::deserialize(deserializer)?;
    Ok(items.iter().map(|item| serde_json::from_str(item.get()).unwrap_or(ActivityItem::Unknown)).collect())
}

/// An old name or title and a new one; `None` if it is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromTo {
    /// The old one.
    pub from: Option<String>,
    /// The new one.
    pub to: Option<String>,
}
