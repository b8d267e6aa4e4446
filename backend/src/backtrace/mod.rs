//! Backtraces as clients write them into payloads: reading them, naming their functions, and finding the guilty one.
//!
//! All of it is pure and takes any text: payloads come from everywhere. What the writer needs of each record
//! ([`crashing_thread`], [`stack_key`], [`header`]) borrows from the payload; names are made readable once for each
//! distinct stack ([`normalised`]), or where a page shows a backtrace ([`parse`]). It must not read or store anything.

pub mod judge;
mod lines;
mod normalise;
mod payload;
pub mod shipped;

use crate::key::{self, Key};

pub use normalise::{MAX_NAME, Names, WITHOUT_SYMBOL, normalise};
pub use payload::{Backtrace, Header, Note, Register, Thread, header, parse, parse_with};

/// A frame as the payload has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawFrame<'a> {
    /// The symbol: mangled, with version and suffixes; `???` or `? NAME` without one.
    pub function: &'a str,
    /// What stands in the brackets: a library, a path, `kernel`, the name of a kernel's module; may be empty.
    pub module: &'a str,
}

/// A frame for display and for judging.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The function's name by `normalise`.
    pub function: String,
    /// As the payload has it.
    pub module: String,
    /// Where in its source, as the payload has it.
    pub location: Option<String>,
}

impl Frame {
    /// Whether the function is known by name.
    pub fn has_symbol(&self) -> bool {
        self.function != WITHOUT_SYMBOL
    }
}

/// How many frames of a thread are judged: far more than the client sends.
const MAX_FRAMES: usize = 512;

/// The frames of the thread that crashed, top frame first: the first unbroken run of frames in the payload.
pub fn crashing_thread(payload: &str) -> Vec<RawFrame<'_>> {
    let frames = lines::of(payload).map(lines::frame).skip_while(Option::is_none).map_while(|line| line);
    frames.map(|line| line.frame).take(MAX_FRAMES).collect()
}

/// The frames with their functions' names.
pub fn normalised(frames: &[RawFrame<'_>]) -> Vec<Frame> {
    let mut names = Names::default();
    frames.iter().map(|frame| names.frame(*frame, None)).collect()
}

/// A hash that two stacks share only if they have the same functions in the same modules, as their payloads have them.
pub fn stack_key(frames: &[RawFrame<'_>]) -> Key {
    key::of_texts(frames.iter().flat_map(|frame| [frame.function, frame.module]))
}

#[cfg(test)]
mod tests;
