//! Comments on tasks, as plain values.
//!
//! A board's state has only the number of comments of each task. The comments themselves are read in pages, newest first, while a task is
//! open, and changes of the log keep those that were read up to date (`state/comments.rs`). Every change of a comment contains the comment
//! as it is afterwards, so a copy of it needs nothing but the newest change.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    id::{ActorId, CommentId, TaskId},
    model::{Seq, never},
    time::Timestamp,
};

/// The most comments that a task may have.
pub const MAX_COMMENTS: u32 = 10_000;
/// The most reactions that a comment may have, of all people together.
pub const MAX_REACTIONS: usize = 500;
/// The number of comments on a page.
pub const LISTED_COMMENTS: usize = 30;
/// The most earlier texts of a comment that are kept.
pub const KEPT_VERSIONS: usize = 100;

/// A comment on a task.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", schema(as = StoredComment))]
pub struct Comment {
    /// The id of the comment.
    pub id: CommentId,
    /// The task.
    pub task: TaskId,
    /// The text, in Markdown.
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub text: Arc<str>,
    /// The author, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<ActorId>,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The number of the change that created it. Comments are ordered by it.
    pub created_seq: Seq,
    /// The time of the newest change of its text, if it was edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// The time of its deletion, if it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// The reactions, in the order of their kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reacted>,
    /// The number of the newest change that created, edited, deleted or restored it; 0 in a change.
    #[serde(default, skip_serializing_if = "never")]
    pub text_seq: Seq,
    /// The number of its newest change; 0 in a change.
    #[serde(default, skip_serializing_if = "never")]
    pub seq: Seq,
}

/// The people who reacted to a comment in one way.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reacted {
    /// The reaction.
    pub reaction: Reaction,
    /// The people, in the order in which they reacted.
    pub people: Vec<ActorId>,
}

impl Comment {
    /// Whether it was deleted.
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// Whether this person wrote it. Those without an account are not told apart, from each other or from the server itself.
    pub fn is_by(&self, person: Option<ActorId>) -> bool {
        self.author.filter(|author| author.is_person()) == person
    }

    /// Returns the people who reacted in this way.
    pub fn people(&self, reaction: Reaction) -> &[ActorId] {
        self.reactions.iter().find(|reacted| reacted.reaction == reaction).map_or(&[], |reacted| &reacted.people)
    }

    /// Adds a person's reaction, or takes it back.
    pub fn react(&mut self, reaction: Reaction, person: ActorId, on: bool) {
        let index = self.reactions.binary_search_by_key(&reaction, |reacted| reacted.reaction);
        let index = index.unwrap_or_else(|index| {
            self.reactions.insert(index, Reacted { reaction, people: Vec::new() });
            index
        });
        let people = &mut self.reactions[index].people;
        people.retain(|other| *other != person || on);
        if on && !people.contains(&person) {
            people.push(person);
        }
        if people.is_empty() {
            self.reactions.remove(index);
        }
    }
}

/// A way to react to a comment.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// 👍
    ThumbsUp,
    /// 👎
    ThumbsDown,
    /// ❤️
    Heart,
    /// 🎉
    Party,
    /// 😄
    Smile,
    /// 😕
    Confused,
    /// 🚀
    Rocket,
    /// 👀
    Eyes,
}

impl Reaction {
    /// Every reaction, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::ThumbsUp,
        Self::ThumbsDown,
        Self::Heart,
        Self::Party,
        Self::Smile,
        Self::Confused,
        Self::Rocket,
        Self::Eyes,
    ];

    /// Returns it as a character.
    pub fn emoji(self) -> &'static str {
        match self {
            Self::ThumbsUp => "👍",
            Self::ThumbsDown => "👎",
            Self::Heart => "❤️",
            Self::Party => "🎉",
            Self::Smile => "😄",
            Self::Confused => "😕",
            Self::Rocket => "🚀",
            Self::Eyes => "👀",
        }
    }

    /// Returns its name for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::ThumbsUp => "Thumbs up",
            Self::ThumbsDown => "Thumbs down",
            Self::Heart => "Heart",
            Self::Party => "Party",
            Self::Smile => "Smile",
            Self::Confused => "Confused",
            Self::Rocket => "Rocket",
            Self::Eyes => "Eyes",
        }
    }
}

/// Some comments of a task, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentPage {
    /// The task.
    pub task: TaskId,
    /// All changes up to this number are in it.
    pub seq: Seq,
    /// The page has comments with lower numbers only; `None` for the newest.
    pub before: Option<Seq>,
    /// The comments.
    pub comments: Vec<Arc<Comment>>,
    /// Whether there are older comments.
    pub more: bool,
    /// The comment that a link leads to, wherever it is.
    pub linked: Option<Arc<Comment>>,
}

/// An earlier text of a comment.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentVersion {
    /// The number of the change that set it.
    pub seq: Seq,
    /// The time of that change.
    pub at: Timestamp,
    /// The text, in Markdown.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_person_reacts_once_in_each_way() {
        let (ana, ben) = (ActorId(Uuid::from_u128(1)), ActorId(Uuid::from_u128(2)));
        let mut comment = Comment {
            id: CommentId(Uuid::from_u128(3)),
            task: TaskId(Uuid::from_u128(4)),
            text: "Tea".into(),
            author: None,
            created_at: Timestamp::from_millis(0),
            created_seq: 1,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
            text_seq: 1,
            seq: 1,
        };
        for (reaction, person) in [(Reaction::Heart, ben), (Reaction::ThumbsUp, ana), (Reaction::Heart, ana)] {
            comment.react(reaction, person, true);
            comment.react(reaction, person, true);
        }
        assert_eq!(comment.people(Reaction::Heart), [ben, ana]);
        let kinds: Vec<_> = comment.reactions.iter().map(|reacted| reacted.reaction).collect();
        assert_eq!(kinds, [Reaction::ThumbsUp, Reaction::Heart]);
        comment.react(Reaction::ThumbsUp, ana, false);
        comment.react(Reaction::Heart, ana, false);
        comment.react(Reaction::Eyes, ana, false);
        assert_eq!(comment.reactions, [Reacted { reaction: Reaction::Heart, people: vec![ben] }]);
    }
}
