//! Parts that views are made of. They know nothing of the server and of each other's data.

mod age;
mod button;
mod chip;
mod copy;
mod drawer;
mod empty;
mod error;
mod icon;
mod severity;
mod skeleton;

pub use age::{Age, Clock};
pub use button::Switch;
pub use chip::Chip;
pub use copy::{CopyButton, Snippet};
pub use drawer::Drawer;
pub use empty::EmptyState;
pub use error::ErrorBox;
pub use icon::{Icon, Symbol};
pub use severity::{SeverityBadge, severity_name};
pub use skeleton::SkeletonRows;
