//! What a command tells while it works. The library prints nothing itself.

/// Receives what a command has to tell before it is done.
///
/// All methods may be ignored; [`Silent`] does so.
pub trait Ui: Sync {
    /// A step has begun, such as `compiling`; it lasts until the next one begins or the command ends.
    fn step(&self, _name: &str) {}

    /// Something was guessed, or looks odd. The text has no full stop and may have further lines for notes and help.
    fn warn(&self, _text: &str) {}

    /// A detail for those who want to know more.
    fn detail(&self, _text: &str) {}
}

/// A [`Ui`] that ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Ui for Silent {}
