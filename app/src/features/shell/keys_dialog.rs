//! The list of all keys, which `?` opens, with the switch for those that write a character.

use std::fmt::Write as _;

use leptos::{html, prelude::*};

use crate::{
    access::BoardRole,
    controls::{
        icon::{Icon, Picture},
        markdown::to_html,
        redrawn::redrawn,
    },
    features::shortcuts::{SHORTCUTS, Scope, are_single_keys_on, switch_single_keys},
    live::LiveBoard,
};

/// The dialog, while `shown` is set.
#[component]
pub fn KeysDialog(board: LiveBoard, shown: RwSignal<bool>) -> impl IntoView {
    redrawn(move || shown.get().then(|| dialog(board.may_now(BoardRole::Editor), shown)))
}

fn dialog(may_edit: bool, shown: RwSignal<bool>) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    request_animation_frame(move || {
        if let Some(dialog) = dialog.get_untracked() {
            // A modal dialog keeps the focus within it, and gives it back when it closes.
            let _ = dialog.show_modal();
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <dialog
            class="dialog keys-dialog"
            node_ref=dialog
            aria-labelledby="keys-title"
            on:close=move |_| shown.set(false)
        >
            <div class="keys-head">
                <h2 id="keys-title">"Keys"</h2>
                <button type="button" class="button quiet icon-only" aria-label="Close" on:click=close>
                    <Picture icon=Icon::Close />
                </button>
            </div>
            <label class="ticked-line">
                <input
                    type="checkbox"
                    prop:checked=are_single_keys_on()
                    on:change=move |event| switch_single_keys(event_target_checked(&event))
                />
                " Single letters, digits and signs are shortcuts"
            </label>
            <p class="hint">
                "Switch them off if they act when you do not mean it, for example while you dictate. The other keys go on working. The choice is this browser’s. On a Mac, ⌘ does what Ctrl does."
            </p>
            <div class="keys-list" inner_html=move || to_html(&list(may_edit))></div>
        </dialog>
    }
    .into_any()
}

/// A table for each scope, as Markdown: that costs the page less than elements of its own.
fn list(may_edit: bool) -> String {
    let mut list = String::new();
    for scope in Scope::ALL {
        let mut is_empty = true;
        for line in SHORTCUTS.iter().filter(|line| line.scope == scope && (may_edit || !line.command.needs_editor())) {
            if is_empty {
                // Writing to a string cannot fail.
                let _ = write!(list, "\n| {} | Keys |\n|---|---|\n", scope.words());
                is_empty = false;
            }
            let keys: Vec<String> = line.keys.iter().map(|keys| format!("`{}`", keys.words())).collect();
            let _ = writeln!(list, "| {} | {} |", line.words, keys.join(" or "));
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_listed_and_a_viewer_sees_those_that_only_look() {
        let all = list(true);
        assert!(all.contains("| Add a task | `C` or `N` |\n"), "{all}");
        assert_eq!(all.lines().filter(|line| line.starts_with("| ")).count(), SHORTCUTS.len() + Scope::ALL.len());
        let viewer = list(false);
        assert!(viewer.contains("Find tasks") && !viewer.contains("Add a task"), "{viewer}");
        assert!(!viewer.contains(Scope::Lifted.words()), "nothing is left of it");
        assert!(to_html(&all).contains("<td><code>C</code> or <code>N</code></td>"));
    }
}
