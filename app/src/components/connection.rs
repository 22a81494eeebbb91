//! How the page stands with the server, in words.

use leptos::prelude::*;

use crate::live::{Live, LiveBoard, Status};

/// What a person wants to know about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Connecting,
    Live,
    Saving,
    Reconnecting,
    Offline,
    SignedOut,
}

impl Standing {
    fn of(status: Status, synced: bool, unsaved: usize) -> Self {
        match status {
            Status::Live if !synced => Self::Connecting,
            Status::Live if unsaved > 0 => Self::Saving,
            Status::Live => Self::Live,
            Status::Connecting => Self::Connecting,
            Status::Reconnecting => Self::Reconnecting,
            Status::Offline => Self::Offline,
            Status::SignedOut => Self::SignedOut,
        }
    }

    /// The name it has in `data-connection`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Saving => "saving",
            Self::Reconnecting => "reconnecting",
            Self::Offline => "offline",
            Self::SignedOut => "signed-out",
        }
    }

    fn words(self, unsaved: usize) -> String {
        let words = match self {
            Self::Connecting => "Connecting…",
            Self::Live => "Live",
            Self::Saving => return "Saving…".to_owned(),
            Self::Reconnecting => "Reconnecting…",
            Self::Offline => "Offline",
            Self::SignedOut => "Signed out",
        };
        match unsaved {
            0 => words.to_owned(),
            1 => format!("{words} 1 unsent edit"),
            count => format!("{words} {count} unsent edits"),
        }
        .replacen("Offline ", "Offline with ", 1)
        .replacen("Signed out ", "Signed out with ", 1)
    }

    /// What is read out: only what changes what a person can rely on, not every save.
    fn announcement(self) -> &'static str {
        match self {
            Self::Connecting => "",
            Self::Live | Self::Saving => "Live",
            Self::Reconnecting => "Connection lost. Reconnecting; edits are kept.",
            Self::Offline => "Offline; edits are kept until the network is back.",
            Self::SignedOut => "You are signed out; edits are kept until you have signed in again.",
        }
    }
}

/// The state of the connection, seen from a board.
#[component]
pub fn ConnectionState(board: LiveBoard) -> impl IntoView {
    let status = expect_context::<Live>().status();
    let (unsaved, synced) = (board.unsaved(), board.synced());
    let standing = Memo::new({
        let unsaved = unsaved.clone();
        move |_| Standing::of(status.get(), synced.get(), unsaved.get())
    });
    let signed_in = Memo::new(move |_| standing.get() != Standing::SignedOut);
    let announcement = Memo::new(move |_| standing.get().announcement());
    view! {
        <div class="connection needs-script" data-connection=move || standing.get().as_str()>
            <span class="connection-words" aria-hidden="true">
                {move || standing.get().words(unsaved.get())}
            </span>
            <span class="visually-hidden" role="status">
                {move || announcement.get()}
            </span>
            // In a tab of its own: this one keeps what was not sent, and goes on by itself when one comes back to it.
            <a class="button" href="/sign-in" target="_blank" rel="external" hidden=signed_in>
                "Sign in"
            </a>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_is_said_only_when_the_board_follows_and_all_is_saved() {
        assert_eq!(Standing::of(Status::Live, true, 0), Standing::Live);
        assert_eq!(Standing::of(Status::Live, true, 1), Standing::Saving);
        assert_eq!(Standing::of(Status::Live, false, 0), Standing::Connecting);
        assert_eq!(Standing::of(Status::Offline, true, 0), Standing::Offline);
    }

    #[test]
    fn unsent_edits_are_counted() {
        assert_eq!(Standing::Offline.words(0), "Offline");
        assert_eq!(Standing::Offline.words(1), "Offline with 1 unsent edit");
        assert_eq!(Standing::Reconnecting.words(3), "Reconnecting… 3 unsent edits");
    }
}
