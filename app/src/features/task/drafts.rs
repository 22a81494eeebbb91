//! Drafts: texts that are being edited, kept until they are saved or dropped. Closing a task or navigating away loses none of them. What is typed
//! for a new task is also kept by the browser, for the person who typed it, until it is added or deleted.

use std::collections::HashMap;

use leptos::{ev, prelude::*};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    board::TextBase,
    fields::FieldEdit,
    id::{ActorId, BoardId, ColumnId, CommentId, TaskId},
    live::{LEAVE, LEAVING, Live, LiveBoard},
    model::TextField,
    ops::{Op, UpdateTask},
};

/// All drafts of the page. An editor is open exactly while there is a draft for its text. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct Drafts {
    texts: RwSignal<HashMap<(TaskId, TextField), Draft>>,
    unsent: StoredValue<HashMap<Unsent, String>>,
    /// Whether the drafts were handed on to the page that replaces this one.
    handed_on: StoredValue<bool>,
    /// The person who types.
    me: Signal<Option<ActorId>>,
}

/// Drafts in transit from a page to the page that replaces it in the same tab.
#[derive(Serialize, Deserialize)]
struct Kept {
    texts: Vec<((TaskId, TextField), Draft)>,
    unsent: Vec<(Unsent, String)>,
}

/// The key in the session storage under which the drafts are handed on. The script around the app (`pages/bootstrap.js`) reads it too: if
/// there are drafts, the page is not hydrated but rendered anew, because the HTML from the server does not show drafts.
const KEPT: &str = "taskwire-drafts";

/// A field for creating something. Its text is kept while the reader is on another page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unsent {
    /// The field for a new task in a column.
    Task(ColumnId),
    /// The field for a new task in the list.
    ListedTask(BoardId),
    /// The field for a new column.
    Column(BoardId),
    /// The field for a new board.
    Board,
    /// A field of a task's checklists, by the id of the task, the checklist or the item.
    Checklist(Uuid),
    /// The field for a new comment on a task.
    Comment(TaskId),
    /// The field for the text of a comment.
    CommentText(CommentId),
}

/// The draft of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The text as typed so far.
    pub text: String,
    /// The text when the editor opened.
    pub before: String,
    /// The version that the draft is based on. It decides whether somebody else has changed the text since.
    pub base: TextBase,
    /// Another version of the text, shown while this one is edited.
    pub beside: Option<String>,
    /// Tells a draft from the draft that it replaced.
    #[serde(skip)]
    generation: u32,
}

impl Draft {
    /// A draft that starts from the text that is shown now.
    pub fn start(board: &LiveBoard, task: TaskId, field: TextField) -> Self {
        let text = board.with(|board| Some(field.of(board.task(task)?)?.to_owned())).unwrap_or_default();
        Self { before: text.clone(), text, base: board.text_base(task, field), beside: None, generation: 0 }
    }

    /// A draft that continues with a text that was refused because it conflicted with another person's text.
    pub fn merge(mine: String, theirs: String, base: TextBase) -> Self {
        Self { text: mine, before: theirs.clone(), base, beside: Some(theirs), generation: 0 }
    }

    /// The same draft with another text typed.
    pub fn with_text(self, text: String) -> Self {
        Self { text, ..self }
    }

    /// Whether dropping the draft would lose anything.
    pub fn is_changed(&self) -> bool {
        self.text != self.before
    }
}

impl Drafts {
    /// Provides the context, with the drafts that the previous page handed on. The browser asks before the page is left with changed
    /// drafts, unless they are handed on.
    pub fn provide() -> Self {
        let (texts, unsent) = match take_kept() {
            Some(Kept { texts, unsent }) => (texts.into_iter().collect(), unsent.into_iter().collect()),
            None => Default::default(),
        };
        let (texts, unsent) = (RwSignal::new(texts), StoredValue::new(unsent));
        let me = expect_context::<Live>().me();
        let drafts = Self { texts, unsent, handed_on: StoredValue::new(false), me };
        provide_context(drafts);
        Effect::new(move || {
            let listener = window_event_listener(ev::beforeunload, move |event| {
                if drafts.would_be_lost() && !drafts.handed_on.get_value() {
                    event.prevent_default();
                }
            });
            // A draft may be based on an edit that is not saved yet. The next page would not know the outcome of that edit.
            let asked = window_event_listener_untyped(LEAVING, move |event| {
                let is_based_on_saved = |draft: &Draft| matches!(draft.base, TextBase::Saved(_));
                if !drafts.texts.with_untracked(|texts| texts.values().all(is_based_on_saved)) {
                    event.prevent_default();
                }
            });
            let left = window_event_listener_untyped(LEAVE, move |_| drafts.hand_on());
            on_cleanup(move || {
                listener.remove();
                asked.remove();
                left.remove();
            });
        });
        drafts
    }

    fn would_be_lost(self) -> bool {
        let is_lost = |(field, text): (&Unsent, &String)| {
            !text.trim().is_empty() && self.in_browser(*field).as_ref() != Some(text)
        };
        self.texts.with_untracked(|texts| texts.values().any(Draft::is_changed))
            || self.unsent.with_value(|unsent| unsent.iter().any(is_lost))
    }

    /// Stores the drafts for the next page. (If that fails, the browser asks before they are lost.)
    fn hand_on(self) {
        if self.would_be_lost() {
            let texts =
                self.texts.with_untracked(|texts| texts.iter().map(|(at, draft)| (*at, draft.clone())).collect());
            let unsent = self.unsent.with_value(|unsent| unsent.iter().map(|(at, text)| (*at, text.clone())).collect());
            self.handed_on.set_value(put_kept(&Kept { texts, unsent }));
        }
    }

    /// The text typed into a field so far.
    pub fn unsent(self, field: Unsent) -> String {
        self.unsent.try_with_value(|unsent| unsent.get(&field).cloned()).flatten().unwrap_or_default()
    }

    /// The text that was typed into a field for a new task before the page was loaded, if the browser has kept one. The HTML from the server
    /// does not have it, so the field takes it once the page is hydrated.
    pub fn in_browser(self, field: Unsent) -> Option<String> {
        lasting_storage()?.get_item(&self.key(field)?).ok()?
    }

    /// The key of the text of a field in the browser's storage. Another person who uses the browser is not given the text.
    fn key(self, field: Unsent) -> Option<String> {
        let place = match field {
            Unsent::Task(column) => column.to_string(),
            Unsent::ListedTask(board) => board.to_string(),
            Unsent::Column(_) | Unsent::Board | Unsent::Checklist(_) | Unsent::Comment(_) | Unsent::CommentText(_) => {
                return None;
            }
        };
        let me = self.me.try_get_untracked()?.map(|me| me.to_string()).unwrap_or_default();
        Some(format!("taskwire-new-task-{me}-{place}"))
    }

    /// Keeps the text of a field. An empty text removes it, for example after it was submitted.
    pub fn keep(self, field: Unsent, text: String) {
        if let (Some(storage), Some(key)) = (lasting_storage(), self.key(field)) {
            // If the browser does not keep it, it asks before the page is left.
            let _ = if text.is_empty() { storage.remove_item(&key) } else { storage.set_item(&key, &text) };
        }
        self.unsent.try_update_value(|unsent| match text.is_empty() {
            true => unsent.remove(&field),
            false => unsent.insert(field, text),
        });
    }

    /// The generation of the open draft of a text; `None` if no draft is open. It changes when one draft replaces another, not while a
    /// person types.
    pub fn open(self, task: TaskId, field: TextField) -> Memo<Option<u32>> {
        Memo::new(move |_| self.texts.with(|drafts| drafts.get(&(task, field)).map(|draft| draft.generation)))
    }

    /// The draft of a text.
    pub fn get(self, task: TaskId, field: TextField) -> Option<Draft> {
        self.texts.with_untracked(|drafts| drafts.get(&(task, field)).cloned())
    }

    /// Opens an editor with a draft, in place of an editor that may be open.
    pub fn put(self, task: TaskId, field: TextField, draft: Draft) {
        self.texts.update(|drafts| {
            let generation = drafts.get(&(task, field)).map_or(0, |old| old.generation + 1);
            drafts.insert((task, field), Draft { generation, ..draft });
        });
    }

    /// Stores the text that is being typed.
    pub fn typed(self, task: TaskId, field: TextField, text: String) {
        // Untracked: the field in which it was typed shows the text already.
        self.texts.update_untracked(|drafts| {
            if let Some(draft) = drafts.get_mut(&(task, field)) {
                draft.text = text;
            }
        });
    }

    /// Closes an editor. Returns the draft if it was changed.
    pub fn drop(self, task: TaskId, field: TextField) -> Option<Draft> {
        self.texts.try_update(|drafts| drafts.remove(&(task, field))).flatten().filter(Draft::is_changed)
    }

    /// Closes the editors of a board. Changed texts become problems, so that they can be copied or edited again.
    pub fn hand_back(self, board: &LiveBoard) {
        let Some(texts) = self.texts.try_update(|drafts| {
            let keys: Vec<_> =
                drafts.keys().copied().filter(|(task, _)| board.with(|board| board.task(*task).is_some())).collect();
            keys.into_iter().filter_map(|key| Some((key, drafts.remove(&key)?))).collect::<Vec<_>>()
        }) else {
            return;
        };
        for ((task, field), draft) in texts {
            if draft.is_changed() {
                board.rescue(text_edit(task, field, draft.text));
            }
        }
    }

    /// Closes the editors of a task whose drafts are unchanged. Returns whether any editor is left.
    pub fn tidy(self, task: TaskId) -> bool {
        self.texts.update(|drafts| drafts.retain(|(id, _), draft| *id != task || draft.is_changed()));
        self.texts.with_untracked(|drafts| drafts.keys().any(|(id, _)| *id == task))
    }
}

fn put_kept(kept: &Kept) -> bool {
    let json = serde_json::to_string(kept).ok();
    storage().zip(json).is_some_and(|(storage, json)| storage.set_item(KEPT, &json).is_ok())
}

/// Takes the drafts that the previous page stored.
fn take_kept() -> Option<Kept> {
    let storage = storage()?;
    let json = storage.get_item(KEPT).ok()??;
    // If the entry stayed in the storage, a later page would load it too, with an outdated text.
    storage.remove_item(KEPT).ok()?;
    serde_json::from_str(&json).ok()
}

/// The session storage of the tab; `None` on the server and in browsers without it.
fn storage() -> Option<web_sys::Storage> {
    if cfg!(feature = "hydrate") { window().session_storage().ok()? } else { None }
}

/// The storage of the browser; `None` on the server and in browsers without it.
fn lasting_storage() -> Option<web_sys::Storage> {
    if cfg!(feature = "hydrate") { window().local_storage().ok()? } else { None }
}

/// Makes an edit of one of the texts of a task.
pub fn text_edit(task: TaskId, field: TextField, text: String) -> Op {
    Op::UpdateTask(match field {
        TextField::Title => UpdateTask::of(task).with(FieldEdit::Title(text)),
        TextField::Description => UpdateTask::of(task).with(FieldEdit::Description(text)),
    })
}

/// The text that an edit sets, with its task and field; `None` if the edit sets no text.
pub fn edited_text(op: &Op) -> Option<(TaskId, TextField, &str)> {
    let Op::UpdateTask(update) = op else { return None };
    let (field, text) = update.fields.edits().find_map(FieldEdit::text)?;
    Some((update.task, field, text))
}
