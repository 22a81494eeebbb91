//! A filtered and sorted list of a board's tasks.
//!
//! It is updated task by task: the cost of a change depends on what it changed, not on the number of tasks. So a list
//! with a search stays live on a board with thousands of tasks.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::state::{BoardState, Touched};
use crate::{
    id::{ActorId, ColumnId, LabelId, TaskId},
    key::{BoardKey, TaskRef, parse_number},
    label::LabelFilter,
    model::{ColumnKind, Priority, Task},
    rank::Rank,
    text::folded,
    time::{Day, Timestamp},
};

/// The filter and the order of a list. The default is all tasks, in the order of the board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that the title, the description and the names of the labels must contain, each in one of them, in any case and order. A word may
    /// also be what people call the task, `WEB-42`; the first one its number, `42`.
    pub text: String,
    /// The column that the tasks must be in.
    pub column: Option<ColumnId>,
    /// Whether the tasks must be completed (`Some(true)`) or must not be (`Some(false)`).
    pub completed: Option<bool>,
    /// The person that the tasks must be assigned to.
    pub assignee: Option<ActorId>,
    /// The labels that the tasks must have.
    pub labels: LabelFilter,
    /// The order.
    pub sort: Sort,
}

impl Wanted {
    /// Whether the filter can exclude any task.
    pub fn is_filtered(&self) -> bool {
        self.searches()
            || self.column.is_some()
            || self.completed.is_some()
            || self.assignee.is_some()
            || self.labels.is_set()
    }

    /// Whether the filter searches texts.
    pub fn searches(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Returns the same order without a filter.
    pub fn unfiltered(&self) -> Self {
        Self { sort: self.sort, ..Self::default() }
    }
}

/// The order of a list. Tasks that are equal in it are in the order of the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The order of the board: by column, then by position in the column.
    #[default]
    Board,
    /// By start date, the earliest first; tasks without one last.
    Start,
    /// By due date, the earliest first; tasks without one last.
    Due,
    /// By title, case-insensitively.
    Title,
    /// By priority, the most urgent first.
    Priority,
    /// By the time of the newest change, the newest first.
    Updated,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 6] = [Self::Board, Self::Start, Self::Due, Self::Title, Self::Priority, Self::Updated];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Start => "start",
            Self::Due => "due",
            Self::Title => "title",
            Self::Priority => "priority",
            Self::Updated => "updated",
        }
    }

    /// Parses the name in addresses.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == name)
    }
}

/// A filtered and sorted list. See the [module](self).
#[derive(Clone, Debug)]
pub struct Listing {
    wanted: Wanted,
    /// The words of [`Wanted::text`], in lower case.
    words: Vec<String>,
    /// The number of a task that each word means.
    numbers: Vec<Option<u32>>,
    /// The key of the board.
    key: Option<BoardKey>,
    columns: HashMap<ColumnId, ColumnFacts>,
    labels: HashMap<LabelId, LabelFacts>,
    entries: HashMap<TaskId, Entry>,
    rows: BTreeSet<Key>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ColumnFacts {
    position: usize,
    is_done: bool,
}

/// What an id of a label stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LabelFacts {
    /// The label, or the one that it was merged into.
    shown: LabelId,
    /// The name of that label, in lower case.
    name: String,
}

#[derive(Clone, Debug)]
struct Entry {
    task: Arc<Task>,
    /// Title and description in lower case, computed at the first search.
    text: Option<String>,
    /// The sort key of its row, if the task matches the filter.
    key: Option<Key>,
}

/// The sort key of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    first: First,
    column: usize,
    rank: Rank,
    id: TaskId,
}

/// The part of the sort key that precedes the place on the board.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum First {
    Nothing,
    Day(Day),
    Undated,
    Title(String),
    Priority(Reverse<Priority>),
    Updated(Reverse<Timestamp>),
}

impl Listing {
    /// Creates the list of a board's tasks.
    pub fn new(board: &BoardState, wanted: Wanted) -> Self {
        let words = words(&wanted.text);
        let mut listing = Self {
            numbers: numbers(&words, board.key()),
            words,
            key: board.key().cloned(),
            wanted,
            columns: column_facts(board),
            labels: label_facts(board),
            entries: HashMap::new(),
            rows: BTreeSet::new(),
        };
        for task in board.tasks() {
            listing.put(task);
        }
        listing
    }

    /// Returns the filter and the order.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Returns the ids of the listed tasks, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = TaskId> + '_ {
        self.rows.iter().map(|key| key.id)
    }

    /// Returns the number of listed tasks.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no task is listed.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Changes the filter and the order.
    pub fn want(&mut self, wanted: Wanted) {
        if wanted != self.wanted {
            self.words = words(&wanted.text);
            self.numbers = numbers(&self.words, self.key.as_ref());
            self.wanted = wanted;
            self.place_all();
        }
    }

    /// Updates the list after a change of the board.
    pub fn update(&mut self, board: &BoardState, touched: &Touched) {
        if board.key() != self.key.as_ref() {
            self.key = board.key().cloned();
            self.numbers = numbers(&self.words, self.key.as_ref());
            self.place_all();
        }
        if touched.any_column() {
            let columns = column_facts(board);
            if columns != self.columns {
                self.columns = columns;
                self.place_all();
            }
        }
        if touched.any_label() {
            let labels = label_facts(board);
            if labels != self.labels {
                self.labels = labels;
                self.place_all();
            }
        }
        for id in touched.tasks() {
            self.remove(id);
            if let Some(task) = board.task(id) {
                self.put(task);
            }
        }
    }

    fn put(&mut self, task: &Arc<Task>) {
        if task.is_deleted() {
            return;
        }
        let mut entry = Entry { task: Arc::clone(task), text: None, key: None };
        self.place(&mut entry);
        self.entries.insert(task.id, entry);
    }

    fn remove(&mut self, id: TaskId) {
        if let Some(Entry { key: Some(key), .. }) = self.entries.remove(&id) {
            self.rows.remove(&key);
        }
    }

    fn place_all(&mut self) {
        self.rows.clear();
        let mut entries = std::mem::take(&mut self.entries);
        for entry in entries.values_mut() {
            self.place(entry);
        }
        self.entries = entries;
    }

    /// Adds the row of an entry, if the task matches the filter.
    fn place(&mut self, entry: &mut Entry) {
        entry.key = self.is_wanted(entry).then(|| self.key(&entry.task));
        self.rows.extend(entry.key.clone());
    }

    fn is_wanted(&self, entry: &mut Entry) -> bool {
        let task = &entry.task;
        let is_done = self.columns.get(&task.column).is_some_and(|column| column.is_done);
        if self.wanted.column.is_some_and(|column| column != task.column)
            || self.wanted.completed.is_some_and(|completed| completed != is_done)
            || self.wanted.assignee.is_some_and(|person| !task.assignees.contains(&person))
            || !self.wanted.labels.wants(&task.labels, |id| self.labels.get(&id).map(|label| label.shown))
        {
            return false;
        }
        if self.words.is_empty() {
            return true;
        }
        // The line break prevents a match across title and description.
        let text = || folded(&format!("{}\n{}", task.title, task.description().unwrap_or_default()));
        let text = entry.text.get_or_insert_with(text);
        let labels: Vec<&LabelFacts> = task.labels.iter().filter_map(|id| self.labels.get(id)).collect();
        let number = entry.task.number;
        let is_in = |(word, meant): (&String, &Option<u32>)| {
            *meant == Some(number) || text.contains(word) || labels.iter().any(|label| label.name.contains(word))
        };
        self.words.iter().zip(&self.numbers).all(is_in)
    }

    fn key(&self, task: &Task) -> Key {
        Key {
            first: match self.wanted.sort {
                Sort::Board => First::Nothing,
                Sort::Start => task.start.map_or(First::Undated, First::Day),
                Sort::Due => task.due.map_or(First::Undated, First::Day),
                Sort::Title => First::Title(task.title.to_lowercase()),
                Sort::Priority => First::Priority(Reverse(task.priority)),
                Sort::Updated => First::Updated(Reverse(task.updated_at)),
            },
            column: self.columns.get(&task.column).map_or(usize::MAX, |column| column.position),
            rank: task.rank.clone(),
            id: task.id,
        }
    }
}

fn words(text: &str) -> Vec<String> {
    folded(text).split_whitespace().map(str::to_owned).collect()
}

/// The number of a task that each word means, if it means one.
fn numbers(words: &[String], key: Option<&BoardKey>) -> Vec<Option<u32>> {
    let number = |(index, word): (usize, &String)| match TaskRef::parse(word) {
        Some(name) => (Some(&name.key) == key).then_some(name.number),
        None if index == 0 => parse_number(word),
        None => None,
    };
    words.iter().enumerate().map(number).collect()
}

fn label_facts(board: &BoardState) -> HashMap<LabelId, LabelFacts> {
    let facts = |id: LabelId| {
        let label = board.resolve_label(id)?;
        Some((id, LabelFacts { shown: label.id, name: folded(&label.title()) }))
    };
    board.all_labels().filter_map(|label| facts(label.id)).collect()
}

fn column_facts(board: &BoardState) -> HashMap<ColumnId, ColumnFacts> {
    board
        .columns()
        .enumerate()
        .map(|(position, column)| (column.id, ColumnFacts { position, is_done: column.kind == ColumnKind::Done }))
        .collect()
}
