//! What is taken out of records before they are stored: texts that fit scrub rules, and machines' ids. Pure, but for
//! reading a secret.

use std::borrow::Cow;
use std::path::Path;

use regex::{Regex, RegexBuilder};
use telemetrics_common::privacy::{ScrubExample, ScrubPreview, ScrubRule, Scrubbing};
use telemetrics_common::text::beginning;

use super::record::NewRecord;
use crate::error::{Error, Result};

const MAX_RULES: usize = 100;
const MAX_NAME_CHARS: usize = 80;
const MAX_PATTERN_CHARS: usize = 1000;
/// The largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 1 << 20;
/// How many lines a preview shows, and how much of each.
const EXAMPLES: usize = 20;
const EXAMPLE_CHARS: usize = 200;

/// The rules that come with the program, all off.
pub fn shipped() -> Scrubbing {
    let rule = |name: &str, pattern: &str, replacement: &str| ScrubRule {
        name: name.to_owned(),
        pattern: pattern.to_owned(),
        replacement: replacement.to_owned(),
        active: false,
    };
    let rules = vec![
        rule("Home directories", r"(?m)(^|[^\w/.-])((?:/var)?/home/|/Users/)[^/\s:]+", "${1}${2}(user)"),
        rule("E-mail addresses", r"(?i)\b[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}\b", "(e-mail)"),
        rule("IPv4 addresses", r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b", "(address)"),
        rule(
            "IPv6 addresses",
            r"(?i)\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b|\b(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}\b",
            "(address)",
        ),
        rule("Host names", r"(?im)^(\s*(?:host ?name|node ?name|host)\s*[:=]\s*)\S+", "${1}(host)"),
    ];
    Scrubbing { rules, version: 0 }
}

/// The active rules, compiled.
#[derive(Clone, Debug, Default)]
pub struct Scrubber(Vec<(Regex, String)>);

impl Scrubber {
    /// Of rules, all of which are checked.
    ///
    /// # Errors
    /// `BadRequest` for what is wrong with them.
    pub fn new(scrubbing: &Scrubbing) -> Result<Self> {
        if scrubbing.rules.len() > MAX_RULES {
            return Err(Error::BadRequest(format!("rules: at most {MAX_RULES}")));
        }
        let mut active = Vec::new();
        for rule in &scrubbing.rules {
            let compiled = compiled(rule)?;
            if rule.active {
                active.push((compiled, rule.replacement.clone()));
            }
        }
        Ok(Self(active))
    }

    /// A text without what the rules take out.
    pub fn scrub(&self, text: String) -> String {
        let mut text = text;
        for (pattern, replacement) in &self.0 {
            if let Cow::Owned(changed) = pattern.replace_all(&text, replacement) {
                text = changed;
            }
        }
        text
    }
}

fn compiled(rule: &ScrubRule) -> Result<Regex> {
    let refused = |message: String| Error::BadRequest(message);
    let one_line = |text: &str| !text.contains(char::is_control);
    if rule.name.trim().is_empty() || rule.name.chars().count() > MAX_NAME_CHARS || !one_line(&rule.name) {
        return Err(refused(format!("name: must be one line of 1 to {MAX_NAME_CHARS} characters")));
    }
    if rule.pattern.is_empty() || rule.pattern.chars().count() > MAX_PATTERN_CHARS {
        return Err(refused(format!("pattern: must have 1 to {MAX_PATTERN_CHARS} characters")));
    }
    if rule.replacement.chars().count() > MAX_PATTERN_CHARS || rule.replacement.contains('\0') {
        return Err(refused(format!(
            "replacement: must have at most {MAX_PATTERN_CHARS} characters, none of them NUL"
        )));
    }
    let regex = RegexBuilder::new(&rule.pattern).size_limit(MAX_COMPILED).build();
    let regex = regex.map_err(|error| refused(format!("pattern: {}", last_line(&error.to_string()))))?;
    // It would stand between all characters of every payload.
    if regex.is_match("") {
        return Err(refused("pattern: must not fit the empty text".to_owned()));
    }
    Ok(regex)
}

/// What a regular expression's error says, without its drawing.
fn last_line(error: &str) -> &str {
    error.lines().last().unwrap_or_default().trim_start_matches("error: ")
}

/// What one rule would change in payloads, given with the ids of their records.
///
/// # Errors
/// `BadRequest` for what is wrong with the rule.
pub fn preview<'a>(rule: &ScrubRule, payloads: impl Iterator<Item = (i64, &'a str)>) -> Result<ScrubPreview> {
    let pattern = compiled(rule)?;
    let mut preview = ScrubPreview::default();
    for (record_id, payload) in payloads {
        preview.records += 1;
        let Cow::Owned(changed) = pattern.replace_all(payload, &rule.replacement) else { continue };
        if changed == payload {
            continue;
        }
        preview.changed += 1;
        // A pattern may reach over several lines: those are not told line by line.
        let pairs = payload.lines().zip(changed.lines()).filter(|(before, after)| before != after);
        let room = EXAMPLES.saturating_sub(preview.examples.len());
        let shown = |text: &str| beginning(text, EXAMPLE_CHARS).to_owned();
        let example = |(before, after)| ScrubExample { record_id, before: shown(before), after: shown(after) };
        preview.examples.extend(pairs.take(1).map(example).take(room));
    }
    Ok(preview)
}

/// Turns machines' ids into others, which only who has the key can find from them.
#[derive(Clone)]
pub struct MachineKey([u8; 32]);

/// The shortest secret, in bytes.
const MIN_SECRET: usize = 16;

impl std::fmt::Debug for MachineKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MachineKey(…)")
    }
}

impl MachineKey {
    /// From a secret of any length from 16 bytes on.
    ///
    /// # Errors
    /// When it is shorter.
    pub fn new(secret: &[u8]) -> Result<Self, String> {
        let secret = secret.trim_ascii();
        if secret.len() < MIN_SECRET {
            return Err(format!("must hold at least {MIN_SECRET} bytes"));
        }
        Ok(Self(blake3::derive_key("telemetrics 2026 machine ids", secret)))
    }

    /// From the secret in a file.
    ///
    /// # Errors
    /// When it cannot be read, or is too short.
    pub fn read(path: &Path) -> Result<Self, String> {
        let secret = std::fs::read(path).map_err(|error| error.to_string());
        secret.and_then(|secret| Self::new(&secret)).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What stands for a machine's id: 32 hex digits, the same for the same id and key.
    pub fn hashed(&self, machine_id: &str) -> String {
        blake3::keyed_hash(&self.0, machine_id.as_bytes()).to_hex().chars().take(32).collect()
    }
}

/// A record as it may be stored.
pub fn apply(record: NewRecord, scrubber: &Scrubber, key: Option<&MachineKey>) -> NewRecord {
    let machine_id = match key {
        Some(key) => key.hashed(&record.machine_id),
        None => record.machine_id,
    };
    NewRecord { machine_id, payload: scrubber.scrub(record.payload), ..record }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(name: &str) -> Scrubber {
        let mut scrubbing = shipped();
        for rule in &mut scrubbing.rules {
            rule.active = rule.name == name;
        }
        Scrubber::new(&scrubbing).unwrap()
    }

    #[track_caller]
    fn check(name: &str, text: &str, expected: &str) {
        assert_eq!(only(name).scrub(text.to_owned()), expected, "{name}");
    }

    #[test]
    fn shipped_rules_take_out_what_they_say() {
        check("Home directories", "#1 main() - [/home/ada/bin/x]", "#1 main() - [/home/(user)/bin/x]");
        check("Home directories", "PATH=/home/ada:/usr/bin", "PATH=/home/(user):/usr/bin");
        check("Home directories", "/usr/lib/home/x", "/usr/lib/home/x");
        check("E-mail addresses", "by Ada.L+x@mail.example.org, 3", "by (e-mail), 3");
        check("E-mail addresses", "f@@GLIBC_2.34()", "f@@GLIBC_2.34()");
        check("IPv4 addresses", "from 192.0.2.17:80 and 999.1.1.1", "from (address):80 and 999.1.1.1");
        check("IPv6 addresses", "at 2001:db8::17 and fe80:0:0:0:1:2:3:4", "at (address) and (address)");
        check("IPv6 addresses", "std::string and 12:30:05", "std::string and 12:30:05");
        check("Host names", "a=1\nHostname: laptop-of-ada\nb=2", "a=1\nHostname: (host)\nb=2");
    }

    #[test]
    fn nothing_is_taken_out_unless_told() {
        let text = "/home/ada ada@example.org 192.0.2.1".to_owned();
        assert_eq!(Scrubber::new(&shipped()).unwrap().scrub(text.clone()), text);
    }

    #[test]
    fn rules_say_what_is_wrong_with_them() {
        let check = |pattern: &str, expected: &str| {
            let rule = ScrubRule { name: "a".into(), pattern: pattern.into(), ..ScrubRule::default() };
            let error = Scrubber::new(&Scrubbing { rules: vec![rule], version: 0 }).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check("", "pattern: must have 1 to 1000 characters");
        check("a*", "pattern: must not fit the empty text");
        check("(", "pattern: unclosed group");
        check(r"(\w{1000}){1000}", "pattern: Compiled regex exceeds size limit");
    }

    #[test]
    fn a_preview_shows_lines() {
        let rule = ScrubRule { active: true, ..shipped().rules.remove(0) };
        let payloads = [(7, "one\n/home/ada/x\n"), (8, "nothing")];
        let preview = preview(&rule, payloads.into_iter()).unwrap();
        let example = ScrubExample { record_id: 7, before: "/home/ada/x".into(), after: "/home/(user)/x".into() };
        assert_eq!(preview, ScrubPreview { records: 2, changed: 1, examples: vec![example] });
    }

    #[test]
    fn machines_stay_apart_without_their_ids() {
        let (key, other) = (MachineKey::new(b"0123456789abcdef\n").unwrap(), MachineKey::new(&[7; 40]).unwrap());
        let id = key.hashed("rack 7, node 3");
        assert_eq!((id.len(), id == key.hashed("rack 7, node 3")), (32, true));
        assert!(id != key.hashed("rack 7, node 4") && id != other.hashed("rack 7, node 3"));
        assert!(MachineKey::new(b"short").is_err());
        assert_eq!(format!("{key:?}"), "MachineKey(…)");
    }
}
