//! Programs that crash, and names for their functions as a linker writes them.

use std::fmt::Write;

use fastrand::Rng;

use super::draw::pick;

/// How a program's functions are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Language {
    #[default]
    C,
    /// Names mangled by the Itanium ABI (<https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling>).
    Cpp,
    /// Rust's older mangling: as C++, with a hash as the last part.
    Rust,
    /// No symbols at all.
    Stripped,
}

/// A program with its library.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Program {
    /// As it was started.
    pub(super) path: &'static str,
    /// Where most of its code is: a shared library, or the program itself.
    pub(super) library: &'static str,
    /// The first part of its names.
    pub(super) prefix: &'static str,
    pub(super) language: Language,
}

const fn program(path: &'static str, library: &'static str, prefix: &'static str, language: Language) -> Program {
    Program { path, library, prefix, language }
}

pub(super) const PROGRAMS: [Program; 24] = [
    program("/usr/bin/tidemark", "libtidemark-3.so.0", "tm", Language::C),
    program("/usr/bin/lanternd", "liblantern.so.5", "lantern", Language::C),
    program("/usr/bin/quillpad", "libquill.so.12", "quill", Language::Cpp),
    program("/usr/bin/harborview", "libharborui.so.2", "harbor", Language::Cpp),
    program("/usr/bin/ferryctl", "/usr/bin/ferryctl", "ferry", Language::Rust),
    program("/usr/lib/ferry/ferry-agent", "/usr/lib/ferry/ferry-agent", "ferry_agent", Language::Rust),
    program("/usr/bin/murmur-daemon", "libmurmur.so.1", "mur", Language::C),
    program("/usr/bin/pixelsmith", "libpxcore.so.8", "px", Language::Cpp),
    program("/usr/bin/pixelsmith", "libpxfilters.so.8", "pxf", Language::Cpp),
    program("/usr/bin/woodwind", "libwoodwind-audio.so.0", "ww", Language::C),
    program("/usr/libexec/indexer-worker", "libindexer.so.4", "idx", Language::C),
    program("/usr/bin/mapmaker", "libmapmaker-gl.so.6", "mapgl", Language::Cpp),
    program("/usr/bin/netpostd", "/usr/bin/netpostd", "np", Language::C),
    program("/usr/bin/cratekeeper", "/usr/bin/cratekeeper", "cratekeeper", Language::Rust),
    program("/opt/vendor/bin/scanbridge", "/opt/vendor/bin/scanbridge", "sb", Language::Stripped),
    program("/opt/vendor/bin/dongle-helper", "/opt/vendor/lib/libdongle.so", "dh", Language::Stripped),
    program("/usr/bin/shellfish", "libshellfish-wm.so.9", "fish", Language::C),
    program("/usr/bin/shellfish", "libshellfish-input.so.9", "fishin", Language::C),
    program("/usr/bin/ledgerlite", "libledger.so.3", "ledger", Language::Cpp),
    program("/usr/sbin/beacond", "/usr/sbin/beacond", "beacon", Language::C),
    program("/usr/bin/thumbler", "libthumbler.so.1", "th", Language::C),
    program("/usr/bin/sealion-player", "libsealion-codec.so.7", "slc", Language::Cpp),
    program("/usr/bin/kitebuild", "/usr/bin/kitebuild", "kite", Language::Cpp),
    program("/usr/bin/almanac", "libalmanac.so.2", "alm", Language::C),
];

const NOUNS: [&str; 26] = [
    "queue", "cache", "frame", "session", "buffer", "layer", "index", "surface", "stream", "table", "packet", "glyph",
    "node", "region", "batch", "track", "handle", "config", "monitor", "cursor", "timer", "device", "entry", "slot",
    "window", "digest",
];
const VERBS: [&str; 20] = [
    "flush", "update", "release", "parse", "insert", "remove", "dispatch", "render", "lookup", "resize", "commit",
    "merge", "decode", "encode", "attach", "detach", "reload", "sync", "validate", "drain",
];
/// Parameters of C++ functions, mangled: none, numbers, texts, references.
const PARAMETERS: [&str; 6] = ["v", "i", "m", "PKc", "RKSs", "bm"];

/// A function and where its source is.
#[derive(Clone, Debug)]
pub(super) struct Function {
    /// As the linker has it.
    pub(super) name: String,
    /// Path of its source file.
    pub(super) file: String,
}

/// A function of a program's library.
pub(super) fn function(rng: &mut Rng, program: &Program) -> Function {
    let (noun, verb, other) = (pick(rng, &NOUNS), pick(rng, &VERBS), pick(rng, &NOUNS));
    let prefix = program.prefix;
    match program.language {
        Language::C | Language::Stripped => {
            let suffix = pick(rng, &["", "", "", "", "", "", ".isra.0", ".cold", ".constprop.0"]);
            let name = match rng.u32(0..3) {
                0 => format!("{prefix}_{noun}_{verb}{suffix}"),
                1 => format!("{prefix}_{noun}_{verb}_{other}{suffix}"),
                _ => format!("{verb}_{noun}{suffix}"),
            };
            Function { name, file: format!("../src/{prefix}-{noun}.c") }
        }
        Language::Cpp => {
            let method = if rng.bool() { verb.to_owned() } else { format!("{verb}{}", capitalized(other)) };
            let (class, parameters) = (capitalized(noun), pick(rng, &PARAMETERS));
            let constant = if rng.u32(0..4) == 0 { "K" } else { "" };
            let name = mangled(constant, &[prefix, &class, &method]) + parameters;
            Function { name, file: format!("/builddir/build/{prefix}/src/{noun}.cpp") }
        }
        Language::Rust => {
            let hash = format!("h{:016x}", rng.u64(..));
            let function = format!("{verb}_{other}");
            let name = mangled("", &[prefix, noun, &function, &hash]);
            Function { name, file: format!("src/{noun}.rs") }
        }
    }
}

/// A nested name up to its end: each part behind its length.
fn mangled(qualifier: &str, parts: &[&str]) -> String {
    let mut name = format!("_ZN{qualifier}");
    for part in parts {
        // A String takes all that is written.
        let _ = write!(name, "{}{part}", part.len());
    }
    name + "E"
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_are_mangled() {
        assert_eq!(mangled("", &["img", "Decoder", "decode"]) + "v", "_ZN3img7Decoder6decodeEv");
        assert_eq!(mangled("K", &["a", "B", "c"]) + "i", "_ZNK1a1B1cEi");
        assert_eq!(capitalized("queue"), "Queue");
    }
}
