//! What changes did, as values: what is stored beside each change to be told later.
//!
//! A change says how things are from now on. To tell what happened one also needs how they were before, and what the columns were
//! called then. Both are known for sure only when the change is made. How it is put into words is for [`crate::history`].

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{
    access::BoardRole,
    id::ActorId,
    model::{ColumnKind, Priority},
    time::Day,
};

/// What a change did, in terms that need nothing else to be understood. It is stored, so it must stay readable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityEntry {
    /// What the task was called before; of a new one, what it is called. Empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What was done; nothing, where everything was so already.
    #[serde(rename = "deeds", deserialize_with = "items")]
    pub items: Vec<ActivityItem>,
}

/// One thing that was done. Columns are named as they were called at the time; `None` where that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityItem {
    /// The board was made, under this name.
    CreatedBoard(String),
    /// The board got another name.
    RenamedBoard(FromTo),
    /// The board was deleted.
    DeletedBoard,
    /// Everyone on the server is this on the board from now on, or nothing.
    SetEveryone(Option<BoardRole>),
    /// Somebody is this on the board from now on, or nothing.
    SetMember(ActorId, Option<BoardRole>),
    /// A link was made with which the board can be read without an account.
    MadeShareLink,
    /// Such a link was taken back.
    RevokedShareLink,
    /// A column was added.
    AddedColumn(String),
    /// A column got another name.
    RenamedColumn(FromTo),
    /// What being in a column says about a task is something else now.
    SetColumnKind(Option<String>, ColumnKind),
    /// A column was moved among the others.
    MovedColumn(Option<String>),
    /// A column was deleted.
    DeletedColumn(Option<String>),
    /// A task was made, in this column.
    Created(Option<String>),
    /// A task got another title.
    Renamed(FromTo),
    /// The description was changed.
    Described,
    /// The priority was changed.
    Prioritised(Priority),
    /// The day work begins was set or cleared.
    SetStart(Option<Day>),
    /// The due date was set or cleared.
    SetDue(Option<Day>),
    /// The task is these people's now as well.
    Assigned(Vec<ActorId>),
    /// The task is no longer these people's.
    Unassigned(Vec<ActorId>),
    /// A task was moved to another column.
    Moved(FromTo),
    /// A task was moved within its column.
    Reordered(Option<String>),
    /// A task was moved to this column, which is for done tasks.
    Completed(Option<String>),
    /// A task was moved to this column from one for done tasks.
    Reopened(Option<String>),
    /// A task was put into the trash.
    Deleted,
    /// A task was taken out of the trash, into this column.
    Restored(Option<String>),
    /// So many that were deleted before left the trash for good.
    Purged(usize),
    /// Something that a later version of Taskwire can tell. It is never stored.
    #[serde(skip_deserializing)]
    Unknown,
}

/// Reads items. Those that this version does not know are [`ActivityItem::Unknown`].
fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ActivityItem>, D::Error> {
    // `#[serde(untagged)]` would do the same, but copies every item into a buffer of serde's, as `crate::tagged` explains.
    let items = Vec::<Box<RawValue>>::deserialize(deserializer)?;
    Ok(items.iter().map(|item| serde_json::from_str(item.get()).unwrap_or(ActivityItem::Unknown)).collect())
}

/// What something is called that was one thing before and is another now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromTo {
    /// Before.
    pub from: Option<String>,
    /// Now.
    pub to: Option<String>,
}
