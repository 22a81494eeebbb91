//! Undo and redo of the last edit, by keyboard and from the board's menu, with messages about the outcome.

use std::sync::Arc;

use leptos::{ev, prelude::*};

use super::{
    revealed::Revealed,
    shortcuts::{self, Command},
};
use crate::{
    board::{Direction, NotUndone, Undone},
    controls::{
        announcer::Announcer,
        focus::{find, focus, focused},
        icon::{Icon, Picture},
        menu::close_menu,
        notices::{Action, Notices},
    },
    live::LiveBoard,
    refusal::Refusal,
};

/// Undo and redo on the board of a page. Provided as a Leptos context.
#[derive(Clone)]
pub struct Undoing(Arc<Parts>);

struct Parts {
    board: LiveBoard,
    notices: Notices,
    announcer: Announcer,
    revealed: Revealed,
}

impl Undoing {
    /// Provides the context and listens to the keyboard.
    pub fn provide(board: LiveBoard, notices: Notices, announcer: Announcer, revealed: Revealed) {
        let undoing = Self(Arc::new(Parts { board, notices, announcer, revealed }));
        undoing.listen();
        undoing.tell_refused();
        provide_context(undoing);
    }

    /// In a text field the keys of undo and redo belong to the browser.
    fn listen(&self) {
        let undoing = self.clone();
        shortcuts::listen(&self.0.board, &[Command::Undo, Command::Redo], move |pressed| {
            undoing.go(match pressed.command {
                Command::Undo => Direction::Undo,
                _ => Direction::Redo,
            });
        });
    }

    /// Shows a message for each undo or redo that seemed possible here but that the server then refused.
    fn tell_refused(&self) {
        let (all, notices) = (self.0.board.not_undone(), self.0.notices);
        Effect::new(move || {
            let refused = all.get();
            if refused.is_empty() {
                return;
            }
            all.set(Vec::new());
            // The last message says that the edit was undone, which is no longer true.
            notices.take_back();
            for not_undone in refused {
                notices.say(why_not(&not_undone), None);
            }
        });
    }

    /// Shows a message about the edit that was just made, with a button that undoes it.
    pub fn tell_done(&self, words: impl Into<String>) {
        let undoing = self.clone();
        let edit = self.0.board.next_undo(Direction::Undo).get_untracked();
        let undo = move || {
            // Only the last edit can be undone, and the button must not undo another one than it says.
            match undoing.0.board.next_undo(Direction::Undo).get_untracked() == edit {
                true => undoing.go(Direction::Undo),
                false => undoing.0.notices.say_anew("Something newer was done since: undo that first.", None),
            }
        };
        self.0.notices.say_anew(words, Some(Action::new("Undo", undo)));
    }

    /// Undoes or redoes one edit.
    pub fn go(&self, direction: Direction) {
        let Parts { board, notices, announcer, revealed } = &*self.0;
        let had_focus = focused();
        match board.undo(direction) {
            Some(Ok(Undone { words, task })) => {
                if let Some(task) = task {
                    revealed.add(task);
                }
                let said = match direction {
                    Direction::Undo => format!("Undone: {words}."),
                    Direction::Redo => format!("Redone: {words}."),
                };
                let back = match direction {
                    Direction::Undo => ("Redo", Direction::Redo),
                    Direction::Redo => ("Undo", Direction::Undo),
                };
                let undoing = self.clone();
                notices.say_anew(said, Some(Action::new(back.0, move || undoing.go(back.1))));
                // The card that had the focus may be elsewhere now, or gone.
                let place = task.map(|task| format!("[data-task='{task}'] a"));
                request_animation_frame(move || {
                    if had_focus.is_some()
                        && focused().is_none()
                        && let Some(place) =
                            place.and_then(|place| find(&place)).or_else(|| find(".board-menu summary"))
                    {
                        focus(&place);
                    }
                });
            }
            Some(Err(not_undone)) => notices.say_anew(why_not(&not_undone), None),
            None => announcer.say(match direction {
                Direction::Undo => "There is nothing to undo.",
                Direction::Redo => "There is nothing to redo.",
            }),
        }
    }
}

/// The two buttons in the board's menu. Each names the edit that it would undo or redo.
#[component]
pub fn UndoItems(board: LiveBoard) -> impl IntoView {
    let undoing = expect_context::<Undoing>();
    [(Direction::Undo, "Undo", Icon::Undo), (Direction::Redo, "Redo", Icon::Redo)]
        .map(|(direction, verb, icon)| {
            let next = board.next_undo(direction);
            let is_none = {
                let next = next.clone();
                move || next.read().is_none()
            };
            let undoing = undoing.clone();
            let pressed = move |event: ev::MouseEvent| {
                close_menu(&event);
                undoing.go(direction);
            };
            view! {
                <button type="button" class="menu-item" disabled=is_none on:click=pressed>
                    <Picture icon />
                    {move || match &*next.read() {
                        Some(words) => format!("{verb} “{words}”"),
                        None => verb.to_owned(),
                    }}
                </button>
            }
            .into_any()
        })
        .into_iter()
        .collect_view()
        .into_any()
}

fn why_not(NotUndone { direction, words, refusal }: &NotUndone) -> String {
    let not = match direction {
        Direction::Undo => "Not undone",
        Direction::Redo => "Not redone",
    };
    match refusal {
        Refusal::Stale { .. } => format!("{not}: {words}. Somebody changed it meanwhile."),
        refusal => format!("{not}: {words}. {}", refusal.sentence()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Thing;

    #[test]
    fn it_is_said_why_something_was_not_undone() {
        let not_undone = |direction, refusal| NotUndone { direction, words: "move Tea".to_owned(), refusal };
        assert_eq!(
            why_not(&not_undone(Direction::Undo, Refusal::Stale { seq: 3 })),
            "Not undone: move Tea. Somebody changed it meanwhile."
        );
        assert_eq!(
            why_not(&not_undone(Direction::Redo, Refusal::not_found(Thing::Column))),
            "Not redone: move Tea. This column does not exist, or was deleted."
        );
    }
}
