//! What the keys do that belong to no single view: they lead to a field, to another task, or change the task in focus. The keys themselves
//! stand in `features/shortcuts.rs`.

use std::rc::Rc;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::{
    address::{View, board_path, list_query::ListQuery, task_path},
    board::Listing,
    controls::{
        announcer::Announcer,
        focus::{find, focus, focus_first_drawn, focus_when_drawn, focused},
    },
    features::{
        board::card::delete_task,
        quick_edit::{Property, QuickEdit},
        shortcuts::{Command, Pressed, listen},
        task::{
            assignees::toggle_assigned,
            drafts::{Draft, Drafts},
            fields::toggle_completed,
        },
    },
    id::{ActorId, TaskId},
    live::{Live, LiveBoard},
    model::TextField,
};

const COMMANDS: &[Command] = &[
    Command::NewTask,
    Command::Find,
    Command::NextTask,
    Command::PreviousTask,
    Command::ShowKeys,
    Command::EditTitle,
    Command::SetDue,
    Command::Assign,
    Command::AssignMe,
    Command::SetLabels,
    Command::SetPriority,
    Command::SetColumn,
    Command::Complete,
    Command::Delete,
];

const NEW_TASK: &str = ".quick-add input[name=title]";
const SEARCH: &str = ".filters input[type=search]";

/// Goes to an address.
type Navigate = Box<dyn Fn(&str, NavigateOptions)>;

struct PageKeys {
    board: LiveBoard,
    view: Memo<View>,
    query: Memo<ListQuery>,
    announcer: Announcer,
    drafts: Drafts,
    quick_edit: QuickEdit,
    me: Signal<Option<ActorId>>,
    keys_shown: RwSignal<bool>,
    navigate: Navigate,
    /// The position among the shown tasks to which the keys led last.
    last_place: StoredValue<usize>,
}

/// Listens to the keys. Call it once per board.
pub fn listen_to_page_keys(board: &LiveBoard, view: Memo<View>, keys_shown: RwSignal<bool>) {
    let keys = Rc::new(PageKeys {
        board: board.clone(),
        view,
        query: ListQuery::of_page(),
        announcer: expect_context(),
        drafts: expect_context(),
        quick_edit: expect_context(),
        me: expect_context::<Live>().me(),
        keys_shown,
        navigate: Box::new(use_navigate()),
        last_place: StoredValue::new(0),
    });
    listen(board, COMMANDS, move |pressed| keys.run(pressed));
}

impl PageKeys {
    fn run(&self, pressed: Pressed) {
        match pressed.command {
            Command::NewTask => self.new_task(pressed),
            Command::Find => self.find(),
            Command::NextTask => self.go(pressed, true),
            Command::PreviousTask => self.go(pressed, false),
            Command::ShowKeys => self.keys_shown.set(true),
            command => {
                let task = pressed.task().filter(|task| self.board.with(|board| board.live_task(*task).is_some()));
                if let Some(task) = task {
                    self.act(command, task, pressed);
                }
            }
        }
    }

    /// Focuses the field for a new task: in the column of the task in focus, or else the first.
    fn new_task(&self, pressed: Pressed) {
        let column = pressed.task().and_then(|task| self.board.with(|board| Some(board.task(task)?.column)));
        let beside = column.and_then(|column| find(&format!("[data-column='{column}'] {NEW_TASK}")));
        if let Some(field) = beside.or_else(|| find(NEW_TASK)) {
            focus(&field);
        }
        // Another view has no such field, and on a narrow screen the open task hides it.
        if !focused().is_some_and(|field| field.matches(NEW_TASK).unwrap_or(false)) {
            match self.view.get_untracked() {
                View::List => self.open(&self.query.get_untracked().path(self.board.id()), false),
                _ => self.open(&board_path(self.board.id(), View::Board), false),
            }
            focus_when_drawn(NEW_TASK);
        }
    }

    /// Focuses the search of the list.
    fn find(&self) {
        let search = || find(SEARCH).and_then(|search| search.dyn_into::<HtmlInputElement>().ok());
        if let Some(search) = search() {
            focus(&search);
            search.select();
        }
        if !focused().is_some_and(|field| field.matches(SEARCH).unwrap_or(false)) {
            match self.view.get_untracked() {
                View::List => self.open(&self.query.get_untracked().path(self.board.id()), false),
                _ => self.open(&board_path(self.board.id(), View::List), false),
            }
            focus_when_drawn(SEARCH);
        }
    }

    /// Goes to the next or the previous task that is shown: opens it if a task is open, and focuses it otherwise.
    fn go(&self, pressed: Pressed, forward: bool) {
        let from = pressed.open.or(pressed.focused);
        let shown = self.shown();
        let at = from.and_then(|from| shown.iter().position(|id| *id == from));
        let to = match (at, forward) {
            (Some(at), true) => Some(at + 1),
            (Some(at), false) => at.checked_sub(1),
            // The task is no longer among those that the list shows: what followed it is in its place.
            (None, true) if from.is_some() => Some(self.last_place.get_value()),
            (None, false) if from.is_some() => self.last_place.get_value().checked_sub(1),
            (None, true) => Some(0),
            (None, false) => shown.len().checked_sub(1),
        };
        let Some((to, task)) = to.and_then(|to| Some((to, *shown.get(to)?))) else {
            return self.announcer.say(if forward { "This is the last task." } else { "This is the first task." });
        };
        self.last_place.set_value(to);
        if pressed.open.is_some() {
            self.open(&self.path(task), true);
            focus_when_drawn(format!(".panel[data-panel='{task}']"));
        } else if let Some(link) = find(&format!("main [data-task='{task}'] a")) {
            focus(&link);
        }
    }

    /// The tasks of the view, in its order.
    fn shown(&self) -> Vec<TaskId> {
        let wanted = (self.view.get_untracked() == View::List).then(|| self.query.get_untracked().wanted);
        self.board.with(|board| match wanted {
            Some(wanted) => Listing::new(board, wanted).ids().collect(),
            None => board.columns().flat_map(|column| board.column_task_ids(column.id)).collect(),
        })
    }

    fn act(&self, command: Command, task: TaskId, Pressed { focused, open, .. }: Pressed) {
        // A card or row is changed where it is, and an open task in its own fields.
        let property = match command {
            Command::SetDue => Some(Property::Due),
            Command::Assign => Some(Property::Assignees),
            Command::SetLabels => Some(Property::Labels),
            Command::SetPriority => Some(Property::Priority),
            Command::SetColumn => Some(Property::Column),
            _ => None,
        };
        if let Some(property) = property.filter(|_| focused.is_some()) {
            return self.quick_edit.open(task, property);
        }
        let fields: &[&str] = match command {
            Command::Complete => {
                toggle_completed(&self.board, task, self.announcer);
                return;
            }
            Command::AssignMe => {
                if let Some(me) = self.me.get_untracked() {
                    toggle_assigned(&self.board, task, me, self.announcer);
                }
                return;
            }
            Command::Delete => return delete_task(&self.board, task, self.announcer),
            Command::EditTitle => {
                if self.drafts.get(task, TextField::Title).is_none() {
                    self.drafts.put(task, TextField::Title, Draft::start(&self.board, task, TextField::Title));
                }
                &[".panel [data-field='title'] textarea"]
            }
            Command::SetDue => &["#task-due"],
            Command::SetLabels => &["#task-label"],
            Command::SetPriority => &["#task-priority"],
            Command::SetColumn => &["#task-column"],
            // Where nobody can be assigned there is no such field.
            _ => &[".assignees-field .row :is(button, summary)", ".assignees-field button", ".panel"],
        };
        if open != Some(task) {
            self.open(&self.path(task), false);
        }
        focus_first_drawn(fields);
    }

    fn path(&self, task: TaskId) -> String {
        match self.view.get_untracked() {
            View::List => self.query.get_untracked().task_path(self.board.id(), task),
            view => task_path(self.board.id(), task, view),
        }
    }

    fn open(&self, path: &str, replace: bool) {
        (self.navigate)(path, NavigateOptions { scroll: false, replace, ..NavigateOptions::default() });
    }
}
