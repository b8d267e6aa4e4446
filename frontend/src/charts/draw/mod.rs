//! The kinds of charts, a file each: from what is shown and the room for it to marks and places.

mod bars;
mod columns;
mod donut;
mod frame;
mod lines;
mod spark;

pub use bars::bars;
pub use columns::columns;
pub use donut::donut;
pub use lines::{area, lines};
pub use spark::spark;
