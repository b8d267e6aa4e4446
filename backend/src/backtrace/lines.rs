//! The lines of payloads that carry a backtrace, one at a time.
//!
//! Their forms are those that the client's crash probe and its scanner of the kernel's log write.

use memchr::{memchr, memchr_iter};

use super::RawFrame;

/// A line that is a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameLine<'a> {
    pub(super) frame: RawFrame<'a>,
    pub(super) location: Option<&'a str>,
}

/// The lines of a payload, as [`str::lines`] has them, found faster: each crash is read as it comes in.
pub(super) fn of(payload: &str) -> impl Iterator<Item = &str> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(end) = memchr(b'\n', rest.as_bytes()) else { return Some(std::mem::take(&mut rest)) };
        let line = &rest[..end];
        rest = &rest[end + 1..];
        Some(line.strip_suffix('\r').unwrap_or(line))
    })
}

/// Reads `#N FUNCTION - [MODULE]` with an optional ` - LOCATION` behind it.
///
/// The function may contain ` - `, and ends at the first ` - [`.
pub(super) fn frame(line: &str) -> Option<FrameLine<'_>> {
    let text = without_number(line)?.trim_end();
    if !text.starts_with([' ', '\t']) {
        return None;
    }
    let bracket = memchr_iter(b'[', text.as_bytes()).find(|place| text[..*place].ends_with(" - "))?;
    let (function, module) = (text[..bracket - " - ".len()].trim(), &text[bracket + 1..]);
    let (module, behind) = split_module(module)?;
    let location = behind.strip_prefix(" - ").map(str::trim_start).filter(|location| !location.is_empty());
    Some(FrameLine { frame: RawFrame { function, module }, location })
}

/// Whether a line begins as a frame does.
pub(super) fn is_numbered(line: &str) -> bool {
    without_number(line).is_some()
}

/// What stands behind `#N`.
fn without_number(line: &str) -> Option<&str> {
    let numbered = line.strip_prefix('#')?;
    let text = numbered.trim_start_matches(|char: char| char.is_ascii_digit());
    (text.len() < numbered.len()).then_some(text)
}

/// Splits `MODULE]…` at the bracket that closes it: the first one with a partner for each bracket in the module
/// (`[vdso]`, a path), or the first one at all; the line or a location must follow it.
fn split_module(text: &str) -> Option<(&str, &str)> {
    let (mut open, mut first) = (0_usize, None);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => open += 1,
            b']' => {
                let (module, behind) = (&text[..place], &text[place + 1..]);
                if behind.is_empty() || behind == " -" || behind.starts_with(" - ") {
                    if open == 0 {
                        return Some((module, behind));
                    }
                    first = first.or(Some((module, behind)));
                }
                open = open.saturating_sub(1);
            }
            _ => {}
        }
    }
    first
}

/// Reads `Backtrace (TID 17):` or `Backtrace :`, the line above a thread's frames: the thread's id, if it says one.
pub(super) fn thread_header(line: &str) -> Option<Option<u64>> {
    let id = line.trim_end().strip_prefix("Backtrace")?.strip_suffix(':')?.trim();
    if id.is_empty() {
        return Some(None);
    }
    let id = id.strip_prefix("(TID ")?.strip_suffix(')')?;
    Some(id.parse().ok())
}

/// Reads `NAME: VALUE` or `NAME : VALUE`.
pub(super) fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, function: &str, module: &str, location: Option<&str>) {
        assert_eq!(frame(line), Some(FrameLine { frame: RawFrame { function, module }, location }), "{line}");
    }

    #[test]
    fn payloads_have_the_lines_that_others_see() {
        for payload in ["", "a", "a\n", "\n", "\n\na", "a\r\nb\r\n", "a\rb\r\r\nc\r", "é\n \nü"] {
            assert!(of(payload).eq(payload.lines()), "{payload:?}");
        }
    }

    #[test]
    fn frames_with_and_without_locations() {
        check(
            "#0 read_field() - [/usr/bin/segv] - /usr/bin/segv.c:3",
            "read_field()",
            "/usr/bin/segv",
            Some("/usr/bin/segv.c:3"),
        );
        check("#12 fat_detach - [kernel]", "fat_detach", "kernel", None);
        check("#0 ??? - [liba.so]\r", "???", "liba.so", None);
        check("#3 ? vsnprintf - [kernel] ", "? vsnprintf", "kernel", None);
        check("#7 a() - [b] - ", "a()", "b", None);
        check("#99999999999999999999999 a() - [b]", "a()", "b", None);
    }

    #[test]
    fn functions_may_contain_what_separates() {
        check("#1 operator-(a, b) - c - [m]", "operator-(a, b) - c", "m", None);
        check("#1 <[T] as X>::f() - [m] - f.rs:1", "<[T] as X>::f()", "m", Some("f.rs:1"));
        check("#1 f[abi:cxx11](int) const - [m]", "f[abi:cxx11](int) const", "m", None);
        check("#1  - [m]", "", "m", None);
        check("#1 - [m]", "", "m", None);
    }

    #[test]
    fn modules_may_contain_spaces_and_brackets() {
        check("#0 f() - [/opt/My App/bin]", "f()", "/opt/My App/bin", None);
        check("#0 f() - [[vdso]]", "f()", "[vdso]", None);
        check("#0 f() - [[vdso]] - vdso.S:1", "f()", "[vdso]", Some("vdso.S:1"));
        check("#0 f() - [/a [x] - b/c.so] - c.c:1", "f()", "/a [x] - b/c.so", Some("c.c:1"));
        check("#0 f() - [/a]b.so]", "f()", "/a]b.so", None);
        check("#0 f() - [/a[b.so] - b.c:1", "f()", "/a[b.so", Some("b.c:1"));
        check("#0 f() - [m] - src/[gen] - x/b.c:1", "f()", "m", Some("src/[gen] - x/b.c:1"));
        check("#0 f() - []", "f()", "", None);
        check("#0 f() - [] - b.c:1", "f()", "", Some("b.c:1"));
    }

    #[test]
    fn other_lines_are_no_frames() {
        for line in [
            "",
            "#",
            "#1",
            "# f() - [m]",
            "#x f() - [m]",
            "#1f() - [m]",
            "0 f() - [m]",
            " #1 f() - [m]",
            "#1 f()",
            "#1 f() [m]",
            "#1 f() - m",
            "#1 f() - [m",
            "#1 f() - [m]:3",
            "#1 f() - [m] f.c:3",
            "Process: #1 f() - [m]",
        ] {
            assert_eq!(frame(line), None, "{line}");
        }
    }

    #[test]
    fn headers_of_threads() {
        let check = |line: &str, id: Option<Option<u64>>| assert_eq!(thread_header(line), id, "{line}");
        check("Backtrace (TID 1212):", Some(Some(1212)));
        check("Backtrace (TID x):", Some(None));
        check("Backtrace :", Some(None));
        check("Backtrace:\r", Some(None));
        check("Backtrace truncated", None);
        check("Backtrace of something:", None);
    }
}
