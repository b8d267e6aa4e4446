//! Parts that views are made of. They know nothing of the server and of each other's data.

mod age;
mod button;
mod change;
mod chip;
mod copy;
mod dialog;
mod drawer;
mod empty;
mod error;
mod figure;
mod form;
mod head;
mod icon;
mod linked;
mod panel;
mod segments;
mod severity;
mod skeleton;

pub use age::{Age, Clock};
pub use button::Switch;
pub use change::{Change, Growth, change_in_words};
pub use chip::Chip;
pub use copy::{CopyButton, Snippet};
pub use dialog::{Dialog, close_dialog};
pub use drawer::Drawer;
pub use empty::EmptyState;
pub use error::ErrorBox;
pub use figure::Figure;
pub use form::{Field, Sending, Wrong};
pub use head::PageHead;
pub use icon::{Icon, Symbol};
pub use linked::Linked;
pub use panel::Panel;
pub use segments::{Segment, Segments};
pub use severity::{SeverityBadge, severity_name};
pub use skeleton::{SkeletonCards, SkeletonRows};
