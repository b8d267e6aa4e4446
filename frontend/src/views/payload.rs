//! What payloads say: regular expressions that find them by what the server has counted of them, and the facts of an
//! update. Pure.

use crate::format;

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// In one way or the other.
    Any,
    /// With the result 0.
    Succeeded,
    /// With another result.
    Failed,
}

/// A text as a part of an expression that means nothing but itself.
fn literal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// A line `NAME: VALUE`, such as those above the backtrace of a crash.
pub fn field(name: &str, value: &str) -> String {
    format!(r"(?m)^{name}:\s*{}\s*$", literal(value))
}

/// The line that has the status of a machine check.
pub fn mce_status(status: &str) -> String {
    format!(r"(?m)^\s*STATUS .*{} MCGSTATUS", literal(status))
}

/// The lines of an update that say from which version to which it led, and how it ended, in the client's order. Where no
/// version is given there has to be some.
pub fn update(from: Option<&str>, to: Option<&str>, ending: Ending) -> String {
    let line = |name: &str, version: Option<&str>| match version {
        Some(version) => format!(r"^{name}=[ \t]*{}\s*$", literal(version)),
        None => format!(r"^{name}=.*\S"),
    };
    let result = match ending {
        Ending::Any => r".*\S",
        Ending::Succeeded => r"[ \t]*0\s*$",
        Ending::Failed => r"[ \t]*([^\s0]|0.*\S)",
    };
    let (from, to) = (line("current_version", from), line("server_version", to));
    format!("(?m){from}(?s:.*){to}(?s:.*)^result={result}")
}

/// What an update's lines `NAME=VALUE` say, in words where they are known.
pub fn update_facts(payload: &str) -> Vec<(String, String)> {
    let fact = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim();
        let (name, value) = match (name.trim(), value) {
            (_, "") => return None,
            ("current_version", version) => ("From", version.to_owned()),
            ("server_version", "-1") => ("To", "unknown: the update server was not reached".to_owned()),
            ("server_version", version) => ("To", version.to_owned()),
            ("result", "0") => ("Result", "0 (succeeded)".to_owned()),
            ("result", result) => ("Result", format!("{result} (failed)")),
            ("time", seconds) => ("Took", format!("{seconds} s")),
            ("bytes", bytes) => ("Downloaded", bytes.parse().map_or_else(|_| bytes.to_owned(), format::bytes)),
            (other, value) => (other, value.to_owned()),
        };
        Some((name.to_owned(), value))
    };
    payload.lines().filter_map(fact).collect()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[track_caller]
    fn check(expression: &str, payload: &str, expected: bool) {
        assert_eq!(Regex::new(expression).unwrap().is_match(payload), expected, "{expression} {payload:?}");
    }

    #[test]
    fn texts_mean_themselves() {
        for text in [r"\.+*?()|[]{}^$#&-~", "1.0~rc1", "a b"] {
            check(&format!("^{}$", literal(text)), text, true);
        }
        check(&literal("1.0"), "1x0", false);
    }

    #[test]
    fn fields_are_whole_lines() {
        let payload = "Process: /usr/bin/quill\r\nPID: 1212\nSignal: 11\n\nBacktrace (TID 1213):\n#0 a() - [m]\n";
        check(&field("Process", "/usr/bin/quill"), payload, true);
        check(&field("Process", "/usr/bin/qui"), payload, false);
        check(&field("Signal", "11"), payload, true);
        check(&field("Signal", "1"), payload, false);
    }

    #[test]
    fn a_status_is_in_its_line() {
        check(&mce_status("00010005"), "MCE 0\n STATUS 9c20004000010005 MCGSTATUS 0\n", true);
        check(&mce_status("00010005"), "STATUS 9c20004000010006 MCGSTATUS 0\nADDR 00010005\n", false);
    }

    #[test]
    fn an_update_in_words() {
        let payload = "bundles=git\ncurrent_version=41150\nserver_version=41160\nresult=0\ntime= 12.7\nbytes=\n\n";
        let expected =
            [("bundles", "git"), ("From", "41150"), ("To", "41160"), ("Result", "0 (succeeded)"), ("Took", "12.7 s")];
        assert_eq!(update_facts(payload), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let failed = update_facts("server_version=-1\nresult=22\n");
        assert_eq!(failed[0].1, "unknown: the update server was not reached");
        assert_eq!(failed[1].1, "22 (failed)");
    }

    #[test]
    fn updates_by_their_versions_and_end() {
        let payload = |from: &str, to: &str, result: &str| {
            format!(
                "PACKAGE_VERSION=5.1.0\ncurrent_version={from}\nserver_version={to}\nresult={result}\ntime= 12.7\nbytes=4\n\n"
            )
        };
        let pair = |ending| update(Some("41150"), Some("41160"), ending);
        for (result, ending) in [("0", Ending::Succeeded), ("4", Ending::Failed), ("04", Ending::Failed)] {
            let sent = payload("41150", "41160", result);
            check(&pair(Ending::Any), &sent, true);
            check(&pair(ending), &sent, true);
            check(&update(None, None, ending), &sent, true);
            let other = if ending == Ending::Failed { Ending::Succeeded } else { Ending::Failed };
            check(&pair(other), &sent, false);
        }
        check(&pair(Ending::Any), &payload("41150", "411600", "0"), false);
        check(&pair(Ending::Any), &payload("41150", "", "0"), false);
        check(&update(None, Some("-1"), Ending::Any), &payload("41150", "-1", "22"), true);
        check(&update(None, None, Ending::Any), &payload("41150", "", "0"), false);
        check(&update(None, None, Ending::Any), "bundles=git\ncurrent_version=41150\nresult=0\n", false);
    }
}
