//! A new text for a field, with the text that stood there when the editing began. Forms send all their fields; with this, a form that was
//! opened before somebody else's change does not take that change back.

use super::AccountError;

/// A new text for a field.
#[derive(Clone, Copy, Debug)]
pub struct TextEdit<'a> {
    /// The new text.
    pub to: &'a str,
    /// The text when the editing began. The edit is refused if another one is there now; without it, whatever is there is replaced.
    pub was: Option<&'a str>,
}

impl<'a> TextEdit<'a> {
    /// What a field of a form asks for. `None` if nobody changed it.
    pub fn typed(to: &'a str, was: Option<&'a str>) -> Option<Self> {
        (was != Some(to)).then_some(Self { to, was })
    }

    /// Refuses the edit if somebody else changed the field.
    pub(super) fn check(&self, field: &str, now: &str) -> Result<(), AccountError> {
        match self.was {
            Some(was) if was != now => Err(AccountError::Changed(format!(
                "somebody else changed the {field} in the meantime: it is “{now}” now; save again if yours is to replace it"
            ))),
            _ => Ok(()),
        }
    }
}

impl<'a> From<&'a str> for TextEdit<'a> {
    fn from(to: &'a str) -> Self {
        Self { to, was: None }
    }
}
