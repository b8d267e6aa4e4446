//! Whole payloads with a backtrace, for the pages that show them.

use super::normalise::Names;
use super::{Frame, MAX_FRAMES, lines};

/// The line by which the crash probe says that it gave up before a thread's last frame.
const TRUNCATED: &str = "Too many frames. Backtrace truncated.";
/// The first line of what the kernel's log gave.
const TITLE: &str = "Crash Report:";

/// What a payload says about a crash. What it does not say is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backtrace {
    /// The program that crashed, as it was started.
    pub program: Option<String>,
    /// Its process id.
    pub pid: Option<u64>,
    /// The number of the signal that ended it.
    pub signal: Option<String>,
    /// Why there are no frames, or not all.
    pub errors: Vec<String>,
    /// Why the kernel says it happened.
    pub reason: Option<String>,
    /// The kernel, with the machine it runs on.
    pub kernel_version: Option<String>,
    /// The kernel's taint flags.
    pub tainted: Option<String>,
    /// The modules that the kernel had loaded, separated by spaces.
    pub modules: Option<String>,
    /// The registers, in the payload's order.
    pub registers: Vec<Register>,
    /// Threads with frames, the crashing one first.
    pub threads: Vec<Thread>,
    /// Whether frames are missing at the end.
    pub truncated: bool,
    /// Lines outside of threads that nothing is known about.
    pub notes: Vec<String>,
}

/// A register and what it held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Its name: `RAX`.
    pub name: String,
    /// `Zero` or `Non-zero`.
    pub value: String,
}

/// A thread with its frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Its id, where the payload says it.
    pub id: Option<u64>,
    /// Top frame first.
    pub frames: Vec<Frame>,
    /// Lines among the frames that are none, in order.
    pub notes: Vec<Note>,
}

/// A line among a thread's frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// How many frames stand above it.
    pub place: usize,
    /// The line.
    pub text: String,
}

impl Backtrace {
    /// The frames that are judged: those that [`super::crashing_thread`] finds.
    pub fn crashing_frames(&self) -> &[Frame] {
        let Some(thread) = self.threads.first() else { return &[] };
        let unbroken = thread.notes.first().map_or(thread.frames.len(), |note| note.place);
        &thread.frames[..unbroken.min(MAX_FRAMES)]
    }

    /// Keeps the value of a line; false when nothing is known about it, it cannot be that, or it was there before.
    fn set(&mut self, name: &str, value: &str) -> bool {
        if let Some(register) = name.strip_prefix("Register ") {
            self.registers.push(Register { name: register.to_owned(), value: value.to_owned() });
            return true;
        }
        match name {
            "Process" => set(&mut self.program, Some(value.to_owned())),
            "PID" => set(&mut self.pid, value.parse().ok()),
            "Signal" => set(&mut self.signal, Some(value.to_owned())),
            "Reason" => set(&mut self.reason, Some(value.to_owned())),
            "Kernel Version" => set(&mut self.kernel_version, Some(value.to_owned())),
            "Tainted" => set(&mut self.tainted, Some(value.to_owned())),
            "Modules" => set(&mut self.modules, Some(value.to_owned())),
            "Error" => {
                self.errors.push(value.to_owned());
                true
            }
            _ => false,
        }
    }
}

fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let is_settable = field.is_none() && value.is_some();
    if is_settable {
        *field = value;
    }
    is_settable
}

/// Reads a payload. Any text is one; what is not understood is kept as notes.
pub fn parse(payload: &str) -> Backtrace {
    parse_with(payload, &mut Names::default())
}

/// The same with names that other payloads have brought: those of one page are mostly the same.
pub fn parse_with<'a>(payload: &'a str, names: &mut Names<'a>) -> Backtrace {
    names.begin();
    let mut reader = Reader { backtrace: Backtrace::default(), thread: Thread::default(), names };
    lines::of(payload).for_each(|line| reader.line(line));
    reader.end_thread();
    // The client cuts payloads at its limit, within a line.
    let last = payload.rsplit('\n').next().unwrap_or_default();
    reader.backtrace.truncated |= lines::is_numbered(last) && lines::frame(last).is_none();
    reader.backtrace
}

struct Reader<'a, 'n> {
    backtrace: Backtrace,
    /// The thread whose frames are being read.
    thread: Thread,
    names: &'n mut Names<'a>,
}

impl<'a> Reader<'a, '_> {
    fn line(&mut self, line: &'a str) {
        if let Some(read) = lines::frame(line) {
            self.thread.frames.push(self.names.frame(read.frame, read.location));
        } else if let Some(id) = lines::thread_header(line) {
            self.end_thread();
            self.thread.id = id;
        } else if self.is_known(line.trim()) {
            self.end_thread_with_frames();
        } else if self.thread.frames.is_empty() {
            self.backtrace.notes.push(line.to_owned());
        } else {
            self.thread.notes.push(Note { place: self.thread.frames.len(), text: line.to_owned() });
        }
    }

    /// Keeps what a line says, if anything is known about it.
    fn is_known(&mut self, line: &str) -> bool {
        let is_truncated = line == TRUNCATED;
        self.backtrace.truncated |= is_truncated;
        is_truncated
            || line.is_empty()
            || line == TITLE
            || lines::field(line).is_some_and(|(name, value)| self.backtrace.set(name, value))
    }

    /// Lines between the header of a thread and its frames do not part them.
    fn end_thread_with_frames(&mut self) {
        if !self.thread.frames.is_empty() {
            self.end_thread();
        }
    }

    fn end_thread(&mut self) {
        let thread = std::mem::take(&mut self.thread);
        if !thread.frames.is_empty() {
            self.backtrace.threads.push(thread);
        }
    }
}

/// What the lines above a crashed program's backtrace say; what they do not say is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// The program that crashed, as it was started.
    pub program: Option<&'a str>,
    /// The number of the signal that ended it.
    pub signal: Option<&'a str>,
}

/// Reads the lines above the first thread.
pub fn header(payload: &str) -> Header<'_> {
    let mut header = Header::default();
    let above =
        |line: &&str| !line.trim_end().is_empty() && lines::thread_header(line).is_none() && !line.starts_with('#');
    for (name, value) in lines::of(payload).take_while(above).filter_map(lines::field) {
        let field = match name {
            "Process" => &mut header.program,
            "Signal" => &mut header.signal,
            _ => continue,
        };
        field.get_or_insert(value);
    }
    header
}
